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

from tests.classroom.faults import assert_graded_once, class_of, files_of, processes, run

SEED = int(os.environ.get("CLASSROOM_KILLS_SEED", "20261129"))


def start(course, workers):
    process = processes().Process(target=run, args=(str(course.root), str(course.work), workers))
    process.start()
    return process


def victims(grader):
    """Return the processes of a run by kind: none of them is one that runs a student's code or the tests."""
    found = {"grader": [psutil.Process(grader.pid)], "bubblewrap": [], "template": [], "first": [], "warden": []}
    for outer in found["grader"][0].children():
        found["bubblewrap"].append(outer)
        for inner in outer.children():
            found["bubblewrap"].append(inner)
            for template in inner.children():
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


def completes(course, workers):
    """Grade until the end; the run may wait a little for what the killed one has left."""
    for _ in range(2):
        process = start(course, workers)
        process.join(300)
        if process.exitcode == 0:
            return
    raise AssertionError(f"the run ended with {process.exitcode}")


def graded_more(course, grader):
    """Wait until the log says that something was graded, or the run has ended."""
    before = course.log_file.stat().st_size if course.log_file.exists() else 0
    while grader.is_alive() and (not course.log_file.exists() or course.log_file.stat().st_size == before):
        time.sleep(0.05)


def one_round(course, choice, kills, workers, longest):
    """Kill so many times while a class is graded, the grader last; return what was killed."""
    killed: Counter[str] = Counter()
    seen: set[psutil.Process] = set()
    while killed.total() < kills:
        grader = start(course, workers)
        while killed.total() < kills:
            if choice.random() < 0.5:  # else most would die while they start
                graded_more(course, grader)
            time.sleep(choice.uniform(0.0, longest))
            kind = kill_one(grader, choice, seen)
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


def rounds(course, seed, *, kills, students, a_round, workers, longest):
    """Grade class after class, killing at random; check each when it is graded in the end."""
    choice, killed, classes = random.Random(seed), Counter(), 0
    while killed.total() - killed["nobody"] < kills:
        shutil.rmtree(course.work, ignore_errors=True)
        points = class_of(course, students)
        received = files_of(course.submitted)
        killed += one_round(course, choice, a_round, workers, longest)
        completes(course, workers)
        assert_graded_once(course, points)
        assert files_of(course.submitted) == received
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
