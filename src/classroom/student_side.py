"""The process that holds a student's objects. It runs the student's cells and answers, with data, what a test asks.

A request is a dict: ``{"do": "execute", "source": …}``, ``{"do": "look", "name": …}`` or ``{"do": "call", "name": …,
"operation": …, "args": …, "kwargs": …}``, where the operation is one of `seq2bert.check` or None for a plain call.
The answer has one key: "value", "callable", "missing", "done" or "error" (the exception's type and message).
Run as a program, it serves its standard input and output. It is no sandbox.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Any, Protocol

from classroom.cells import code_of
from classroom.crossing import Message, decode, encode, pack, unpack
from seq2bert.check import OPERATIONS

__all__ = ["Readable", "StudentSide", "Writable", "main", "read_exactly", "serve"]

_LONGEST = 10_000  # characters of an exception's message

AskBack = Callable[[int, tuple[Any, ...], dict[str, Any]], dict[str, Any]]


class StudentSide:
    """A student's names, and the answers to requests about them.

    Parameters
    ----------
    namespace : dict
        Where the student's cells are executed.
    ask_back : callable
        Given a callback's number, its arguments and its keyword arguments, returns what became of the call of the
        test's function: ``{"value": …}`` or ``{"failed": message}``.
    """

    def __init__(self, namespace: dict[str, Any], ask_back: AskBack) -> None:
        self.namespace = namespace
        self.ask_back = ask_back

    def answer(self, message: Message) -> Message:
        """Return the answer to a request; whatever the student's code raises becomes an "error"."""
        try:
            return encode(self._do(**decode(message, self._callback)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a student's exit is an error like any other
            return encode({"error": (type(error).__name__, _text(error))})

    def _callback(self, number: int) -> Callable[..., Any]:
        def function_of_the_test(*args: Any, **kwargs: Any) -> Any:
            reply = self.ask_back(number, args, kwargs)
            if "failed" in reply:
                raise RuntimeError(reply["failed"])
            return reply["value"]

        return function_of_the_test

    def _do(
        self,
        *,
        do: str,
        name: str = "",
        source: str = "",
        operation: str | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        if do == "execute":
            exec(compile(code_of(source), "<cell>", "exec"), self.namespace)
            return {"done": True}
        if name not in self.namespace:
            return {"missing": name}
        subject = self.namespace[name]
        if do == "look":
            return {"callable": name} if callable(subject) else {"value": subject}
        call = subject if operation is None else OPERATIONS[operation]
        first = () if operation is None else (subject,)
        return {"value": call(*first, *args, **(kwargs or {}))}


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, n: int, /) -> bytes:
        """Return so many bytes, fewer only at the end."""


class Writable(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> int:
        """Write bytes."""

    def flush(self) -> None:
        """Send what was written."""


def read_exactly(stream: Readable) -> Callable[[int], bytes]:
    """Return a function that reads so many bytes, or raises EOFError."""

    def read(n: int) -> bytes:
        data = stream.read(n)
        if len(data) < n:
            raise EOFError("the other process is gone")
        return data

    return read


def serve(namespace: dict[str, Any], read: Callable[[int], bytes], send: Callable[[Message], None]) -> None:
    """Answer requests until there are no more.

    Parameters
    ----------
    namespace : dict
        The student's names.
    read : callable
        As of `read_exactly`.
    send : callable
        Sends a message to where the requests come from.
    """

    def ask_back(number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        send(encode({"callback": number, "args": args, "kwargs": kwargs}))
        return decode(unpack(read))

    side = StudentSide(namespace, ask_back)
    with contextlib.suppress(EOFError):
        while True:
            request = unpack(read)
            try:
                answer = side.answer(request)
            except KeyboardInterrupt:  # in a process of its own it is the student's
                answer = encode({"error": ("KeyboardInterrupt", "")})
            send(answer)


def main() -> None:
    """Serve requests from standard input; the student's code has nothing to read, and what it prints goes nowhere."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)

    def send(message: Message) -> None:
        answers.write(pack(message))
        answers.flush()

    serve({"__name__": "__main__"}, read_exactly(requests), send)


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_LONGEST]
    except BaseException:  # its own __str__ fails
        return "(its message cannot be read)"


if __name__ == "__main__":
    main()
