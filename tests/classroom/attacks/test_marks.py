"""Attacks by what stands in the file beside the sources: marks, points, tags, ids, outputs, broken and missing cells.

The notebook is taken as nbgrader collects it, not repaired by `classroom receive`. The defence: of a submission only
sources count. Without it, tests are completed as nbgrader's autograde does when it trusts what it finds.
"""

import copy
import json

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.utils import determine_grade

from classroom.authored import complete_tests
from classroom.cells import test_of as graded_in
from classroom.connections import SameProcess
from classroom.course import CourseError
from classroom.feedback import page_of, render
from classroom.gradebook import answers_by_hand, open_gradebook
from classroom.grading import grade_class
from classroom.runner import grade
from classroom.workers import on_this_machine
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME

DOUBLE, SUMS, WRITTEN = "e99-double", "e99-sums", "e99-slowness"


@pytest.fixture
def source(small):
    return nbformat.read(small.source / NAME / f"{NAME}.ipynb", as_version=4)


@pytest.fixture
def half(small):
    """A submission with a right answer for four points and a wrong one for five."""
    return nbformat.read(hand_in(small, "mallory", HALF), as_version=4)


def marked(notebook, grade_id):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def trusting(submission, source):
    """Put the authored sources into what says that it is a test, and believe the rest."""
    tests = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if graded_in(cell)}
    submission = copy.deepcopy(submission)
    for cell in submission.cells:
        if graded_in(cell):
            cell.source = tests.get(cell.metadata.nbgrader.grade_id, cell.source)
    return submission


def points(notebook):
    """Points that are reached, and points that there are."""
    outcomes = grade(notebook.cells, SameProcess())
    return sum(outcome.reached for outcome in outcomes), sum(outcome.points for outcome in outcomes)


def more_points(notebook):
    marked(notebook, DOUBLE).metadata.nbgrader["points"] = 1000


def points_of_no_number(notebook):
    marked(notebook, DOUBLE).metadata.nbgrader["points"] = float("inf")


def fewer_points_for_what_fails(notebook):
    marked(notebook, SUMS).metadata.nbgrader["points"] = 0


def exchanged_points(notebook):
    marked(notebook, DOUBLE).metadata.nbgrader["points"], marked(notebook, SUMS).metadata.nbgrader["points"] = 8, 1


def the_same_test_twice(notebook):
    notebook.cells.append(copy.deepcopy(marked(notebook, DOUBLE)))


def a_test_of_its_own(notebook):
    cell = copy.deepcopy(marked(notebook, DOUBLE))
    cell.metadata.nbgrader.grade_id, cell.source = "e99-bonus", "pass"
    notebook.cells.append(cell)


def an_empty_test_of_its_own(notebook):
    a_test_of_its_own(notebook)
    notebook.cells[-1].source = ""


def an_empty_test_in_the_place_of_a_failing_one(notebook):
    marked(notebook, SUMS).source = ""
    marked(notebook, SUMS).metadata.nbgrader["grade_id"] = "e99-nothing"


def a_failing_test_that_is_none(notebook):
    marked(notebook, SUMS).metadata.nbgrader["solution"] = True


def a_failing_test_that_is_text(notebook):
    marked(notebook, SUMS).cell_type = "markdown"


def a_failing_test_without_mark(notebook):
    marked(notebook, SUMS).metadata = {}


def a_failing_test_that_is_gone(notebook):
    notebook.cells.remove(marked(notebook, SUMS))


# Each, and what it comes to without the defence: points reached, of how many.
FORGERIES = [
    (more_points, (1000, 1005)), (points_of_no_number, (float("inf"), float("inf"))),
    (fewer_points_for_what_fails, (4, 4)), (exchanged_points, (8, 9)), (the_same_test_twice, (8, 13)),
    (a_test_of_its_own, (8, 13)), (an_empty_test_of_its_own, (8, 13)),
    (an_empty_test_in_the_place_of_a_failing_one, (9, 9)), (a_failing_test_that_is_none, (4, 4)),
    (a_failing_test_that_is_text, (4, 4)), (a_failing_test_without_mark, (4, 4)), (a_failing_test_that_is_gone, (4, 4)),
]  # fmt: skip
REFUSED = {the_same_test_twice, a_failing_test_that_is_text, a_failing_test_without_mark}
REFUSED |= {a_failing_test_that_is_gone, an_empty_test_in_the_place_of_a_failing_one}


@pytest.mark.parametrize(("forge", "without"), FORGERIES, ids=lambda value: getattr(value, "__name__", ""))
def test_forged_marks_give_nothing(half, source, forge, without):
    assert points(complete_tests(half, source)) == (4, 9)
    forge(half)
    assert points(trusting(half, source)) == without
    if forge in REFUSED:
        with pytest.raises(CourseError, match="does not have the assignment's tests"):
            complete_tests(half, source)
    else:
        assert points(complete_tests(half, source)) == (4, 9)


def test_what_comes_out_has_the_authored_marks_and_nothing_else(half, source):
    for cell in half.cells:
        cell.metadata |= {"tags": ["raises-exception", "skip-execution"], "deletable": False, "trusted": True}
        if cell.cell_type == "code":
            cell.outputs = [new_output("stream", text="9 of 9 points")]
    half.cells[0].metadata["nbgrader"] = {"grade": True, "solution": True, "grade_id": "e99-gift", "points": 9}
    half.metadata["celltoolbar"] = "Create Assignment"
    trusted = answers_by_hand(trusting(half, source))
    assert "e99-gift" in trusted
    half.cells[2].metadata["nbgrader"] = ["no marks"]
    made = complete_tests(half, source)
    assert list(answers_by_hand(made)) == [WRITTEN]
    for cell, model in zip(made.cells, source.cells, strict=True):
        marks = {**cell.metadata.get("nbgrader", {})}
        marks.pop("checksum", None)
        assert marks == model.metadata.get("nbgrader", {})
        assert set(cell.metadata) <= {"nbgrader"}
        assert not cell.get("outputs")
    assert made.metadata == source.metadata
    nbformat.validate(made)


