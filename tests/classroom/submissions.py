"""Submissions of the small assignment, as if `classroom receive` had repaired them."""

import nbformat
from nbgrader.utils import compute_checksum

from classroom.cells import without_hidden_tests
from tests.small_assignment import NAME

STUB = '    raise NotImplementedError("not answered yet")\n'
UNWRITTEN = "*Your answer here.*"
RIGHT = {"e99-double-answer": "    return number + number\n", "e99-sums-answer": "    return matrix.sum(axis=1)\n"}
HALF = RIGHT | {"e99-sums-answer": "    return matrix.sum(axis=0)[: len(matrix)]\n"}


def release(course):
    """Write the release, as `nbgrader generate_assignment` makes it; return its path."""
    notebook = nbformat.read(course.source / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution"):
            head = cell.source.split("### BEGIN SOLUTION")[0].rstrip(" ")
            cell.source = head + (STUB if cell.cell_type == "code" else UNWRITTEN)
        elif settings.get("grade"):
            cell.source = without_hidden_tests(cell.source)
        if settings:
            settings["checksum"] = compute_checksum(cell)
    path = course.release / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def answered(course, bodies=None, *, why=UNWRITTEN):
    """The bytes of the release with answers: bodies of functions by grade id."""
    notebook = nbformat.read(course.release / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") and cell.cell_type == "code":
            cell.source = cell.source.replace(STUB, (bodies or {}).get(settings.grade_id, STUB))
        elif settings.get("solution"):
            cell.source = cell.source.replace(UNWRITTEN, why)
    return nbformat.writes(notebook).encode()


def hand_in(course, student, bodies=None, *, why=UNWRITTEN, timestamp="2026-11-01 12:00:00.000000 UTC"):
    """Write a student's notebook: bodies of functions by grade id, stubs elsewhere."""
    notebook = nbformat.read(course.source / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") and cell.cell_type == "code":
            head = cell.source.split("    ### BEGIN SOLUTION")[0]
            release, answer = head + STUB, head + (bodies or {}).get(settings.grade_id, STUB)
        elif settings.get("solution"):
            head = cell.source.split("### BEGIN SOLUTION")[0]
            release, answer = head + UNWRITTEN, head + why
        elif settings.get("grade"):
            release = answer = without_hidden_tests(cell.source)
        else:
            continue
        cell.source = release
        settings["checksum"] = compute_checksum(cell)  # as a release has it
        cell.source = answer
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    return folder / f"{NAME}.ipynb"
