"""The student's process: it runs cells in an IPython shell, and forks a snapshot of itself for each test.

Everything here is in the student's hands as soon as the first cell has run. What it sends is not trusted.
"""

import contextlib
import io
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import torch
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from classroom.crossing import Message, pack
from classroom.sandbox.outputs import KINDS, LARGEST, MOST
from classroom.sandbox.walls import Limits
from classroom.sandbox.wire import Wire, WireClosed
from classroom.student_side import read_exactly, serve

__all__ = ["new_shell", "serve_cells"]

_SPARE = 4  # open files
_SHOWN = 4 * 2**20  # characters of all rich outputs of one cell


class _Bounded(io.TextIOBase):
    """A text file that keeps the first so many characters."""

    def __init__(self, room: int) -> None:
        self.parts: list[str] = []
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text = str(text)
        if self.room > 0:
            self.parts.append(text[: self.room])
            if len(text) > self.room:
                self.parts.append("\n… (what is longer is cut)\n")
        self.room -= len(text)
        return len(text)


class _Results(DisplayHook):
    """Collects the values of last lines beside what is displayed."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        _shown(self.shell).append({"data": format_dict})


class _Shell(InteractiveShell):
    """A shell that keeps what is displayed in a list, and what is printed nowhere."""

    displayhook_class = Type(_Results)
    display_pub_class = Type(CapturingDisplayPublisher)

    trace: tuple[str, ...] = ()

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        """Keep the lines that a notebook would show."""
        self.trace = tuple(map(str, stb))

    def enable_gui(self, gui: Any = None) -> None:
        """Figures are displayed as in a notebook; there is no window."""

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """Do not keep printed text a second time, as newer versions do."""
        yield


def new_shell() -> _Shell:
    """Return a shell without history, profile or start-up files, which shows figures as a notebook does."""
    from matplotlib_inline.backend_inline import configure_inline_support

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "NoColor"
    settings.InteractiveShell.xmode = "Plain"
    shell: _Shell = _Shell.instance(config=settings)
    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    return shell


def serve_cells(wire: Wire, limits: Limits) -> None:
    """Run cells and make snapshots until the grader hangs up.

    Requests are ``{"do": "execute", "source": …}``, answered by ``{"outputs": […], "error": …}``, and ``{"do":
    "snapshot"}`` with the end that the snapshot is to serve, answered by ``{"pid": …}``.
    """
    shell, me = new_shell(), os.getpid()
    spare: list[int] = []
    with contextlib.suppress(WireClosed):
        while True:
            for file in spare:
                with contextlib.suppress(OSError):
                    os.close(file)
            request, files = wire.receive(with_files=True)
            if request["do"] == "execute":
                spare = _reserve()
                said = _execute(shell, request["source"], limits)
                if os.getpid() != me:
                    os._exit(0)  # a cell has forked, and this is the copy
                wire.send(said)
            else:
                wire.send({"pid": _fork_snapshot(files[0], shell.user_ns)})


def _reserve() -> list[int]:
    """Open a few files, so that a cell that opens all that it can leaves room for a snapshot's."""
    kept: list[int] = []
    with contextlib.suppress(OSError):
        kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(_SPARE))
    return kept


def _fork_snapshot(end: int, names: dict[str, Any]) -> int:
    """Fork a snapshot; return its number when it has let go of all other files, and 0 if there can be none."""
    read, write = os.pipe()
    try:
        pid = _fork()
    except OSError:
        pid = 0
    else:
        if pid == 0:
            _serve_snapshot(end, names)
    for file in (end, write):
        os.close(file)
    os.read(read, 1)  # ends when the snapshot has closed the other end
    os.close(read)
    return pid


def _fork() -> int:
    """Fork; where there is no room, bury the children that have ended, and try again."""
    try:
        return os.fork()
    except OSError:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        return os.fork()


def _execute(shell: _Shell, source: str, limits: Limits) -> dict[str, Any]:
    shell.trace = ()
    with _captured(shell, limits.output_characters) as (text, rich):
        result = shell.run_cell(source, store_history=False, silent=False)
    error = result.error_before_exec or result.error_in_exec
    outputs: list[dict[str, Any]] = []
    if text.parts:
        outputs.append({"output_type": "stream", "name": "stdout", "text": "".join(text.parts)})
    room = _SHOWN
    for data in rich[:MOST]:
        kept = {kind: data[kind] for kind in KINDS if isinstance(data.get(kind), str)}
        size = sum(map(len, kept.values()))
        if kept and size <= min(LARGEST, room):
            room -= size
            outputs.append({"output_type": "display_data", "data": kept, "metadata": {}})
    if error is None:
        return {"outputs": outputs, "error": None}
    trace = "\n".join(shell.trace) or "".join(traceback.format_exception_only(type(error), error))
    said = {"ename": type(error).__name__, "evalue": str(error)[:2000], "traceback": [trace[-4000:]]}
    return {"outputs": [*outputs, {"output_type": "error", **said}], "error": [said["ename"], said["evalue"]]}


@contextlib.contextmanager
def _captured(shell: InteractiveShell, room: int) -> Iterator[tuple[_Bounded, list[dict[str, Any]]]]:
    """Collect what a cell prints and displays."""
    text, rich = _Bounded(room), []  # type: tuple[_Bounded, list[dict[str, Any]]]
    _shown(shell).clear()
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = text
    try:
        yield text, rich
    finally:
        sys.stdout, sys.stderr = before
        rich.extend(output["data"] for output in _shown(shell) if isinstance(output.get("data"), dict))


def _shown(shell: Any) -> list[dict[str, Any]]:
    """Return the list of what was displayed."""
    outputs: list[dict[str, Any]] = shell.display_pub.outputs
    return outputs


def _serve_snapshot(end: int, names: dict[str, Any]) -> None:
    """Answer what a test asks, in a copy of the process that nothing else can be heard from."""
    try:
        os.closerange(3, end)
        os.closerange(end + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        torch.set_num_threads(1)
        with socket.socket(fileno=end) as connection, connection.makefile("rwb") as stream:

            def send(message: Message) -> None:
                stream.write(pack(message))
                stream.flush()

            serve(names, read_exactly(stream), send)
    finally:
        os._exit(0)
