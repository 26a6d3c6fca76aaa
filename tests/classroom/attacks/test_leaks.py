"""Attacks on secrets: what hidden tests pass in, and the private draw, must not come to where a student reads.

Student code sees the inputs of hidden tests, or it could not answer. It must have no way to tell them: not by what it
raises, returns, prints or leaves in memory that processes share.
"""

from unittest import mock

import pytest

from classroom import grader_side
from classroom.author_words import author_words
from classroom.cells import TestCell
from classroom.connections import SameProcess
from classroom.grader_side import run_test
from seq2bert.check.inputs import DRAW
from tests.classroom.attacks.harness import HONEST, TEST_OF_DOUBLE, TEST_OF_TRIPLE, printed, reached

SECRET = "1234567"
SHORT = "1.23457e+06"  # as a comparison writes it


def tells(text):
    return SECRET in text or SHORT in text


ASSERT, CLOSE = "assert double(1234567) == 2469134, 'also others'", "close(double(1234567), 2469134, 'also others')"
STATE = "def double(number, seen=[2]):\n    seen.append(number)\n    "
RAISE, GIVE = "def double(number):\n    if number == 2:\n        return 4\n    ", "double = lambda n: 4 if n == 2 else "
IT_WAS = "f'it was {n}'"
SAY = RAISE + "raise ValueError(f'it was {number}')"
# What the hidden test says, what stands behind it, and a function that passes the visible part.
TELLING = {
    "an exception": (ASSERT, "", SAY),
    "the type of an exception": (ASSERT, "", RAISE + "raise type(f'E{number}', (Exception,), {})"),
    "an exception of an operation": ("error_of(double, 1234567)\ngradients(double, 1234567)", "", SAY),
    "the value": (CLOSE, "", GIVE + "n"),
    "text that is no number": (CLOSE, "", GIVE + IT_WAS),
    "a shape": ("same_shape(double(1234567), (), 'none')", "", GIVE + IT_WAS),
    "keys": ("equal(double(1234567), {}, 'others')", "", GIVE + "{n: 0}"),
    "a value that does not cross": (ASSERT, "", GIVE + "type(f'E{n}', (), {})()"),
    "what cannot be added": ("{}[double(1234567)] + 1", "", GIVE + IT_WAS),
    "a key that is missing": ("{}[double(1234567)]", "", GIVE + IT_WAS),
    "an assertion with the value in it": (
        "error = error_of(double, 1234567)\nassert error is None, f'no error, it was {error[1]!r}'", "", SAY,
    ),
    "an assertion with the input in it": (
        "n = 1234567\nassert double(n) == 2 * n, f'for {n}'", "", "double = lambda number: 4",
    ),
    "a hint with the value in it": (
        "found = double(1234567)\nequal(found, 2469134, f'found {found}')", "", GIVE + "n",
    ),
    "a hint that is the value": ("equal(1, 2, double(1234567))", "", GIVE + IT_WAS),
    "a visible check behind the hidden ones": (
        "double(1234567)", "close(double(3), 6, 'three')",
        STATE + "return 4 if number == 2 else 2 * number if number != 3 else seen[-2]",
    ),
    "an exception behind the hidden ones": (
        "double(1234567)", "double(3)",
        STATE + "if number != 3:\n        return 2 * number\n    raise ValueError(seen)",
    ),
    "a callback": (
        "def tell(value):\n    assert value == 0, value\ndouble(1234567, tell)", "",
        "def double(number, tell=None):\n    if tell:\n        tell(f'it was {number}')\n    return 4",
    ),
    "memory that is shared": (
        ASSERT, "", "import mmap\nshared = mmap.mmap(-1, 99)\n"
                    + RAISE + "shared.write(str(number).encode())\n    raise ValueError(shared[:])",
    ),
}  # fmt: skip


def cell(hidden, behind):
    return TestCell(
        "double", 4.0,
        "from seq2bert.check import close, equal, error_of, gradients, same_shape\nclose(double(2), 4, 'two')\n"
        f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS\n{behind}",
    )  # fmt: skip


def outcome(source, test, **options):
    names = {"__name__": "__main__"}
    exec(source, names)
    return run_test(test, SameProcess(names), **options)


