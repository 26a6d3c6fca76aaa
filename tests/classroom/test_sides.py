"""A test cell means the same in the student's notebook, beside it, and in another process: rule by rule."""

import contextlib
import io
import json
import os
import subprocess
import sys
import textwrap
import traceback

import pytest

from classroom.cells import TestCell, code_of
from classroom.connections import (
    Handle,
    SameProcess,
    StreamConnection,
    StudentError,
    other_process,
)
from classroom.crossing import CannotCross, encode, pack, unpack
from classroom.grader_side import run_test
from classroom.runner import grade
from seq2bert.check.inputs import DRAW

STUDENT = """
import random

import numpy as np
import torch
from torch import nn

table = {"a": [1, 2], "b": (torch.ones(2), np.zeros(1))}
class_weights = torch.tensor([1.0, 2.0], requires_grad=True)


def same(*args, **kwargs):
    return (*args, kwargs) if kwargs else args[0] if len(args) == 1 else args


def softmax(scores, dim=-1):
    e = (scores - scores.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)


def reciprocal(x):
    if x == 0:
        raise ValueError("zero has no reciprocal")
    return 1 / x


def naturals(start):
    while True:
        yield start
        start += 1


def fill(x, by):
    x.fill_(by)


def roll():
    return torch.rand(()).item() + np.random.rand() + random.random()


def draw_from(generator, n):
    return torch.rand(n, generator=generator) if isinstance(generator, torch.Generator) else generator.random(n)


def apply(function, *args, **kwargs):
    return function(*args, **kwargs)


def sort_by(values, key):
    return sorted(values, key=key)


def search(step, start):
    state = start
    while (state := step(state)) < 100:
        pass
    return state


def leave(status):
    exit(status)


def interrupt():
    raise KeyboardInterrupt


def give(what):
    return {
        "a module": nn, "a model": nn.Linear(1, 1), "a function": reciprocal, "an iterator": iter([1]),
        "a class": Cache, "an object": Cache(1), "keys": {"a": 1}.keys(), "text array": np.array(["a"]),
        "sparse": torch.eye(2).to_sparse(), "a cycle": cycle, "too much": [0] * 1_000_001, "data": [1],
    }[what]  # fmt: skip


def shout(text):
    print(text)
    print(text, flush=True)
    return len(text)


def listen():
    return input()


class Cache:
    def __init__(self, size, *, fill=0):
        self.rows = [fill] * size

    def append(self, row, times=1):
        self.rows += [row] * times
        return self.rows

    def __call__(self):
        return len(self.rows)


class Scaled(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.linear = nn.Linear(d_in, d_out)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(self.linear(x))


class Odd(Exception):
    def __str__(self):
        raise RuntimeError


def raise_odd():
    raise Odd


cycle = []
cycle.append(cycle)
"""


def in_the_notebook(source, cell):
    """Run a test cell as nbgrader's autograde does: in the student's namespace."""
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code_of(source), "<cell>", "exec"), names)
        try:
            exec(compile(cell, "<cell>", "exec"), names)
        except BaseException as error:
            return "".join(traceback.format_exception_only(error))
    return ""


@pytest.fixture(scope="module")
def elsewhere():
    with other_process(timeout=20.0) as student:
        assert student.ask({"do": "execute", "source": STUDENT}) == {"done": True}
        yield student


@pytest.fixture(scope="module")
def beside():
    student = SameProcess()
    student.ask({"do": "execute", "source": STUDENT})
    return student


@pytest.fixture
def verdicts(beside, elsewhere):
    """What the three places say of a test cell: empty, or what failed."""

    def of(cell):
        cell = textwrap.dedent(cell)
        out = [run_test(TestCell("e99-a", 2.0, cell), student) for student in (beside, elsewhere)]
        assert all(outcome.reached == (0 if outcome.message else 2) for outcome in out)
        return [in_the_notebook(STUDENT, cell), *(outcome.message for outcome in out)]

    return of


