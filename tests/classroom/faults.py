"""Runs that are killed, and what must hold when the run after them has ended."""

import hashlib
import json
import multiprocessing
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import nbgrader.api

from classroom.course import Course, Unavailable
from classroom.gradebook import open_gradebook
from classroom.grading import grade_class
from classroom.receive import receive
from classroom.verdicts import read_verdict
from classroom.workers import on_this_machine
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME

BODIES = (RIGHT, HALF, None)
POINTS = (9.0, 4.0, 0.0)
BUSY = 75  # how a run ends that finds another one


def class_of(course, number):
    """Hand in for so many students: right, half and empty ones in turn; return the points of each."""
    students = [f"student-{place:03}" for place in range(number)]
    for place, student in enumerate(students):
        hand_in(course, student, BODIES[place % 3], why="It is interpreted.")
    return {student: POINTS[place % 3] for place, student in enumerate(students)}


def received_class_of(course, number):
    """The same, with what was uploaded in the class's folder, as `classroom receive` keeps it."""
    points = class_of(course, number)
    with tempfile.TemporaryDirectory() as folder:
        for student in points:
            shutil.copy(course.submitted / student / NAME / f"{NAME}.ipynb", f"{folder}/{student}.ipynb")
        receive(course, NAME, Path(folder))
    assert len(list((course.received / NAME).glob("*/*/receipt.json"))) == number
    return points


def processes():
    """Return a maker of processes that are forked from one that has imported the package and has one thread."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.classroom.faults"])
    return context


def run(folder, work, workers=0, kill_at=None, scheduler=None):
    """Grade, in a process of its own; with no workers without a sandbox, or by those of a scheduler.

    `kill_at` is a step and how often it was reached when this process is killed there.
    """
    os.environ["SEQ2BERT_GRADING"] = work
    os.setsid()
    course = Course.open(folder)
    nbgrader.api.get_alembic_version = lambda: "0000"  # the real one takes seconds
    if kill_at:
        _prepare(*kill_at)
    execute = on_this_machine(course, workers=workers or None, trusted=not workers)
    if scheduler:
        from classroom.cluster import on_cluster

        execute = on_cluster(course, scheduler)
    try:
        grade_class(course, NAME, execute=execute)
    except Unavailable as error:
        if "another run grades" in str(error):
            sys.exit(BUSY)
        raise


def _prepare(step, number):
    """Let this process kill itself when it comes to a step for the so-manyeth time."""
    target, _, when = step.rpartition(" ")
    reached = []

    def die():
        reached.append(None)
        if len(reached) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    module, _, name = target.rpartition(".")
    owner = pkgutil.resolve_name(module)
    original = getattr(owner, name)

    def replaced(*arguments, **named):
        if when == "before":
            die()
        if when == "half":
            if len(reached) == number - 1:
                original(arguments[0], arguments[1][: len(arguments[1]) // 2])
            die()
        result = original(*arguments, **named)
        if when == "after":
            die()
        return result

    setattr(owner, name, replaced)


def gradebook_of(course):
    """Return everything in the gradebook about the assignment but ids and times of writing, by student."""
    with open_gradebook(course) as gradebook:
        found = {}
        for submission in gradebook.assignment_submissions(NAME):
            (entry,) = submission.notebooks
            assert submission.student.id not in found
            found[submission.student.id] = {
                "score": (entry.score, entry.max_score, entry.late_submission_penalty, entry.needs_manual_grade),
                "handed in": str(submission.timestamp),
                "grades": sorted(
                    (g.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade, g.max_score)
                    for g in entry.grades
                ),
                "comments": sorted((c.name, c.auto_comment, c.manual_comment) for c in entry.comments),
            }
    return found


def log_of(course):
    """Return the lines of the log about graded submissions."""
    lines = [_line(text) for text in course.log_file.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line.get("event") == "graded"]


def _line(text):
    try:
        return json.loads(text)
    except ValueError:
        return {}


def files_of(*folders):
    """Return the content of every file, by its path."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def assert_graded_once(course, points):
    """Each submission has one verdict, one entry and one line in the log, all the same; nothing else is left."""
    verdicts = {student: read_verdict(course, NAME, student) for student in points}
    assert {student: (v.reached, v.recorded, v.failure) for student, v in verdicts.items()} == {
        student: (reached, True, "") for student, reached in points.items()
    }
    assert sorted(path.name for path in (course.outcomes / NAME).iterdir()) == sorted(f"{s}.json" for s in points)
    assert {student: entry["score"][0] for student, entry in gradebook_of(course).items()} == points
    lines = [line for line in log_of(course) if not line["failure"]]
    assert sorted(line["student"] for line in lines) == sorted(points)
    assert {line["student"]: line["verdict"] for line in lines} == {s: v.id for s, v in verdicts.items()}
    assert {line["student"]: line["reached"] for line in lines} == points
    written = {path.parent.parent.name: path for path in course.autograded.glob(f"*/{NAME}/{NAME}.ipynb")}
    assert set(written) == set(points)
    assert list(course.work.rglob(".writing-*")) == []
    with open_gradebook(course) as gradebook, gradebook.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
