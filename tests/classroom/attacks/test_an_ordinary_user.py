"""Grading as an ordinary user, as machines.md asks for: bubblewrap then needs a user namespace, which root does not.

Where the tests run as root, as in a container, this one gives the rights away first, and has a class of its own.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import pytest

from classroom.course import Course
from classroom.gradebook import open_gradebook
from classroom.sandbox import bubblewrap
from classroom.verdicts import read_verdict
from tests.classroom.attacks.harness import as_nobody
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME, small_course

GRADE = f"""
import json, os, sys
from classroom.course import Course
from functools import partial
from classroom import workers
from classroom.grading import grade_class
from classroom.sandbox import Sandbox
from classroom.workers import on_this_machine
if sys.argv[1] == "one wall":
    workers.open_sandbox = partial(Sandbox, inner=False)
course = Course.open(".")
grade_class(course, {NAME!r}, execute=on_this_machine(course, workers=1))
print(json.dumps(os.getresuid()))
"""
# A wrong answer, and what the user who grades may do: write into the class's folder.
HOSTILE = """    for path in ({path!r}, "/mnt" + {path!r}):
        try:
            open(path, "w").close()
        except OSError:
            pass
    return 0
"""


@pytest.fixture
def own_class(root):
    """A course and its class in a folder that can be given to another user."""
    folder = Path(tempfile.mkdtemp(prefix="class-"))
    small_course(root, folder)
    with mock.patch.dict(os.environ, {"SEQ2BERT_GRADING": str(folder / "grading")}):
        yield Course.open(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("walls", ["both walls", pytest.param("one wall", marks=pytest.mark.slow)])
def test_an_ordinary_user_grades(own_class, tmp_path, needs_bubblewrap, walls):
    hand_in(own_class, "ann", RIGHT, why="It is interpreted.")
    hand_in(own_class, "bob", HALF)
    peer = own_class.submitted / "ann" / NAME / f"{NAME}.ipynb"
    hand_in(own_class, "mallory", RIGHT | {"e99-double-answer": HOSTILE.format(path=str(peer))})
    before, who = peer.read_bytes(), []
    if os.getuid() == 0:
        who = as_nobody(map(Path, bubblewrap._python_folders()), tmp_path)
        for path in (own_class.root, *own_class.root.rglob("*")):
            shutil.chown(path, "nobody")
    settings = {"PATH": os.environ["PATH"], "HOME": str(own_class.root), "SEQ2BERT_GRADING": str(own_class.work)}
    words = [*who, sys.executable, "-c", GRADE, walls]
    done = subprocess.run(words, env=settings, cwd=own_class.root, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    assert set(json.loads(done.stdout)) == {pwd.getpwnam("nobody").pw_uid if who else os.getuid()}
    verdicts = {student: read_verdict(own_class, NAME, student) for student in ("ann", "bob", "mallory")}
    assert {student: verdict.reached for student, verdict in verdicts.items()} == {"ann": 9, "bob": 4, "mallory": 5}
    assert [(verdict.failure, verdict.notes) for verdict in verdicts.values()] == [("", [])] * 3
    assert peer.read_bytes() == before
    with open_gradebook(own_class) as gradebook:
        assert gradebook.find_submission(NAME, "ann").score == 9
