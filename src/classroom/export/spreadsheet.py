"""Tables as CSV files that a spreadsheet program opens without running anything.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end for a formula. Such text
gets an apostrophe in front; text that begins with an apostrophe gets another one, so that `plain` gives back exactly
what was there. Numbers stay numbers, also as text, and so does a lone sign, which other systems write for "nothing".
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from classroom.export.grades import Grade

__all__ = ["ExportError", "plain", "read_table", "safe", "table_of", "write_table"]

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_HARMLESS = re.compile(r"[-+]?(\d+([.,]\d+)?)?")
_MARK = "\ufeff"  # tells spreadsheet programs that the file is UTF-8


class ExportError(ValueError):
    """Why grades cannot be written into a file of another system."""


def safe(value: object) -> str:
    """Return the text of a cell; text that would be a formula gets an apostrophe in front."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = str(value)
        return f"'{text}" if _looks_like_a_formula(text) else text
    return f"{value:.10g}"


def plain(text: str) -> str:
    """Return what `safe` was given."""
    return text[1:] if text.startswith("'") and _looks_like_a_formula(text[1:]) else text


def _looks_like_a_formula(text: str) -> bool:
    return text.lstrip(" ").startswith(_STARTS) and not _HARMLESS.fullmatch(text)


def write_table(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV, with a mark that says UTF-8 and lines that end as the format asks."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([safe(value) for value in row] for row in rows)
    return _MARK + text.getvalue()


def read_table(text: str) -> list[list[str]]:
    """Return the rows of a CSV file as they are written there.

    Raises
    ------
    ExportError
        If it is not CSV.
    """
    try:
        return list(csv.reader(io.StringIO(text.removeprefix(_MARK), newline=""), strict=True))
    except csv.Error as error:
        raise ExportError(f"the file is not CSV: {error}") from None


def table_of(grades: Sequence[Grade]) -> list[list[object]]:
    """Return a table: a row for each student, a column for each task."""
    tasks = sorted({task.task for grade in grades for task in grade.tasks})
    head = ["student", "first name", "last name", "email", "state", "reached", "points", "late penalty", *tasks]
    rows: list[list[object]] = [list(head)]
    for grade in grades:
        reached = {task.task: task.reached for task in grade.tasks}
        own: list[object] = [grade.student, grade.first_name, grade.last_name, grade.email, grade.state]
        rows.append([*own, grade.reached, grade.points, grade.penalty, *(reached.get(task, "") for task in tasks)])
    return rows
