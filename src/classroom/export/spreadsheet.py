"""Tables as CSV files that a spreadsheet program opens without running anything.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end for a formula. Such text
gets an apostrophe in front; text that begins with an apostrophe gets another one, so that `plain` gives back exactly
what was there. Numbers stay numbers, also as text, and so does a lone sign, which other systems write for "nothing".
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from classroom.export.grades import Grade

__all__ = [
    "ExportError",
    "delimiter_of",
    "number_of",
    "plain",
    "read_file",
    "read_table",
    "safe",
    "table_of",
    "write_table",
]

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")  # wide ones too: some programs take them
_HARMLESS = re.compile(r"[-+]?(\d+([.,]\d+)?)?")
_MARK = "\ufeff"  # tells spreadsheet programs that the file is UTF-8


class ExportError(ValueError):
    """Why grades cannot be written into a file of another system."""


def safe(value: object) -> str:
    """Return the text of a cell; text that would be a formula gets an apostrophe in front."""
    if isinstance(value, bool) or not isinstance(value, int | float):  # a number is never a formula, a minus included
        text = str(value)
        return f"'{text}" if _looks_like_a_formula(text) else text
    return f"{value:.10g}"


def plain(text: str) -> str:
    """Return what `safe` was given."""
    return text[1:] if text.startswith("'") and _looks_like_a_formula(text[1:]) else text


def _looks_like_a_formula(text: str) -> bool:
    return text.lstrip(" ").startswith(_STARTS) and not _HARMLESS.fullmatch(text)


def write_table(rows: Iterable[Sequence[object]], *, delimiter: str = ",", decimal: str = ".") -> str:
    """Return rows as CSV, with a mark that says UTF-8 and lines that end as the format asks.

    Parameters
    ----------
    decimal : str
        The sign before the decimals of numbers; of text that looks like one, none is changed.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(each).replace(".", decimal) if _is_number(each) else safe(each) for each in row])
    return _MARK + text.getvalue()


def read_file(path: Path) -> str:
    """Return the text of a CSV file: UTF-8, or UTF-16 with its mark, as spreadsheet programs write "Unicode".

    Raises
    ------
    ExportError
        If it is neither.
    """
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ExportError(f"{path} is not in UTF-8: save it as CSV UTF-8, or take it as it was downloaded") from None


def read_table(text: str, *, delimiter: str = ",") -> list[list[str]]:
    """Return the rows of a CSV file as they are written there.

    Raises
    ------
    ExportError
        If it is not CSV.
    """
    lines = io.StringIO(text.removeprefix(_MARK), newline="")
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ExportError(f"the file is not CSV: {error}") from None


def delimiter_of(text: str) -> str:
    """Return what stands between the cells of the first line: a comma, else a semicolon or a tab."""
    line = re.sub(r'"(?:[^"]|"")*"', "", text.removeprefix(_MARK)).split("\n", 1)[0]
    return max(",;\t", key=line.count)


def number_of(text: str) -> float | None:
    """Return the number that a cell holds, with a point or a comma before its decimals; None if it is none."""
    return float(text.strip().replace(",", ".")) if re.fullmatch(r"\s*[-+]?\d+([.,]\d+)?\s*", text) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def table_of(grades: Sequence[Grade]) -> list[list[object]]:
    """Return a table: a row for each student, a column for each task."""
    tasks = sorted({task.task for grade in grades for task in grade.tasks})
    head = ["student", "first name", "last name", "email", "state", "reached", "points", "late penalty", "reason"]
    head += tasks
    rows: list[list[object]] = [list(head)]
    for grade in grades:
        reached = {task.task: "" if task.waits and not task.reached else task.reached for task in grade.tasks}
        own: list[object] = [grade.student, grade.first_name, grade.last_name, grade.email, grade.state]
        own += [grade.reached if grade.counts else "", grade.points, grade.penalty, grade.reason]
        rows.append([*own, *(reached.get(task, "") for task in tasks)])
    return rows
