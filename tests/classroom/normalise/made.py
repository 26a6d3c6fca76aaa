"""Releases, and notebooks as students hand them in: plain JSON, so that anything can be done to them."""

import copy
import functools
import json
from pathlib import Path

import nbformat

from classroom.cells import without_hidden_tests
from classroom.normalise import normalise
from tests.small_assignment import small_notebook

ROOT = Path(__file__).resolve().parents[3]
ASSIGNMENTS = sorted(folder.name for folder in (ROOT / "exercises").iterdir() if folder.is_dir())
SMALL = "e99-small"
ANSWERS = {
    "e99-double-answer": "    return number + number",
    "e99-sums-answer": "    return matrix.sum(axis=1)",
    "e99-slowness": "Because it is **interpreted**.",
}


def marks(cell):
    return cell["metadata"].get("nbgrader", {})


def is_answer(cell):
    return bool(marks(cell).get("solution"))


def is_test(cell):
    return bool(marks(cell).get("grade")) and not is_answer(cell)


@functools.cache
def release_of(name):
    """Return the release of an assignment; for reading only."""
    if name != SMALL:
        return nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    notebook = small_notebook(ROOT)
    for cell in notebook.cells:
        if is_answer(cell):
            stub = "*Your answer here.*" if cell.cell_type == "markdown" else '    raise NotImplementedError("not yet")'
            cell.source = cell.source.split("### BEGIN SOLUTION")[0].rstrip(" ") + stub
        elif is_test(cell):
            cell.source = without_hidden_tests(cell.source)
    return notebook


@functools.cache
def _sources(name):
    """Return right answers by grade id."""
    if name == SMALL:
        return {
            marks(cell)["grade_id"]: "\n".join([*cell.source.split("\n")[:-1], ANSWERS[marks(cell)["grade_id"]]])
            for cell in filter(is_answer, release_of(SMALL).cells)
        }
    solution = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    return {
        marks(cell)["grade_id"]: "\n".join(line for line in cell.source.split("\n") if " SOLUTION" not in line)
        for cell in filter(is_answer, solution.cells)
    }


def filled(name):
    """Return the release with right answers: what normalising has to give."""
    notebook = copy.deepcopy(release_of(name))
    for cell in filter(is_answer, notebook.cells):
        cell.source = _sources(name)[marks(cell)["grade_id"]]
    return notebook


def handed_in(name=SMALL):
    """Return the same as a student's file: plain JSON with outputs."""
    notebook = json.loads(nbformat.writes(filled(name)))
    for number, cell in enumerate(notebook["cells"]):
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["out\n"]}]
    return notebook


def raw(notebook):
    return json.dumps(notebook).encode()


def normalised(notebook, name=SMALL):
    """Return the normalised notebook and the repairs; a notebook as JSON or bytes."""
    return normalise(release_of(name), notebook if isinstance(notebook, bytes) else raw(notebook))


def cell_of(notebook, grade_id):
    return next(cell for cell in notebook["cells"] if marks(cell).get("grade_id") == grade_id)


def kinds(repairs):
    return {(repair.kind, repair.grade_id) for repair in repairs}


def answers_of(notebook):
    """Return the sources of the answers by grade id."""
    return {marks(cell)["grade_id"]: cell.source for cell in filter(is_answer, notebook.cells)}
