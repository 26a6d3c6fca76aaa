"""What a student may read of a failed hidden test: words that its author typed, and nothing that was computed.

A hint or the message of an assertion may hold values: of the hidden test's inputs, or of what the student's code made,
which knows these inputs. So the text is compared with the strings in the test cell, and of one that was put together
only the author's parts are given back.
"""

import ast
from string import Formatter

__all__ = ["author_words"]

_COMPUTED = "…"
_LONGEST = 10_000  # characters


def author_words(source: str, text: str) -> str | None:
    """Return a text as far as it is typed in a test cell; "…" stands for what was computed.

    Parameters
    ----------
    source : str
        Of the test cell.
    text : str
        What was raised: perhaps a string of the cell, perhaps one with values in it, perhaps neither.

    Returns
    -------
    str or None
        None if no string of the cell could have made the text. A part that was put in stays if it is itself a string
        of the cell.
    """
    if len(text) > _LONGEST:
        return None
    tree = ast.parse(source)
    typed = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    if text in typed:
        return text
    best: tuple[int, str] = (0, "")
    for parts in [*map(_parts_of_f_string, _f_strings(tree)), *map(_parts_of_format, typed)]:
        values = _values_between(parts, text)
        if values is not None:
            known = [value if value in typed else _COMPUTED for value in values]
            words = "".join(part + value for part, value in zip(parts, [*known, ""], strict=True))
            best = max(best, (sum(map(str.isalpha, words)), words))
    letters, words = best
    return words if letters else None


def _f_strings(tree: ast.AST) -> list[ast.JoinedStr]:
    nodes = list(ast.walk(tree))
    formats = {id(node.format_spec) for node in nodes if isinstance(node, ast.FormattedValue)}
    return [node for node in nodes if isinstance(node, ast.JoinedStr) and id(node) not in formats]


def _parts_of_f_string(node: ast.JoinedStr) -> list[str]:
    """Return the typed parts: before, between and after the values."""
    parts = [""]
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts[-1] += str(value.value)
        else:
            parts.append("")
    return parts


def _parts_of_format(text: str) -> list[str]:
    """Return the typed parts of a string that `str.format` fills; of another string, the string."""
    parts = [""]
    try:
        for typed, field, _, _ in Formatter().parse(text):
            parts[-1] += typed
            parts += [] if field is None else [""]
    except ValueError:
        return [text]
    return parts


def _values_between(parts: list[str], text: str) -> list[str] | None:
    """Return what stands between the typed parts in a text, each as short as possible; None if they do not fit."""
    first, *middle, last = parts if len(parts) > 1 else [*parts, ""]
    if len(parts) == 1 or not text.startswith(first):
        return None
    values, at = [], len(first)
    for part in middle:
        found = text.find(part, at) if part else at
        if found < 0:
            return None
        values.append(text[at:found])
        at = found + len(part)
    if not text.endswith(last) or len(text) - len(last) < at:
        return None
    return [*values, text[at : len(text) - len(last)]]
