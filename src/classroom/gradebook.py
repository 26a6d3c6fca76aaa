"""The gradebook of nbgrader: opening it, assignments in it; and notebooks that formgrader opens.

Everything here may be done twice: the second time changes nothing.
"""

import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.api import Gradebook, InvalidEntry
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, SaveCells
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SAWarning
from tornado.log import app_log
from traitlets.config.loader import PyFileConfigLoader

from classroom.circumstances import deadline_of
from classroom.course import Course, Unavailable
from classroom.outputs import safe_outputs
from classroom.verdicts import Verdict

__all__ = ["GradebookError", "answers_by_hand", "graded_notebook", "open_gradebook", "register"]


class GradebookError(Unavailable):
    """The gradebook cannot be used now, and why; what was written before is kept."""


@contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook of a course; make it if there is none.

    Raises
    ------
    GradebookError
        If it is locked, may not be written, is none, or its server does not answer; also from what is done with it.
    """
    if course.db_url.startswith("sqlite"):
        course.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    _find_alembic()
    with warnings.catch_warnings(), _in_one_sentence(course), _one_report_is_enough():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own way with sessions
        with Gradebook(course.db_url, course.settings.course_id) as gradebook:
            yield gradebook


def _find_alembic() -> None:
    """Let nbgrader find alembic, which it starts by its name, in an environment that is not activated, too."""
    own = str(Path(sys.executable).parent)
    if own not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = f"{own}{os.pathsep}{os.environ.get('PATH', '')}"


@contextmanager
def _in_one_sentence(course: Course) -> Iterator[None]:
    """Say what is wrong with a gradebook; nbgrader wraps some errors of the database, and not others."""
    try:
        yield
    except (DBAPIError, InvalidEntry) as error:
        if isinstance(error, InvalidEntry) and "Error) " not in str(error):
            raise
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        where = make_url(course.db_url).render_as_string(hide_password=True)
        if "locked" in said:
            why = "another process writes to it, formgrader perhaps: run the same again later"
            raise GradebookError(f"the gradebook {where} is locked: {why}", busy=True) from error
        if "disk is full" in said:
            raise GradebookError(f"the gradebook {where} has no room: make some, run it again", busy=True) from error
        if "readonly" in said or "unable to open" in said:
            raise GradebookError(f"the gradebook {where} may not be written: {said}", busy=False) from error
        if course.db_url.startswith("sqlite"):
            raise GradebookError(f"the gradebook {where} cannot be used: {said.splitlines()[0]}", busy=False) from error
        why = f"{said.splitlines()[0]}; is the server running, and may this user connect?"
        raise GradebookError(f"the gradebook {where} does not answer: {why}", busy=True) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise GradebookError(f"db_url in classroom.toml is no address of a gradebook: {error}", busy=False) from error
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("psycopg"):
            raise
        how = "pip install 'seq2bert[cluster]', and the address begins with postgresql+psycopg://"
        raise GradebookError(f"the gradebook needs {error.name}, which is not installed: {how}", busy=False) from error


@contextmanager
def _one_report_is_enough() -> Iterator[None]:
    """Keep nbgrader from printing the stack of an error that is raised as well."""
    before = app_log.disabled
    app_log.disabled = True
    try:
        yield
    finally:
        app_log.disabled = before


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
    with warnings.catch_warnings(), _in_one_sentence(course), _one_report_is_enough():
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
    """Return a copy of a submission's notebook with the outputs of its run and the messages of its failed tests.

    Formgrader shows it to an instructor, so its outputs are plain text and pictures: nothing in them is a program.
    """
    notebook = nbformat.from_dict(dict(notebook))
    outcomes = {outcome.task: outcome for outcome in verdict.outcomes}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [nbformat.from_dict(output) for output in safe_outputs(verdict.outputs.get(cell.id, []))]
        outcome = outcomes.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if outcome is None or outcome.reached == outcome.points:
            continue
        if outcome.reached > 0:
            points = {"text/plain": f"{outcome.reached:g}"}
            cell.outputs = [nbformat.v4.new_output("execute_result", data=points, execution_count=None)]
        else:
            # Feedback shows the first; the second is for the instructor, in formgrader.
            said = {"ename": "Failed", "evalue": outcome.shown, "traceback": [outcome.message]}
            cell.outputs = [nbformat.from_dict(each) for each in safe_outputs([{"output_type": "error", **said}])]
    return notebook
