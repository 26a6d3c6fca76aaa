"""Final grades of an assignment, out of the gradebook."""

from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import MissingEntry

from classroom.course import Course
from classroom.gradebook import open_gradebook
from classroom.verdicts import read_verdict

__all__ = ["Grade", "TaskGrade", "grades_of"]


@dataclass(frozen=True)
class TaskGrade:
    """Points of one task; `shown` is what its student may read of a failed test."""

    task: str
    points: float
    reached: float
    shown: str = ""


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
        "graded"; "to be graded by hand": a written answer waits; "no grade": the submission could not be run;
        "missing": nothing was handed in.
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
    tasks: list[TaskGrade] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First and last name; the id where there is none."""
        return " ".join(filter(None, [self.first_name, self.last_name])) or self.student


def grades_of(course: Course, assignment: str) -> list[Grade]:
    """Return a grade for every student of the gradebook, in the order of their ids.

    Raises
    ------
    CourseError
        If there is no such assignment.
    """
    name = course.check_assignment(assignment)
    grades = []
    with open_gradebook(course) as gradebook:
        points = float(gradebook.find_assignment(name).max_score)
        for student in sorted(gradebook.students, key=lambda each: str(each.id)):
            about: dict[str, Any] = {
                "student": str(student.id),
                "first_name": student.first_name or "",
                "last_name": student.last_name or "",
                "email": student.email or "",
                "lms_id": student.lms_user_id or "",
                "points": points,
            }
            verdict = read_verdict(course, name, str(student.id))
            try:
                entry = gradebook.find_submission_notebook(name, name, student.id)
            except MissingEntry:
                grades.append(Grade(**about, state="no grade" if verdict and verdict.failure else "missing"))
                continue
            shown = {outcome.task: outcome.shown for outcome in verdict.outcomes} if verdict else {}
            tasks = [
                TaskGrade(grade.name, float(grade.max_score), float(grade.score), shown.get(grade.name, ""))
                for grade in sorted(entry.grades, key=lambda each: str(each.name))
            ]
            penalty = float(entry.late_submission_penalty or 0.0)
            state = "no grade" if verdict and verdict.failure else "graded"
            if state == "graded" and entry.needs_manual_grade:
                state = "to be graded by hand"
            grades.append(
                Grade(**about, reached=float(entry.score) - penalty, penalty=penalty, state=state, tasks=tasks)
            )
    return grades
