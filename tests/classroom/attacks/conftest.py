"""What the attacks share: two templates for all of them."""

import os
import shutil
from dataclasses import replace

import pytest

from tests.classroom.attacks.harness import LIMITS, Grounds


@pytest.fixture(scope="session")
def bubblewrap_is_there():
    """Skip where there is none."""
    if not shutil.which("bwrap"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no bubblewrap: apt-get install bubblewrap")


@pytest.fixture(scope="session")
def grounds(bubblewrap_is_there):
    """Where attacks are tried."""
    made = Grounds()
    yield made
    made.close()


@pytest.fixture(scope="session")
def unhurried():
    """The same with room for many tests, and so much time that a busy machine costs nothing."""
    if not shutil.which("bwrap"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no bubblewrap: apt-get install bubblewrap")
    slow = {"cell_seconds": 60.0, "test_seconds": 60.0, "total_seconds": 300.0}
    made = Grounds(limits=replace(LIMITS, **slow, processes=64))
    yield made
    made.close()
