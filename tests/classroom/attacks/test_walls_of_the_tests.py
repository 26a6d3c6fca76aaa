"""The process in which test cells run is confined, too: whoever got there, by an answer say, would have won little.

Each of these is a test cell that passes where a wall of the tests' process is missing, and fails behind it.
"""

import pytest

from classroom.cells import TestCell
from tests.classroom.attacks.harness import DOUBLE, TEST_OF_DOUBLE, reached, unfiltered
from tests.classroom.attacks.test_walls import PROC

WITHOUT_LIMITS = "from classroom.sandbox import walls; walls.set_limits = lambda limits, size: None"
# Number 1 of a user namespace may choose what its user is called there; 0 is root's number.
AS_ROOT = """
from classroom.sandbox import walls
write = walls._write
walls._write = lambda path, text: write(path, f"0 {text.split()[1]} 1" if path.endswith("id_map") else text)
"""
WITH_PRIVILEGES = "from classroom.sandbox import walls; walls.give_up_privileges = lambda *, times: None"
ATTACKS = {
    "a socket of the network": ("import socket\nsocket.socket(socket.AF_INET).close()", unfiltered("socket")),
    "others' numbers in /proc": ("import os\nassert any(name.isdecimal() for name in os.listdir('/proc'))", PROC),
    "another user": ("import os\nassert os.getuid() == 0", AS_ROOT),
    "a file that is too large": (
        "assert open('/tmp/work/large', 'wb', 0).write(bytes(9 * 2**20)) > 8 * 2**20",
        WITHOUT_LIMITS,
    ),
    "many open files": ("kept = [open('/dev/null') for _ in range(80)]", WITHOUT_LIMITS),
    "much memory": ("kept = bytearray(400 * 2**20)", WITHOUT_LIMITS),
    "a mount of its own": (
        "import ctypes\nassert ctypes.CDLL(None).mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None) == 0",
        WITH_PRIVILEGES,
    ),
}


def asked(name):
    return TestCell("asked", 4.0, ATTACKS[name][0])


@pytest.mark.parametrize("name", ATTACKS)
def test_a_test_cell_is_behind_the_walls(grounds, name):
    assert reached(grounds.grade(DOUBLE, asked(name), TEST_OF_DOUBLE)) == {"asked": 0.0, "double": 4.0}
    without = f"if role == 'tests':\n    exec({ATTACKS[name][1]!r}, {{}})"
    assert reached(grounds.grade_without(without, DOUBLE, asked(name))) == {"asked": 4.0}
