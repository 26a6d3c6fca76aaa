"""Attacks on what a test uses: libraries, IPython, frames, modules. The defence: tests run in a process of their own.

Without it the test cell runs as one more cell of the notebook, as nbgrader's autograde does. There it counts as passed
if it shows no error.
"""

import pytest

from classroom.cells import TestCell
from tests.classroom.attacks.harness import DOUBLE, reached

WRONG = "def double(number):\n    return 3 * number"
TESTS = {
    "assert": "assert double(2) == 4, 'two'",
    "expected": "expected_of_double = 4\nassert double(2) == expected_of_double",
    "abs": "assert abs(double(2.5) - 5.0) < 1e-6",
    "isclose": "import math\nassert math.isclose(double(2.5), 5.0)",
    "unittest": "import unittest\nunittest.TestCase().assertEqual(double(2), 4)",
    "torch": "import torch\ntorch.testing.assert_close(double(torch.ones(2)), torch.full((2,), 2.0))",
    "torch.equal": "import torch\nassert torch.equal(double(torch.ones(2)), torch.full((2,), 2.0))",
    "numpy": "import numpy as np\nnp.testing.assert_allclose(double(np.ones(2)), np.full(2, 2.0))",
    "close": "from seq2bert.check import close\nclose(double(2.0), 4.0, 'two')",
    "colorsys": "import colorsys\nassert double(colorsys.ONE_THIRD) == colorsys.TWO_THIRD",
}
# Category, test, what is run before the test cell.
ATTACKS = {
    "torch.testing": ("patched", "torch", "import torch\ntorch.testing.assert_close = lambda *a, **k: None"),
    "numpy.testing": ("patched", "numpy", "import numpy\nnumpy.testing.assert_allclose = lambda *a, **k: None"),
    "torch.equal": ("patched", "torch.equal", "import torch\ntorch.equal = lambda *a: True"),
    "the course's own checks": ("patched", "close", "import seq2bert.check as c\nc.close = lambda *a, **k: None"),
    "a builtin": ("patched", "abs", "import builtins\nbuiltins.abs = lambda x: 0"),
    "a builtin by its name": ("patched", "abs", "abs = lambda x: 0"),
    "math": ("patched", "isclose", "import math\nmath.isclose = lambda *a, **k: True"),
    "unittest": ("patched", "unittest", "import unittest\nunittest.TestCase.assertEqual = lambda *a: None"),
    "an assertion that raises nothing": (
        "patched", "close",
        "import seq2bert.check.comparisons as c\nc._compare_shapes = lambda *a: None\n"
        "c._numbers = lambda value: c.np.zeros(1)",
    ),
    "asserts cut from the tree": (
        "IPython", "assert",
        "import ast\nclass Cut(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Cut())",
    ),
    "asserts cut from the text": (
        "IPython", "assert",
        "get_ipython().input_transformers_cleanup.append("
        "lambda lines: [line for line in lines if not line.startswith('assert')])",
    ),
    "an event before each cell": (
        "IPython", "assert",
        "def put(info):\n    if 'assert double' in info.raw_cell:\n"
        "        get_ipython().user_ns['double'] = lambda number: 4\n"
        "get_ipython().events.register('pre_run_cell', put)",
    ),
    "run_cell": (
        "IPython", "assert",
        "shell = get_ipython()\nreal = shell.run_cell\nshell.run_cell = lambda source, **k: real('pass', **k)",
    ),
    "the parser": (
        "IPython", "assert",
        "compiler = get_ipython().compile\nreal = compiler.ast_parse\n"
        "compiler.ast_parse = lambda source, *a, **k: real('pass', *a, **k)",
    ),
    "results without errors": (
        "IPython", "assert",
        "from IPython.core.interactiveshell import ExecutionResult\n"
        "ExecutionResult.error_in_exec = property(lambda self: None, lambda self, error: None)",
    ),
    "the errors that are shown": (
        "forged outputs", "assert",
        "import classroom.sandbox.student as s\nreal = s._execute\n"
        "s._execute = lambda *a: {'outputs': [{'output_type': 'stream', 'text': 'all passed'}], 'error': None}",
    ),
    "an exit that says that all is well": (
        "forged outputs", "assert",
        "from classroom.sandbox.wire import Wire\nreal = Wire.send\n"
        "Wire.send = lambda self, said, *a, **k: real(self, {**said, 'outputs': []} if 'outputs' in said else said)",
    ),
    "the caller's constants": (
        "frames", "assert",
        "import sys\ndef double(number):\n    found = sys._getframe(1).f_code.co_consts\n"
        "    return found[found.index(number) + 1] if number in found else 0",
    ),
    "the caller's variables": (
        "frames", "expected",
        "import sys\ndef double(number):\n    return sys._getframe(1).f_globals.get('expected_of_double')",
    ),
    "the main module": (
        "frames", "expected",
        "import __main__\ndef double(number):\n    return vars(__main__).get('expected_of_double')",
    ),
    "what the collector knows": (
        "frames", "expected",
        "import gc\ndef double(number):\n    return next((o['expected_of_double'] for o in gc.get_objects()"
        " if type(o) is dict and 'expected_of_double' in o), 0)",
    ),
    "a traceback": (
        "frames", "expected",
        "def double(number):\n    try:\n        1 / 0\n    except ZeroDivisionError as error:\n"
        "        return error.__traceback__.tb_frame.f_back.f_globals.get('expected_of_double')",
    ),
    "a file beside the notebook": (
        "modules", "colorsys",
        "import sys\nopen('colorsys.py', 'w').write('ONE_THIRD, TWO_THIRD = 1, 3')\nsys.path.insert(0, '.')",
    ),
    "a module in the table": (
        "modules", "colorsys",
        "import sys, types\nsys.modules['colorsys'] = types.SimpleNamespace(ONE_THIRD=1, TWO_THIRD=3)",
    ),
    "a finder": (
        "modules", "colorsys",
        "import sys, importlib.machinery as m\nclass Loader:\n    def create_module(self, spec):\n        pass\n"
        "    def exec_module(self, module):\n        module.ONE_THIRD, module.TWO_THIRD = 1, 3\n"
        "class Finder:\n    def find_spec(self, name, *a):\n"
        "        return m.ModuleSpec(name, Loader()) if name == 'colorsys' else None\n"
        "sys.meta_path.insert(0, Finder())",
    ),
    "import itself": (
        "modules", "close",
        "import builtins, types\nreal = builtins.__import__\n"
        "fake = types.SimpleNamespace(close=lambda *a: None)\n"
        "builtins.__import__ = lambda name, *a, **k: fake if name == 'seq2bert.check' else real(name, *a, **k)",
    ),
    "a test cell of its own": (
        "own tests", "isclose",
        "import math, seq2bert.check\nmath.isclose = lambda *a, **k: True\n"
        "assert math.isclose(double(2), 4)\nseq2bert.check.passed('double')",
    ),
    "an assertion of its own": (
        "own tests", "unittest",
        "import unittest\nclass TestCase:\n    assertEqual = lambda *a: None\nunittest.TestCase = TestCase\n"
        "unittest.TestCase().assertEqual(double(2), 4)",
    ),
}  # fmt: skip


def task(kind):
    return TestCell("double", 4.0, TESTS[kind])


def passes_in_the_notebook(unhurried, before, kind):
    """Whether the test cell shows no error when it is run as a cell."""
    report = unhurried.grade(WRONG, before, TESTS[kind])
    return all(output["output_type"] != "error" for output in report.outputs[2])


@pytest.mark.parametrize("name", ATTACKS)
def test_it_wins_in_the_notebooks_process_and_nowhere_else(unhurried, name):
    _, kind, before = ATTACKS[name]
    assert not passes_in_the_notebook(unhurried, "pass", kind)
    assert passes_in_the_notebook(unhurried, before, kind)
    assert reached(unhurried.grade(WRONG, before, task(kind))) == {"double": 0.0}


def test_an_honest_answer_passes_each_of_these_tests(unhurried):
    tests = [TestCell(kind, 4.0, source) for kind, source in TESTS.items()]
    assert reached(unhurried.grade(DOUBLE, *tests)) == dict.fromkeys(TESTS, 4.0)


def test_each_category_has_at_least_two_attacks():
    categories = [category for category, _, _ in ATTACKS.values()]
    assert {category for category in categories if categories.count(category) < 2} == set()
