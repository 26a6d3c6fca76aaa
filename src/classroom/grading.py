"""Grading a class: what is to be graded, verdicts, the gradebook.

A run may be stopped at any moment and started again. A submission is graded if there is no verdict with its key; its
verdict is recorded if its mark says that it is not yet. One submission cannot stop, slow or change another. However
many there are, a run keeps a few in memory.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Any

import nbformat

from classroom.authored import complete_tests, read_submission
from classroom.circumstances import circumstances_of
from classroom.course import Course, CourseError, Unavailable
from classroom.exchange import read_secret
from classroom.gradebook import register
from classroom.judging import Execute, Job, no_verdict
from classroom.printable import printable
from classroom.private_seed import draw_for, read_seed
from classroom.recording import Recorder
from classroom.timestamps import handed_in
from classroom.verdicts import Verdict, Verdicts, read_verdict, write_verdict
from classroom.workers import on_this_machine

__all__ = ["grade_class", "jobs_of"]


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
    for student in course.prepared(name):
        if wanted is not None and student not in wanted:
            continue
        path = course.submitted / student / name / f"{name}.ipynb"
        try:
            text = nbformat.writes(complete_tests(read_submission(path), source))
        except Exception as error:
            why = printable(f"cannot be read: {error}", 500)
            yield no_verdict(name, student, _hash_of(path, why), why)
            continue
        draw = "" if seed is None else draw_for(seed, student)
        key = json.dumps([text, draw, asdict(course.settings.limits)], sort_keys=True)
        yield Job(name, student, hashlib.sha256(key.encode()).hexdigest(), text, draw)


def grade_class(
    course: Course,
    assignment: str,
    *,
    students: Iterable[str] | None = None,
    again: bool = False,
    execute: Execute | None = None,
    tell: Callable[[Verdict, bool], None] = lambda verdict, new: None,
) -> Verdicts:
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
    Verdicts
        In the order of the students' names.

    Raises
    ------
    CourseError
        If there is no such assignment.
    NoSandbox
        If there is none on this machine; nothing was graded then.
    Unavailable
        If another run grades the assignment now, or a gradebook or a scheduler does not answer. What was graded until
        then is kept.
    """
    name = course.check_assignment(assignment)
    with _only_run(course, name):
        register(course, name)
        with Recorder(course, name) as recorder:
            run = _Run(course, name, recorder, tell)
            jobs = run.jobs(jobs_of(course, name, students), again=again)
            first = next(jobs, None)  # without one no sandbox is started, and no scheduler asked
            if first is not None:
                for verdict in (execute or on_this_machine(course))(chain([first], jobs)):
                    run.keep(verdict)
    return Verdicts(course, name, run.students)


