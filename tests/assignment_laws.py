"""What an assignment's notebook has to obey. Each law returns sentences that name what breaks it; none means kept."""

import ast
import re
import symtable

from classroom.cells import code_of, free_names
from classroom.regions import BEGIN_HIDDEN, BEGIN_SOLUTION, regions_of
from tools.first_cell import TAGS, first_cell

KINDS = {
    "derive by hand",
    "implement",
    "vectorise a loop",
    "find the planted bug",
    "predict, then measure",
    "explain a figure",
    "explain",
}
DIFFICULTIES = {"easy", "medium", "hard"}
TASKS, POINTS, MINUTES = range(3, 7), range(10, 21), range(60, 121)
GIVES_SECRETS = {"inspect", "gc", "sys", "IPython", "__main__", "importlib", "os", "subprocess"}
LOOKS_AT_OBJECTS = {
    "isinstance",
    "issubclass",
    "type",
    "getattr",
    "hasattr",
    "setattr",
    "vars",
    "dir",
    "id",
    "callable",
}
GRADE_ID = re.compile(r"e\d\d-[a-z0-9]+(?:-[a-z0-9]+)*")
ROW = re.compile(r"^\|[^|\n]+\| *([^|\n]+?) *\| *(\w+) *\| *(\d+) *\| *(\d+) *\|$", re.MULTILINE)
HEADING = re.compile(r"^## Task (\d+)\. .+\n+\*(.+?) · (\w+) · (\d+) minutes? · (\d+) points?\*$", re.MULTILINE)


def settings(cell):
    """What nbgrader knows about a cell."""
    return cell.metadata.get("nbgrader", {})


def answers(cells):
    """Answer cells of autograded tasks."""
    code = (cell for cell in cells if cell.cell_type == "code")
    return [cell for cell in code if settings(cell).get("solution") and not settings(cell)["grade"]]


def tests(cells):
    """Test cells."""
    return [cell for cell in cells if settings(cell).get("grade") and not settings(cell)["solution"]]


def written(cells):
    """Cells that a person grades."""
    return [cell for cell in cells if settings(cell).get("grade") and settings(cell)["solution"]]


def graded(cells):
    """Test cells and written answers, in order."""
    return [cell for cell in cells if settings(cell).get("grade")]


def prose(cells):
    """All Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def format_faults(notebook):
    """The notebook's format, cell ids and outputs, and nbgrader's metadata."""
    faults = []
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        faults.append("cells have no ids: nbformat must be 4.5")
    if notebook.metadata.get("kernelspec", {}).get("language") != "python":
        faults.append("the kernelspec is not Python's")
    names = [cell.id for cell in notebook.cells]
    faults += [f"cell id {name} is used twice" for name in sorted(set(names)) if names.count(name) > 1]
    faults += [f"cell id {name} is shorter than 8 characters" for name in names if len(name) < 8]
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    faults += [f"{cell.id} has outputs" for cell in ran]
    for cell in notebook.cells:
        if settings(cell) and settings(cell).get("schema_version") != 3:
            faults.append(f"{cell.id}: nbgrader's schema_version must be 3")
    return faults


def first_cell_faults(notebook, address, branch):
    """The first code cell is the one that every lecture has."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    same = cell.source == first_cell(address, branch) and cell.metadata.get("tags") == TAGS
    return [] if same else [f"{cell.id} is not the first cell of tools/first_cell.py"]


def task_faults(notebook, number):
    """Number of tasks, their kinds, minutes and points, stated once above and once at the task, as graded."""
    cells, text = notebook.cells, prose(notebook.cells)
    faults = []
    if not cells[0].source.startswith(f"# E{number} "):
        faults.append(f"the first cell must begin with '# E{number} '")
    rows, headings = ROW.findall(text), HEADING.findall(text)
    if [number for number, *_ in headings] != [str(place) for place in range(1, len(headings) + 1)]:
        faults.append(f"tasks are numbered {[number for number, *_ in headings]}")
    stated = [tuple(rest) for _, *rest in headings]
    if rows != stated:
        faults.append(f"the table of tasks and the lines under the headings disagree:\n{rows}\n{stated}")
    points, minutes = [int(one[3]) for one in stated], [int(one[2]) for one in stated]
    worth = [settings(cell).get("points") for cell in graded(cells)]
    if points != worth:
        faults.append(f"points at the tasks {points} are not those of the metadata {worth}")
    if len(worth) not in TASKS:
        faults.append(f"{len(worth)} graded tasks; 3 to 6 are asked for")
    if not written(cells):
        faults.append("no task for a person to grade")
    kinds = [kind for kind, *_ in stated]
    faults += [f"{kind!r} is none of the kinds {sorted(KINDS)}" for kind in kinds if kind not in KINDS]
    if len(set(kinds)) < 3:
        faults.append(f"fewer than three kinds: {kinds}")
    faults += [f"{word!r} is no difficulty" for _, word, *_ in stated if word not in DIFFICULTIES]
    for what, allowed, total in (("points", POINTS, sum(points)), ("minutes", MINUTES, sum(minutes))):
        if total not in allowed:
            faults.append(f"{total} {what} in all; from {allowed[0]} to {allowed[-1]} are asked for")
    return faults


