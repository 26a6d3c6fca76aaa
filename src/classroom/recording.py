"""Verdicts into the gradebook: one connection for a run, one transaction for a submission.

nbgrader's own methods commit four times for one submission and ask for it anew each time; here the same rows are
written by their keys. So a submission is in the gradebook whole or not at all, and the thousandth costs what the first
does. Recording twice changes nothing.
"""

from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
from nbgrader.api import Student as Person
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DataError, DBAPIError

from classroom.circumstances import circumstances_of, penalty_of
from classroom.course import Course, write_atomically
from classroom.exchange import write_any_secret
from classroom.gradebook import graded_notebook, open_gradebook
from classroom.timestamps import write_timestamp
from classroom.verdicts import Verdict

__all__ = ["Recorder"]


class Recorder:
    """The open gradebook of a run that grades one assignment. A context manager.

    Parameters
    ----------
    course : Course
    assignment : str
        Its full name; it must be in the gradebook.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self.course, self.assignment = course, assignment
        self._stack = ExitStack()

    def __enter__(self) -> "Recorder":
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def students(self) -> set[str]:
        """Return the students who have an entry for the assignment."""
        query = select(SubmittedAssignment.student_id).where(SubmittedAssignment.assignment_id == self._assignment_id)
        found = set(self._db.scalars(query))
        self._db.rollback()
        return found

    def record(self, verdict: Verdict, notebook: NotebookNode, *, timestamp: datetime, secret: str = "") -> None:
        """Write a verdict into the gradebook, and the notebook for formgrader.

        Manual scores and comments stay. An answer that a person grades needs grading if it has no manual score, is
        another one than before, or has needed it since.

        Parameters
        ----------
        verdict : Verdict
        notebook : NotebookNode
            The submission, with complete tests.
        timestamp : datetime
            When it was handed in, UTC, without a zone, as nbgrader keeps it.
        secret : str
            Of the submission in nbgrader's exchange; empty if it came another way.

        Raises
        ------
        ValueError
            If the database takes nothing like it: a student's name that is too long, say.
        sqlalchemy.exc.DBAPIError
            If the gradebook cannot be written, at once or with a new connection.
        """
        try:
            self._write(verdict, notebook, timestamp)
        except DataError as error:
            raise ValueError(f"the gradebook does not take it: {error.orig}") from None
        except DBAPIError:  # the server was started again, say, or another program has made the same entry
            self._stack.close()
            self._open()
            self._write(verdict, notebook, timestamp)
        path = self.course.autograded / verdict.student / self.assignment
        write_atomically(path / f"{self.assignment}.ipynb", nbformat.writes(graded_notebook(notebook, verdict)))
        write_timestamp(path, timestamp)
        write_any_secret(path, secret)

    def _open(self) -> None:
        gradebook = self._stack.enter_context(open_gradebook(self.course))
        self._db = gradebook.db
        entry = gradebook.find_notebook(self.assignment, self.assignment)
        self._assignment_id, self._notebook_id = entry.assignment_id, entry.id
        tasks = [(cell.name, cell.id) for cell in entry.task_cells]
        self._grade_cells = dict([(cell.name, cell.id) for cell in entry.grade_cells] + tasks)
        self._comment_cells = dict([(cell.name, cell.id) for cell in entry.solution_cells] + tasks)
        self._db.rollback()  # nothing stays open between submissions

    def _write(self, verdict: Verdict, notebook: NotebookNode, timestamp: datetime) -> None:
        try:
            self._row(Person, id=verdict.student)
            submission = self._row(SubmittedAssignment, assignment_id=self._assignment_id, student_id=verdict.student)
            self._set(SubmittedAssignment, submission, timestamp=timestamp)
            entry = self._row(SubmittedNotebook, notebook_id=self._notebook_id, assignment_id=submission)
            cells = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells if _is_marked(cell)}
            score = sum(self._grade(entry, task, cells, verdict) for task in self._grade_cells)
            for task, cell_id in self._comment_cells.items():
                said = "No response." if task in cells and _untouched(cells[task]) else None
                self._set(Comment, self._row(Comment, cell_id=cell_id, notebook_id=entry), auto_comment=said)
            about = circumstances_of(self.course, self.assignment, verdict.student, timestamp)
            self._set(SubmittedNotebook, entry, late_submission_penalty=penalty_of(about, score) or None)
            self._db.commit()
        except BaseException:
            self._db.rollback()
            raise

    def _grade(self, entry: str, task: str, cells: dict[str, NotebookNode], verdict: Verdict) -> float:
        """Write the grade of a task; return what it counts."""
        row = self._row(Grade, cell_id=self._grade_cells[task], notebook_id=entry)
        columns = Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade
        manual, extra, waits = self._db.execute(select(*columns).where(Grade.id == row)).one()
        outcome = next((outcome for outcome in verdict.outcomes if outcome.task == task), None)
        if outcome is not None:
            score, by_hand = outcome.reached, False
        elif task in cells and _untouched(cells[task]):
            score, by_hand = 0.0, False
        else:
            same = verdict.answers_before.get(task) == verdict.answers.get(task)
            score, by_hand = None, manual is None or not same or bool(waits)
        self._set(Grade, row, auto_score=score, needs_manual_grade=by_hand)
        counts = score if manual is None else manual
        return 0.0 if counts is None else float(counts + (extra or 0.0))

    def _row(self, kind: Any, **keys: str) -> str:
        """Return the id of the row with these values, which is made if it is not there."""
        query = select(kind.id).where(*(getattr(kind, name) == value for name, value in keys.items()))
        found = self._db.scalar(query)
        if found is None:
            self._db.execute(insert(kind.__table__).values(**keys))
            found = self._db.scalar(query)
        return str(found)

    def _set(self, kind: Any, row: str, **values: Any) -> None:
        self._db.execute(update(kind.__table__).where(kind.__table__.c.id == row).values(**values))


def _is_marked(cell: NotebookNode) -> bool:
    settings = cell.metadata.get("nbgrader", {})
    return bool(settings.get("grade") or settings.get("solution"))


def _untouched(cell: NotebookNode) -> bool:
    checksum = cell.metadata.nbgrader.get("checksum")
    return checksum is not None and bool(checksum == utils.compute_checksum(cell))
