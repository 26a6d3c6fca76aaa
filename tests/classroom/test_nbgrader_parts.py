"""A class of two graded by plain nbgrader with the course's settings: own inputs each, feedback without secrets."""

import contextlib
import os
import re
from unittest import mock

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from classroom.nbgrader_parts import clean, keep_notebooks_only
from classroom.private_seed import draw_for, make_seed
from tests.small_assignment import NAME

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own

SHOW_DRAW = """\
def double(number):
    import os
    print("draw", os.environ.get("SEQ2BERT_DRAW"))
    return 2 * number"""
RIGHT = "def row_sums(matrix):\n    return matrix.sum(1)"
WRONG = "def row_sums(matrix):\n    return matrix.sum(1) + 1"
ATTACK = "**because**\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(2)>"


@contextlib.contextmanager
def nbgrader_of(course):
    """nbgrader's commands with the course's own nbgrader_config.py, and no exit from this process."""
    with mock.patch.dict(os.environ):
        os.environ.pop("SEQ2BERT_GRADING", None)
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
        yield NbGraderAPI(config=config)


def submit(course, student, answers):
    """Hand in the release with some cells answered."""
    notebook = nbformat.read(course / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    folder = course / "grading" / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


@pytest.fixture
def graded(course):
    """The course after release, two submissions, grading and feedback; and its private seed."""
    (course / "solutions" / NAME / "notes.txt").write_text("for the instructor")
    seed = make_seed(course / "grading" / "private-seed")
    with nbgrader_of(course) as api:
        assert api.generate_assignment(NAME)["success"]
        submit(course, "ada", {"e99-double-answer": SHOW_DRAW, "e99-sums-answer": RIGHT, "e99-slowness": "Loops."})
        submit(course, "bob", {"e99-double-answer": SHOW_DRAW, "e99-sums-answer": WRONG, "e99-slowness": ATTACK})
        for student in ("ada", "bob"):
            result = api.autograde(NAME, student)
            assert result["success"], result["log"]
            result = api.generate_feedback(NAME, student)
            assert result["success"], result["log"]
        scores = {one["student"]: one["score"] for one in api.get_submissions(NAME)}
    return course, seed, scores


def test_a_class_of_two(graded):
    course, seed, scores = graded
    assert [path.name for path in (course / "exercises" / NAME).iterdir()] == [f"{NAME}.ipynb"], "no notes.txt"
    assert scores == {"ada": 9.0, "bob": 4.0}
    assert "SEQ2BERT_DRAW" not in os.environ
    for student in ("ada", "bob"):
        html = (course / "grading" / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")
        drawn = set(re.findall(r"\bdraw ([0-9a-f]{64})\b", html))
        assert drawn == {draw_for(seed, student)}, "each is graded with inputs of their own"
        for secret in ("secret_number", "one_row", "BEGIN HIDDEN", seed.hex()):
            assert secret not in html
        failed = re.search(r"^\w+: the sum of each row", html, flags=re.MULTILINE)
        assert (failed is not None) == (student == "bob"), "a failed test shows its message"
    assert "<script>alert" not in html
    assert "<img src=x onerror" not in html.replace('"', "")
    assert "<strong>because</strong>" in html


def test_without_a_private_seed_the_inputs_are_the_published_ones(course, caplog):
    with nbgrader_of(course) as api:
        assert api.generate_assignment(NAME)["success"]
        submit(course, "ada", {"e99-double-answer": SHOW_DRAW})
        result = api.autograde(NAME, "ada")
        assert result["success"]
    assert "There is no private seed" in caplog.text
    text = (course / "grading" / "autograded" / "ada" / NAME / f"{NAME}.ipynb").read_text()
    assert "draw None" in text


def test_what_lies_beside_a_notebook_is_removed(tmp_path):
    for name in ("e01-a", "e02-b"):
        (tmp_path / name / "folder").mkdir(parents=True)
        for file in (f"{name}.ipynb", "notes.txt", "folder/more.txt"):
            (tmp_path / name / file).write_text("x")
    keep_notebooks_only(tmp_path, "e01-a")
    assert [path.name for path in (tmp_path / "e01-a").iterdir()] == ["e01-a.ipynb"]
    assert len(list((tmp_path / "e02-b").iterdir())) == 3
    keep_notebooks_only(tmp_path, "*")
    assert [path.name for path in (tmp_path / "e02-b").iterdir()] == ["e02-b.ipynb"]


def test_clean_by_hand():
    kept = '<h2 id="a">A</h2><p>a <b>b</b> $x &lt; y$</p>'
    kept += '<table><tbody><tr><td style="text-align: right;">1</td></tr></tbody></table>'
    assert clean(kept) == kept
    for attack in (
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<td style="background: url(javascript:alert(1))">x</td>',
        '<iframe src="https://example.org"></iframe>',
        "<style>body { display: none }</style>",
    ):
        cleaned = clean(attack)
        assert not re.search(r"<(script|iframe|style)|<[^>]*(onerror|javascript:|url)", cleaned), cleaned