@pytest.mark.parametrize("name", TELLING)
def test_nothing_of_a_hidden_tests_inputs_is_shown(name):
    """Without the defence the student reads what the instructor reads."""
    hidden, behind, source = TELLING[name]
    said = outcome(source, cell(hidden, behind))
    assert said.reached == 0.0
    assert not tells(said.shown)
    assert said.shown
    with mock.patch.object(grader_side, "_shown", lambda cell, error: grader_side._message(error)):
        assert tells(outcome(source, cell(hidden, behind)).shown)
    assert outcome("double = lambda x, tell=None: 2 * x", cell(ASSERT, behind)).reached == 4.0


@pytest.mark.parametrize("name", ["a hint with the value in it", "an assertion with the input in it"])
def test_without_the_comparison_with_the_authors_words_values_are_shown(name, monkeypatch):
    monkeypatch.setattr(grader_side, "author_words", lambda source, text: text)
    hidden, behind, source = TELLING[name]
    assert tells(outcome(source, cell(hidden, behind)).shown)


@pytest.mark.parametrize(
    ("source", "text", "words"),
    [
        ("f('the hint')", "the hint", "the hint"),
        ("f('the hint')", "another text", None),
        ("f(f'row {n} of {name}')\ng('all')", "row 17 of all", "row … of all"),
        ("f(f'row {n} of {name}')", "row  of of ", "row … of …"),
        ("f(f'row {n}')", "column 17", None),
        ("f(f'{n} rows')", "17 rows and more", None),
        ("f(f'{n}')\nf(f'{n!r:>{width}}')", "17", None),
        ("f('weights at {}, {:g}'.format(m, n))", "weights at 17, 0.5", "weights at …, …"),
        ("f('{ no format')", "{ no format", "{ no format"),
        ("f(f'a{x}b{y}a')", "aba", "a…b…a"),
        ("f(f'ab{x}ba')", "aba", None),
        ("f(f'x{y}')", "x" * 20_000, None),
    ],
)
def test_author_words_by_hand(source, text, words):
    assert author_words(source, text) == words


PRINTING = {
    "print": "print({})",
    "standard error": "__import__('sys').stderr.write(str({}))",
    "the first outputs": "stdout.write(str({}))",
    "display": "IPython.display.display({})",
    "a warning": "warnings.warn(str({}))",
    "a log": "logging.error({})",
    "the last value": "get_ipython().displayhook({})",
    "a file": "open('/tmp/work/seen', 'w').write(str({}))",
}


def test_what_is_printed_while_hidden_tests_run_is_nowhere(unhurried):
    tries = [f"try:\n        {how}\n    except Exception:\n        pass" for how in PRINTING.values()]
    imports = "import sys, IPython.display, logging, warnings\nstdout = sys.stdout\n"
    body = "\n    ".join(tries).format(*["number"] * len(PRINTING))
    source = f"{imports}def double(number):\n    {body}\n    return 2 * number"
    cells = (source, TEST_OF_DOUBLE, "print('behind')", TEST_OF_TRIPLE)
    report = unhurried.grade(*cells)
    assert reached(report)["double"] == 4.0
    everything = printed(report) + str(report.outputs) + str(report.notes) + "".join(o.shown for o in report.outcomes)
    assert not tells(everything)
    in_the_notebook = unhurried.grade(source, TEST_OF_DOUBLE.source)
    assert str(in_the_notebook.outputs).count(SECRET) >= 5


PEEKING = (
    f"import os\ndef double(number):\n    raise ValueError([os.environ.get({DRAW!r}), *map(str, os.environ.items())])"
)


def test_the_private_draw_does_not_reach_the_students_process(unhurried, monkeypatch):
    monkeypatch.setenv(DRAW, "private")
    assert "private" in outcome(PEEKING, TEST_OF_DOUBLE, draw="private").message
    report = unhurried.grade(PEEKING, f"import os; print(os.environ)\n{PEEKING}", TEST_OF_DOUBLE, draw="private")
    assert "private" not in report.outcomes[0].message + str(report.outputs)
    assert reached(unhurried.grade(*HONEST, draw="private")) == {"double": 4.0, "triple": 5.0}
