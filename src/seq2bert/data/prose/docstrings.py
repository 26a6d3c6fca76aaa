"""Docstrings of a Python file, found in its syntax tree: nothing is imported, nothing runs.

Leaves out comments, attribute docstrings and text that is put together when the file runs.
"""

import ast
import warnings
from collections.abc import Iterator

__all__ = ["docstrings"]

_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(source: str) -> list[tuple[str, str]]:
    """Find every docstring of a file, in the order of the text.

    Parameters
    ----------
    source : str
        The file's text.

    Returns
    -------
    list of (name, docstring)
        The module's own docstring has the name ``""``; others are dotted, ``"Class.method"``.
        Indentation is removed. Empty ones are left out.

    Raises
    ------
    SyntaxError
        If ``source`` is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's strings
        tree = ast.parse(source)
    return list(_walk(tree, ""))


def _walk(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, _WITH_DOCSTRING):
        text = ast.get_docstring(node) or ""
        if text.strip():
            yield name, text
    for child in ast.iter_child_nodes(node):
        own = getattr(child, "name", None) if isinstance(child, _WITH_DOCSTRING) else None
        yield from _walk(child, f"{name}.{own}".lstrip(".") if own else name)
