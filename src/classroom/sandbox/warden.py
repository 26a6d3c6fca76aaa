"""Number 1 of a submission's namespaces: starts the student's process, holds its snapshots, kills what is left.

It runs no code of a student. What it is told comes from the grader over a socket that the student's process does not
have. Process numbers that come from a student's process are only ever stopped, continued or killed, inside these
namespaces.
"""

import contextlib
import os
import select
import signal
import socket
from typing import Any

from classroom.sandbox import walls
from classroom.sandbox.student import serve_cells
from classroom.sandbox.tests import serve_tests
from classroom.sandbox.wire import Wire, WireClosed

__all__ = ["run_student", "run_tests"]


def run_student(files: list[int], limits: walls.Limits, inner: bool) -> None:
    """Fork the student's process and serve the grader.

    Requests are ``{"do": "hold", "pid": …}``, and in the same way "tidy", "seal", "go" and "stop"; each is answered by
    ``{"done": true}``. When the student's process ends by itself, ``{"ended": status}`` is sent.
    """
    control, cells = files
    highest, size = int(_read("/proc/sys/kernel/pid_max")), walls.address_space()
    if inner:
        walls.cover(limits)
    student = os.fork()
    if student == 0:
        os.close(control)
        _into_box(limits, size)
        serve_cells(Wire(socket.socket(fileno=cells)), limits)
        os._exit(0)
    os.close(cells)
    if not inner:
        walls.hide()
    Warden(Wire(socket.socket(fileno=control)), student, highest, inner).serve()


def run_tests(files: list[int], limits: walls.Limits, inner: bool) -> None:
    """Serve test cells from this process itself: it runs no student's code, and still has both walls around it."""
    (control,) = files
    size = walls.address_space()
    if inner:
        walls.cover(limits)
    _into_box(limits, size)
    serve_tests(Wire(socket.socket(fileno=control)))


class Warden:
    """What number 1 knows."""

    def __init__(self, wire: Wire, student: int, highest: int, inner: bool) -> None:
        self.wire, self.student, self.highest, self.inner = wire, student, highest, inner
        self.held: set[int] = set()
        # Without namespaces of our own, number 1 is bubblewrap, and the template and the first process are here, too.
        self.own = set() if inner else {1, os.getpid(), os.getppid(), _parent_of(os.getppid())}

    def serve(self) -> None:
        """Answer the grader until it hangs up; then everything in these namespaces ends with this process."""
        signalled, wakeup = os.pipe()
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(self.wire, select.POLLIN)
        poll.register(signalled, select.POLLIN)
        with contextlib.suppress(WireClosed):
            while True:
                ready = [file for file, _ in poll.poll()]
                if signalled in ready:
                    os.read(signalled, 1000)
                    self._bury()
                if self.wire.fileno() in ready:
                    request, _ = self.wire.receive(timeout=10.0)
                    self._do(request)
                    self.wire.send({"done": True})
        self._kill_all(except_for=set())

    def _do(self, request: dict[str, Any]) -> None:
        match request["do"]:
            case "hold":
                self.held.add(request["pid"])
                _signal(request["pid"], signal.SIGSTOP)
            case "seal":
                self._kill_all(except_for=self.held)
                if self.inner:
                    walls.make_read_only()
            case "tidy":
                self._kill_all(except_for=self.held | {self.student})
                _signal(self.student, signal.SIGCONT)
            case "go":
                _signal(request["pid"], signal.SIGCONT)
            case "stop":
                self.held.discard(request["pid"])
                self._kill_all(except_for=self.held)

    def _bury(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.student:
                    self.student = 0
                    self.wire.send({"ended": status})

    def _kill_all(self, except_for: set[int]) -> None:
        """Stop every process here, then kill those that are not held; a process that forks cannot run away."""
        spared = except_for | self.own
        if self.inner:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGSTOP)
        probe = os.fork()  # the newest number
        if probe == 0:
            os._exit(0)
        last = self.highest if self.highest <= 2**16 else probe
        for pid in range(2, last + 1):
            if pid not in spared:
                _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if isinstance(pid, int) and pid > 1:
            os.kill(pid, number)


def _into_box(limits: walls.Limits, size: int) -> None:
    """Limit this process, take its terminal, its open files and its privileges away."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    os.makedirs("/tmp/work", exist_ok=True)
    os.chdir("/tmp/work")
    walls.set_limits(limits, size)
    walls.give_up_privileges()


def _parent_of(pid: int) -> int:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1])


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
