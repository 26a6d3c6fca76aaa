"""Cells of a file that a student has handed in, whatever program has written it.

Reads what nbformat refuses: any encoding, notebooks of format 1 to 4, cells without id, with broken metadata, with
broken outputs. Outputs are not looked at. It does not repair broken JSON.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["LARGEST", "Cell", "NotASubmission", "read_cells"]

LARGEST = 64 * 2**20  # bytes; a notebook with more is refused before it is parsed
_MOST_VALUES = 4_000_000  # of JSON, counted by its signs; each takes some hundred bytes when it is parsed
_MOST_CELLS = 1000
_MOST_TEXT = 1_000_000  # characters of all cells; the assignments have less than 100,000
_KINDS = {"code": "code", "raw": "raw", "html": "markdown", "heading": "markdown", "markdown": "markdown"}
_SURROGATES = re.compile("[\ud800-\udfff]")  # JSON may hold half a character; a file may not


class NotASubmission(ValueError):
    """Why a file cannot be graded: a sentence that follows the file's name."""


@dataclass(frozen=True)
class Cell:
    """One cell as it was handed in.

    Parameters
    ----------
    place : int
        In the notebook, from 0.
    kind : str
        "code", "markdown" or "raw".
    source : str
        With plain line ends.
    grade_id : str
        nbgrader's name of the cell; empty if there is none.
    cell_id : str
        Jupyter's; empty if there is none.
    is_test : bool
        Whether nbgrader's metadata call it a test: it has points and is no answer.
    attachments : dict
        Pictures that were pasted into text, as in a notebook.
    """

    place: int
    kind: str
    source: str
    grade_id: str = ""
    cell_id: str = ""
    is_test: bool = False
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


def read_cells(raw: bytes) -> list[Cell]:
    """Return the cells of a notebook.

    Raises
    ------
    NotASubmission
        If it is empty, too large, no JSON, or no notebook.
    """
    if not raw.strip(b" \t\r\n\0"):
        raise NotASubmission("is empty")
    if len(raw) > LARGEST:
        raise NotASubmission(f"has {len(raw):,} bytes; at most {LARGEST:,} are read")
    said = _parse(_decoded(raw), raw)
    found = said.get("cells")
    if found is None and isinstance(said.get("worksheets"), list):  # formats 2 and 3
        sheets = [sheet.get("cells") for sheet in said["worksheets"] if isinstance(sheet, dict)]
        found = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(found, list):
        raise NotASubmission("is JSON, but no notebook: it has no list of cells")
    if len(found) > _MOST_CELLS:
        raise NotASubmission(f"has {len(found):,} cells; at most {_MOST_CELLS:,} are read")
    cells = [_cell(place, cell) for place, cell in enumerate(found) if isinstance(cell, dict)]
    if (length := sum(len(cell.source) for cell in cells)) > _MOST_TEXT:
        raise NotASubmission(f"has {length:,} characters in its cells; at most {_MOST_TEXT:,} are read")
    if not any(cell.source.strip() for cell in cells):
        raise NotASubmission("is a notebook without any text in its cells")
    return cells


def _decoded(raw: bytes) -> str:
    """Return the text; UTF-8, -16 and -32 are told apart by their first bytes, the rest is taken for Windows'."""
    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.strip("\ufeff \t\r\n\0")


def _parse(text: str, raw: bytes) -> dict[str, Any]:
    if sum(map(text.count, "[{,")) > _MOST_VALUES:
        raise NotASubmission(f"is too large: its JSON has more than {_MOST_VALUES:,} values")
    try:
        said = json.loads(text)
    except RecursionError:
        raise NotASubmission("is no notebook: its JSON is nested too deeply") from None
    except ValueError as error:
        line = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) and text.startswith("{") else ""
        raise NotASubmission(f"is no notebook: {_what_it_is(text, raw)}{line}") from None
    if not isinstance(said, dict):
        raise NotASubmission("is JSON, but no notebook: it has no list of cells")
    return said


def _what_it_is(text: str, raw: bytes) -> str:
    """Guess what was handed in instead; for the reason only."""
    marks = {
        b"PK": "a zip archive or an office document",
        b"%PDF": "a PDF document",
        b"\x89PNG": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"\x1f\x8b": "packed by gzip",
        b"Rar!": "a RAR archive",
        b"7z\xbc\xaf": "a 7-Zip archive",
    }
    for mark, name in marks.items():
        if raw.startswith(mark):
            return f"it is {name}"
    if re.match(r"(?i)<(!doctype|html)", text):
        return "it is a web page; the notebook was downloaded as HTML"
    if "<<<<<<< " in text and ">>>>>>> " in text:
        return "it holds an unsolved merge conflict of git"
    if text.startswith("{"):
        return "its JSON is broken or cut off"
    if re.search(r"^(import|from|def|class) \w+", text, re.MULTILINE):
        return "it is Python source"
    return "it is not JSON"


def _cell(place: int, said: dict[str, Any]) -> Cell:
    kind = said.get("cell_type")
    source = _text(said.get("source", said.get("input", said.get("code", ""))))
    if kind == "heading" and isinstance(said.get("level"), int):
        source = f"{'#' * min(max(said['level'], 1), 6)} {source}"
    metadata = said["metadata"] if isinstance(said.get("metadata"), dict) else {}
    marks = metadata["nbgrader"] if isinstance(metadata.get("nbgrader"), dict) else {}
    return Cell(
        place=place,
        kind=_KINDS.get(kind, "raw") if isinstance(kind, str) else "raw",
        source=source,
        grade_id=_name(marks.get("grade_id")),
        cell_id=_name(said.get("id")) or _name(metadata.get("id")),  # Colab keeps it there
        is_test=bool(marks.get("grade")) and not marks.get("solution"),
        attachments=_attachments(said.get("attachments")),
    )


def _text(said: Any) -> str:
    """Return a source, which may be a text or a list of lines."""
    if isinstance(said, list):
        said = "".join(line for line in said if isinstance(line, str))
    if not isinstance(said, str):
        return ""
    return _SURROGATES.sub("\ufffd", said.replace("\r\n", "\n").replace("\r", "\n"))


def _name(said: Any) -> str:
    return said if isinstance(said, str) else ""


def _attachments(said: Any) -> dict[str, dict[str, str]]:
    """Return what nbformat accepts: file name, then MIME type, then base64."""
    if not isinstance(said, dict):
        return {}
    bundles = {
        name: {mime: _text(data) for mime, data in bundle.items() if isinstance(data, (str, list))}
        for name, bundle in said.items()
        if isinstance(bundle, dict)
    }
    return {name: bundle for name, bundle in bundles.items() if bundle}
