"""A page for each student: points, what failed in the words of whoever wrote the test, their answers, comments.

The page is made of text. Whatever came from a student, source, output or file name, is escaped; of rich outputs only
PNG pictures are shown, and HTML that a cell displays is not. Hidden tests and what they said of values are not there.
Tasks, headings and points come from the authored notebook, and a page has a bounded size.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, StrictUndefined
from nbformat import NotebookNode
from nbgrader.api import MissingEntry

from classroom.authored import complete_tests, heading_of, marks_of, title_of
from classroom.cells import test_of
from classroom.course import Course, write_atomically
from classroom.exchange import read_secret, write_any_secret
from classroom.export.grades import late_penalty
from classroom.gradebook import open_gradebook
from classroom.outputs import safe_outputs
from classroom.printable import printable
from classroom.students import full_name
from classroom.timestamps import handed_in, write_timestamp
from classroom.verdicts import Verdict, read_verdict

__all__ = ["Page", "TaskLine", "page_of", "render", "write_feedback"]

_LONGEST_ANSWER, _LONGEST_NOTE = 50_000, 500  # characters
_MOST_PRINTED, _MOST_PICTURES, _MOST_NOTES = 20, 5, 20


@dataclass(frozen=True)
class TaskLine:
    """What a page says of a task."""

    task: str
    title: str
    points: float
    reached: float | None  # None: a person has not graded it yet
    message: str
    comment: str
    answer: str
    printed: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """What a page says."""

    title: str
    student: str
    graded_at: str
    points: float
    reached: float
    penalty: float
    tasks: list[TaskLine]
    notes: list[str]


_TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline';
 base-uri 'none'; form-action 'none'">
<title>{{ page.title }}: feedback</title>
<style>
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #57c273; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; padding: .6rem; white-space: pre-wrap;
      overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
h2 { display: flex; justify-content: space-between; gap: 1rem; font-size: 1.25rem; }
h2 span:last-child { flex: none; max-width: 45%; }
.full { color: var(--good); } .none { color: var(--bad); }
img { max-width: 100%; background: white; }
</style>
</head>
<body>
<h1>{{ page.title }}</h1>
<p>{{ page.student }}: <strong>{{ number(page.reached) }} of {{ number(page.points) }} points</strong>
{%- if page.penalty %}, after {{ number(page.penalty) }} were taken off because it was late{% endif -%}
{%- if waiting %}; not graded yet: {{ number(waiting) }}{% endif -%}
. Graded {{ page.graded_at }}.</p>
{% for note in page.notes %}<p>Noticed: {{ note }}.</p>
{% endfor -%}
{% for task in page.tasks %}
<section>
<h2><span>{{ task.title }}</span>
{%- if task.reached is none %} <span>not graded yet, of {{ number(task.points) }}</span>
{%- else %} <span class="{{ 'full' if task.reached == task.points else 'none' if task.reached == 0 else '' }}">
{{ number(task.reached) }} of {{ number(task.points) }}</span>{% endif %}</h2>
{% if task.message %}<p>What failed:</p><pre class="message">{{ task.message }}</pre>{% endif %}
{% if task.comment %}<p>Comment:</p><pre class="comment">{{ task.comment }}</pre>{% endif %}
<details><summary>Your answer</summary><pre>{{ task.answer }}</pre>
{% for text in task.printed %}<p>It printed:</p><pre>{{ text }}</pre>{% endfor %}
{% for picture in task.pictures %}<img alt="A picture that your answer shows" src="data:image/png;base64,{{ picture }}">
{% endfor %}</details>
</section>
{% endfor %}
</body>
</html>
"""


