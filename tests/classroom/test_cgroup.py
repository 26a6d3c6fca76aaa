"""Control groups: where they are made and with which bounds; those of graders that were killed are removed."""

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


def test_without_swap_memory_is_bounded_all_the_same(tmp_path, monkeypatch):
    """The kernel refuses to open a file that a group does not have, as if it were forbidden."""
    bounds = {"memory.max": 5, "memory.swap.max": 0}
    monkeypatch.setattr(cgroup, "_places", lambda memory, processes: [(tmp_path, bounds)])
    group = Group(5, 64)
    assert group.bounds_memory
    assert {path.name: path.read_text() for path in group.folders[0].iterdir()} == {"memory.max": "5"}


def test_a_group_for_processes_alone_does_not_bound_memory(tmp_path, monkeypatch):
    places = [(tmp_path / "there is none", {"memory.limit_in_bytes": 5}), (tmp_path, {"pids.max": 64})]
    monkeypatch.setattr(cgroup, "_places", lambda memory, processes: places)
    group = Group(5, 64)
    assert len(group.folders) == 1
    assert not group.bounds_memory


def test_a_group_that_cannot_be_bounded_is_removed(parent, monkeypatch):
    monkeypatch.setattr(cgroup, "_places", lambda memory, processes: [(parent, {"no folder/memory.max": 5})])
    group = Group(5, 64)
    assert (group.folders, group.bounds_memory, list(parent.iterdir())) == ([], False, [])


@pytest.fixture
def version_2(tmp_path, monkeypatch):
    """A hierarchy of version 2 in which each group offers all bounds; returns how to choose the own group."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "cgroup.controllers").touch()
    for folder in (tmp_path, tmp_path / "a"):
        (folder / "cgroup.subtree_control").write_text("cpu memory pids\n")
    monkeypatch.setattr(cgroup, "_ROOT", tmp_path)

    def be_in(own):
        monkeypatch.setattr(cgroup, "_own_group", lambda prefix: None if own is None else tmp_path / own)

    return be_in


@pytest.mark.parametrize(("own", "parents"), [("a/b", ["a"]), ("a", [""]), ("", [""]), (None, [])])
def test_a_group_of_version_2_is_made_beside_the_own_one(tmp_path, version_2, own, parents):
    version_2(own)
    bounds = {"memory.max": 5, "memory.swap.max": 0, "pids.max": 64}
    assert cgroup._places(5, 64) == [(tmp_path / parent, bounds) for parent in parents]


@pytest.mark.parametrize("offered", ["cpu pids\n", "", None])
def test_what_the_parent_does_not_offer_cannot_be_bounded_whatever_the_root_offers(tmp_path, version_2, offered):
    """An ordinary user's groups, say: systemd hands on less to them than it has."""
    version_2("a/b")
    if offered is None:
        (tmp_path / "a" / "cgroup.subtree_control").unlink()
    else:
        (tmp_path / "a" / "cgroup.subtree_control").write_text(offered)
    assert cgroup._places(5, 64) == []
    version_2("a")
    assert len(cgroup._places(5, 64)) == 1


def test_groups_of_version_1_are_made_where_there_is_a_hierarchy(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroup, "_ROOT", tmp_path)
    (tmp_path / "memory").mkdir()
    bounds = {"memory.limit_in_bytes": 5, "memory.memsw.limit_in_bytes": 5}
    assert cgroup._places(5, 64) == [(tmp_path / "memory", bounds)]
