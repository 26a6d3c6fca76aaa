"""The harness itself: an honest submission keeps its marks, and a defence can be switched off in both places."""

from unittest import mock

import pytest

from classroom.sandbox import SandboxLost
from tests.classroom.attacks import harness
from tests.classroom.attacks.harness import (
    DOUBLE,
    HONEST,
    LIMITS,
    TEST_OF_DOUBLE,
    WON,
    Attack,
    Grounds,
    assert_nothing_comes_of,
    check,
    files_in,
    printed,
    reached,
)


def test_an_honest_submission_has_full_marks_in_both_templates(grounds):
    assert grounds.honest()
    assert reached(grounds.grade_without("pass", *HONEST)) == {"double": 4.0, "triple": 5.0}


def test_a_program_runs_before_the_student_and_for_one_submission_only(grounds):
    cells = ("import sys; print(getattr(sys, 'brought', 'nothing'))", DOUBLE, TEST_OF_DOUBLE)
    assert printed(grounds.grade_without("import sys; sys.brought = role", *cells)).strip() == "student"
    assert printed(grounds.grade_without("pass", *cells)).strip() == "nothing"


def test_an_attack_names_what_is_switched_off():
    with pytest.raises(ValueError, match="names no defence"):
        Attack("idle", "none", (f"print({WON!r})",))


IDLE = Attack("idle", "none", HONEST, without="pass")


def test_an_attack_that_ends_a_template_has_not_lost():
    """The grader replaces it, and the report of the attack is empty: as if nothing had happened."""
    grounds = Grounds()
    grounds.sandboxes[False] = mock.Mock(limits=LIMITS, **{"grade.side_effect": SandboxLost("gone")})
    with (
        mock.patch.object(harness, "files_in", return_value={}),
        pytest.raises(AssertionError, match="has ended a template"),
    ):
        assert_nothing_comes_of(IDLE, grounds)


def test_an_attack_that_wins_with_its_defence_alone_shows_nothing(grounds):
    with pytest.raises(AssertionError, match="what does it show"):
        check(grounds, IDLE)


def test_a_file_that_is_left_between_the_walls_is_found(grounds):
    uncovered = "from classroom.sandbox import walls; walls.cover = lambda limits: None"
    leave = "open('/tmp/left-here', 'w').close()"
    before = files_in(grounds.sandbox())
    grounds.grade(leave)
    assert files_in(grounds.sandbox()) == before
    before = files_in(grounds.sandbox(weak=True))
    grounds.grade_without(uncovered, leave)
    assert set(files_in(grounds.sandbox(weak=True))) - set(before) == {"tmp/left-here"}
    grounds.grade_without(uncovered, "import os\nos.remove('/tmp/left-here')")
