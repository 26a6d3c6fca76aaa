"""A control group around a template: a bound for the memory and the processes of a whole submission.

A template grades one submission at a time, so its group bounds that submission. Groups of version 2 are used where this
process may make one, else those of version 1. Where there are none, the limits of each process hold alone.
"""

import contextlib
import os
import time
import uuid
from pathlib import Path

__all__ = ["Group"]

_ROOT = Path("/sys/fs/cgroup")
_NAME = "classroom-"
_OF_SWAP = ("memory.swap.max", "memory.memsw.limit_in_bytes")  # not there where the kernel does not count swap


class Group:
    """A group of processes with bounds, or none if the machine does not let us have one.

    Parameters
    ----------
    memory : int
        Bytes for all processes together.
    processes : int
        As many at once.
    """

    def __init__(self, memory: int, processes: int) -> None:
        self.folders: list[Path] = []
        self.bounds_memory = False
        name = f"{_NAME}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        for parent, bounds in _places(memory, processes):
            _remove_left_behind(parent)
            folder = parent / name
            try:
                folder.mkdir()
                for file, value in bounds.items():
                    if file not in _OF_SWAP or (folder / file).exists():  # an absent one is refused as if forbidden
                        (folder / file).write_text(str(value), encoding="ascii")
                self.folders.append(folder)
                self.bounds_memory = self.bounds_memory or any(file.startswith("memory.") for file in bounds)
            except OSError:
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def add_tree(self, pid: int) -> None:
        """Put a process and its descendants into the group; what they start later is in it, too."""
        pending = [pid]
        while pending:
            each = pending.pop()
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                pending += map(int, Path(f"/proc/{each}/task/{each}/children").read_text(encoding="ascii").split())
                for folder in self.folders:
                    (folder / "cgroup.procs").write_text(str(each), encoding="ascii")

    def close(self) -> None:
        """Remove the group; what is still in it is killed."""
        for folder in self.folders:
            for _ in range(50):
                with contextlib.suppress(OSError):
                    (folder / "cgroup.kill").write_text("1", encoding="ascii")
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.1)  # until the kernel has buried the last process
        self.folders = []


def _remove_left_behind(parent: Path) -> None:
    """Remove the groups of graders that were killed: those whose maker is gone, and that hold no process."""
    for folder in parent.glob(f"{_NAME}*-*"):
        with contextlib.suppress(ValueError, OSError):
            maker = int(folder.name.removeprefix(_NAME).partition("-")[0])
            try:
                os.kill(maker, 0)
            except ProcessLookupError:
                folder.rmdir()  # which the kernel refuses while a process is in it


def _places(memory: int, processes: int) -> list[tuple[Path, dict[str, int]]]:
    """Return the folders in which a group may be made, with the files of its bounds."""
    two = {"memory.max": memory, "memory.swap.max": 0, "pids.max": processes}
    if (_ROOT / "cgroup.controllers").is_file():
        own = _own_group("0::")
        # The group of this process may not hold processes and bounded groups at once: go one up.
        parents = [] if own is None else [own.parent if own != _ROOT else _ROOT]
        return [(parent, two) for parent in parents if {"memory", "pids"} <= _offered_by(parent)]
    one = [("memory", {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory})]
    one += [("pids", {"pids.max": processes})]
    return [(_ROOT / kind, bounds) for kind, bounds in one if (_ROOT / kind).is_dir()]


def _offered_by(parent: Path) -> set[str]:
    """Return what may be bounded in groups that are made in this one: it can be less than in the root."""
    try:
        return set((parent / "cgroup.subtree_control").read_text(encoding="ascii").split())
    except OSError:
        return set()


def _own_group(prefix: str) -> Path | None:
    for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        if line.startswith(prefix):
            return _ROOT / line.removeprefix(prefix).lstrip("/")
    return None
