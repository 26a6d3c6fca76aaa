"""Solutions run and pass; releases run to their end and fail where there is no answer yet, and nowhere else."""

import nbformat
import pytest

from classroom.cells import test_of as graded_by
from tests.small_assignment import NAME, small_course, small_notebook
from tools import lecture_environment, make_exercises, validate_assignments
from tools.execute import package_hash

NOT_ANSWERED = "NotImplementedError: not answered yet"


@pytest.fixture(scope="session")
def environment(root):
    """The environment of the lectures, made by make book; made here if it is missing or of another package."""
    folder, package = root / "_build" / "lecture_environment", package_hash(root)
    marker = folder / "package.hash"
    if not marker.exists() or marker.read_text() != package:
        lecture_environment.create(folder, root)
        marker.write_text(package)
    return folder


@pytest.fixture(scope="session")
def release_runs(root, environment):
    """What nbgrader says of each release, and the release as it ran: each is run once, two at a time."""
    names = make_exercises.find_assignments(root)
    paths = [make_exercises.release_of(root, name) for name in names]
    return dict(zip(names, validate_assignments.run_all(paths, environment), strict=True))


def failures(notebook):
    """Error of each cell that failed, by cell id: "type: message"."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                found[cell.id] = f"{output.ename}: {output.evalue}"
    return found


def autograded(notebook):
    """Ids of the test cells."""
    return [cell.id for cell in notebook.cells if graded_by(cell) is not None]


def check_solution(path):
    """A solution that ran: nbgrader has nothing to say, no cell failed, no cell warned."""
    says, notebook = validate_assignments.verdict(path, run=False)
    assert says == {}
    assert failures(notebook) == {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.get("name") != "stderr", f"{cell.id}: {output.get('text', '')[:300]}"
    for name in autograded(notebook):
        cell = next(cell for cell in notebook.cells if cell.id == name)
        assert "checks that you see here pass" in cell.outputs[-1].text


def check_release(says, notebook):
    """A release that ran: exactly the test cells failed, each for want of an answer, and nbgrader says which."""
    assert set(says) == {"failed"}, "nbgrader validate must complain about failed cells and about nothing else"
    assert failures(notebook) == dict.fromkeys(autograded(notebook), NOT_ANSWERED)
    named = {one["source"]: one["raw_error"] for one in says["failed"]}
    for cell in notebook.cells:
        if cell.id in autograded(notebook):
            assert "not answered yet" in named.pop(cell.source.strip())
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            assert named.pop(cell.source.strip()) == "You did not provide a response."
    assert named == {}


def test_solution_runs_and_validates(assignment, root):
    path = root / "_build" / "executed" / f"{assignment}.ipynb"
    assert path.exists(), f"{assignment} has not been run: python -m tools.execute --solutions"
    ran, authored = nbformat.read(path, as_version=4), nbformat.read(make_exercises.solution_of(root, assignment), 4)
    assert [cell.source for cell in ran.cells if cell.cell_type == "code"] == [
        cell.source for cell in authored.cells if cell.cell_type == "code"
    ], f"{assignment} changed since it ran: python -m tools.execute --solutions"
    check_solution(path)


def test_release_fails_exactly_where_an_answer_is_missing(assignment, release_runs):
    check_release(*release_runs[assignment])


# The small assignment: as it is, and with what has to be found.


def run(tmp_path, notebook, environment):
    path = tmp_path / f"{NAME}.ipynb"
    nbformat.write(notebook, path)
    return validate_assignments.run_one(path, environment)


def with_outputs(tmp_path, notebook):
    path = tmp_path / "ran.ipynb"
    nbformat.write(notebook, path)
    return path


def edited(notebook, cell_id, old, new):
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    return notebook


def test_small_solution_and_one_that_warns(root, tmp_path, environment):
    notebook = small_notebook(root)
    says, ran = run(tmp_path, notebook, environment)
    assert says == {}
    check_solution(with_outputs(tmp_path, ran))
    warned = nbformat.from_dict(ran)
    warned.cells[2].outputs = [nbformat.v4.new_output("stream", name="stderr", text="Warning: old")]
    with pytest.raises(AssertionError, match="Warning: old"):
        check_solution(with_outputs(tmp_path, warned))


def test_small_release_and_one_with_a_hole(root, tmp_path, environment):
    """One answer is in the release by mistake; a cell outside the tests uses the other, which is not there."""
    small_course(root, tmp_path)
    release = nbformat.reads(make_exercises.releases(tmp_path)[f"{NAME}/{NAME}.ipynb"], as_version=4)
    check_release(*run(tmp_path, release, environment))
    edited(release, "e99-double-answer", 'raise NotImplementedError("not answered yet")', "return 2 * number")
    edited(release, "e99-imports", "import numpy as np", "import numpy as np\nfrom pytest import raises")
    says, ran = run(tmp_path, release, environment)
    assert failures(ran)["e99-imports"].startswith("ModuleNotFoundError"), "the wheel's environment has no pytest"
    assert "e99-double" not in failures(ran)
    with pytest.raises(AssertionError):
        check_release(says, ran)


def test_a_test_cell_that_a_student_changed_is_named(root, tmp_path):
    small_course(root, tmp_path)
    release = nbformat.reads(make_exercises.releases(tmp_path)[f"{NAME}/{NAME}.ipynb"], as_version=4)
    edited(release, "e99-double", "4.0", "5.0")
    says, _ = validate_assignments.verdict(with_outputs(tmp_path, release), run=False)
    assert "5.0" in says["changed"][0]["source"]
