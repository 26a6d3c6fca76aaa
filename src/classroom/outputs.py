"""Outputs of a student's cells, made so that a page or formgrader can show them: text, and pictures that are PNG.

Whatever can hold a program, HTML, SVG, JavaScript, LaTeX, Markdown, is left out. So is a picture that is none, or so
large that it would stop a browser.
"""

import base64
import binascii
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from classroom.printable import printable

__all__ = ["picture_of", "safe_outputs"]

_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"  # a PNG begins with it, and then with its width and height
_MOST_POINTS = 40_000_000  # of a picture: four bytes each in a browser
_MOST_BYTES = 2 * 2**20
_LONGEST = 100_000  # characters of a text
_LONGEST_SAID = 10_000  # characters of what an error says
_MOST = 50  # outputs of a cell
_NOT_SHOWN = "(an output that cannot be shown here)"


def picture_of(text: object) -> str:
    """Return a PNG picture in base 64, written anew; "" if it is none, or too large."""
    if not isinstance(text, str) or len(text) > 2 * _MOST_BYTES:
        return ""
    try:
        data = base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return ""
    if not data.startswith(_PNG) or not len(_PNG) + 8 <= len(data) <= _MOST_BYTES:
        return ""
    width, height = struct.unpack_from(">II", data, len(_PNG))
    return base64.b64encode(data).decode() if 0 < width * height <= _MOST_POINTS else ""


def safe_outputs(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the first outputs of a cell as a notebook has them, of plain text and PNG pictures only.

    Parameters
    ----------
    outputs : sequence of dict
        As a notebook has them; what they hold may be anything.
    """
    return [safe for output in outputs[:_MOST] if (safe := _safe(output)) is not None]


def _safe(output: Mapping[str, Any]) -> dict[str, Any] | None:
    match output.get("output_type"):
        case "stream":
            return {"output_type": "stream", "name": "stdout", "text": _line(output.get("text"), _LONGEST)}
        case "error":
            lines = output.get("traceback")
            traceback = [_line(line, _LONGEST) for line in lines[:100]] if isinstance(lines, list) else []
            named = {name: _line(output.get(name), _LONGEST_SAID) for name in ("ename", "evalue")}
            return {"output_type": "error", **named, "traceback": traceback}
        case "display_data" | "execute_result":
            data = output.get("data")
            found = data if isinstance(data, Mapping) else {}
            kept = {"text/plain": _line(found.get("text/plain", _NOT_SHOWN), _LONGEST)}
            if picture := picture_of(found.get("image/png")):
                kept["image/png"] = picture
            return {"output_type": "display_data", "data": kept, "metadata": {}}
    return None


def _line(text: object, longest: int) -> str:
    return printable(text, longest) if isinstance(text, str) else ""
