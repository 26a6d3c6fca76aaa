"""What a release must not hold: the lines between the markers of solutions and of hidden tests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from classroom.cells import BEGIN_HIDDEN, END_HIDDEN

__all__ = ["BEGIN_SOLUTION", "END_SOLUTION", "Region", "regions_of", "visible_lines"]

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
_PAIRS = {BEGIN_SOLUTION: END_SOLUTION, BEGIN_HIDDEN: END_HIDDEN}


@dataclass(frozen=True)
class Region:
    """The lines between two markers, without the space around them; empty ones are left out."""

    grade_id: str
    kind: str  # the marker that begins it
    lines: tuple[str, ...]


def regions_of(cells: Iterable[dict[str, Any]]) -> list[Region]:
    """Return every solution and every hidden test of a notebook.

    Raises
    ------
    ValueError
        If a marker has no partner, or one region begins inside another.
    """
    found: list[Region] = []
    for cell in cells:
        grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "a cell without a grade id")
        inside: dict[str, list[str]] = {}
        for line, kind in _marked(cell["source"], grade_id):
            if kind is None:
                continue
            if line == kind:
                inside[kind] = []
            elif line == _PAIRS[kind]:
                found.append(Region(grade_id, kind, tuple(inside.pop(kind))))
            elif line:
                inside[kind].append(line)
    return found


def visible_lines(cells: Iterable[dict[str, Any]]) -> list[str]:
    """Return the lines outside all regions, stripped, without the empty ones."""
    return [line for cell in cells for line, kind in _marked(cell["source"], "a cell") if kind is None and line]


def _marked(source: str, where: str) -> Iterator[tuple[str, str | None]]:
    """Yield each line, stripped, with the marker of the region that it belongs to; markers belong to theirs."""
    kind: str | None = None
    for line in map(str.strip, source.splitlines()):
        if line in _PAIRS:
            if kind is not None:
                raise ValueError(f"{where}: {line!r} stands inside a region that has begun with {kind!r}")
            kind = line
            yield line, kind
        elif line in _PAIRS.values():
            if kind is None or line != _PAIRS[kind]:
                raise ValueError(f"{where}: {line!r} ends a region that has not begun")
            yield line, kind
            kind = None
        else:
            yield line, kind
    if kind is not None:
        raise ValueError(f"{where}: {kind!r} has no {_PAIRS[kind]!r}")
