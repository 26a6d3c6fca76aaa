"""Which of the cells that were handed in are the release's own, and which are the student's."""

from dataclasses import dataclass, field

from classroom.normalise.definitions import additions, defined, parsed, plain, unfenced
from classroom.normalise.reading import Cell
from classroom.normalise.release import Release, bare

__all__ = ["Piece", "Sorted", "sort_cells"]

_MOST_PARTS = 20  # of one cell that was cut
_SAME_TEST = 0.6  # share of a test's lines by which an edited copy that has lost its mark is still recognised


@dataclass(eq=False)
class Piece:
    """Something that a student wrote: a cell, cells that belong together, or what was added to a cell of the release.

    Parameters
    ----------
    place : int
        Of its first cell, in what was handed in.
    source : str
    code : bool
        Whether it is to be run.
    grade_id : str
        Of the answer whose mark it carries; empty if there is none.
    names : frozenset of str
        What it defines, if it is code.
    was : str
        "code", "markdown" or "raw": what its cell was.
    parts : int
        Number of cells.
    added : bool
        Whether it was added to a cell of the release.
    attachments : dict
    """

    place: int
    source: str
    code: bool
    grade_id: str = ""
    names: frozenset[str] = frozenset()
    was: str = "code"
    parts: int = 1
    added: bool = False
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Sorted:
    """The cells that were handed in: `pieces` in order, and where cells of the release stood (place to place)."""

    pieces: list[Piece] = field(default_factory=list)
    fixed: dict[int, int] = field(default_factory=dict)
    edited_tests: set[int] = field(default_factory=set)
    other_ids: set[str] = field(default_factory=set)


def sort_cells(release: Release, cells: list[Cell]) -> Sorted:
    """Sort what was handed in. A cell is known by its grade id, its cell id, its source, or a test by most lines."""
    found = Sorted()
    for cell in cells:
        place = _place_of(release, cell)
        answer = None if place is None else release.answer_at(place)
        if cell.grade_id and cell.grade_id not in release.by_id:
            found.other_ids.add(cell.grade_id)
        if answer is not None:
            found.pieces.append(_piece(release, cell, answer.grade_id))
        elif place is not None:
            found.fixed[cell.place] = place
            _keep_additions(release, cell, place, found)
        elif cell.source.strip() and not cell.is_test:
            found.pieces.append(_piece(release, cell, ""))
    found.pieces = _joined(found.pieces)
    return found


def _place_of(release: Release, cell: Cell) -> int | None:
    for name in (cell.grade_id, cell.cell_id):
        if name in release.by_id:
            return release.by_id[name]
    text = plain(cell.source)
    if text in release.by_source:
        return release.by_source[text]
    if cell.kind == "code" and not defined(cell.source) & _all_names(release):
        lines = set(text.splitlines())
        for place in sorted(release.tests):
            test = set(plain(release.notebook.cells[place].source).splitlines())
            if len(lines & test) >= _SAME_TEST * max(len(test), 1):
                return place
    return None


def _all_names(release: Release) -> frozenset[str]:
    return frozenset().union(*(answer.names for answer in release.answers.values()))


def _piece(release: Release, cell: Cell, grade_id: str) -> Piece:
    """Return a cell as code or text: by the answer that it belongs to, else by what it defines."""
    source, code = cell.source, cell.kind == "code"
    if grade_id:
        code = not release.answers[grade_id].written
    elif code and parsed(source) is None:
        code = not _has_marker(release, source)
    elif not code:
        code = parsed(unfenced(source)) is not None and bool(defined(unfenced(source)) & _all_names(release))
    if code and cell.kind != "code":
        source = unfenced(source)
    names = defined(source) if code else frozenset()
    return Piece(cell.place, source, code, grade_id, names, was=cell.kind, attachments=cell.attachments)


def _has_marker(release: Release, source: str) -> bool:
    lines = {bare(line) for line in source.splitlines()}
    return any(answer.marker in lines for answer in release.answers.values() if answer.written)


def _keep_additions(release: Release, cell: Cell, place: int, found: Sorted) -> None:
    """Keep what a student has added to a cell of the release: an import, an answer below the question."""
    original = release.notebook.cells[place].source
    if plain(cell.source) == plain(original):
        return
    if place in release.tests or cell.is_test:
        found.edited_tests.add(place)
    elif cell.kind == "code" and (source := additions(cell.source, original)):
        found.pieces.append(Piece(cell.place, source, True, names=defined(source), added=True))
    elif cell.kind != "code":
        known = set(original.splitlines())
        source = "\n".join(line for line in cell.source.splitlines() if line not in known).strip()
        if source:
            found.pieces.append(
                Piece(cell.place, source, False, was=cell.kind, added=True, attachments=cell.attachments)
            )


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join a cell that is no Python with the next one, if together they are: a function that was cut in two."""
    result: list[Piece] = []
    for piece in pieces:
        while result and (whole := _together(result[-1], piece)):
            result.pop()
            piece = whole
        result.append(piece)
    return result


def _together(first: Piece, second: Piece) -> Piece | None:
    neighbours = first.place + first.parts == second.place
    if not (first.code and second.code and neighbours) or first.added or second.added:
        return None
    if first.parts + second.parts > _MOST_PARTS:
        return None
    if first.grade_id and second.grade_id and first.grade_id != second.grade_id:
        return None
    if parsed(first.source) is not None and parsed(second.source) is not None:
        return None
    source = f"{first.source}\n{second.source}"
    if parsed(source) is None:
        return None
    grade_id = first.grade_id or second.grade_id
    return Piece(first.place, source, True, grade_id, defined(source), parts=first.parts + second.parts)
