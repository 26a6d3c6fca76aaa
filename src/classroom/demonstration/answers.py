"""What invented students hand in: right, half right, wrong, empty, broken, or rearranged at no cost."""

import copy
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from classroom.cells import test_of
from classroom.course import Course, CourseError
from classroom.regions import BEGIN_SOLUTION, END_SOLUTION

__all__ = ["KINDS", "Attempt", "attempts_of"]

KINDS = ("right", "half", "empty", "broken", "colab", "wrong", "deleted", "twice")
_SAYS = {
    "right": "every answer as in the solutions",
    "half": "the first half of the answers, the rest as it was given",
    "empty": "the notebook as it was given",
    "broken": "a file that was cut short, which cannot be read",
    "colab": "every answer; the notebook has lost its metadata, as in Colab, and its name",
    "wrong": "every function is there and returns nothing",
    "deleted": "every answer; the test cells were deleted and an own cell was added",
    "twice": "every answer; one answer cell stands there twice",
}


@dataclass(frozen=True)
class Attempt:
    """A file that is handed in."""

    kind: str
    says: str
    file: str
    content: bytes


def attempts_of(course: Course, assignment: str) -> dict[str, Attempt]:
    """Return an attempt of each kind.

    Raises
    ------
    CourseError
        If there is no release.
    """
    path = course.release / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        raise CourseError(f"there is no release {path}: make exercises writes it")
    release = nbformat.read(path, as_version=4)
    source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
    right = {cell.metadata.nbgrader.grade_id: _answer(cell.source) for cell in source.cells if _is_answer(cell)}
    wrong = {cell.metadata.nbgrader.grade_id: _nothing(cell) for cell in source.cells if _is_answer(cell)}
    half = dict(list(right.items())[: len(right) // 2])
    full = _filled(release, right)
    text = nbformat.writes(full)
    contents = {
        "right": text,
        "half": nbformat.writes(_filled(release, half)),
        "empty": nbformat.writes(release),
        "broken": text[: len(text) * 2 // 3],
        "colab": nbformat.writes(_as_colab(full)),
        "wrong": nbformat.writes(_filled(release, wrong)),
        "deleted": nbformat.writes(_without_tests(full)),
        "twice": nbformat.writes(_with_one_twice(full)),
    }
    files = {"colab": f"Copy of {assignment}.ipynb", "twice": f"{assignment} (1).ipynb"}
    name = f"{assignment}.ipynb"
    return {kind: Attempt(kind, _SAYS[kind], files.get(kind, name), contents[kind].encode()) for kind in KINDS}


def _is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _answer(source: str) -> str:
    """Return an authored answer without the lines of the markers."""
    return "\n".join(line for line in source.split("\n") if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION))


def _nothing(cell: NotebookNode) -> str:
    """Return an answer that runs, or can be read, and is none."""
    lines, inside = [], False
    for line in cell.source.split("\n"):
        if line.strip() == BEGIN_SOLUTION:
            lines.append(line.replace(BEGIN_SOLUTION, "pass" if cell.cell_type == "code" else "I do not know."))
            inside = True
        elif line.strip() == END_SOLUTION:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def _filled(release: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        if _is_answer(cell):
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
    return notebook


def _as_colab(notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict({"colab": {"provenance": []}, "kernelspec": {"name": "python3"}})
    notebook.metadata.kernelspec.display_name = "Python 3"
    for place, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({"id": f"c{place:011d}"})
        cell.id = f"c{place:011d}"
    return notebook


def _without_tests(notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if test_of(cell) is None]
    notebook.cells.insert(2, nbformat.v4.new_code_cell("tried = 3  # my own notes", id="notes"))
    return notebook


def _with_one_twice(notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    place = next(place for place, cell in enumerate(notebook.cells) if _is_answer(cell))
    again = copy.deepcopy(notebook.cells[place])
    again.id = f"{again.id}-again"[:64]
    notebook.cells.insert(place + 1, again)
    return notebook
