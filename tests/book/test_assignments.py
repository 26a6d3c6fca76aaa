"""Laws for every assignment: its notebook as authored, its release, the ledger of points."""

import functools
import re
import shutil
from collections import Counter
from unittest import mock

import nbformat
import nbgrader.api
import pytest

from classroom.regions import regions_of, visible_lines
from tests import assignment_laws as laws
from tests.book import test_notebooks as lecture_laws
from tests.small_assignment import NAME, small_course, small_notebook
from tools import assignment_list, ledger, make_exercises
from tools.set_repository import current_address, current_branch, pages_address

STUBS = ["# Your answer here.", 'raise NotImplementedError("not answered yet")', "*Your answer here.*"]


@pytest.fixture
def number(assignment):
    return assignment[1:3]


@pytest.fixture
def solution(assignment, root):
    return nbformat.read(make_exercises.solution_of(root, assignment), as_version=4)


@pytest.fixture
def release(assignment, root):
    return nbformat.read(make_exercises.release_of(root, assignment), as_version=4)


@pytest.fixture(autouse=True, scope="module")
def alembic_is_asked_once():
    """nbgrader starts alembic for each new gradebook, which takes seconds, and the answer is the same."""
    answer = functools.cache(nbgrader.api.get_alembic_version)
    with mock.patch.object(nbgrader.api, "get_alembic_version", answer):
        yield


@pytest.fixture
def course(root, tmp_path):
    """A tree that holds the small assignment."""
    small_course(root, tmp_path)
    return tmp_path


def test_exercises_are_what_the_solutions_make_of_them(root):
    wanted = make_exercises.releases(root)
    assert make_exercises.stale(root, wanted) == {}, "run make exercises"


def test_list_of_assignments_is_what_the_solutions_say(root):
    listed = (root / assignment_list.PAGE).read_text(encoding="utf-8")
    assert listed == assignment_list.page(root), "run make exercises"


def test_ledger_of_points_agrees_with_the_notebooks(root):
    lines = ledger.differences(root)
    assert lines == [], "solutions/CHANGELOG.md lacks these lines:\n" + "\n".join(lines)


def test_format(solution):
    assert laws.format_faults(solution) == []


def test_first_cell(solution, release, root):
    for notebook in (solution, release):
        assert laws.first_cell_faults(notebook, current_address(root), current_branch(root)) == []


def test_tasks_are_as_stated(solution, number):
    assert laws.task_faults(solution, number) == []


def test_grade_ids(solution, number):
    assert laws.name_faults(solution, number) + laws.flag_faults(solution) == []


def test_answers_stand_in_functions(solution):
    assert laws.answer_faults(solution) == []


def test_test_cells(solution):
    assert laws.test_cell_faults(solution) == []


def test_reads_well_in_colab(solution, root):
    lecture_laws.test_plain_markdown_without_roles_or_directives(solution)
    lecture_laws.test_links_are_absolute(solution)
    lecture_laws.test_links_to_the_course_use_its_address(solution, root)


def test_links_lead_to_sections_of_the_lecture(solution, number, pages, root):
    site = pages_address(current_address(root))
    links = re.findall(re.escape(site) + r"/([\w/.-]+\.html)(?:#([^)\s\"]+))?", laws.prose(solution.cells))
    own = [anchor for page, anchor in links if page.startswith(f"lectures/{number}-")]
    assert any(own), f"no link to a section of lecture {number}"
    for page, anchor in links:
        assert page in pages, page
        assert not anchor or pages[page].find(id=anchor) is not None, f"{page} has no section #{anchor}"


def leaks(solution, release):
    """Lines of a release that only a solution or a hidden test has, or that it has more often than it should."""
    allowed = Counter(visible_lines(solution.cells))
    secret = {line for region in regions_of(solution.cells) for line in region.lines}
    found = Counter(line.strip() for cell in release.cells for line in cell.source.splitlines())
    return sorted(line for line in secret - set(STUBS) if found[line] > allowed[line])


def test_nothing_of_a_solution_or_hidden_test_is_in_the_release(solution, release):
    assert leaks(solution, release) == []
    text = nbformat.writes(release)
    assert "BEGIN" not in text
    assert "END SOLUTION" not in text


def test_no_region_can_be_read_elsewhere_in_the_notebook(solution):
    """A faulty version may show most lines of an answer, but not all."""
    visible = set(visible_lines(solution.cells))
    readable = [region.grade_id for region in regions_of(solution.cells) if set(region.lines) <= visible]
    assert readable == []


