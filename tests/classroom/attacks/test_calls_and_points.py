"""Attacks on the tests' process through what it takes from a student's: answers, calls of its functions, numbers."""

import itertools
import math
from unittest import mock

import pytest

from classroom import connections, grader_side
from classroom.cells import TestCell
from classroom.connections import Connection, SameProcess
from classroom.crossing import decode, encode
from classroom.grader_side import run_test
from tests.classroom.attacks.harness import LIMITS, TEST_OF_DOUBLE, reached

TRUST = "from seq2bert.check import close\n"


def outcome(source, test, points=4.0):
    names = {"__name__": "__main__"}
    exec(source, names)
    return run_test(TestCell("double", points, test), SameProcess(names))


# A test's own functions, called by numbers and in numbers that it does not expect.


class Scripted(Connection):
    """A student's process that answers every look with a function, and every call after calls of its own."""

    def __init__(self, *calls, answer=None):
        super().__init__()
        self.calls, self.replies = calls, []
        self.answer = {"value": 4} if answer is None else answer

    def _exchange(self, message, reply):
        request = decode(message, lambda number: number)
        if request["do"] == "look":
            return {"callable": request["name"]}
        for call in itertools.chain.from_iterable(self.calls):
            self.replies.append(decode(reply(call)))
        return self.answer


def call(number=0, *args, **kwargs):
    return {"callback": number, "args": args, "kwargs": kwargs}


WITH_FUNCTIONS = TestCell(
    "double", 4.0,
    "paid = []\ndef pay(value):\n    paid.append(value)\n    return value\n"
    "assert double(2, pay, pay) == 4 and len(paid) >= 0",
)  # fmt: skip
FORGED = {
    "a negative number": call(-1, 7),
    "a truth value": call(True, 7),
    "a number behind the last": call(2, 7),
    "no number": call("pay", 7),
    "none at all": {"args": (7,), "kwargs": {}},
    "arguments that are no tuple": {"callback": 0, "args": [7], "kwargs": {}},
    "names that are no text": {"callback": 0, "args": (), "kwargs": {7: 7}},
}


def trusting(said, callbacks):
    """What would be called without the defence."""
    number = said.get("callback", 0)
    return callbacks[number if isinstance(number, int) and number < len(callbacks) else 0]


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_call_reaches_no_function_of_the_test(name, monkeypatch):
    forged = FORGED[name]
    assert run_test(WITH_FUNCTIONS, Scripted([call(0, 7), call(1, 7)])).reached == 4.0
    said = run_test(WITH_FUNCTIONS, Scripted([forged]))
    assert said.reached == 0.0
    assert "no answer from the student's process: what came is no call" in said.message or (
        "of a function that was not passed" in said.message
    )
    monkeypatch.setattr(connections, "_callback_of", trusting)
    if "names" not in name:  # these even Python refuses
        assert run_test(WITH_FUNCTIONS, Scripted([forged])).reached == 4.0


ANSWERS = {
    "two things at once": {"value": 4, "error": ("A", "b")},
    "none": {},
    "no dict": [4],
    "an error that is none": {"error": "A"},
    "an error of other kinds": {"error": (1, 2)},
    "another key": {"points": 4},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none_is_a_failure(name):
    said = run_test(WITH_FUNCTIONS, Scripted([], answer=ANSWERS[name]))
    assert said.reached == 0.0
    assert "no answer from the student's process: what came is no" in said.message


def test_a_flood_of_calls_ends(monkeypatch):
    monkeypatch.setattr(connections, "MOST_CALLS", 50)
    flood = Scripted(itertools.repeat(call(0, 7), 51))
    said = run_test(WITH_FUNCTIONS, flood)
    assert said.reached == 0.0
    assert "called more than 50 times" in said.message
    assert len(flood.replies) == 50
    monkeypatch.setattr(connections, "MOST_CALLS", 10**9)
    assert run_test(WITH_FUNCTIONS, Scripted(itertools.repeat(call(0, 7), 51))).reached == 4.0


def test_a_flood_that_fails_keeps_one_failure():
    failing = TestCell("double", 4.0, "def pay(value):\n    raise ValueError(value)\ndouble(2, pay)")
    flood = Scripted(call(0, n) for n in range(1000))
    assert run_test(failing, flood).message == "ValueError: 0"
    assert len(flood.replies) == 1000


def test_a_function_of_the_test_cannot_be_used_to_start_another_request():
    source = "def double(number, f=None):\n    return f(number) if f else 4"
    said = outcome(source, "assert double(2, lambda n: double(n)) == 4")
    assert said.reached == 0.0
    assert "cannot itself use the student's functions" in said.message


def test_who_never_answers_costs_one_test(grounds):
    """Endless calls of a test's function, and a function that waits, in the sandbox: in its time, and no other's."""
    cells = (
        "def apply(f):\n    while True:\n        f(1)\ndef wait(f):\n    import time\n    time.sleep(1000)",
        "def double(number):\n    return 2 * number",
        TestCell("flood", 1.0, "apply(lambda n: n)"),
        TestCell("silence", 1.0, "wait(lambda n: n)"),
        TEST_OF_DOUBLE,
    )
    report = grounds.grade(*cells)
    assert reached(report) == {"flood": 0.0, "silence": 0.0, "double": 4.0}
    flood, silence = (outcome.message for outcome in report.outcomes[:2])
    too_long = f"the checks ran longer than {LIMITS.test_seconds:g} seconds: is there a loop that does not end?"
    assert flood in (
        too_long,
        "no answer from the student's process: a function of the test was called more than 100000 times",
    )
    assert silence == too_long


# Names that are something else than the test thinks.


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("double = 4", "assert double(2) == 4"),
        ("double = lambda n: n", "assert double == 4"),
        ("class double:\n    __eq__ = lambda *_: True\n    __call__ = None", "assert double == 4"),
        ("class D:\n    __call__ = None\n    shape = (2,)\ndouble = D()", TRUST + "close(double, 4, 'four')"),
        ("double = print", "assert double(2) == 4"),
        ("double = exit", "assert double(2) == 4"),
        ("import torch as double", "assert double(2) == 4"),
    ],
)
def test_a_name_of_another_kind_gives_no_points(source, test):
    assert outcome(source, test).reached == 0.0


