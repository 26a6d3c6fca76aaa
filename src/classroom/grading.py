"""Grading a class: what is to be graded, workers with a sandbox each, verdicts, the gradebook.

A run may be stopped at any moment and started again. A submission is graded if there is no verdict with its key; its
verdict is recorded if its mark says that it is not yet. One submission cannot stop, slow or change another.
"""

import hashlib
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import nbformat

from classroom.authored import complete_tests, read_submission
from classroom.course import Course
from classroom.gradebook import answers_by_hand, record, register
from classroom.grader_side import SameProcess
from classroom.outputs import safe_outputs
from classroom.printable import printable
from classroom.private_seed import draw_for, read_seed
from classroom.runner import grade as grade_in_this_process
from classroom.sandbox import Limits, NoSandbox, Report, Sandbox, SandboxLost
from classroom.verdicts import Verdict, read_verdict, write_verdict

__all__ = [
    "TRIES",
    "Execute",
    "Job",
    "TrustedRunner",
    "complete_tests",
    "failure",
    "grade_class",
    "handed_in",
    "jobs_of",
    "judge",
    "on_this_machine",
    "open_sandbox",
]

TRIES = 3  # sandboxes that may be lost over one submission


class Runner(Protocol):
    """What runs a notebook: a `Sandbox`, say."""

    def grade(self, cells: Any, *, draw: str = "") -> Report:
        """Run the cells and tests of a notebook."""


@dataclass(frozen=True)
class Job:
    """One submission that is to be graded: data only, so that it can be sent to another machine."""

    assignment: str
    student: str
    key: str
    notebook: str  # JSON, with complete tests
    draw: str


Execute = Callable[[Sequence[Job]], Iterable[Verdict]]


class TrustedRunner:
    """Runs notebooks in this process, without any wall: for demonstrations with answers that are trusted."""

    def grade(self, cells: Any, *, draw: str = "") -> Report:
        """Run the cells and tests of a notebook."""
        return Report(outcomes=grade_in_this_process(cells, SameProcess(), draw=draw))


def jobs_of(course: Course, assignment: str, students: Iterable[str] | None = None) -> Iterator[Job | Verdict]:
    """Yield a job for each submission of an assignment, and a verdict for each that cannot be run.

    Raises
    ------
    CourseError
        If there is no such assignment.
    """
    name = course.check_assignment(assignment)
    source = nbformat.read(course.source / name / f"{name}.ipynb", as_version=4)
    seed = read_seed(course.seed_file) if course.seed_file.exists() else None
    wanted = None if students is None else set(students)
    for path in sorted(course.submitted.glob(f"*/{name}/{name}.ipynb")):
        student = path.parent.parent.name
        if wanted is not None and student not in wanted:
            continue
        try:
            text = nbformat.writes(complete_tests(read_submission(path), source))
        except Exception as error:
            why = printable(f"cannot be read: {error}", 500)
            yield _failure(name, student, hashlib.sha256(path.read_bytes()).hexdigest(), why)
            continue
        draw = "" if seed is None else draw_for(seed, student)
        key = json.dumps([text, draw, asdict(course.settings.limits)], sort_keys=True)
        yield Job(name, student, hashlib.sha256(key.encode()).hexdigest(), text, draw)


def judge(job: Job, runner: Runner) -> Verdict:
    """Run one submission and return the verdict.

    Raises
    ------
    SandboxLost
        If the machine failed, not the submission.
    """
    began = time.monotonic()
    notebook = nbformat.reads(job.notebook, as_version=4)
    report = runner.grade(notebook.cells, draw=job.draw)
    return Verdict(
        assignment=job.assignment,
        student=job.student,
        key=job.key,
        graded_at=_now(),
        outcomes=report.outcomes,
        answers=answers_by_hand(notebook),
        outputs={notebook.cells[place].id: safe_outputs(each) for place, each in report.outputs.items() if each},
        notes=report.notes,
        seconds=round(time.monotonic() - began, 3),
    )


def open_sandbox(limits: Limits) -> Sandbox:
    """Start a sandbox, with the inner wall if the machine has one.

    Raises
    ------
    NoSandbox
        If there is none on this machine.
    """
    try:
        return Sandbox(limits)
    except NoSandbox as error:
        if "inner wall" not in str(error):
            raise
        return Sandbox(limits, inner=False)


