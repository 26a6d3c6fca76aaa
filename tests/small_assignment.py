"""A small assignment that keeps every rule of the real ones, for tests of the machinery."""

import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.first_cell import TAGS, first_cell
from tools.set_repository import current_address, current_branch, pages_address

NAME = "e99-small"

INTRODUCTION = """\
# E99 Small

Two functions and a sentence. Nothing is learned here.

| task | kind | difficulty | minutes | points |
|---|---|---|---|---|
| 1. Double | implement | easy | 20 | 4 |
| 2. Sums | vectorise a loop | medium | 20 | 5 |
| 3. Why | explain | easy | 20 | 1 |

It belongs to [lecture 2]({site}/lectures/02-attention-is-a-weighted-average.html).
Each test cell checks what it can at once. Hidden tests run when it is graded."""

DOUBLE_TEXT = """\
## Task 1. Double
*implement · easy · 20 minutes · 4 points*

Return twice the number. See [the lecture]({site}/lectures/02-attention-is-a-weighted-average.html#summary)."""

DOUBLE = '''\
def double(number: float) -> float:
    """Return twice the number."""
    ### BEGIN SOLUTION
    twice_of_it = number + number
    return twice_of_it
    ### END SOLUTION'''

DOUBLE_TEST = """\
from seq2bert.check import close, draw, passed

close(double(2.0), 4.0, "2 doubled is 4")
### BEGIN HIDDEN TESTS
generator = draw("e99-double")
secret_number = float(generator.normal())
close(double(secret_number), 2 * secret_number, "also for other numbers")
### END HIDDEN TESTS
passed("e99-double")"""

SUMS_TEXT = """\
## Task 2. Sums
*vectorise a loop · medium · 20 minutes · 5 points*

Return the sum of each row, without a loop."""

SUMS = '''\
def row_sums(matrix: np.ndarray) -> np.ndarray:
    """Return the (rows,) sums of a (rows, columns) matrix."""
    ### BEGIN SOLUTION
    return np.asarray(matrix).sum(axis=1)
    ### END SOLUTION'''

SUMS_TEST = """\
from seq2bert.check import array, close, different_sizes, draw, passed, same_shape

generator = draw("e99-sums")
rows, columns = different_sizes(generator, 2)
matrix = array(generator, rows, columns)
same_shape(row_sums(matrix), (rows,), "one sum a row")
### BEGIN HIDDEN TESTS
close(row_sums(matrix), [sum(one_row) for one_row in matrix.tolist()], "the sum of each row")
### END HIDDEN TESTS
passed("e99-sums")"""

WHY = """\
## Task 3. Why
*explain · easy · 20 minutes · 1 point*

Why is a loop slower? One sentence.

### BEGIN SOLUTION
Because the interpreter works once for each element.
### END SOLUTION"""


def settings(task, *, grade, solution, points=None):
    """Metadata of a cell for nbgrader."""
    values = {"grade": grade, "grade_id": task, "locked": grade and not solution, "schema_version": 3}
    values |= {"solution": solution, "task": False} | ({} if points is None else {"points": points})
    return {"nbgrader": values}


def small_notebook(root):
    """The notebook, for the address of a tree."""
    site = pages_address(current_address(root))

    def answer(task, source):
        return new_code_cell(
            source, id=f"{task}-answer", metadata=settings(f"{task}-answer", grade=False, solution=True)
        )

    def test(task, source, points):
        return new_code_cell(source, id=task, metadata=settings(task, grade=True, solution=False, points=points))

    written = settings("e99-slowness", grade=True, solution=True, points=1)
    first = first_cell(current_address(root), current_branch(root))
    cells = [
        new_markdown_cell(INTRODUCTION.format(site=site), id="e99-introduction"),
        new_code_cell(first, id="e99-first-cell", metadata={"tags": TAGS}),
        new_code_cell("import numpy as np", id="e99-imports"),
        new_markdown_cell(DOUBLE_TEXT.format(site=site), id="e99-double-text"),
        answer("e99-double", DOUBLE),
        test("e99-double", DOUBLE_TEST, 4),
        new_markdown_cell(SUMS_TEXT, id="e99-sums-text"),
        answer("e99-sums", SUMS),
        test("e99-sums", SUMS_TEST, 5),
        new_markdown_cell(WHY, id="e99-slowness", metadata=written),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def small_course(root, folder):
    """A tree in `folder` with the settings of the real one and the small assignment; returns the notebook's path."""
    for name in ("_config.yml", "nbgrader_config.py"):
        shutil.copy(root / name, folder)
    path = folder / "solutions" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(small_notebook(root), path)
    return path
