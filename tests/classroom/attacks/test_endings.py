"""Bombs, endless loops, crashes and exits: each costs its own task, and nothing of another submission."""

import json
import time
from dataclasses import replace

import pytest

from tests.classroom.attacks.harness import (
    DOUBLE,
    LOST,
    TEST_OF_DOUBLE,
    TEST_OF_TRIPLE,
    TRIPLE,
    WON,
    Attack,
    check,
    notebook,
    printed,
    reached,
)

BOMBS = "fork, memory, disk and output bombs"
LOOPS = "endless loops that ignore interrupts"
ENDS = "segfault, exit"
NOT_RUN_AGAIN = (("classroom.sandbox.session._Submission._run_again", lambda *_: None),)


def bomb(name, source, **defence):
    return Attack(name, BOMBS, (source, DOUBLE, TEST_OF_DOUBLE), **defence)


def costs_the_rest(report):
    """Whether a cell has taken the points of a task that is no concern of it."""
    return LOST in report.notes or reached(report).get("triple") != 5.0


def ends(name, source, category=ENDS, **more):
    """An attack that would take the rest of the notebook with it, if the other cells were not run again."""
    return Attack(name, category, (source, TRIPLE, TEST_OF_TRIPLE), outside=NOT_RUN_AGAIN, won=costs_the_rest, **more)


