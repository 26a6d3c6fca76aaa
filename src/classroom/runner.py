"""The reference runner: a notebook's cells in the student's process, its test cells in the tests' process.

It says what a test cell means when it runs outside the student's process, in as few lines as that takes. It limits
nothing but time, so it is for answers that are trusted.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

from classroom.cells import test_of
from classroom.connections import Student, StudentError
from classroom.grader_side import run_test
from classroom.outcome import Outcome

__all__ = ["grade"]


def grade(cells: Iterable[dict[str, Any]], student: Student, *, draw: str = "") -> list[Outcome]:
    """Run a notebook's code cells in order and its test cells where they stand.

    Parameters
    ----------
    cells : iterable of dict
        Of a notebook.
    student : Student
        Where cells that are not tests run: `classroom.connections.SameProcess()`, or what
        `classroom.connections.other_process()` gives.
    draw : str
        See `seq2bert.check.draw`.

    Returns
    -------
    list of Outcome
        One for each test cell. A cell that fails, the student's or a test, does not stop the rest.
    """
    outcomes = []
    for cell in cells:
        test = test_of(cell)
        if test is not None:
            outcomes.append(run_test(test, student, draw=draw))
        elif cell["cell_type"] == "code":
            with contextlib.suppress(StudentError):  # its process is gone: the tests say so, each for itself
                student.ask({"do": "execute", "source": cell["source"]})
    return outcomes
