"""The tests' process: student names as handles that take and give data, and test cells executed with them."""

import ast
import contextlib
import io
import math
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from classroom.author_words import author_words
from classroom.cells import TestCell, free_names, hidden_lines
from classroom.crossing import CannotCross, Message, decode, encode, pack, unpack
from classroom.printable import printable
from classroom.student_side import Readable, StudentSide, Writable, read_exactly
from seq2bert.check.comparisons import CheckFailed
from seq2bert.check.inputs import DRAW

__all__ = [
    "MOST_CALLS",
    "Connection",
    "Handle",
    "Outcome",
    "SameProcess",
    "StreamConnection",
    "Student",
    "StudentError",
    "other_process",
    "run_test",
]


MOST_CALLS = 100_000  # of a test's functions, during one request; a search makes thousands
_LONGEST = 10_000  # characters of a message
_NO_POINTS = "The points of this task could not be computed. Your instructor can read why."
_ANSWERS = {"value", "callable", "missing", "done", "error"}


class StudentError(Exception):
    """What a student's code raised in its own process: "TypeError: …"."""


class _NotDefined(StudentError):
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


@dataclass(frozen=True)
class Outcome:
    """What became of a test cell.

    Parameters
    ----------
    task : str
    points, reached : float
    message : str
        What failed, for the instructor: it may hold inputs of hidden tests, and text that the student's code made.
    shown : str
        What the student may read of it. Of a hidden test that is only what its author wrote.
    """

    task: str
    points: float
    reached: float
    message: str
    shown: str = ""


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
            raise _NotDefined(f"the notebook defines no {self._name}")
        return answer["value"]


def run_test(cell: TestCell, student: Student, *, draw: str = "") -> Outcome:
    """Execute a test cell by itself, with the student's names as handles and copies.

    Parameters
    ----------
    cell : TestCell
    student : Student
    draw : str
        What the grader mixes into the seed of every input, see `seq2bert.check.draw`.

    Returns
    -------
    Outcome
        All of the cell's points, or none, or as many as the number says that the cell ends with.
    """
    before = os.environ.get(DRAW)
    os.environ[DRAW] = draw
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            names = {name: _resolve(name, student) for name in free_names(cell.source)}
            reached, why = _execute(cell, {"__name__": "__main__", **names})
    except Exception as error:
        return Outcome(cell.task, cell.points, 0.0, _message(error), _shown(cell, error))
    finally:
        os.environ.pop(DRAW, None)
        os.environ.update({} if before is None else {DRAW: before})
    return Outcome(cell.task, cell.points, reached, why, _NO_POINTS if why else "")


def _execute(cell: TestCell, names: dict[str, Any]) -> tuple[float, str]:
    """Run the cell; return the points: all of them, or as many as it ends with; and what was wrong with that number."""
    tree = ast.parse(cell.source)
    last = tree.body[-1] if tree.body else None
    value = None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, _file_of(cell), "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), _file_of(cell), "eval"), names)
    if value is None:
        return cell.points, ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
        return 0.0, printable(f"the test ends with {_text(value, repr)} where its points should be", _LONGEST)
    return float(min(max(value, 0.0), cell.points)), ""


def _file_of(cell: TestCell) -> str:
    return f"<tests of {cell.task}>"


def _message(error: Exception) -> str:
    """Return what failed: never empty, not too long, and of characters that a file takes."""
    text = _text(error)
    meant_to_be_read = isinstance(error, AssertionError | StudentError) and text
    return printable(text if meant_to_be_read else f"{type(error).__name__}: {text}", _LONGEST)


def _text(value: object, form: Callable[[object], str] = str) -> str:
    try:
        return form(value)
    except ValueError:  # a whole number of more digits than Python writes
        return "(a value that cannot be written)"


def _shown(cell: TestCell, error: Exception) -> str:
    """Return what the student may read: after the first hidden line, nothing that can hold inputs of hidden tests."""
    if isinstance(error, _NotDefined):
        return _message(error)
    lines = [
        frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _file_of(cell)
    ]
    first = min(hidden_lines(cell.source), default=None)
    if first is None or not lines or lines[0] < first:
        return _message(error)
    if isinstance(error, StudentError):
        return "In a check that is not shown, your code raised an exception."
    said = error.hint if isinstance(error, CheckFailed) else _text(error) if isinstance(error, AssertionError) else ""
    words = author_words(cell.source, said) if said else None
    return printable(words, _LONGEST) if words else "A check that is not shown failed."


def _resolve(name: str, student: Student) -> Any:
    answer = student.ask({"do": "look", "name": name})
    if "callable" in answer:
        return Handle(name, student)
    if "value" in answer:
        return answer["value"]
    if "error" in answer:
        raise StudentError("{}: {}".format(*answer["error"]))
    raise _NotDefined(f"the notebook defines no {name}: was the cell that defines it run?")


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
                return encode({"failed": f"{type(error).__name__}: {_text(error)}"[:_LONGEST]})

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
