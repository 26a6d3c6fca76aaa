"""The inner wall: namespaces, mounts, limits and a filter of system calls, entered by a forked child.

All of it is Linux, by its own interface. A child calls `enter_namespaces`, forks, and the new process, which is number
1 of its own process namespace, calls `cover`. The process that runs a student's code is forked from that one and calls
`give_up_privileges` last: from then on it owns nothing that it could open again.
"""

import ctypes
import errno
import os
import platform
import resource
import struct
from dataclasses import dataclass

__all__ = [
    "Limits",
    "address_space",
    "be_first_without_memory",
    "cover",
    "die_with_parent",
    "enter_namespaces",
    "give_up_privileges",
    "hide",
    "make_read_only",
    "set_limits",
    "show",
]

# In this order: mounts, host name, messages, users, processes, network.
_NEW_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_NOSUID, _NODEV, _READ_ONLY, _REMOUNT, _BIND = 2, 4, 1, 32, 4096
_PRIVATE, _RECURSIVE = 1 << 18, 16384
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 24, 38, 22


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    cell_seconds, test_seconds, total_seconds : float
        Wall time of one of the student's cells, of one test, of the whole submission.
    processor_seconds : int
        Of each process of the submission.
    memory : int
        Bytes that each process may have beyond what it starts with.
    total_memory : int
        Bytes that all processes of the submission and the template may have together, where there are control groups.
    processes, open_files : int
    file_bytes, disk_bytes : int
        The largest file; all files together.
    output_characters : int
        Of the text that one cell prints; what is longer is cut.

    Raises
    ------
    ValueError
        If one of them is not positive.
    """

    cell_seconds: float = 120.0
    test_seconds: float = 60.0
    total_seconds: float = 900.0
    processor_seconds: int = 300
    memory: int = 2 * 2**30
    total_memory: int = 4 * 2**30
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * 2**20
    disk_bytes: int = 128 * 2**20
    output_characters: int = 20_000

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name} must be positive; got {value}")


def enter_namespaces(uid: int, gid: int) -> None:
    """Leave the namespaces of the parent: users, mounts, network, hosts, messages; and processes, for children.

    Raises
    ------
    OSError
        If the kernel does not allow it.
    """
    _check(_libc().unshare(_NEW_NAMESPACES), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def cover(limits: Limits) -> None:
    """Mount empty, bounded file systems over what could be written or tells of other processes."""
    _check(_libc().mount(None, b"/", None, _PRIVATE | _RECURSIVE, None), "mount /")
    size = f"size={limits.disk_bytes},nr_inodes=10000,mode=700".encode()
    for place, options in ((b"/dev/shm", b"size=16m,nr_inodes=1000"), (b"/tmp", size), (b"/proc", b"size=4k,mode=555")):
        flags = _NOSUID | _NODEV | (_READ_ONLY if place == b"/proc" else 0)
        _check(_libc().mount(b"tmpfs", place, b"tmpfs", flags, options), f"mount {place.decode()}")


def make_read_only() -> None:
    """Let nothing be written any more, under /tmp and /dev/shm."""
    for place in (b"/tmp", b"/dev/shm"):
        flags = _REMOUNT | _BIND | _READ_ONLY | _NOSUID | _NODEV
        _check(_libc().mount(None, place, None, flags, None), f"remount {place.decode()}")


def be_first_without_memory() -> None:
    """When memory ends, let the kernel end this process and its children, and not the template."""
    _write("/proc/self/oom_score_adj", "1000")


def address_space() -> int:
    """Return how many bytes of address space this process has, as long as it sees /proc."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def set_limits(limits: Limits, size: int) -> None:
    """Set the limits of this process and its children; `size` is what `address_space` said."""
    for name, value in (
        ("CPU", limits.processor_seconds),
        ("AS", size + limits.memory),
        ("NOFILE", limits.open_files),
        ("FSIZE", limits.file_bytes),
        ("CORE", 0),
        ("MEMLOCK", 0),
        ("MSGQUEUE", 0),
        ("NPROC", limits.processes),
    ):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends."""
    _check(_libc().prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl")


def hide() -> None:
    """Let no process of the same user read or trace this one."""
    _check(_libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def show() -> None:
    """Undo what changing the user has done: let this process's own files under /proc belong to it."""
    _check(_libc().prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def give_up_privileges() -> None:
    """Drop every capability for good, and filter system calls that no exercise needs."""
    libc = _libc()
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 and ctypes.get_errno() == errno.EINVAL:
            break  # the kernel has no more
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    header, data = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *[0] * 6)
    _check(libc.syscall(_number("capset"), header, data), "capset")
    _filter_calls()


# Numbers of system calls on x86-64 and on ARM (64 bits): the second is the kernel's generic table.
_CALLS = {
    "capset": (126, 91), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "open_by_handle_at": (304, 265), "fsopen": (430, 430), "open_tree": (428, 428), "move_mount": (429, 429),
    "mount_setattr": (442, 442), "pidfd_getfd": (438, 438), "kcmp": (312, 272), "personality": (135, 92),
    "prlimit64": (302, 261), "clone": (56, 220), "clone3": (435, 435), "socket": (41, 198),
}  # fmt: skip
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_WITH_CONDITIONS = ("clone", "clone3", "socket", "prlimit64", "capset")
_SOCKETS = (1, 2, 10, 16)  # unix, internet of both versions, netlink: the network is empty anyway
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def _filter_calls() -> None:
    """Install a filter; it is inherited and cannot be taken away."""
    if platform.machine() not in _MACHINES:
        return
    _, machine = _MACHINES[platform.machine()]
    load_number, load_machine, load_first = (0x20, 0, 0, 0), (0x20, 0, 0, 4), (0x20, 0, 0, 16)
    allow, refuse, absent = (6, 0, 0, _ALLOW), (6, 0, 0, _ERROR | errno.EPERM), (6, 0, 0, _ERROR | errno.ENOSYS)
    program = [load_machine, (0x15, 1, 0, machine), (6, 0, 0, _KILL), load_number]
    program += [(0x35, 0, 1, 0x40000000), refuse]  # x32 numbers
    for name in _CALLS:
        if name not in _WITH_CONDITIONS:
            program += [(0x15, 0, 1, _number(name)), refuse]
    program += [(0x15, 0, 1, _number("clone3")), absent]  # its flags cannot be read: glibc falls back to clone
    program += [(0x15, 0, 4, _number("clone")), load_first, (0x45, 0, 1, 0x7E020080), refuse, allow]  # new namespaces
    families = [(0x15, len(_SOCKETS) - i, 0, family) for i, family in enumerate(_SOCKETS)]
    program += [(0x15, 0, len(families) + 3, _number("socket")), load_first, *families, refuse, allow]
    program += [allow]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: a short, padded, and a pointer
    description = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(buffer))
    _check(_libc().prctl(_PR_SET_SECCOMP, 2, description, 0, 0), "seccomp")


def _number(name: str) -> int:
    column, _ = _MACHINES.get(platform.machine(), (0, 0))
    return _CALLS[name][column]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
