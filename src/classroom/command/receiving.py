"""`classroom receive`: keep what was handed in, choose and repair what counts, enter who handed it in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from classroom.command.options import HERE, AsJson, Assignment, Folder, label_of
from classroom.command.printing import Printer, progress, said_plainly
from classroom.course import Course, CourseError
from classroom.gradebook import register
from classroom.receive import (
    KINDS,
    Intake,
    Receipt,
    Refused,
    Roster,
    Submitted,
    read_submitted,
    receipts_of,
    submit,
)
from classroom.receive import receive as receive_source
from classroom.students import Person, enrol, people_of, people_of_roster, people_of_submissions

__all__ = ["receive"]


def receive(
    assignment: Assignment,
    source: Annotated[
        Path | None,
        typer.Argument(
            help="A folder, a zip archive or a notebook: what Canvas, Moodle or Gradescope gave, packed or unpacked, "
            "the inbound folder of nbgrader's exchange, or files. Left out: only choose again among what is there, "
            "after a deadline or an extension has changed.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help=f"{', '.join(KINDS)}; by default it is seen from the names.", show_default=False)
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            help="CSV with the column student and any of first_name, last_name, name, email, lms_user_id: who is who. "
            "Default: roster.csv in the folder of the class, if there is one.",
            show_default=False,
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            help="For files: a regular expression for a path or name, with a group (?P<student>…).", show_default=False
        ),
    ] = None,
    student: Annotated[
        str | None, typer.Option(help="For files: all of them are this student's.", show_default=False)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="For files: when they were handed in, as 2026-12-01T10:00:00Z.", show_default=False),
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Receive what students have handed in, and prepare for grading what counts.

    Every raw file is kept as it came, with its sha256 and time. Of several attempts the last one before the deadline
    counts, or the first one after it, as late. Repairs cost the student nothing. The same source may be received again:
    what is known stays as it is. Files are refused one by one, with the reason.
    """
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        known = roster or course.work / "roster.csv"
        people = people_of_roster(known) if roster or known.is_file() else []
        course.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        intake: Intake | None = None
        if source is not None:
            with progress(printer, f"receiving {name}") as advance:

                def tell(what: Receipt | Refused, new: bool) -> None:
                    advance()

                intake = receive_source(
                    course, name, source, kind=kind, roster=Roster.read(known) if people else None, pattern=pattern,
                    student=student, at=_moment(at), tell=tell,
                )  # fmt: skip
        folders = [path.name for path in (course.received / name).glob("*") if path.is_dir()]
        before = {each: read_submitted(course, name, each) for each in folders}
        submissions = choose_again(course, name)
        register(course, name)  # last, so that a gradebook that is locked keeps nothing from being received
        enrol(course, people, overwrite=True)
        enrol(course, people_of_submissions(submissions))
        _print(course, printer, name, source, intake, submissions, before)


def choose_again(course: Course, assignment: str) -> list[Submitted]:
    """Choose and repair the attempt that counts of each student, by the deadlines of the settings.

    Raises
    ------
    CourseError
        If there is no release, or it cannot be read.
    """
    settings = course.settings
    try:
        return submit(
            course,
            assignment,
            deadline=settings.deadlines.get(assignment),
            extensions=settings.extensions.get(assignment),
        )
    except FileNotFoundError as error:
        raise CourseError(f"there is no release {error.filename}: make exercises writes it") from None


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise CourseError(f"--at needs a time as 2026-12-01T10:00:00Z; got {text!r}") from None


