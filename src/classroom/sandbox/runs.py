"""Processes behind the walls, as the grader holds them: a template, the tests' process, a student's behind its warden.

Nothing here waits without a limit, and no answer is longer than what is expected.
"""

import contextlib
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classroom.cells import TestCell
from classroom.sandbox import inspection
from classroom.sandbox.bubblewrap import NoSandbox, start_template, stop
from classroom.sandbox.cgroup import Group
from classroom.sandbox.walls import Limits
from classroom.sandbox.wire import SHORT, Wire, WireClosed, WireTimeout, pair

__all__ = ["PATIENCE", "Process", "Run", "SandboxLost", "Snapshot", "Template"]

PATIENCE = 30.0  # seconds for an answer of a process that runs none of the student's code
_OWN_PROCESSES = 16  # bubblewrap, the template, the wardens, the tests
_SHOWN = 16 * 2**20  # bytes of what a cell shows, beside what it prints
_ESCAPED = 12  # bytes of a character in a message, at most
_STILL = 5.0  # seconds until what was stopped stands still


class SandboxLost(RuntimeError):
    """The template or the warden ended: the machine's fault, not the student's. The submission is graded again."""


@dataclass
class Snapshot:
    """A copy of a student's process that waits for its test.

    Parameters
    ----------
    test : TestCell
    pid : int
        Its number inside.
    end : socket.socket
        Ours of the two ends.
    socket : int
        The number that the kernel gives to the other end's socket.
    run : Run
    before : tuple of str
        The cells that were run before it was made.
    state : State, optional
        How it stood still when it was looked at.
    hidden : bool
        Whether the grader may not look at it.
    """

    test: TestCell
    pid: int
    end: socket.socket
    socket: int
    run: "Run"
    before: tuple[str, ...]
    state: inspection.State | None = None
    hidden: bool = False


class Template:
    """A template process behind bubblewrap, in a control group of its own.

    Raises
    ------
    NoSandbox
        If it does not start, or ends at once.
    """

    def __init__(self, limits: Limits, inner: bool, keep_out: Sequence[os.PathLike[str]] = ()) -> None:
        self.limits, self.shared = limits, frozenset[bytes]()
        with contextlib.ExitStack() as undo:
            self.group = Group(limits.total_memory, limits.processes + _OWN_PROCESSES)
            undo.callback(self.group.close)
            self.process, self._wire = start_template(disk_bytes=limits.disk_bytes, inner=inner, keep_out=keep_out)
            undo.callback(stop, self.process, self._wire)
            self.group.add_tree(self.process.pid)
            try:
                (self.pid,) = inspection.children(self.process.pid)
                with contextlib.suppress(PermissionError):  # then no snapshot can be looked at, either
                    self.shared = inspection.shared_mappings(self.pid)
            except (FileNotFoundError, ProcessLookupError, ValueError) as error:
                raise NoSandbox(f"the sandbox ended as soon as it had started: {error}") from None
            undo.pop_all()

    def close(self) -> None:
        """End it and whatever runs in it."""
        stop(self.process, self._wire)
        self.group.close()

    def spawn(self, role: str, ends: Sequence[socket.socket]) -> int:
        """Ask the template for a new process group; return its number there."""
        files = tuple(end.fileno() for end in ends)
        return int(self._ask({"do": "spawn", "role": role, "limits": asdict(self.limits)}, files)["pid"])

    def kill(self, pid: int) -> None:
        """Kill a process group and everything in it."""
        self._ask({"do": "kill", "pid": pid})

    def _ask(self, request: dict[str, Any], files: tuple[int, ...] = ()) -> dict[str, Any]:
        try:
            self._wire.send(request, files, timeout=PATIENCE)
            answer: dict[str, Any] = self._wire.receive(timeout=PATIENCE, limit=SHORT)[0]
            return answer
        except (WireClosed, WireTimeout) as error:
            raise SandboxLost(f"the template process does not answer: {error}") from None


class Process:
    """A process group with one wire."""

    def __init__(self, template: Template, role: str, more: Sequence[socket.socket] = (), *, own: bool = False) -> None:
        ours, theirs = pair()
        self.wire, self.template, self.own = Wire(ours), template, own
        try:
            self.pid = template.spawn(role, [theirs, *more])
        except BaseException:
            ours.close()
            if own:
                template.close()
            raise
        finally:
            theirs.close()

    def close(self) -> None:
        """Kill it, and its template if it has one of its own."""
        self.wire.close()
        if self.own:
            self.template.close()
        else:
            self.template.kill(self.pid)


