"""A student's notebook, repaired: the release's cells with the student's answers in them.

What a student did to any other cell costs nothing: the release's own are used. Code that the student added is kept in
front of the answer that follows it, because answers may need it, or earlier where an earlier answer needs it. Outputs
are dropped: the notebook is run again. Nothing here runs what was handed in.

Two things are not repaired: a function with another name than the task's, and JSON that is broken.
"""

import copy
from collections.abc import Iterable
from dataclasses import replace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from classroom.normalise.choosing import Choice, Repair, choose_answers, known_places, place_before
from classroom.normalise.definitions import additions, defined, is_stub, needed, parsed, plain
from classroom.normalise.reading import Cell, NotASubmission, read_cells
from classroom.normalise.release import Answer, Release
from classroom.normalise.sorting import Piece, Sorted, sort_cells

__all__ = ["NotASubmission", "Repair", "normalise"]

_LARGEST_ATTACHMENTS = 8 * 2**20  # characters of base64, of one answer


def normalise(release: NotebookNode, raw: bytes) -> tuple[NotebookNode, list[Repair]]:
    """Put a student's answers into a copy of the release.

    Parameters
    ----------
    release : NotebookNode
        What students got, format 4.5. It is not changed.
    raw : bytes
        The file as it was handed in.

    Returns
    -------
    notebook : NotebookNode
        Valid, with the release's ids and metadata, without outputs. An answer that was not found is the release's stub.
    repairs : list of Repair
        What was put right, and what was not found.

    Raises
    ------
    NotASubmission
        If the file is no notebook of this assignment; the message says what it is.
    ValueError
        If the release has no answers, or cells without id.
    """
    parts = Release(release)
    try:
        return _normalised(release, parts, read_cells(raw))
    finally:
        parsed.cache_clear()


def _normalised(release: NotebookNode, parts: Release, cells: list[Cell]) -> tuple[NotebookNode, list[Repair]]:
    found = sort_cells(parts, cells)
    choice = choose_answers(parts, found)
    _check_assignment(parts, found, choice)
    repairs = choice.repairs
    if any(grade_id not in choice.pieces for grade_id in parts.answers) and not choice.pieces:
        repairs.append(Repair("missing", "", "No answer was found in this notebook."))
    notebook = copy.deepcopy(release)
    helpers = _helpers(parts, found, choice)
    places = _places(parts, found, helpers, choice)
    result: list[NotebookNode] = []
    taken = {cell.id for cell in notebook.cells}
    for place, cell in enumerate([*notebook.cells, None]):
        result += [_helper_cell(piece, taken) for piece in helpers if places[id(piece)] == place]
        if cell is None:
            continue
        _clear(cell)
        answer = parts.answer_at(place)
        if answer is not None:
            _fill(cell, answer, choice)
        result.append(cell)
    notebook.cells = result
    code = [piece for piece in helpers if piece.code]
    if code:
        which = ", ".join(str(piece.place + 1) for piece in code)
        repairs.append(Repair("helper", "", f"Code outside the answers was kept: cell {which} of what was handed in."))
    repairs += _of_tests(parts, found)
    nbformat.validate(notebook)
    return notebook, repairs


def _check_assignment(release: Release, found: Sorted, choice: Choice) -> None:
    """Refuse a notebook in which nothing belongs to this assignment.

    Raises
    ------
    NotASubmission
        With the names that its cells carry.
    """
    own = choice.found_for_certain or release.tests & set(found.fixed.values())
    if not own:
        others = sorted(found.other_ids)
        carry = f"; its cells are marked {', '.join(others[:3])}" if others else ""
        raise NotASubmission(f"is a notebook, but no cell of it belongs to this assignment{carry}")


