"""Grading by a Dask scheduler: what a worker keeps from students, and when a job is late."""

import time

import pytest

from classroom import cluster
from classroom.judging import Job
from classroom.sandbox import Limits, NoSandbox
from classroom.workers import AHEAD

JOB = Job("e99-small", "ada", "key", '{"cells": []}', "")


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A worker's own clone, from which it runs the package; its environment lies around it."""
    source = tmp_path / "environment" / "clone" / "src" / "classroom"
    source.mkdir(parents=True)
    monkeypatch.setattr(cluster, "versions", dict)
    monkeypatch.setattr(cluster.classroom, "__path__", [str(source)])
    monkeypatch.setattr("classroom.sandbox.bubblewrap._python_folders", lambda: [str(tmp_path / "environment")])
    yield source.parents[1]
    cluster._close()


def test_a_worker_keeps_its_own_solutions_from_students(clone, tmp_path):
    """The machine that asks names its folders; those of the worker lie elsewhere."""
    (clone / "solutions").mkdir()
    with pytest.raises(NoSandbox, match=f"students' code would see {clone / 'solutions'}"):
        cluster.judge_on_worker(JOB, Limits(), {}, (tmp_path / "elsewhere" / "solutions",))


@pytest.mark.parametrize("there", [True, False])
def test_a_worker_keeps_out_what_both_machines_have(clone, tmp_path, monkeypatch, there):
    kept = []

    def opened(limits, *, keep_out):
        kept.extend(keep_out)
        raise NoSandbox("seen")

    monkeypatch.setattr(cluster, "open_sandbox", opened)
    if there:
        (clone / "solutions").mkdir()
    with pytest.raises(NoSandbox, match="seen"):
        cluster.judge_on_worker(JOB, Limits(), {}, (tmp_path / "class",))
    assert kept == [tmp_path / "class", *([clone / "solutions"] if there else [])]


def test_a_job_is_late_after_all_that_it_and_those_before_it_may_take(small):
    """By hand: 100 seconds for the cells, 2 tests of 10 each, 120 more; and it waits for others of its thread."""
    settings = small.settings.__class__(limits=Limits(total_seconds=100.0, test_seconds=10.0))
    course = small.__class__(small.root, small.work, settings)
    now = time.monotonic()
    tests = '{"nbgrader": {"grade": true}}, {"nbgrader": {"grade": false}}, {"nbgrader": {"grade": true}}'
    sent = cluster._Sent(Job("e99-small", "ada", "key", tests, ""), now)
    assert cluster._Collection(None, "", course)._deadline(sent) - now == pytest.approx(AHEAD * 240.0)
    assert AHEAD >= 1
