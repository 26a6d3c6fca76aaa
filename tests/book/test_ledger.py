"""The ledger of points: what its lines mean, and that no grade id or point changes without one."""

import datetime

import nbformat
import pytest

from tests.small_assignment import NAME, small_course
from tools.ledger import LEDGER, LedgerError, differences, missing_lines, replay
from tools.make_exercises import solution_of

NEW = "# Changes\n\nText.\n\n- 2026-01-05 e02-additive: 3 points, new\n- 2026-01-05 e02-figure: 1 point, new\n"


def test_replay_by_hand():
    assert replay("") == {}
    assert replay(NEW) == {"e02-additive": 3, "e02-figure": 1}
    assert replay(NEW + "- 2026-02-01 e02-additive: 3 -> 4.5 points: longer\n") == {
        "e02-additive": 4.5,
        "e02-figure": 1,
    }
    assert replay(NEW + "- 2026-02-01 e02-additive removed: gone\n") == {"e02-figure": 1}
    twice = "- 2026-02-01 e02-figure removed: gone\n- 2026-02-02 e02-figure: 2 points, new\n"
    assert replay(NEW + twice) == {"e02-additive": 3, "e02-figure": 2}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("- 2026-02-01 e02-additive: 4 points", "line 7 is none of the three forms"),
        ("- 2026-02-01 e02-additive: 3 -> 4 points", "none of the three forms"),
        ("- 2026-02-01 e02-additive removed", "none of the three forms"),
        ("- e02-other: 4 points, new", "none of the three forms"),
        ("- 2026-02-30 e02-other: 4 points, new", "2026-02-30 is no date"),
        ("- 2026-01-04 e02-other: 4 points, new", "2026-01-04 is before 2026-01-05"),
        ("- 2026-02-01 e02-additive: 3 points, new", "e02-additive is there already"),
        ("- 2026-02-01 e02-other: 3 -> 4 points: why", "there is no e02-other"),
        ("- 2026-02-01 e02-other removed: why", "there is no e02-other"),
        ("- 2026-02-01 e02-additive: 2 -> 4 points: why", "is worth 3 here, not 2"),
    ],
)
def test_a_line_that_cannot_be_right_is_named(line, says):
    with pytest.raises(LedgerError, match=says):
        replay(NEW + line + "\n")


def test_lines_that_are_missing_bring_agreement():
    old, new = {"e02-a": 3.0, "e02-b": 1.0, "e02-c": 2.0}, {"e02-b": 1.5, "e02-c": 2.0, "e02-d": 1.0}
    lines = missing_lines(old, new, "2026-03-01")
    start = "".join(f"- 2026-01-01 {task}: {points:g} points, new\n" for task, points in old.items())
    assert replay(start + "\n".join(lines)) == new
    assert len(lines) == 3


@pytest.fixture
def course(root, tmp_path):
    """A tree with the small assignment and a ledger that agrees with it."""
    small_course(root, tmp_path)
    (tmp_path / LEDGER).write_text("\n".join(differences(tmp_path)) + "\n")
    return tmp_path


def edit(course, grade_id, key, value):
    """Change one setting of one graded cell."""
    path = solution_of(course, NAME)
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == grade_id).metadata["nbgrader"][key] = value
    nbformat.write(notebook, path)


def test_agreement(course):
    assert differences(course) == []
    assert len(replay((course / LEDGER).read_text())) == 3


def test_changed_points_are_found(course):
    edit(course, "e99-double", "points", 3)
    today = datetime.date.today().isoformat()
    assert differences(course) == [f"- {today} e99-double: 4 -> 3 points: (why?)"]


def test_a_changed_grade_id_is_found(course):
    edit(course, "e99-slowness", "grade_id", "e99-reason")
    today = datetime.date.today().isoformat()
    assert differences(course) == [f"- {today} e99-reason: 1 point, new", f"- {today} e99-slowness removed: (why?)"]


def test_an_assignment_that_is_gone_is_found(course):
    solution_of(course, NAME).unlink()
    solution_of(course, NAME).parent.rmdir()
    assert len(differences(course)) == 3
