"""Attacks on the grader: hostile submissions, run with every defence and again with one of them switched off.

An attack that does not win without the defence proves nothing about it, so both are asked. `Grounds` keeps two
templates for all attacks: the real one, and one that runs a line of ours in the forked child before anything else, so
that it can take a defence away inside. A defence outside, in the grader's own process, is taken away by monkeypatch.
"""

import contextlib
import os
import pwd
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from classroom.cells import TestCell
from classroom.sandbox import Limits, Report, Sandbox, SandboxLost, bubblewrap, runs

LIMITS = Limits(
    cell_seconds=15.0, test_seconds=15.0, total_seconds=60.0, processor_seconds=20, memory=256 * 2**20,
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
LOST = "the sandbox was lost"  # the note of a report where there is none
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
    then : tuple of str or TestCell
        A submission that is graded behind it in the same sandbox, where the attack aims at the next one; it is its
        report that tells who won.
    without : str
        Python that takes the defence away: executed in the forked child of the template, which has the name `role`
        ("student" or "tests"), before it enters namespaces.
    outside : tuple of (str, object)
        Defences in the grader's own process: what `unittest.mock.patch` takes, and the value instead.
    limits : dict
        Limits that are the defence, with values that do not hinder the attack.
    bounds : dict
        Limits for the attack alone, where it waits until they end it.
    won : callable
        Whether the report shows that the attack won.
    """

    name: str
    category: str
    cells: tuple[str | TestCell, ...]
    then: tuple[str | TestCell, ...] = ()
    without: str = ""
    outside: tuple[tuple[str, Any], ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)
    bounds: dict[str, Any] = field(default_factory=dict)
    won: Callable[[Report], bool] = field(default=says_so)

    def __post_init__(self) -> None:
        if not (self.without or self.outside or self.limits):
            raise ValueError(f"the attack {self.name!r} names no defence to switch off")

    def __str__(self) -> str:
        return self.name


def check(grounds: "Grounds", attack: Attack) -> None:
    """Check that an attack loses, that nothing is left of it, and that it wins where its defence is switched off."""
    assert_nothing_comes_of(attack, grounds)
    assert grounds.wins_without_defence(attack), "the attack does not win without the defence: what does it show?"


def assert_nothing_comes_of(attack: Attack, grounds: "Grounds") -> None:
    """Check that an attack loses, ends no template, and leaves no process and no file where the next one comes."""
    sandbox = grounds.sandbox()
    files = files_in(sandbox)
    assert not grounds.wins(attack)
    assert grounds.sandboxes.get(False) is sandbox, "the attack has ended a template: others' submissions were in it"
    assert processes_in(sandbox) == 1, "something is left beside the template"
    assert files_in(sandbox) == files
    assert grounds.honest()


def files_in(sandbox: Sandbox) -> dict[str, tuple[int, int]]:
    """Return size and time of everything under /tmp and /dev/shm between the walls, where the template is.

    Without the inner wall no student's code is there: each run has a template of its own, which ends with it.
    """
    root, found = Path(f"/proc/{sandbox._template.pid}/root"), {}
    for place in ("tmp", "dev/shm") if sandbox.inner else ():
        for folder, _, names in os.walk(root / place):
            for path in (Path(folder), *(Path(folder, name) for name in names)):
                found[str(path.relative_to(root))] = (path.lstat().st_size, path.lstat().st_mtime_ns)
        assert place in found, f"/{place} behind bubblewrap cannot be read from here"
    return found


def processes_in(sandbox: Sandbox) -> int:
    """Return how many processes there are behind bubblewrap, when those that were killed are buried."""
    found: list[Any] = []
    for _ in range(200):
        found = list(psutil.Process(sandbox.process.pid).children(recursive=True))
        if len(found) <= 1:
            break
        time.sleep(0.05)
    return len(found)


def unfiltered(*calls: str) -> str:
    """Return the program that leaves system calls out of the filter."""
    return f"""
from classroom.sandbox import calls
rule = calls._rule
calls._rule = lambda name, lines: [] if name in {calls!r} else rule(name, lines)
"""


def open_to_all(folder: Path) -> Path:
    """Let everyone read and write a temporary folder; return it."""
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.getuid() and path.is_relative_to("/tmp"):
            path.chmod(path.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return folder


def writable(words: list[str], folder: Path) -> list[str]:
    """Return the command of bubblewrap with a folder that it shows no longer read-only."""
    words = list(words)
    words[words.index(str(folder)) - 1] = "--bind-try"
    return words


def as_nobody(shown: Iterable[Path], place: Path) -> list[str]:
    """Return the words before a command that nobody is to run; `shown` is seen although it lies in root's home, say."""
    keep: list[str] = []
    cover: dict[str, None] = {}
    show: list[str] = []
    for number, path in enumerate(shown):
        closed = next((parent for parent in reversed(path.parents) if not parent.stat().st_mode & 0o001), None)
        if closed:
            (place / str(number)).mkdir()
            keep.append(f"mount --bind {path} {place / str(number)}")
            cover[f"mount -t tmpfs -o mode=755 tmpfs {closed}"] = None
            show.append(f"mkdir -p {path} && mount --bind {place / str(number)} {path}")
    # A namespace of mounts of its own: outside, root's home stays as closed as it is.
    script = " && ".join([*keep, *cover, *show, 'exec "$@"'])
    nobody = pwd.getpwnam("nobody")
    user = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]
    return ["unshare", "--mount", "sh", "-c", script, "sh", *user]


