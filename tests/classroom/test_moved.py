"""Whether a snapshot has left something: by the seal, and by the number of the newest process."""

import itertools
import os
from types import SimpleNamespace

import pytest

from classroom.sandbox.runs import Run
from classroom.sandbox.warden import Warden


@pytest.mark.parametrize(
    ("before", "after", "sealed", "moved"),
    [(7, 7, True, False), (7, 8, True, True), (7, 0, True, True), (0, 0, True, True), (7, 7, False, True)],
)
def test_what_is_not_known_to_be_as_before_has_moved(before, after, sealed, moved):
    run = Run.__new__(Run)
    run.newest, run.sealed, run.moved, run.ask = before, sealed, False, lambda what, pid: after
    run.end(SimpleNamespace(pid=3))
    assert run.moved is moved


def test_without_the_kernels_word_a_fork_tells_the_number_and_is_not_counted(tmp_path, monkeypatch):
    proc = os.open(tmp_path, os.O_RDONLY)  # it holds no sys/kernel/ns_last_pid
    warden = Warden(None, 0, proc, inner=True)
    numbers = itertools.count(51)
    monkeypatch.setattr(os, "fork", lambda: next(numbers))
    assert [warden._newest(), warden._newest()] == [50, 50]
    next(numbers)  # a process that someone else has started
    assert warden._newest() == 51

    def no_room():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", no_room)
    assert warden._newest() == 0
    os.close(proc)
