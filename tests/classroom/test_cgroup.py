"""Control groups of graders that were killed are removed; those in use stay."""

import os
import subprocess
import sys

import pytest

from classroom.sandbox import cgroup
from classroom.sandbox.cgroup import Group


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """A folder that stands for the one of the groups: there need be none on the machine."""
    monkeypatch.setattr(cgroup, "_places", lambda memory, processes: [(tmp_path, {})])
    return tmp_path


@pytest.fixture
def gone():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_group_whose_maker_is_gone_is_removed(parent, gone):
    left, used = (parent / f"classroom-{pid}-0a" for pid in (gone, os.getpid()))
    other = parent / "classroom-x-y"
    full = parent / f"classroom-{gone}-0c"
    for folder in (left, used, other, full, full / "a process"):
        folder.mkdir()
    group = Group(2**30, 64)
    assert not left.exists()
    assert used.exists()
    assert other.exists()
    assert full.exists()
    assert group.folders[0].is_dir()
