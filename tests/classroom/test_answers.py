"""The tool that grades wrong answers, right ones and mutants, on an assignment of one short task."""

import sys

import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from classroom.cells import without_hidden_tests
from classroom.connections import StudentError
from tools import answers, check_assignments
from tools.answers import BadAnswers, differ, form_of, outcome_of, read_answers, read_tasks, replies_to, requests_of
from tools.check_assignments import Row, check, faults_in_all, judge, judge_mutants, page, table
from tools.solution_mutants import mutants_of, read_survivors

ANSWER = '''\
def distances(points: torch.Tensor, origin: torch.Tensor) -> torch.Tensor:
    """Return the (n,) distances of (n, d) points from a (d,) origin."""
    ### BEGIN SOLUTION
    differences = points - origin
    squares = differences**2
    return squares.sum(dim=1) ** 0.5
    ### END SOLUTION'''
STUB = ANSWER.split("    ### BEGIN")[0] + '    # Your answer here.\n    raise NotImplementedError("not answered yet")\n'
TEST = """\
import torch

from seq2bert.check import close, different_sizes, draw, passed, same_shape, tensor

generator = draw("e99-distances")
n, d = different_sizes(generator, 2)
points, origin = tensor(generator, n, d), tensor(generator, d)
found = distances(points, origin)
same_shape(found, (n,), "one distance a point")
assert found.min() >= 0, "a distance is not negative"
### BEGIN HIDDEN TESTS
close(found, [torch.dist(point, origin) for point in points], "the distance of each point")
### END HIDDEN TESTS
passed("e99-distances")"""
FILE = '''\
"""Answers to E99."""
import torch

# %% e99-distances | wrong | city blocks
# Why people do it: it is shorter.
def distances(points, origin):
    return (points - origin).abs().sum(1)

# %% e99-distances | wrong | no root
def distances(points, origin):
    return ((points - origin) ** 2).sum(1)

# %% e99-distances | wrong | from zero
def distances(points, origin):
    return (points**2).sum(1) ** 0.5

# %% e99-distances | wrong | largest difference
def distances(points, origin):
    return (points - origin).abs().amax(1)

# %% e99-distances | wrong | the wrong axis
def distances(points, origin):
    return ((points - origin) ** 2).sum(0) ** 0.5

# %% e99-distances | right | norm
def distances(points, origin):
    return torch.linalg.vector_norm(points - origin, dim=-1)

# %% e99-distances | right | in double precision
def distances(points, origin):
    return torch.cdist(points.double(), origin.double()[None])[:, 0]

# %% e99-why | model answer
# Because it is *straight*.
#
# So it is the shortest.

# %% e99-why | rubric
# - 1 point: says so
'''
NAME = "e99-toy"


def settings(task, *, grade, solution, **points):
    return {"nbgrader": {"grade": grade, "grade_id": task, "locked": grade, "schema_version": 3, "solution": solution,
                         "task": False, **points}}  # fmt: skip


def notebook(answer=ANSWER, test=TEST):
    answered = settings("e99-distances-answer", grade=False, solution=True)
    graded = settings("e99-distances", grade=True, solution=False, points=3)
    written = settings("e99-why", grade=True, solution=True, points=1)
    return new_notebook(
        cells=[
            new_code_cell("import torch"),
            new_code_cell(answer, metadata=answered),
            new_code_cell(test, metadata=graded),
            new_markdown_cell("Why?", metadata=written),
        ]
    )


def write_course(root, solution=None, release=None, text=FILE):
    """A tree with one assignment."""
    release = release or notebook(STUB, without_hidden_tests(TEST))
    for folder, cells in (("solutions", solution or notebook()), ("exercises", release)):
        (root / folder / NAME).mkdir(parents=True)
        nbformat.write(cells, root / folder / NAME / f"{NAME}.ipynb")
    (root / "solutions" / "_answers").mkdir()
    (root / "solutions" / "_answers" / "e99.py").write_text(text)
    return root


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def task(course):
    ((task,), _) = read_tasks(course / "solutions" / NAME / f"{NAME}.ipynb")
    return task


@pytest.fixture
def named():
    return [answer for answer in read_answers(FILE, "e99.py") if answer.task == "e99-distances"]


# reading


