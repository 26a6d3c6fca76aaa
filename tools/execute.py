"""Run every lecture that changed, once, with nbval; the site is built from the outputs of that same run.

A lecture is run again when its code cells, the package, the tested versions, torch or Python changed; not when only
its prose did. It runs in the environment of tools/lecture_environment.py (the wheel and its dependencies only) in an
empty folder, `--jobs` lectures at a time with one thread each: the models
are small (CONTRIBUTING.md has the numbers). `--solutions` runs the solutions of the assignments in the same way.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

from tools import lecture_environment

ROOT = Path(__file__).resolve().parent.parent
CELL_TIMEOUT = 300  # seconds; a whole lecture is meant to take 60 on two quiet cores, and a shared machine is slower
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def package_hash(root):
    """Hash of what every lecture depends on besides itself."""
    digest = hashlib.sha256()
    sources = [path for path in sorted((root / "src" / "seq2bert").rglob("*")) if path.is_file()]
    sources = [path for path in sources if "__pycache__" not in path.parts]
    tools = [root / "tools" / name for name in ("execute.py", "record_outputs.py", "lecture_environment.py")]
    for path in [*sources, *tools, root / "constraints.txt", root / "pyproject.toml"]:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(sys.version.encode() + importlib.metadata.version("torch").encode())
    return digest.hexdigest()


def code_hash(notebook):
    """Hash of a notebook's code cells and their tags: what decides its outputs."""
    cells = [[c.source, c.metadata.get("tags", [])] for c in notebook.cells if c.cell_type == "code"]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def read_lecture(path):
    """A notebook as it is committed; one that cannot be read ends the program and is named."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError) as error:  # a conflict left by git merge, say
        sys.exit(f"{path} cannot be read as a notebook: {str(error).splitlines()[0][:200]}")


def stamp_of(path, package):
    """What the executed copy of this notebook must be stamped with to be current."""
    return hashlib.sha256((code_hash(read_lecture(path)) + package).encode()).hexdigest()


def is_current(path, package, executed):
    """Whether the executed copy of a lecture exists and belongs to this code."""
    stamp, wanted = executed / f"{path.stem}.stamp", stamp_of(path, package)
    return stamp.exists() and stamp.read_text() == wanted and (executed / path.name).exists()


def run_notebook(path, executed, environment, *, root, threads):
    """Run one notebook with nbval in an empty folder; return (success, what pytest printed, seconds)."""
    stamp = executed / f"{path.stem}.stamp"
    stamp.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="lecture-") as folder:
        work = Path(folder) / path.name
        work.write_bytes(path.read_bytes())
        variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MPLBACKEND")}
        variables |= dict.fromkeys(THREADS, str(threads))
        variables["JUPYTER_PATH"] = str(environment / "jupyter")
        variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # other plugins cost seconds to load and do nothing here
        command = [sys.executable, "-m", "pytest", "-c", str(root / "tools" / "nbval.ini"), f"--rootdir={folder}"]
        command += [
            "-p",
            "nbval.plugin",
            "-p",
            "tools.record_outputs",
            "-p",
            "no:cacheprovider",
            "--nbval-lax",
            "--color=no",
            "-q",
            "-x",
        ]
        command += [f"--nbval-kernel-name={lecture_environment.KERNEL}", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
        command += [f"--record-to={executed}", str(work)]
        start = time.perf_counter()
        result = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, errors="replace")
        seconds = time.perf_counter() - start
    return result.returncode == 0, result.stdout + result.stderr, seconds


def execute(root, lectures, *, jobs, threads, force=False):
    """Run what is stale among `lectures`; return the names of those that failed."""
    executed = root / "_build" / "executed"
    executed.mkdir(parents=True, exist_ok=True)
    package = package_hash(root)
    current = {path: is_current(path, package, executed) for path in lectures}  # reads all before any is run
    stale = [path for path in lectures if force or not current[path]]
    if not stale:
        return []
    environment = root / "_build" / "lecture_environment"
    marker = environment / "package.hash"
    if not marker.exists() or marker.read_text() != package:
        lecture_environment.create(environment, root)
        marker.write_text(package)

    def run(path):
        success, output, seconds = run_notebook(path, executed, environment, root=root, threads=threads)
        if success:
            (executed / f"{path.stem}.stamp").write_text(stamp_of(path, package))
        print(f"  {path.stem}: {'ran' if success else 'FAILED'} in {seconds:.0f} s", flush=True)
        return path, success, output

    print(f"Running {len(stale)} of {len(lectures)} notebooks, {jobs} at a time", flush=True)
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(run, stale))
    for path, success, output in results:
        if not success:
            print(f"\n──── {path.name} ────\n{output}", flush=True)
    return [path.stem for path, success, _ in results if not success]


def find_lectures(root, number=None):
    """Lectures in order, or the one whose name starts with `number`."""
    lectures = sorted((root / "lectures").glob("*.ipynb"))
    if number is not None:
        lectures = [path for path in lectures if path.stem.split("-")[0] == str(number).zfill(2)]
        if not lectures:
            there = ", ".join(path.stem.split("-")[0] for path in sorted((root / "lectures").glob("*.ipynb")))
            sys.exit(f"There is no lecture {number} in lectures/; there are: {there or 'none'}.")
    return lectures


def find_solutions(root):
    """Solutions of the assignments, in order."""
    return sorted((root / "solutions").glob("e[0-9][0-9]-*/*.ipynb"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lecture", help="run only this number, for example 04, even if nothing changed")
    parser.add_argument("--solutions", action="store_true", help="the solutions of the assignments, no lecture")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="lectures at a time")
    parser.add_argument("--threads", type=int, default=1, help="threads of each lecture")
    parser.add_argument("--force", action="store_true", help="run lectures that did not change, too")
    arguments = parser.parse_args()
    lectures = find_solutions(ROOT) if arguments.solutions else find_lectures(ROOT, arguments.lecture)
    force = arguments.force or arguments.lecture is not None
    try:
        failed = execute(ROOT, lectures, jobs=arguments.jobs, threads=arguments.threads, force=force)
    except lecture_environment.EnvironmentFault as fault:
        sys.exit(str(fault))
    except OSError as error:
        sys.exit(f"The notebooks could not be run: {error}")
    if failed:
        sys.exit(f"These notebooks failed: {', '.join(failed)}. The messages are above.")


if __name__ == "__main__":
    main()