PASSES = {
    "plain values": """
        for value in (None, True, 3, -2.5, "ä", b"\\xff", float("inf"), 2**70):
            assert same(value) == value and type(same(value)) is type(value)
        assert same(float("nan")) != same(float("nan"))
    """,
    "containers": """
        value = [1, (2, [3]), {"a": {4, 5}, (6, "b"): frozenset([7])}]
        assert same(value) == value
        assert list(same({"b": 1, "a": 2})) == ["b", "a"]
    """,
    "arrays": """
        import numpy as np
        for value in (np.arange(6.0).reshape(2, 3).T, np.array(True), np.float32(1.5), np.zeros((0, 2), "uint16")):
            there = same(value)
            assert there.dtype == value.dtype and there.shape == value.shape and (there == value).all()
    """,
    "tensors": """
        import torch
        transposed = torch.arange(6).reshape(2, 3).T
        for value in (transposed, torch.ones(()).bool(), torch.ones(2).bfloat16(), torch.zeros(0, 3)):
            there = same(value)
            assert there.dtype == value.dtype and torch.equal(there, value)
        assert same(torch.float16) is torch.float16
    """,
    "keyword arguments": """
        named = {"name": "x", "self": 2, "operation": 3, "do": 4}
        assert same(1, **named) == (1, named)
    """,
    "a copy of a value": """
        from seq2bert.check import close, equal
        equal(table["a"], [1, 2], "a list")
        close(table["b"][0], [1, 1], "a tensor")
        close(class_weights, [1, 2], "with gradients")
    """,
    "a draw": """
        from seq2bert.check import close, different_sizes, draw, passed, tensor
        generator = draw("e99-a")
        rows, columns = different_sizes(generator, 2)
        scores = tensor(generator, rows, columns)
        close(softmax(scores), scores.softmax(-1), "softmax")
        close(softmax(scores, dim=0), scores.softmax(0), "softmax")
        passed("e99-a")
    """,
    "error_of": """
        from seq2bert.check import error_of
        assert error_of(reciprocal, 0) == ("ValueError", "zero has no reciprocal")
        assert error_of(reciprocal, 2) is None
        assert error_of(reciprocal)[0] == "TypeError"
    """,
    "first": """
        from seq2bert.check import first
        assert first(naturals, 3, 5) == [5, 6, 7]
    """,
    "gradients": """
        import torch
        from seq2bert.check import close, gradients
        x, upstream = torch.randn(3, 4), torch.randn(3, 4)
        leaf = x.clone().requires_grad_()
        leaf.softmax(-1).backward(upstream)
        close(gradients(softmax, x, upstream=upstream)[0], leaf.grad, "of softmax")
        assert not x.requires_grad
    """,
    "arguments_after": """
        import torch
        from seq2bert.check import arguments_after
        x = torch.zeros(2)
        assert arguments_after(fill, x, 3)[0].tolist() == [3, 3]
        assert x.tolist() == [0, 0]
    """,
    "seeded": """
        from seq2bert.check import seeded
        assert seeded(roll, 1) == seeded(roll, 1) != seeded(roll, 2)
    """,
    "generators in an operation": """
        import numpy as np, torch
        from seq2bert.check import seeded
        for make in (lambda: torch.Generator().manual_seed(4), lambda: np.random.default_rng(4)):
            generator = make()
            assert seeded(draw_from, 0, generator, 3).tolist() == seeded(draw_from, 0, generator, 3).tolist()
            assert seeded(draw_from, 0, make(), 3).tolist() == seeded(draw_from, 0, generator, 3).tolist()
    """,
    "methods": """
        from seq2bert.check import methods
        calls = [("append", (5,)), ("append", (6, 2)), ("__call__", ())]
        assert methods(Cache, 1, fill=9, calls=calls) == [[9, 5], [9, 5, 6, 6], 4]
    """,
    "module": """
        import torch
        from seq2bert.check import close, module
        state = {"linear.weight": torch.tensor([[1.0, 2.0]]), "linear.bias": torch.tensor([3.0])}
        found = module(Scaled, 2, 1, call=(torch.tensor([[1.0, 10.0]]),), state=state, upstream=torch.tensor([[2.0]]))
        close(found["output"], [[24.0]], "by hand")
        close(found["gradients"]["linear.weight"], [[2.0, 20.0]], "by hand")
        assert list(found["parameters"]) == ["linear.weight", "linear.bias"]
        trained = [module(Scaled, 2, 8, call=(torch.ones(1, 2),), training=True, seed=s)["output"] for s in (1, 1, 2)]
        assert torch.equal(trained[0], trained[1]) and not torch.equal(trained[0], trained[2])
    """,
    "a function of the test": """
        import torch
        seen = []
        def double(x, *, plus=0):
            seen.append(x)
            return 2 * x + plus
        assert apply(double, 3, plus=1) == 7 and seen == [3]
        assert apply(double, torch.ones(2)).tolist() == [2, 2]
        assert search(double, 1) == 128 and len(seen) == 9
        assert sort_by([3, -1, 2], key=abs) == [-1, 2, 3]
        assert apply(lambda: None) is None
    """,
    "a function of the test in an operation": """
        from seq2bert.check import error_of, first
        assert error_of(apply, lambda x: x, 1) is None
        assert first(apply, 2, lambda: [1, 2, 3]) == [1, 2]
    """,
    "what is printed is lost": """
        assert shout("loud") == 4
        assert shout("x" * 100_000) == 100_000
    """,
    "own names": """
        import math as m
        from os import path
        def same_in(x, *rest, k=m.pi):
            global made
            made = same(x)
            return [y for y in (made,) if (last := y) or True]
        class Own:
            value = same(4)
        try:
            1 / 0
        except ZeroDivisionError as error:
            text = str(error)
        assert same_in(3) == [3] == [made] and Own.value == 4 and path.sep and text
    """,
}


