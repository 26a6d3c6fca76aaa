"""Whatever is killed while a class is graded, at random moments: the run that is left alone in the end completes it.

The moments and victims come from a seed, which is printed; CLASSROOM_KILLS_SEED=… tries those of another one. What
happens at a moment depends on the machine, so the same seed does not repeat the same run.
"""

import json
import os
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from classroom.course import Course
from tests.classroom import postgresql
from tests.classroom.faults import BUSY, assert_graded_once, files_of, processes, received_class_of, run

SEED = int(os.environ.get("CLASSROOM_KILLS_SEED", "20261129"))


def start(course, **how):
    process = processes().Process(target=run, args=(str(course.root), str(course.work)), kwargs=how)
    process.start()
    return process


def victims(grader):
    """Return the processes of a run by kind: none of them is one that runs a student's code or the tests."""
    found = {"grader": [psutil.Process(grader.pid)], "bubblewrap": [], "template": [], "first": [], "warden": []}
    for bubblewrap in found["grader"][0].children():
        found["bubblewrap"].append(bubblewrap)
        for template in bubblewrap.children():
            found["template"].append(template)
            for first in template.children():
                found["first"].append(first)
                found["warden"] += first.children()
    return found


def kill_one(grader, choice, seen):
    """Kill a process of a random kind; return the kind, or None if it was gone. `seen` gets all of the run."""
    try:
        kinds = {kind: each for kind, each in victims(grader).items() if each}
        seen.update(process for each in kinds.values() for process in each)
        kind = choice.choice(sorted(kinds))
        victim = choice.choice(kinds[kind])
        victim.kill()
        return kind
    except psutil.Error:
        return None


def kill_on_a_cluster(local, server):
    """Return what kills the grader, a worker of a cluster, or the database, which is started again."""

    def kill_one(grader, choice, seen):
        workers = [nanny.pid for nanny in local.workers.values() if nanny.pid]  # others are being started again
        kind = choice.choice(["database", "grader", *(["worker"] if workers else [])])
        if not grader.is_alive():
            return None
        if kind == "grader":
            grader.kill()
        elif kind == "database":
            server.stop()
            server.start()
        else:
            try:
                victim = psutil.Process(choice.choice(workers))
                seen |= {victim, *victim.children(recursive=True)}
                victim.kill()
            except psutil.Error:
                return None
        return kind

    return kill_one


def completes(course, **how):
    """Grade until the end. A run is tried again only where it finds one that was killed and has not ended yet."""
    for _ in range(20):
        process = start(course, **how)
        process.join(300)
        if process.exitcode != BUSY:
            break
        time.sleep(0.5)
    assert process.exitcode == 0, f"the run ended with {process.exitcode}"


def graded_more(course, grader):
    """Wait until the log says that something was graded, or the run has ended."""
    before = course.log_file.stat().st_size if course.log_file.exists() else 0
    while grader.is_alive() and (not course.log_file.exists() or course.log_file.stat().st_size == before):
        time.sleep(0.05)


def one_round(course, choice, kills, longest, kill, how):
    """Kill so many times while a class is graded, the grader last; return what was killed."""
    killed: Counter[str] = Counter()
    seen: set[psutil.Process] = set()
    while killed.total() < kills:
        grader = start(course, **how)
        while killed.total() < kills:
            if choice.random() < 0.5:  # else most would die while they start
                graded_more(course, grader)
            time.sleep(choice.uniform(0.0, longest))
            kind = kill(grader, choice, seen)
            killed[kind or "nobody"] += 1
            if kind in ("grader", None):
                break
        if grader.is_alive():
            grader.kill()
        grader.join()
        if grader.exitcode == 0:
            break  # it had graded the class before
    psutil.wait_procs(seen, timeout=20)
    assert [process for process in seen if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    return killed


def rounds(course, seed, *, kills, students, a_round, longest, kill=kill_one, prepare=lambda course: course, **how):
    """Grade class after class, killing at random; check each when it is graded in the end.

    `kill` is what kills, `prepare` gets each empty class and returns the course, and `how` is for `run`.
    """
    choice, killed, classes = random.Random(seed), Counter(), 0
    while killed.total() - killed["nobody"] < kills:
        shutil.rmtree(course.work, ignore_errors=True)
        course = prepare(course)
        points = received_class_of(course, students)
        received = files_of(course.received, course.submitted)
        killed += one_round(course, choice, a_round, longest, kill, how)
        completes(course, **how)
        assert_graded_once(course, points)
        assert files_of(course.received, course.submitted) == received
        classes += 1
        print(classes, "classes:", dict(killed), flush=True)
    killed.pop("nobody", None)
    return {"kills": killed.total(), "classes": classes} | dict(killed)


def test_kills_while_verdicts_are_written_and_recorded(small):
    """Without a sandbox a run does little else than write."""
    print("seed", SEED)
    print(said := rounds(small, SEED, kills=8, students=6, a_round=4, workers=0, longest=1.0))
    assert said["kills"] >= 8


def test_kills_of_graders_templates_and_wardens(small, needs_bubblewrap):
    print("seed", SEED)
    print(said := rounds(small, SEED, kills=2, students=3, a_round=2, workers=1, longest=2.0))
    assert said["kills"] >= 2


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "longest"), [(2, 4.0), (0, 0.8)], ids=["in-the-sandbox", "writing"])
def test_two_hundred_kills(small, needs_bubblewrap, workers, longest):
    """The figures are printed; CLASSROOM_KILLS_RECORD=FOLDER keeps them as JSON."""
    began = time.time()
    print("seed", SEED)
    said = {"seed": SEED, "workers": workers}
    said |= rounds(small, SEED + workers, kills=200, students=10, a_round=10, workers=workers, longest=longest)
    said["seconds"] = round(time.time() - began)
    print(json.dumps(said))
    if folder := os.environ.get("CLASSROOM_KILLS_RECORD"):
        text = json.dumps(said, indent=1) + "\n"
        (Path(folder) / f"kills-{workers}-workers.json").write_text(text, encoding="utf-8")
    assert said["kills"] >= 200


@pytest.fixture
def server():
    if not postgresql.programs():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(postgresql.HINT)
    with postgresql.server() as running:
        yield running


@pytest.mark.slow
def test_kills_of_workers_of_a_cluster_and_of_the_database(small, server, needs_bubblewrap):
    from distributed import LocalCluster

    def prepare(course):
        """Let an empty class have a gradebook of its own in the database."""
        course.work.mkdir(parents=True)
        url = server.with_database(f"kills{time.time_ns()}")
        (course.work / "classroom.toml").write_text(f'db_url = "{url}"\n', encoding="utf-8")
        return Course.open(course.root)

    print("seed", SEED)
    options = {"n_workers": 2, "processes": True, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as local:
        size = {"kills": 20, "students": 8, "a_round": 5, "longest": 4.0}
        kill, address = kill_on_a_cluster(local, server), local.scheduler_address
        said = rounds(small, SEED, **size, kill=kill, prepare=prepare, scheduler=address)
    print(said)
    assert said["kills"] >= 20
    assert {"database", "grader", "worker"} <= set(said)
