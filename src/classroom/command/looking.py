"""`classroom status`, `log` and `doctor`: where things stand. They change nothing."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any

import typer

from classroom.circumstances import students_of
from classroom.command.options import HERE, AsJson, Folder, Students, label_of, wanted
from classroom.command.printing import CANNOT, Printer, said_plainly
from classroom.course import Course
from classroom.doctor import examine
from classroom.export import Grade, grades_of
from classroom.log import entries, sentence_of
from classroom.receive import read_submitted
from classroom.students import Person, find_students, people_of

__all__ = ["doctor", "log", "status"]

OneAssignment = Annotated[str | None, typer.Argument(help="An assignment; default: all.", show_default=False)]


def status(
    assignment: OneAssignment = None, student: Students = None, folder: Folder = HERE, as_json: AsJson = False
) -> None:
    """Say where each student stands: handed in, late, graded, waiting for a person, or why there is no grade.

    With an assignment, students of the gradebook who have handed in nothing are listed, too.
    """
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        names = [course.check_assignment(assignment)] if assignment else course.assignments()
        people = people_of(course)
        for name in names:
            chosen = wanted(student, people, course, name)
            if not assignment and not students_of(course, name):
                printer.summary(f"{name}: nothing was handed in")
                continue
            states: Counter[str] = Counter()
            for grade in grades_of(course, name):
                if chosen is not None and grade.student not in chosen:
                    continue
                if grade.state == "missing" and not assignment:
                    continue
                states[grade.state] += 1
                about = _about(course, name, grade)
                printer.line(f"{name} {_sentence(about)}", look=grade.state == "no grade", **about)
            counted = ", ".join(f"{number} {state}" for state, number in states.most_common())
            printer.summary(f"{name}: {counted or 'nothing was handed in'}")
        printer.end()


def _about(course: Course, assignment: str, grade: Grade) -> dict[str, Any]:
    said = read_submitted(course, assignment, grade.student)
    return {
        "assignment": assignment,
        "student": grade.student,
        "name": Person(grade.student, grade.first_name, grade.last_name).label,
        "state": grade.state,
        "reason": grade.reason,
        "reached": grade.reached if grade.counts else None,
        "points": grade.points,
        "handed_in": said.at if said else "",
        "late": bool(said and said.late),
        "outdated": grade.outdated,
    }


def _sentence(about: dict[str, Any]) -> str:
    text = f"{about['name']}: {about['state']}"
    if about["reached"] is not None:
        text += f", {about['reached']:g} of {about['points']:g}"
    if about["reason"]:
        text += f": {about['reason']}"
    if about["late"]:
        text += ", late"
    return text + (", and has changed since: classroom grade" if about["outdated"] else "")


def log(
    assignment: OneAssignment = None,
    student: Annotated[str | None, typer.Option(help="Only about this student.", show_default=False)] = None,
    event: Annotated[
        str | None, typer.Option(help="Only received, refused, graded, feedback, export …", show_default=False)
    ] = None,
    last: Annotated[int, typer.Option(min=0, help="So many lines at most, the newest; 0: all.")] = 50,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Read the log: what was received, repaired, refused, graded, written and exported, and when (UTC)."""
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment) if assignment else None
        chosen = None
        if student:
            people = people_of(course)
            folders = set().union(*(students_of(course, each) for each in course.assignments()))
            (chosen,) = find_students([student], people, folders)
            printer.summary(label_of(chosen, people))
        found = list(entries(course, assignment=name, student=chosen, event=event))
        for entry in found[-last:]:
            printer.line(
                sentence_of(entry), **{key: value for key, value in entry.items() if key not in ("says", "look")}
            )
        if not found:
            asked = any([name, chosen, event])
            printer.summary(f"nothing {'like it ' if asked else ''}in {course.log_file}")
        printer.end(entries=len(found))


def doctor(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Say what works on this machine, and how to get the rest.

    Exit code 3 if something is missing that grading needs.
    """
    printer = Printer(as_json)
    findings = examine(folder)
    for finding in findings:
        mark = "works" if finding.works else "MISSING" if finding.needed else "missing, optional"
        printer.line(f"{finding.name}: {mark}: {finding.says}", **asdict(finding))
    lacking = [finding.name for finding in findings if finding.needed and not finding.works]
    printer.summary(f"Grading needs: {', '.join(lacking)}." if lacking else "Everything that grading needs works.")
    printer.end(lacking=lacking)
    if lacking:
        raise typer.Exit(CANNOT)
