"""The harness itself: an honest submission keeps its marks, and a defence can be switched off in both places."""

import pytest

from tests.classroom.attacks.harness import DOUBLE, HONEST, TEST_OF_DOUBLE, WON, Attack, printed, reached


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
