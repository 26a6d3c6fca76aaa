"""Solutions and hidden tests between their markers, and the lines outside."""

import pytest

from classroom.regions import BEGIN_HIDDEN, BEGIN_SOLUTION, Region, regions_of, visible_lines

ANSWER = """\
def f(x):
    ### BEGIN SOLUTION
    y = x

    return y
    ### END SOLUTION"""
TEST = "a = 1\n### BEGIN HIDDEN TESTS\nassert f(a) == 1\n### END HIDDEN TESTS\npassed('t')"


def cell(source, grade_id):
    return {"source": source, "metadata": {"nbgrader": {"grade_id": grade_id}}}


def test_by_hand():
    cells = [cell(ANSWER, "t-answer"), cell(TEST, "t"), {"source": "text\n", "metadata": {}}]
    assert regions_of(cells) == [
        Region("t-answer", BEGIN_SOLUTION, ("y = x", "return y")),
        Region("t", BEGIN_HIDDEN, ("assert f(a) == 1",)),
    ]
    assert visible_lines(cells) == ["def f(x):", "a = 1", "passed('t')", "text"]


def test_two_regions_of_one_cell():
    assert [one.lines for one in regions_of([cell(f"{ANSWER}\n{ANSWER}", "t")])] == [("y = x", "return y")] * 2


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("### BEGIN SOLUTION\na", "has no '### END SOLUTION'"),
        ("a\n### END SOLUTION", "ends a region that has not begun"),
        ("### BEGIN SOLUTION\n### END HIDDEN TESTS\n### END SOLUTION", "ends a region that has not begun"),
        ("### BEGIN SOLUTION\n### BEGIN HIDDEN TESTS\na", "stands inside a region"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "stands inside a region"),
    ],
)
def test_markers_without_partner_are_named(source, says):
    with pytest.raises(ValueError, match=f"^e02-a: .*{says}"):
        regions_of([cell(source, "e02-a")])
