"""Submissions as platforms hand them out, and the files that Canvas and Moodle give to be filled with grades."""

import csv
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from classroom.demonstration.answers import Attempt
from classroom.demonstration.people import Invented
from classroom.timestamps import NAME, timestamp_text

__all__ = ["LAYOUTS", "write_layout"]

HandedIn = Sequence[tuple[Invented, Attempt]]
_BEGAN = datetime(2026, 11, 1, 10, tzinfo=UTC)  # a time as good as any; each student takes a minute longer


def write_layout(layout: str, place: Path, assignment: str, handed_in: HandedIn, *, points: float) -> Path | None:
    """Write the submissions into place/submissions; return the file to be filled, if the platform has one."""
    folder = place / "submissions"
    folder.mkdir()
    return _WRITERS[layout](folder, assignment, handed_in, points)


def _files(folder: Path, assignment: str, handed_in: HandedIn, points: float) -> None:
    for person, attempt in handed_in:
        _write(folder / person.login / attempt.file, attempt)


def _moodle(folder: Path, assignment: str, handed_in: HandedIn, points: float) -> Path:
    head = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]
    head += ["Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"]
    rows = [head]
    for at, (person, attempt) in enumerate(handed_in):
        _write(folder / f"{person.name}_{person.number}_assignsubmission_file_" / attempt.file, attempt)
        time = f"{_BEGAN + timedelta(minutes=at):%A, %d %B %Y, %I:%M %p}"
        own = [f"Participant {person.number}", person.name, person.email, "Submitted for grading", ""]
        rows.append([*own, f"{points:.2f}", "Yes", time, "-", ""])
    return _table(folder.parent / "moodle-worksheet.csv", rows)


def _canvas(folder: Path, assignment: str, handed_in: HandedIn, points: float) -> Path:
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{assignment} (4711)", "Current Score"]
    rows = [head, ["    Points Possible", "", "", "", "", f"{points:.2f}", "(read only)"]]
    for person, attempt in handed_in:
        short = re.sub(r"[\W_]", "", f"{person.last_name}{person.first_name}").lower()
        name = f"{short}_{person.number}_{90000 + person.number}_{attempt.file}"
        _write(folder / name, attempt)
        full = f"{person.last_name}, {person.first_name}"
        rows.append([full, str(person.number), "", person.login, "Course", "", ""])
    return _table(folder.parent / "canvas-gradebook.csv", rows)


def _gradescope(folder: Path, assignment: str, handed_in: HandedIn, points: float) -> None:
    said = {}
    for at, (person, attempt) in enumerate(handed_in):
        name = f"submission_{90000 + person.number}"
        _write(folder / name / attempt.file, attempt)
        who = {":name": person.name, ":sid": person.login, ":email": person.email}
        said[name] = {":submitters": [who], ":created_at": _BEGAN + timedelta(minutes=at), ":score": 0.0}
    text = yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    (folder / "submission_metadata.yml").write_text(text, encoding="utf-8")


def _nbgrader(folder: Path, assignment: str, handed_in: HandedIn, points: float) -> None:
    for at, (person, attempt) in enumerate(handed_in):
        time = timestamp_text(_BEGAN + timedelta(minutes=at))
        own = folder / f"{person.login}+{assignment}+{time}"
        _write(own / attempt.file, attempt)
        (own / NAME).write_text(time, encoding="utf-8")


_WRITERS: dict[str, Callable[[Path, str, HandedIn, float], Path | None]] = {
    "moodle": _moodle,
    "canvas": _canvas,
    "gradescope": _gradescope,
    "nbgrader": _nbgrader,
    "files": _files,
}
LAYOUTS = tuple(_WRITERS)


def _write(path: Path, attempt: Attempt) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(attempt.content)


def _table(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path