class _Run:
    """One run over the submissions of an assignment."""

    def __init__(
        self, course: Course, assignment: str, recorder: Recorder, tell: Callable[[Verdict, bool], None]
    ) -> None:
        self.course, self.assignment, self.recorder, self.tell = course, assignment, recorder, tell
        self.students: set[str] = set()
        self._recorded_before = recorder.students()
        self._pending: dict[str, tuple[Job, dict[str, str]]] = {}  # with the answers that were graded before
        self._log: set[bytes] | None = None
        for rest in (course.outcomes / assignment).glob(".writing-*"):  # of a run that was killed
            rest.unlink(missing_ok=True)

    def jobs(self, items: Iterable[Job | Verdict], *, again: bool) -> Iterator[Job]:
        """Yield what has to be run; record what another run did not come to."""
        for item in items:
            old = read_verdict(self.course, self.assignment, item.student)
            same = old is not None and old.key == item.key
            if isinstance(item, Verdict):
                if old is not None and same and old.recorded and old.failure == item.failure:
                    self._say(old, new=False)
                else:
                    self._finish(replace(item, answers=_graded_answers(old)), None)
                continue
            if old is not None and same and not old.failure and not self._is_recorded(old):
                if old.recorded:  # only what surrounds it is new: the gradebook has the scores of these answers
                    old = replace(old, answers_before=old.answers)
                old = self._finish(old, item, logged=True)
                if not again:
                    continue
            elif old is not None and same and not old.failure and not again:
                self._say(old, new=False)
                continue
            self._pending[item.student] = item, _graded_answers(old)
            yield item

    def keep(self, verdict: Verdict) -> None:
        """Write a new verdict and record it."""
        job, before = self._pending.pop(verdict.student)
        answers = before if verdict.failure else verdict.answers
        verdict = replace(verdict, answers=answers, answers_before=before)
        write_verdict(self.course, verdict, recorded=False)
        self._finish(verdict, job)

    def _is_recorded(self, verdict: Verdict) -> bool:
        """Whether gradebook and graded notebook have a verdict as it would be recorded now."""
        there = verdict.student in self._recorded_before
        return verdict.recorded and there and verdict.circumstances == self._circumstances(verdict)

    def _finish(self, verdict: Verdict, job: Job | None, *, logged: bool = False) -> Verdict:
        """Record a verdict, log it, mark it, in this order; `logged`: there may be the line in the log."""
        if not verdict.failure and job is not None:
            folder = self.course.submitted / verdict.student / self.assignment
            for rest in (self.course.autograded / verdict.student / self.assignment).glob(".writing-*"):
                rest.unlink(missing_ok=True)
            notebook = nbformat.reads(job.notebook, as_version=4)
            try:
                self.recorder.record(verdict, notebook, timestamp=handed_in(folder), secret=read_secret(folder))
            except (ValueError, TypeError, LookupError) as error:
                if isinstance(error, CourseError):
                    raise
                verdict = replace(verdict, failure=f"cannot be recorded: {error}")
            verdict = replace(verdict, circumstances=self._circumstances(verdict))
        line = {
            "assignment": self.assignment, "student": verdict.student, "verdict": verdict.id,
            "reached": verdict.reached, "points": verdict.points, "failure": verdict.failure, "notes": verdict.remarks,
            "seconds": verdict.seconds, "circumstances": verdict.circumstances,
        }  # fmt: skip
        if not (logged and self._is_logged(line)):
            self.course.log("graded", **line)
        verdict = write_verdict(self.course, verdict, recorded=True)
        self._say(verdict, new=True)
        return verdict

    def _is_logged(self, line: Mapping[str, Any]) -> bool:
        if self._log is None:
            self._log = set()
            if self.course.log_file.is_file():
                with self.course.log_file.open(encoding="utf-8", errors="replace") as file:
                    self._log = {_digest(said) for text in file if (said := _data_of(text)) is not None}
        return _digest(line) in self._log

    def _circumstances(self, verdict: Verdict) -> Mapping[str, Any]:
        folder = self.course.submitted / verdict.student / self.assignment
        return circumstances_of(self.course, self.assignment, verdict.student, handed_in(folder))

    def _say(self, verdict: Verdict, *, new: bool) -> None:
        self.students.add(verdict.student)
        self.tell(verdict, new)


def _hash_of(path: Path, why: str) -> str:
    """Return the hash of a file that is no notebook; where not even its bytes can be read, of the reason."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return hashlib.sha256(why.encode()).hexdigest()


def _graded_answers(old: Verdict | None) -> dict[str, str]:
    """Return the answers of which the gradebook may have manual scores."""
    if old is None:
        return {}
    return old.answers if old.recorded or old.failure else old.answers_before


def _data_of(text: str) -> dict[str, Any] | None:
    """Return what a line of the log says of a graded submission; None if it says something else, or is torn."""
    try:
        said = json.loads(text)
        return (
            {name: value for name, value in said.items() if name not in ("time", "event")}
            if (said["event"] == "graded")
            else None
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _digest(line: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).digest()[:16]


@contextmanager
def _only_run(course: Course, assignment: str) -> Iterator[None]:
    """Hold the right to grade an assignment; the system gives it back when this process ends, however it ends."""
    path = course.log_file.parent / f"grading-{assignment}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"another run grades {assignment} now: wait until it has ended", busy=True) from None
        yield
    finally:
        os.close(descriptor)
