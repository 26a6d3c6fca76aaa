"""Attacks by what a function returns: objects that lie, pickles that run, values that crash. The defence: values cross
between the processes as data.

Two ways to do without are tried: the test gets the objects themselves, as in one process, or it gets them by pickle.
"""

import pickle
import sys
from unittest import mock

import pytest

from classroom.cells import TestCell
from classroom.connections import SameProcess
from classroom.grader_side import run_test
from tests.classroom.attacks.harness import DOUBLE, TEST_OF_DOUBLE, reached

TESTS = {
    "assert": "assert double(2) == 4",
    "difference": "assert abs(double(2.5) - 5.0) < 1e-6",
    "equal": "from seq2bert.check import equal\nequal(double([1, 2]), [2, 4], 'each')",
    "keys": "from seq2bert.check import equal\nequal(double({'a': 1}), {'a': 2}, 'each')",
    "close": "from seq2bert.check import close\nclose(double(2.0), 4.0, 'two')",
    "text": "assert double('ab') == 'abab'",
    "tensor": "import torch\nassert torch.dist(double(torch.ones(3)), torch.full((3,), 2.0)) < 1e-6",
    "array": "import numpy as np\nassert np.abs(double(np.ones(3)) - np.full(3, 2.0)).max() < 1e-9",
    "shape": "from seq2bert.check import same_shape\nsame_shape(double([[1, 2]]), (1, 2), 'as before')",
    "twice": "found = double(2)\nassert found > 3 and found < 5",
    "truth": "assert double(2)",
}
HONEST = {**dict.fromkeys(TESTS, "double = lambda x: 2 * x"), "shape": "double = lambda x: x"}
HONEST["equal"] = "double = lambda values: [2 * value for value in values]"
HONEST["keys"] = "double = lambda values: {key: 2 * value for key, value in values.items()}"
LIARS = {
    "equal to everything": ("assert", "class A:\n    __eq__ = lambda *_: True\ndouble = lambda x: A()"),
    "an int equal to everything": (
        "assert", "class A(int):\n    __eq__ = lambda *_: True\n    __hash__ = int.__hash__\ndouble = lambda x: A(0)",
    ),
    "a float near everything": (
        "difference", "class A(float):\n    __sub__ = lambda *_: 0.0\ndouble = lambda x: A(0)",
    ),
    "a float of another class than it says": (
        "difference", "class A:\n    __class__ = property(lambda self: float)\n    __sub__ = lambda *_: 0.0\n"
                      "double = lambda x: A()",
    ),
    "a float that is between all": (
        "twice", "class A(float):\n    __gt__ = __lt__ = lambda *_: True\ndouble = lambda x: A(0)",
    ),
    "another value at each look": (
        "twice", "class A:\n    looks = 0\n    def __gt__(self, other):\n        A.looks += 1\n"
                 "        return A.looks == 1\n    __lt__ = lambda *_: A.looks == 1\ndouble = lambda x: A()",
    ),
    "a list with the members that are asked for": (
        "equal", "class A(list):\n    __iter__ = lambda self: iter([2, 4])\n    __len__ = lambda self: 2\n"
                 "double = lambda x: A()",
    ),
    "a dict with the keys that are asked for": (
        "keys", "class A(dict):\n    keys = lambda self: {'a': 0}.keys()\n    __getitem__ = lambda self, key: 2\n"
                "double = lambda x: A()",
    ),
    "text equal to everything": (
        "text", "class A(str):\n    __eq__ = lambda *_: True\n    __hash__ = str.__hash__\ndouble = lambda x: A()",
    ),
    "a Tensor that answers for torch": (
        "tensor", "import torch\nclass A(torch.Tensor):\n    @classmethod\n"
                  "    def __torch_function__(cls, *a, **k):\n        return torch.tensor(0.0)\n"
                  "double = lambda x: torch.zeros(3).as_subclass(A)",
    ),
    "an array that answers for NumPy": (
        "array", "import numpy as np\nclass A(np.ndarray):\n    __array_ufunc__ = lambda self, *a, **k: np.zeros(3)\n"
                 "double = lambda x: np.zeros(3).view(A)",
    ),
    "an array that looks at who asks": (
        "close", "import sys\nclass A:\n    def __array__(self, *a, **k):\n        frame = sys._getframe()\n"
                 "        while 'theirs' not in frame.f_locals:\n            frame = frame.f_back\n"
                 "        return frame.f_locals['theirs']\ndouble = lambda x: A()",
    ),
    "a shape without values": ("shape", "class A:\n    shape = (1, 2)\ndouble = lambda x: A()"),
    "a proxy of whatever it is compared with": (
        "assert", "class A:\n    def __eq__(self, other):\n        self.seen = other\n"
                  "        return self.seen == other\ndouble = lambda x: A()",
    ),
    "no value, and still true": ("truth", "class A:\n    __bool__ = lambda self: True\ndouble = lambda x: A()"),
}  # fmt: skip


