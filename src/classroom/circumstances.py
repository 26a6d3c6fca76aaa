"""What surrounds a submission besides its content: when it counts since, its deadline, what was noticed on receipt.

None of it changes what the tests say, so another deadline or another receipt costs no new run.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from classroom.course import Course
from classroom.receive import id_of_folder, read_submitted

__all__ = ["circumstances_of", "days_late", "deadline_of", "penalty_of", "refusal_of", "remarks_on", "students_of"]


def circumstances_of(course: Course, assignment: str, student: str, timestamp: datetime) -> Mapping[str, Any]:
    """Return everything that a record in the gradebook depends on, besides the notebook and its verdict.

    Parameters
    ----------
    timestamp : datetime
        When the submission was handed in, UTC, without a zone.

    Returns
    -------
    dict
        As JSON gives it back; "remarks" is what `remarks_on` returns.
    """
    deadline = deadline_of(course, assignment, student)
    return {
        "handed_in": timestamp.isoformat(),
        "deadline": deadline.isoformat() if deadline else "",
        "late_penalty_per_day": course.settings.late_penalty_per_day,
        "remarks": remarks_on(course, assignment, student),
    }


def deadline_of(course: Course, assignment: str, student: str | None = None) -> datetime | None:
    """Return an assignment's deadline, or a student's own, as nbgrader keeps times: UTC without a zone.

    Parameters
    ----------
    student : str, optional
        The name of the student's folder; the settings may have it or the id.
    """
    deadline = course.settings.deadlines.get(assignment)
    if student is not None:
        extensions = course.settings.extensions.get(assignment, {})
        own = extensions.get(student)
        with suppress(ValueError):  # a folder that `receive` did not name
            own = own or extensions.get(id_of_folder(student))
        deadline = own or deadline
    return None if deadline is None else deadline.astimezone(UTC).replace(tzinfo=None)


def penalty_of(circumstances: Mapping[str, Any], score: float) -> float:
    """Return the points that lateness costs, of a score that tests and persons gave.

    Parameters
    ----------
    circumstances : dict
        From `circumstances_of`; or empty, then nothing is taken off.
    score : float
        Before the penalty.
    """
    share = circumstances.get("late_penalty_per_day") or 0.0
    return float(min(score, score * share * days_late(circumstances)))


def days_late(circumstances: Mapping[str, Any]) -> int:
    """Return how many days, begun ones included, a submission came after its deadline.

    Parameters
    ----------
    circumstances : dict
        From `circumstances_of`; or empty, then it was in time.
    """
    if not circumstances.get("deadline"):
        return 0
    handed_in, deadline = (datetime.fromisoformat(circumstances[name]) for name in ("handed_in", "deadline"))
    return max(0, -((deadline - handed_in) // timedelta(days=1)))  # rounded up


def remarks_on(course: Course, assignment: str, student: str) -> list[str]:
    """Return what was put right in a submission, and which attempts did not count, in sentences for its student."""
    said = read_submitted(course, assignment, student)
    if said is None or not said.attempt:
        return []
    return [repair.says.rstrip(".") for repair in said.repairs] + [
        f"A newer attempt does not count: {reason.rstrip('.')}" for reason in said.reasons
    ]


def refusal_of(course: Course, assignment: str, student: str) -> str:
    """Return why nothing that a student has handed in can be graded; empty if something can, or nothing is there."""
    said = read_submitted(course, assignment, student)
    if said is None or said.attempt:
        return ""
    return "; ".join(reason.rstrip(".") for reason in said.reasons) or "nothing of it can be read"


def students_of(course: Course, assignment: str) -> set[str]:
    """Return the folders' names of all who have handed something in, whether it can be read or not."""
    received = {path.name for path in course.received.glob(f"{assignment}/*") if path.is_dir()}
    return {*course.prepared(assignment)} | {name for name in received if not name.startswith(".")}
