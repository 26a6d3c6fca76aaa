"""Text that comes from a student's code, made so that files, databases and pages take it."""

import re
from collections.abc import Callable

__all__ = ["printable", "text_of"]

_CUT = "…"
_COLOURS = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")  # and other orders to a terminal
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Control characters, halves of characters, marks that turn the direction of what follows, and no characters at all.
_NOT_PRINTABLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)
_INSTEAD = "\ufffd"


def printable(text: str, longest: int) -> str:
    """Return a text that can be stored and shown, of at most so many characters.

    Letters of any script stay, in any order of writing. Line ends become newlines, orders to a terminal go, and each
    character that cannot be shown becomes U+FFFD. A text that was too long ends in "…".

    Parameters
    ----------
    text : str
        Anything that Python calls a string, halves of characters included.
    longest : int
        Characters that may be kept.

    Raises
    ------
    ValueError
        If `longest` is not positive.
    """
    if longest < 1:
        raise ValueError(f"longest must be positive; got {longest}")
    kept = _LINE_ENDS.sub("\n", _COLOURS.sub("", text[: longest + 1]))
    kept = _NOT_PRINTABLE.sub(_INSTEAD, kept)
    return kept[: longest - 1] + _CUT if len(text) > longest else kept


def text_of(value: object, form: Callable[[object], str] = str) -> str:
    """Return a value's text, also where it is a whole number of more digits than Python writes."""
    try:
        return form(value)
    except ValueError:
        return "(a value that cannot be written)"
