"""Arguments and options that several steps have."""

from pathlib import Path
from typing import Annotated

import typer

from classroom.circumstances import students_of
from classroom.course import Course
from classroom.students import Person, find_students

__all__ = ["HERE", "AsJson", "Assignment", "Folder", "Students", "label_of", "wanted"]

Assignment = Annotated[str, typer.Argument(help="An assignment: e02, or its whole name.", show_default=False)]
Students = Annotated[
    list[str] | None,
    typer.Option(
        "--student", help="Only this student, by id, name or address; may be given several times.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]
Folder = Annotated[Path, typer.Option("--course", help="The course's folder, or one below it.")]
HERE = Path()


def wanted(students: list[str] | None, people: dict[str, Person], course: Course, assignment: str) -> list[str] | None:
    """Return the ids of the students that were named; None if none was."""
    return find_students(students, people, students_of(course, assignment)) if students else None


def label_of(student: str, people: dict[str, Person]) -> str:
    """Return what is printed of a student."""
    return people.get(student, Person(student)).label
