"""`classroom init`, `release` and `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from classroom.command.options import HERE, AsJson, Assignment, Folder
from classroom.command.printing import Printer, counted, said_plainly
from classroom.course import Course
from classroom.demonstration import LAYOUTS, invent
from classroom.gradebook import register
from classroom.private_seed import fingerprint, make_seed, read_seed

__all__ = ["demo", "init", "release"]


def init(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Make the folder of a class: settings, a private seed, an empty gradebook with all assignments.

    It may be run again: what is there stays.
    """
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        course.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = course.work / "classroom.toml"
        if not settings.exists():
            settings.write_text(_SETTINGS, encoding="utf-8")
        printer.line(f"settings: {settings}", path=str(settings))
        if not course.seed_file.exists():
            make_seed(course.seed_file)
        printer.line(
            f"private seed: {fingerprint(read_seed(course.seed_file))}, in {course.seed_file}: keep a copy of it"
        )
        for name in course.assignments():
            register(course, name)
            printer.line(f"{name}: in the gradebook", assignment=name)
        course.log("init")
        printer.summary("Next: classroom receive ASSIGNMENT SOURCE, or classroom demo ASSIGNMENT to try it.")
        printer.end(course=str(course.root))


def release(assignment: Assignment, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Enter an assignment and its points into the gradebook, and say where its release for students is."""
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        register(course, name)
        path = course.release / name / f"{name}.ipynb"
        there = path.is_file()
        text = f"{name}: give students {path}" if there else f"{name}: there is no release; make exercises writes it"
        printer.line(text, look=not there, assignment=name, path=str(path))
        course.log("release", assignment=name)
        printer.end()


def demo(
    assignment: Assignment,
    students: Annotated[int, typer.Option(min=1, max=100_000, help="How many to invent.")] = 5,
    layout: Annotated[str, typer.Option(help=f"As which download: {', '.join(LAYOUTS)}.")] = "moodle",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where; a folder that is not there yet. Default: demo in the folder of the class.", show_default=False
        ),
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Invent students who hand in an assignment, to try every step before a class does.

    Some are right, some half right, some empty, broken, renamed, or have lost cells. The same number gives the same
    students and files. The folder holds solutions of the assignment: it is for instructors only.
    """
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        place = out or course.work / "demo" / f"{name}-{layout}"
        made = invent(course, name, place, students=students, layout=layout)
        for each in made.students:
            printer.line(f"{each.name}: {each.says}", student=each.student, name=each.name, what=each.kind)
        command = f"classroom receive {name.split('-')[0]} {made.submissions}"
        printer.line(
            f"{counted(len(made.students), 'invented student')}. Next: {command}", submissions=str(made.submissions)
        )
        if made.to_fill:
            text = f"{made.to_fill}: what {layout.title()} would give to be filled with grades"
            printer.line(text, to_fill=str(made.to_fill))
        course.log("demo", assignment=name, path=str(place), number=students)
        printer.end(assignment=name)


_SETTINGS = """\
# Settings of this class. What is commented out shows the default or an example.

# course_id = "seq2bert"
# workers = 0                      # submissions at the same time; 0: one for each processor core
# db_url = "postgresql+psycopg://user@/grades"   # default: gradebook.db in this folder
# late_penalty_per_day = 0.0       # share of the points reached that each begun day costs

# [deadlines]                      # after a change: classroom receive ASSIGNMENT, classroom grade ASSIGNMENT
# e02-attention-by-hand = 2026-12-01T23:59:59Z

# [extensions.e02-attention-by-hand]
# "Ada Lovelace" = 2026-12-03T23:59:59Z   # named as the folder in received/

# [limits]                         # of one submission
# cell_seconds = 120.0
# test_seconds = 60.0
# memory = 2147483648              # bytes of each process
# total_memory = 4294967296        # bytes of all of them, where there are control groups
"""
