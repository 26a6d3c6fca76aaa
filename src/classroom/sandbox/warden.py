"""Number 1 of a submission's namespaces: starts the student's process, holds its snapshots, kills what is left.

It runs no code of a student. What it is told comes from the grader over a socket that the student's process does not
have. Process numbers that come from a student's process are only ever stopped, continued or killed, inside these
namespaces. No signal moves it: where it is number 1 the kernel keeps those from inside away that it ignores, and
elsewhere the filter of system calls does.
"""

import contextlib
import os
import select
import signal
import socket
import time
from typing import Any

from classroom.sandbox import walls
from classroom.sandbox.student import serve_cells
from classroom.sandbox.tests import serve_tests
from classroom.sandbox.wire import Wire, WireClosed

__all__ = ["run_student", "run_tests"]

_ROUNDS = 20  # of stopping and killing, until no one is left
_MOST_FILES = 10_000
_EARLY, _FIRST = 500, 1000  # who ends when memory ends: the warden after the student's processes


def run_student(files: list[int], limits: walls.Limits, inner: bool) -> None:
    """Fork the student's process and serve the grader.

    Requests are ``{"do": "hold", "pid": …}``, and in the same way "tidy", "seal", "go" and "stop"; each is answered by
    ``{"done": true, "number": …, "sealed": …}``: the number of the newest process or 0, and whether nothing can be
    written any more. When the student's process ends by itself, ``{"ended": status}`` is sent.
    """
    control, cells = files
    _hear_nothing()
    size, proc = walls.address_space(), os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    if inner:  # else what the student's processes start could make itself later than the warden
        walls.be_early_without_memory(_EARLY)
    walls.adopt()
    if inner:
        walls.cover(limits)
    student = os.fork()
    if student == 0:
        walls.be_early_without_memory(_FIRST, proc)
        _close_all_but(cells)
        _into_box(limits, size, inner)
        serve_cells(Wire(socket.socket(fileno=cells)), limits)
        os._exit(0)
    os.close(cells)
    walls.hide()
    Warden(Wire(socket.socket(fileno=control)), student, proc, inner).serve()


def run_tests(files: list[int], limits: walls.Limits, inner: bool) -> None:
    """Serve test cells from this process itself: it runs no student's code, and still has both walls around it."""
    (control,) = files
    size = walls.address_space()
    if inner:
        walls.cover(limits)
    _into_box(limits, size, inner)
    serve_tests(Wire(socket.socket(fileno=control)))


