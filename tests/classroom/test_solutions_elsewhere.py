"""Every hidden test passes outside the student's process, too; an untouched release gets nothing there."""

from pathlib import Path

import nbformat
import pytest

from classroom.authored import complete_tests
from classroom.connections import other_process
from classroom.runner import grade

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "solutions").glob("e*/*.ipynb"))


@pytest.mark.parametrize("name", NAMES)
def test_solution_gets_everything_and_the_release_nothing(name):
    solution = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    release = nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    with other_process() as student:
        outcomes = grade(solution.cells, student)
    assert [(outcome.task, outcome.message) for outcome in outcomes if outcome.reached < outcome.points] == []
    with other_process() as student:
        untouched = grade(complete_tests(release, solution).cells, student)
    assert [outcome.task for outcome in untouched] == [outcome.task for outcome in outcomes]
    assert {outcome.reached for outcome in untouched} == {0.0}
