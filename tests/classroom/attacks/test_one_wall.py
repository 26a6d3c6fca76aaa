"""Where a machine allows no inner wall, each run has a template of its own, and the outer wall alone holds.

The defences are those of the other files; here the same attacks must lose again. A template takes seconds, so most of
them are for `make test-all`.
"""

import pytest

from tests.classroom.attacks import test_endings, test_quiet_calls, test_remembering, test_walls
from tests.classroom.attacks.harness import Grounds, assert_nothing_comes_of

AT_ONCE = ("a module that the next one imports", "signals to the warden", "a process in the background")
ATTACKS = [
    attack for module in (test_walls, test_remembering, test_quiet_calls, test_endings) for attack in module.ATTACKS
]


@pytest.fixture(scope="module")
def alone(needs_bubblewrap):
    """Grounds without the inner wall."""
    made = Grounds(inner=False)
    yield made
    made.close()


def test_each_of_those_that_run_at_once_is_there():
    assert set(AT_ONCE) <= {attack.name for attack in ATTACKS}


@pytest.mark.parametrize(
    "attack",
    [pytest.param(each, id=each.name, marks=[] if each.name in AT_ONCE else pytest.mark.slow) for each in ATTACKS],
)
def test_the_outer_wall_holds_alone(alone, attack):
    assert_nothing_comes_of(attack, alone)
