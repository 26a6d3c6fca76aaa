"""Final grades of an assignment, out of the gradebook."""

from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from classroom.circumstances import circumstances_of, penalty_of, refusal_of, students_of
from classroom.course import Course, CourseError
from classroom.gradebook import open_gradebook
from classroom.students import full_name
from classroom.timestamps import handed_in
from classroom.verdicts import Verdict, read_verdict

__all__ = ["Grade", "TaskGrade", "grades_of", "late_penalty"]


@dataclass(frozen=True)
class TaskGrade:
    """Points of one task; `shown` is what its student may read of a failed test; `waits`: for a person."""

    task: str
    points: float
    reached: float
    shown: str = ""
    waits: bool = False


@dataclass(frozen=True)
class Grade:
    """What one student gets for an assignment.

    Parameters
    ----------
    student : str
    first_name, last_name, email, lms_id : str
        As in the gradebook; may be empty.
    reached, points : float
        With penalty; of all tasks.
    penalty : float
    state : str
        "graded"; "to be graded by hand": a written answer waits; "to be graded": it was handed in, and not run yet;
        "no grade": it cannot be read or run; "missing": nothing was handed in.
    reason : str
        Why there is no grade; empty otherwise.
    outdated : bool
        Whether the attempt or the deadline that counts is another one than when it was graded.
    tasks : list of TaskGrade
    """

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""
    reached: float = 0.0
    points: float = 0.0
    penalty: float = 0.0
    state: str = "missing"
    reason: str = ""
    outdated: bool = False
    tasks: list[TaskGrade] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First and last name; the id where there is none."""
        return full_name(self.first_name, self.last_name) or self.student

    @property
    def counts(self) -> bool:
        """Whether there are points to hand on; those of a written answer that waits are not among them yet."""
        return self.state in ("graded", "to be graded by hand")


def grades_of(course: Course, assignment: str) -> list[Grade]:
    """Return a grade for each student of the gradebook, and all others who have handed in, in the order of their ids.

    Raises
    ------
    CourseError
        If there is no such assignment, or the gradebook does not have it yet.
    """
    name = course.check_assignment(assignment)
    there = students_of(course, name)
    with open_gradebook(course) as gradebook:
        try:
            points = float(gradebook.find_assignment(name).max_score)
        except MissingEntry:
            raise CourseError(f"the gradebook does not have {name} yet: classroom release {name}") from None
        people = {str(student.id): student for student in gradebook.students}
        return [
            _grade_of(course, gradebook, name, student, people.get(student), points, student in there)
            for student in sorted({*people, *there})
        ]


def _grade_of(
    course: Course, gradebook: Gradebook, name: str, student: str, person: Any, points: float, there: bool
) -> Grade:
    about: dict[str, Any] = {"student": student, "points": points}
    if person is not None:
        about |= {"first_name": person.first_name or "", "last_name": person.last_name or ""}
        about |= {"email": person.email or "", "lms_id": person.lms_user_id or ""}
    verdict = read_verdict(course, name, student)
    try:
        entry = gradebook.find_submission_notebook(name, name, student)
    except MissingEntry:
        return Grade(**about, **_without_entry(course, name, student, verdict, there))
    shown = {outcome.task: outcome.shown for outcome in verdict.outcomes} if verdict else {}
    tasks = [
        TaskGrade(
            grade.name,
            float(grade.max_score),
            float(grade.score),
            shown.get(grade.name, ""),
            waits=bool(grade.needs_manual_grade),
        )
        for grade in sorted(entry.grades, key=lambda each: str(each.name))
    ]
    penalty = late_penalty(entry, verdict)
    reason = verdict.failure if verdict else ""
    state = "no grade" if reason else "to be graded by hand" if entry.needs_manual_grade else "graded"
    reached = float(entry.score) - penalty
    outdated = _is_outdated(course, name, student, verdict)
    points_and_state: dict[str, Any] = {"reached": reached, "penalty": penalty, "state": state, "reason": reason}
    return Grade(**about, **points_and_state, outdated=outdated, tasks=tasks)


def late_penalty(entry: Any, verdict: Verdict | None) -> float:
    """Return the points that lateness costs of the score as it is now: a person may have changed it since grading."""
    if verdict is None or not verdict.circumstances:
        return float(entry.late_submission_penalty or 0.0)
    return penalty_of(verdict.circumstances, float(entry.score))


def _is_outdated(course: Course, name: str, student: str, verdict: Verdict | None) -> bool:
    folder = course.submitted / student / name
    if verdict is None or not verdict.circumstances or not (folder / f"{name}.ipynb").is_file():
        return False
    return verdict.circumstances != circumstances_of(course, name, student, handed_in(folder))


def _without_entry(course: Course, name: str, student: str, verdict: Verdict | None, there: bool) -> dict[str, Any]:
    reason = (verdict.failure if verdict else "") or refusal_of(course, name, student)
    if reason:
        return {"state": "no grade", "reason": reason}
    return {"state": "to be graded" if there else "missing"}