def write_feedback(course: Course, assignment: str, student: str) -> Path | None:
    """Write a student's page and return its path; None if there is no grade.

    Beside it lie the time and the secret of the submission, by which `nbgrader release_feedback` hands the page out.

    Raises
    ------
    CourseError
        If there is no such assignment, or the graded notebook is not one of it.
    """
    name = course.check_assignment(assignment)
    page = page_of(course, name, student)
    if page is None:
        return None
    graded, folder = (place / student / name for place in (course.autograded, course.feedback))
    write_timestamp(folder, handed_in(graded))
    write_any_secret(folder, read_secret(graded))
    path = folder / f"{name}.html"
    write_atomically(path, render(page), mode=0o644)  # the exchange copies it as it is, and its student reads it there
    return path


def page_of(course: Course, assignment: str, student: str) -> Page | None:
    """Collect what a student's page says, from verdict, graded notebook and gradebook; None if there is no grade.

    Raises
    ------
    CourseError
        If the graded notebook is not one of this assignment.
    """
    verdict = read_verdict(course, assignment, student)
    path = course.autograded / student / assignment / f"{assignment}.ipynb"
    if verdict is None or not verdict.recorded or verdict.failure or not path.is_file():
        return None
    source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
    notebook = complete_tests(nbformat.read(path, as_version=4), source)
    with open_gradebook(course) as gradebook:
        try:
            entry = gradebook.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return None
        grades = {grade.name: grade for grade in entry.grades}
        comments = {comment.name: comment for comment in entry.comments}
        graded = [cell for cell in notebook.cells if marks_of(cell).get("grade")]
        tasks = [_line(cell, notebook, source, verdict, grades, comments) for cell in graded]
        penalty = late_penalty(entry, verdict)
        reached, points = float(entry.score), float(entry.max_score)
        person = gradebook.find_student(student)
        name = full_name(person.first_name, person.last_name) or student
    notes = [printable(note, _LONGEST_NOTE) for note in verdict.remarks[:_MOST_NOTES]]
    return Page(
        title_of(source) or assignment,
        printable(name, _LONGEST_NOTE),
        f"{datetime.fromisoformat(verdict.graded_at).astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        points,
        reached - penalty,
        penalty,
        tasks,
        notes,
    )


def render(page: Page) -> str:
    """Return a page as HTML; everything in it is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    waiting = sum(task.points for task in page.tasks if task.reached is None)
    return environment.from_string(_TEMPLATE).render(page=page, waiting=waiting, number=lambda value: f"{value:.4g}")


def _line(
    cell: NotebookNode,
    notebook: NotebookNode,
    source: NotebookNode,
    verdict: Verdict,
    grades: dict[str, Any],
    comments: dict[str, Any],
) -> TaskLine:
    task = cell.metadata.nbgrader.grade_id
    grade = grades[task]
    outcome = next((outcome for outcome in verdict.outcomes if outcome.task == task), None)
    answer = cell if test_of(cell) is None else _answer_of(task, notebook)
    waits = outcome is None and grade.needs_manual_grade
    found = comments.get(task) or comments.get(f"{task}-answer")
    comment = (found.manual_comment or (found.auto_comment if outcome is None else "")) if found else ""
    outputs = [] if answer is None else safe_outputs(verdict.outputs.get(answer.id, []))
    printed = [
        "\n".join(output["traceback"]) if "traceback" in output else output.get("text", "") for output in outputs
    ]
    pictures = [output["data"].get("image/png", "") for output in outputs if "data" in output]
    return TaskLine(
        task=task,
        title=heading_of(source, task),
        points=float(grade.max_score),
        reached=None if waits else float(grade.score),
        message=printable(outcome.shown if outcome else "", _LONGEST_ANSWER),
        comment=printable(comment or "", _LONGEST_ANSWER),
        answer=printable(answer.source if answer else "", _LONGEST_ANSWER),
        printed=[printable(text, _LONGEST_ANSWER) for text in printed[:_MOST_PRINTED] if text],
        pictures=[picture for picture in pictures if picture][:_MOST_PICTURES],
    )


def _answer_of(task: str, notebook: NotebookNode) -> NotebookNode | None:
    wanted = f"{task}-answer"
    cells = notebook.cells
    return next((cell for cell in cells if marks_of(cell).get("grade_id") == wanted), None)
