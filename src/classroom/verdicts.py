"""Verdicts: what became of each graded submission, one JSON file each, written whole or not at all.

A verdict is the truth; the gradebook and the graded notebook are written from it, and again if a run was interrupted.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from classroom.course import Course, write_atomically
from classroom.grader_side import Outcome

__all__ = ["Verdict", "read_verdict", "write_verdict"]


@dataclass(frozen=True)
class Verdict:
    """What became of one submission.

    Parameters
    ----------
    assignment, student : str
    key : str
        Of everything that the outcome depends on: the notebook, the tests, the student's draw, the limits.
    graded_at : str
        ISO 8601, UTC.
    outcomes : list of Outcome
    answers : dict from str to str
        sha256 of each answer that a person grades, by grade id.
    answers_before : dict from str to str
        The same of the submission that was graded before.
    outputs : dict from str to list
        By cell id, as in a notebook.
    notes : list of str
        What was noticed while it ran: cells that ended their process, say.
    seconds : float
        Wall time.
    recorded : bool
        Whether gradebook and graded notebook have it.
    failure : str
        Why there is no grade: the machine's fault, or a file that cannot be read. Empty otherwise.
    circumstances : dict
        With which it was recorded last, see `classroom.circumstances`.
    """

    assignment: str
    student: str
    key: str
    graded_at: str
    outcomes: list[Outcome] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    answers_before: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    recorded: bool = False
    failure: str = ""
    circumstances: Mapping[str, Any] = field(default_factory=dict)

    @property
    def remarks(self) -> list[str]:
        """Everything that was noticed, on receipt and while it ran, in sentences without full stop."""
        return [*self.circumstances.get("remarks", ()), *self.notes]

    @property
    def reached(self) -> float:
        """Points that the tests gave."""
        return sum(outcome.reached for outcome in self.outcomes)

    @property
    def points(self) -> float:
        """Points that the tests could have given."""
        return sum(outcome.points for outcome in self.outcomes)


def read_verdict(course: Course, assignment: str, student: str) -> Verdict | None:
    """Return the verdict on a submission; None if there is none, or its file is not whole."""
    path = course.outcomes / assignment / f"{student}.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Verdict(**{**said, "outcomes": [Outcome(**outcome) for outcome in said["outcomes"]]})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def write_verdict(course: Course, verdict: Verdict, *, recorded: bool) -> Verdict:
    """Write a verdict, and return it with its mark."""
    verdict = replace(verdict, recorded=recorded)
    path = course.outcomes / verdict.assignment / f"{verdict.student}.json"
    text = json.dumps(asdict(verdict), ensure_ascii=False, indent=1)
    write_atomically(path, text.encode("utf-8", "replace"))  # halves of characters, which no file takes
    return verdict
