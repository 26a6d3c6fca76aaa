"""Who of the gradebook a line of another system's file is about.

Lines are matched by the surest thing that both sides have: number in the LMS, login, address, name. What two students
share matches neither.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from classroom.export.grades import Grade
from classroom.receive import id_of_folder

__all__ = ["LOGIN", "NAME", "NUMBER", "Matching"]

NUMBER, LOGIN, NAME = "number", "login", "name"


class Matching:
    """Grades by what other systems may call their students; it remembers who was matched.

    Parameters
    ----------
    grades : sequence of Grade

    Attributes
    ----------
    filled : set of str
        Students whose grade was put into the file; who fills it says so.
    """

    def __init__(self, grades: Sequence[Grade]) -> None:
        self.grades = grades
        self.used: set[str] = set()
        self.filled: set[str] = set()
        self._by_key: dict[tuple[str, str], Grade | None] = {}
        for grade in grades:
            for key in _keys_of(grade):
                self._by_key[key] = None if key in self._by_key else grade

    def find(self, said: Iterable[tuple[str, str]]) -> Grade | None:
        """Return the grade that a line is about, given what kind of thing each cell is and its text; surest first."""
        for kind, text in said:
            grade = self._by_key.get((kind, _loosely(text))) if text.strip() else None
            if grade is not None:
                return grade
        return None

    def take(self, grade: Grade) -> bool:
        """Remember that a line is about this grade; return whether it is the first one."""
        first = grade.student not in self.used
        self.used.add(grade.student)
        return first

    def left_over(self, system: str) -> list[str]:
        """Return a sentence for each student who has a grade and no line."""
        return [
            f"the gradebook has {grade.name!r}, {system} does not"
            for grade in self.grades
            if grade.student not in self.used and grade.state != "missing"
        ]


def _keys_of(grade: Grade) -> set[tuple[str, str]]:
    ids = {grade.student}
    with suppress(ValueError):  # a folder that `receive` did not name
        ids.add(id_of_folder(grade.student))
    keys = {(NUMBER, grade.lms_id), (LOGIN, grade.email), (LOGIN, grade.lms_id)}
    keys |= {(kind, own) for own in ids for kind in (NUMBER, LOGIN, NAME)}
    if grade.first_name or grade.last_name:
        keys |= {(NAME, grade.name), (NAME, f"{grade.last_name}, {grade.first_name}")}
    return {(kind, _loosely(text)) for kind, text in keys if text}


def _loosely(text: str) -> str:
    return " ".join(text.casefold().split())