def test_answers_are_read_from_their_headers():
    found = read_answers(FILE, "e99.py")
    assert [(a.task, a.kind, a.name) for a in found[4:]] == [
        ("e99-distances", "wrong", "the wrong axis"),
        ("e99-distances", "right", "norm"),
        ("e99-distances", "right", "in double precision"),
        ("e99-why", "model answer", ""),
        ("e99-why", "rubric", ""),
    ]
    assert found[0].source.startswith("# Why people do it: it is shorter.\ndef distances")
    assert found[0].source.endswith(".sum(1)\n")
    assert found[-2].source == "Because it is *straight*.\n\nSo it is the shortest.\n"
    assert found[-1].source == "- 1 point: says so\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# %% a | mistaken | x\n", "f.py, line 1: the kind 'mistaken' is none of wrong, right, model answer, rubric"),
        ("\n\n# %% a | wrong\n", "f.py, line 3: a wrong answer needs a name"),
        ("# %% a | right | \nx\n", "line that begins with '# %%'"),
        ("# %% a\n", "line that begins with '# %%'"),
        ("# %%\n", "line that begins with '# %%'"),
        ("# %% a | wrong | x | y\n", "line that begins with '# %%'"),
        ("# %% a | wrong | x\n1\n# %% a | wrong | x\n2\n", "f.py, line 3: a | wrong | x is there twice"),
        ("# %% a | rubric\n# %% a | rubric\n", "f.py, line 2: a | rubric |  is there twice"),
    ],
)
def test_a_malformed_header_is_named_with_its_line(text, message):
    with pytest.raises(BadAnswers) as caught:
        read_answers(text, "f.py")
    assert message in str(caught.value)


def test_the_same_name_for_another_kind_or_task_is_another_answer():
    text = "# %% a | wrong | x\n1\n# %% a | right | x\n2\n# %% b | wrong | x\n3\n"
    assert [answer.source for answer in read_answers(text, "f.py")] == ["1\n", "2\n", "3\n"]


def test_tasks_are_read_with_the_names_before_their_answers(course):
    tasks, written = read_tasks(course / "solutions" / NAME / f"{NAME}.ipynb")
    assert [(t.name, t.points, t.answer) for t in tasks] == [("e99-distances", 3.0, ANSWER)]
    assert "torch" in tasks[0].namespace
    assert "distances" not in tasks[0].namespace
    assert written == [("e99-why", 1.0)]


def test_a_solution_that_fails_is_no_assignment(tmp_path):
    nbformat.write(notebook("1 / 0"), tmp_path / "a.ipynb")
    with pytest.raises(StudentError, match="ZeroDivisionError"):
        read_tasks(tmp_path / "a.ipynb")


def test_a_test_needs_an_answer_cell(tmp_path):
    cells = notebook()
    cells.cells[1].metadata.nbgrader.grade_id = "e99-other-answer"
    nbformat.write(cells, tmp_path / "a.ipynb")
    with pytest.raises(BadAnswers, match=r"a.ipynb: e99-distances has no cell e99-distances-answer before it"):
        read_tasks(tmp_path / "a.ipynb")


# judging


def test_all_of_it_holds(course):
    (row,), faults = check(NAME, with_mutants=False, root=course)
    assert faults == []
    expected = Row("e99-distances", 3.0, wrong=5, lose=5, running=4, pass_visible=4, right=2, keep=2)
    assert row == expected


@pytest.fixture
def faults(task, named):
    """The faults of the task's answers with one replaced, added or left out."""

    def of(source=None, *, name=None, kind="wrong", without=(), new="new"):
        kept = [answer for answer in named if answer.name not in without]
        if name:
            kept = [answers.Answer(a.task, a.kind, a.name, source) if a.name == name else a for a in kept]
        elif source:
            kept.append(answers.Answer(task.name, kind, new, source))
        return judge(task, kept).faults

    return of


SHORT = "def distances(points, origin):\n    return "


def test_a_right_answer_that_loses_is_a_fault(faults):
    (fault,) = faults(f"{SHORT}points.sum(1).abs()", kind="right")
    assert fault.startswith("e99-distances: the right answer 'new' loses: the distance of each point\nat [")


def test_a_wrong_answer_that_keeps_its_points_is_a_fault(faults):
    assert faults(f"{SHORT}(points - origin).norm(dim=1)") == ["e99-distances: the wrong answer 'new' keeps its points"]


def test_a_wrong_answer_that_keeps_them_for_one_draw_is_a_fault(faults, monkeypatch):
    monkeypatch.setattr(check_assignments, "DRAWS", ("", "second"))
    lucky = (
        "import os\ndef distances(points, origin):\n"
        "    return (points - origin).norm(dim=1) * (1 if os.environ['SEQ2BERT_DRAW'] else 2)"
    )
    assert faults(lucky) == ["e99-distances: the wrong answer 'new' keeps its points"]


