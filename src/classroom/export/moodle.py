"""Moodle: fill a grading worksheet, and pack feedback files as Moodle takes them back."""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from classroom.course import Course
from classroom.export.grades import Grade
from classroom.export.matching import LOGIN, NAME, NUMBER, Matching
from classroom.export.spreadsheet import ExportError, delimiter_of, number_of, plain, read_table, write_table
from classroom.receive import receipts_of

__all__ = ["fill_moodle", "moodle_feedback", "moodle_folders"]


def fill_moodle(worksheet: str, grades: Sequence[Grade]) -> tuple[str, list[str], set[str]]:
    """Return the worksheet with grades and remarks, what needs a look, and whose grades are in it.

    Parameters
    ----------
    worksheet : str
        The offline grading worksheet that Moodle gives: Identifier, Full name, Email address, …, Grade, Maximum Grade,
        Feedback comments. Comments are HTML there.
    grades : sequence of Grade
        Matched by the participant's number, the address or the name.

    Returns
    -------
    text : str
        The grade of a student who has none, or one that Moodle would refuse, stays as it was; the comment is filled in.
    remarks : list of str
        Sentences: who could not be matched, and what Moodle would refuse.
    students : set of str
        The ids of those whose grade is in the worksheet.

    Raises
    ------
    ExportError
        If it is no such worksheet, or its maximum is not the assignment's.
    """
    rows = read_table(worksheet, delimiter=delimiter_of(worksheet))
    head = rows[0] if rows else []
    if not {"Identifier", "Grade"} <= set(head):
        raise ExportError(
            "this is not a grading worksheet of Moodle: it needs the columns Identifier and Grade. Download it with "
            "Moodle in English, and with offline grading worksheets switched on in the assignment"
        )
    at = {name: place for place, name in enumerate(head)}
    matching = Matching(grades)
    remarks = []
    filled: list[list[object]] = [list(head)]
    for row in rows[1:]:
        cells: list[object] = [*map(plain, row), *[""] * (len(head) - len(row))]
        said = {
            name: str(cells[at[name]]).strip() for name in ("Identifier", "Email address", "Full name") if name in at
        }
        number = re.sub(r"^\D*(\d+)$", r"\1", said["Identifier"])
        names = [(LOGIN, said.get("Email address", "")), (NAME, said.get("Full name", ""))]
        grade = matching.find([(NUMBER, number), *names])
        if grade is None:
            remarks.append(f"Moodle has {said.get('Full name') or said['Identifier']!r}, the gradebook does not")
        elif not matching.take(grade):
            remarks.append(f"{grade.name!r} is in two lines of the worksheet: only the first one is filled")
        else:
            remarks += _fill(cells, at, grade, matching)
        filled.append(cells)
    text = write_table(filled, delimiter=delimiter_of(worksheet))
    return text, remarks + matching.left_over("Moodle"), matching.filled


def _fill(cells: list[object], at: Mapping[str, int], grade: Grade, matching: Matching) -> list[str]:
    """Put a student's grade and remark into the line; return what is to be said."""
    maximum = _maximum(cells, at, grade)
    if "Feedback comments" in at and (remark := _remark(grade)):
        cells[at["Feedback comments"]] = remark
    if not grade.counts:
        return []
    if "Grade can be changed" in at and str(cells[at["Grade can be changed"]]).strip() == "No":
        return [f"{grade.name!r}: Moodle does not let the grade be changed: left as it was"]
    if not 0 <= grade.reached <= maximum:
        return [f"{grade.name!r}: Moodle takes grades from 0 to {maximum:g}, not {grade.reached:g}: left as it was"]
    cells[at["Grade"]] = grade.reached
    matching.filled.add(grade.student)
    return []


def moodle_folders(course: Course, assignment: str, students: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return the folder that Moodle's download had for each student, and a sentence about each who was in none."""
    folders, remarks = {}, []
    for student in students:
        receipts = [each for each in receipts_of(course.received / assignment / student) if each.kind == "moodle"]
        if receipts:
            place = receipts[-1].came_from.rpartition(": ")[2]  # Moodle's names have no colon
            folders[student] = re.sub(r"(?<=_assignsubmission_file_).*", "", place.partition("/")[0])
        else:
            remarks.append(f"{student!r} was not received from Moodle: the zip has no page for them")
    return folders, remarks


def moodle_feedback(pages: Mapping[str, Path], folders: Mapping[str, str]) -> bytes:
    """Return the zip of feedback files that Moodle takes by "upload multiple feedback files".

    Parameters
    ----------
    pages : dict from student to Path
        The page of each.
    folders : dict from student to str
        The name of the folder that Moodle's download had for each: ``Full Name_12345_assignsubmission_file_``.

    Raises
    ------
    ExportError
        If a folder's name is no such name: nothing may be written outside it.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in sorted(pages):
            folder = folders.get(student, "")
            if not re.fullmatch(r"[^/\\\0]+_\d+_assignsubmission_file_?", folder) or folder.startswith("."):
                raise ExportError(f"{student}: {folder!r} is no folder of a Moodle download")
            entry = zipfile.ZipInfo(f"{folder.rstrip('_')}_/{pages[student].name}", (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, pages[student].read_bytes())
    return packed.getvalue()


def _maximum(cells: list[object], at: Mapping[str, int], grade: Grade) -> float:
    text = str(cells[at["Maximum Grade"]]).strip() if "Maximum Grade" in at else ""
    if not text:
        return grade.points
    maximum = number_of(text)
    if maximum != grade.points:
        raise ExportError(
            f"Moodle's maximum is {text}, the assignment has {grade.points:g} points: change it in Moodle"
        )
    return grade.points


def _remark(grade: Grade) -> str:
    """Return what failed, as HTML: Moodle keeps comments so."""
    lost = [f"{task.task}: {task.shown}" for task in grade.tasks if task.shown and task.reached < task.points]
    if grade.state == "to be graded by hand":
        lost.append("A written answer is not graded yet.")
    if grade.counts and grade.penalty:
        lost.append(f"{grade.penalty:.4g} points were taken off because it was late.")
    if grade.reason:
        lost.append(f"There is no grade: {grade.reason}")
    return "<br>".join(html.escape(line).replace("\n", "<br>") for line in lost)
