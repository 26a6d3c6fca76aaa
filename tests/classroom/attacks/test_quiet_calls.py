"""System calls that say or do something behind the filter's back: pages in memory, signals by the kernel, families."""

import pytest

from tests.classroom.attacks.harness import WON, Attack, check, unfiltered

CALLED = """
import ctypes, fcntl, os, platform, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def call(x86, arm, *arguments):
    done = libc.syscall(x86 if platform.machine() == "x86_64" else arm, *arguments)
    return ctypes.get_errno() if done < 0 else 0
file = os.open(os.__file__, os.O_RDONLY)
page = ctypes.create_string_buffer(4096)
lock_of_another = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
vector = (ctypes.c_uint64 * 2)(ctypes.addressof(page), 4096)
"""


def quiet(name, source, *calls):
    said = f"{CALLED}\nif {source}:\n    print({WON!r})"
    return Attack(name, "quiet calls", (said,), without=unfiltered(*calls))


ATTACKS = [
    quiet("a page is sent out of memory", "call(221, 223, file, 0, 0, 4) == 0", "fadvise64"),
    quiet(
        "a page is asked whether it is in memory",
        "call(327, 286, file, ctypes.byref(vector), 1, 0, 0, 8) in (0, 11)",  # it is there, or EAGAIN
        "preadv2",
    ),
    quiet("a pair of sockets of the network's family", "call(53, 199, 2, 1, 0, page) == 95", "socketpair"),
    quiet(
        "the kernel is to send the signal",
        "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, 1) == 0",
        "fcntl",
    ),
    quiet("a lock on a file of Python's", "call(73, 32, file, 2) == 0", "flock"),
    quiet("who has locked a file of Python's", "call(72, 25, file, 5, lock_of_another) == 0", "fcntl"),
    quiet("a notice when another opens it", "call(72, 25, file, 1026, 1) in (0, 20)", "fcntl"),  # or: no folder
    quiet("a watch over it", "call(294, 26, 0) == 0", "inotify_init1"),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_filter_knows_it(grounds, attack):
    check(grounds, attack)


def test_what_programs_do_with_these_calls_works(grounds):
    report = grounds.grade(
        "import fcntl, os, socket, tempfile\n"
        "one, other = socket.socketpair()\n"
        "with tempfile.TemporaryFile() as file:\n"
        "    fcntl.fcntl(file, fcntl.F_SETFD, 1)\n"
        "    fcntl.lockf(file, fcntl.LOCK_EX)\n"
        "    file.write(b'x' * 9); file.flush()\n"
        "    print(os.preadv(file.fileno(), [bytearray(9)], 0))"
    )
    assert report.outputs[0][0]["text"] == "9\n"
