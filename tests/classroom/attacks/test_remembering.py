"""A test cannot be remembered: not by a later cell, and not by the snapshot that answers the next test."""

import pytest

from tests.classroom.attacks.harness import (
    TEST_OF_DOUBLE,
    TEST_OF_TRIPLE,
    Attack,
    check,
    printed,
    reached,
    unfiltered,
)

CATEGORY = "remembering a test"
# A hostile snapshot keeps open what it likes, and no limit that it is to set for itself binds it.
OPEN = """
import os, resource, socket
resource.setrlimit = lambda *_: None
kept = set()
def close(low, high):
    for number in range(low, min(high, 64)):
        if number not in kept:
            try:
                os.close(number)
            except OSError:
                pass
os.closerange = close
"""
NOT_LOOKED_AT = (
    ("classroom.sandbox.inspection.look_at", lambda *_, **__: None),
    ("classroom.sandbox.inspection.state_of", lambda *_: None),
)


UNSEALED = (
    ("classroom.sandbox.runs.Run.seal", lambda run, snapshots: []),
    ("classroom.sandbox.runs.Run.let_go", lambda run, snapshot: run.ask("go", snapshot.pid) is not None),
)


def told(report):
    """Whether the test of `triple` has heard what the one of `double` has asked: 1234567."""
    return any("heard 1234567" in outcome.message for outcome in report.outcomes if outcome.task == "triple")


def remembers(name, before, write, read, **defence):
    """An attack that takes a word from one test to the next."""
    double = f"def double(number):\n    {write}\n    return 2 * number"
    triple = f"def triple(number):\n    raise ValueError('heard ' + str({read}))"
    cells = (before, double, TEST_OF_DOUBLE, triple, TEST_OF_TRIPLE)
    # One that hears nothing may wait for a word until its time is over.
    defence = {"outside": NOT_LOOKED_AT, "bounds": {"test_seconds": 4.0}} | defence
    return Attack(name, CATEGORY, cells, won=told, **defence)


CLONE = """
import ctypes, os, platform
libc = ctypes.CDLL(None)
number = 56 if platform.machine() == "x86_64" else 220
os.fork = lambda: libc.syscall(number, 0x200 | 17, 0, 0, 0, 0)  # a copy with the same working folder
for end in (2, 1234567):
    os.mkdir(f"/tmp/work/{end}")
"""
LISTENER = """
import os, socket
if os.fork() == 0:
    os.setsid()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\\0memory")
        listener.listen()
        known = b""
        while True:
            end, _ = listener.accept()
            known = end.recv(100).strip(b" ") or known
            end.send(known or b" ")
            end.close()
def ask(text):
    for _ in range(500):
        try:
            with socket.socket(socket.AF_UNIX) as end:
                end.connect("\\0memory")
                end.send(text)
                return end.recv(100).decode()
        except ConnectionRefusedError:
            import time
            time.sleep(0.01)
ask(b" ")
"""

ATTACKS = [
    remembers(
        "memory that processes share",
        "import mmap\nshared = mmap.mmap(-1, 4096)",
        "shared[:8] = int(number).to_bytes(8, 'little')",
        "int.from_bytes(shared[:8], 'little')",
    ),
    remembers(
        "a mapped file",
        "import mmap\nfile = open('shared', 'w+b')\nfile.truncate(4096)\nshared = mmap.mmap(file.fileno(), 4096)",
        "shared[:8] = int(number).to_bytes(8, 'little')",
        "int.from_bytes(shared[:8], 'little')",
        outside=UNSEALED,
        without="from classroom.sandbox import walls; walls.make_read_only = lambda: None",
    ),
    remembers(
        "a pair of sockets",
        OPEN + "one, other = socket.socketpair(type=socket.SOCK_DGRAM)\nkept |= {one.fileno(), other.fileno()}",
        "one.send(str(number).encode(), socket.MSG_DONTWAIT)",
        "[other.recv(100, socket.MSG_DONTWAIT) for _ in range(2)][-1].decode()",
    ),
    remembers(
        "a pipe",
        OPEN + "read, write = os.pipe()\nkept |= {read, write}",
        "os.write(write, b'%d.' % number)",
        "os.read(read, 100).decode().split('.')[1]",
    ),
    remembers(
        "a file without a name",
        OPEN + "memory = os.memfd_create('memory')\nkept |= {memory}",
        "os.pwrite(memory, b'%7d' % number, 0)",
        "os.pread(memory, 7, 0).decode()",
    ),
    remembers(
        "signals that wait",
        "import os, signal\nheard = []\nsignal.signal(signal.SIGUSR1, lambda *_: heard.append(1234567))",
        "number == 1234567 and os.kill(os.getpid() + 1, signal.SIGUSR1)",
        "(heard or ['nothing'])[0]",
    ),
    remembers(
        "the number of processes",
        "import os",
        "number == 1234567 and [os.waitpid(os.fork() or os._exit(0), 0) for _ in range(20)]",
        "1234567 if (os.fork() or os._exit(0)) > os.getpid() + 20 else 'nothing'",
        outside=(("classroom.sandbox.runs.Run.end", lambda run, snapshot: run.ask("stop", snapshot.pid)),),
    ),
    remembers(
        "a working folder in common",
        CLONE,
        "os.chdir(f'/tmp/work/{number}')",
        "os.path.basename(os.getcwd())",
        outside=(),
        without=unfiltered("clone"),
    ),
    remembers(
        "a folder on the disk",
        "import os",
        "number == 1234567 and os.mkdir(f'/tmp/work/{number}')",
        "os.listdir('/tmp/work')[0]",
        outside=(),
        without="from classroom.sandbox import walls; walls.make_read_only = lambda: None",
    ),
    remembers(
        "a process in the background",
        LISTENER,
        "ask(str(number).encode())",
        "ask(b' ')",
        outside=UNSEALED,
        without="from classroom.sandbox import warden; warden.Warden._kill_all = lambda *_, **__: None",
    ),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_no_test_hears_of_another(grounds, attack):
    check(grounds, attack)


def test_what_is_shared_for_no_harm_costs_nothing(grounds):
    """Two tests whose snapshots share memory are run apart, and have their points."""
    report = grounds.grade(
        "import mmap\nshared = mmap.mmap(-1, 4096)",
        "def double(number):\n    shared[0] = 1\n    return 2 * number",
        TEST_OF_DOUBLE,
        "def triple(number):\n    return 3 * number + shared[0]",
        TEST_OF_TRIPLE,
    )
    assert reached(report) == {"double": 4.0, "triple": 5.0}
    assert len(report.notes) == 2


def test_no_cell_behind_a_test_sees_it(grounds):
    report = grounds.grade(
        "asked = []",
        "def double(number):\n    asked.append(number)\n    return 2 * number",
        TEST_OF_DOUBLE,
        "print('asked', asked)",
    )
    assert reached(report) == {"double": 4.0}
    assert printed(report).strip() == "asked []"
