"""The ledger of points, solutions/CHANGELOG.md: which tasks there were, and what each was worth, since when.

Grades refer to a task by its grade id and its points, so neither changes by accident: each change needs a line there,

    - 2026-11-25 e02-additive: 3 points, new
    - 2026-12-01 e02-additive: 3 -> 4 points: its second part was too much work for three
    - 2026-12-09 e02-additive removed: the lecture no longer has it

and replaying the lines must give what the notebooks say. `python -m tools.ledger` prints the lines that are missing.
"""

import datetime
import re
import sys
from pathlib import Path

import nbformat

from tools.make_exercises import find_assignments, solution_of

ROOT = Path(__file__).resolve().parent.parent
LEDGER = Path("solutions") / "CHANGELOG.md"
TASK = r"(?P<task>e\d\d-[a-z0-9-]+)"
POINTS = r"\d+(?:\.\d+)?"
LINE = re.compile(
    rf"- (?P<date>\d{{4}}-\d\d-\d\d) {TASK}(?:"
    rf": (?P<new>{POINTS}) points?, new"
    rf"|: (?P<before>{POINTS}) -> (?P<after>{POINTS}) points?: (?P<why>\S.*)"
    rf"| removed: (?P<because>\S.*))"
)


class LedgerError(ValueError):
    """A line of the ledger that cannot be right."""


def replay(text):
    """Points of each task after all lines of a ledger.

    Raises
    ------
    LedgerError
        If a line cannot be read, goes back in time, or does not fit what came before it; with its number.
    """
    points, last = {}, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("- "):
            continue
        match = LINE.fullmatch(line.rstrip())
        if match is None:
            raise LedgerError(f"{LEDGER}, line {number} is none of the three forms: {line!r}")
        date, task = match["date"], match["task"]
        try:
            datetime.date.fromisoformat(date)
        except ValueError:
            raise LedgerError(f"{LEDGER}, line {number}: {date} is no date") from None
        if date < last:
            raise LedgerError(f"{LEDGER}, line {number}: {date} is before {last}; new lines go to the end")
        last = date
        if match["new"]:
            if task in points:
                raise LedgerError(f"{LEDGER}, line {number}: {task} is there already")
            points[task] = float(match["new"])
            continue
        if task not in points:
            raise LedgerError(f"{LEDGER}, line {number}: there is no {task} at this place")
        if match["because"]:
            del points[task]
        elif points[task] != float(match["before"]):
            raise LedgerError(f"{LEDGER}, line {number}: {task} is worth {points[task]:g} here, not {match['before']}")
        else:
            points[task] = float(match["after"])
    return points


def points_of(cells):
    """Points of each graded cell of a notebook, by grade id."""
    settings = [cell.metadata.get("nbgrader", {}) for cell in cells]
    return {one["grade_id"]: float(one["points"]) for one in settings if one.get("grade")}


def points_in_notebooks(root):
    """Points of every graded task of all assignments."""
    points = {}
    for name in find_assignments(root):
        points |= points_of(nbformat.read(solution_of(root, name), as_version=4).cells)
    return points


def missing_lines(ledger, notebooks, date):
    """Lines that would make a ledger agree with the notebooks, dated `date`."""
    lines = []
    for task in sorted(ledger.keys() | notebooks.keys()):
        before, after = ledger.get(task), notebooks.get(task)
        if before is None:
            lines.append(f"- {date} {task}: {after:g} point{'s' * (after != 1)}, new")
        elif after is None:
            lines.append(f"- {date} {task} removed: (why?)")
        elif before != after:
            lines.append(f"- {date} {task}: {before:g} -> {after:g} point{'s' * (after != 1)}: (why?)")
    return lines


def differences(root):
    """Lines that the ledger of a tree lacks."""
    path = root / LEDGER
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return missing_lines(replay(text), points_in_notebooks(root), datetime.date.today().isoformat())


def main():
    try:
        lines = differences(ROOT)
    except LedgerError as error:
        sys.exit(str(error))
    if lines:
        print("\n".join(lines))
        sys.exit(f"{LEDGER} lacks these lines. If each change is meant, add them at the end, with reasons.")
    print(f"{LEDGER} agrees with the notebooks")


if __name__ == "__main__":
    main()