def grade_class(
    course: Course,
    assignment: str,
    *,
    students: Iterable[str] | None = None,
    again: bool = False,
    execute: Execute | None = None,
    tell: Callable[[Verdict, bool], None] = lambda verdict, new: None,
) -> list[Verdict]:
    """Grade an assignment's submissions and record them.

    Parameters
    ----------
    students : iterable of str, optional
        Only these.
    again : bool
        Also those that have a verdict with their key.
    execute : callable, optional
        Gives the verdicts on jobs, in any order; default: `on_this_machine`.
    tell : callable
        Given each verdict as soon as it is recorded, and whether it is new.

    Returns
    -------
    list of Verdict
        In the order of the students' names.

    Raises
    ------
    NoSandbox
        If there is none on this machine; nothing was graded then.
    """
    name = course.check_assignment(assignment)
    register(course, name)
    verdicts: list[Verdict] = []
    before: dict[str, dict[str, str]] = {}
    jobs: list[Job] = []
    for item in jobs_of(course, name, students):
        old = read_verdict(course, name, item.student)
        if old is not None and not old.recorded and not old.failure:
            old = _finish(course, old, tell)  # a run was interrupted
        before[item.student] = old.answers if old else {}
        if isinstance(item, Verdict):
            verdicts.append(_finish(course, replace(item, answers=before[item.student]), tell))
        elif old is not None and old.key == item.key and not old.failure and not again:
            verdicts.append(old)
            tell(old, False)
        else:
            jobs.append(item)
    for verdict in (execute or on_this_machine(course))(jobs) if jobs else ():
        answers = before[verdict.student] if verdict.failure else verdict.answers
        verdict = replace(verdict, answers=answers, answers_before=before[verdict.student])
        write_verdict(course, verdict, recorded=False)
        verdicts.append(_finish(course, verdict, tell))
    return sorted(verdicts, key=lambda verdict: verdict.student)


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
    return lambda jobs: _in_threads(jobs, min(number, len(jobs)), lambda: open_sandbox(course.settings.limits))


def _in_threads(
    jobs: Iterable[Job], number: int, make: Callable[[], AbstractContextManager[Runner]]
) -> Iterator[Verdict]:
    pending: queue.Queue[Job | None] = queue.Queue()
    finished: queue.Queue[Verdict | BaseException] = queue.Queue()
    expected = 0
    for job in jobs:
        pending.put(job)
        expected += 1
    threads = [threading.Thread(target=_work, args=(pending, finished, make), daemon=True) for _ in range(number)]
    for thread in threads:
        pending.put(None)
        thread.start()
    try:
        for _ in range(expected):
            verdict = finished.get()
            if isinstance(verdict, BaseException):
                raise verdict
            yield verdict
    finally:
        while not pending.empty():  # the run is over, or was interrupted: let the threads end after what they do
            pending.get_nowait()
        for _ in threads:
            pending.put(None)
        for thread in threads:
            thread.join(timeout=10.0)


def _work(
    pending: "queue.Queue[Job | None]",
    finished: "queue.Queue[Verdict | BaseException]",
    make: Callable[[], AbstractContextManager[Runner]],
) -> None:
    """Give the verdicts on jobs until there are no more. A lost sandbox is replaced."""
    job, lost = pending.get(), 0
    try:
        while job is not None:
            with make() as runner:
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


def _finish(course: Course, verdict: Verdict, tell: Callable[[Verdict, bool], None]) -> Verdict:
    """Record a verdict that is not recorded yet."""
    name, student = verdict.assignment, verdict.student
    if not verdict.failure:
        folder = course.submitted / student / name
        source = nbformat.read(course.source / name / f"{name}.ipynb", as_version=4)
        notebook = complete_tests(read_submission(folder / f"{name}.ipynb"), source)
        record(course, verdict, notebook, timestamp=handed_in(folder))
    verdict = write_verdict(course, verdict, recorded=True)
    course.log(
        "graded", assignment=name, student=student, reached=verdict.reached, points=verdict.points,
        failure=verdict.failure, notes=verdict.notes, seconds=verdict.seconds,
    )  # fmt: skip
    tell(verdict, True)
    return verdict


def handed_in(folder: Path) -> datetime:
    """Return when a submission was handed in, from its timestamp.txt; else the time of its file. UTC, without zone."""
    try:
        text = (folder / "timestamp.txt").read_text(encoding="utf-8").strip()
        time_of = datetime.strptime(text.removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S.%f")
    except (FileNotFoundError, ValueError):
        newest = max(path.stat().st_mtime for path in folder.iterdir())
        time_of = datetime.fromtimestamp(newest, UTC).replace(tzinfo=None)
    return time_of


def failure(job: Job, why: str) -> Verdict:
    """Return the verdict on a job that got no grade by the machine's fault."""
    return _failure(job.assignment, job.student, job.key, why)


def _failure(assignment: str, student: str, key: str, why: str) -> Verdict:
    return Verdict(assignment=assignment, student=student, key=key, graded_at=_now(), failure=why)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
