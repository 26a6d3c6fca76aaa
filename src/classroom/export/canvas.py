"""Canvas: fill the gradebook file that Canvas exports, so that it can be imported again."""

from collections.abc import Sequence

from classroom.export.grades import Grade
from classroom.export.matching import LOGIN, NAME, NUMBER, Matching
from classroom.export.spreadsheet import ExportError, delimiter_of, number_of, plain, read_table, write_table

__all__ = ["fill_canvas"]

_KINDS = {"ID": NUMBER, "SIS Login ID": LOGIN, "SIS User ID": LOGIN, "Student": NAME}  # the surest first
_KEPT = (*_KINDS, "Section", "Root Account", "Integration ID")
_ASKED = ("Student", "ID", "Section")  # Canvas imports no file without them
_TEST_STUDENT = "Student, Test"
_READ_ONLY = "(read only)"


def fill_canvas(exported: str, column: str, grades: Sequence[Grade]) -> tuple[str, list[str], set[str]]:
    """Return the file that Canvas imports, what needs a look, and whose grades are in it.

    Parameters
    ----------
    exported : str
        What Canvas exported, with commas or semicolons.
    column : str
        The heading of the assignment's column, or its beginning: Canvas appends a number in parentheses.
    grades : sequence of Grade
        Matched by Canvas's id, the login, the SIS id, or the name "Last, First".

    Returns
    -------
    text : str
        The students' columns and this assignment's: Canvas leaves the others as they are. The cell of a student who
        has no grade, or is excused in Canvas, stays as it was.
    remarks : list of str
        Sentences: who could not be matched, and what Canvas would refuse or take for something else.
    students : set of str
        The ids of those whose grade is in the file.

    Raises
    ------
    ExportError
        If the file has no students, not exactly one such column, or Canvas computes that column itself.
    """
    rows = read_table(exported, delimiter=delimiter_of(exported))
    if not rows or "Student" not in rows[0]:
        raise ExportError("this is not a gradebook that Canvas exported: its first row has no column Student")
    head = rows[0]
    place = _place_of(head, column)
    kept = [at for at, name in enumerate(head) if name in _KEPT and at != place] + [place]
    matching = Matching(grades)
    remarks = [f"Canvas imports no file without the column {name}" for name in _ASKED if name not in head]
    filled: list[list[object]] = [[head[at] for at in kept]]
    for row in rows[1:]:
        cells: list[object] = [plain(row[at]) if at < len(row) else "" for at in kept]
        said = {name: plain(row[at]).strip() for at, name in enumerate(head) if name in _KINDS and at < len(row)}
        if any(said.get(name) for name in ("ID", "SIS Login ID", "SIS User ID")):
            remarks += _fill(cells, said, matching)
        else:  # rows about the columns: points possible, how they are posted
            remarks += _about_points(said, str(cells[-1]), head[place], grades)
        filled.append(cells)
    decimal = "," if delimiter_of(exported) == ";" and _has_decimal_commas(rows) else "."
    text = write_table(filled, delimiter=delimiter_of(exported), decimal=decimal)
    return text, remarks + matching.left_over("Canvas"), matching.filled


def _place_of(head: list[str], column: str) -> int:
    exact = [at for at, name in enumerate(head) if name == column]
    found = exact or [at for at, name in enumerate(head) if name.startswith(f"{column} (")]
    if len(found) != 1:
        columns = ", ".join(name for name in head if name.endswith(")") and _READ_ONLY not in name)
        raise ExportError(
            f"{len(found)} columns are called {column!r}; the assignments are {columns or 'none'}: "
            "name one with --column"
        )
    return found[0]


def _fill(cells: list[object], said: dict[str, str], matching: Matching) -> list[str]:
    """Put a student's grade into the last cell; return what is to be said."""
    grade = matching.find((kind, said.get(name, "")) for name, kind in _KINDS.items())
    who = said.get("Student", "")
    if grade is None:
        return [] if who == _TEST_STUDENT else [f"Canvas has {who!r}, the gradebook does not"]
    if not matching.take(grade):
        return [f"Canvas has {grade.name!r} in two rows: both have the grade"] if _put(cells, grade, matching) else []
    if str(cells[-1]).strip().upper() == "EX":
        return [f"{grade.name!r} is excused in Canvas (EX): left so"]
    _put(cells, grade, matching)
    return []


def _put(cells: list[object], grade: Grade, matching: Matching) -> bool:
    if grade.counts:
        cells[-1] = grade.reached
        matching.filled.add(grade.student)
    return grade.counts


def _about_points(said: dict[str, str], cell: str, heading: str, grades: Sequence[Grade]) -> list[str]:
    if _READ_ONLY in cell or _READ_ONLY in heading:
        raise ExportError(f"Canvas computes the column {heading!r} itself: it is read only")
    possible = number_of(cell)
    points = grades[0].points if grades else None
    if said.get("Student") != "Points Possible" or possible is None or points is None or possible == points:
        return []
    return [f"Canvas has {possible:g} points possible, the assignment {points:g}: Canvas takes points as they are"]


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    return any(number_of(cell) is not None and "," in cell for row in rows[1:] for cell in row)
