"""Answers of an assignment, wrong ones and right ones, and what its tests say of them.

`solutions/_answers/eNN.py` holds them in the percent format: a line ``# %% task | kind | name`` begins an answer, and
what follows replaces the task's answer cell. The kinds are wrong, right, model answer and rubric; the last two are
Markdown behind ``# ``.
"""

import contextlib
import re
import signal
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import torch

from classroom.cells import test_of, without_hidden_tests
from classroom.connections import SameProcess, StudentError
from classroom.crossing import CannotCross, encode
from classroom.grader_side import run_test
from classroom.outcome import Outcome

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("wrong", "right", "model answer", "rubric")
_PART = r"[^|\s](?:[^|\n]*[^|\s])?"
HEADER = re.compile(rf"^# %% *(?P<task>{_PART}) *\| *(?P<kind>{_PART}) *(?:\| *(?P<name>{_PART}) *)?$", re.MULTILINE)
SECONDS = 20  # that one answer may take; an endless loop is an answer, too
ROUNDING = {"rtol": 1e-4, "atol": 1e-5, "equal_nan": True}  # as in seq2bert.check.close


class BadAnswers(ValueError):
    """A file of answers that cannot be read."""


@dataclass(frozen=True)
class Answer:
    """What replaces a task's answer cell, or the Markdown for the person who grades it."""

    task: str
    kind: str
    name: str
    source: str


@dataclass(frozen=True)
class Task:
    """An autograded task: its answer cell, its test, and the names as they were before the answer."""

    name: str
    points: float
    answer: str
    test: object  # a TestCell
    namespace: dict


class Recorder(SameProcess):
    """The student's side in this process; it remembers what the tests asked."""

    def __init__(self, namespace):
        super().__init__(namespace)
        self.requests = []

    def ask(self, request):
        """Answer, and remember the request."""
        self.requests.append(request)
        return super().ask(request)


class OutOfTime(BaseException):
    """An answer ran too long. No `Exception`, so that no answer catches it."""


def read_answers(text, where):
    """Read the answers of one file.

    Raises
    ------
    BadAnswers
        If a header is malformed, a kind unknown, or a name missing or used twice; with the line.
    """
    answers, seen = [], set()
    headers = list(HEADER.finditer(text))
    if text.count("\n# %%") + text.startswith("# %%") != len(headers):
        raise BadAnswers(f"{where}: a line that begins with '# %%' is not of the form '# %% task | kind | name'")
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        line = text.count("\n", 0, header.start()) + 1
        task, kind, name = header["task"], header["kind"], header["name"] or ""
        if kind not in KINDS:
            raise BadAnswers(f"{where}, line {line}: the kind {kind!r} is none of {', '.join(KINDS)}")
        if kind in ("wrong", "right") and not name:
            raise BadAnswers(f"{where}, line {line}: a {kind} answer needs a name")
        if (task, kind, name) in seen:
            raise BadAnswers(f"{where}, line {line}: {task} | {kind} | {name} is there twice")
        seen.add((task, kind, name))
        body = text[header.end() : following.start() if following else len(text)].strip("\n") + "\n"
        if kind in ("model answer", "rubric"):
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE).strip() + "\n"
        answers.append(Answer(task, kind, name, body))
    return answers


def read_tasks(path):
    """Run the code cells of a solution in this process; return its autograded tasks and the names of written ones.

    Raises
    ------
    StudentError
        If a cell fails.
    BadAnswers
        If a test has no answer cell before it.
    """
    student = SameProcess()
    tasks, written, answers = [], [], {}
    for cell in nbformat.read(path, as_version=4).cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") and settings.get("grade"):
            written.append((settings["grade_id"], float(settings["points"])))
        elif (test := test_of(cell)) is not None:
            if f"{test.task}-answer" not in answers:
                raise BadAnswers(f"{path.name}: {test.task} has no cell {test.task}-answer before it")
            answer, namespace = answers[f"{test.task}-answer"]
            tasks.append(Task(test.task, test.points, answer, test, namespace))
        elif cell.cell_type == "code":
            if settings.get("solution"):
                answers[settings["grade_id"]] = cell.source, dict(student.namespace)
            execute(student, cell.source)
    return tasks, written


