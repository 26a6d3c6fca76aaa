"""The walls where they stand otherwise: made by an ordinary user, or the outer one alone.

The other attacks are run by whoever runs the tests, often root, against both walls. A teacher is an ordinary user, for
whom bubblewrap makes the same walls in another way. And where a machine allows no inner wall, each run has a template
of its own. The defences are those of the other files; the same attacks must lose again. A template takes seconds, so
most of them are for `make test-all`.
"""

import contextlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from classroom.sandbox import Sandbox, inspection
from tests.classroom.attacks import test_endings, test_quiet_calls, test_remembering, test_walls
from tests.classroom.attacks.harness import (
    HONEST,
    LIMITS,
    TEST_OF_DOUBLE,
    TEST_OF_TRIPLE,
    WON,
    Attack,
    Grounds,
    assert_nothing_comes_of,
    check,
    notebook,
    ordinary_user,
    reached,
)

ATTACKS = [
    attack for module in (test_walls, test_remembering, test_quiet_calls, test_endings) for attack in module.ATTACKS
]
# Whether an ordinary user makes the walls, and whether there is an inner one.
WALLS = {"an ordinary user's": (True, True), "one": (False, False), "one, an ordinary user's": (True, False)}
AT_ONCE = {
    ("a module that the next one imports", "an ordinary user's"),
    ("a process in the background", "one"),
    ("signals to the warden", "one, an ordinary user's"),
}
SLOW = pytest.mark.slow
ONE_WALL = [name for name, (_, inner) in WALLS.items() if not inner]
SEEN_BEHIND_ONE = "processes under /proc"  # which cannot be covered there; what of them is seen is below
# Files of another process that tell or change what it does.
LOOK = f"""
def link(path):
    os.readlink(path)
def folder(path):
    os.listdir(path)
def read(path):
    with open(path, "rb", buffering=0) as file:
        file.read(1)
def write(path):
    open(path, "r+b", buffering=0).close()
ways = {{
    "auxv": read, "environ": read, "io": read, "maps": read, "pagemap": read, "smaps_rollup": read, "syscall": read,
    "cwd": link, "exe": link, "root": link, "ns/pid": link, "fd": folder, "fdinfo": folder, "map_files": folder,
    "mem": write, "clear_refs": write, "coredump_filter": write, "oom_score_adj": write, "uid_map": write,
}}
pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
print(len(pids), "processes")
for pid in pids:
    for name, way in ways.items():
        try:
            if pid != os.getpid():
                way(f"/proc/{{pid}}/{{name}}")
                print({WON!r}, pid, name)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            pass
        except OSError as error:
            print({WON!r}, pid, name, error)
"""


# A program of one's own can be looked at and written to again: the cell goes on as one, and so do its snapshots.
ANOTHER_PROGRAM = """
import socket, sys
from classroom.sandbox import student, walls
from classroom.sandbox.wire import Wire
wire = Wire(socket.socket(fileno=int(sys.argv[1])))
wire.send({"outputs": [], "error": None})
student.serve_cells(wire, walls.Limits())
"""
GOES_ON_AS_ANOTHER = f"""
import gc, os, sys
from classroom.sandbox.wire import Wire
(wire,) = [each for each in gc.get_objects() if type(each) is Wire and each.fileno() >= 0]
os.set_inheritable(wire.fileno(), True)
os.execv(sys.executable, [sys.executable, "-P", "-c", {ANOTHER_PROGRAM!r}, str(wire.fileno())])
"""
TELLS_THE_OTHERS = """
import ctypes, os
word = ctypes.create_string_buffer(16)
def double(number):
    for name in os.listdir("/proc"):
        if name.isdecimal() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/mem", "r+b", buffering=0) as file:
                    file.seek(ctypes.addressof(word))
                    file.write(b"%d" % number)
            except (OSError, ValueError):
                pass
    return 2 * number
"""
HEARS = "def triple(number):\n    raise ValueError('heard ' + word.value.decode())"
BETWEEN_SNAPSHOTS = Attack(
    "a program that snapshots can write to",
    test_walls.MEMORY,
    (GOES_ON_AS_ANOTHER, TELLS_THE_OTHERS, TEST_OF_DOUBLE, HEARS, TEST_OF_TRIPLE),
    outside=(("classroom.sandbox.inspection.can_be_written", lambda pid: False),),
    bounds={"memory": 2**30, "cell_seconds": 60.0, "test_seconds": 60.0, "total_seconds": 300.0},
    won=lambda report: any("1234567" in outcome.message for outcome in report.outcomes),
)
MANY_PROCESSES = """
import os, time
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
            os._exit(0)
except OSError:
    pass
time.sleep(30)
"""


