"""Draw the inputs of hidden tests from a private seed, so that published tests are not the graded ones.

``python -m classroom.redraw`` makes the seed if there is none, runs every test cell on the course's own solutions with
the inputs of many students, and prints the seed's fingerprint. It never prints the seed.
"""

import argparse
import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from classroom.cells import test_of
from classroom.connections import SameProcess, StudentError
from classroom.grader_side import run_test
from classroom.private_seed import SeedError, draw_for, fingerprint, make_seed, read_seed

__all__ = ["Failure", "failures_with", "main", "solutions_of"]

STUDENTS = 20  # whose inputs are tried if there is no list


@dataclass(frozen=True)
class Failure:
    """A test that fails on the course's own solution with some student's inputs."""

    task: str
    student: str
    message: str


def solutions_of(course: Path) -> list[Path]:
    """Return the solution notebooks of a course, in order.

    Raises
    ------
    SeedError
        If there are none.
    """
    found = sorted(path for path in (course / "solutions").glob("e*/*.ipynb") if path.stem == path.parent.name)
    if not found:
        raise SeedError(f"{course} has no solutions to try the tests on: name the course's folder with --course")
    return found


def failures_with(seed: bytes, notebook: Path, students: Sequence[str]) -> Iterator[Failure]:
    """Run a solution once and each of its test cells with the inputs of every student; yield what fails.

    Raises
    ------
    StudentError
        If a cell of the solution itself fails.
    """
    reference = SameProcess()
    for cell in nbformat.read(notebook, as_version=4).cells:
        test = test_of(cell)
        if test is not None:
            for student in students:
                outcome = run_test(test, reference, draw=draw_for(seed, student))
                if outcome.reached < test.points:
                    yield Failure(test.task, student, outcome.message)
        elif cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                answer = reference.ask({"do": "execute", "source": cell.source})
            if "error" in answer:
                raise StudentError(f"{notebook.name}, cell {cell.id}: {': '.join(answer['error'])}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or read the seed, verify the tests, print what came out; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m classroom.redraw", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
    parser.add_argument("--seed-file", type=Path, help="default: grading/private-seed in the course's folder")
    parser.add_argument("--students", type=Path, help="file of student ids, one on a line; their inputs are tried")
    options = parser.parse_args(arguments)
    path = options.seed_file or options.course / "grading" / "private-seed"
    try:
        notebooks = solutions_of(options.course)
        students = [f"student {number}" for number in range(1, STUDENTS + 1)]
        if options.students is not None:
            students = options.students.read_text(encoding="utf-8").split("\n")
            students = [line.strip() for line in students if line.strip()]
        made = not path.exists()
        seed = make_seed(path) if made else read_seed(path)
        print(
            f"{'Made' if made else 'Read'} {path}, fingerprint {fingerprint(seed)}. Keep it, and keep it to yourself."
        )
        failures = []
        for notebook in notebooks:
            found = list(failures_with(seed, notebook, students))
            failures += found
            print(f"  {notebook.stem}: {'every test passes' if not found else 'FAILED'}, {len(students)} students")
    except (SeedError, StudentError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for failure in failures:
        print(f"{failure.task}, {failure.student}: {failure.message}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