def execute(student, source):
    """Run a cell on the student's side; a failure is a `StudentError`."""
    answer = student.ask({"do": "execute", "source": source})
    if "error" in answer:
        raise StudentError("{}: {}".format(*answer["error"]))


@contextlib.contextmanager
def limited(seconds):
    """Raise `OutOfTime` in this process's main thread when so many seconds of wall time have passed.

    It is raised again each second: the first may have been swallowed by a bare except.
    """

    def stop(*_):
        raise OutOfTime(f"ran longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome_of(task, source, *, draw="", visible=False, student=None):
    """Return what the task's test, or its visible part alone, says of an answer."""
    student = student or Recorder(dict(task.namespace))
    test = task.test
    if visible:
        test = type(test)(test.task, test.points, without_hidden_tests(test.source))
    try:
        with limited(SECONDS):
            execute(student, source)
            return run_test(test, student, draw=draw)
    except (StudentError, OutOfTime, CannotCross) as error:
        return Outcome(task.name, task.points, 0.0, str(error))


def requests_of(task):
    """Return what the task's test asks of the reference answer, in order."""
    student = Recorder(dict(task.namespace))
    outcome_of(task, task.answer, student=student)
    return [request for request in student.requests if request["do"] == "call"]


def replies_to(task, source, requests):
    """Put the same requests to another answer; return its replies, or None if one of them is an error."""
    student = SameProcess(dict(task.namespace))
    replies = []
    try:
        with limited(SECONDS):
            execute(student, source)
            for request in requests:
                try:
                    reply = student.ask(request)
                except AssertionError as error:  # a function of the test, given what it does not expect
                    reply = {"value": str(error)}
                if "value" not in reply:
                    return None
                replies.append(reply["value"])
    except (Exception, OutOfTime):  # of the answer, or of a function of the test that the answer called
        return None
    return replies


def form_of(value):
    """Return type and shape of a reply: whole and broken numbers are one type, and lists of any length are."""
    if value is None or isinstance(value, bool | str | bytes):
        return type(value).__name__
    if hasattr(value, "shape"):
        kind = "number" if any(part in str(value.dtype) for part in ("int", "float")) else str(value.dtype)
        return kind if value.ndim == 0 else (type(value).__name__, kind, tuple(value.shape))
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "dict", tuple(sorted((str(key), form_of(part)) for key, part in value.items()))
    return type(value).__name__


def differ(one, other):
    """Whether two replies differ by more than rounding."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) != len(other) or any(map(differ, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() != other.keys() or any(differ(one[key], other[key]) for key in one)
    if isinstance(one, set | frozenset) or isinstance(other, set | frozenset):
        return one != other
    first, second = map(_numbers, (one, other))
    if first is None or second is None:
        return encode(one) != encode(other)
    if first.shape != second.shape:
        return True
    if first.dtype.kind in "biu" and second.dtype.kind in "biu":
        return not np.array_equal(first, second)
    return not np.allclose(first, second, **ROUNDING)


def _numbers(value):
    """Return numbers as an array, and None for other values."""
    if isinstance(value, torch.Tensor):
        return (value.double() if value.is_floating_point() else value).numpy()
    return np.asarray(value) if isinstance(value, np.ndarray | np.generic | int | float) else None


def release_of(root, name):
    """Return the cells of an assignment's release."""
    return nbformat.read(root / "exercises" / name / f"{name}.ipynb", as_version=4).cells


def assignments(root=ROOT):
    """Return the names of the assignments: the folders of solutions/ that hold a notebook of their name."""
    folders = sorted((root / "solutions").iterdir())
    return [folder.name for folder in folders if (folder / f"{folder.name}.ipynb").is_file()]
