"""What became of single cells: which answer counts, what is kept beside it, and what is said about it."""

import copy

import pytest

from classroom.normalise import normalise
from tests.classroom.normalise.made import (
    SMALL,
    answers_of,
    cell_of,
    filled,
    handed_in,
    is_answer,
    is_test,
    kinds,
    normalised,
    release_of,
)

DOUBLE, SUMS, WHY = "e99-double-answer", "e99-sums-answer", "e99-slowness"
RIGHT = answers_of(filled(SMALL))
STUBS = answers_of(release_of(SMALL))
OTHER = "def double(number):\n    return 3 * number"


def code(source, **marks):
    return {"cell_type": "code", "metadata": {"nbgrader": marks} if marks else {}, "outputs": [], "source": source}


def text(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


@pytest.fixture
def notebook():
    return handed_in()


def place_of(notebook, grade_id):
    return notebook["cells"].index(cell_of(notebook, grade_id))


def without(notebook, *grade_ids):
    for grade_id in grade_ids:
        notebook["cells"].remove(cell_of(notebook, grade_id))
    return notebook


@pytest.mark.parametrize("grade_id", [DOUBLE, SUMS, WHY])
def test_a_deleted_answer_is_reported_and_counts_as_unanswered_and_the_others_stay(notebook, grade_id):
    result, repairs = normalised(without(notebook, grade_id))
    assert answers_of(result) == RIGHT | {grade_id: STUBS[grade_id]}
    assert kinds(repairs) == {("missing", grade_id)}


def test_without_any_answer_everything_is_reported(notebook):
    result, repairs = normalised(without(notebook, DOUBLE, SUMS, WHY))
    assert result == release_of(SMALL)
    assert kinds(repairs) == {("missing", name) for name in (DOUBLE, SUMS, WHY, "")}


def test_an_untouched_release_is_itself():
    notebook = handed_in()
    for cell in filter(is_answer, notebook["cells"]):
        cell["source"] = STUBS[cell["metadata"]["nbgrader"]["grade_id"]]
    result, repairs = normalised(notebook)
    assert result == release_of(SMALL)
    assert repairs == []


@pytest.mark.parametrize("stub_first", [True, False])
def test_a_stub_beside_the_answer_is_no_answer(notebook, stub_first):
    stub = copy.deepcopy(cell_of(notebook, DOUBLE)) | {"source": STUBS[DOUBLE], "id": "x"}
    notebook["cells"].insert(place_of(notebook, DOUBLE) + (not stub_first), stub)
    result, repairs = normalised(notebook)
    assert answers_of(result) == RIGHT
    assert ("duplicate", DOUBLE) in kinds(repairs)


def test_of_two_answers_the_last_before_the_test_counts(notebook):
    notebook["cells"].insert(place_of(notebook, DOUBLE) + 1, code(OTHER))
    assert answers_of(normalised(notebook)[0])[DOUBLE] == OTHER


def test_a_second_answer_below_the_tests_of_others_does_not_count(notebook):
    notebook["cells"].append(code(OTHER))
    assert answers_of(normalised(notebook)[0])[DOUBLE] == RIGHT[DOUBLE]


def test_two_answers_in_one_cell_stand_in_each_place(notebook):
    both = f"{RIGHT[DOUBLE]}\n\n{RIGHT[SUMS]}"
    cell_of(notebook, DOUBLE)["source"] = both
    result, repairs = normalised(without(notebook, SUMS))
    assert answers_of(result) == RIGHT | {DOUBLE: both, SUMS: both}
    assert ("merged", SUMS) in kinds(repairs)


def test_an_answer_with_a_syntax_error_is_still_found(notebook):
    broken = "def double(number):\n    return (number"
    cell_of(notebook, DOUBLE).update(source=broken, metadata={}, id="x")
    assert answers_of(normalised(notebook)[0])[DOUBLE] == broken


def test_an_answer_under_another_name_is_found_by_its_mark(notebook):
    cell_of(notebook, DOUBLE)["source"] = "def Double(number):\n    return 2 * number"
    result, _ = normalised(notebook)
    assert answers_of(result)[DOUBLE].startswith("def Double")


def test_code_that_answers_need_is_kept_before_them(notebook):
    cell_of(notebook, DOUBLE)["source"] = "def double(number):\n    return twice(number)"
    notebook["cells"].append(code("def twice(number):\n    return 2 * number"))
    result, repairs = normalised(notebook)
    ids = [cell.id for cell in result.cells]
    assert ids.index("added-1") < ids.index(DOUBLE)
    assert ("helper", "") in kinds(repairs)


def test_what_a_helper_needs_goes_with_it_before_the_answer_that_uses_it(notebook):
    cell_of(notebook, DOUBLE)["source"] = "def double(number):\n    return twice(number)"
    sums = place_of(notebook, SUMS)
    notebook["cells"][sums:sums] = [
        code("def twice(n):\n    return add(n, n)"),
        code("def add(a, b):\n    return a + b"),
    ]
    result, _ = normalised(notebook)
    sources = [cell.source.split("(")[0] for cell in result.cells if cell.cell_type == "code"]
    before = sources[: sources.index("def double")]
    assert {"def twice", "def add"} <= set(before)


def test_an_import_added_to_a_cell_of_the_release_is_kept(notebook):
    notebook["cells"][2]["source"] += "\nimport math"
    result, _ = normalised(notebook)
    assert [cell.source for cell in result.cells if cell.id.startswith("added")] == ["import math"]


def test_a_written_answer_in_a_cell_below_its_own_is_added_to_it(notebook):
    cell_of(notebook, WHY)["source"] = STUBS[WHY]
    notebook["cells"].append(text("Because of the interpreter."))
    result, repairs = normalised(notebook)
    assert answers_of(result)[WHY] == f"{STUBS[WHY]}\n\nBecause of the interpreter."
    assert ("joined", WHY) in kinds(repairs)


def test_a_written_answer_without_marks_is_found_by_its_first_line(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id")
    notebook["cells"].insert(0, notebook["cells"].pop())
    result, repairs = normalised(notebook)
    assert answers_of(result) == RIGHT
    assert ("marker", WHY) in kinds(repairs)


@pytest.mark.parametrize(
    "line",
    [
        "### BEGIN HIDDEN TESTS",
        "### END HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS\n    x = 1\n    ### END HIDDEN TESTS",
        "### BEGIN SOLUTION",
        "### END SOLUTION",
    ],
)
def test_markers_in_an_answer_do_nothing(notebook, line):
    """Hidden tests are hidden in the instructor's cells only."""
    source = f"def double(number):\n    {line}\n    return number + number"
    cell_of(notebook, DOUBLE)["source"] = source
    cell_of(notebook, WHY)["source"] += f"\n{line}"
    result, repairs = normalised(notebook)
    assert answers_of(result)[DOUBLE] == source
    assert [cell for cell in result.cells if is_test(cell)] == [cell for cell in filled(SMALL).cells if is_test(cell)]
    assert repairs == []


@pytest.mark.parametrize("points", [1000, "1000", None])
def test_a_students_own_tests_give_no_points(notebook, points):
    forged = [
        code("assert True", grade=True, grade_id=name, points=points, solution=False) for name in ("e99-double", "x")
    ]
    notebook["cells"] += forged
    result, _ = normalised(notebook)
    assert result == filled(SMALL)


def test_metadata_and_ids_of_a_student_never_reach_the_result(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": ["skip-execution"], "deletable": False, "classroom": {"verdict": 4}}
    notebook["metadata"] = {"kernelspec": {"name": "evil", "display_name": "x"}, "papermill": {}}
    notebook["cells"].insert(3, code("x = 1", grade_id=["e99-double"]) | {"id": "e99-double"})
    result, _ = normalised(notebook)
    assert result.metadata == release_of(SMALL).metadata
    assert [cell.metadata for cell in result.cells if not cell.id.startswith("added")] == [
        cell.metadata for cell in release_of(SMALL).cells
    ]
    assert len({cell.id for cell in result.cells}) == len(result.cells)


def test_changed_and_deleted_tests_are_said(notebook):
    cell_of(notebook, "e99-double")["source"] = "assert True"
    result, repairs = normalised(without(notebook, "e99-sums"))
    assert result == filled(SMALL)
    assert kinds(repairs) == {("test", "e99-double"), ("test", "e99-sums")}


def test_neither_release_nor_input_is_changed(notebook):
    before = copy.deepcopy(release_of(SMALL))
    normalised(notebook)
    assert release_of(SMALL) == before


def test_a_release_without_answers_or_ids_is_the_instructors_mistake():
    broken = copy.deepcopy(release_of(SMALL))
    broken.cells = [cell for cell in broken.cells if not is_answer(cell)]
    with pytest.raises(ValueError, match="no cell for an answer"):
        normalise(broken, b"{}")
    broken = copy.deepcopy(release_of(SMALL))
    del broken.cells[1]["id"]
    with pytest.raises(ValueError, match="a cell without id, number 2"):
        normalise(broken, b"{}")


def test_where_a_cell_was_moved_behind_an_answer_the_cell_before_says_which_it_is(notebook):
    moved = notebook["cells"].pop(place_of(notebook, DOUBLE) - 1)
    without(notebook, WHY)["cells"] += [text("Because of the interpreter."), moved]
    result, repairs = normalised(notebook)
    assert answers_of(result) == RIGHT | {WHY: "Because of the interpreter."}
    assert kinds(repairs) == {("position", WHY)}
