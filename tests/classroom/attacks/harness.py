"""Attacks on the grader: hostile submissions, run with every defence and again with one of them switched off.

An attack that does not win without the defence proves nothing about it, so both are asked. `Grounds` keeps two
templates for all attacks: the real one, and one that runs a line of ours in the forked child before anything else, so
that it can take a defence away inside. A defence outside, in the grader's own process, is taken away by monkeypatch.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from classroom.cells import TestCell
from classroom.sandbox import Limits, Report, Sandbox, SandboxLost, bubblewrap

LIMITS = Limits(
    cell_seconds=3.0, test_seconds=3.0, total_seconds=20.0, processor_seconds=20, memory=256 * 2**20,
    total_memory=2**30, processes=24, open_files=64, file_bytes=8 * 2**20, disk_bytes=16 * 2**20,
    output_characters=5_000,
)  # fmt: skip

DOUBLE = "def double(number):\n    return number + number"
TRIPLE = "def triple(number):\n    return 3 * number"
# Two tasks. The inputs of the hidden tests are what a submission must not see.
TEST_OF_DOUBLE = TestCell(
    "double",
    4.0,
    "assert double(2) == 4, 'two'\n"
    "### BEGIN HIDDEN TESTS\nassert double(1234567) == 2469134, 'also for other numbers'\n### END HIDDEN TESTS",
)
TEST_OF_TRIPLE = TestCell(
    "triple",
    5.0,
    "assert triple(2) == 6, 'two'\n"
    "### BEGIN HIDDEN TESTS\nassert triple(7654321) == 22962963, 'also for other numbers'\n### END HIDDEN TESTS",
)
HONEST = ("import math", DOUBLE, TEST_OF_DOUBLE, TRIPLE, TEST_OF_TRIPLE)
WON = "the attack won"  # what an attack prints where it can tell by itself

# Runs in the template instead of its module: a request may bring a program for the forked child.
_WEAK_TEMPLATE = """
from classroom.sandbox import template
answer, first, brought = template._answer, template._first, []

def answer_with_program(request, *rest):
    brought[:] = [request.pop("program", "")]
    return answer(request, *rest)

def first_with_program(role, *rest):
    exec(brought[0], {"role": role})
    return first(role, *rest)

template._answer, template._first = answer_with_program, first_with_program
template.main()
"""


def printed(report: Report) -> str:
    """Return all that the cells of a submission printed, and the messages of their errors."""
    outputs = [output for place in sorted(report.outputs) for output in report.outputs[place]]
    return "\n".join(str(output.get("text", "")) + str(output.get("evalue", "")) for output in outputs)


def reached(report: Report) -> dict[str, float]:
    """Return the points of each task."""
    return {outcome.task: outcome.reached for outcome in report.outcomes}


def says_so(report: Report) -> bool:
    """Whether the submission printed that it won."""
    return WON in printed(report)


@dataclass(frozen=True)
class Attack:
    """A hostile submission.

    Parameters
    ----------
    name, category : str
    cells : tuple of str or TestCell
        The notebook: student's code, and tests.
    without : str
        Python that takes the defence away: executed in the forked child of the template, which has the name `role`
        ("student" or "tests"), before it enters namespaces.
    outside : tuple of (str, object)
        Defences in the grader's own process: what `unittest.mock.patch` takes, and the value instead.
    won : callable
        Whether the report shows that the attack won.
    """

    name: str
    category: str
    cells: tuple[str | TestCell, ...]
    without: str = ""
    outside: tuple[tuple[str, Any], ...] = ()
    won: Callable[[Report], bool] = field(default=says_so)

    def __post_init__(self) -> None:
        if not (self.without or self.outside):
            raise ValueError(f"the attack {self.name!r} names no defence to switch off")


def notebook(cells: tuple[str | TestCell, ...]) -> list[dict[str, Any]]:
    """Return cells as a notebook has them."""
    made: list[dict[str, Any]] = []
    for cell in cells:
        if isinstance(cell, str):
            made.append({"cell_type": "code", "source": cell, "metadata": {}})
        else:
            settings = {"grade": True, "solution": False, "grade_id": cell.task, "points": cell.points}
            made.append({"cell_type": "code", "source": cell.source, "metadata": {"nbgrader": settings}})
    return made


class Grounds:
    """The two templates. A template that an attack has ended is replaced."""

    def __init__(self, *, limits: Limits = LIMITS, inner: bool = True) -> None:
        self.limits, self.inner = limits, inner
        self.sandboxes: dict[bool, Sandbox] = {}

    def close(self) -> None:
        """End both."""
        for sandbox in self.sandboxes.values():
            sandbox.close()
        self.sandboxes.clear()

    def sandbox(self, *, weak: bool = False) -> Sandbox:
        """Return the real sandbox, or the weak one."""
        if weak not in self.sandboxes:
            program = ("-c", _WEAK_TEMPLATE) if weak else bubblewrap._TEMPLATE
            with mock.patch.object(bubblewrap, "_TEMPLATE", program):
                self.sandboxes[weak] = Sandbox(self.limits, inner=self.inner)
        return self.sandboxes[weak]

    def grade(self, *cells: str | TestCell, draw: str = "") -> Report:
        """Grade a submission with all defences."""
        return self._grade(self.sandbox(), False, cells, draw)

    def grade_without(self, program: str, *cells: str | TestCell, draw: str = "") -> Report:
        """Grade a submission after `program` has run in the forked child: see `Attack.without`."""
        sandbox = self.sandbox(weak=True)
        template = sandbox._template
        with _adding(template, "_wire", program), mock.patch.object(bubblewrap, "_TEMPLATE", ("-c", _WEAK_TEMPLATE)):
            return self._grade(sandbox, True, cells, draw)

    def honest(self) -> bool:
        """Whether an honest submission has full marks in the real sandbox."""
        return reached(self.grade(*HONEST)) == {"double": 4.0, "triple": 5.0}

    def wins(self, attack: Attack) -> bool:
        """Whether an attack wins against all defences."""
        return attack.won(self.grade(*attack.cells))

    def wins_without_defence(self, attack: Attack) -> bool:
        """Whether it wins where its defence is switched off."""
        with contextlib.ExitStack() as stack:
            for target, value in attack.outside:
                stack.enter_context(mock.patch(target, value))
            if attack.without:
                return attack.won(self.grade_without(attack.without, *attack.cells))
            return self.wins(attack)

    def _grade(self, sandbox: Sandbox, weak: bool, cells: tuple[str | TestCell, ...], draw: str) -> Report:
        try:
            return sandbox.grade(notebook(cells), draw=draw)
        except SandboxLost:
            self.sandboxes.pop(weak).close()
            raise


@contextlib.contextmanager
def _adding(template: Any, name: str, program: str) -> Iterator[None]:
    """Let each request for a new process bring a program."""

    class Bringing:
        def send(self, value: Any, files: tuple[int, ...] = (), **options: Any) -> None:
            wire.send({**value, "program": program} if value["do"] == "spawn" else value, files, **options)

        def __getattr__(self, attribute: str) -> Any:
            return getattr(wire, attribute)

    wire = getattr(template, name)
    setattr(template, name, Bringing())
    try:
        yield
    finally:
        setattr(template, name, wire)