def test_a_wrong_answer_that_replies_as_the_reference_does_not_count(faults):
    keeps, too_few = faults(f"{SHORT}(points - origin).norm(dim=1)", name="city blocks")
    assert keeps == "e99-distances: the wrong answer 'city blocks' keeps its points"
    assert too_few.startswith("e99-distances: 3 wrong answers that run, of the right type and shape, all different")


@pytest.mark.parametrize(
    ("without", "numbers"),
    [
        (["the wrong axis"], ["4 wrong answers, at least 5"]),
        (["norm"], ["1 right answers, at least 2"]),
        (["no root"], ["4 wrong answers, at least 5", "3 wrong answers that run, of the right type and shape"]),
        (
            ["no root", "city blocks", "from zero"],
            ["2 wrong answers, at", "1 wrong answers that run", "1 wrong answers that pass the visible tests"],
        ),
    ],
)
def test_too_few_answers_are_a_fault(faults, without, numbers):
    found = faults(without=without)
    assert len(found) == len(numbers)
    assert all(number in fault for number, fault in zip(numbers, found, strict=True))


@pytest.mark.parametrize(
    "source",
    [
        f"{SHORT}1 / 0",
        "def",
        f"{SHORT}points.sum(1).tolist()",
        f"{SHORT}points.sum(1, keepdim=True)",
        f"{SHORT}points.sum(1) > 0",
        f"{SHORT}((points - origin) ** 2).sum(1) + 1e-7",  # another answer, but for rounding
        f"{SHORT}lambda: 1",
        "def distances(points, origin):\n    exit()",
    ],
    ids=["raises", "no Python", "a list", "another shape", "truth values", "rounding", "no data", "exit"],
)
def test_an_answer_that_does_not_run_alike_does_not_count(faults, source):
    (fault,) = faults(source, name="city blocks")
    assert fault.startswith("e99-distances: 3 wrong answers that run, of the right type and shape, all different")


@pytest.mark.parametrize(
    "source",
    [
        "def distances(points, origin):\n    while True: pass",
        "def distances(points, origin):\n    try:\n        while True: pass\n    except: pass\n    while True: pass",
        "while True: pass",
    ],
    ids=["a loop", "a loop that swallows", "at once"],
)
def test_an_endless_loop_loses(task, monkeypatch, source):
    monkeypatch.setattr(answers, "SECONDS", 0.2)
    outcome = outcome_of(task, source)
    assert outcome.reached == 0.0
    assert "ran longer than 0.2 s" in outcome.message
    assert replies_to(task, source, [{"do": "call", "name": "distances", "args": (1, 2)}]) is None


def test_a_reference_that_fails_is_a_fault(task, named):
    broken = answers.Task(task.name, task.points, STUB, task.test, task.namespace)
    found = judge(broken, named).faults
    assert sum("the reference answer fails" in fault for fault in found) == len(check_assignments.DRAWS)
    assert "NotImplementedError: not answered yet" in found[0]


def test_the_visible_part_is_the_cell_without_its_hidden_tests(task):
    city = f"{SHORT}(points - origin).abs().sum(1)"
    assert outcome_of(task, city).reached == 0.0
    assert outcome_of(task, city, visible=True).reached == 3.0


def test_answers_do_not_see_each_other(task):
    outcome_of(task, "left = 1\n" + ANSWER)
    assert outcome_of(task, f"{SHORT}left").message == "NameError: name 'left' is not defined"


CALLBACKS = """\
def small(x):
    assert x < 10, "too large"
    return [0, 1, 2][x]

assert f(small) == 1
assert f(small) == 1
"""


