"""One submission from its first cell to its last test, seen from outside the walls.

The student's cells run in order, in one process. Where a test cell stands, that process forks a snapshot of itself,
which waits. When all cells have run, the process and everything it has started is killed, the disk becomes read-only,
and the snapshots are let loose one after the other, each for its test. So no test can be seen by a later cell or by
another test. The warden, not the student's process, stops, continues and kills.

A cell that ends its process or runs too long is left out: a new process runs the others again and goes on behind it.
A snapshot that could hear from another one (see `classroom.sandbox.inspection`) is given up: its test has a run of its
own, with all the cells before it.
"""

import math
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from classroom.cells import TestCell, test_of
from classroom.outcome import Outcome
from classroom.printable import printable
from classroom.sandbox.bubblewrap import NoSandbox
from classroom.sandbox.outputs import Room, error_output
from classroom.sandbox.runs import Process, Run, SandboxLost, Snapshot, Template
from classroom.sandbox.walls import Limits
from classroom.sandbox.wire import WireClosed, WireTimeout

__all__ = ["Report", "Sandbox"]

_RESTARTS = 10  # after so many cells that end their process, the rest is not run
_GRACE = 5.0  # seconds for the tests' process to see that no one answers
_LONGEST = 10_000  # characters of a test's message
_OUTCOME = 2**20  # bytes of what a test says


@dataclass
class Report:
    """What became of a submission: an outcome for every test, outputs by the cell's place, what was noticed."""

    outcomes: list[Outcome] = field(default_factory=list)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Sandbox:
    """A template process and the submissions that are graded in it, one after the other. A context manager.

    Parameters
    ----------
    limits : Limits, optional
    inner : bool
        Whether every submission gets namespaces of its own inside bubblewrap. Without them a new template is
        started for each.
    keep_out : sequence of path
        Folders that must not be seen inside: the authored assignments, the class.

    Raises
    ------
    NoSandbox
        If there is none on this machine, or it would show one of those folders.
    """

    def __init__(
        self, limits: Limits | None = None, *, inner: bool = True, keep_out: Sequence[os.PathLike[str]] = ()
    ) -> None:
        self.limits = limits or Limits()
        self.inner, self.keep_out = inner, tuple(keep_out)
        # Without the inner wall the template of the tests runs no student's code, and each run has one of its own.
        self._template = Template(self.limits, inner, self.keep_out)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the template and whatever runs in it."""
        self._template.close()

    @property
    def bounds_memory(self) -> bool:
        """Whether the memory of a whole submission has a bound, beside that of each process."""
        return self._template.group.bounds_memory

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of bubblewrap."""
        return self._template.process

    def grade(self, cells: Sequence[dict[str, Any]], *, draw: str = "") -> Report:
        """Run a notebook's cells and its tests.

        Parameters
        ----------
        cells : sequence of dict
            Of a notebook whose test cells are complete.
        draw : str
            See `seq2bert.check.draw`.

        Raises
        ------
        SandboxLost
            If the template or a warden has ended. Close this sandbox and use another one.
        """
        with _Submission(self, draw) as submission:
            return submission.grade(cells)

    def new_run(self) -> Run:
        """Start a student's process.

        Raises
        ------
        SandboxLost
            If its template does not start, where each has one.
        """
        if self.inner:
            return Run(self._template, own=False)
        try:
            return Run(Template(self.limits, False, self.keep_out), own=True)
        except NoSandbox as error:  # there was one when the tests' template started
            raise SandboxLost(str(error)) from None

    def new_tests(self) -> Process:
        """Start a tests' process."""
        return Process(self._template, "tests")