def _print(
    course: Course,
    printer: Printer,
    assignment: str,
    source: Path | None,
    intake: Intake | None,
    submissions: Sequence[Submitted],
    before: dict[str, Submitted | None],
) -> None:
    people = people_of(course)
    fresh = {receipt.student for receipt in intake.new} if intake else set()
    seen = fresh | ({receipt.student for receipt in intake.known} if intake else set())
    for each in submissions:
        if source is not None and each.student not in seen and before.get(each.folder) == each:
            continue
        said = _about(course, each, people, new=each.student in fresh)
        printer.line(_sentence(said), look=not each.attempt, **said)
        if said["new"] or before.get(each.folder) != each:
            course.log("received", **said)
    for refused in intake.refused if intake else ():
        printer.line(
            f"REFUSED {refused.name}: {refused.reason}", look=True, refused=refused.name, reason=refused.reason
        )
        course.log("refused", assignment=assignment, file=refused.name, reason=refused.reason)
    counts = _counts(submissions, intake)
    course.log("receive", assignment=assignment, source=str(source.absolute()) if source else "", **counts)
    printer.summary(_summary(assignment, counts, intake))
    there = {name for each in submissions for name in (each.student, each.folder)}
    unknown = sorted(set(course.settings.extensions.get(assignment, {})) - there)
    if unknown:
        printer.summary(f"Extensions for names that have handed in nothing: {', '.join(unknown)}. Are they right?")
    printer.summary(f"Next: classroom grade {assignment.split('-')[0]}. Log: classroom log {assignment.split('-')[0]}")
    printer.end(
        assignment=assignment, kind=intake.kind if intake else "", **counts, extensions_without_submission=unknown
    )


def _about(course: Course, each: Submitted, people: dict[str, Person], *, new: bool) -> dict[str, Any]:
    receipts = {receipt.attempt: receipt for receipt in receipts_of(course.received / each.assignment / each.folder)}
    attempts = list(receipts)
    return {
        "assignment": each.assignment,
        "student": each.folder,
        "name": label_of(each.folder, people),
        "new": new,
        "attempt": each.attempt,
        "number": attempts.index(each.attempt) + 1 if each.attempt in attempts else 0,
        "attempts": len(attempts),
        "at": each.at,
        "late": each.late,
        "time_is_known": each.attempt in receipts and receipts[each.attempt].time_from == "source",
        "repairs": [{"kind": repair.kind, "task": repair.grade_id, "says": repair.says} for repair in each.repairs],
        "reasons": each.reasons,
    }


def _sentence(said: dict[str, Any]) -> str:
    if not said["attempt"]:
        return f"{said['name']}: CANNOT BE GRADED: {'; '.join(said['reasons']) or 'nothing of it can be read'}"
    at = datetime.fromisoformat(said["at"]).astimezone(UTC)
    which = f"attempt {said['number']} of {said['attempts']}" if said["attempts"] > 1 else "one attempt"
    verdict = "LATE" if said["late"] else "on time" if said["time_is_known"] else "on time, as nobody says when"
    lines = [f"{said['name']}: {which}, {at:%Y-%m-%d %H:%M:%S} UTC, {verdict}"]
    lines += [f"    {repair['says']}" for repair in said["repairs"]]
    lines += [f"    Does not count: {reason}" for reason in said["reasons"]]
    return "\n".join(lines)


def _counts(submissions: Sequence[Submitted], intake: Intake | None) -> dict[str, int]:
    return {
        "students": len(submissions),
        "to_be_graded": sum(bool(each.attempt) for each in submissions),
        "late": sum(each.late for each in submissions),
        "repaired": sum(bool(each.repairs) for each in submissions),
        "not_readable": sum(not each.attempt for each in submissions),
        "new_attempts": len(intake.new) if intake else 0,
        "known_attempts": len(intake.known) if intake else 0,
        "refused": len(intake.refused) if intake else 0,
    }


def _summary(assignment: str, counts: dict[str, int], intake: Intake | None) -> str:
    text = f"{assignment}: {counts['students']} handed in; {counts['to_be_graded']} can be graded"
    text += f" ({counts['late']} late, {counts['repaired']} repaired), {counts['not_readable']} cannot."
    if intake:
        text += (
            f" This source ({intake.kind}): new attempts: {counts['new_attempts']}, known: {counts['known_attempts']}"
        )
        text += f", files refused: {counts['refused']}."
    return text
