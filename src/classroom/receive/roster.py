"""Who is who: a CSV file that maps everything a platform may call a student to the course's id.

The column `student` (or `id`, as in nbgrader's own lists) is the id. Every other column holds another name of the same
student: address, login, number in Canvas, full name. A name that two students share maps to neither.
"""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

__all__ = ["Roster", "RosterError"]


class RosterError(ValueError):
    """What is wrong with a roster."""


class Roster:
    """Students by their names.

    Parameters
    ----------
    text : str
        CSV with a head.

    Raises
    ------
    RosterError
        If there is no column of ids, an id is missing, or twice.
    """

    def __init__(self, text: str) -> None:
        rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        column = next((name for name in ("student", "id") if name in (rows.fieldnames or [])), None)
        if column is None:
            raise RosterError(f"a roster needs the column student; it has {', '.join(rows.fieldnames or []) or 'none'}")
        self.students: list[str] = []
        exact: dict[str, set[str]] = defaultdict(set)
        loose: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            student = (row[column] or "").strip()
            if not student or student in self.students:
                what = f"the id {student!r} twice" if student else "no id"
                raise RosterError(f"the roster has {what}, in line {rows.line_num}")
            self.students.append(student)
            for name in _names_of({key: value for key, value in row.items() if isinstance(value, str)}):
                exact[name].add(student)
                loose[_loosely(name)].add(student)
        self._exact, self._loose = exact, loose

    @classmethod
    def read(cls, path: Path) -> "Roster":
        """Read a CSV file in UTF-8.

        Raises
        ------
        RosterError
            If it cannot be read.
        """
        try:
            return cls(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise RosterError(f"{path} cannot be read: {error}") from None

    def find(self, *names: str) -> str | None:
        """Return the student whom the first telling name belongs to; None if none tells."""
        for table, key in ((self._exact, str), (self._loose, _loosely)):
            for name in names:
                students = table.get(key(name), ()) if name and key(name) else ()
                if len(students) == 1:
                    return next(iter(students))
        return None


def _names_of(row: dict[str, str]) -> set[str]:
    """Return every name in a row, full names in both orders: Canvas writes the last name first."""
    names = {value.strip() for value in row.values() if value.strip()}
    first, last = row.get("first_name", "").strip(), row.get("last_name", "").strip()
    if first and last:
        names -= {first, last}
        names |= {f"{first} {last}", f"{last}, {first}"}
    full = row.get("name", "").strip()
    if " " in full and "," not in full:
        first, _, last = full.rpartition(" ")
        names.add(f"{last}, {first}")
    return names


def _loosely(name: str) -> str:
    """Return a name without case and signs, as Canvas writes it in file names."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", name).casefold())
