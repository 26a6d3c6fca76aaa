"""The inner wall: namespaces, mounts, limits and a filter of system calls, entered by a forked child.

All of it is Linux, by its own interface. A child calls `enter_namespaces`, forks, and the new process, which is number
1 of its own process namespace, calls `cover`. The process that runs a student's code is forked from that one and calls
`give_up_privileges` last: from then on it owns nothing that it could open again.
"""

import ctypes
import errno
import os
import resource
import struct
from dataclasses import dataclass

from classroom.sandbox import calls

__all__ = [
    "Limits",
    "address_space",
    "adopt",
    "be_early_without_memory",
    "cover",
    "die_with_parent",
    "enter_namespaces",
    "give_up_privileges",
    "hide",
    "make_read_only",
    "set_limits",
    "show",
    "use_large_pages",
]

# In this order: mounts, host name, messages, users, processes, network.
_NEW_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_NOSUID, _NODEV, _READ_ONLY, _REMOUNT, _BIND = 2, 4, 1, 32, 4096
_PRIVATE, _RECURSIVE = 1 << 18, 16384
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 24, 38, 22
_PR_SET_CHILD_SUBREAPER = 36
_COLLAPSE, _LARGE_PAGE = 25, 2 * 2**20  # of madvise, since Linux 6.1; bytes


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    cell_seconds, test_seconds, total_seconds : float
        Wall time of one of the student's cells, of one test, of all cells together and again of all tests together.
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
    nothing = b"size=4k,mode=555"
    for place, options in (
        (b"/dev/shm", b"size=16m,nr_inodes=1000"),
        (b"/dev/pts", nothing),
        (b"/tmp", size),
        (b"/proc", nothing),
    ):
        flags = _NOSUID | _NODEV | (_READ_ONLY if options == nothing else 0)
        _check(_libc().mount(b"tmpfs", place, b"tmpfs", flags, options), f"mount {place.decode()}")
    for device in (b"/dev/null", b"/dev/zero", b"/dev/full", b"/dev/random", b"/dev/urandom", b"/dev/tty"):
        flags = _REMOUNT | _BIND | _READ_ONLY | _NOSUID  # only its times could be written, and would be seen outside
        _check(_libc().mount(None, device, None, flags, None), f"remount {device.decode()}")


def make_read_only() -> None:
    """Let nothing be written any more, under /tmp and /dev/shm."""
    for place in (b"/tmp", b"/dev/shm"):
        flags = _REMOUNT | _BIND | _READ_ONLY | _NOSUID | _NODEV
        _check(_libc().mount(None, place, None, flags, None), f"remount {place.decode()}")


def be_early_without_memory(score: int, proc: int | None = None) -> None:
    """When memory ends, let the kernel end this process rather than one with a lower score; the template has 0.

    Parameters
    ----------
    score : int
        From 0 to 1000. A process that sees /proc, and runs a program of its own, can take it back.
    proc : int, optional
        The open folder /proc, where that is covered.
    """
    descriptor = os.open(
        "self/oom_score_adj" if proc is not None else "/proc/self/oom_score_adj", os.O_WRONLY, dir_fd=proc
    )
    try:
        os.write(descriptor, str(score).encode("ascii"))
    finally:
        os.close(descriptor)


def use_large_pages() -> None:
    """Let the kernel join this process's memory into large pages, where it does that: forks copy one entry for each."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        places = [line.split() for line in file]
    for place in places:
        if place[1] == "rw-p" and place[5:] in ([], ["[heap]"]):
            first, end = (int(address, 16) for address in place[0].split("-"))
            first, end = -(-first // _LARGE_PAGE) * _LARGE_PAGE, end // _LARGE_PAGE * _LARGE_PAGE
            if first < end:
                _libc().madvise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), _COLLAPSE)


def adopt() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _check(_libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


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


def give_up_privileges(*, times: bool) -> None:
    """Drop every capability for good, and filter system calls that no exercise needs.

    Parameters
    ----------
    times : bool
        Whether the times of files may be set: see `classroom.sandbox.calls.filter_program`.
    """
    libc = _libc()
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 and ctypes.get_errno() == errno.EINVAL:
            break  # the kernel has no more
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    header, data = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *[0] * 6)
    _check(libc.syscall(calls.number("capset"), header, data), "capset")
    code = calls.filter_program(first=os.getpid(), times=times)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: a short, padded, and a pointer
    description = struct.pack("HxxxxxxQ", len(code) // calls.LINE, ctypes.addressof(buffer))
    _check(libc.prctl(_PR_SET_SECCOMP, 2, description, 0, 0), "seccomp")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
