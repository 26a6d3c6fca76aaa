"""Grade wrong answers, right answers and mutants of every assignment, and print the table.

`make check-assignments` (ONLY=e02 for one). Every wrong answer must lose its task's points, every right one must keep
them, for the published draw and for two others; the untouched release must score nothing; of the mutants that mutmut
makes of the reference answers, 95% must lose, and those that do not are listed with a reason in
`solutions/_answers/mutants.toml`. The table is a page of the instructors' part of the book.
"""

import argparse
import sys
from dataclasses import dataclass, field

from classroom.connections import SameProcess
from classroom.runner import grade
from tools.answers import (
    ROOT,
    assignments,
    differ,
    form_of,
    outcome_of,
    read_answers,
    read_tasks,
    release_of,
    replies_to,
    requests_of,
)
from tools.solution_mutants import ENOUGH, mutants_of, read_survivors

PAGE = ROOT / "pages" / "instructors" / "answers.md"
DRAWS = ("", "a second draw", "a third draw")
WRONG, RUNNING, SEEN_AS_RIGHT, RIGHT = 5, 4, 2, 2  # at least so many a task
WRONG_IN_ALL, RIGHT_IN_ALL = 150, 50
KILLED = 0.95


@dataclass
class Row:
    """A task's line of the table."""

    task: str
    points: float
    wrong: int = 0
    lose: int = 0
    running: int = 0
    pass_visible: int = 0
    right: int = 0
    keep: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    faults: list[str] = field(default_factory=list)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="ASSIGNMENT", help="e02, say; default: all of them")
    parser.add_argument("--no-mutants", action="store_true", help="leave out the mutants, which take longest")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is another one")
    arguments = parser.parse_args()
    every = {name.split("-")[0]: name for name in assignments()}
    if unknown := sorted(set(arguments.only) - every.keys()):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(every)}")
    names = [name for number, name in every.items() if not arguments.only or number in arguments.only]
    rows, faults = [], []
    for name in names:
        found, wrong = check(name, with_mutants=not arguments.no_mutants)
        print(table(found), flush=True)
        rows += found
        faults += wrong
    complete = not arguments.only and not arguments.no_mutants
    if complete:
        faults += faults_in_all(rows)
        faults += write_page(page(rows), check_only=arguments.check)
    print("\n".join(faults) or f"{len(names)} assignments: all of it holds.")
    sys.exit(bool(faults))


def check(name, *, with_mutants=True, root=ROOT):
    """Grade everything that one assignment has; return the rows of its tasks and the faults."""
    number = name.split("-")[0]
    path = root / "solutions" / "_answers" / f"{number}.py"
    answers = read_answers(path.read_text(encoding="utf-8"), path.name)
    tasks, written = read_tasks(root / "solutions" / name / f"{name}.ipynb")
    survivors = read_survivors(root / "solutions" / "_answers" / "mutants.toml") if with_mutants else {}
    kinds = {task.name: ("wrong", "right") for task in tasks} | {
        task: ("model answer", "rubric") for task, _ in written
    }
    rows, faults = [], []
    for task in tasks:
        row = judge(task, [answer for answer in answers if answer.task == task.name])
        if with_mutants:
            judge_mutants(task, row, survivors)
        rows.append(row)
        faults += row.faults
    for answer in answers:
        if answer.task not in kinds:
            faults.append(f"{path.name}: {answer.task} is no task of {name}")
        elif answer.kind not in kinds[answer.task]:
            faults.append(f"{path.name}: {answer.task} takes {' and '.join(kinds[answer.task])}, not a {answer.kind}")
    for task, _ in written:
        for kind in ("model answer", "rubric"):
            if not any((answer.task, answer.kind) == (task, kind) for answer in answers):
                faults.append(f"{task}: a written task needs a {kind} in {path.name}")
    for task in sorted({task for task, _, _ in survivors if task.startswith(f"{number}-")} - kinds.keys()):
        faults.append(f"mutants.toml: {task} is no task of {name}")
    return rows, faults + faults_of_release(name, {task.name for task in tasks}, root)


def judge(task, answers):
    """Grade the named answers of a task."""
    row = Row(task.name, task.points)
    fault = row.faults.append
    for draw in DRAWS:
        reference = outcome_of(task, task.answer, draw=draw)
        if reference.reached < task.points:
            fault(f"{task.name}: the reference answer fails (draw {draw!r}): {reference.message}")
    requests = requests_of(task)
    theirs = replies_to(task, task.answer, requests)
    different = []
    for answer in answers:
        outcomes = [outcome_of(task, answer.source, draw=draw) for draw in DRAWS]
        if answer.kind == "right":
            row.right += 1
            failed = next((outcome for outcome in outcomes if outcome.reached < task.points), None)
            row.keep += failed is None
            if failed:
                fault(f"{task.name}: the right answer {answer.name!r} loses: {failed.message}")
        elif answer.kind == "wrong":
            row.wrong += 1
            lost = all(outcome.reached == 0 for outcome in outcomes)
            row.lose += lost
            if not lost:
                fault(f"{task.name}: the wrong answer {answer.name!r} keeps its points")
            row.pass_visible += outcome_of(task, answer.source, visible=True).reached > 0
            mine = replies_to(task, answer.source, requests)
            if runs_alike(mine, theirs) and all(differ(mine, other) for other in [theirs, *different]):
                different.append(mine)
    row.running = len(different)
    for number, least, what in (
        (row.wrong, WRONG, "wrong answers"),
        (row.running, RUNNING, "wrong answers that run, of the right type and shape, all different"),
        (row.pass_visible, SEEN_AS_RIGHT, "wrong answers that pass the visible tests"),
        (row.right, RIGHT, "right answers"),
    ):
        if number < least:
            fault(f"{task.name}: {number} {what}, at least {least} are needed")
    return row


