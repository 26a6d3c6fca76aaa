"""What tests of the instructor's package share."""

from pathlib import Path

import pytest

from tests.small_assignment import small_course


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
