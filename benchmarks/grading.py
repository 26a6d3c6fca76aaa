"""Grading classes of generated students of one assignment: processor seconds, wall time and memory by the class's size.

python -m benchmarks.grading 100 500 1000 --json benchmarks/records/grading.json

Needs root or a control group that one may divide: only a group knows the processor time of everything that ran in it.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat

from classroom.course import Course
from classroom.gradebook import register
from classroom.grading import grade_class
from classroom.verdicts import Verdict
from classroom.workers import on_this_machine

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT = "e02-attention-by-hand"  # a usual one: half of its own work is a figure. The lightest is e12-subwords
SHARE_SOLVED = 0.7  # of the tasks of each student; the others are left as they were released
GROUPS = Path("/sys/fs/cgroup")


def make_class(folder: Path, number: int, assignment: str, *, seed: int = 0) -> Course:
    """Make a course of one assignment, and so many students who solved some of its tasks."""
    for name in ("_config.yml", "nbgrader_config.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for kind in ("solutions", "exercises"):
        place = folder / kind / assignment
        place.mkdir(parents=True)
        notebook = f"{assignment}.ipynb"
        (place / notebook).write_bytes((ROOT / kind / assignment / notebook).read_bytes())
    course = Course.open(folder)
    register(course, assignment)
    release = nbformat.read(course.release / assignment / f"{assignment}.ipynb", as_version=4)
    source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
    solved = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if "nbgrader" in cell.metadata}
    released = [cell.source for cell in release.cells]
    choice = random.Random(seed)
    for place in range(number):
        for cell, text in zip(release.cells, released, strict=True):
            marks = cell.metadata.get("nbgrader", {})
            is_answer = marks.get("solution") and choice.random() < SHARE_SOLVED
            cell.source = solved[marks["grade_id"]] if is_answer else text
        target = course.submitted / f"student-{place:05}" / assignment
        target.mkdir(parents=True)
        nbformat.write(release, target / f"{assignment}.ipynb")
        (target / "timestamp.txt").write_text("2026-11-01 12:00:00.000000 UTC", encoding="utf-8")
    return course


@contextlib.contextmanager
def processor_seconds() -> Iterator[tuple[Callable[[], None], Callable[[], float]]]:
    """Yield what puts a new process into a control group, and what says how long the processes in it have worked."""
    name = f"benchmark-{os.getpid()}"
    if (GROUPS / "cgroup.controllers").is_file():  # version 2; the sandbox makes its groups beside that of the grader
        group = GROUPS / name
        run = group / "run"
        run.mkdir(parents=True)
        (group / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")

        def spent() -> float:
            return float((group / "cpu.stat").read_text(encoding="ascii").split()[1]) / 1e6
    else:
        group = run = GROUPS / "cpuacct" / name
        run.mkdir()

        def spent() -> float:
            return float((group / "cpuacct.usage").read_text(encoding="ascii")) / 1e9

    def enter() -> None:
        (run / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    try:
        yield enter, spent
    finally:
        for folder in (run, group):
            for _ in range(50):
                with contextlib.suppress(FileNotFoundError, OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.1)


def grade_one_class(folder: Path, assignment: str, workers: int | None) -> dict[str, object]:
    """Grade a class in this process; return what it knows of its own time and memory."""
    course = Course.open(folder)
    resident: list[float] = []
    failed: list[str] = []
    total = len(list(course.submitted.iterdir()))

    def tell(verdict: Verdict, new: bool) -> None:
        failed.extend([verdict.student] if verdict.failure or not new else [])
        tell.told += 1  # type: ignore[attr-defined]
        if tell.told % max(1, total // 10) == 0:  # type: ignore[attr-defined]
            resident.append(_memory("VmRSS"))

    tell.told = 0  # type: ignore[attr-defined]
    before, main_before = time.process_time(), time.thread_time()
    grade_class(course, assignment, execute=on_this_machine(course, workers=workers), tell=tell)
    main = time.thread_time() - main_before
    return {
        "failed": len(failed),
        "imports": round(before, 2),
        "reading_and_recording": round(main, 2),
        "worker_threads": round(time.process_time() - before - main, 2),
        "resident_mib": resident,
        "peak_mib": _memory("VmHWM"),
    }


def _memory(kind: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return round(int(line.split()[1]) / 1024, 1)


def measure(number: int, assignment: str, command: Callable[[Path], list[str]]) -> dict[str, object]:
    """Make a class, run a command in its folder, and return what it cost."""
    with tempfile.TemporaryDirectory(prefix="class-") as name, processor_seconds() as (enter, spent):
        folder = Path(name)
        make_class(folder, number, assignment)
        environment = os.environ | {"OMP_NUM_THREADS": "1", "SEQ2BERT_GRADING": str(folder / "grading")}
        began = time.monotonic()
        done = subprocess.run(
            command(folder), cwd=ROOT, env=environment, preexec_fn=enter, capture_output=True, text=True, check=False
        )
        wall, seconds = time.monotonic() - began, spent()
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-2000:])
        lines = done.stdout.strip().splitlines()
        said = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    own = sum(said.get(part, 0.0) for part in ("imports", "reading_and_recording", "worker_threads"))
    return {
        "submissions": number,
        "processor_seconds_each": round(seconds / number, 3),
        "processor_seconds": round(seconds, 1),
        "wall_seconds": round(wall, 1),
        "load": round(os.getloadavg()[0], 1),
        **said,
        **({"sandboxes": round(seconds - own, 2)} if said else {}),
    }


def record(path: Path, key: str, measured: dict[str, object]) -> None:
    """Add what was measured to those in a file."""
    runs = json.loads(path.read_text())["runs"] if path.exists() else {}
    about = {"cores": os.cpu_count(), "python": platform.python_version()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about | {"runs": runs | {key: measured}}, indent=1) + "\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", help="numbers of students")
    parser.add_argument("--assignment", default=ASSIGNMENT, help="default: %(default)s")
    parser.add_argument("--workers", type=int, help="default: one for each core")
    parser.add_argument("--nbgrader", type=int, default=0, metavar="N", help="also so many with nbgrader autograde")
    parser.add_argument("--json", type=Path, help="add the figures to those there")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(grade_one_class(arguments.one, arguments.assignment, arguments.workers)))
        return
    name = arguments.assignment
    workers = [] if arguments.workers is None else ["--workers", str(arguments.workers)]
    python = [sys.executable, "-W", "ignore", "-m"]
    ours = [*python, "benchmarks.grading", "--assignment", name, *workers, "--one"]
    theirs = [*python, "nbgrader", "autograde", name, "--create"]
    runs = [("classroom", size, lambda folder: [*ours, str(folder)]) for size in arguments.sizes]
    if arguments.nbgrader:
        runs.append(("nbgrader", arguments.nbgrader, lambda folder: [*theirs, f"--course-dir={folder}"]))
    for program, size, command in runs:
        measured = measure(size, name, command)
        print(json.dumps(measured), flush=True)
        if arguments.json:
            record(arguments.json, f"{name.split('-')[0]}, {program}, {size}", measured)


if __name__ == "__main__":
    main()
