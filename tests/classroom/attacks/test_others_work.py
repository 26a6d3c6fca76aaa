"""Attacks on gradebook, solutions, seed and peers: a submission that knows where they are reads them, or writes.

The defence is that they are not in the sandbox's file system. Without it a template shows them, as a container does
into which the course's folder is mounted; everyone may write there, so that nothing else keeps the attack away.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from classroom.course import Course
from classroom.grading import grade_class
from classroom.private_seed import make_seed
from classroom.sandbox import bubblewrap
from classroom.workers import on_this_machine
from tests.classroom.attacks.harness import Grounds, open_to_all, printed, writable
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME, small_course

FIND = """
import json, os, sqlite3
places = ({place!r}, "/mnt" + {place!r})
place = next(filter(os.path.isdir, places), places[0])
solutions = f"{{place}}/solutions/{name}/{name}.ipynb"
gradebook = f"{{place}}/grading/gradebook.db"
peer = f"{{place}}/grading/submitted/ann/{name}/{name}.ipynb"
"""
ANSWER = {"e99-double-answer": "    return number + number  # in the words of ann\n"}
TEST = 'close(double(secret_number), 2 * secret_number, \\"also for other numbers\\")'  # as JSON has it


def scores(course):
    """Return all points by tests that the gradebook has."""
    with closing(sqlite3.connect(course.work / "gradebook.db")) as connection:
        return {score for (score,) in connection.execute("SELECT auto_score FROM grade")}


def solutions(course):
    return (course.source / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")


def of_ann(course):
    return course.submitted / "ann" / NAME / f"{NAME}.ipynb"


# What the submission does, and whether it has won: asked of what it printed, and of the course.
ATTACKS = {
    "reading a hidden test": (
        "text = open(solutions).read()\nprint(text[text.index('BEGIN HIDDEN'):][:1000])",
        lambda said, course: "secret_number" in said,
    ),
    "reading a peer's answer": (
        "text = open(peer).read()\nprint(text[text.index('def double'):][:1000])",
        lambda said, course: "in the words of ann" in said,
    ),
    "reading a peer's points": (
        "print(list(sqlite3.connect(gradebook).execute('SELECT id FROM student')))",
        lambda said, course: "('ann',)" in said,
    ),
    "reading the private seed": (
        "print(open(f'{place}/grading/private-seed').read())",
        lambda said, course: course.seed_file.read_text(encoding="ascii").strip() in said,
    ),
    "looking for the gradebook": (
        "for folder, folders, names in os.walk('/'):\n"
        "    folders[:] = set(folders) - {'proc', 'usr', 'lib'}\n"
        "    if 'gradebook.db' in names:\n        print(folder)",
        lambda said, course: str(course.work) in said,
    ),
    "writing points into the gradebook": (
        "with sqlite3.connect(gradebook) as connection:\n    connection.execute('UPDATE grade SET auto_score = 1000')",
        lambda said, course: scores(course) == {1000.0},
    ),
    "writing over the gradebook": (
        "os.replace(gradebook, gradebook + '-old')\nopen(gradebook, 'wb').close()",
        lambda said, course: (course.work / "gradebook.db").stat().st_size == 0,
    ),
    "writing over a peer's notebook": (
        "notebook = json.load(open(peer))\nnotebook['cells'].clear()\njson.dump(notebook, open(peer, 'w'))",
        lambda said, course: '"cells": []' in of_ann(course).read_text(encoding="utf-8"),
    ),
    "deleting a peer's notebook": ("os.remove(peer)", lambda said, course: not of_ann(course).exists()),
    "rewriting one's own test": (
        f"text = open(solutions).read()\nopen(solutions, 'w').write(text.replace({TEST!r}, 'pass'))",
        lambda said, course: TEST not in solutions(course),
    ),
    "rewriting one's own verdict": (
        f"path = f'{{place}}/grading/.classroom/outcomes/{NAME}/mallory.json'\n"
        "verdict = json.load(open(path))\nverdict['outcomes'] = []\njson.dump(verdict, open(path, 'w'))",
        lambda said, course: '"outcomes": []'
        in (course.outcomes / NAME / "mallory.json").read_text(encoding="utf-8"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(root, tmp_path_factory):
    """A small class that is graded, in a folder of a course where everyone may write."""
    folder = tmp_path_factory.mktemp("course")
    small_course(root, folder)
    with mock.patch.dict(os.environ, {"SEQ2BERT_GRADING": str(folder / "grading")}):
        course = Course.open(folder)
    hand_in(course, "ann", RIGHT | ANSWER, why="It is interpreted.")
    hand_in(course, "mallory", HALF)
    grade_class(course, NAME, execute=on_this_machine(course, trusted=True))
    make_seed(course.seed_file)
    open_to_all(folder)
    return course


@pytest.fixture(scope="module")
def open_wall(graded, root, needs_bubblewrap):
    """A sandbox whose outer wall shows that course, to be written in, and what this repository has beside Python."""
    command, folders = bubblewrap.command, bubblewrap._python_folders()
    shown = [str(path) for path in (graded.root, *of_this_repository(root))]
    with (
        mock.patch.object(bubblewrap, "_python_folders", return_value=[*folders, *shown]),
        mock.patch.object(bubblewrap, "command", lambda *a, **how: writable(command(*a, **how), graded.root)),
    ):
        made = Grounds()
        made.sandbox(weak=True)
    yield made
    made.close()


def of_this_repository(root):
    return [root / "solutions", root / "tests", root / "nbgrader_config.py"]


def content(course):
    return {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_of_the_class_is_read_or_written(grounds, open_wall, graded, name):
    source, won = ATTACKS[name]
    source = FIND.format(place=str(graded.root), name=NAME) + source
    before, sandbox = content(graded), grounds.sandbox()
    assert not won(printed(grounds.grade(source)), graded)
    assert content(graded) == before
    assert grounds.sandbox() is sandbox
    try:
        assert won(printed(open_wall.grade_without("pass", source)), graded)
    finally:
        for path in set(content(graded)) - set(before):
            path.unlink()
        for path, data in before.items():
            path.write_bytes(data)
        open_to_all(graded.root)


def test_neither_the_course_nor_the_class_can_be_seen(grounds, open_wall, graded, root):
    asked = [Path(__file__), *of_this_repository(root), *graded.root.iterdir(), *graded.work.iterdir()]
    source = f"""
import os
for path in {[str(path) for path in asked]!r}:
    if os.path.exists(path) or os.path.exists("/mnt" + path):
        print("seen:", path)
"""
    assert printed(grounds.grade(source)) == ""
    assert printed(open_wall.grade_without("pass", source)).splitlines() == [f"seen: {path}" for path in asked]