class Run(Process):
    """A student's process behind its warden."""

    def __init__(self, template: Template, *, own: bool) -> None:
        ours, theirs = pair()
        try:
            super().__init__(template, "student", [theirs], own=own)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.cells = Wire(ours)
        self.held: set[int] = set()
        self.sealed = False  # whether its files are as they were when all cells had run
        self.newest = 0  # the number of the process that was made last
        self.moved = False  # whether a snapshot has left something

    def ask(self, what: str, pid: int = 0) -> int:
        """Tell the warden something, wait until it is done, and return the number of the newest process there."""
        deadline = time.monotonic() + PATIENCE
        try:
            self.wire.send({"do": what, "pid": pid}, timeout=PATIENCE)
            while True:
                said, _ = self.wire.receive(timeout=max(deadline - time.monotonic(), 0.0), limit=SHORT)
                if "done" in said:  # else: that the student's process has ended, which its own wire says, too
                    self.sealed = bool(said["sealed"])
                    return int(said["number"])
        except (WireClosed, WireTimeout) as error:
            raise SandboxLost(f"the warden does not answer: {error}") from None

    def execute(self, source: str, deadline: float) -> tuple[Any, str | None]:
        """Run a cell; return what it says that it has shown, and why its process is lost if it is."""
        limits = self.template.limits
        seconds = min(limits.cell_seconds, max(deadline - time.monotonic(), 0.0))
        until = time.monotonic() + seconds
        try:
            self.cells.send({"do": "execute", "source": source}, timeout=seconds)
            most = _SHOWN + _ESCAPED * limits.output_characters
            said, _ = self.cells.receive(timeout=max(until - time.monotonic(), 0.0), limit=most)
            return said["outputs"], None
        except WireTimeout:
            why = f"ran longer than {seconds:.3g} seconds"
        except (WireClosed, TypeError, KeyError):
            why = "ended its process (a crash, an exit, or more memory or processor time than allowed)"
        self.ask("seal")
        return [], why

    def snapshot(self, test: TestCell, before: Sequence[str], deadline: float) -> Snapshot | None:
        """Fork a snapshot that waits for a test; None if the process does not.

        If there is no room for one, what the student's cells have left running is killed, and it is tried again.
        A process in a student's hands may take its time for an answer: past the deadline it has a few seconds.
        """
        made, answered = self._snapshot(test, before, deadline)
        if made is None and answered:
            self.ask("tidy")
            made, _ = self._snapshot(test, before, deadline)
        return made

    def _snapshot(self, test: TestCell, before: Sequence[str], deadline: float) -> tuple[Snapshot | None, bool]:
        """Try to fork a snapshot; return it, and whether the process has answered."""
        mine, theirs = pair()
        number = os.fstat(theirs.fileno()).st_ino
        seconds = min(self.template.limits.cell_seconds, max(deadline - time.monotonic(), _STILL))
        pid: Any = None
        try:
            self.cells.send({"do": "snapshot"}, (theirs.fileno(),), timeout=seconds)
            pid = self.cells.receive(timeout=seconds, limit=SHORT)[0]["pid"]
        except (WireClosed, WireTimeout, TypeError, KeyError):
            pass
        finally:
            theirs.close()
        if type(pid) is not int or not 1 < pid < 2**22 or pid in self.held:
            mine.close()
            return None, pid is not None
        self.held.add(pid)
        self.ask("hold", pid)
        return Snapshot(test, pid, mine, number, self, tuple(before)), True

    def seal(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        """End everything but the snapshots, let nothing be written any more, and look at them.

        Returns
        -------
        list of Snapshot
            Those that could share something with another one.
        """
        self.newest = self.ask("seal")
        if not self.sealed and len(snapshots) > 1:
            return list(snapshots)
        places = self._places()
        tied = []
        deadline = time.monotonic() + _STILL
        for snapshot in snapshots:
            while True:
                try:
                    place = places.get(snapshot.pid)
                    if place is None:
                        raise inspection.Suspect("its parent is not the warden")
                    snapshot.state = inspection.look_at(place, snapshot.socket, self.template.shared, seen=self.own)
                except inspection.Suspect as suspect:
                    if "still" in str(suspect) and time.monotonic() < deadline:
                        time.sleep(0.01)
                        continue
                    snapshot.hidden = isinstance(suspect, inspection.Hidden)
                    tied.append(snapshot)
                break
        return tied

    def let_go(self, snapshot: Snapshot) -> bool:
        """Let a snapshot answer its test; return False if something has moved since the seal."""
        place = None if self.moved else self._places().get(snapshot.pid)
        try:
            if place is None or inspection.state_of(place) != snapshot.state:
                return False
        except inspection.Suspect:
            return False
        self.ask("go", snapshot.pid)
        return True

    def end(self, snapshot: Snapshot) -> None:
        """End a snapshot and what it has started. It may have left no file, and not moved the count of processes."""
        before, self.newest = self.newest, self.ask("stop", snapshot.pid)
        self.moved = self.moved or not self.newest == before > 0 or not self.sealed

    def close(self) -> None:
        """Kill it and all of its snapshots."""
        self.cells.close()
        super().close()

    def _places(self) -> dict[int, int]:
        """Return the numbers here of the warden's children, by their numbers inside."""
        try:
            groups = inspection.children(self.template.pid)
            first = next(pid for pid in groups if inspection.inner_number(pid) == self.pid)
            (warden,) = inspection.children(first)
            return {inspection.inner_number(pid): pid for pid in inspection.children(warden)}
        except (OSError, ValueError, KeyError, StopIteration):
            return {}
