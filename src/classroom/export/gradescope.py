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
    for task in grade.tasks:
        status = "passed" if task.reached == task.points else "failed"
        tests.append(
            {
                "name": task.task,
                "score": task.reached,
                "max_score": task.points,
                "status": status,
                "output": task.shown,
                "output_format": "text",
                "visibility": "visible",
            }
        )
    said = {"score": grade.reached, "output": grade.state, "output_format": "text", "tests": tests}
    return json.dumps(said, ensure_ascii=False, indent=1)