@pytest.fixture(scope="module")
def otherwise(request, needs_bubblewrap, tmp_path_factory):
    """Grounds with walls that stand otherwise."""
    ordinary, inner = WALLS[request.param]
    with ordinary_user(tmp_path_factory.mktemp("nobody")) if ordinary else contextlib.nullcontext():
        made = Grounds(inner=inner)
        yield made
        made.close()


def test_each_of_those_that_run_at_once_is_there():
    assert {SEEN_BEHIND_ONE, *(name for name, _ in AT_ONCE)} <= {attack.name for attack in ATTACKS}
    assert sorted(walls for _, walls in AT_ONCE) == sorted(WALLS)


@pytest.mark.parametrize(
    ("otherwise", "attack"),
    [
        pytest.param(walls, each, id=f"{each.name}-{walls}", marks=[] if (each.name, walls) in AT_ONCE else SLOW)
        for walls in WALLS
        for each in ATTACKS
        if walls not in ONE_WALL or each.name != SEEN_BEHIND_ONE
    ],
    indirect=["otherwise"],
)
def test_the_walls_hold_otherwise(otherwise, attack):
    assert_nothing_comes_of(attack, otherwise)


@pytest.mark.parametrize("otherwise", [pytest.param(ONE_WALL[0], marks=SLOW), *ONE_WALL[1:]], indirect=True)
def test_behind_one_wall_other_processes_tell_no_more_than_their_names(otherwise):
    hidden = "from classroom.sandbox import walls; walls.hide = lambda: None"
    check(otherwise, test_walls.asks("looking into other processes", test_walls.MEMORY, LOOK, without=hidden))


@SLOW
@pytest.mark.parametrize("otherwise", ONE_WALL, indirect=True)
def test_behind_one_wall_no_snapshot_writes_into_another(otherwise):
    check(otherwise, BETWEEN_SNAPSHOTS)


@SLOW
@pytest.mark.parametrize("otherwise", ONE_WALL, indirect=True)
def test_behind_one_wall_the_processes_of_a_submission_take_no_room_from_another(otherwise):
    limits = replace(LIMITS, cell_seconds=60.0, total_seconds=120.0)
    with Sandbox(limits, inner=False) as one, Sandbox(limits, inner=False) as other:
        hostile = threading.Thread(target=one.grade, args=(notebook((MANY_PROCESSES,)),))
        hostile.start()
        until = time.monotonic() + 60
        while len(psutil.Process().children(recursive=True)) < limits.processes and time.monotonic() < until:
            time.sleep(0.1)
        assert time.monotonic() < until, "the processes do not start"
        report = other.grade(notebook(HONEST))
        assert hostile.is_alive(), "too late: its processes are gone"
        hostile.join()
    assert reached(report) == {"double": 4.0, "triple": 5.0}


def warden_of(run):
    (first,) = inspection.children(run.template.pid)
    (warden,) = inspection.children(first)
    return warden


@pytest.mark.parametrize(("inner", "score"), [(True, 500), (False, 0)])
def test_the_warden_ends_after_all_that_can_choose_when_they_end(needs_bubblewrap, inner, score):
    with Sandbox(LIMITS, inner=inner) as sandbox:
        run = sandbox.new_run()
        run.ask("seal")
        assert int(Path(f"/proc/{warden_of(run)}/oom_score_adj").read_text(encoding="ascii")) == score
        run.close()


@pytest.mark.parametrize("inner", [True, False])
def test_when_a_sandbox_is_closed_its_processes_are_gone(needs_bubblewrap, inner):
    with Sandbox(LIMITS, inner=inner) as sandbox:
        run = sandbox.new_run()
        run.ask("seal")
        processes = [psutil.Process(pid) for pid in (run.template.process.pid, run.template.pid, warden_of(run))]
        run.template.close()
        assert [process for process in processes if process.is_running()] == []
        run.cells.close()
        run.wire.close()