@contextlib.contextmanager
def ordinary_user(place: Path) -> Iterator[None]:
    """Let the user "nobody" start bubblewrap, which needs a user namespace then; the grader stays who it is.

    Where the tests do not run as root, they are an ordinary user anyway.
    """
    who = as_nobody(map(Path, bubblewrap._python_folders()), place) if os.getuid() == 0 else []
    uid, command = pwd.getpwnam("nobody").pw_uid if who else os.getuid(), bubblewrap.command

    def by_nobody(*arguments: Any, **options: Any) -> list[str]:
        with mock.patch.object(os, "getuid", return_value=uid):
            return [*who, *command(*arguments, **options)]

    with mock.patch.object(bubblewrap, "command", by_nobody):
        yield


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
        return self._grade(False, cells, draw)

    def grade_without(self, program: str, *cells: str | TestCell, draw: str = "") -> Report:
        """Grade a submission after `program` has run in the forked child: see `Attack.without`."""
        weak = mock.patch.object(bubblewrap, "_TEMPLATE", ("-c", _WEAK_TEMPLATE))
        with mock.patch.object(runs.Template, "_ask", _bringing(program)), weak:
            return self._grade(True, cells, draw)

    def honest(self) -> bool:
        """Whether an honest submission has full marks in the real sandbox."""
        return reached(self.grade(*HONEST)) == {"double": 4.0, "triple": 5.0}

    def wins(self, attack: Attack) -> bool:
        """Whether an attack wins against all defences."""
        with self.limited(self.sandbox(), attack.bounds):
            return self._won(attack, self.grade)

    @contextlib.contextmanager
    def limited(self, sandbox: Sandbox, limits: dict[str, Any]) -> Iterator[None]:
        """Let other limits hold in a sandbox."""
        changed = replace(self.limits, **limits)
        with mock.patch.object(sandbox, "limits", changed), mock.patch.object(sandbox._template, "limits", changed):
            yield

    def wins_without_defence(self, attack: Attack) -> bool:
        """Whether it wins where its defence is switched off."""
        with contextlib.ExitStack() as stack:
            for target, value in attack.outside:
                stack.enter_context(mock.patch(target, value))
            sandbox = self.sandbox(weak=bool(attack.without))
            stack.enter_context(self.limited(sandbox, attack.bounds | attack.limits))
            if attack.without:
                return self._won(attack, lambda *cells: self.grade_without(attack.without, *cells))
            return self._won(attack, self.grade)

    def _won(self, attack: Attack, grade: Callable[..., Report]) -> bool:
        try:
            report = grade(*attack.cells)
            return attack.won(grade(*attack.then) if attack.then else report)
        except SandboxLost:
            return attack.won(Report(notes=[LOST]))

    def _grade(self, weak: bool, cells: tuple[str | TestCell, ...], draw: str) -> Report:
        try:
            return self.sandbox(weak=weak).grade(notebook(cells), draw=draw)
        except SandboxLost:
            self.sandboxes.pop(weak).close()
            raise


def _bringing(program: str) -> Callable[..., Any]:
    """Return what asks a template, and lets each request for a new process bring a program."""
    ask = runs.Template._ask

    def with_program(template: runs.Template, request: dict[str, Any], *rest: Any) -> dict[str, Any]:
        return ask(template, {**request, "program": program} if request["do"] == "spawn" else request, *rest)

    return with_program
