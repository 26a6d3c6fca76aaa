"""What a submission is worth, and what is asked in it: that the authored notebook says, never the submission.

A notebook that nbgrader collected comes as the student left it. Of its cells only the sources count. Marks, points,
tags and ids of graded cells are taken from the authored notebook, and so are tests and headings.
"""

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbformat.v4.nbjson import reads as read_as_it_is

from classroom.cells import test_of
from classroom.course import CourseError
from classroom.json_text import read_json
from classroom.regions import BEGIN_SOLUTION

__all__ = ["complete_tests", "heading_of", "marks_of", "read_submission", "title_of"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # SVG can hold programs
_LARGEST_FILE = 64 * 2**20  # bytes
_MEMBERS = 1_000_000  # of its JSON: a few bytes each in the file, some hundred when it is read
_MOST_CELLS = 2000  # `classroom receive` lets half as many pass
_LARGEST_ATTACHMENTS = 8 * 2**20  # characters of base64, of one cell


def marks_of(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return nbgrader's marks of a cell, which may be anything in a file that was handed in; {} if there are none."""
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    known = isinstance(marks, Mapping) and isinstance(marks.get("grade_id"), str)
    return dict(marks) if known and isinstance(marks, Mapping) else {}


def read_submission(path: Path) -> NotebookNode:
    """Read a notebook that was handed in, without repairing it: nbformat gives new ids at each reading.

    Raises
    ------
    CourseError
        If it is too large, of too many parts, or no notebook; the message says which.
    """
    if path.stat().st_size > _LARGEST_FILE:
        raise CourseError(f"the notebook has more than {_LARGEST_FILE // 2**20} MiB")
    text = path.read_bytes().decode("utf-8-sig", "replace")
    try:
        said = read_json(text, _MEMBERS)
        if not isinstance(said, dict) or not isinstance(said.get("cells", said.get("worksheets")), list):
            raise CourseError("the file is no notebook: it has no list of cells")
        read = read_as_it_is(text) if said.get("nbformat") == 4 else nbformat.reads(text, as_version=4)
    except CourseError:
        raise
    except Exception as error:  # of whatever nbformat meets in a file that can hold anything
        raise CourseError(f"the file is no notebook: {type(error).__name__}: {error}") from None
    if not all(isinstance(cell, Mapping) for cell in read.cells):
        raise CourseError("the file is no notebook: a cell is not an object")
    if len(read.cells) > _MOST_CELLS:
        raise CourseError(f"the notebook has {len(read.cells)} cells; at most {_MOST_CELLS} are read")
    found: NotebookNode = read
    return found


def complete_tests(submission: NotebookNode, source: NotebookNode) -> NotebookNode:
    """Return the submission's cells with the marks, points, ids and tests of the authored notebook.

    Parameters
    ----------
    submission : NotebookNode
        May be hostile. It is not changed.
    source : NotebookNode
        The authored notebook.

    Returns
    -------
    NotebookNode
        Code and text without outputs and tags. Marks that the authored notebook does not know are gone; of answer
        cells with the same mark the last one has it.

    Raises
    ------
    CourseError
        If what is graded is not there once each, in the same order.
    """
    models = {marks["grade_id"]: cell for cell in source.cells if (marks := marks_of(cell)) and _counts(marks)}
    graded = [grade_id for grade_id, cell in models.items() if marks_of(cell).get("grade")]
    cells = [cell for cell in submission.cells if cell.get("cell_type") in ("code", "markdown")]
    places: dict[str, int] = {}
    found = []
    for place, cell in enumerate(cells):
        grade_id = marks_of(cell).get("grade_id", "")
        if grade_id in models and cell["cell_type"] == models[grade_id]["cell_type"]:
            places[grade_id] = place
            found += [grade_id] if grade_id in graded else []
    if found != graded:
        raise CourseError("the notebook does not have the assignment's tests: was it received by classroom receive?")
    model_at = {place: models[grade_id] for grade_id, place in places.items()}
    taken = {cell.get("id") for cell in models.values()}
    complete = [_completed(place, cell, model_at.get(place), taken) for place, cell in enumerate(cells)]
    return new_notebook(cells=complete, metadata=copy.deepcopy(source.metadata))


def heading_of(source: NotebookNode, grade_id: str) -> str:
    """Return the nearest heading of the authored notebook above a cell, or in it; the cell's name if there is none."""
    heading = ""
    for cell in source.cells:
        heading = _heading_in(cell) or heading
        if marks_of(cell).get("grade_id") == grade_id:
            break
    return heading or grade_id


def title_of(source: NotebookNode) -> str:
    """Return the first heading of the authored notebook; "" if there is none."""
    return next(filter(None, map(_heading_in, source.cells)), "")


def _heading_in(cell: NotebookNode) -> str:
    """Return the first heading in a cell that does not belong to its solution."""
    if cell.cell_type != "markdown":
        return ""
    lines = cell.source.split(BEGIN_SOLUTION)[0].splitlines()
    return next((line.lstrip("#").strip() for line in lines if line.startswith("#")), "")


def _counts(marks: Mapping[str, Any]) -> bool:
    return bool(marks.get("grade") or marks.get("solution"))


def _completed(place: int, cell: NotebookNode, model: NotebookNode | None, taken: set[str | None]) -> NotebookNode:
    """Return a cell anew: its source, and the rest of the authored one if there is one."""
    metadata: dict[str, Any] = {}
    own_id = cell.get("id")
    if model is not None:
        metadata = {"nbgrader": {**marks_of(model), **_checksum_of(cell)}}
        own_id = model.get("id") or own_id
    elif not isinstance(own_id, str) or not _ID.fullmatch(own_id) or own_id in taken:
        own_id = next(name for n in range(place, place + 10**6) if (name := f"added-{n + 1}") not in taken)
    taken.add(own_id)
    source = model.source if model is not None and test_of(model) else _text(cell.get("source"))
    make = new_code_cell if cell["cell_type"] == "code" else new_markdown_cell
    made: NotebookNode = make(source, id=own_id, metadata=metadata)
    if made.cell_type == "markdown" and (pictures := _pictures(cell.get("attachments"))):
        made.attachments = pictures
    return made


def _checksum_of(cell: NotebookNode) -> dict[str, str]:
    """Return the mark by which nbgrader knows an answer that is still the release's: a wrong one gains nothing."""
    checksum = marks_of(cell).get("checksum")
    return {"checksum": checksum} if isinstance(checksum, str) else {}


def _text(source: Any) -> str:
    """Return a source without halves of characters, which no file takes."""
    if not isinstance(source, str):
        raise CourseError("the notebook has a cell whose source is no text")
    return source.encode("utf-8", "replace").decode()


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """Return the pictures that were pasted into a text, if they have the form of pictures and are not too large."""
    if not isinstance(attachments, Mapping):
        return {}
    kept = {
        _text(name): {
            kind: data
            for kind, data in bundle.items()
            if kind in _PICTURES and isinstance(data, str) and _BASE64.fullmatch(data)
        }
        for name, bundle in attachments.items()
        if isinstance(bundle, Mapping)
    }
    size = sum(len(data) for bundle in kept.values() for data in bundle.values())
    return kept if size <= _LARGEST_ATTACHMENTS else {}
