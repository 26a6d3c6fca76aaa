"""Gradescope: the results file that an autograder leaves, for one submission."""

import json
from typing import Any

from classroom.export.grades import Grade
from classroom.export.spreadsheet import ExportError

__all__ = ["gradescope_results"]


def gradescope_results(grade: Grade) -> str:
    """Return results.json of a submission.

    Raises
    ------
    ExportError
        If there is no grade.
    """
    if not grade.counts:
        raise ExportError(f"{grade.student}: {grade.state}")
    tests: list[dict[str, Any]] = []
    said: dict[str, Any]
    for task in grade.tasks:
        said = {"name": task.task, "score": task.reached, "max_score": task.points}
        if task.waits:
            said["output"] = "A written answer is not graded yet."
        else:
            said |= {"status": "passed" if task.reached == task.points else "failed", "output": task.shown}
        tests.append({**said, "output_format": "text", "visibility": "visible"})
    state = grade.state + (f"; {grade.penalty:.4g} points were taken off because it was late" if grade.penalty else "")
    said = {"score": grade.reached, "output": state, "output_format": "text", "tests": tests}
    return json.dumps(said, ensure_ascii=False, indent=1)
