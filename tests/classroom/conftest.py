"""What tests of the instructor's package share."""

import functools
import os
import shutil
from pathlib import Path
from unittest import mock

import nbgrader.api
import pytest

from classroom.course import Course
from tests.classroom.submissions import release
from tests.small_assignment import small_course


@pytest.fixture(autouse=True, scope="session")
def alembic_is_asked_once():
    """nbgrader starts alembic for each new gradebook, which takes seconds, and the answer is the same."""
    answer = functools.cache(nbgrader.api.get_alembic_version)
    with mock.patch.object(nbgrader.api, "get_alembic_version", answer):
        yield


@pytest.fixture(scope="session")
def root():
    return Path(__file__).resolve().parents[2]


@pytest.fixture
def course(root, tmp_path):
    """A course of its own in an empty folder: the settings of nbgrader and the small assignment."""
    folder = tmp_path / "course"
    folder.mkdir()
    small_course(root, folder)
    return folder


@pytest.fixture
def small(course, monkeypatch):
    """The same course as the classroom sees it, with its class in a folder of its own."""
    monkeypatch.setenv("SEQ2BERT_GRADING", str(course / "grading"))
    return Course.open(course)


@pytest.fixture
def released(small, monkeypatch):
    """The same with its release made, in the current folder."""
    monkeypatch.chdir(small.root)
    release(small)
    return small


@pytest.fixture(scope="session")
def needs_bubblewrap():
    """Skip where there is none; in continuous integration that is a failure."""
    if not shutil.which("bwrap"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no bubblewrap: apt-get install bubblewrap")
