"""The instructors' page with the list of assignments, made from the solutions by `make exercises`."""

import re

import nbformat

from tools.execute import find_solutions
from tools.set_repository import current_address, pages_address

PAGE = "pages/instructors/assignments.md"
TASK = re.compile(r"^## Task (\d+)\. (.+)\n+\*(.+?) · (\w+) · (\d+) minutes? · (\d+) points?\*$", re.MULTILINE)
TEXT = (
    "# Assignments\n\n"
    "Made by `make exercises` from the notebooks in `solutions/`; do not edit it here. A task with a grade id in "
    "*italics* is graded by a person, with the rubric in `solutions/_answers/`. Minutes are those that the assignment "
    "tells the student.\n\n"
)


def tasks_of(notebook):
    """Tasks in order: grade id, whether a person grades, name, kind, difficulty, minutes, points."""
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    settings = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    graded = [(one["grade_id"], one["solution"]) for one in settings if one.get("grade")]
    for (grade_id, by_hand), (_, name, kind, level, minutes, points) in zip(graded, TASK.findall(prose), strict=True):
        yield grade_id, by_hand, name, kind, level, int(minutes), int(points)


def page(root):
    """Text of the page."""
    site, parts = pages_address(current_address(root)), [TEXT]
    for path in find_solutions(root):
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        tasks = list(tasks_of(notebook))
        lecture = next(iter(sorted((root / "lectures").glob(f"{path.stem[1:3]}-*.ipynb"))), None)
        points, minutes = sum(task[6] for task in tasks), sum(task[5] for task in tasks)
        parts.append(f"## {title}\n\n{points} points, {minutes} minutes")
        if lecture is not None:
            parts.append(f", for [lecture {int(path.stem[1:3])}]({site}/lectures/{lecture.stem}.html)")
        parts.append(".\n\n| task | grade id | kind | difficulty | minutes | points |\n|---|---|---|---|---:|---:|\n")
        for grade_id, by_hand, name, kind, level, took, worth in tasks:
            shown = f"*{grade_id}*" if by_hand else f"`{grade_id}`"
            parts.append(f"| {name} | {shown} | {kind} | {level} | {took} | {worth} |\n")
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"
