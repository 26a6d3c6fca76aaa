"""Verdicts: what became of each graded submission, one JSON file each, written whole or not at all.

A verdict is the truth; the gradebook and the graded notebook are written from it, and again if a run was interrupted.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, overload

from classroom.course import Course, write_atomically
from classroom.outcome import Outcome

__all__ = ["Verdict", "Verdicts", "read_verdict", "write_verdict"]


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
    id : str
        Of this verdict alone: two runs of the same submission have two.
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
    id: str = ""

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


class Verdicts(Sequence[Verdict]):
    """The verdicts on many submissions, in the order of the students' names: each is read when it is looked at.

    Parameters
    ----------
    course : Course
    assignment : str
    students : iterable of str
        Each has a verdict.
    """

    def __init__(self, course: Course, assignment: str, students: Iterable[str]) -> None:
        self._course, self._assignment, self.students = course, assignment, sorted(students)

    def __len__(self) -> int:
        return len(self.students)

    @overload
    def __getitem__(self, place: int) -> Verdict: ...
    @overload
    def __getitem__(self, place: slice) -> "Verdicts": ...
    def __getitem__(self, place: int | slice) -> "Verdict | Verdicts":
        if isinstance(place, slice):
            return Verdicts(self._course, self._assignment, self.students[place])
        verdict = read_verdict(self._course, self._assignment, self.students[place])
        if verdict is None:
            raise LookupError(f"there is no verdict on {self.students[place]} any more")
        return verdict
