"""Cells of an assignment: which are answers, which are tests, what of a test is visible, which names it uses."""

import ast
import builtins
import symtable
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

__all__ = [
    "BEGIN_HIDDEN",
    "END_HIDDEN",
    "TestCell",
    "code_of",
    "free_names",
    "hidden_lines",
    "test_of",
    "without_hidden_tests",
]

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class TestCell:
    """An autograded cell: the task's name, its points, its source."""

    __test__ = False  # for pytest: this is no test

    task: str
    points: float
    source: str


def test_of(cell: dict[str, Any]) -> TestCell | None:
    """Return what is graded in a code cell of a notebook, or None if nothing is."""
    settings = cell.get("metadata", {}).get("nbgrader", {})
    if cell["cell_type"] != "code" or not settings.get("grade") or settings.get("solution"):
        return None
    return TestCell(task=settings["grade_id"], points=float(settings["points"]), source=cell["source"])


def code_of(source: str) -> str:
    """Return the cell as plain Python: IPython's magics become calls."""
    return str(TransformerManager().transform_cell(source))


def without_hidden_tests(source: str) -> str:
    """Return a test cell as the student sees it: without the markers' lines and what is between them.

    Raises
    ------
    ValueError
        If a marker has no partner, or does not stand alone in its line.
    """
    visible, inside = [], False
    for line in source.split("\n"):
        marker = next((marker for marker in (BEGIN_HIDDEN, END_HIDDEN) if marker in line), None)
        if marker is None:
            visible += [] if inside else [line]
        elif line.strip() != marker or inside == (marker == BEGIN_HIDDEN):
            raise ValueError(f"{BEGIN_HIDDEN} and {END_HIDDEN} must come in pairs, each alone in its line")
        else:
            inside = marker == BEGIN_HIDDEN
    if inside:
        raise ValueError(f"{BEGIN_HIDDEN} has no {END_HIDDEN}")
    return "\n".join(visible)


def hidden_lines(source: str) -> set[int]:
    """Return the numbers, from 1, of the lines between the markers of hidden tests, and of the markers."""
    numbers, inside = set(), False
    for number, line in enumerate(source.split("\n"), 1):
        inside = inside or line.strip() == BEGIN_HIDDEN
        if inside:
            numbers.add(number)
        inside = inside and line.strip() != END_HIDDEN
    return numbers


def free_names(source: str) -> list[str]:
    """Return the names that a test cell neither assigns nor imports and that are no builtins: the student's.

    Raises
    ------
    SyntaxError
        If the cell is not Python.
    ValueError
        If it imports ``*``: what that defines cannot be known.
    """
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(ast.parse(source))):
        raise ValueError("a test cell imports names, not *")
    module = symtable.symtable(source, "<test cell>", "exec")
    own: set[str] = set()
    used: set[str] = set()
    pending = [module]
    while pending:
        table = pending.pop()
        symbols = [s for s in table.get_symbols() if table is module or s.is_global()]
        own |= {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
        used |= {s.get_name() for s in symbols if s.is_referenced()}
        pending += table.get_children()
    return sorted(used - own - _BUILTINS)