class _Submission:
    """One submission while it is graded."""

    def __init__(self, sandbox: Sandbox, draw: str) -> None:
        self.sandbox, self.limits, self.draw = sandbox, sandbox.limits, draw
        self.report, self.room = Report(), Room(sandbox.limits.output_characters)
        self.runs: list[Run] = []
        self.waiting: list[Snapshot] = []
        self.tests: Process | None = None
        self.seconds = 0.0  # that all cells took
        self.deadline = math.inf  # of all cells, then of all tests; starting a process is not their time

    def __enter__(self) -> "_Submission":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for snapshot in self.waiting:
            snapshot.end.close()
        for process in [*self.runs, *([self.tests] if self.tests else [])]:
            process.close()

    def grade(self, cells: Sequence[dict[str, Any]]) -> Report:
        """Run cells and tests."""
        self._run_cells(cells)
        self._run_tests()
        order = [test.task for test in map(test_of, cells) if test]
        self.report.outcomes.sort(key=lambda outcome: order.index(outcome.task))
        return self.report

    def _run_cells(self, cells: Sequence[dict[str, Any]]) -> None:
        began = time.monotonic()
        done: list[str] = []
        since = 0  # how many of them ran before the last snapshot
        self.deadline = time.monotonic() + self.limits.total_seconds
        run: Run | None = self._new_run()
        for place, cell in enumerate(cells):
            test = test_of(cell)
            if test is not None and run is not None:
                snapshot = run.snapshot(test, done, self.deadline)
                if snapshot is None:  # no room for a process or an open file, say
                    self.report.notes.append(f"cell {place + 1}: no copy of the process could be made for this test")
                    del done[since:]
                    run.ask("seal")
                    run = self._run_again(done)
                    snapshot = run.snapshot(test, done, self.deadline) if run else None
                since = len(done)
                if snapshot:
                    self.waiting.append(snapshot)
                    continue
            if test is not None:
                self._lost(test, "the notebook did not run this far")
            elif cell["cell_type"] == "code" and run is not None and cell["source"].strip():
                said, why = run.execute(cell["source"], self.deadline)
                self.report.outputs[place] = self.room.keep(said) if why is None else [error_output(why)]
                if why is None:
                    done.append(cell["source"])
                    continue
                self.report.notes.append(f"cell {place + 1} {why}; the other cells were run without it")
                run = self._run_again(done)
        self.seconds = time.monotonic() - began

    def _run_again(self, done: Sequence[str]) -> Run | None:
        """Run cells in a new process; return it, or None with a note."""
        notes = self.report.notes
        if time.monotonic() > self.deadline:
            notes.append(f"all cells together ran longer than {self.limits.total_seconds:g} seconds")
            return None
        if len(self.runs) > _RESTARTS:
            notes.append(f"more than {_RESTARTS} cells ended their process: the rest was not run")
            return None
        run = self._new_run()
        for source in done:
            _, why = run.execute(source, self.deadline)
            if why is not None:
                notes.append(f"a cell that had run {why} when it was run again: the rest was not run")
                return None
        return run

    def _run_tests(self) -> None:
        """Run each test with its snapshot, then those whose snapshots were given up."""
        self.deadline = time.monotonic() + self.limits.total_seconds
        tied = []
        for run in self.runs:
            tied += run.seal([snapshot for snapshot in self.waiting if snapshot.run is run])
        for snapshot in self.waiting:
            if snapshot in tied:
                snapshot.run.end(snapshot)
        for snapshot in self.waiting:
            if snapshot not in tied and not self._test(snapshot):
                tied.append(snapshot)
        for snapshot in tied:
            self._test_alone(snapshot)

    def _test_alone(self, given_up: Snapshot) -> None:
        """Run the cells before a test again, and the test behind them.

        The time for all tests goes on meanwhile, unless it is the machine that asks for it.
        """
        test = given_up.test
        if given_up.hidden:
            self.deadline += self.seconds
        else:
            why = "something was shared between the tests"
            self.report.notes.append(f"{test.task} was tested in a run of its own: {why}")
        run = self._started()
        snapshot = None
        try:
            if all(run.execute(source, self.deadline)[1] is None for source in given_up.before):
                snapshot = run.snapshot(test, given_up.before, self.deadline)
            if snapshot:
                run.seal([])
                run.ask("go", snapshot.pid)
                self._ask_tests(snapshot)
            elif time.monotonic() > self.deadline:
                self._lost(test, self._too_long(self.limits.total_seconds, "all checks together"))
            else:
                self._lost(test, "the notebook did not run this far again")
        finally:
            if snapshot:
                snapshot.end.close()
            run.close()

    def _test(self, snapshot: Snapshot) -> bool:
        """Run a test if its snapshot is as it was; return whether it is."""
        if not snapshot.run.let_go(snapshot):
            snapshot.run.end(snapshot)
            return False
        self._ask_tests(snapshot)
        return True

    def _ask_tests(self, snapshot: Snapshot) -> None:
        """Hand a snapshot that runs to the tests' process, and end it afterwards."""
        test, run = snapshot.test, snapshot.run
        seconds = min(self.limits.test_seconds, max(self.deadline - time.monotonic(), 0.0))
        self.tests = self.tests or self.sandbox.new_tests()
        try:
            request = {**asdict(test), "draw": self.draw}
            self.tests.wire.send(request, (snapshot.end.fileno(),), timeout=_GRACE)
            snapshot.end.close()
            try:
                said, _ = self.tests.wire.receive(timeout=seconds, limit=_OUTCOME)
                self.report.outcomes.append(_outcome(test, said))
            except WireTimeout:
                what = "the checks" if seconds == self.limits.test_seconds else "all checks together"
                self._lost(test, self._too_long(seconds if what == "the checks" else self.limits.total_seconds, what))
                run.end(snapshot)  # the test then sees that no one answers
                self.tests.wire.receive(timeout=_GRACE, limit=_OUTCOME)
        except (WireClosed, WireTimeout):
            self.tests.close()
            self.tests = None
            if all(outcome.task != test.task for outcome in self.report.outcomes):
                self._lost(test, "the checks came to no end: was there an answer too large for them?")
        finally:
            run.end(snapshot)

    def _too_long(self, seconds: float, what: str) -> str:
        return f"{what} ran longer than {seconds:g} seconds: is there a loop that does not end?"

    def _lost(self, test: TestCell, why: str) -> None:
        self.report.outcomes.append(Outcome(test.task, test.points, 0.0, message=why, shown=why))

    def _new_run(self) -> Run:
        run = self._started()
        self.runs.append(run)
        return run

    def _started(self) -> Run:
        began = time.monotonic()
        run = self.sandbox.new_run()
        self.deadline += time.monotonic() - began
        return run


def _outcome(test: TestCell, said: Any) -> Outcome:
    """Return what the tests' process says of a test, if it has the form of an outcome; else no points."""
    found = said if isinstance(said, dict) else {}
    match found.get("reached"), found.get("message"), found.get("shown"):
        case (int() | float() as reached, str() as message, str() as shown) if math.isfinite(reached):
            points = min(max(float(reached), 0.0), test.points)
            return Outcome(test.task, test.points, points, printable(message, _LONGEST), printable(shown, _LONGEST))
    return Outcome(test.task, test.points, 0.0, "the checks gave no result", "the checks gave no result")