@pytest.mark.parametrize("cell", PASSES.values(), ids=PASSES)
def test_it_passes_in_every_place(verdicts, cell):
    assert verdicts(cell) == ["", "", ""]


FAILS = {
    "an assertion": ('assert same(1) == 2, "one is not two"', "one is not two"),
    "an assertion without a message": ("assert same(1) == 2", "AssertionError"),
    "a comparison": (
        'from seq2bert.check import close\nclose(same([1.0, 2.0]), [1.0, 3.0], "hint")',
        "at [1] yours is 2",
    ),
    "the student's exception": ("reciprocal(0)", "ValueError: zero has no reciprocal"),
    "the student's syntax of a call": ("reciprocal(1, 2)", "TypeError: reciprocal() takes 1 positional argument but 2"),
    "a missing name": ("absent(1)", "absent"),
    "a missing name after an assertion": ("assert True\nabsent(1)", "absent"),
    "exit": ("leave(3)", "SystemExit: 3"),
    "exit in an operation": ("from seq2bert.check import error_of\nassert error_of(leave, 3)", "SystemExit: 3"),
    "an assertion in the test's function": (
        'def positive(x):\n    assert x > 0, "only positive numbers"\napply(positive, -1)',
        "only positive numbers",
    ),
    "an exception of the test's function": ("apply(lambda: {}[3])", "KeyError: 3"),
    "an exception whose message fails": ("raise_odd()", ""),
    "a test that is not Python": ("same(", "SyntaxError"),
    "reading": ("listen()", ""),
}


@pytest.mark.parametrize(("cell", "message"), FAILS.values(), ids=FAILS)
def test_it_fails_in_every_place(verdicts, cell, message, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())  # in the notebook, too, there is nothing to read
    for verdict in verdicts(cell):
        assert verdict
        assert message in verdict


def outside(cell, beside, elsewhere):
    """Return what the two places outside the notebook say; it is the same."""
    one, other = (run_test(TestCell("e99-a", 2.0, textwrap.dedent(cell)), student) for student in (beside, elsewhere))
    assert one == other
    return one.message