def test_release_is_the_solution_with_the_regions_cut(solution, release):
    """Cell for cell: same ids, no outputs, and the visible lines with a stub for each answer, nothing else."""
    assert [cell.id for cell in release.cells] == [cell.id for cell in solution.cells]
    for authored, released in zip(solution.cells, release.cells, strict=True):
        lines = [line.strip() for line in released.source.splitlines() if line.strip()]
        assert [line for line in lines if line not in STUBS] == visible_lines([authored])
        assert released.get("outputs", []) == []
        stubs = sum(region.kind == "### BEGIN SOLUTION" for region in regions_of([authored]))
        assert lines.count(STUBS[0]) + lines.count(STUBS[2]) == stubs


def test_only_the_notebook_lies_in_the_folder(assignment, root):
    files = [path.name for path in (root / "solutions" / assignment).iterdir() if not path.name.startswith(".")]
    assert files == [f"{assignment}.ipynb"]


# The laws themselves, on the small assignment and on what breaks it.


def changed(root, grade_id, old, new):
    """The small assignment with one cell edited."""
    notebook = small_notebook(root)
    cell = next(cell for cell in notebook.cells if cell.id == grade_id)
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    return notebook


def all_faults(notebook, root):
    faults = laws.format_faults(notebook) + laws.task_faults(notebook, "99") + laws.name_faults(notebook, "99")
    faults += laws.flag_faults(notebook) + laws.answer_faults(notebook) + laws.test_cell_faults(notebook)
    return faults + laws.first_cell_faults(notebook, current_address(root), current_branch(root))


def test_the_small_assignment_keeps_the_laws(root):
    assert all_faults(small_notebook(root), root) == []


@pytest.mark.parametrize(
    ("cell", "old", "new", "says"),
    [
        ("e99-first-cell", "Installs", "installs", "not the first cell"),
        ("e99-introduction", "# E99", "# E98", "must begin with '# E99 '"),
        ("e99-introduction", "| implement | easy | 20 | 4 |", "| implement | easy | 20 | 5 |", "disagree"),
        ("e99-double-text", "4 points", "5 points", "not those of the metadata"),
        ("e99-double-text", "implement", "copy", "none of the kinds"),
        ("e99-double-text", "implement", "explain", "fewer than three kinds"),
        ("e99-double-text", "easy", "hardest", "no difficulty"),
        ("e99-double-text", "20 minutes", "90 minutes", "minutes in all"),
        ("e99-double-answer", "    ### BEGIN SOLUTION\n", "", "ends a region that has not begun"),
        ("e99-double-answer", '    """Return twice the number."""\n', "", "double has no docstring"),
        ("e99-double-answer", "def double", "print(1)\ndef double", "outside a function"),
        ("e99-double", 'passed("e99-double")', 'passed("e99-sums")', "last line must be"),
        ("e99-double", "from seq2bert.check import close, draw, passed", "", "uses close, draw, passed"),
        ("e99-double", "close(double(2.0), 4.0", "close(np.float64(double(2.0)), 4.0", "uses np"),
        ("e99-double", "close(double(2.0)", "close(row_sums(2.0)", "uses row_sums"),
        ("e99-double", "close(double(2.0)", "double = abs\nclose(double(2.0)", "another meaning"),
        ("e99-double", "close(double(2.0)", "import inspect\nclose(double(2.0)", "imports no inspect"),
        ("e99-double", "close(double(2.0)", "callable(double)\nclose(double(2.0)", "looks at a student's object"),
        ("e99-double", "close(double(2.0)", "close(double.weight", "looks into a student's object"),
        ("e99-double", "close(double(2.0)", "double == abs\nclose(double(2.0)", "call it"),
        ("e99-double", "### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n"
         "### BEGIN HIDDEN TESTS", "one region of hidden tests"),
        ("e99-double", "### BEGIN HIDDEN TESTS\n", "", "has not begun"),
    ],
)  # fmt: skip
def test_a_broken_assignment_is_found(root, cell, old, new, says):
    try:
        faults = all_faults(changed(root, cell, old, new), root)
    except ValueError as error:
        faults = [str(error)]
    assert any(says in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("cell", "key", "value", "says"),
    [
        ("e99-double", "points", 5, "not those of the metadata"),
        ("e99-double", "grade_id", "e99-sums", "used twice"),
        ("e99-double", "grade_id", "e98-double", "does not begin with e99-"),
        ("e99-double", "grade_id", "e99-other", "no answer cell"),
        ("e99-double", "locked", False, "locked must be true"),
        ("e99-slowness", "grade", False, "no task for a person to grade"),
        ("e99-sums-answer", "grade", True, "answer or test, not both"),
        ("e99-sums-answer", "schema_version", 2, "schema_version"),
    ],
)
def test_broken_metadata_is_found(root, cell, key, value, says):
    notebook = small_notebook(root)
    next(one for one in notebook.cells if one.id == cell).metadata["nbgrader"][key] = value
    assert any(says in fault for fault in all_faults(notebook, root)), all_faults(notebook, root)