def outcome(source, test):
    names = {"__name__": "__main__"}
    exec(source, names)
    return run_test(TestCell("double", 4.0, test), SameProcess(names))


def as_objects():
    """Let values cross as they are."""
    return crossing_by(lambda value, callbacks=None: ("", [value]), lambda message, call_back=None: message[1][0])


def by_pickle():
    """Let values cross as pickles."""
    return crossing_by(
        lambda value, callbacks=None: ("", [pickle.dumps(value)]),
        lambda message, call_back=None: pickle.loads(message[1][0]),
    )


def crossing_by(encode, decode):
    return mock.patch.multiple("classroom.connections", encode=encode, decode=decode), mock.patch.multiple(
        "classroom.student_side", encode=encode, decode=decode
    )


@pytest.mark.parametrize("name", LIARS)
def test_a_liar_wins_as_an_object_and_not_as_data(name):
    kind, source = LIARS[name]
    here, there = as_objects()
    with here, there:
        assert outcome(source, TESTS[kind]).reached == 4.0
        assert outcome(HONEST[kind], TESTS[kind]).reached == 4.0
    assert outcome(source, TESTS[kind]).reached == 0.0
    assert outcome(HONEST[kind], TESTS[kind]).reached == 4.0


PICKLED = "import sys\nsys.modules[__name__].ran_by_a_pickle = True"
BOMB = (
    f"class Bomb:\n    def __reduce__(self):\n        return exec, ({PICKLED.replace('__name__', repr(__name__))!r},)\n"
)
BOMBS = {
    "an object": "double = lambda x: Bomb()",
    "within a list": "double = lambda x: [x, (x, {'a': Bomb()})]",
    "an array of objects": "import numpy as np\ndouble = lambda x: np.array([Bomb()], dtype=object)",
    "a scalar of an array of objects": "import numpy as np\ndouble = lambda x: np.array(Bomb(), dtype=object)[()]",
    "an int": "class Number(int):\n    __reduce__ = Bomb.__reduce__\ndouble = lambda x: Number(4)",
    "a Tensor": "import torch\nclass T(torch.Tensor):\n    __reduce_ex__ = lambda self, n: Bomb().__reduce__()\n"
    "double = lambda x: torch.zeros(1).as_subclass(T)",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_pickle_runs_what_it_likes_and_no_pickle_crosses(name):
    module = sys.modules[__name__]
    source = f"__name__ = {__name__!r}\n{BOMB}{BOMBS[name]}"
    here, there = by_pickle()
    with mock.patch.object(module, "ran_by_a_pickle", False, create=True):
        with here, there:
            outcome(source, TESTS["assert"])
        assert module.ran_by_a_pickle
    with mock.patch.object(module, "ran_by_a_pickle", False, create=True):
        outcome(source, TESTS["assert"])
        assert not module.ran_by_a_pickle


def test_a_pickle_as_bytes_stays_bytes():
    blob = (
        "import io, torch, pickle\nfile = io.BytesIO()\ntorch.save([1], file)\n"
        "double = lambda x: [file.getvalue(), pickle.dumps(1)]"
    )
    test = "first, second = double(2)\nassert type(first) is bytes and type(second) is bytes"
    assert outcome(blob, test).reached == 4.0


CRASHING = [
    "float('nan')", "float('inf')", "-float('inf')", "10**4000", "10**5000", "-(10**400)", "1e308 * 10j", "'x' * 10**8",
    "'\\ud800'", "'\\0'", "[[]] * 10**6", "itself", "deep", "{1: {2: itself}}", "range(10**9)", "iter([4])", "int",
    "type", "None", "NotImplemented", "...", "b'4'", "memoryview(b'4')", "torch.eye(2).to_sparse()",
    "torch.empty(2, device='meta')", "torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.quint8)",
    "torch.tensor(4j)", "torch.tensor(5, requires_grad=False)", "torch.ones(2, requires_grad=True) * 2",
    "torch.ones(1).expand(10**12)", "torch.zeros(0, 2**40)", "torch.ones(*[1] * 40)", "torch.nested.nested_tensor([])",
    "np.arange(4)[::-1]", "np.empty((0, 2**50))", "np.zeros(1, 'V8')", "np.array(['4'])", "np.datetime64('now')",
    "np.ma.masked", "np.broadcast_to(0, 10**12)", "np.longdouble(4.5)", "torch.nn.Linear(1, 1)", "torch.Generator()",
    "np.random.default_rng()", "Exception('4')", "(yes := lambda: yes)", "torch.float32", "object.__new__(Liar)",
]  # fmt: skip


@pytest.mark.parametrize("half", [0, 1])
def test_values_that_could_crash_cost_their_own_test_only(unhurried, half):
    """Many in one submission, each in a test cell of its own, and an honest answer behind them."""
    before = (
        "import numpy as np, torch\nitself = []\nitself.append(itself)\ndeep = []\nfor _ in range(10**5):\n"
        "    deep = [deep]\nclass Liar(float):\n    pass\n"
        f"values = [{', '.join(f'lambda: {value}' for value in CRASHING)}]\n"
        "def give(place):\n    return values[place]()"
    )
    check = "from seq2bert.check import close, equal\n{}(give({}), 4, 'four')"
    tests = [
        TestCell(f"{n}", 1.0, check.format(("close", "equal")[n // 2 % 2], n)) for n in range(half, len(CRASHING), 2)
    ]
    report = unhurried.grade(before, DOUBLE, *tests, TEST_OF_DOUBLE)
    points = reached(report)
    assert points.pop("double") == 4.0
    assert points == dict.fromkeys(points, 0.0)
    assert report.notes == []
    for each in report.outcomes:
        (each.message + each.shown).encode("utf-8")
        assert len(each.message) <= 10_000


ENDINGS = ["raise SystemExit(0)", "raise KeyboardInterrupt", "raise GeneratorExit", "raise MemoryError", "exit()",
           "class Stop(BaseException):\n        __str__ = None\n    raise Stop", "double(number)",
           "import os\n    os._exit(0)", "import os\n    os.kill(os.getpid(), 9)"]  # fmt: skip


def test_an_exception_that_nobody_expects_costs_its_own_test_only(unhurried):
    functions = "\n".join(f"def end{n}(number, double=None):\n    {source}" for n, source in enumerate(ENDINGS))
    functions = functions.replace("double(number)", "return end6(number)")
    tests = [TestCell(f"{n}", 1.0, f"end{n}(2)") for n in range(len(ENDINGS))]
    points = reached(unhurried.grade(functions, DOUBLE, *tests, TEST_OF_DOUBLE))
    assert points.pop("double") == 4.0
    assert points == dict.fromkeys(map(str, range(len(ENDINGS))), 0.0)