# The number with which a test cell ends.


def naive_points(cell, names):
    """Without the defence: the number that comes last counts."""
    *before, last = cell.source.split("\n")
    exec("\n".join(before), names)
    return min(float(eval(last, names)), cell.points), ""


NO_NUMBER = "the test ends with"
ENDINGS = {  # what the student's function returns, and the points
    "double = lambda: 3": 3.0,
    "double = lambda: 2.5": 2.5,
    "double = lambda: 1e9": 4.0,
    "double = lambda: 10**4000": 4.0,
    "double = lambda: -1": 0.0,
    "double = lambda: -1e9": 0.0,
    "double = lambda: 0": 0.0,
    "double = lambda: float('inf')": NO_NUMBER,
    "double = lambda: -float('inf')": NO_NUMBER,
    "double = lambda: float('nan')": NO_NUMBER,
    "double = lambda: True": NO_NUMBER,
    "double = lambda: '4'": NO_NUMBER,
    "double = lambda: [4]": NO_NUMBER,
    "import torch\ndouble = lambda: torch.tensor(4.0)": NO_NUMBER,
    "import numpy as np\ndouble = lambda: np.array([4.0])": NO_NUMBER,
    "double = lambda: '\\ud800' * 10**5": NO_NUMBER,
    "class F(float):\n    __lt__ = __gt__ = lambda *_: True\n    __float__ = lambda _: 4.0\ndouble = lambda: F(1)": 1.0,
    "class I(int):\n    __lt__ = __gt__ = lambda *_: False\n    __int__ = lambda _: 4\ndouble = lambda: I(1)": 1.0,
}


@pytest.mark.parametrize("source", ENDINGS)
def test_points_are_a_number_from_none_to_all(source):
    said, expected = outcome(source, "share = double()\nshare"), ENDINGS[source]
    if expected == NO_NUMBER:
        assert said.reached == 0.0
        assert said.message.startswith(NO_NUMBER)
        assert said.shown == "The points of this task could not be computed. Your instructor can read why."
        (said.message + said.shown).encode("utf-8")
    else:
        assert (said.reached, said.message, said.shown) == (expected, "", "")
    assert 0 <= said.reached <= said.points


def test_without_the_defence_an_infinity_is_full_marks_and_a_truth_value_a_point():
    with mock.patch.object(grader_side, "_execute", naive_points):
        assert outcome("double = lambda: float('inf')", "share = double()\nshare").reached == 4.0
        assert outcome("double = lambda: True", "share = double()\nshare").reached == 1.0
        assert outcome("double = lambda: '4'", "share = double()\nshare").reached == 4.0
        assert math.isnan(outcome("double = lambda: float('nan')", "share = double()\nshare").reached)


def test_a_message_is_made_of_what_files_take():
    said = outcome("double = lambda: '\\ud800\\0\\x1b[31m\\u202e'", "assert double() == 4, double()")
    assert said.message == "\ufffd\ufffd\ufffd"
    assert encode(said.message)
