"""Grading on this machine: threads with a sandbox each, and a bounded number of submissions in memory."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from classroom.course import Course
from classroom.judging import TRIES, Execute, Job, Runner, TrustedRunner, failure, judge, open_sandbox
from classroom.sandbox import NoSandbox, SandboxLost
from classroom.verdicts import Verdict

__all__ = ["AHEAD", "on_this_machine"]

AHEAD = 2  # submissions in memory for each worker: the one that runs, and the next or one that waits to be recorded

_Jobs = queue.Queue[Job | None]
_Finished = queue.Queue[Verdict | BaseException]


def on_this_machine(course: Course, *, workers: int | None = None, trusted: bool = False) -> Execute:
    """Return what gives the verdicts on jobs: threads, each with a sandbox of its own.

    Parameters
    ----------
    workers : int, optional
        Default: the course's setting, and one for each processor core if that is 0.
    trusted : bool
        Run without a sandbox, in this process: for demonstrations.
    """
    number = workers or course.settings.workers or os.cpu_count() or 1
    if trusted:
        return lambda jobs: (judge(job, TrustedRunner()) for job in jobs)
    return lambda jobs: _in_threads(
        jobs, number, lambda: open_sandbox(course.settings.limits, keep_out=course.kept_out)
    )


def _in_threads(
    jobs: Iterator[Job], number: int, make: Callable[[], AbstractContextManager[Runner]]
) -> Iterator[Verdict]:
    """Yield verdicts; a job is taken when there is room for it, and a thread started when there is a job for it."""
    pending: _Jobs = queue.Queue()
    finished: _Finished = queue.Queue()
    threads: list[threading.Thread] = []
    in_flight = 0
    try:
        for job in jobs:
            pending.put(job)
            in_flight += 1
            if len(threads) < number:
                threads.append(threading.Thread(target=_work, args=(pending, finished, make), daemon=True))
                threads[-1].start()
            elif in_flight == AHEAD * number:
                yield _next(finished)
                in_flight -= 1
        for _ in range(in_flight):
            yield _next(finished)
    finally:
        while not pending.empty():  # the run is over, or was interrupted: let the threads end after what they do
            pending.get_nowait()
        for _ in threads:
            pending.put(None)
        for thread in threads:
            thread.join(timeout=10.0)


def _next(finished: _Finished) -> Verdict:
    verdict = finished.get()
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def _work(pending: _Jobs, finished: _Finished, make: Callable[[], AbstractContextManager[Runner]]) -> None:
    """Give the verdicts on jobs until there are no more. A lost sandbox is replaced."""
    job, lost = pending.get(), 0
    try:
        while job is not None:
            with _opened(make) as runner:
                while job is not None:
                    try:
                        finished.put(judge(job, runner))
                    except SandboxLost as error:
                        lost += 1
                        if lost < TRIES:
                            break
                        finished.put(failure(job, f"{lost} sandboxes ended: {error}"))
                        job, lost = pending.get(), 0
                        break
                    job, lost = pending.get(), 0
    except BaseException as error:
        finished.put(error)


def _opened(make: Callable[[], AbstractContextManager[Runner]]) -> AbstractContextManager[Runner]:
    """Start a sandbox; one that ends while it starts is started once more."""
    try:
        return make()
    except NoSandbox:
        return make()
