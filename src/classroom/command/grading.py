"""`classroom grade` and `classroom regrade`."""

from pathlib import Path
from typing import Annotated

import typer

from classroom.circumstances import days_late, refusal_of, students_of
from classroom.command.options import HERE, AsJson, Assignment, Folder, Students, label_of, wanted
from classroom.command.printing import Printer, counted, progress, said_plainly
from classroom.course import Course
from classroom.grading import grade_class
from classroom.students import Person, people_of
from classroom.verdicts import Verdict, Verdicts
from classroom.workers import on_this_machine

__all__ = ["grade", "regrade"]

Workers = Annotated[
    int | None, typer.Option(min=1, help="How many at once; default: the settings'.", show_default=False)
]
Trusted = Annotated[bool, typer.Option("--trusted", help="No sandbox: only for notebooks that you wrote yourself.")]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Address of a Dask scheduler that hands out the work, tcp://host:8786.", show_default=False),
]


def grade(
    assignment: Assignment,
    student: Students = None,
    workers: Workers = None,
    trusted: Trusted = False,
    scheduler: Scheduler = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Grade what has not been graded; run it again after an interruption, and it goes on.

    Manual scores and comments stay. A submission whose answers are the same as before is not run again.
    """
    _grade(assignment, student, workers, trusted, scheduler, folder, as_json, again=False)


def regrade(
    assignment: Assignment,
    student: Students = None,
    workers: Workers = None,
    trusted: Trusted = False,
    scheduler: Scheduler = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Grade again, also what has been graded: in doubt about a machine. Manual scores and comments stay.

    After a test was mended, `classroom grade` is enough: it sees that the test is another one.
    """
    _grade(assignment, student, workers, trusted, scheduler, folder, as_json, again=True)


def _grade(
    assignment: str,
    students: list[str] | None,
    workers: int | None,
    trusted: bool,
    scheduler: str | None,
    folder: Path,
    as_json: bool,
    *,
    again: bool,
) -> None:
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        people = people_of(course)
        chosen = wanted(students, people, course, name)
        total = len(chosen) if chosen else len(course.prepared(name))
        lacking: set[str] = set()
        with progress(printer, f"grading {name}", total) as advance:

            def tell(verdict: Verdict, new: bool) -> None:
                advance()
                lacking.discard(verdict.student)
                if verdict.failure:
                    lacking.add(verdict.student)
                printer.line(
                    _sentence(verdict, people, new), look=bool(verdict.failure), student=verdict.student,
                    name=label_of(verdict.student, people), new=new, reached=verdict.reached, points=verdict.points,
                    failure=verdict.failure, notes=verdict.remarks,
                    days_late=days_late(verdict.circumstances),
                )  # fmt: skip

            if scheduler:
                from classroom.cluster import on_cluster

                execute = on_cluster(course, scheduler)
            else:
                execute = on_this_machine(course, workers=workers, trusted=trusted)
            verdicts = grade_class(course, name, students=chosen, again=again, execute=execute, tell=tell)
        without = _say_who_is_left(course, printer, name, chosen, verdicts, people)
        failed = len(lacking) + without
        printer.summary(f"{name}: {counted(len(verdicts) + without, 'submission')}, {failed} without a grade.")
        printer.summary(f"Next: classroom feedback {assignment}, classroom export {assignment}. Log: classroom log.")
        printer.end(assignment=name, submissions=len(verdicts) + without, without_grade=failed)


def _say_who_is_left(
    course: Course,
    printer: Printer,
    assignment: str,
    chosen: list[str] | None,
    verdicts: Verdicts,
    people: dict[str, Person],
) -> int:
    """Say why others have no grade; return how many have handed in something that cannot be graded."""
    there, refused = students_of(course, assignment), 0
    for student in sorted(set(chosen if chosen is not None else there) - set(verdicts.students)):
        about = {"student": student, "name": label_of(student, people)}
        if why := refusal_of(course, assignment, student):
            refused += 1
            printer.line(f"{about['name']}: NO GRADE: {why}", look=True, failure=why, **about)
        elif student in there:
            again = "received, and not prepared: run classroom receive again"
            printer.line(f"{about['name']}: {again}", look=True, failure=again, **about)
        else:
            printer.line(f"{about['name']}: no submission", look=True, failure="missing", **about)
    return refused


def _sentence(verdict: Verdict, people: dict[str, Person], new: bool) -> str:
    who = label_of(verdict.student, people)
    if verdict.failure:
        return f"{who}: NO GRADE: {verdict.failure}"
    said = f"{who}: {verdict.reached:g} of {verdict.points:g} by the tests"
    if days := days_late(verdict.circumstances):
        share = min(1.0, days * verdict.circumstances["late_penalty_per_day"])
        said += f", late by {counted(days, 'day')}" + (f": {share:.0%} is taken off" if share else "")
    if not new:
        return f"{said}, graded before"
    return said + "".join(f"\n    {note}" for note in verdict.remarks)
