"""What lies outside a submission's own processes: others' memory, the network, files, and the next submission."""

import os
import socket
import uuid
from pathlib import Path
from unittest import mock

import pytest

from classroom.sandbox import NoSandbox, Sandbox, bubblewrap, runs
from tests.classroom.attacks.harness import (
    DOUBLE,
    LIMITS,
    LOST,
    TEST_OF_DOUBLE,
    WON,
    Attack,
    Grounds,
    check,
    open_to_all,
    printed,
    reached,
    unfiltered,
    writable,
)

MEMORY = "memory of other processes"
NETWORK = "network"
BACKGROUND = "background processes"
START = "startup and configuration files"
LEFT = "what is left behind"

CALL = """
import ctypes, os, platform, signal, time
libc = ctypes.CDLL(None, use_errno=True)
def call(x86, arm, *arguments):
    return libc.syscall(x86 if platform.machine() == "x86_64" else arm, *arguments)
def child():
    pid = os.fork()
    if pid == 0:
        signal.pause()
    return pid
"""
TRACEABLE = "from classroom.sandbox import walls; walls.hide = lambda: None\n"
KNOCK = f"""
import socket
try:
    socket.socket(socket.AF_UNIX).connect({{name!r}})
    print({WON!r})
except OSError:
    pass
"""
# A process whose session has lost its leader is one that was left behind.
ORPHANS = f"""
import os
def session(pid):
    try:
        return os.getsid(pid)
    except OSError:
        return 0
if any(session(pid) and not session(session(pid)) for pid in range(2, 2000)):
    print({WON!r})
"""
IN_ONE_NAMESPACE = """
from classroom.sandbox import walls, warden
walls._NEW_NAMESPACES &= ~0x60000000
warden.Warden._kill_all = lambda *_, **__: None
"""
UNCOVERED = "from classroom.sandbox import walls; walls.cover = lambda limits: None"
PROC = """
import ctypes
from classroom.sandbox import walls
cover = walls.cover
walls.cover = lambda limits: (cover(limits), ctypes.CDLL(None).umount2(b"/proc", 2))
"""
WARDEN_HEARS = (
    unfiltered("kill")
    + """
import os, signal
from classroom.sandbox import warden
# Ends at once, as a process that is not number 1 does; KeyboardInterrupt would sometimes end a run alone.
warden._hear_nothing = lambda: signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
"""
)


def lost(report):
    return LOST in report.notes


def asks(name, category, source, **defence):
    """An attack that knows by itself whether it has won."""
    return Attack(name, category, (CALL + source, DOUBLE, TEST_OF_DOUBLE), **defence)


def leaves(name, source, then, category=LEFT, **defence):
    """An attack that leaves something for the next submission, which looks for it."""
    return Attack(name, category, (source, DOUBLE, TEST_OF_DOUBLE), then=(then, DOUBLE, TEST_OF_DOUBLE), **defence)


