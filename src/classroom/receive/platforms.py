"""How platforms name what they hand out, and which platform's names a source has.

Names within a student's folder, and the end of a file's name, are the student's choice: they say nothing here.
"""

import re
from collections.abc import Sequence

__all__ = [
    "CANVAS",
    "CANVAS_TEXT",
    "GRADESCOPE",
    "KINDS",
    "METADATA",
    "MOODLE",
    "MOODLE_FILE",
    "LayoutError",
    "kind_of",
]

KINDS = ("canvas", "moodle", "gradescope", "nbgrader", "files")

CANVAS = re.compile(
    r"(?s)(?:(?P<name>.+?)_)?(?:(?P<late>LATE)_)?(?P<user>[0-9]+|anon_[^_]+)_(?P<upload>[0-9]+)_(?P<file>.+)"
)
CANVAS_TEXT = re.compile(r"(?s).*_(?:[0-9]+|anon_[^_]+)_(text|link)\.html")
MOODLE = re.compile(r"(?s)(?P<name>.*)_(?P<number>[0-9]+)_assignsubmission_(?P<plugin>file|onlinetext)_?")
MOODLE_FILE = re.compile(
    r"(?s)(?P<name>.*?)_(?P<number>[0-9]+)_assignsubmission_(?P<plugin>file|onlinetext)_(?P<file>.+)"
)
GRADESCOPE = re.compile(r"submission_\w+")
METADATA = "submission_metadata.yml"


class LayoutError(ValueError):
    """Why a source as a whole cannot be read."""


def kind_of(paths: Sequence[str], assignment: str) -> str:
    """Return which platform's names these are, seen from the outermost names: those within are the students'."""
    outer = [path.split("/") for path in paths]
    while outer and len({parts[0] for parts in outer}) == 1 and all(len(parts) > 1 for parts in outer):
        if _is_a_students(outer[0][0], assignment):
            break
        outer = [parts[1:] for parts in outer]
    if any(parts[0] == "inbound" for parts in outer):  # of nbgrader's exchange, with outbound and feedback beside it
        outer = [parts[1:] for parts in outer if parts[0] == "inbound" and len(parts) > 1]
    folders = {parts[0] for parts in outer if len(parts) > 1}
    files = [parts[0] for parts in outer if len(parts) == 1]
    if METADATA in files and any(GRADESCOPE.fullmatch(name) for name in folders):
        return "gradescope"
    if any(MOODLE.fullmatch(name) for name in folders) or (files and all(map(MOODLE_FILE.fullmatch, files))):
        return "moodle"
    if any(f"+{assignment}+" in name for name in folders):
        return "nbgrader"
    names = [path.split("/")[-1] for path in paths]
    canvas = [name for name in names if CANVAS.fullmatch(name) or CANVAS_TEXT.fullmatch(name)]
    return "canvas" if names and len(canvas) == len(names) else "files"


def _is_a_students(name: str, assignment: str) -> bool:
    """Whether a platform names a student's folder so."""
    return bool(MOODLE.fullmatch(name) or GRADESCOPE.fullmatch(name) or f"+{assignment}+" in name)