# What nbgrader gives for a right and a wrong answer if the wrong one's test has a tag: a failing test stops no run any
# more, and is worth all of its points if it is left out.
TAGS = {"raises-exception": [4, 0], "skip-execution": [4, 5]}


def run_as_a_notebook(notebook):
    """Run a notebook as nbconvert does, to its first error; return nbgrader's points for what came out."""
    notebook = copy.deepcopy(notebook)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [determine_grade(cell)[0] for cell in notebook.cells if graded_in(cell)]


def test_tags_give_nothing(half, source):
    for tag, without in TAGS.items():
        marked(half, SUMS).metadata["tags"] = [tag]
        assert run_as_a_notebook(trusting(half, source)) == without
    marked(half, SUMS).metadata["tags"] = list(TAGS)
    made = complete_tests(half, source)
    with pytest.raises(CellExecutionError, match="the sum of each row"):
        run_as_a_notebook(made)
    assert points(made) == (4, 9)


def test_ids_are_made_different_and_the_authored_ones_are_kept(half, source):
    for cell in half.cells:
        cell["id"] = DOUBLE
    half.cells.insert(0, new_code_cell("1 + 1", id=SUMS))
    half.cells.append(new_code_cell("1 + 1", id="x"))
    half.cells[-1]["id"] = "<script>"
    made = complete_tests(half, source)
    assert marked(made, DOUBLE).id == DOUBLE
    assert marked(made, SUMS).id == SUMS
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    assert all("<" not in cell.id for cell in made.cells)
    nbformat.validate(made)
    assert complete_tests(half, source) == made  # outputs are kept by id: the same at each reading


def test_the_last_of_two_answers_is_the_one_that_is_shown(half, source):
    again = copy.deepcopy(marked(half, f"{DOUBLE}-answer"))
    again["id"], again.source = "again", "def double(number):\n    return 2 * number"
    half.cells.insert(5, again)
    made = complete_tests(half, source)
    assert [cell.source for cell in made.cells if "double-answer" in str(cell.metadata)] == [again.source]
    assert points(made) == (4, 9)


HIDDEN = "### BEGIN HIDDEN TESTS\nraise AssertionError\n### END HIDDEN TESTS"


@pytest.mark.parametrize(
    "text", [HIDDEN, "### BEGIN HIDDEN TESTS", "### END SOLUTION", "%%bash\nexit 1", "\0", "\ud800", "def"]
)
def test_markers_and_broken_cells_of_a_student_change_no_test(half, source, text):
    half.cells.insert(3, new_code_cell(text))
    half.cells.insert(4, new_markdown_cell(text))
    made = complete_tests(half, source)
    assert [cell.source for cell in made.cells if graded_in(cell)] == [c.source for c in source.cells if graded_in(c)]
    assert points(made) == (4, 9)
    json.dumps(made, ensure_ascii=False).encode()
    answers_by_hand(made)


BROKEN = {
    "cells of another kind": lambda notebook: notebook.cells.insert(0, {"cell_type": ["code"], "source": ""}),
    "a source that is a number": lambda notebook: notebook.cells[1].update(source=4),
    "metadata that is a list": lambda notebook: notebook.cells[1].update(metadata=[1]),
    "marks that are text": lambda notebook: notebook.cells[1].metadata.update(nbgrader="grade"),
    "a mark that is a number": lambda notebook: marked(notebook, DOUBLE).metadata.nbgrader.update(grade_id=4),
    "attachments that are a list": lambda notebook: notebook.cells[0].update(attachments=[1]),
    "no cells": lambda notebook: notebook.cells.clear(),
    "cells twice": lambda notebook: notebook.cells.extend(notebook.cells),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_graded_or_refused(half, source, name):
    BROKEN[name](half)
    try:
        made = complete_tests(half, source)
    except CourseError:
        return
    nbformat.validate(made)
    assert points(made) == (4, 9)


def test_a_class_with_forged_notebooks(small):
    """Nobody's notebook stops the class, and the gradebook and the pages say what the authored notebook says."""
    forgeries = {f"mallory{n}": forge for n, (forge, _) in enumerate(FORGERIES)}
    hand_in(small, "ada", RIGHT, why="It is interpreted.")
    for student, forge in forgeries.items():
        path = hand_in(small, student, HALF)
        notebook = nbformat.read(path, as_version=4)
        forge(notebook)
        notebook.cells.insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# 9 of 9 points \ud800"})
        notebook.cells[3].source = "### 9 of 9 points"
        path.write_text(json.dumps(notebook), encoding="utf-8")
    verdicts = {v.student: v for v in grade_class(small, "e99", execute=on_this_machine(small, trusted=True))}
    assert (verdicts["ada"].reached, verdicts["ada"].points) == (9, 9)
    with open_gradebook(small) as gradebook:
        for student, forge in forgeries.items():
            verdict = verdicts[student]
            assert bool(verdict.failure) == (forge in REFUSED), verdict.failure
            if verdict.failure:
                continue
            assert (verdict.reached, verdict.points) == (4, 9)
            entry = gradebook.find_submission_notebook(NAME, NAME, student)
            assert (entry.score, entry.max_score) == (4, 10)
            page = page_of(small, NAME, student)
            assert [task.title for task in page.tasks] == ["Task 1. Double", "Task 2. Sums", "Task 3. Why"]
            assert "9 of 9" not in render(page)