ATTACKS = [
    asks(
        "tracing another process",
        MEMORY,
        f"print({WON!r} if call(101, 117, 16, child(), 0, 0) == 0 else 'refused')",
        without=TRACEABLE + unfiltered("ptrace"),
    ),
    asks(
        "reading another process",
        MEMORY,
        "class Part(ctypes.Structure):\n    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]\n"
        "secret, copy = ctypes.create_string_buffer(b'secret'), ctypes.create_string_buffer(6)\n"
        "here, there = Part(ctypes.addressof(copy), 6), Part(ctypes.addressof(secret), 6)\n"
        "call(310, 270, child(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)\n"
        f"print({WON!r} if copy.raw == b'secret' else 'refused')",
        without=TRACEABLE + unfiltered("process_vm_readv"),
    ),
    asks(
        "taking an open file of another process",
        MEMORY,
        f"file = call(434, 434, child(), 0)\nprint({WON!r} if file >= 0 and call(438, 438, file, 0, 0) >= 0 else 'no')",
        without=TRACEABLE + unfiltered("pidfd_open", "pidfd_getfd"),
    ),
    asks(
        "processes under /proc",
        MEMORY,
        f"print({WON!r} if any(name.isdecimal() for name in os.listdir('/proc')) else 'empty')",
        without=PROC,
    ),
    asks(
        "becoming traceable",
        MEMORY,
        f"print({WON!r} if libc.prctl(4, 1, 0, 0, 0) == 0 else 'no')",
        without=unfiltered("prctl"),
    ),
    asks(
        "signals to the warden",
        BACKGROUND,
        "for _ in range(50):\n    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "        for pid in range(1, os.getpid()):\n            try:\n                os.kill(pid, number)\n"
        "            except OSError:\n                pass\n    time.sleep(0.01)",
        without=WARDEN_HEARS,
        won=lost,
    ),
    asks(
        "limits of another process",
        BACKGROUND,
        "import resource\ntry:\n    resource.prlimit(child(), resource.RLIMIT_CORE, (0, 0))\n"
        f"    print({WON!r})\nexcept OSError:\n    pass",
        without=unfiltered("prlimit64"),
    ),
    asks(
        "limits raised",
        BACKGROUND,
        "import resource\ntry:\n    resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))\n"
        f"    print({WON!r})\nexcept (OSError, ValueError):\n    pass",
        without="from classroom.sandbox import walls; walls.set_limits = lambda limits, size: None",
    ),
    asks(
        "namespaces of its own",
        BACKGROUND,
        f"print({WON!r} if libc.unshare(0x10000000) == 0 else 'no')",
        without=unfiltered("unshare"),
    ),
    asks(
        "sockets of every family but one",
        NETWORK,
        f"""
import socket
for family in range(2, 46):
    for kind in (1, 2, 3):
        try:
            socket.socket(family, kind)
            print({WON!r})
        except OSError:
            pass
""",
        without=unfiltered("socket"),
    ),
    asks(
        "listening for connections",
        NETWORK,
        "import socket\ntry:\n    socket.create_server(('127.0.0.1', 0))\n"
        f"    print({WON!r})\nexcept OSError:\n    pass",
        without=unfiltered("socket"),
    ),
    leaves(
        "a process that outlives its submission",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.fork() or time.sleep(60)\n    os._exit(0)\n"
        "os.wait()",
        ORPHANS,
        category=BACKGROUND,
        without=IN_ONE_NAMESPACE,
    ),
    leaves(
        "a file in /tmp",
        "open('/tmp/left', 'w').close()",
        f"import os\nprint({WON!r} if os.path.exists('/tmp/left') else 'nothing')",
        without=UNCOVERED,
    ),
    leaves(
        "the time of a device",
        "import os\nos.utime('/dev/full', None)",
        f"import os, time\nprint({WON!r} if abs(os.stat('/dev/full').st_mtime - time.time()) < 60 else 'old')",
        without=UNCOVERED,
    ),
    leaves(
        "a name for a socket",
        """
import os, socket, time
read, write = os.pipe()
if os.fork() == 0:
    end = socket.socket(socket.AF_UNIX)
    end.bind("\\0left")
    end.listen()
    os.write(write, b"x")
    time.sleep(30)
os.read(read, 1)
""",
        KNOCK.format(name="\0left"),
        without=IN_ONE_NAMESPACE,
    ),
    leaves(
        "a module that the next one imports",
        "import os\nos.makedirs('/tmp/work', exist_ok=True)\n"
        f'open("/tmp/work/sums_of_mine.py", "w").write("print({WON!r})")',
        "import sys\nsys.path.insert(0, '/tmp/work')\ntry:\n    import sums_of_mine\nexcept ImportError:\n    pass",
        category=START,
        without=UNCOVERED,
    ),
    leaves(
        "settings of matplotlib",
        "import os\nos.makedirs('/tmp/matplotlib', exist_ok=True)\n"
        "open('/tmp/matplotlib/matplotlibrc', 'w').write('figure.dpi: 1')",
        "import matplotlib\nsettings = matplotlib.rc_params()\n"
        f"print({WON!r} if settings['figure.dpi'] == 1 else settings['figure.dpi'])",
        category=START,
        without=UNCOVERED,
    ),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_walls_hold(grounds, attack):
    check(grounds, attack)


# What the outer wall keeps away is taken away by a template of its own.


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that anyone may write in, which Python needs as it needs its packages."""
    return open_to_all(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def holes(place, needs_bubblewrap):
    """A sandbox whose outer wall has holes: the network, an environment variable, folders that can be written."""
    command, environment, folders = bubblewrap.command, bubblewrap._environment, bubblewrap._python_folders

    def without_walls(*arguments, **options):
        return [word for word in writable(command(*arguments, **options), place) if word != "--unshare-net"]

    class NoGroup(runs.Group):
        def __init__(self, memory, processes):
            self.folders, self.bounds_memory = [], False

    with (
        mock.patch.object(bubblewrap, "_python_folders", return_value=[*folders(), str(place)]),
        mock.patch.dict(os.environ, {"TOKEN": "token-of-the-grader"}),
    ):
        whole = Grounds()
        whole.sandbox()
        with (
            mock.patch.object(bubblewrap, "command", without_walls),
            mock.patch.object(bubblewrap, "_environment", return_value=environment() | {"TOKEN": os.environ["TOKEN"]}),
            mock.patch.object(runs, "Group", NoGroup),
        ):
            broken = Grounds()
            broken.sandbox(weak=True)
    yield whole, broken
    whole.close()
    broken.close()


NO_NETWORK_NAMESPACE = "from classroom.sandbox import walls; walls._NEW_NAMESPACES &= ~0x40000000"


def test_no_socket_of_the_machine_can_be_reached(holes):
    whole, broken = holes
    name = f"\0classroom-{uuid.uuid4()}"
    source = KNOCK.format(name=name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        assert WON not in printed(whole.grade(source))
        assert WON in printed(broken.grade_without(NO_NETWORK_NAMESPACE, source))


def test_no_variable_of_the_grader_can_be_read(holes):
    whole, broken = holes
    source = "import os\nprint(dict(os.environ))"
    assert "token-of-the-grader" not in printed(whole.grade(source))
    assert "token-of-the-grader" in printed(broken.grade_without("pass", source))


def test_nothing_of_pythons_can_be_written(holes, place):
    whole, broken = holes
    path = bubblewrap._inside(str(place / "sitecustomize.py"))
    source = f"open({path!r}, 'w').write('import os')"
    whole.grade(source)
    assert not (place / "sitecustomize.py").exists()
    broken.grade_without("pass", source)
    assert (place / "sitecustomize.py").exists()


def test_no_home_can_be_seen(holes, place):
    whole, _ = holes
    (place / "seen").touch()  # what is shown is seen: the question can be answered
    needed = [*bubblewrap._python_folders(), str(place)]
    home = [path for path in Path.home().iterdir() if not any(Path(each).is_relative_to(path) for each in needed)]
    asked = [*home, place / "seen"]
    source = f"""
import os
for path in {[str(path) for path in asked]!r}:
    if os.path.exists(path) or os.path.exists("/mnt" + path):
        print("seen:", path)
"""
    seen = [line for line in printed(whole.grade(source)).splitlines() if line.startswith("seen:")]
    assert seen == [f"seen: {place / 'seen'}"]


def test_a_course_inside_the_environment_is_refused(place, monkeypatch):
    folders = bubblewrap._python_folders()
    monkeypatch.setattr(bubblewrap, "_python_folders", lambda: [*folders, str(place)])
    for secret in (place, place / "course" / "solutions", Path("/usr/share/course")):
        with pytest.raises(NoSandbox, match="students' code would see"):
            Sandbox(LIMITS, keep_out=(secret,))
    bubblewrap.check_kept_out((place.parent, "/home"))  # beside and above it, nothing of them is shown


BOUNDS_OF_MEMORY = ("memory.max", "memory.limit_in_bytes")  # of version 2 and 1


def test_the_memory_of_all_processes_together_has_a_bound(holes):
    whole, broken = holes
    hungry = CALL + (
        "children = []\nfor _ in range(5):\n    read, write = os.pipe()\n    pid = os.fork()\n    if pid == 0:\n"
        "        x = bytearray(b'x') * (230 * 2**20)\n        os.write(write, b'x')\n        signal.pause()\n"
        "    os.close(write)\n    os.read(read, 1)\n    children.append(pid)\n"
        f"print({WON!r} if not any(os.waitpid(child, os.WNOHANG)[0] for child in children) else 'no')"
    )
    report = whole.grade(hungry, DOUBLE, TEST_OF_DOUBLE)
    assert reached(report) == {"double": 4.0}
    assert WON in printed(broken.grade_without("pass", hungry))
    # Where the machine lets us have no group, the bounds of each process hold alone: five have what one may not.
    assert (WON in printed(report)) is not whole.sandbox().bounds_memory
    alone = CALL + f"x = bytearray({LIMITS.memory} + 2**20)\nprint({WON!r})"
    assert WON not in printed(whole.grade(alone))


def test_a_sandbox_says_that_it_bounds_memory_where_the_kernel_does(holes):
    for sandbox in (holes[0].sandbox(), holes[1].sandbox(weak=True)):
        files = [folder / name for folder in sandbox._template.group.folders for name in BOUNDS_OF_MEMORY]
        held = {path.read_text(encoding="ascii").strip() for path in files if path.exists()}
        assert held == ({str(LIMITS.total_memory)} if sandbox.bounds_memory else set())
