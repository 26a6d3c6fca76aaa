"""What the attacks share: two templates for all of them."""

from dataclasses import replace

import pytest

from tests.classroom.attacks.harness import LIMITS, Grounds


@pytest.fixture(scope="session")
def grounds(needs_bubblewrap):
    """Where attacks are tried."""
    made = Grounds()
    yield made
    made.close()


@pytest.fixture(scope="session")
def unhurried(needs_bubblewrap):
    """The same with room for many tests, and so much time that a busy machine costs nothing."""
    slow = {"cell_seconds": 60.0, "test_seconds": 60.0, "total_seconds": 300.0}
    made = Grounds(limits=replace(LIMITS, **slow, processes=64))
    yield made
    made.close()
