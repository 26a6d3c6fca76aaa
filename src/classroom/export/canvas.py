"""Canvas: fill the gradebook file that Canvas exports, so that it can be imported again."""

from collections.abc import Sequence

from classroom.export.grades import Grade
from classroom.export.spreadsheet import ExportError, plain, read_table, write_table

__all__ = ["fill_canvas"]

_IDS = ("SIS Login ID", "SIS User ID", "ID", "Student")


def fill_canvas(exported: str, column: str, grades: Sequence[Grade]) -> tuple[str, list[str]]:
    """Return the file that Canvas imports, and what could not be matched.

    Parameters
    ----------
    exported : str
        What Canvas exported.
    column : str
        The heading of the assignment's column, or its beginning: Canvas appends a number in parentheses.
    grades : sequence of Grade
        Matched by the login, the SIS id, the Canvas id, or the name "Last, First".

    Returns
    -------
    text : str
        The students' columns and this assignment's: Canvas leaves the others as they are.
    unmatched : list of str
        Sentences.

    Raises
    ------
    ExportError
        If the file has no students, or not exactly one such column.
    """
    rows = read_table(exported)
    if not rows or "Student" not in rows[0]:
        raise ExportError("this is not a gradebook that Canvas exported: its first row has no column Student")
    head = rows[0]
    found = [place for place, name in enumerate(head) if name == column or name.startswith(f"{column} (")]
    if len(found) != 1:
        columns = ", ".join(name for name in head if "(" in name)
        raise ExportError(f"{len(found)} columns are called {column!r}; the assignments are {columns or 'none'}")
    kept = [place for place, name in enumerate(head) if name in (*_IDS, "Section", "Root Account")] + found
    by_key = _by_key(grades)
    unmatched, used = [], set()
    filled: list[list[object]] = [[head[place] for place in kept]]
    for row in rows[1:]:
        cells: list[object] = [row[place] if place < len(row) else "" for place in kept]
        said = {name: row[head.index(name)] for name in _IDS if name in head and head.index(name) < len(row)}
        if not any(said.get(name, "").strip() for name in _IDS[:3]):  # the rows with points possible, and notes
            filled.append(cells)
            continue
        grade = next((by_key[key] for name in _IDS if (key := plain(said.get(name, "")).strip()) in by_key), None)
        if grade is None:
            unmatched.append(f"Canvas has {said.get('Student')!r}, the gradebook does not")
        else:
            used.add(grade.student)
            if grade.state in ("graded", "to be graded by hand"):
                cells[-1] = grade.reached
        filled.append(cells)
    unmatched += [f"the gradebook has {g.student!r}, Canvas does not" for g in grades if g.student not in used]
    return write_table([[_as_it_was(cell) for cell in row] for row in filled]), unmatched


def _by_key(grades: Sequence[Grade]) -> dict[str, Grade]:
    """Return grades by everything that Canvas may know them by; what two students share is left out."""
    pairs = [
        (key, grade)
        for grade in grades
        for key in {grade.student, grade.lms_id, grade.email, f"{grade.last_name}, {grade.first_name}".strip(", ")}
        if key
    ]
    keys = [key for key, _ in pairs]
    return {key: grade for key, grade in pairs if keys.count(key) == 1}


def _as_it_was(cell: object) -> object:
    return plain(cell) if isinstance(cell, str) else cell
