"""Moodle: fill a grading worksheet, and pack feedback files as Moodle takes them back."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from classroom.export.grades import Grade
from classroom.export.spreadsheet import ExportError, plain, read_table, write_table

__all__ = ["fill_moodle", "moodle_feedback"]


def fill_moodle(worksheet: str, grades: Sequence[Grade]) -> tuple[str, list[str]]:
    """Return the worksheet with grades and remarks, and what could not be matched.

    Parameters
    ----------
    worksheet : str
        The offline grading worksheet that Moodle gives: Identifier, Full name, Email address, …, Grade, Maximum Grade,
        Feedback comments.
    grades : sequence of Grade
        Matched by the participant's number, the address or the name.

    Raises
    ------
    ExportError
        If it is no such worksheet, or its maximum is not the assignment's.
    """
    rows = read_table(worksheet)
    head = rows[0] if rows else []
    if not {"Identifier", "Grade"} <= set(head):
        raise ExportError("this is not a grading worksheet of Moodle: it needs the columns Identifier and Grade")
    at = {name: place for place, name in enumerate(head)}
    by_key: dict[str, Grade] = {}
    for grade in grades:
        for key in (grade.student, grade.lms_id, grade.email, grade.name):
            if key:
                by_key.setdefault(key.casefold(), grade)
    unmatched, used = [], set()
    filled: list[list[object]] = [list(head)]
    for row in rows[1:]:
        cells: list[object] = [*map(plain, row), *[""] * (len(head) - len(row))]
        named = [plain(row[at[name]]) for name in ("Identifier", "Email address", "Full name") if name in at]
        keys = [re.sub(r"^\D*(\d+)$", r"\1", named[0]), *named] if named else []
        found = next((by_key[key.casefold()] for key in keys if key and key.casefold() in by_key), None)
        if found is None:
            unmatched.append(f"Moodle has {named[-1] if named else row!r}, the gradebook does not")
        else:
            used.add(found.student)
            _check_maximum(cells, at, found)
            if found.state in ("graded", "to be graded by hand"):
                cells[at["Grade"]] = found.reached
            if "Feedback comments" in at:
                cells[at["Feedback comments"]] = _remark(found)
        filled.append(cells)
    unmatched += [f"the gradebook has {g.student!r}, Moodle does not" for g in grades if g.student not in used]
    return write_table(filled), unmatched


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


def _check_maximum(cells: list[object], at: dict[str, int], grade: Grade) -> None:
    if "Maximum Grade" not in at:
        return
    text = str(cells[at["Maximum Grade"]]).replace(",", ".")
    try:
        same = not text or float(text) == grade.points
    except ValueError:
        same = False
    if not same:
        raise ExportError(
            f"Moodle's maximum is {text}, the assignment has {grade.points:g} points: change it in Moodle"
        )


def _remark(grade: Grade) -> str:
    lost = [f"{task.task}: {task.shown}" for task in grade.tasks if task.shown and task.reached < task.points]
    return "\n".join([*lost, *(["A written answer is not graded yet."] if "hand" in grade.state else [])])
