"""What the attacks share: two templates for all of them."""

import os
import shutil

import pytest

from tests.classroom.attacks.harness import Grounds


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
