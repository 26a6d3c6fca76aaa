"""Whatever happens while a class is received, nothing is lost or half there, and the same again finishes it."""

import errno
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from classroom.receive import DiskFull, receipts_of, receive
from classroom.receive import receipts as receipts_module
from tests.classroom.receive.made import NAME, everything_in, folder_of, kept

FILES = {f"{name}/{part}": f"{name} {part}".encode() for name in ("ann", "bob", "cy") for part in ("x.ipynb", "y.csv")}


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Steps:
    """Counts every step on the disk, and fails at one of them."""

    def __init__(self, monkeypatch, at, error):
        self.at, self.error, self.count = at, error, 0
        for owner, name in (
            (Path, "mkdir"),
            (receipts_module.tempfile, "mkdtemp"),
            (receipts_module, "_write"),
            (receipts_module.os, "fsync"),
            (Path, "rename"),
        ):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, step):
        def counted(*given, **options):
            self.count += 1
            if self.count == self.at:
                raise self.error
            return step(*given, **options)

        return counted


def number_of_steps(folders, source, monkeypatch):
    with monkeypatch.context() as patch:
        steps = Steps(patch, 0, Killed())
        receive(folders, NAME, source)
    return steps.count


def check_whole(folders):
    """Check that each attempt that is there is whole, as its receipt says."""
    for receipt_file in (folders.received / NAME).glob("[!.]*/[!.]*/receipt.json"):
        for file in json.loads(receipt_file.read_text())["files"]:
            content = (receipt_file.parent / file["name"]).read_bytes()
            assert content == FILES[file["original"]] if "/" in file["original"] else content
    for attempt in (folders.received / NAME).glob("[!.]*/[!.]*"):
        assert (attempt / "receipt.json").is_file()
        assert len(list(attempt.iterdir())) == 3


def test_killed_at_any_step_it_loses_nothing_and_can_be_repeated(tmp_path, folders, monkeypatch):
    source = folder_of(tmp_path / "s", FILES)
    count = number_of_steps(folders, source, monkeypatch)
    whole = {path for path in everything_in(folders.received) if path.name != ".lock"}
    assert count > 20
    for at in range(1, count + 1):
        again = type(folders)(tmp_path / f"killed-{at}")
        with monkeypatch.context() as patch:
            Steps(patch, at, Killed())
            with pytest.raises(Killed):
                receive(again, NAME, source)
        check_whole(again)
        before = {path: path.read_bytes() for path in again.received.rglob("receipt.json")}
        receive(again, NAME, source)
        check_whole(again)
        assert {path.relative_to(again.received) for path in before} <= whole
        assert all(path.read_bytes() == content for path, content in before.items())
        assert {path for path in everything_in(again.received) if path.name != ".lock"} == whole


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, folders, monkeypatch, number):
    source = folder_of(tmp_path / "s", FILES)
    for at in range(1, number_of_steps(folders, source, monkeypatch) + 1):
        again = type(folders)(tmp_path / f"full-{at}")
        with monkeypatch.context() as patch:
            Steps(patch, at, OSError(number, os.strerror(number)))
            with pytest.raises(DiskFull, match="make room and run it again"):
                receive(again, NAME, source)
        check_whole(again)
        assert not list(again.received.rglob(".new-*"))
        receive(again, NAME, source)
        assert kept(again) == kept(folders)


def test_what_was_left_over_is_swept_when_it_is_old(folders, tmp_path):
    student = folders.received / NAME / "ann"
    for name in (".new-old", ".new-fresh"):
        (student / name).mkdir(parents=True)
        (student / name / "x.ipynb").write_bytes(b"half")
    os.utime(student / ".new-old", (0, 0))
    receive(folders, NAME, folder_of(tmp_path / "s", FILES))
    assert [path.name for path in student.glob(".*")] == [".new-fresh"]
    assert len(receipts_of(student)) == 1


def test_a_damaged_receipt_stops_its_own_student_only(folders, tmp_path):
    source = folder_of(tmp_path / "s", FILES)
    receive(folders, NAME, source)
    damaged = next((folders.received / NAME / "bob").glob("*/receipt.json"))
    for content in ("", "{", "[]", "{}", "\ufffd", damaged.read_text().replace("+00:00", "")):
        damaged.write_text(content)
        intake = receive(folders, NAME, source)
        assert [each.student for each in intake.known] == ["ann", "cy"]
        assert f"the receipt {damaged} cannot be read" in intake.refused[0].reason


def test_two_files_whose_hashes_begin_alike_are_both_kept(folders, tmp_path, monkeypatch):
    """Files whose first 12 digits are equal can be made in minutes; the folder's name has more."""
    hashes = {b"1": "0" * 12 + "1" * 52, b"2": "0" * 12 + "2" * 52}
    monkeypatch.setattr("classroom.receive.sha256_of", lambda contents: hashes[contents[0][1]])
    for content in (b"1", b"2"):
        receive(folders, NAME, folder_of(tmp_path / "s", {"ann.ipynb": content}))
    assert kept(folders) == {"ann": [b"1", b"2"]}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_that_receive_at_once_keep_each_attempt_once(folders, tmp_path):
    names = [f"s{n}" for n in range(30)]
    source = folder_of(tmp_path / "s", {f"{name}.ipynb": name.encode() for name in names})
    fork = multiprocessing.get_context("fork")
    new = fork.SimpleQueue()
    processes = [fork.Process(target=lambda: new.put(len(receive(folders, NAME, source).new))) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert sorted(new.get() for _ in processes) == [0, 0, 30]
    assert kept(folders) == {name: [name.encode()] for name in names}
    assert all(len(receipts_of(folders.received / NAME / name)) == 1 for name in names)
