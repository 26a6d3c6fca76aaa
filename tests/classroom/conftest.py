"""What tests of the instructor's package share."""

import functools
from pathlib import Path
from unittest import mock

import nbgrader.api
import pytest

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