class Warden:
    """What number 1 knows.

    Parameters
    ----------
    wire : Wire
        To the grader.
    student : int
        The process that runs the cells.
    proc : int
        The open folder /proc, which may be covered by now. There processes have their numbers outside, too.
    inner : bool
    """

    def __init__(self, wire: Wire, student: int, proc: int, inner: bool) -> None:
        self.wire, self.student, self.proc, self.inner = wire, student, proc, inner
        self.held: set[int] = set()
        self.sealed = False
        self.made = 0  # processes that only showed their number
        self.files: list[tuple[str, os.stat_result]] = []  # at the seal, where they cannot be made read-only
        # Without namespaces of our own, number 1 is the template, and the first process is here, too.
        self.own = set() if inner else {1, os.getpid(), os.getppid()}

    def serve(self) -> None:
        """Answer the grader until it hangs up; then everything in these namespaces ends with this process."""
        signalled, wakeup = os.pipe()
        os.set_blocking(signalled, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(self.wire, select.POLLIN)
        poll.register(signalled, select.POLLIN)
        self._bury()  # it may have ended before anyone listened
        with contextlib.suppress(WireClosed):
            while True:
                ready = [file for file, _ in poll.poll()]
                if signalled in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(signalled, 1000)
                    self._bury()
                if self.wire.fileno() in ready:
                    request, _ = self.wire.receive(timeout=10.0)
                    number = self._do(request)
                    self.wire.send({"done": True, "number": number, "sealed": self.sealed})
        self._kill_all(except_for=set())

    def _do(self, request: dict[str, Any]) -> int:
        """Do what is asked; return the number of the newest process, where that may matter."""
        match request["do"]:
            case "hold":
                self.held.add(request["pid"])
                _signal(request["pid"], signal.SIGSTOP)
                return 0
            case "seal":
                self._kill_all(except_for=self.held)
                with contextlib.suppress(OSError):  # a snapshot has a file open to write in it, or mapped
                    if self.inner:
                        walls.make_read_only()
                    else:
                        self.files = _all_files()
                    self.sealed = True
            case "tidy":
                self._kill_all(except_for=self.held | {self.student})
                _signal(self.student, signal.SIGCONT)
            case "go":
                _signal(request["pid"], signal.SIGCONT)
                return 0
            case "stop":
                self.held.discard(request["pid"])
                self._kill_all(except_for=self.held)
                self.sealed = self.sealed and (self.inner or self._same_files())
        return self._newest()

    def _newest(self) -> int:
        """Return the number of the newest process, those that are made here to learn it not counted; 0: unknown."""
        with contextlib.suppress(OSError):  # a kernel without this file
            file = os.open("sys/kernel/ns_last_pid", os.O_RDONLY, dir_fd=self.proc)
            try:
                return int(os.read(file, 20))
            finally:
                os.close(file)
        try:
            pid = os.fork()
        except OSError:  # no room
            return 0
        if pid == 0:
            os._exit(0)
        self.made += 1
        return pid - self.made

    def _same_files(self) -> bool:
        try:
            return _all_files() == self.files
        except OSError:
            return False

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
        """Kill every process here but some, which stand still.

        All are stopped by one call, so that none can start another one that is not. One that was still running can
        have continued one that was stopped before: therefore the rounds.
        """
        spared = except_for | self.own
        for _ in range(_ROUNDS):
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGSTOP)
            for pid in self.own - {os.getpid()}:
                _signal(pid, signal.SIGCONT)
            others = [pid for pid in self._alive() - spared if _signal(pid, signal.SIGKILL)]
            self._bury()
            if not others:
                return
            time.sleep(0.001)  # the kernel buries them

    def _alive(self) -> set[int]:
        """Return the numbers of all processes here that have not ended, and perhaps of some that are elsewhere."""
        found = set()
        for name in os.listdir(self.proc):
            if name.isdecimal():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    file = os.open(f"{name}/status", os.O_RDONLY, dir_fd=self.proc)
                    try:
                        said = os.read(file, 4096)
                    finally:
                        os.close(file)
                    if b"\nState:\tZ" not in said:
                        found.add(int(said.partition(b"\nNSpid:")[2].partition(b"\n")[0].split()[-1]))
        return found - {os.getpid()}


def _signal(pid: int, number: int) -> bool:
    """Send a signal; return whether there was a process to send it to."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if type(pid) is int and pid > 1:
            os.kill(pid, number)
            return True
    return False


def _all_files() -> list[tuple[str, os.stat_result]]:
    """Return all that can be written, with the times of the last use and change.

    Raises
    ------
    OSError
        If a folder cannot be read, or there are too many files to look at.
    """

    def refuse(error: OSError) -> None:
        raise error

    found = []
    for place in ("/tmp", "/dev/shm"):
        for folder, _, files in os.walk(place, onerror=refuse):
            found += [(path, os.lstat(path)) for path in (folder, *(os.path.join(folder, name) for name in files))]
            if len(found) > _MOST_FILES:
                raise OSError(f"more than {_MOST_FILES} files")
    return found


def _hear_nothing() -> None:
    """Ignore every signal that can be ignored; children that end are heard of."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)


def _close_all_but(kept: int) -> None:
    """Close what a student's process must not have; 0, 1 and 2 lead nowhere soon."""
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _into_box(limits: walls.Limits, size: int, inner: bool) -> None:
    """Limit this process, take its terminal, its open files and its privileges away."""
    os.setsid()
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    os.makedirs("/tmp/work", exist_ok=True)
    os.chdir("/tmp/work")
    walls.set_limits(limits, size)
    if not inner:
        walls.hide()  # from its other processes, which see /proc; an ordinary grader cannot look at it then, either
    walls.give_up_privileges(times=inner)
