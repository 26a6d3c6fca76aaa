"""A process that takes its time before it makes a copy for a test: past the deadline nobody waits for it."""

from dataclasses import replace
from unittest import mock

from classroom.cells import TestCell
from tests.classroom.attacks.harness import LIMITS, notebook

LATE = """
import time
from classroom.sandbox import student
fork = student._fork_snapshot
student._fork_snapshot = lambda *what: (time.sleep(9), fork(*what))[1]
"""


def test_copies_for_tests_do_not_outlast_the_deadline_of_all_cells(grounds):
    """Each would have the time of a cell, however many tests there are."""
    sandbox = grounds.sandbox()
    cells = notebook((LATE, *[TestCell(f"task-{n}", 1.0, "assert True") for n in range(3)]))
    hurried = replace(LIMITS, cell_seconds=60.0, total_seconds=1.0)
    with mock.patch.object(sandbox, "limits", hurried), mock.patch.object(sandbox._template, "limits", hurried):
        report = sandbox.grade(cells)
    assert "no copy of the process could be made" in report.notes[0]
    assert [outcome.reached for outcome in report.outcomes] == [0.0] * 3
    assert grounds.honest()