def runs_alike(mine, theirs):
    """Whether an answer replied to everything, with values of the reference's types and shapes."""
    return mine is not None and theirs is not None and [*map(form_of, mine)] == [*map(form_of, theirs)]


def judge_mutants(task, row, survivors):
    """Grade the mutants of a task's reference answer."""
    explained = {key for key in survivors if key[0] == task.name}
    for mutant in mutants_of(task.answer):
        row.mutants += 1
        if any(outcome_of(task, mutant.source, draw=draw).reached == 0 for draw in DRAWS):
            row.killed += 1
        elif (task.name, mutant.line, mutant.changed) in survivors:
            row.equivalent += 1
            explained.discard((task.name, mutant.line, mutant.changed))
        else:
            row.faults.append(f"{task.name}: a mutant survives: {mutant.line!r} -> {mutant.changed!r}")
    for _, line, changed in sorted(explained):
        row.faults.append(f"{task.name}: mutants.toml explains a mutant that does not survive: {line!r} -> {changed!r}")
    if row.mutants < ENOUGH:
        row.faults.append(f"{task.name}: mutmut makes {row.mutants} mutants of the reference, {ENOUGH} are needed")
    if row.killed < KILLED * row.mutants:
        row.faults.append(f"{task.name}: {row.killed} of {row.mutants} mutants lose, fewer than {KILLED:.0%}")


def faults_of_release(name, tasks, root=ROOT):
    """Return what is wrong with the score of an untouched release."""
    try:
        cells = release_of(root, name)
    except FileNotFoundError:
        return [f"{name}: there is no release: run make exercises"]
    outcomes = grade(cells, SameProcess())
    faults = [f"{name}: the untouched release gets points for {o.task}" for o in outcomes if o.reached]
    if {outcome.task for outcome in outcomes} != tasks:
        faults.append(f"{name}: the release has other tests than the solution: run make exercises")
    return faults


def faults_in_all(rows):
    """Return what is wrong with the numbers of all assignments together."""
    faults = []
    for number, least, kind in (
        (sum(row.wrong for row in rows), WRONG_IN_ALL, "wrong"),
        (sum(row.right for row in rows), RIGHT_IN_ALL, "right"),
    ):
        if number < least:
            faults.append(f"All together: {number} {kind} answers, at least {least} are needed")
    return faults


HEADINGS = (
    "task", "points", "wrong answers", "that lose", "that run and differ", "that pass the visible checks",
    "right answers", "that keep", "mutants", "that lose", "equivalent",
)  # fmt: skip


def cells_of(row):
    return [
        row.task, f"{row.points:g}", row.wrong, row.lose, row.running, row.pass_visible, row.right, row.keep,
        row.mutants, row.killed, row.equivalent,
    ]  # fmt: skip


def table(rows):
    """Return the table as Markdown."""
    lines = [HEADINGS, ["---"] + ["---:"] * (len(HEADINGS) - 1), *map(cells_of, rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def page(rows):
    """Return the page of the instructors' part."""
    total = Row("**all**", sum(row.points for row in rows))
    for name in ("wrong", "lose", "running", "pass_visible", "right", "keep", "mutants", "killed", "equivalent"):
        setattr(total, name, sum(getattr(row, name) for row in rows))
    return f"""# Wrong answers and right ones

Hidden tests are only worth something if wrong answers fail them. Each autograded task has named wrong answers,
mistakes that people make, and right answers written in another way. This table says what the tests do with them.
`make check-assignments` grades all of them again, each with three draws of the random inputs, and writes this page.

- *that run and differ*: wrong answers that raise nothing, return the type and shape of the reference, and differ from
  it and from one another on some input of the tests;
- *that pass the visible checks*: for these the hidden tests are needed;
- *mutants*: the reference answer with one small change made by mutmut (two, where there are fewer than {ENOUGH}); those
  that do not lose are equivalent, each listed with its reason in `solutions/_answers/mutants.toml`.

{table([*rows, total])}
"""


def write_page(text, *, check_only):
    """Write the page; or only say whether it is another one."""
    if check_only:
        same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        return [] if same else [f"{PAGE.relative_to(ROOT)} is not what the tests say: run make check-assignments"]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return []


if __name__ == "__main__":
    main()
