"""Cells of an assignment: which are answers, which are tests, what of a test is visible, which names it uses."""

import re
import symtable
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["BEGIN_HIDDEN", "END_HIDDEN", "TestCell", "code_of", "free_names", "test_of", "without_hidden_tests"]

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)


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
    """Return a test cell as the student sees it.

    Raises
    ------
    ValueError
        If a marker has no partner.
    """
    if source.count(BEGIN_HIDDEN) != source.count(END_HIDDEN):
        raise ValueError(f"{BEGIN_HIDDEN} and {END_HIDDEN} must come in pairs")
    return re.sub(rf"[ \t]*{BEGIN_HIDDEN}.*?{END_HIDDEN}[ \t]*\n?", "", source, flags=re.DOTALL)


def free_names(source: str) -> list[str]:
    """Return the names that a test cell neither assigns nor imports and that are no builtins: the student's.

    Raises
    ------
    SyntaxError
        If the cell is not Python.
    """
    module = symtable.symtable(source, "<test cell>", "exec")
    own = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    used: set[str] = set()
    pending = [module]
    while pending:
        table = pending.pop()
        symbols = table.get_symbols()
        used |= {s.get_name() for s in symbols if s.is_referenced() and (table is module or s.is_global())}
        pending += table.get_children()
    return sorted(used - own - _BUILTINS)
