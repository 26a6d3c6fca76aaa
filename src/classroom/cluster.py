"""Grading on many machines: the same jobs, handed out by a Dask scheduler.

Each thread of a worker process grades one submission at a time, in a sandbox of its own on its machine; it needs this
package in the same version and bubblewrap there (``dask worker ADDRESS --nthreads 1 --nworkers auto``). Verdicts come
back to the one process that writes the gradebook. If a machine is lost, Dask gives its jobs to others. A worker on
which a job takes longer than any can is started again, and the job handed out once more; then it is given up.
"""

import contextlib
import hashlib
import platform
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from distributed import Client
from distributed.client import Future

import classroom
import seq2bert
from classroom.course import Course, Unavailable
from classroom.judging import TRIES, Execute, Job, failure, judge, open_sandbox
from classroom.sandbox import Limits, NoSandbox, Sandbox, SandboxLost
from classroom.verdicts import Verdict
from classroom.workers import AHEAD

__all__ = ["WrongVersions", "judge_on_worker", "on_cluster", "versions"]

_CONNECT = 10.0  # seconds
_EXTRA = 120.0  # seconds beyond a submission's own: starting a sandbox, other jobs of the machine
_LOOK = 1.0  # seconds between two looks for jobs that take too long
_SENDINGS = 2  # times that a job is handed out
_of_this_thread = threading.local()


class WrongVersions(Unavailable):
    """A worker would grade with something else than this machine."""


@dataclass
class _Sent:
    """A job that some worker has, or will have."""

    job: Job
    since: float
    times: int = 1


