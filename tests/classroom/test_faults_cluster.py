"""Grading on a cluster whose workers are killed, hang, or are of another version, and whose scheduler goes."""

import os
import signal
import threading
import time

import psutil
import pytest
from distributed import LocalCluster

from classroom import cluster
from classroom.course import Unavailable
from classroom.grading import grade_class
from classroom.verdicts import read_verdict
from tests.classroom.faults import assert_graded_once, class_of
from tests.small_assignment import NAME


def test_a_worker_that_is_killed_or_hangs_costs_no_grade(small, monkeypatch, needs_bubblewrap):
    """One worker is killed and one stopped for good; their jobs are graded by those that are started instead."""
    points = class_of(small, 8)
    told, stopped = [], {}

    def deadline(self, sent):
        """What the worker has that was stopped is late at once, everything else never."""
        if not stopped:
            return time.monotonic() + 1e6
        (future,) = [future for future, other in self.sent.items() if other is sent]
        return 0.0 if future.key in self.client.processing().get(stopped["worker"], ()) else time.monotonic() + 1e6

    monkeypatch.setattr(cluster._Collection, "_deadline", deadline)
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=2, **options) as local:
        first, second = local.workers.values()

        def tell(verdict, new):
            told.append(verdict.student)
            if len(told) == 1:
                os.kill(first.pid, signal.SIGKILL)
            if len(told) == 2:
                stopped.update(pid=second.pid, worker=second.worker_address)
                os.kill(second.pid, signal.SIGSTOP)

        grade_class(small, NAME, execute=cluster.on_cluster(small, local.scheduler_address), tell=tell)
    assert_graded_once(small, points)
    assert not psutil.pid_exists(stopped["pid"])


def _never(*_):
    time.sleep(600)


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
    send, sent = cluster._Collection._send, []

    def sends(self, job):
        send(self, job)
        sent.append(job)
        if len(sent) == 2:
            threading.Timer(1.0, local.close).start()

    monkeypatch.setattr(cluster, "judge_on_worker", _never)
    monkeypatch.setattr(cluster._Collection, "_send", sends)
    options = {"processes": True, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with (
        LocalCluster(**options) as local,
        pytest.raises(Unavailable, match="does not answer any more; what is graded is kept"),
    ):
        grade_class(small, NAME, execute=cluster.on_cluster(small, local.scheduler_address))
