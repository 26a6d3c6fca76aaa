"""The walls where they stand otherwise: made by an ordinary user, or the outer one alone.

The other attacks are run by whoever runs the tests, often root, against both walls. A teacher is an ordinary user, for
whom bubblewrap makes the same walls in another way. And where a machine allows no inner wall, each run has a template
of its own. The same attacks must lose again. A template takes seconds, so most of them are for `make test-all`.
"""

import contextlib

import pytest

from tests.classroom.attacks import test_endings, test_quiet_calls, test_remembering, test_walls
from tests.classroom.attacks.harness import WON, Grounds, assert_nothing_comes_of, check, ordinary_user

AT_ONCE = ("a module that the next one imports", "signals to the warden", "a process in the background")
ATTACKS = [
    attack for module in (test_walls, test_remembering, test_quiet_calls, test_endings) for attack in module.ATTACKS
]
# Whether an ordinary user makes the walls, and whether there is an inner one.
WALLS = {"an ordinary user's": (True, True), "one": (False, False), "one, an ordinary user's": (True, False)}
ONE_WALL = [name for name, (_, inner) in WALLS.items() if not inner]
SEEN_BEHIND_ONE = "processes under /proc"  # which cannot be covered there; what of them is seen is below
# Every file of another process that tells more than ps does.
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
    "auxv": read, "environ": read, "io": read, "maps": read, "pagemap": read, "stack": read, "syscall": read,
    "cwd": link, "exe": link, "root": link, "ns/pid": link, "fd": folder, "fdinfo": folder, "map_files": folder,
    "mem": write, "clear_refs": write, "oom_score_adj": write, "setgroups": write, "uid_map": write,
}}
pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
print(len(pids), "processes")
for pid in pids:
    for name, way in ways.items():
        try:
            if pid != os.getpid():
                way(f"/proc/{{pid}}/{{name}}")
                print({WON!r}, pid, name)
        except PermissionError:
            pass
        except OSError as error:
            print({WON!r}, pid, name, error)
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
    assert {SEEN_BEHIND_ONE, *AT_ONCE} <= {attack.name for attack in ATTACKS}


@pytest.mark.parametrize(
    ("otherwise", "attack"),
    [
        pytest.param(walls, each, id=f"{each.name}-{walls}", marks=[] if each.name in AT_ONCE else pytest.mark.slow)
        for walls in WALLS
        for each in ATTACKS
        if walls not in ONE_WALL or each.name != SEEN_BEHIND_ONE
    ],
    indirect=["otherwise"],
)
def test_the_walls_hold_otherwise(otherwise, attack):
    assert_nothing_comes_of(attack, otherwise)


@pytest.mark.parametrize("otherwise", ONE_WALL, indirect=True)
def test_behind_one_wall_other_processes_tell_no_more_than_their_names(otherwise):
    hidden = "from classroom.sandbox import walls; walls.hide = lambda: None"
    check(otherwise, test_walls.asks("looking into other processes", test_walls.MEMORY, LOOK, without=hidden))