@pytest.mark.parametrize(
    ("call", "replies"),
    [("g(1)", [1, 1]), ("g(0)", [0, 0]), ("g(99)", ["too large"] * 2), ("g(5)", None), ("g('a')", None), ("g", None)],
)
def test_replies_hold_what_the_tests_functions_said(task, call, replies):
    test = type(task.test)("e99-f", 1.0, CALLBACKS)
    other = answers.Task("e99-f", 1.0, "def f(g):\n    return g(1)", test, {})
    requests = requests_of(other)
    assert [request["name"] for request in requests] == ["f", "f"]
    assert replies_to(other, f"def f(g):\n    return {call}", requests) == replies


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ([1.0], [1.001]),
        ([1.0], [1.0, 2.0]),
        (10**6, 10**6 + 1),
        (np.array([10**6]), np.array([10**6 + 1])),
        (torch.ones(2), torch.zeros(2)),
        (torch.ones(2), torch.ones(2, 1)),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({1}, {2}),
        ({1}, [1]),
        ("a", "b"),
        (None, 0),
        (float("nan"), 1.0),
        (float("inf"), 1.0),
        (torch.float32, torch.float64),
    ],
)
def test_replies_that_differ(one, other):
    assert differ(one, other)
    assert differ([other], [one])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        ([1.0, (2.0,)], (1.0000001, [2.0])),
        (torch.ones(2), torch.ones(2).double() + 1e-7),
        (torch.ones(2).bfloat16(), torch.ones(2)),
        ({"a": [np.float32(0.1)]}, {"a": [0.1]}),
        ({1, 2}, frozenset([2, 1])),
        (float("nan"), float("nan")),
        (torch.tensor([float("inf")]), torch.tensor([float("inf")])),
        ("a", "a"),
        (None, None),
        (torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)),
        (torch.tensor([True]), torch.tensor([True])),
    ],
)
def test_replies_that_differ_by_rounding_at_most(one, other):
    assert not differ(one, other)


def test_the_form_of_a_reply_is_its_type_and_shape():
    groups = [
        [1, 2.5, np.float32(1), torch.tensor(1), torch.tensor(1.5).double(), np.array(1)],
        [torch.ones(2), torch.ones(2).long(), torch.ones(2).bfloat16()],
        [torch.ones(2) > 0],
        [torch.ones(2, 1)],
        [np.ones(2), np.arange(2)],
        [[1], [], ["a"]],
        [(1,), ()],
        ["a", ""],
        [b"a"],
        [None],
        [True, np.True_],
        [{"a": 1, "b": [1]}, {"b": [], "a": 2.0}],
        [{"a": 1}],
        [{"a": torch.ones(2)}],
    ]
    forms = [{form_of(value) for value in group} for group in groups]
    assert all(len(group) == 1 for group in forms)
    assert len(set.union(*forms)) == len(groups)


# the whole of an assignment


def faults_of(root, **options):
    return check(NAME, with_mutants=False, root=write_course(root, **options))[1]


def test_a_release_that_gets_points_is_a_fault(tmp_path):
    assert faults_of(tmp_path, release=notebook()) == [f"{NAME}: the untouched release gets points for e99-distances"]


def test_a_release_with_other_tests_is_a_fault(tmp_path):
    release = notebook(STUB)
    release.cells[2].metadata.nbgrader.grade_id = "e99-renamed"
    assert faults_of(tmp_path, release=release) == [
        f"{NAME}: the release has other tests than the solution: run make exercises"
    ]


def test_a_missing_release_is_a_fault(tmp_path):
    write_course(tmp_path)
    (tmp_path / "exercises" / NAME / f"{NAME}.ipynb").unlink()
    _, found = check(NAME, with_mutants=False, root=tmp_path)
    assert found == [f"{NAME}: there is no release: run make exercises"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (FILE.split("# %% e99-why | rubric")[0], "e99-why: a written task needs a rubric in e99.py"),
        (FILE.replace("| model answer", "| wrong | x"), "e99-why: a written task needs a model answer in e99.py"),
        (FILE + "# %% e99-whi | rubric\n", "e99.py: e99-whi is no task of e99-toy"),
        (FILE + "# %% e99-distances | rubric\n", "e99.py: e99-distances takes wrong and right, not a rubric"),
        (FILE + "# %% e99-why | right | x\n", "e99.py: e99-why takes model answer and rubric, not a right"),
    ],
)
def test_answers_fit_their_tasks(tmp_path, text, fault):
    assert fault in faults_of(tmp_path, text=text)


# mutants


def test_mutants_change_only_what_is_between_the_markers():
    head, _, rest = ANSWER.partition("    ### BEGIN SOLUTION\n")
    tail = rest.partition("    ### END SOLUTION")[2]
    found = mutants_of(ANSWER)
    assert len(found) >= 20
    assert len({mutant.source for mutant in found}) == len(found)
    for mutant in found:
        assert mutant.source != ANSWER
        assert mutant.source.startswith(head)
        assert mutant.source.endswith("    ### END SOLUTION" + tail)
        compile(mutant.source, "<mutant>", "exec")


