"""Whether the snapshots of a submission are apart from each other: by what the kernel says of them.

When all cells have run and everything else is killed, a submission's snapshots stand still. One that is let go for its
test must not be able to leave a word for the next. So each is looked at before the first goes: it stands still in all
of its threads, its parent is the warden, no signal waits for it, it has no open file but its own end and the null
device, no mapping that another process could share, and no memory that another one could write. Before it goes itself
it must not have moved since.
The numbers are read from outside, in the grader's /proc; nothing that the student's process says is asked.

Not kept apart is what the clock, the load of the machine, and its counters tell: a test may take long, or use much
memory, and the next one can measure that.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Hidden", "State", "Suspect", "can_be_written", "children", "inner_number", "look_at", "shared_mappings",
    "state_of",
]  # fmt: skip

_STOP = 1 << signal.SIGSTOP - 1  # a second one waits for good: the signal that continues takes it away
_LARGEST = 4 * 2**20  # bytes of a list of mappings


class Suspect(Exception):
    """A snapshot that could hear from another one, and by what."""


class Hidden(Suspect):
    """One that this user may not look at: that is no fault of the submission."""


@dataclass(frozen=True)
class State:
    """A process that stands still: how often its threads have run so far, and what others may set for it."""

    switches: tuple[tuple[int, int], ...]
    score: bytes


def children(pid: int) -> list[int]:
    """Return the children of a process, by their numbers here."""
    found: list[int] = []
    for task in _numbers(f"/proc/{pid}/task"):
        found += map(int, _read(f"/proc/{pid}/task/{task}/children").split())
    return found


def inner_number(pid: int) -> int:
    """Return the number of a process in the innermost of its namespaces."""
    return int(_fields(pid)["NSpid"].split()[-1])


def shared_mappings(pid: int) -> frozenset[bytes]:
    """Return the files, with their devices and numbers, that a process has mapped for sharing.

    Raises
    ------
    Suspect
        If a shared mapping can be written.
    """
    found = set()
    for line in _read(f"/proc/{pid}/maps", _LARGEST).splitlines():
        _, rights, _, file = line.split(None, 3)
        if rights.endswith(b"s"):
            if b"w" in rights:
                raise Suspect("memory that processes share")
            found.add(file)
    return frozenset(found)


def state_of(pid: int) -> State:
    """Return how a process stands still.

    Raises
    ------
    Suspect
        If it does not, or is gone, or a signal waits for it.
    """
    switches = []
    try:
        for task in _numbers(f"/proc/{pid}/task"):
            fields = _fields(pid, task)
            if not fields["State"].startswith("T"):
                raise Suspect("it does not stand still")
            if (int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)) & ~_STOP:
                raise Suspect("a signal waits for it")
            counts = fields["voluntary_ctxt_switches"], fields["nonvoluntary_ctxt_switches"]
            switches.append((task, sum(map(int, counts))))
        score = _read(f"/proc/{pid}/oom_score_adj")
    except (OSError, KeyError, ValueError) as error:
        raise Suspect(f"it is gone: {type(error).__name__}") from None
    return State(tuple(sorted(switches)), score)


def can_be_written(pid: int) -> bool:
    """Whether other processes of the same user may write in a process's memory, where they see it.

    The kernel then gives the files of /proc/PID to that user, as the folder always is, and else to root.
    """
    return os.stat(f"/proc/{pid}/stat").st_uid == os.stat(f"/proc/{pid}").st_uid


def look_at(pid: int, end: int, known: frozenset[bytes], *, seen: bool) -> State:
    """Look at a snapshot when it has been forked and everything but the snapshots is gone.

    Parameters
    ----------
    pid : int
        Its number here.
    end : int
        The number of its end's socket, as `os.fstat` says it.
    known : frozenset of bytes
        The shared mappings that every process of the template has.
    seen : bool
        Whether other snapshots see its number.

    Raises
    ------
    Suspect
        If it could share anything with another snapshot.
    Hidden
        If the grader may not look.
    """
    state = state_of(pid)
    try:
        files = [os.readlink(f"/proc/{pid}/fd/{number}") for number in _numbers(f"/proc/{pid}/fd")]
        if extra := set(files) - {"/dev/null", f"socket:[{end}]"}:
            raise Suspect(f"an open file beside its own: {min(extra):.80}")
        if shared_mappings(pid) - known:
            raise Suspect("memory that processes share")
        if seen and can_be_written(pid):
            raise Suspect("memory that others can write")
    except PermissionError:
        raise Hidden("it cannot be looked at") from None
    except (OSError, ValueError) as error:
        raise Suspect(f"it cannot be looked at: {type(error).__name__}") from None
    return state


def _fields(pid: int, task: int | None = None) -> dict[str, str]:
    text = _read(f"/proc/{pid}/status" if task is None else f"/proc/{pid}/task/{task}/status").decode(errors="replace")
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _numbers(folder: str) -> list[int]:
    return [int(name) for name in os.listdir(folder) if name.isdecimal()]


def _read(path: str, most: int = 2**16) -> bytes:
    with Path(path).open("rb", buffering=0) as file:
        parts, left = [], most
        while left > 0 and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
    if not left:
        raise ValueError(f"{path} is too long")
    return b"".join(parts)