def unwritable(report):
    try:
        json.dumps(report.outputs, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return "\x00" in printed(report)


COUNT_CHILDREN = f"""
import os, signal, time
children = []
try:
    for _ in range(28):
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
    print({WON!r})
except OSError:
    pass
"""
COUNT_THREADS = f"""
import threading
threading.stack_size(2**18)
wait = threading.Event()
try:
    for _ in range(28):
        threading.Thread(target=wait.wait, daemon=True).start()
    print({WON!r})
except RuntimeError:
    pass
"""
FILL_THE_DISK = f"""
import os
try:
    for number in range(5):
        with open(f"/tmp/work/{{number}}", "wb") as file:
            file.write(bytes(6 * 2**20))
    print({WON!r})
except OSError:
    pass
"""
MANY_OUTPUTS = """
from IPython.display import display
from classroom.sandbox import student
student.MOST = 10**6
for number in range(100):
    display(number)
"""

ATTACKS = [
    bomb("many processes", COUNT_CHILDREN, limits={"processes": 60}),
    bomb("many threads", COUNT_THREADS, limits={"processes": 60}),
    bomb("much memory", f"x = bytearray(400 * 2**20)\nprint({WON!r})", limits={"memory": 800 * 2**20}),
    bomb(
        "much processor time",
        f"import time\nwhile time.process_time() < 2:\n    pass\nprint({WON!r})",
        bounds={"processor_seconds": 1, "cell_seconds": 60.0},
        limits={"processor_seconds": 60},
    ),
    bomb(
        "many open files",
        f"kept = [open('/dev/null') for _ in range(80)]\nprint({WON!r})",
        limits={"open_files": 256},
    ),
    bomb("a large disk", FILL_THE_DISK, limits={"disk_bytes": 64 * 2**20}),
    bomb(
        "a large file",
        f"open('/tmp/work/large', 'wb', 0).write(bytes(9 * 2**20)) > 8 * 2**20 and print({WON!r})",
        limits={"file_bytes": 16 * 2**20},
    ),
    bomb(
        "much text past the student's own bound",
        "import sys\nsys.stdout.room = 10**9\nprint('x' * 10**6)",
        outside=(("classroom.sandbox.outputs.printable", lambda text, longest: text),),
        won=lambda report: len(printed(report)) > 10_000,
    ),
    bomb(
        "many outputs",
        MANY_OUTPUTS,
        outside=(("classroom.sandbox.outputs.MOST", 10**6),),
        won=lambda report: len(report.outputs[0]) > 50,
    ),
    bomb(
        "text that no file takes",
        "print('half \\ud83e and nothing \\0')",
        outside=(("classroom.sandbox.outputs.printable", lambda text, longest: text),),
        won=unwritable,
    ),
    bomb(
        "an exception that no file takes",
        "raise ValueError('\\ud83e' * 1000)",
        outside=(("classroom.sandbox.outputs.printable", lambda text, longest: text),),
        won=unwritable,
    ),
    Attack(
        "a cell that swallows interrupts",
        LOOPS,
        (
            "import time\nend = time.monotonic() + 4\nwhile time.monotonic() < end:\n    try:\n"
            f"        time.sleep(0.1)\n    except BaseException:\n        pass\nprint({WON!r})",
        ),
        bounds={"cell_seconds": 2.0},
        limits={"cell_seconds": 60.0},
    ),
    Attack(
        "a cell that blocks signals",
        LOOPS,
        (
            "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
            f"time.sleep(4)\nprint({WON!r})",
        ),
        bounds={"cell_seconds": 2.0},
        limits={"cell_seconds": 60.0},
    ),
    Attack(
        "a function that swallows interrupts",
        LOOPS,
        (
            "import time\ndef double(number):\n    end = time.monotonic() + 2\n    while time.monotonic() < end:\n"
            "        try:\n            time.sleep(0.1)\n        except BaseException:\n            pass\n"
            "    return 2 * number",
            TEST_OF_DOUBLE,
        ),
        bounds={"test_seconds": 1.0},
        limits={"test_seconds": 60.0},
        won=lambda report: reached(report)["double"] > 0,
    ),
    ends("a loop", "while True:\n    pass", LOOPS, bounds={"cell_seconds": 4.0}),
    ends("a segmentation fault", "import ctypes\nctypes.string_at(0)"),
    ends("an exit past Python", "import os\nos._exit(0)"),
    ends("an abort", "import os\nos.abort()"),
    ends("a signal to its own group", "import os\nos.kill(0, 9)"),
    ends(
        "a process that stops itself",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        bounds={"cell_seconds": 4.0},
    ),
    ends(
        "a stack that is too deep",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(x=0):\n    return [*map(f, [0])]\nf()",
    ),
    ends("all files closed", "import os\nos.closerange(0, 256)"),
    ends("all files replaced", "import os\nnull = os.open('/dev/null', 2)\nfor n in range(60):\n    os.dup2(null, n)"),
    ends(
        "no open file left",
        "kept = []\nwhile True:\n    kept.append(open('/dev/null'))",
        without="from classroom.sandbox import student; student._SPARE = 0",
    ),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_costs_nobody_else(grounds, attack):
    check(grounds, attack)


def test_ended_children_that_nobody_buries_leave_room_for_the_tests(grounds):
    report = grounds.grade(
        "import os\ntry:\n    while True:\n        os.fork() or os._exit(0)\nexcept OSError:\n    pass",
        TRIPLE,
        TEST_OF_TRIPLE,
    )
    assert reached(report) == {"triple": 5.0}


def test_a_fork_bomb_costs_its_own_cell(grounds):
    report = grounds.grade(
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass", TRIPLE, TEST_OF_TRIPLE
    )
    assert reached(report) == {"triple": 5.0}
    assert grounds.honest()


@pytest.mark.parametrize("source", ["import os\n    os._exit(1)", "import ctypes\n    ctypes.string_at(0)", "exit()"])
def test_an_end_in_a_test_costs_that_test(grounds, source):
    report = grounds.grade(f"def double(number):\n    {source}", TEST_OF_DOUBLE, TRIPLE, TEST_OF_TRIPLE)
    assert reached(report) == {"double": 0.0, "triple": 5.0}


def test_all_tests_together_have_a_bound(grounds):
    """Six tests of a second each, where three seconds are allowed: the last ones are not waited for."""
    cells = ["import time\ndef double(number):\n    time.sleep(1)\n    return 2 * number"]
    cells += [replace(TEST_OF_DOUBLE, task=f"double-{number}", source="assert double(1) == 2") for number in range(6)]
    sandbox = grounds.sandbox()
    with grounds.limited(sandbox, {"total_seconds": 3.0}):
        report = sandbox.grade(notebook(tuple(cells)))
    assert reached(report)["double-5"] == 0.0
    assert "all checks together ran longer than 3 seconds" in report.outcomes[-1].message


MANY_MEMBERS = """
import gc, struct
from classroom.sandbox.wire import Wire
(wire,) = [each for each in gc.get_objects() if type(each) is Wire and each.fileno() >= 0]
data = b"[" + b"[]," * 2_000_000 + b"[]]"
wire.end.sendall(struct.pack(">Q", len(data)) + data)
"""


def test_a_message_of_many_members_takes_no_time(grounds, monkeypatch):
    def seconds():
        began = time.thread_time()
        assert reached(grounds.grade(MANY_MEMBERS, TRIPLE, TEST_OF_TRIPLE)) == {"triple": 5.0}
        return time.thread_time() - began

    bounded = seconds()
    monkeypatch.setattr("classroom.sandbox.wire._MEMBERS", 10**9)
    assert seconds() > 3 * bounded
