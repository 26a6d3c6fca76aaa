"""Open files that travel with an answer: the grader would hold them until it can open nothing any more."""

import os
from unittest import mock

from classroom.sandbox.wire import Wire
from tests.classroom.attacks.harness import DOUBLE, TEST_OF_DOUBLE

# Answers in the place of the shell, with four times the same file of four mebibytes in memory.
SENDS_FILES = """
import array, json, os, socket, stat, struct
end = next(file for file in range(3, 64) if stat.S_ISSOCK(os.fstat(file).st_mode))
memory = os.memfd_create("kept")
os.write(memory, bytes(4 * 2**20))
answer = json.dumps({"outputs": [], "error": None}).encode()
files = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory] * 4))]
with socket.socket(fileno=os.dup(end)) as wire:
    wire.sendmsg([struct.pack(">Q", len(answer))], files)
    wire.sendall(answer)
"""


def kept_by(grade):
    """Return how many more files this process has open afterwards."""
    before = set(os.listdir("/proc/self/fd"))
    grade()
    return len(set(os.listdir("/proc/self/fd")) - before)


def test_files_that_come_with_answers_are_not_kept(grounds):
    assert grounds.honest()  # the template is there

    def grade():
        grounds.grade(*[SENDS_FILES] * 3, DOUBLE, TEST_OF_DOUBLE)

    receive = Wire.receive
    assert kept_by(grade) == 0
    with mock.patch.object(Wire, "receive", lambda wire, **how: receive(wire, **{**how, "with_files": True})):
        assert kept_by(grade) >= 8
    assert grounds.honest()