def test_a_change_outside_the_markers_is_no_mutant():
    outside = "{0}def f(x, n=1):\n    ### BEGIN SOLUTION\n    return x + n\n    ### END SOLUTION\n    {1}\n{1}\n"
    source = outside.format("a = 2 + 3\n", "z = 2 + 3")
    found = mutants_of(source)
    assert found
    assert {mutant.line for mutant in found} == {"return x + n"}
    assert source not in {mutant.source for mutant in found}


def test_single_changes_come_first_in_the_order_of_the_text():
    found = mutants_of(ANSWER)
    assert ("differences = points - origin", "differences = points + origin") in {(m.line, m.changed) for m in found}
    singles = [mutant for mutant in found if "\n" not in mutant.line]
    lines = [line.strip() for line in ANSWER.splitlines()]
    places = [lines.index(mutant.line) for mutant in singles[:8]]
    assert places == sorted(places)
    assert set(places) == {3, 4, 5}


def test_mutants_are_the_same_each_time():
    assert mutants_of(ANSWER) == mutants_of(ANSWER)


def test_mutants_of_mutants_fill_up_to_twenty():
    short = "def f(x):\n    ### BEGIN SOLUTION\n    y = x + 1\n    return y * 2\n    ### END SOLUTION"
    found = mutants_of(short)
    assert len(found) == 20
    assert {(mutant.line, mutant.changed) for mutant in found} >= {
        ("y = x + 1", "y = x - 1"),
        ("y = x + 1\nreturn y * 2", "y = x - 1\nreturn y / 2"),
    }


def test_what_can_hardly_be_changed_has_few_mutants():
    tiny = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    assert mutants_of(tiny) == []


def test_a_long_answer_has_all_its_single_mutants():
    body = "".join(f"    x = x + {n}\n" for n in range(15))
    found = mutants_of(f"def f(x):\n    ### BEGIN SOLUTION\n{body}    return x\n    ### END SOLUTION")
    assert len(found) > 30
    assert all("\n" not in mutant.line for mutant in found)


@pytest.mark.parametrize("marker", ["### BEGIN SOLUTION", "### END SOLUTION"])
def test_an_answer_without_markers_has_no_mutants_to_make(marker):
    with pytest.raises(ValueError, match="an answer cell needs the lines"):
        mutants_of(ANSWER.replace(marker, "# here"))


def test_mutants_are_graded(task):
    row = Row(task.name, task.points)
    judge_mutants(task, row, {})
    survivors = [fault for fault in row.faults if "a mutant survives" in fault]
    assert row.mutants == len(mutants_of(ANSWER))
    assert row.killed + len(survivors) == row.mutants
    assert row.killed > 0.6 * row.mutants


EQUIVALENT = ANSWER.replace("squares.sum(dim=1)", "squares.sum(dim=1 + 0)")


def test_a_mutant_that_survives_is_explained_or_a_fault(task, tmp_path, monkeypatch):
    other = answers.Task(task.name, task.points, EQUIVALENT, task.test, task.namespace)
    row = Row(task.name, task.points)
    judge_mutants(other, row, {})
    fault = "e99-distances: a mutant survives: 'return squares.sum(dim=1 + 0) ** 0.5' -> "
    surviving = [found for found in row.faults if found.startswith(fault)]
    assert fault + "'return squares.sum(dim=1 - 0) ** 0.5'" in surviving

    path = tmp_path / "mutants.toml"
    path.write_text(
        '[[survivor]]\ntask = "e99-distances"\nline = "return squares.sum(dim=1 + 0) ** 0.5"\n'
        'mutants = ["return squares.sum(dim=1 - 0) ** 0.5", "return 0"]\nreason = "Equivalent."\n'
    )
    explained = Row(task.name, task.points)
    judge_mutants(other, explained, read_survivors(path))
    assert (explained.equivalent, explained.killed, explained.mutants) == (1, row.killed, row.mutants)
    assert set(row.faults) - set(explained.faults) == {fault + "'return squares.sum(dim=1 - 0) ** 0.5'"}
    assert set(explained.faults) - set(row.faults) == {
        "e99-distances: mutants.toml explains a mutant that does not survive: "
        "'return squares.sum(dim=1 + 0) ** 0.5' -> 'return 0'"
    }


def test_few_mutants_and_few_that_lose_are_faults(task):
    lenient = type(task.test)(task.name, 3.0, "assert distances")
    tiny = "def distances(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    row = Row(task.name, task.points)
    judge_mutants(answers.Task(task.name, 3.0, tiny, lenient, {}), row, {})
    assert row.faults == ["e99-distances: mutmut makes 0 mutants of the reference, 20 are needed"]
    row = Row(task.name, task.points)
    judge_mutants(answers.Task(task.name, 3.0, ANSWER, lenient, dict(task.namespace)), row, {})
    assert row.faults[-1] == f"e99-distances: 0 of {row.mutants} mutants lose, fewer than 95%"


