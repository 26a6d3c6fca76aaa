"""Grading on a cluster whose workers are killed, hang, or are of another version, and whose scheduler goes."""

import os
import shutil
import signal
import threading

import psutil
import pytest
from distributed import LocalCluster

from classroom import cluster
from classroom.course import Course, Unavailable
from classroom.grading import grade_class
from classroom.verdicts import read_verdict
from tests.classroom.faults import assert_graded_once, class_of
from tests.small_assignment import NAME


@pytest.fixture
def small(course, monkeypatch):
    monkeypatch.setenv("SEQ2BERT_GRADING", str(course / "grading"))
    return Course.open(course)


@pytest.fixture
def bubblewrap():
    if not shutil.which("bwrap"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no bubblewrap: apt-get install bubblewrap")


def test_a_worker_that_is_killed_or_hangs_costs_no_grade(small, monkeypatch, bubblewrap):
    """One worker is killed and one stopped for good; their jobs are graded by those that are started instead."""
    points = class_of(small, 9)
    monkeypatch.setattr(cluster, "_EXTRA", 20.0)
    monkeypatch.setattr(cluster._Collection, "_deadline", lambda self, sent: sent.since + 25.0)
    told, processes = [], []

    def tell(verdict, new):
        told.append(verdict.student)
        if len(told) in (1, 3):
            workers = [process for process in processes if process.is_running()]
            workers[0].send_signal(signal.SIGKILL if len(told) == 1 else signal.SIGSTOP)

    def workers_of():
        return [p for p in psutil.Process().children(recursive=True) if "bwrap" not in p.name() and _is_worker(p)]

    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=2, **options) as local:
        processes += workers_of()
        assert len(processes) == 2
        grade_class(small, NAME, execute=cluster.on_cluster(small, local.scheduler_address), tell=tell)
        assert_graded_once(small, points)
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def _is_worker(process):
    return any("spawn_main" in part for part in process.cmdline())


def test_a_worker_with_other_versions_stops_the_run(small, monkeypatch):
    class_of(small, 1)
    monkeypatch.setattr(cluster, "versions", lambda: {"torch": "0.1"})
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        LocalCluster(n_workers=1, **options) as local,
        pytest.raises(Unavailable, match=r"a worker cannot grade: .* has torch .*, not 0\.1: install the same there"),
    ):
        grade_class(small, NAME, execute=cluster.on_cluster(small, local.scheduler_address))
    assert read_verdict(small, NAME, "student-000") is None


def test_a_scheduler_that_goes_stops_the_run(small, monkeypatch):
    class_of(small, 2)
    options = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    local = LocalCluster(**options)
    waiting = threading.Event()
    monkeypatch.setattr(cluster, "judge_on_worker", lambda *_: waiting.wait(30))
    threading.Timer(3.0, local.close).start()
    with pytest.raises(Unavailable, match="does not answer any more; what is graded is kept"):
        grade_class(small, NAME, execute=cluster.on_cluster(small, local.scheduler_address))
    waiting.set()
