"""The gradebook of nbgrader: opening it, assignments in it; and notebooks that formgrader opens.

Everything here may be done twice: the second time changes nothing.
"""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, SaveCells
from sqlalchemy import inspect, text
from sqlalchemy.exc import SAWarning
from traitlets.config.loader import PyFileConfigLoader

from classroom.circumstances import deadline_of
from classroom.course import Course
from classroom.verdicts import Verdict

__all__ = ["answers_by_hand", "graded_notebook", "open_gradebook", "register"]


@contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook of a course."""
    course.work.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own way with sessions
        with Gradebook(course.db_url, course.settings.course_id) as gradebook:
            yield gradebook


def register(course: Course, assignment: str) -> None:
    """Enter an assignment's cells and points, and its deadline, as `nbgrader generate_assignment` does."""
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()
    notebook = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
    with open_gradebook(course) as gradebook:
        _complete_version(gradebook)
        gradebook.update_or_create_assignment(assignment, duedate=deadline_of(course, assignment))
        gradebook.update_or_create_notebook(assignment, assignment)
    about = {"notebook": assignment, "assignment": assignment, "db_url": course.db_url, "student": "."}
    resources: Any = {"nbgrader": about, "unique_key": assignment, "output_files_dir": "."}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        for step in (LockCells, ClearSolutions, ComputeChecksums, SaveCells):
            notebook, resources = step(config=settings).preprocess(notebook, resources)


def _complete_version(gradebook: Gradebook) -> None:
    """Note the version of the tables, if whoever made them was stopped before: nbgrader does not look again."""
    with gradebook.engine.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        if connection.scalar(text("SELECT count(*) FROM alembic_version")) == 0:
            version = api.get_alembic_version()
            connection.execute(
                text("INSERT INTO alembic_version (version_num) VALUES (:version)"), {"version": version}
            )


def answers_by_hand(notebook: NotebookNode) -> dict[str, str]:
    """Return the sha256 of each answer that a person grades, by grade id."""
    cells = [cell for cell in notebook.cells if utils.is_grade(cell) and utils.is_solution(cell)]
    return {cell.metadata.nbgrader.grade_id: hashlib.sha256(cell.source.encode()).hexdigest() for cell in cells}


def graded_notebook(notebook: NotebookNode, verdict: Verdict) -> NotebookNode:
    """Return a copy of a submission's notebook with the outputs of its run and the messages of its failed tests."""
    notebook = nbformat.from_dict(dict(notebook))
    outcomes = {outcome.task: outcome for outcome in verdict.outcomes}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [nbformat.from_dict(output) for output in verdict.outputs.get(cell.id, [])]
        outcome = outcomes.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if outcome is None or outcome.reached == outcome.points:
            continue
        if outcome.reached > 0:
            points = {"text/plain": f"{outcome.reached:g}"}
            cell.outputs = [nbformat.v4.new_output("execute_result", data=points, execution_count=None)]
        else:
            # Feedback shows the first; the second is for the instructor, in formgrader.
            said = {"ename": "Failed", "evalue": outcome.shown, "traceback": [outcome.message]}
            cell.outputs = [nbformat.v4.new_output("error", **said)]
    return notebook
