"""Cells of an assignment: which names are the student's, what is hidden, what is graded."""

import nbformat.v4
import pytest

from classroom import cells
from classroom.cells import TestCell, code_of, free_names, without_hidden_tests

# names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("", []),
        ("assert additive(2) == 4", ["additive"]),
        ("b(a); a(b)", ["a", "b"]),
        ("x = f(1)\nx + y", ["f", "y"]),
        ("import torch, numpy as np\nfrom a.b import c as d, e\ntorch, np, d, e, a, c", ["a", "c"]),
        ("import os.path\nos.path.sep", []),
        ("import os.path as p\nos, p", ["os"]),
        ("print(len(range(3)), __name__, Exception)", []),
        ("def f(x, *rest, y=d, **more) -> r:\n    z = x\n    return z, g, rest, more, y, f", ["d", "g", "r"]),
        (
            "def f():\n    def g():\n        nonlocal_ = a\n        return lambda b: (nonlocal_, b, c)\n    return g",
            ["a", "c"],
        ),
        ("def f():\n    x = 1\n    def g():\n        return x\n    return g\nx", ["x"]),
        ("def f():\n    x = 1\nf()", []),
        ("lambda x, y=d: x + z", ["d", "z"]),
        ("[x for x in xs if x > low]", ["low", "xs"]),
        ("[x for x in xs]\nx", ["x", "xs"]),
        ("{k: v for k, v in d.items()}", ["d"]),
        ("[[a * b for a in row] for row in table]", ["b", "table"]),
        ("list(f(x) for x in (1, 2))", ["f"]),
        ("if (n := f()) > 1:\n    n", ["f"]),
        ("[y := f(x) for x in xs]\ny", ["f", "xs"]),
        ("def f():\n    global g\n    g = 1\nf()\ng", []),
        ("def f():\n    global g\n    return g", ["g"]),
        ("def f():\n    global g\n    import g\ng", []),
        (
            "class C(Base, metaclass=M):\n    a = b\n    c = a\n    def d(self):\n        return a, self, C",
            ["Base", "M", "a", "b"],
        ),
        ("@decorate\ndef f(): ...", ["decorate"]),
        ("try:\n    f()\nexcept E as error:\n    print(error)", ["E", "f"]),
        ("with open(p) as file, lock:\n    file", ["lock", "p"]),
        ("for i, (a, *b) in pairs:\n    i, a, b\nelse:\n    c", ["c", "pairs"]),
        ("x: int = f()\ny: kind", ["f", "kind"]),
        ("x = 1\nx += step", ["step"]),
        ("a.b = c[d]; e[f] = 1", ["a", "c", "d", "e", "f"]),
        ("f'{a!r:{b}} {c=}'", ["a", "b", "c"]),
        (
            "match s:\n    case {'a': a, **rest}:\n        a, rest\n    case P(x=b) | [b, *_] if t:\n        b",
            ["P", "s", "t"],
        ),
        ("async def f():\n    async for x in xs:\n        await y(x)", ["xs", "y"]),
        ("get_ipython()", ["get_ipython"]),
    ],
)
def test_a_name_is_the_students_if_the_cell_does_not_make_it(source, names):
    assert free_names(source) == names


@pytest.mark.parametrize("source", ["from torch import *", "def f():\n    pass\nif True:\n    from a.b import *"])
def test_a_star_import_is_refused(source):
    with pytest.raises(ValueError, match="a test cell imports names, not"):
        free_names(source)


@pytest.mark.parametrize("source", ["x =", "%matplotlib inline", "!ls"])
def test_what_is_not_python_is_refused(source):
    with pytest.raises(SyntaxError):
        free_names(source)


# hidden tests


def lines(*text):
    return "\n".join(text)


BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        (lines("a", "", "b"), lines("a", "", "b")),
        ("a\n", "a\n"),
        (lines("a", BEGIN, "b", END, "c"), lines("a", "c")),
        (lines("a", BEGIN, END), "a"),
        (lines(BEGIN, "b", "", "    c", END, ""), ""),
        (lines("if x:", "    a", f"    {BEGIN}", "    b", f"    {END}  ", "c"), lines("if x:", "    a", "c")),
        (lines("a", BEGIN, "b", END, "c", BEGIN, "d", END, "e"), lines("a", "c", "e")),
    ],
)
def test_a_student_sees_what_stands_outside_the_markers(source, visible):
    assert without_hidden_tests(source) == visible


@pytest.mark.parametrize(
    "source",
    [
        lines("a", BEGIN, "b"),
        lines("a", END, "b"),
        lines("a", END, "b", BEGIN, "c"),
        lines(BEGIN, BEGIN, "b", END, END),
        lines(BEGIN, "a", BEGIN, "b", END),
        lines(BEGIN, "a", END, END),
        lines(f"a  {BEGIN}", "b", END),
        lines(BEGIN, "b", f"b {END}"),
        lines(f"# {BEGIN}", "b", f"# {END}"),
        f"{BEGIN} {END}",
    ],
)
def test_a_marker_without_a_partner_is_refused(source):
    with pytest.raises(ValueError, match="### BEGIN HIDDEN TESTS"):
        without_hidden_tests(source)


def test_nbgrader_hides_the_same():
    preprocessors = pytest.importorskip("nbgrader.preprocessors")
    source = lines("a", f"    {BEGIN}", "b", f"    {END}", "c", "", BEGIN, "d", END)
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata.nbgrader = {
        "grade": True, "grade_id": "e99-a", "locked": True, "points": 1, "schema_version": 3, "solution": False,
        "task": False,
    }  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[cell])
    released, _ = preprocessors.ClearHiddenTests().preprocess(notebook, {})
    assert released.cells[0].source == without_hidden_tests(source)


# cells


def cell(source="x", kind="code", **nbgrader):
    return {"cell_type": kind, "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}}


def test_a_test_cell_is_graded_and_no_solution():
    graded = cell("f()", grade=True, solution=False, grade_id="e99-a", points=3)
    assert cells.test_of(graded) == TestCell("e99-a", 3.0, "f()")
    assert cells.test_of(nbformat.from_dict(graded)) == TestCell("e99-a", 3.0, "f()")


@pytest.mark.parametrize(
    "other",
    [
        cell(),
        {"cell_type": "code", "source": "x", "metadata": {}},
        {"cell_type": "code", "source": "x"},
        cell(grade=False, solution=True, grade_id="e99-a-answer"),
        cell(grade=True, solution=True, grade_id="e99-a", points=2),
        cell(kind="markdown", grade=True, solution=True, grade_id="e99-a", points=2),
        cell(kind="markdown", grade=True, solution=False, grade_id="e99-a", points=2),
        cell(grade=False, solution=False, grade_id="e99-a", locked=True),
    ],
)
def test_other_cells_are_no_tests(other):
    assert cells.test_of(other) is None


def test_magics_become_calls():
    assert code_of("x = 1\nx") == "x = 1\nx\n"
    for source in ("%matplotlib inline", "%%time\nf()", "!ls", "x = %pwd", "if True:\n    %pip install x", "f?"):
        code = code_of(source)
        compile(code, "<cell>", "exec")
        assert "get_ipython()." in code
