"""Messages between the processes of a grading run: JSON, and open files beside it.

Every message is a length, then a JSON text; open files travel with the length. What comes from a student's process is
read with a limit on its bytes, its members and the time that it may take, and never trusted further than that.
"""

import array
import contextlib
import json
import os
import select
import socket
import struct
import time
from typing import Any

from classroom.json_text import read_json

__all__ = ["LIMIT", "SHORT", "Wire", "WireClosed", "WireTimeout", "pair"]

LIMIT = 64 * 2**20  # bytes of one message
SHORT = 4096  # bytes of an answer that only says that something was done
_MEMBERS = 100_000  # lists, objects and commas of a message
_LENGTH = struct.Struct(">Q")
_MOST_FILES = 4


class WireClosed(Exception):
    """The other process is gone, or sent what is no message."""


class WireTimeout(Exception):
    """Nothing complete came in time."""


class Wire:
    """One end of a pair of connected sockets.

    Parameters
    ----------
    end : socket.socket
    """

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def fileno(self) -> int:
        """Return the file descriptor, for `select`."""
        return self.end.fileno()

    def send(self, value: Any, files: tuple[int, ...] = (), *, timeout: float = 60.0) -> None:
        """Send data, and open files by their descriptors.

        Parameters
        ----------
        value : object
            What JSON has.
        files : tuple of int
        timeout : float
            Seconds until the other process must have taken it.

        Raises
        ------
        WireClosed, WireTimeout
        """
        data = json.dumps(value).encode("ascii")
        deadline = time.monotonic() + timeout
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        try:
            self._wait(deadline, write=True)
            sent = self.end.sendmsg([_LENGTH.pack(len(data))], rights, socket.MSG_DONTWAIT)
            view = memoryview(_LENGTH.pack(len(data))[sent:] + data)
            while view:
                self._wait(deadline, write=True)
                with contextlib.suppress(BlockingIOError):
                    view = view[self.end.send(view, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            raise WireTimeout("it is full") from None
        except (OSError, ValueError) as error:
            raise WireClosed(str(error)) from None

    def receive(
        self, *, timeout: float | None = None, limit: int = LIMIT, with_files: bool = False
    ) -> tuple[Any, list[int]]:
        """Return the next message and the open files that came with it.

        Parameters
        ----------
        timeout : float, optional
            Seconds until all of it must be there; None only where the sender is trusted.
        limit : int
            Bytes that are read.
        with_files : bool
            Take the open files that come. Otherwise the kernel closes them before they are here: a student's process
            could fill the receiver's table of them, and keep memory and disks alive in it.

        Raises
        ------
        WireClosed, WireTimeout
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        files: list[int] = []
        try:
            wanted = files if with_files else None
            (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline, wanted))
            if length > limit:
                raise WireClosed(f"a message of {length} bytes; at most {limit} are read")
            return read_json(self._read(length, deadline, wanted).decode("utf-8"), _MEMBERS), files
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            _close(files)
            raise WireClosed(f"{type(error).__name__}: {error}") from None
        except BaseException:
            _close(files)
            raise

    def close(self) -> None:
        """Close this end."""
        self.end.close()

    def _read(self, n: int, deadline: float | None, files: list[int] | None) -> bytes:
        data = bytearray()
        while len(data) < n:
            self._wait(deadline, write=False)
            most = min(n - len(data), 2**20)
            part = self.end.recv(most) if files is None else self._read_with_files(most, files)
            if not part:
                raise WireClosed("the other process is gone")
            data += part
        return bytes(data)

    def _read_with_files(self, most: int, files: list[int]) -> bytes:
        space = socket.CMSG_SPACE(_MOST_FILES * array.array("i").itemsize)
        part, ancillary, flags, _ = self.end.recvmsg(most, space)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                files.extend(numbers)
        if flags & socket.MSG_CTRUNC or len(files) > _MOST_FILES:
            raise WireClosed("more open files than a message may carry")
        return part

    def _wait(self, deadline: float | None, *, write: bool) -> None:
        poll = select.poll()
        poll.register(self.end, select.POLLOUT if write else select.POLLIN)
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(left):
            raise WireTimeout("no answer in time")


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets; the caller closes both."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


def _close(files: list[int]) -> None:
    for number in files:
        with contextlib.suppress(OSError):
            os.close(number)
