"""One submission judged: what is to be run, as data; what runs it; the verdict."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

import nbformat

from classroom.gradebook import answers_by_hand
from classroom.outputs import safe_outputs
from classroom.sandbox import Limits, NoSandbox, Report, Sandbox
from classroom.verdicts import Verdict

__all__ = ["TRIES", "Execute", "Job", "Runner", "TrustedRunner", "failure", "judge", "no_verdict", "open_sandbox"]

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


# Takes jobs as it has room for them, in the thread that asks it for verdicts, and gives verdicts in any order.
Execute = Callable[[Iterator[Job]], Iterable[Verdict]]


class TrustedRunner:
    """Runs notebooks in this process, without any wall: for demonstrations with answers that are trusted."""

    def grade(self, cells: Any, *, draw: str = "") -> Report:
        """Run the cells and tests of a notebook."""
        from classroom.connections import SameProcess  # both import PyTorch, which no other grader needs
        from classroom.runner import grade as grade_in_this_process

        return Report(outcomes=grade_in_this_process(cells, SameProcess(), draw=draw))


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
        id=uuid4().hex,
        graded_at=_now(),
        outcomes=report.outcomes,
        answers=answers_by_hand(notebook),
        outputs={notebook.cells[place].id: safe_outputs(each) for place, each in report.outputs.items() if each},
        notes=report.notes,
        seconds=round(time.monotonic() - began, 3),
    )


def failure(job: Job, why: str) -> Verdict:
    """Return the verdict on a job that got no grade by the machine's fault."""
    return no_verdict(job.assignment, job.student, job.key, why)


def no_verdict(assignment: str, student: str, key: str, why: str) -> Verdict:
    """Return the verdict on what cannot be judged."""
    return Verdict(assignment=assignment, student=student, key=key, id=uuid4().hex, graded_at=_now(), failure=why)


def open_sandbox(limits: Limits, *, keep_out: Sequence[os.PathLike[str]] = ()) -> Sandbox:
    """Start a sandbox, with the inner wall if the machine has one.

    Parameters
    ----------
    limits : Limits
    keep_out : sequence of path
        Folders that must not be seen inside: solutions, the class.

    Raises
    ------
    NoSandbox
        If there is none on this machine, or one of `keep_out` could be seen inside.
    """
    try:
        return Sandbox(limits, keep_out=keep_out)
    except NoSandbox as error:
        if "inner wall" not in str(error):
            raise
        return Sandbox(limits, inner=False, keep_out=keep_out)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
