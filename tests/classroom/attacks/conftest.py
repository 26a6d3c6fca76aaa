"""What the attacks share: two templates for all of them."""

import os
import shutil

import pytest

from tests.classroom.attacks.harness import Grounds


@pytest.fixture(scope="session")
def grounds():
    """Where attacks are tried."""
    if not shutil.which("bwrap"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no bubblewrap: apt-get install bubblewrap")
    made = Grounds()
    yield made
    made.close()
