"""A class of invented students who hand in an assignment, so that every step can be tried before a real class does.

The answers are those of solutions/, so what is made here is for instructors only: it is written into the folder of the
class, which git ignores, or outside the course. The same number of students gives the same files.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat

from classroom.course import Course, CourseError
from classroom.demonstration.answers import KINDS, Attempt, attempts_of
from classroom.demonstration.layouts import LAYOUTS, write_layout
from classroom.demonstration.people import Invented, invented

__all__ = ["KINDS", "LAYOUTS", "Attempt", "Demonstration", "HandedIn", "Invented", "invent", "invented"]

_MARK = ".invented"  # so that only what was made here is replaced


@dataclass(frozen=True)
class HandedIn:
    """An invented student and what they hand in."""

    student: str
    name: str
    kind: str
    says: str


@dataclass(frozen=True)
class Demonstration:
    """Where the submissions are, the file that the platform would give to be filled with grades, and who is who."""

    submissions: Path
    to_fill: Path | None
    students: list[HandedIn]


def invent(course: Course, assignment: str, place: Path, *, students: int, layout: str = "moodle") -> Demonstration:
    """Write what invented students hand in, as a platform would give it.

    Parameters
    ----------
    assignment : str
        Its whole name.
    place : Path
        A folder that is not there yet, or was written by this function: then it is replaced.
    students : int
        Each kind of `KINDS` in turn.
    layout : str
        One of `LAYOUTS`.

    Raises
    ------
    CourseError
        If there is no release or no such layout, or the place is not free, or would be published with the course.
    """
    if layout not in LAYOUTS:
        raise CourseError(f"there is no layout {layout!r}; there are {', '.join(LAYOUTS)}")
    place = place.resolve()
    if place.is_relative_to(course.root.resolve()) and not place.is_relative_to(course.work.resolve()):
        raise CourseError(f"{place} is in the course, and this holds solutions: choose a folder elsewhere")
    if place.exists() and any(place.iterdir()) and not (place / _MARK).is_file():
        raise CourseError(f"{place} is there already, and not by classroom demo: choose another folder")
    attempts = attempts_of(course, assignment)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True)
    (place / _MARK).touch()
    handed_in = [(person, attempts[KINDS[at % len(KINDS)]]) for at, person in enumerate(invented(students))]
    to_fill = write_layout(layout, place, assignment, handed_in, points=_points(course, assignment))
    told = [HandedIn(person.login, person.name, attempt.kind, attempt.says) for person, attempt in handed_in]
    return Demonstration(place / "submissions", to_fill, told)


def _points(course: Course, assignment: str) -> float:
    source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
    return sum(float(cell.metadata.get("nbgrader", {}).get("points", 0)) for cell in source.cells)