@pytest.mark.parametrize(
    "what",
    [
        *("a module", "a model", "a function", "an iterator", "a class", "an object", "keys", "text array", "sparse"),
        *("a cycle", "too much"),
    ],
)
def test_what_is_not_data_fails_the_test(beside, elsewhere, what):
    assert outside(f"give({what!r})", beside, elsewhere).startswith("CannotCross: ")
    assert outside("assert give('data') == [1]", beside, elsewhere) == ""


@pytest.mark.parametrize("value", ["cycle", "iter([1])", "object()", "reciprocal", "range(2)", "[0] * 1_000_001"])
def test_a_test_can_only_pass_data(beside, elsewhere, value):
    message = outside(f"cycle = []\ncycle.append(cycle)\nsame({value})", beside, elsewhere)
    assert message.startswith("CannotCross: ")


def test_a_name_that_is_no_data_and_no_function_says_so(beside, elsewhere):
    assert outside("cycle", beside, elsewhere).startswith("CannotCross: data nested")
    assert outside("nn.Linear", beside, elsewhere) == "CannotCross: a module is not data: only numbers, text, " + (
        "containers, arrays and Tensors cross"
    )


def test_a_missing_name_is_explained(beside, elsewhere):
    message = "the notebook defines no absent: was the cell that defines it run?"
    assert outside("assert True\nabsent(1)", beside, elsewhere) == message


def test_a_function_of_the_test_may_not_use_the_students(beside, elsewhere):
    message = "CannotCross: a function that a test passes in cannot itself use the student's functions"
    assert outside("apply(lambda: same(1))", beside, elsewhere) == message
    assert outside("assert same(1) == 1", beside, elsewhere) == ""


def test_a_function_of_the_test_returns_data(beside, elsewhere):
    assert outside("apply(lambda: object())", beside, elsewhere).startswith("CannotCross: a object is not data")


def test_a_swallowed_assertion_still_fails(beside, elsewhere):
    for student in (beside, elsewhere):
        student.ask({"do": "execute", "source": "def swallow(f):\n    try:\n        f()\n    except: pass"})
    cell = "def no():\n    raise AssertionError('no')\nswallow(no)"
    assert outside(cell, beside, elsewhere) == "no"


def test_a_star_import_is_refused(beside, elsewhere):
    assert outside("from math import *", beside, elsewhere) == "ValueError: a test cell imports names, not *"


def test_an_interrupt_of_the_students_is_an_error_in_its_own_process(elsewhere):
    assert run_test(TestCell("e99-a", 2.0, "interrupt()"), elsewhere).message == "KeyboardInterrupt: "
    assert run_test(TestCell("e99-a", 2.0, "assert same(1) == 1"), elsewhere).reached == 2.0


# the draw


def test_the_draw_is_set_for_the_test_alone(beside, monkeypatch):
    monkeypatch.setenv(DRAW, "outside")
    cell = TestCell("e99-a", 1.0, f"import os\nassert os.environ[{DRAW!r}] == 'mine'")
    assert run_test(cell, beside, draw="mine").message == ""
    assert run_test(cell, beside, draw="other").message != ""
    assert os.environ[DRAW] == "outside"
    run_test(TestCell("e99-a", 1.0, f"import os\ndel os.environ[{DRAW!r}]"), beside)
    assert os.environ[DRAW] == "outside"
    monkeypatch.delenv(DRAW)
    run_test(cell, beside, draw="mine")
    assert DRAW not in os.environ


# a student's process that ends, hangs or lies

ENDS = {
    "os._exit": ("import os\ndef end():\n    os._exit(0)", "the other process is gone"),
    "an endless loop": ("def end():\n    while True:\n        pass", "it took longer than 2 s"),
    "endless callbacks": ("def end(f=None):\n    while True:\n        f and f()", "it took longer than 2 s"),
    "no message": ("import os\ndef end():\n    os.write(answers(), b'lies' * 99)", "a message of"),
}
ANSWERS = """
import os
def answers():  # the descriptor that answers leave by: the last one, of those that are pipes, is a copy of it
    return max(n for n in range(3, 50) if is_pipe(n) and writable(n))
def is_pipe(n):
    import stat
    try:
        return stat.S_ISFIFO(os.fstat(n).st_mode)
    except OSError:
        return False
def writable(n):
    import fcntl
    return fcntl.fcntl(n, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
"""