def test_a_file_of_survivors_may_be_missing(tmp_path):
    assert read_survivors(tmp_path / "mutants.toml") == {}
    (tmp_path / "mutants.toml").write_text("")
    assert read_survivors(tmp_path / "mutants.toml") == {}


def test_explained_mutants_of_no_task_are_a_fault(tmp_path, monkeypatch):
    write_course(tmp_path)
    (tmp_path / "solutions" / "_answers" / "mutants.toml").write_text(
        '[[survivor]]\ntask = "e99-gone"\nline = "a"\nmutants = ["b"]\nreason = "c"\n'
    )
    monkeypatch.setattr(check_assignments, "mutants_of", lambda source: [])
    assert "mutants.toml: e99-gone is no task of e99-toy" in check(NAME, root=tmp_path)[1]


# the page

ROWS = [Row("e99-a", 2.0, 5, 5, 4, 3, 2, 2, 20, 19, 1), Row("e99-b", 1.5, 6, 6, 5, 2, 3, 3, 30, 30, 0)]


def test_the_table_has_a_line_a_task_and_the_page_a_sum():
    lines = table(ROWS).splitlines()
    assert len(lines) == 4
    assert lines[3] == "| e99-b | 1.5 | 6 | 6 | 5 | 2 | 3 | 3 | 30 | 30 | 0 |"
    assert "| **all** | 3.5 | 11 | 11 | 9 | 5 | 5 | 5 | 50 | 49 | 1 |" in page(ROWS)
    assert len({line.count("|") for line in lines}) == 1


def test_all_assignments_together_need_enough_answers():
    assert faults_in_all([Row("e99-a", 1.0, wrong=150, right=50)]) == []
    assert faults_in_all(ROWS) == [
        "All together: 11 wrong answers, at least 150 are needed",
        "All together: 5 right answers, at least 50 are needed",
    ]


@pytest.fixture
def command(course, tmp_path, monkeypatch, capsys):
    """Run the tool in the small tree; return its status and what it prints."""
    monkeypatch.setattr(check_assignments, "ROOT", tmp_path)
    monkeypatch.setattr(check_assignments, "PAGE", tmp_path / "pages" / "answers.md")
    monkeypatch.setattr(check_assignments, "assignments", lambda: [NAME])
    monkeypatch.setattr(check_assignments, "check", lambda name, with_mutants: (ROWS, []))
    monkeypatch.setattr(check_assignments, "faults_in_all", lambda rows: [])

    def run(*options):
        monkeypatch.setattr(sys, "argv", ["check_assignments", *options])
        with pytest.raises(SystemExit) as caught:
            check_assignments.main()
        out = capsys.readouterr()
        return caught.value.code, out.out + out.err

    return run


def test_the_page_is_written_by_a_whole_run_only(command, tmp_path):
    written = tmp_path / "pages" / "answers.md"
    for options in (["e99"], ["--no-mutants"], ["--check", "e99"]):
        status, text = command(*options)
        assert (status, "1 assignments: all of it holds." in text) == (0, True)
        assert not written.exists()
    assert command()[0] == 0
    assert written.read_text() == page(ROWS)


def test_a_stale_page_is_a_fault(command, tmp_path):
    written = tmp_path / "pages" / "answers.md"
    stale = "pages/answers.md is not what the tests say: run make check-assignments"
    status, text = command("--check")
    assert (status, stale in text, written.exists()) == (1, True, False)
    command()
    assert command("--check")[0] == 0
    written.write_text(written.read_text().replace("19", "18"))
    status, text = command("--check")
    assert (status, stale in text) == (1, True)
    assert written.read_text() != page(ROWS)


def test_an_assignment_that_does_not_exist_is_refused(command):
    status, text = command("e98")
    assert status == 2
    assert "there is no e98; there are e99" in text


def test_a_fault_fails_the_command(command, monkeypatch):
    monkeypatch.setattr(check_assignments, "check", lambda name, with_mutants: (ROWS, ["one fault"]))
    status, text = command("e99")
    assert (status, "one fault" in text, "all of it holds" in text) == (1, True, False)


def test_assignments_are_folders_with_a_notebook_of_their_name(course):
    assert answers.assignments(course) == [NAME]
