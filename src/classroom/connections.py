"""Ways to a student's objects: handles that take and give data, in the same process or over a stream to another one."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from classroom.crossing import CannotCross, Message, decode, encode, pack, unpack
from classroom.printable import text_of
from classroom.student_side import Readable, StudentSide, Writable, read_exactly
from seq2bert.check.inputs import DRAW

__all__ = [
    "MOST_CALLS",
    "Connection",
    "Handle",
    "NotDefined",
    "SameProcess",
    "StreamConnection",
    "Student",
    "StudentError",
    "other_process",
]

MOST_CALLS = 100_000  # of a test's functions, during one request; a search makes thousands
_LONGEST = 10_000  # characters of what a test's function says that it failed by
_ANSWERS = {"value", "callable", "missing", "done", "error"}


class StudentError(Exception):
    """What a student's code raised in its own process: "TypeError: …"."""


class NotDefined(StudentError):
    """A name that the notebook does not define: nothing of a student's code is in this message."""


class Student(Protocol):
    """A connection to a process that holds a student's objects."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request (see `classroom.student_side`) and return the answer.

        Raises
        ------
        StudentError
            If the process is gone, or its answer cannot be read.
        CannotCross
            If the request holds what is not data.
        """


class Handle:
    """A student's function or class, seen from the tests: it can be called with data."""

    def __init__(self, name: str, student: Student) -> None:
        self._name, self._student = name, student

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function with data."""
        return self.run_operation(None, *args, **kwargs)

    def run_operation(self, operation: str | None, /, *args: Any, **kwargs: Any) -> Any:
        """Call, or run one of the operations of `seq2bert.check`, where the object is."""
        request = {"do": "call", "name": self._name, "operation": operation, "args": args, "kwargs": kwargs}
        answer = self._student.ask(request)
        if "error" in answer:
            raise StudentError("{}: {}".format(*answer["error"]))
        if "value" not in answer:
            raise NotDefined(f"the notebook defines no {self._name}")
        return answer["value"]


class Connection:
    """What both ways to reach a student's objects share: functions of the test that the student's code calls."""

    def __init__(self) -> None:
        self._waiting = False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return the answer, see `Student`."""
        if self._waiting:
            raise CannotCross("a function that a test passes in cannot itself use the student's functions")
        callbacks: list[Callable[..., Any]] = []
        failed: list[Exception] = []
        calls = iter(range(MOST_CALLS))

        def reply(call: dict[str, Any]) -> Message:
            if next(calls, None) is None:
                raise CannotCross(f"a function of the test was called more than {MOST_CALLS} times")
            function = _callback_of(call, callbacks)
            try:
                return encode({"value": function(*call["args"], **call["kwargs"])})
            except Exception as error:
                if not failed:
                    failed.append(error)
                return encode({"failed": f"{type(error).__name__}: {text_of(error)}"[:_LONGEST]})

        message = encode(request, callbacks)
        self._waiting = True
        try:
            answer = _checked(self._exchange(message, reply))
        except (EOFError, OSError, CannotCross) as error:
            raise StudentError(f"no answer from the student's process: {error}") from None
        finally:
            self._waiting = False
        if failed:  # an assertion in the test's own function, say
            raise failed[0]
        return answer

    def _exchange(self, message: Message, reply: Callable[[dict[str, Any]], Message]) -> Any:
        """Send a request, answer callbacks, and return what comes at last, decoded and unchecked."""
        raise NotImplementedError


def _checked(answer: Any) -> dict[str, Any]:
    """Return an answer if it has the form of one: it comes from a process that is not trusted."""
    if not isinstance(answer, dict) or len(answer) != 1 or not answer.keys() <= _ANSWERS:
        raise CannotCross(f"what came is no answer: {answer!r:.200}")
    if "error" in answer:
        error = answer["error"]
        if not (isinstance(error, tuple) and len(error) == 2 and all(isinstance(part, str) for part in error)):
            raise CannotCross(f"what came is no error: {error!r:.200}")
    return answer


def _callback_of(call: dict[str, Any], callbacks: list[Callable[..., Any]]) -> Callable[..., Any]:
    """Return the test's function that a student's process asks for."""
    number, args, kwargs = (call.get(key) for key in ("callback", "args", "kwargs"))
    if not (isinstance(args, tuple) and isinstance(kwargs, dict) and all(isinstance(key, str) for key in kwargs)):
        raise CannotCross(f"what came is no call: {call!r:.200}")
    if type(number) is not int or not 0 <= number < len(callbacks):
        raise CannotCross(f"a call of a function that was not passed: number {number!r:.80} of {len(callbacks)}")
    return callbacks[number]


class SameProcess(Connection):
    """A student's namespace beside the tests: the same messages without a second process. For trusted answers only.

    Parameters
    ----------
    namespace : dict, optional
        Where the student's cells are executed; empty if it is not given.
    """

    def __init__(self, namespace: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.namespace: dict[str, Any] = {"__name__": "__main__"} if namespace is None else namespace

    def _exchange(self, message: Message, reply: Callable[[dict[str, Any]], Message]) -> Any:
        def ask_back(number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
            call = decode(encode({"callback": number, "args": args, "kwargs": kwargs}))
            answer: dict[str, Any] = decode(reply(call))
            return answer

        return decode(StudentSide(self.namespace, ask_back).answer(message))


class StreamConnection(Connection):
    """A student's process at the other end of two streams of bytes, or of one that goes both ways.

    Parameters
    ----------
    read_from, write_to : binary file
    """

    def __init__(self, read_from: Readable, write_to: Writable) -> None:
        super().__init__()
        self._read, self._stream = read_exactly(read_from), write_to
        self._broken = ""  # why nothing that comes can be understood any more

    def _exchange(self, message: Message, reply: Callable[[dict[str, Any]], Message]) -> Any:
        if self._broken:
            raise EOFError(self._broken)
        try:
            self._send(message)
            while isinstance(came := decode(unpack(self._read)), dict) and "callback" in came:
                self._send(reply(came))
        except BaseException as error:  # who has read half a message reads the next one wrong
            self._broken = f"it was given up after: {error}"
            raise
        return came

    def _send(self, message: Message) -> None:
        self._stream.write(pack(message))
        self._stream.flush()


class _OtherProcess(StreamConnection):
    """A process that is killed when a request takes too long."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the student's process needs pipes for its input and output")
        super().__init__(process.stdout, process.stdin)
        self._process, self._timeout = process, timeout

    def _exchange(self, message: Message, reply: Callable[[dict[str, Any]], Message]) -> Any:
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        clock = threading.Timer(self._timeout, stop)
        clock.start()
        try:
            return super()._exchange(message, reply)
        except (EOFError, OSError):
            if late.is_set():
                raise EOFError(f"it took longer than {self._timeout:g} s") from None
            raise
        finally:
            clock.cancel()


@contextlib.contextmanager
def other_process(*, timeout: float = 60.0) -> Iterator[Student]:
    """Start a process for a student's objects, and end it afterwards.

    Parameters
    ----------
    timeout : float
        Seconds that one request may take before the process is killed; later requests fail.
    """
    command = [sys.executable, "-m", "classroom.student_side"]
    environment = {name: value for name, value in os.environ.items() if name != DRAW}  # it holds the private seed
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        yield _OtherProcess(process, timeout)
    finally:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
