"""`classroom feedback` and `classroom export`: what goes back to students and to other systems."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from classroom.circumstances import refusal_of, students_of
from classroom.command.options import HERE, AsJson, Assignment, Folder, Students, label_of, wanted
from classroom.command.printing import Printer, counted, progress, said_plainly
from classroom.course import Course, CourseError, write_atomically
from classroom.export import (
    Grade,
    fill_canvas,
    fill_moodle,
    grades_of,
    gradescope_results,
    moodle_feedback,
    moodle_folders,
    table_of,
    write_table,
)
from classroom.export.spreadsheet import read_file
from classroom.feedback import write_feedback
from classroom.students import people_of

__all__ = ["export", "feedback"]


def feedback(assignment: Assignment, student: Students = None, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Write a page for each student: points, what failed in the test author's words, what was noticed, comments.

    It is written again after a person has graded or commented. `classroom export --to moodle-feedback` packs the pages
    for Moodle; `nbgrader release_feedback` hands them out through the exchange.
    """
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        people = people_of(course)
        chosen = wanted(student, people, course, name) or sorted(students_of(course, name))
        written = 0
        with progress(printer, f"feedback on {name}", len(chosen)) as advance:
            for each in chosen:
                path = write_feedback(course, name, each)
                if path:
                    written += 1
                    course.log("feedback", assignment=name, student=each, path=str(path))
                said = str(path) if path else refusal_of(course, name, each) or "no grade yet"
                about = {"student": each, "name": label_of(each, people), "path": str(path) if path else None}
                printer.line(f"{about['name']}: {said}", look=path is None, **about)
                advance()
        course.log("feedback", assignment=name, pages=written)
        printer.summary(f"{name}: {counted(written, 'page')} in {course.feedback}.")
        printer.end(assignment=name, pages=written)


class System(StrEnum):
    """Where grades go."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
    MOODLE_FEEDBACK = "moodle-feedback"
    GRADESCOPE = "gradescope"


def export(
    assignment: Assignment,
    to: Annotated[
        System,
        typer.Option(
            help="csv: a table for a spreadsheet. canvas, moodle: fill the file that it exported. moodle-feedback: "
            "a zip of the feedback pages for all students. gradescope: a results.json for each student."
        ),
    ] = System.CSV,
    file: Annotated[
        Path | None,
        typer.Option(
            "--fill", help="Canvas: the exported gradebook. Moodle: the offline grading worksheet.", show_default=False
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="Canvas: the heading of the assignment's column; default: its name.", show_default=False),
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the grades of an assignment for another system, into the folder exports of the class.

    Students are matched by their number in the LMS, login, address or name; who is left over on either side is said.
    Who has no grade gets none: the cell is left as it was.
    """
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        if to in (System.CANVAS, System.MOODLE) and file is None:
            raise CourseError(f"--to {to} needs --fill FILE, the file that {to.title()} exported")
        grades = grades_of(course, name)
        out, remarks, paths = _write(course, name, grades, to, file, column)
        said = f"{counted(len(paths), 'grade')} of {counted(len(grades), 'student')}: {out}"
        printer.line(said, path=str(out), students=len(grades))
        for sentence in remarks:
            printer.line(sentence, look=True)
        for each in grades:
            about = {"student": each.student, "name": each.name, "state": each.state}
            if each.student in paths:
                handed_on = {"reached": each.reached, "points": each.points, "path": str(paths[each.student])}
                said = f"{each.name}: {each.state}, {each.reached:g} of {each.points:g}"
                printer.line(said, look=each.state != "graded", **about, **handed_on)
                course.log("export", assignment=name, student=each.student, to=str(to), **handed_on)
            elif each.state != "missing":
                reason = f": {each.reason}" if each.reason else ", not handed on" if each.counts else ""
                printer.line(f"{each.name}: {each.state}{reason}", look=True, **about)
            if each.outdated:
                printer.line(f"{each.name}: has changed since it was graded: classroom grade", look=True, **about)
        course.log("export", assignment=name, to=str(to), path=str(out), grades=len(paths))
        printer.end(assignment=name)


def _write(
    course: Course, name: str, grades: Sequence[Grade], to: System, file: Path | None, column: str | None
) -> tuple[Path, list[str], dict[str, Path]]:
    """Write the file, or files; return where they are, what needs a look, and in which file each student's grade is."""
    out = course.work / "exports" / f"{name}-{to}.csv"
    remarks: list[str] = []
    counting = [each.student for each in grades if each.counts]
    if to is System.GRADESCOPE:
        out = out.with_suffix("")
        for each in grades:
            if each.counts:
                write_atomically(out / each.student / "results.json", gradescope_results(each))
        return out, remarks, {student: out / student / "results.json" for student in counting}
    if to is System.MOODLE_FEEDBACK:
        out = out.with_suffix(".zip")
        there = {each.student: course.feedback / each.student / name / f"{name}.html" for each in grades}
        pages = {student: path for student, path in there.items() if path.is_file()}
        folders, remarks = moodle_folders(course, name, sorted(pages))
        packed = {student: pages[student] for student in folders}
        if not packed:
            raise CourseError(f"no page to pack: classroom feedback {name}, and receive Moodle's download")
        write_atomically(out, moodle_feedback(packed, folders))
        return out, remarks, {student: out for student in counting if student in packed}
    if to is System.CSV or file is None:
        write_atomically(out, write_table(table_of(grades)))
        return out, remarks, dict.fromkeys(counting, out)
    given = read_file(file)
    if to is System.CANVAS:
        text, remarks, filled = fill_canvas(given, column or name, grades)
    else:
        text, remarks, filled = fill_moodle(given, grades)
    write_atomically(out, text)
    return out, remarks, dict.fromkeys(filled, out)
