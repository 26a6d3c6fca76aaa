"""Which of a student's attempts counts, and whether it is late. Times are UTC and whole seconds.

The last attempt before the deadline counts; if there is none, the first one after it, marked late. An attempt in the
deadline's own second is on time. In doubt the student is right: where nobody knows when something was handed in (a
folder of files has only the files' own times), it is on time. Where the platform says late and not when, it is as late
as the least it can be: one second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from classroom.receive.receipts import Receipt, in_order

__all__ = ["Counting", "choose", "handed_in_at"]


@dataclass(frozen=True)
class Counting:
    """The attempt that counts, since when it was there (UTC), and whether that is late."""

    receipt: Receipt
    at: datetime
    late: bool


def handed_in_at(receipt: Receipt, deadline: datetime | None) -> datetime:
    """Return the time that counts for an attempt, UTC, without broken seconds.

    Raises
    ------
    ValueError
        If the deadline has no time zone.
    """
    at = receipt.at.astimezone(UTC).replace(microsecond=0)
    if deadline is None:
        return at
    if deadline.tzinfo is None:
        raise ValueError(f"a deadline needs a time zone; got {deadline.isoformat()}")
    last = deadline.astimezone(UTC).replace(microsecond=0)
    if receipt.late:
        return max(at, last + timedelta(seconds=1)) if receipt.time_from == "source" else last + timedelta(seconds=1)
    if receipt.late is False or receipt.time_from != "source":
        return min(at, last)
    return at


def choose(receipts: Sequence[Receipt], deadline: datetime | None = None) -> Counting | None:
    """Return the attempt that counts; None if there is none.

    Parameters
    ----------
    receipts : sequence of Receipt
        Of one student and assignment, in any order.
    deadline : datetime, optional
        With a time zone: the assignment's, or the student's own. Without one the last attempt counts; it is late if the
        platform says so.
    """
    if not receipts:
        return None
    order = sorted(receipts, key=in_order)
    timed = [(receipt, handed_in_at(receipt, deadline)) for receipt in order]
    if deadline is None:
        return Counting(*timed[-1], late=bool(order[-1].late))
    last = deadline.astimezone(UTC).replace(microsecond=0)
    on_time = [each for each in timed if each[1] <= last]
    return Counting(*on_time[-1], late=False) if on_time else Counting(*timed[0], late=True)