def test_canaries_are_in_no_release(course, root):
    """A file beside the notebook, one in _answers, a line of a solution, one of a hidden test, an output."""
    canary = "canary_that_nobody_may_see"
    path = make_exercises.solution_of(course, NAME)
    (path.parent / "notes.txt").write_text(canary)
    (course / "solutions" / "_answers").mkdir()
    (course / "solutions" / "_answers" / "e99.py").write_text(canary)
    notebook = changed(root, "e99-double-answer", "return twice_of_it", f"{canary} = 1\n    return twice_of_it")
    test = next(cell for cell in notebook.cells if cell.id == "e99-sums")
    test.source = test.source.replace("### END", f"{canary} = 2\n### END")
    test.outputs = [nbformat.v4.new_output("stream", text=canary)]
    written = next(cell for cell in notebook.cells if cell.id == "e99-slowness")
    written.source = written.source.replace("Because", f"{canary} because")
    nbformat.write(notebook, path)
    wanted = make_exercises.releases(course)
    make_exercises.write(course, wanted)
    files = [path for path in (course / "exercises").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{NAME}.ipynb"]
    assert not [path for path in files if canary in path.read_text(encoding="utf-8")]
    assert leaks(notebook, nbformat.read(files[0], as_version=4)) == []
    assert not (course / "grading").exists()


@pytest.mark.parametrize("line", ["twice_of_it = number + number", "secret_number = float(generator.normal())"])
def test_a_leak_is_found(course, root, line):
    release = nbformat.reads(make_exercises.releases(course)[f"{NAME}/{NAME}.ipynb"], as_version=4)
    assert leaks(small_notebook(root), release) == []
    release.cells[4].source += f"\n    {line}"
    assert leaks(small_notebook(root), release) == [line]


def test_releases_are_the_same_every_time(course):
    assert make_exercises.releases(course) == make_exercises.releases(course)


def test_stale_exercises_are_named(course):
    wanted = make_exercises.releases(course)
    name = f"{NAME}/{NAME}.ipynb"
    assert make_exercises.write(course, wanted) == {name: "missing"}
    assert make_exercises.stale(course, wanted) == {}
    (course / "exercises" / name).write_text(wanted[name].replace("twice", "thrice"))
    (course / "exercises" / "e98-gone").mkdir()
    (course / "exercises" / "e98-gone" / "e98-gone.ipynb").write_text("{}")
    faults = {name: "stale", "e98-gone/e98-gone.ipynb": "not wanted"}
    assert make_exercises.stale(course, wanted) == make_exercises.write(course, wanted) == dict(sorted(faults.items()))
    assert make_exercises.stale(course, wanted) == {}
    assert not (course / "exercises" / "e98-gone").exists()


def test_list_by_hand(course):
    text = assignment_list.page(course)
    assert "## E99 Small\n\n10 points, 60 minutes.\n" in text
    assert "| Sums | `e99-sums` | vectorise a loop | medium | 20 | 5 |\n" in text
    assert "| Why | *e99-slowness* | explain | easy | 20 | 1 |\n" in text
    assert make_exercises.write_list(course, check=True)
    assert not (course / assignment_list.PAGE).exists()
    assert make_exercises.write_list(course, check=False)
    assert not make_exercises.write_list(course, check=True)


def test_a_notebook_that_nbgrader_refuses_is_named(course, root):
    notebook = changed(root, "e99-double-answer", "    ### END SOLUTION", "")
    nbformat.write(notebook, make_exercises.solution_of(course, NAME))
    with pytest.raises(make_exercises.ReleaseError, match=r"no release of e99-small: (.|\n)*[Nn]o end solution"):
        make_exercises.releases(course)
    shutil.move(make_exercises.solution_of(course, NAME), course / "solutions" / NAME / "other.ipynb")
    with pytest.raises(make_exercises.ReleaseError, match=r"solutions/e99-small/ has no e99-small\.ipynb"):
        make_exercises.releases(course)