@pytest.mark.parametrize(("source", "message"), ENDS.values(), ids=ENDS)
def test_a_process_that_ends_fails_its_tests_and_nothing_else(source, message):
    with other_process(timeout=2.0) as student:
        student._timeout = 30.0  # the first request waits until the process has started
        assert student.ask({"do": "execute", "source": f"{ANSWERS}\n{source}\ndef one():\n    return 1"}) == {
            "done": True
        }
        student._timeout = 2.0
        assert run_test(TestCell("e99-a", 1.0, "assert one() == 1"), student).reached == 1.0
        cell = "end(lambda: 1)" if "f=None" in source else "end()"
        assert message in run_test(TestCell("e99-b", 1.0, cell), student).message
        assert "no answer from the student's process" in run_test(TestCell("e99-c", 1.0, "one()"), student).message


class Pipe:
    """Both ends of a connection: what a hostile process answers, and what it was asked."""

    def __init__(self, *answers):
        self.read = io.BytesIO(
            b"".join(pack(answer if isinstance(answer, tuple) else encode(answer)) for answer in answers)
        )
        self.asked = io.BytesIO()

    def connect(self):
        return StreamConnection(self.read, self.asked)


CALL = {"do": "call", "name": "f", "operation": None, "args": (abs,), "kwargs": {}}


@pytest.mark.parametrize(
    "answer",
    [
        5,
        "value",
        ["value"],
        {},
        {"value": 1, "error": ("a", "b")},
        {"points": 3},
        {"error": "text"},
        {"error": ("a",)},
        {"error": ("a", 1)},
        {"error": ["a", "b"]},
        {"callback": 0},
        {"callback": 0, "args": [1], "kwargs": {}},
        {"callback": 0, "args": (1,), "kwargs": {1: 2}},
        {"callback": 1, "args": (1,), "kwargs": {}},
        {"callback": -1, "args": (1,), "kwargs": {}},
        {"callback": True, "args": (1,), "kwargs": {}},
        {"callback": 0.0, "args": (1,), "kwargs": {}},
        {"callback": "0", "args": (1,), "kwargs": {}},
        (json.dumps({"$": "callback", "number": 0}), []),
        ("{", []),
        ("1", [b"left over"]),
    ],
)
def test_an_answer_that_is_none_is_not_believed(answer):
    pipe = Pipe(answer, {"value": "too late"})
    with pytest.raises(StudentError, match="no answer from the student's process"):
        pipe.connect().ask(CALL)


def test_after_half_an_answer_nothing_is_believed():
    pipe = Pipe(("{", []), {"value": "a lie"})
    connection = pipe.connect()
    for message in ("not well formed", "it was given up after"):
        with pytest.raises(StudentError, match=message):
            connection.ask(CALL)
    assert unpack(io.BytesIO(pipe.asked.getvalue()).read)[0].count("callback") == 1
    assert len(pipe.asked.getvalue()) == len(pack(encode(CALL, [])))  # the second request was not sent


def test_callbacks_are_answered_until_the_answer_comes():
    call = {"callback": 0, "args": (-3,), "kwargs": {}}
    pipe = Pipe(call, call, {"value": "done"})
    assert pipe.connect().ask(CALL) == {"value": "done"}


def test_what_is_said_by_a_student_is_cut_and_can_be_written():
    class Liar:
        def ask(self, request):
            return {"error": ("Error\ud800", "x" * 10**6)}

    message = run_test(TestCell("e99-a", 1.0, "f()"), Liar()).message
    assert message.startswith("Error\ufffd: xxx")
    assert len(message) == 10_000
    message.encode()


def test_a_students_long_message_is_cut(beside):
    beside.ask({"do": "execute", "source": "def long():\n    raise ValueError('x' * 10**8)"})
    with pytest.raises(StudentError, match=r"^ValueError: x+$") as caught:
        Handle("long", beside)()
    assert len(str(caught.value)) < 20_000


