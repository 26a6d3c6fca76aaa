"""Which attempt counts, and whether it is late: in UTC, to the second, and in doubt for the student."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from classroom.receive import Receipt, choose, handed_in_at

DEADLINE = datetime(2025, 12, 1, 23, 59, 59, tzinfo=UTC)
LONG_AFTER = DEADLINE + timedelta(days=100)
SECOND = timedelta(seconds=1)


def attempt(at, *, time_from="source", late=None, received=LONG_AFTER, name="", number=""):
    return Receipt(
        assignment="e", student="ann", attempt=name or at.isoformat(), files=(), sha256="", time=at.isoformat(),
        time_from=time_from, late=late, received_at=received.isoformat(), kind="", came_from="", submission_id=number,
    )  # fmt: skip


def counting(*attempts, deadline=DEADLINE):
    """Return which of the attempts counts, by its number, and whether it is late; in any order the same."""
    results = set()
    for order in permutations(attempts):
        found = choose(order, deadline)
        results.add((attempts.index(found.receipt), found.late))
    assert len(results) == 1
    return results.pop()


def test_no_attempt():
    assert choose([], DEADLINE) is None


def test_the_last_attempt_on_time_counts():
    early, last, late = (attempt(DEADLINE + each * SECOND) for each in (-100, -10, 10))
    assert counting(early, last, late) == (1, False)


def test_if_none_is_on_time_the_first_counts_and_is_late():
    assert counting(attempt(DEADLINE + SECOND), attempt(DEADLINE + 9 * SECOND)) == (0, True)


@pytest.mark.parametrize(("after", "late"), [(timedelta(0), False), (timedelta(seconds=0.9), False), (SECOND, True)])
def test_the_deadlines_own_second_is_on_time(after, late):
    assert counting(attempt(DEADLINE + after)) == (0, late)


def test_without_a_deadline_the_last_counts_and_only_the_platform_calls_it_late():
    assert counting(attempt(DEADLINE), attempt(DEADLINE + SECOND), deadline=None) == (1, False)
    assert counting(attempt(DEADLINE, late=True), deadline=None) == (0, True)


def test_files_own_times_make_nobody_late():
    for time_from in ("file", "receipt"):
        assert counting(attempt(LONG_AFTER, time_from=time_from)) == (0, False)
        assert handed_in_at(attempt(LONG_AFTER, time_from=time_from), DEADLINE) == DEADLINE


def test_what_the_platform_says_about_lateness_holds():
    assert counting(attempt(LONG_AFTER, late=False)) == (0, False)
    assert counting(attempt(DEADLINE - SECOND, late=True)) == (0, True)
    assert handed_in_at(attempt(DEADLINE - SECOND, late=True, time_from="file"), DEADLINE) == DEADLINE + SECOND
    assert handed_in_at(attempt(DEADLINE + 9 * SECOND, late=True), DEADLINE) == DEADLINE + 9 * SECOND


def test_what_is_received_in_its_own_second_keeps_its_order():
    """The time of receipt has no broken seconds: both count from there, and the second is the last."""
    times = [DEADLINE.replace(second=30, microsecond=at) for at in (70_000, 90_000)]
    first, second = (
        attempt(time, received=DEADLINE.replace(second=30), name=name) for time, name in zip(times, "ba", strict=True)
    )
    assert counting(first, second) == (1, False)


def test_a_clock_in_the_future_costs_nothing():
    """Nothing is handed in after it was received, whatever a student's clock says."""
    received = DEADLINE - timedelta(hours=1)
    future = attempt(DEADLINE + timedelta(days=365), received=received)
    assert counting(future) == (0, False)
    assert handed_in_at(future, DEADLINE) == received
    assert counting(future, attempt(DEADLINE - SECOND)) == (1, False)  # nor does it win over a later one


def test_of_one_second_the_higher_number_counts():
    same = [attempt(DEADLINE, number=number, name=name) for number, name in (("99", "z"), ("100", "a"))]
    assert counting(*same) == (1, False)
    assert counting(attempt(DEADLINE, name="a"), attempt(DEADLINE, name="b")) == (1, False)


def test_zones_are_the_same_moment():
    berlin = ZoneInfo("Europe/Berlin")
    deadline = datetime(2025, 10, 26, 2, 30, tzinfo=berlin, fold=0)  # the hour that is repeated, first time: UTC 00:30
    assert counting(attempt(datetime(2025, 10, 26, 0, 30, tzinfo=UTC)), deadline=deadline) == (0, False)
    assert counting(attempt(datetime(2025, 10, 26, 0, 31, tzinfo=UTC)), deadline=deadline) == (0, True)
    assert counting(attempt(datetime(2025, 10, 26, 1, 30, tzinfo=UTC)), deadline=deadline.replace(fold=1)) == (0, False)
    spring = datetime(2025, 3, 30, 2, 30, tzinfo=berlin)  # an hour that does not exist: UTC 01:30
    assert counting(attempt(datetime(2025, 3, 30, 1, 30, tzinfo=UTC)), deadline=spring) == (0, False)
    assert counting(attempt(datetime(2025, 3, 30, 1, 30, 1, tzinfo=UTC)), deadline=spring) == (0, True)


def test_a_deadline_needs_a_zone():
    with pytest.raises(ValueError, match="a deadline needs a time zone"):
        choose([attempt(DEADLINE)], DEADLINE.replace(tzinfo=None))
