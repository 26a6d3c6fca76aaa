"""Run every part of `make test`, whichever fails, and print the minutes of each."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = ["-m", "pytest", "-q", "--durations=5"]
OFFLINE = "not online"  # what needs the network is run by .github/workflows/online.yml

# What the students' repository does not have.
NEEDS = {"solutions": "solutions", "answers": "solutions", "classroom": "src/classroom", "attacks": "src/classroom"}
ATTACKS = ["tests/classroom/attacks", "tests/classroom/attacks_on_files"]  # their minutes have a bound: four

LINT = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "codespell": ["-m", "codespell_lib"],
    "types": ["-m", "mypy"],
}


def parts(everything):
    """Name and command of each part, in order: what is quick to fail comes first."""
    kinds = OFFLINE + ("" if everything else " and not slow")
    chosen = ["-m", kinds]
    shapes = f"not error_messages and not without_shapes and {kinds}"
    coverage = ["--cov=seq2bert", "--cov-report=term"]
    at_once = ["--numprocesses=auto"]  # the package's tests know nothing of each other, and use one thread each
    by_file = [*at_once, "--dist=loadfile"]  # the classroom's keep a sandbox for those of a file
    every = LINT | {
        "package": [*PYTEST, *at_once, *chosen, *coverage, "tests/seq2bert"],
        "package, shapes checked": [
            *PYTEST,
            *at_once,
            "-p",
            "no:cov",
            "-m",
            shapes,
            "--jaxtyping-packages=seq2bert,beartype.beartype",
            "tests/seq2bert",
        ],
        "solutions": ["-m", "tools.execute", "--solutions"],
        "answers": ["-W", "ignore", "-m", "tools.check_assignments", "--check"],
        "classroom": [*PYTEST, *by_file, *chosen, "tests/classroom", *(f"--ignore={folder}" for folder in ATTACKS)],
        "attacks": [*PYTEST, *by_file, *chosen, *ATTACKS],
        "book": [*PYTEST, *chosen, "tests/book"],
        "browser": [*PYTEST, *chosen, "tests/browser"],
    }
    return {name: command for name, command in every.items() if name not in NEEDS or (ROOT / NEEDS[name]).exists()}


def run(commands):
    """Run commands one after another; return seconds and success of each."""
    results = {}
    for name, command in commands.items():
        print(f"\n──── {name} ────", flush=True)
        start = time.perf_counter()
        status = subprocess.run([sys.executable, *command], cwd=ROOT).returncode
        results[name] = (time.perf_counter() - start, status == 0)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["lint"], help="only these parts")
    parser.add_argument("--all", action="store_true", help="slow tests, too")
    arguments = parser.parse_args()
    results = run(LINT if arguments.only else parts(arguments.all))
    print("\nminutes  part")
    for name, (seconds, passed) in results.items():
        print(f"{seconds / 60:7.2f}  {name}{'' if passed else '   FAILED'}")
    print(f"{sum(seconds for seconds, _ in results.values()) / 60:7.2f}  together")
    sys.exit(not all(passed for _, passed in results.values()))


if __name__ == "__main__":
    main()