def name_faults(notebook, number):
    """Grade ids: one for each cell, with the assignment's number; a test follows its answer."""
    cells = notebook.cells
    names = [settings(cell)["grade_id"] for cell in cells if settings(cell)]
    faults = [f"grade id {name} is used twice" for name in sorted(set(names)) if names.count(name) > 1]
    faults += [f"grade id {name} is not like e{number}-some-words" for name in names if not GRADE_ID.fullmatch(name)]
    faults += [
        f"grade id {name} does not begin with e{number}-" for name in names if not name.startswith(f"e{number}-")
    ]
    order = [settings(cell)["grade_id"] for cell in answers(cells) + tests(cells)]
    for task in (settings(cell)["grade_id"] for cell in tests(cells)):
        if f"{task}-answer" not in order:
            faults.append(f"{task} has no answer cell {task}-answer")
        elif names.index(f"{task}-answer") > names.index(task):
            faults.append(f"{task} stands before its answer cell")
    tested = {f"{settings(cell)['grade_id']}-answer" for cell in tests(cells)}
    faults += [f"{name} has no test" for name in order if name.endswith("-answer") and name not in tested]
    return faults


def flag_faults(notebook):
    """Tests are locked, answers are not; nothing is graded that is neither."""
    faults = []
    for cell in notebook.cells:
        if not settings(cell):
            continue
        locked = settings(cell)["grade"] and not settings(cell)["solution"]
        if settings(cell)["locked"] != locked or settings(cell).get("task"):
            faults.append(f"{cell.id}: locked must be {str(locked).lower()} and task false")
        if cell.cell_type == "markdown" and not (settings(cell)["grade"] and settings(cell)["solution"]):
            faults.append(f"{cell.id}: a written answer is solution and grade at once")
        if cell.cell_type == "code" and settings(cell)["grade"] and settings(cell)["solution"]:
            faults.append(f"{cell.id}: a code cell is answer or test, not both")
    return faults


def answer_faults(notebook):
    """Every answer stands in a function or class with a docstring, so that the untouched cell runs."""
    faults = []
    regions = regions_of(notebook.cells)
    for cell in answers(notebook.cells) + written(notebook.cells):
        kinds = [one.kind for one in regions if one.grade_id == settings(cell)["grade_id"]]
        if not kinds or set(kinds) != {BEGIN_SOLUTION}:
            faults.append(f"{cell.id} has no region between BEGIN SOLUTION and END SOLUTION")
    for cell in answers(notebook.cells):
        tree = ast.parse(code_of(cell.source))
        holders = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        faults += [f"{cell.id}, line {node.lineno}: outside a function" for node in tree.body if not is_quiet(node)]
        functions = [n for holder in holders for n in ast.walk(holder) if isinstance(n, ast.FunctionDef)]
        for number, line in enumerate(cell.source.splitlines(), start=1):
            if BEGIN_SOLUTION in line and not any(f.lineno < number <= f.end_lineno for f in functions):
                faults.append(f"{cell.id}, line {number}: the solution is not in a function")
        faults += [f"{cell.id}: {one.name} has no docstring" for one in holders if ast.get_docstring(one) is None]
    return faults


def is_quiet(node):
    """Whether a statement of an answer cell cannot fail: a definition, an import, a constant."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return not any(isinstance(one, ast.Call) for one in ast.walk(node))
    return isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))


def defined_names(source):
    """Names that an answer cell defines: functions and classes, without imports."""
    tree = ast.parse(code_of(source))
    return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def test_cell_faults(notebook):
    """Test cells: hidden tests, the last line, and what lets them run outside the student's process."""
    faults, answered = [], set()
    for cell in notebook.cells:
        if cell in answers(notebook.cells):
            answered |= defined_names(cell.source)
        if cell in tests(notebook.cells):
            task = settings(cell)["grade_id"]
            faults += [f"{task}: {fault}" for fault in one_test_faults(cell.source, task, answered)]
    return faults


def one_test_faults(source, task, answered):
    """Faults of one test cell, given the names that answer cells above it define."""
    tree = ast.parse(source)
    hidden = [one for one in regions_of([{"source": source}]) if one.kind == BEGIN_HIDDEN]
    lines = [line.strip() for line in source.strip().splitlines()]
    if len(hidden) != 1 or not hidden[0].lines:
        yield "it needs one region of hidden tests"
    if lines[-1] != f'passed("{task}")':
        yield f'its last line must be passed("{task}")'
    if lines[-2] != "### END HIDDEN TESTS" or lines[0] == BEGIN_HIDDEN:
        yield "visible checks come first, hidden ones after them, then passed"
    if foreign := sorted(set(free_names(source)) - answered):
        yield f"it uses {', '.join(foreign)}, which no answer cell above defines and the cell does not import"
    own = {one.get_name() for one in symtable.symtable(source, task, "exec").get_symbols() if one.is_assigned()}
    if rebound := sorted(own & answered):
        yield f"it gives {', '.join(rebound)} another meaning: that name is the student's"
    for node in ast.walk(tree):
        yield from forbidden(node, answered)


def forbidden(node, answered):
    """What a test cell must not do to a student's object."""

    def is_student(one):
        return isinstance(one, ast.Name) and one.id in answered

    modules = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or ""]
    for module in modules:
        if module.split(".")[0] in GIVES_SECRETS:
            yield f"line {node.lineno}: a test cell imports no {module}"
    if isinstance(node, ast.Attribute) and is_student(node.value):
        yield f"line {node.lineno}: {node.value.id}.{node.attr} looks into a student's object"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LOOKS_AT_OBJECTS:
        for argument in node.args:
            if is_student(argument):
                yield f"line {node.lineno}: {node.func.id}({argument.id}) looks at a student's object"
    if isinstance(node, ast.Name) and node.id in ("exec", "eval", "globals", "locals", "get_ipython", "__import__"):
        yield f"line {node.lineno}: a test cell uses no {node.id}"
    if isinstance(node, ast.Compare) and any(is_student(one) for one in (node.left, *node.comparators)):
        yield f"line {node.lineno}: compares a student's function itself; call it"