def test_a_process_is_not_told_the_graders_seed(monkeypatch):
    monkeypatch.setenv(DRAW, "secret")
    with other_process() as student:
        student.ask({"do": "execute", "source": "import os\nseen = dict(os.environ)"})
        seen = student.ask({"do": "look", "name": "seen"})["value"]
    assert DRAW not in seen
    assert seen["PATH"] == os.environ["PATH"]


def test_what_is_printed_does_not_disturb_what_is_answered():
    """Written by a child process, and to the first three descriptors."""
    source = "import os, subprocess\nfor n in (1, 2):\n    os.write(n, b'x')\nsubprocess.run(['echo', 'x'])\nprint('x')"
    with other_process(timeout=20.0) as student:
        assert student.ask({"do": "execute", "source": f"{source}\ndone = 1"}) == {"done": True}
        assert student.ask({"do": "look", "name": "done"}) == {"value": 1}


def test_what_is_asked_cannot_be_read():
    source = "import os, sys\nheard = [os.read(0, 9), sys.stdin.read()]"
    with other_process(timeout=20.0) as student:
        assert student.ask({"do": "execute", "source": source}) == {"done": True}
        assert student.ask({"do": "look", "name": "heard"}) == {"value": [b"", ""]}


def test_the_program_ends_when_nobody_asks():
    command = [sys.executable, "-m", "classroom.student_side"]
    request = pack(encode({"do": "execute", "source": "x = 1"})) + pack(encode({"do": "look", "name": "x"}))
    result = subprocess.run(command, input=request, capture_output=True, timeout=60)
    read = io.BytesIO(result.stdout).read
    assert [unpack(read), unpack(read), read()] == [encode({"done": True}), encode({"value": 1}), b""]
    assert (result.returncode, result.stderr) == (0, b"")


# the runner


def code(source, **nbgrader):
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}}


def graded(source, task, points=1):
    return code(source, grade=True, solution=False, grade_id=task, points=points)


def test_a_notebook_is_graded_cell_by_cell():
    cells = [
        {"cell_type": "markdown", "source": "1 / 0", "metadata": {}},
        code("def one():\n    return 1"),
        graded("assert one() == 1", "e99-a", 2),
        code("1 / 0\none = None"),
        code("def", grade=False, solution=True, grade_id="e99-b-answer"),
        graded("assert one() == 2, 'not two'", "e99-b"),
        code("def one():\n    return 2"),
        graded("assert one() == 2", "e99-c", 3),
        graded("assert one() == 2", "e99-d", 1),
    ]
    outcomes = grade(cells, SameProcess())
    assert [(o.task, o.points, o.reached) for o in outcomes] == [
        ("e99-a", 2.0, 2.0),
        ("e99-b", 1.0, 0.0),
        ("e99-c", 3.0, 3.0),
        ("e99-d", 1.0, 1.0),
    ]
    assert outcomes[1].message == "not two"


def test_a_cell_that_ends_the_process_does_not_stop_the_grading():
    cells = [code("import os\nos._exit(0)"), code("x = 1"), graded("assert x == 1", "e99-a")]
    with other_process() as student:
        (outcome,) = grade(cells, student)
    assert outcome.reached == 0.0
    assert "no answer from the student's process" in outcome.message


def test_the_draw_reaches_every_test():
    cells = [graded(f"import os\nassert os.environ[{DRAW!r}] == 'seed'", f"e99-{n}") for n in range(2)]
    assert [outcome.reached for outcome in grade(cells, SameProcess(), draw="seed")] == [1.0, 1.0]


def test_a_connection_asks_one_thing_at_a_time():
    student = SameProcess({"f": lambda g: g()})
    with pytest.raises(CannotCross, match="cannot itself use"):
        Handle("f", student)(lambda: Handle("f", student)(lambda: 1))
    assert Handle("f", student)(lambda: 1) == 1


def test_a_handle_of_a_name_that_is_gone():
    with pytest.raises(StudentError, match="the notebook defines no f"):
        Handle("f", SameProcess())(1)
