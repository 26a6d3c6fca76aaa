"""The filter of system calls: what no exercise needs, and what would reach beyond one process.

It is a program of the kernel's own small machine (seccomp): inherited by every child, and never taken away. It sees
the numbers that a call is given, and not what they point to.
"""

import errno
import platform
import struct

__all__ = ["LINE", "filter_program", "is_known_here", "number"]

# Numbers of system calls on x86-64 and on ARM (64 bits): the second is the kernel's generic table.
_REFUSED = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_by_handle_at": (304, 265), "fsopen": (430, 430), "open_tree": (428, 428),
    "move_mount": (429, 429), "mount_setattr": (442, 442),
    # other processes' memory and files
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "kcmp": (312, 272), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "move_pages": (279, 239), "migrate_pages": (256, 238),
    # what the kernel keeps for several processes
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "shmget": (29, 194), "shmat": (30, 196),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "setpriority": (141, 140), "ioprio_set": (251, 30),
    # much code of the kernel for nothing that is taught here
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "fanotify_init": (300, 262), "personality": (135, 92), "syslog": (103, 116), "io_setup": (206, 0),
    "modify_ldt": (154, -1), "memfd_secret": (447, 447),
    # which pages of Python's files are in memory: a word for the next test, or for the next submission, in no file;
    # getrusage says it, too, and so do clocks
    "mincore": (27, 232), "fadvise64": (221, 223), "cachestat": (451, 451),
    # who else has opened or locked a file of Python's: words for a submission that runs at the same time
    "flock": (73, 32), "inotify_init": (253, -1), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27),
}  # fmt: skip
_WITH_CONDITIONS = {
    "capset": (126, 91), "clone": (56, 220), "clone3": (435, 435), "socket": (41, 198), "socketpair": (53, 199),
    "prctl": (157, 167),
    "prlimit64": (302, 261), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "preadv2": (327, 286), "fcntl": (72, 25), "ioctl": (16, 29),
}  # fmt: skip
_TIMES = {"utimensat": (280, 88), "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1)}
_CALLS = _REFUSED | _WITH_CONDITIONS | _TIMES
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
_OF_THIS_PROCESS = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
# Of fcntl and ioctl: to whom the kernel sends a signal when a file is ready, and which. No filter sees that
# signal. And what fcntl tells of others: who has locked a file, leases, notices.
_FILE_ORDERS = {"fcntl": (5, 8, 10, 15, 36, 1024, 1026), "ioctl": (0x8901, 0x8902)}
_UNIX = 1  # the only family of sockets; the network is empty anyway
# What prctl may set: a signal when the parent ends, names, no new privileges, filters, slack of timers, large pages,
# names of memory; and all that only tells. Not: being traceable, adopting processes, sharing a core's scheduling.
_PRCTL = (1, 2, 3, 15, 16, 21, 22, 23, 27, 29, 30, 37, 38, 39, 41, 42, 51, 0x53564D41)
_NAMESPACES = 0x7E020080
_THREAD, _MEMORY, _WAITS = 0x10000, 0x100, 0x4000
# Folders, files, handlers of signals, semaphores, input and output, the parent: a process shares them with no other.
_SHARED = 0x200 | 0x400 | 0x800 | 0x40000 | 0x80000000 | 0x8000

_Line = tuple[int, int, int, int]  # operation, lines to skip if it holds, and if not, value
_SHAPE = struct.Struct("HBBI")
LINE = _SHAPE.size
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW: _Line = (_RETURN, 0, 0, 0x7FFF0000)
_REFUSE: _Line = (_RETURN, 0, 0, 0x00050000 | errno.EPERM)
_ABSENT: _Line = (_RETURN, 0, 0, 0x00050000 | errno.ENOSYS)
_KILL: _Line = (_RETURN, 0, 0, 0x80000000)


def is_known_here() -> bool:
    """Whether the numbers of this machine's system calls are in the table."""
    return platform.machine() in _MACHINES


def number(name: str) -> int:
    """Return the number of a system call on this machine."""
    column, _ = _MACHINES[platform.machine()]
    return _CALLS[name][column]


def filter_program(first: int, *, times: bool = True) -> bytes:
    """Return the filter for this machine, in lines of `LINE` bytes.

    Parameters
    ----------
    first : int
        The number of the student's first process. Those before it are not the student's: no signal may go there.
    times : bool
        Whether the times of files may be set. Where devices are not read-only, theirs would be seen by others.
    """
    _, machine = _MACHINES[platform.machine()]
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), _KILL, (_LOAD, 0, 0, 0)]
    program += [(_AT_LEAST, 0, 1, 0x40000000), _REFUSE]  # the numbers of x32
    for name in [*_REFUSED, *(name for name in _TIMES if not times)]:
        program += _rule(name, [_REFUSE]) if number(name) >= 0 else []  # there is none on this kind of machine
    program += _rule("clone3", [_ABSENT])  # its flags cannot be read: glibc falls back to clone
    program += _rule("clone", _CLONE)
    for name in ("socket", "socketpair"):  # a pair of another family is made, and then refused by its own code
        program += _rule(name, [_argument(0), (_EQUAL, 0, 1, _UNIX), _ALLOW, _REFUSE])
    program += _rule("preadv2", [_argument(5), (_EQUAL, 0, 1, 0), _ALLOW, _REFUSE])  # only what is in memory, say
    for name, orders in _FILE_ORDERS.items():
        program += _rule(name, [_argument(1), *_one_of(orders, _ALLOW), _REFUSE])
    program += _rule("prctl", [_argument(0), *_one_of(_PRCTL), _ALLOW])
    for name in _OF_THIS_PROCESS:
        program += _rule(name, [_argument(0), (_EQUAL, 0, 1, 0), _ALLOW, _REFUSE])
    # 0 is the own group. Negative numbers are other groups, and -1 is everyone.
    to = [(_EQUAL, 0, 1, 0), _ALLOW, (_AT_LEAST, 0, 1, 0x80000000), _REFUSE, (_AT_LEAST, 0, 1, first), _ALLOW, _REFUSE]
    for name in _SIGNALS:
        program += _rule(name, [_argument(0), *to])
    return b"".join(_SHAPE.pack(*line) for line in [*program, _ALLOW])


_CLONE: list[_Line] = [
    (_LOAD, 0, 0, 16),
    (_ANY_BIT, 0, 1, _NAMESPACES),
    _REFUSE,
    (_ANY_BIT, 0, 1, _THREAD),
    _ALLOW,
    (_ANY_BIT, 0, 1, _SHARED),
    _REFUSE,
    (_ANY_BIT, 1, 0, _MEMORY),
    _ALLOW,
    (_ANY_BIT, 0, 1, _WAITS),  # as subprocess does: the parent stands still until the child runs another program
    _ALLOW,
    _REFUSE,
]


def _rule(name: str, lines: list[_Line]) -> list[_Line]:
    """Return lines that only a call of this name comes to; the last of them must return."""
    return [(_EQUAL, 0, len(lines), number(name)), *lines]


def _argument(place: int) -> _Line:
    return (_LOAD, 0, 0, 16 + 8 * place)


def _one_of(values: tuple[int, ...], otherwise: _Line = _REFUSE) -> list[_Line]:
    """Return lines that go on behind for one of the values, and end otherwise: refused, if nothing else is said."""
    return [*((_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)), otherwise]