def on_cluster(course: Course, scheduler: str) -> Execute:
    """Return what gives the verdicts on jobs by the workers of a Dask scheduler.

    Parameters
    ----------
    course : Course
    scheduler : str
        Its address, ``tcp://10.0.0.1:8786``.

    Raises
    ------
    Unavailable
        When it runs, if the scheduler does not answer or has no workers, at the beginning or later.
    WrongVersions
        When it runs, if a worker has another version of what decides about grades.
    NoSandbox
        When it runs, if a worker has no sandbox.
    """

    def execute(jobs: Iterator[Job]) -> Iterator[Verdict]:
        try:
            client = Client(scheduler, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise Unavailable(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            if not client.nthreads():
                raise Unavailable(f"the scheduler at {scheduler} has no workers: dask worker {scheduler} --nthreads 1")
            yield from _Collection(client, scheduler, course).verdicts(jobs)

    return execute


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of what decides about grades, and a hash of the two packages of the course."""
    packages = ("distributed", "ipython", "matplotlib", "nbformat", "numpy", "scipy", "torch")
    code = hashlib.sha256()
    for package in (classroom, seq2bert):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            code.update(f"{package.__name__}/{path.relative_to(root)}\n".encode() + path.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python, "the course": code.hexdigest()[:12]} | {name: version(name) for name in packages}


def judge_on_worker(job: Job, limits: Limits, wanted: Mapping[str, str], keep_out: tuple[Path, ...] = ()) -> Verdict:
    """Give the verdict on a job, in the sandbox of this thread of a worker.

    Raises
    ------
    WrongVersions
        If `wanted`, the versions of the machine that asks, are not those of this one.
    NoSandbox
        If there is none on this machine, or it would show one of `keep_out` or this machine's own solutions.
    """
    own = versions()
    wrong = [f"{name} {own.get(name)}, not {said}" for name, said in wanted.items() if own.get(name) != said]
    if wrong:
        raise WrongVersions(f"{platform.node()} has {'; '.join(wrong)}: install the same there")
    why = ""
    for lost in range(1, TRIES + 1):
        try:
            return judge(job, _sandbox(limits, (*keep_out, *_own_solutions())))
        except SandboxLost as error:
            _close()
            why = f"{lost} sandboxes ended: {error}"
    return failure(job, why)


def _own_solutions() -> tuple[Path, ...]:
    """Return the folder of the authored assignments, if this package runs from a clone: the asker's lies elsewhere."""
    folder = Path(classroom.__path__[0]).parents[1] / "solutions"
    return (folder,) if folder.is_dir() else ()


def _sandbox(limits: Limits, keep_out: tuple[Path, ...]) -> Sandbox:
    """Return the sandbox of this thread; it ends with the thread or the process."""
    if getattr(_of_this_thread, "limits", None) != limits:
        _close()
        _of_this_thread.sandbox = open_sandbox(limits, keep_out=keep_out)
        _of_this_thread.limits = limits
    sandbox: Sandbox = _of_this_thread.sandbox
    return sandbox


def _close() -> None:
    with contextlib.suppress(AttributeError):
        _of_this_thread.limits = None
        _of_this_thread.sandbox.close()
        del _of_this_thread.sandbox


class _Collection:
    """Jobs out, verdicts in: as many at once as keep the workers busy."""

    def __init__(self, client: Client, scheduler: str, course: Course) -> None:
        self.client, self.scheduler = client, scheduler
        self.limits, self.keep_out = course.settings.limits, course.kept_out
        self.sent: dict[Future, _Sent] = {}
        self.finished: queue.Queue[Future] = queue.Queue()

    def verdicts(self, jobs: Iterator[Job]) -> Iterator[Verdict]:
        """Yield the verdicts on jobs as they come."""
        for job in jobs:
            self._send(_Sent(job, time.monotonic()))
            while len(self.sent) >= AHEAD * max(1, sum(self._threads().values())):
                yield from self._next()
        while self.sent:
            yield from self._next()

    def _threads(self) -> Mapping[str, int]:
        try:
            threads: Mapping[str, int] = self.client.nthreads()
            return threads
        except OSError as error:
            raise self._gone() from error

    def _gone(self) -> Unavailable:
        return Unavailable(f"the scheduler at {self.scheduler} does not answer any more; what is graded is kept")

    def _send(self, sent: _Sent) -> None:
        name = f"grade-{sent.job.student}-{uuid4().hex}"
        arguments = (sent.job, self.limits, dict(versions()), self.keep_out)
        # retries: what is the machine's fault, too little memory say, may not be the next one's
        future = self.client.submit(judge_on_worker, *arguments, key=name, retries=1, pure=False)
        self.sent[future] = sent
        future.add_done_callback(self.finished.put)

    def _next(self) -> Iterator[Verdict]:
        """Yield a verdict, or those on jobs that are given up, or nothing after a while."""
        try:
            future = self.finished.get(timeout=_LOOK)
        except queue.Empty:
            yield from self._late()
            return
        sent = self.sent.pop(future, None)
        if sent is None:
            return  # it was late, and is handed out again
        if future.cancelled():
            raise self._gone()
        error = future.exception()
        if isinstance(error, (WrongVersions, NoSandbox)):
            raise type(error)(f"a worker cannot grade: {error}")
        if isinstance(error, ModuleNotFoundError):
            raise WrongVersions(f"a worker cannot grade: {error}: install the same there as here")
        yield future.result() if error is None else failure(sent.job, f"{type(error).__name__}: {error}")
        future.release()

    def _late(self) -> Iterator[Verdict]:
        """Stop the workers whose jobs take longer than any can; hand the jobs out again, or give them up."""
        late = {future: sent for future, sent in self.sent.items() if time.monotonic() > self._deadline(sent)}
        if not late:
            return
        if not self._threads():
            raise Unavailable(f"the scheduler at {self.scheduler} has no workers any more; what is graded is kept")
        names = {future.key for future in late}
        stuck = [worker for worker, keys in self.client.processing().items() if names & set(keys)]
        for future in late:
            del self.sent[future]
        self.client.cancel(list(late), force=True)
        with contextlib.suppress(OSError, ValueError, TimeoutError):  # a worker without a nanny cannot be restarted
            self.client.restart_workers(stuck, timeout=_CONNECT, raise_for_error=False)
        for sent in self.sent.values():  # some begin anew
            sent.since = time.monotonic()
        for sent in late.values():
            if sent.times < _SENDINGS:
                self._send(_Sent(sent.job, time.monotonic(), sent.times + 1))
            else:
                yield failure(sent.job, f"{sent.times} workers have not finished it in time")

    def _deadline(self, sent: _Sent) -> float:
        """Return when a job must be done that waits for others of its worker's thread first."""
        tests = sent.job.notebook.count('"grade": true')
        most = self.limits.total_seconds + tests * self.limits.test_seconds + _EXTRA
        return sent.since + AHEAD * most
