"""The log of a class, read: one JSON object a line, as `Course.log` writes them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from classroom.course import Course

__all__ = ["entries", "sentence_of"]

_NOT_SAID = ("time", "event", "assignment", "student", "verdict")  # said before, or a number for machines


def entries(
    course: Course, *, assignment: str | None = None, student: str | None = None, event: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what was logged, oldest first; a line that an interruption has cut is left out.

    Parameters
    ----------
    assignment, student, event : str, optional
        Only entries about these.
    """
    asked = {"assignment": assignment, "student": student, "event": event}
    wanted = {key: value for key, value in asked.items() if value is not None}
    try:
        with course.log_file.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                if isinstance(said, dict) and all(said.get(key) == value for key, value in wanted.items()):
                    yield said
    except FileNotFoundError:
        return


def sentence_of(entry: dict[str, Any]) -> str:
    """Return an entry as a line for people: when, what, about whom, and the rest."""
    said = {key: value for key, value in entry.items() if key not in _NOT_SAID}
    about = [str(entry[key]) for key in ("assignment", "student") if entry.get(key)]
    parts = [_moment(str(entry.get("time", ""))), str(entry.get("event", "?")), *about]
    rest = [f"; {key.replace('_', ' ')}: {_brief(value)}" for key, value in said.items() if _tells(value)]
    return " ".join(parts) + "".join(rest)


def _tells(value: Any) -> bool:
    return value not in ("", None, [], {}) and value is not False


def _brief(value: Any) -> str:
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(_brief(each.get("says", each) if isinstance(each, dict) else each) for each in value)
    return str(value)


def _moment(time: str) -> str:
    try:
        return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return "?"