def _helpers(release: Release, found: Sorted, choice: Choice) -> list[Piece]:
    """Return what is kept beside the answers: no copies of them, and of a stub only what was added to it."""
    used, kept = choice.used(), []
    answers = {plain(piece.source) for pieces in choice.pieces.values() for piece in pieces}
    for piece in found.pieces:
        if id(piece) in used or plain(piece.source) in {"", *answers} or (piece.added and not piece.code):
            continue
        for answer in release.answers.values():
            if answer.written != piece.code and is_stub(piece.source, answer.stub, answer.names):
                more = additions(piece.source, answer.stub)
                piece = replace(piece, source="" if is_stub(more, answer.stub, answer.names) else more)
        if piece.source:
            kept.append(piece)
    return kept


def _places(release: Release, found: Sorted, helpers: list[Piece], choice: Choice) -> dict[int, int]:
    """Return the place in the release before which each helper goes, by its Python id.

    Code goes in front of the answer that follows it, text behind the cell that it followed.
    """
    known_cells = known_places(release, found, choice)
    slots = [
        (piece.place, release.answers[grade_id].place) for grade_id, pieces in choice.pieces.items() for piece in pieces
    ]
    end = len(release.notebook.cells)
    places = {
        id(piece): min((at, slot) for at, slot in [*slots, (float("inf"), end)] if at >= piece.place)[1]
        if piece.code
        else place_before(piece, known_cells) + 1
        for piece in helpers
    }
    code = [piece for piece in helpers if piece.code]
    known: set[str] = set()
    for place, cell in enumerate(release.notebook.cells):
        if cell.cell_type != "code":
            continue
        answer = release.answer_at(place)
        source = choice.source(answer.grade_id) if answer else None
        if source is not None:
            here = [piece for piece in code if places[id(piece)] == place]
            for text in [*(piece.source for piece in here), source]:
                _hoist(text, place, code, places, known)
            known = known.union(*(piece_names(piece.source) for piece in here))
        known |= piece_names(source if source is not None else cell.source)
    return places


def piece_names(source: str) -> frozenset[str]:
    """Return what is there after a cell has run."""
    return defined(source, imports=True)


def _hoist(source: str, place: int, code: Iterable[Piece], places: dict[int, int], known: set[str]) -> None:
    """Move helpers that stand behind a place before it, if the source needs what only they define."""
    code = list(code)
    there = known.union(*(piece_names(piece.source) for piece in code if places[id(piece)] <= place))
    missing = needed(source) - there
    for piece in code:
        if places[id(piece)] > place and piece_names(piece.source) & missing:
            places[id(piece)] = place
            _hoist(piece.source, place, code, places, known)


def _helper_cell(piece: Piece, taken: set[str]) -> NotebookNode:
    number = 1
    while f"added-{number}" in taken:
        number += 1
    taken.add(f"added-{number}")
    make = new_code_cell if piece.code else new_markdown_cell
    return make(piece.source, id=f"added-{number}", metadata={})


def _clear(cell: NotebookNode) -> None:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None


def _fill(cell: NotebookNode, answer: Answer, choice: Choice) -> None:
    """Put an answer into its cell, with the pictures that were pasted into it."""
    source = choice.source(answer.grade_id)
    if source is None or plain(source) in ("", plain(answer.stub)):
        return
    cell.source = source
    if not answer.written:
        return
    pictures = {name: data for piece in choice.pieces[answer.grade_id] for name, data in piece.attachments.items()}
    if sum(len(text) for data in pictures.values() for text in data.values()) > _LARGEST_ATTACHMENTS:
        choice.note("attachment", answer, f"{answer.grade_id}: pasted pictures were too large and left out.")
    elif pictures:
        cell.attachments = nbformat.from_dict(pictures)


def _of_tests(release: Release, found: Sorted) -> list[Repair]:
    repairs = []
    for place in sorted(release.tests):
        name = release.notebook.cells[place].metadata.nbgrader.grade_id
        if place not in found.fixed.values():
            repairs.append(Repair("test", name, f"{name}: the test cell was deleted; the assignment's own is used."))
        elif place in found.edited_tests:
            repairs.append(Repair("test", name, f"{name}: the test cell was changed; the assignment's own is used."))
    return repairs
