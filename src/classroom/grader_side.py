"""The tests' process: test cells executed with a student's names, as handles and copies; what is said of them."""

import ast
import contextlib
import io
import math
import os
import traceback
from typing import Any

from classroom.author_words import author_words
from classroom.cells import TestCell, free_names, hidden_lines
from classroom.connections import Handle, NotDefined, Student, StudentError
from classroom.outcome import Outcome
from classroom.printable import printable, text_of
from seq2bert.check.comparisons import CheckFailed
from seq2bert.check.inputs import DRAW

__all__ = ["run_test"]

_LONGEST = 10_000  # characters of a message
_NO_POINTS = "The points of this task could not be computed. Your instructor can read why."


def run_test(cell: TestCell, student: Student, *, draw: str = "") -> Outcome:
    """Execute a test cell by itself, with the student's names as handles and copies.

    Parameters
    ----------
    cell : TestCell
    student : Student
    draw : str
        What the grader mixes into the seed of every input, see `seq2bert.check.draw`.

    Returns
    -------
    Outcome
        All of the cell's points, or none, or as many as the number says that the cell ends with.
    """
    before = os.environ.get(DRAW)
    os.environ[DRAW] = draw
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            names = {name: _resolve(name, student) for name in free_names(cell.source)}
            reached, why = _execute(cell, {"__name__": "__main__", **names})
    except Exception as error:
        return Outcome(cell.task, cell.points, 0.0, _message(error), _shown(cell, error))
    finally:
        os.environ.pop(DRAW, None)
        os.environ.update({} if before is None else {DRAW: before})
    return Outcome(cell.task, cell.points, reached, why, _NO_POINTS if why else "")


def _execute(cell: TestCell, names: dict[str, Any]) -> tuple[float, str]:
    """Run the cell; return the points: all of them, or as many as it ends with; and what was wrong with that number."""
    tree = ast.parse(cell.source)
    last = tree.body[-1] if tree.body else None
    value = None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, _file_of(cell), "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), _file_of(cell), "eval"), names)
    if value is None:
        return cell.points, ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
        return 0.0, printable(f"the test ends with {text_of(value, repr)} where its points should be", _LONGEST)
    return float(min(max(value, 0.0), cell.points)), ""


def _file_of(cell: TestCell) -> str:
    return f"<tests of {cell.task}>"


def _message(error: Exception) -> str:
    """Return what failed: never empty, not too long, and of characters that a file takes."""
    text = text_of(error)
    meant_to_be_read = isinstance(error, AssertionError | StudentError) and text
    return printable(text if meant_to_be_read else f"{type(error).__name__}: {text}", _LONGEST)


def _shown(cell: TestCell, error: Exception) -> str:
    """Return what the student may read: after the first hidden line, nothing that can hold inputs of hidden tests."""
    if isinstance(error, NotDefined):
        return _message(error)
    lines = [
        frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _file_of(cell)
    ]
    first = min(hidden_lines(cell.source), default=None)
    if first is None or not lines or lines[0] < first:
        return _message(error)
    if isinstance(error, StudentError):
        return "In a check that is not shown, your code raised an exception."
    said = error.hint if isinstance(error, CheckFailed) else text_of(error) if isinstance(error, AssertionError) else ""
    words = author_words(cell.source, said) if said else None
    return printable(words, _LONGEST) if words else "A check that is not shown failed."


def _resolve(name: str, student: Student) -> Any:
    answer = student.ask({"do": "look", "name": name})
    if "callable" in answer:
        return Handle(name, student)
    if "value" in answer:
        return answer["value"]
    if "error" in answer:
        raise StudentError("{}: {}".format(*answer["error"]))
    raise NotDefined(f"the notebook defines no {name}: was the cell that defines it run?")
