"""One submission from its first cell to its last test, seen from outside the walls.

The student's cells run in order, in one process. Where a test cell stands, that process forks a snapshot of itself,
which waits. When all cells have run, the process and everything it has started is killed, the disk becomes read-only,
and the snapshots are let loose one after the other, each for its test. So no test can be seen by a later cell or by
another test. The warden, not the student's process, stops, continues and kills.

A cell that ends its process or runs too long is left out: a new process runs the others again and goes on behind it.
"""

import contextlib
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from classroom.cells import TestCell, hidden_lines, test_of
from classroom.grader_side import Outcome
from classroom.sandbox.bubblewrap import start_template, stop
from classroom.sandbox.cgroup import Group
from classroom.sandbox.walls import Limits
from classroom.sandbox.wire import Wire, WireClosed, WireTimeout, pair

__all__ = ["Report", "Sandbox", "SandboxLost"]

_RESTARTS = 10  # after so many cells that end their process, the rest is not run
_OWN_PROCESSES = 16  # bubblewrap, the template, the wardens, the tests
_PATIENCE = 30.0  # seconds for an answer of a process that runs none of the student's code


class SandboxLost(RuntimeError):
    """The template or the warden ended: the machine's fault, not the student's. The submission is graded again."""


@dataclass
class Report:
    """What became of a submission: an outcome for every test, outputs by the cell's place, what was noticed."""

    outcomes: list[Outcome] = field(default_factory=list)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Waiting:
    """A snapshot that waits for its test."""

    test: TestCell
    pid: int
    end: socket.socket
    run: "_Run"


class _Template:
    """A template process behind bubblewrap, in a control group of its own."""

    def __init__(self, limits: Limits, inner: bool) -> None:
        self.limits = limits
        self.group = Group(limits.total_memory, limits.processes + _OWN_PROCESSES)
        try:
            self.process, self._wire = start_template(inner=inner)
            self.group.add_tree(self.process.pid)
        except BaseException:
            self.group.close()
            raise

    def close(self) -> None:
        """End it and whatever runs in it."""
        stop(self.process, self._wire)
        self.group.close()

    def spawn(self, role: str, ends: Sequence[socket.socket]) -> int:
        """Ask the template for a new process group; return its number there."""
        try:
            files = tuple(end.fileno() for end in ends)
            self._wire.send({"do": "spawn", "role": role, "limits": asdict(self.limits)}, files)
            answer, _ = self._wire.receive(timeout=_PATIENCE)
            return int(answer["pid"])
        except (WireClosed, WireTimeout) as error:
            raise SandboxLost(f"the template process does not answer: {error}") from None

    def kill(self, pid: int) -> None:
        """Kill a process group and everything in it."""
        try:
            self._wire.send({"do": "kill", "pid": pid})
            self._wire.receive(timeout=_PATIENCE)
        except (WireClosed, WireTimeout) as error:
            raise SandboxLost(f"the template process does not answer: {error}") from None


class Sandbox:
    """A template process and the submissions that are graded in it, one after the other. A context manager.

    Parameters
    ----------
    limits : Limits, optional
    inner : bool
        Whether every submission gets namespaces of its own inside bubblewrap. Without them a new template is
        started for each.

    Raises
    ------
    NoSandbox
        If there is none on this machine.
    """

    def __init__(self, limits: Limits | None = None, *, inner: bool = True) -> None:
        self.limits = limits or Limits()
        self.inner = inner
        # Without the inner wall the template of the tests runs no student's code, and each run has one of its own.
        self._template = _Template(self.limits, inner)

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
        return self._template.group.bounds

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
        report = Report()
        waiting: list[_Waiting] = []
        runs: list[_Run] = []
        try:
            self._run_cells(cells, report, waiting, runs)
            for run in runs:
                run.ask("seal")
            self._run_tests(waiting, report, draw)
        finally:
            for snapshot in waiting:
                snapshot.end.close()
            for run in runs:
                run.close()
        order = [test.task for test in map(test_of, cells) if test]
        report.outcomes.sort(key=lambda outcome: order.index(outcome.task))
        return report

    def _run_cells(
        self, cells: Sequence[dict[str, Any]], report: Report, waiting: list[_Waiting], runs: list["_Run"]
    ) -> None:
        done: list[str] = []
        deadline = time.monotonic() + self.limits.total_seconds
        run: _Run | None = self._new_run(runs)
        for place, cell in enumerate(cells):
            test = test_of(cell)
            if test is not None:
                snapshot = (run.snapshot(test) or run.snapshot(test, tidy=True)) if run else None
                if snapshot:
                    waiting.append(snapshot)
                else:
                    report.outcomes.append(_lost(test, "the notebook did not run this far"))
            elif cell["cell_type"] == "code" and run is not None and cell["source"].strip():
                outputs, why = run.execute(cell["source"], deadline)
                report.outputs[place] = outputs
                if why is None:
                    done.append(cell["source"])
                    continue
                report.notes.append(f"cell {place + 1} {why}; the other cells were run without it")
                run = self._run_again(done, runs, report, deadline)

    def _run_again(self, done: list[str], runs: list["_Run"], report: Report, deadline: float) -> "_Run | None":
        if time.monotonic() > deadline:
            report.notes.append(f"all cells together ran longer than {self.limits.total_seconds:g} seconds")
            return None
        if len(runs) > _RESTARTS:
            report.notes.append(f"more than {_RESTARTS} cells ended their process: the rest was not run")
            return None
        run = self._new_run(runs)
        for source in done:
            _, why = run.execute(source, deadline)
            if why is not None:
                report.notes.append(f"a cell that had run {why} when it was run again: the rest was not run")
                return None
        return run

    def _run_tests(self, waiting: list[_Waiting], report: Report, draw: str) -> None:
        if not waiting:
            return
        tests = self._new_tests()
        hidden_ran = False
        try:
            for snapshot in waiting:
                outcome = self._test(tests, snapshot, draw, hidden_ran)
                hidden_ran = hidden_ran or bool(hidden_lines(snapshot.test.source))
                if outcome is None:
                    tests.close()
                    tests = self._new_tests()
                    outcome = _lost(snapshot.test, self._too_long())
                report.outcomes.append(outcome)
        finally:
            tests.close()

    def _test(self, tests: "_Process", snapshot: _Waiting, draw: str, hidden_ran: bool) -> Outcome | None:
        """Run one test; None if the tests' process had to be given up."""
        snapshot.run.ask("go", snapshot.pid)
        request = {**asdict(snapshot.test), "draw": draw, "hidden_ran": hidden_ran}
        try:
            tests.wire.send(request, (snapshot.end.fileno(),))
            snapshot.end.close()
            try:
                said, _ = tests.wire.receive(timeout=self.limits.test_seconds)
                return Outcome(**said)
            except WireTimeout:
                snapshot.run.ask("stop", snapshot.pid)  # the test then sees that no one answers
                tests.wire.receive(timeout=_PATIENCE)
                return _lost(snapshot.test, self._too_long())
        except (WireClosed, WireTimeout):
            return None
        finally:
            snapshot.run.ask("stop", snapshot.pid)

    def _too_long(self) -> str:
        return f"the checks ran longer than {self.limits.test_seconds:g} seconds: is there a loop that does not end?"

    def _new_run(self, runs: list["_Run"]) -> "_Run":
        template = self._template if self.inner else _Template(self.limits, inner=False)
        run = _Run(template, own=not self.inner)
        runs.append(run)
        return run

    def _new_tests(self) -> "_Process":
        return _Process(self._template, "tests")


class _Process:
    """A process group with one wire."""

    def __init__(
        self, template: _Template, role: str, more: Sequence[socket.socket] = (), *, own: bool = False
    ) -> None:
        ours, theirs = pair()
        self.wire, self.template, self.own = Wire(ours), template, own
        try:
            self.pid = template.spawn(role, [theirs, *more])
        except BaseException:
            if own:
                template.close()
            raise
        finally:
            theirs.close()

    def close(self) -> None:
        """Kill it, and its template if it has one of its own."""
        self.wire.close()
        if self.own:
            self.template.close()
        else:
            self.template.kill(self.pid)


class _Run(_Process):
    """A student's process behind its warden."""

    def __init__(self, template: _Template, *, own: bool) -> None:
        ours, theirs = pair()
        try:
            super().__init__(template, "student", [theirs], own=own)
        finally:
            theirs.close()
        self.cells = Wire(ours)

    def ask(self, what: str, pid: int = 0) -> None:
        """Tell the warden something, and wait until it is done."""
        try:
            self.wire.send({"do": what, "pid": pid})
            while "done" not in self.wire.receive(timeout=_PATIENCE)[0]:
                pass  # that the student's process has ended, which its own wire says, too
        except (WireClosed, WireTimeout) as error:
            raise SandboxLost(f"the warden does not answer: {error}") from None

    def execute(self, source: str, deadline: float) -> tuple[list[dict[str, Any]], str | None]:
        """Run a cell; return its outputs, and why its process is lost if it is."""
        limits = self.template.limits
        seconds = min(limits.cell_seconds, max(deadline - time.monotonic(), 0.0))
        try:
            self.cells.send({"do": "execute", "source": source})
            said, _ = self.cells.receive(timeout=seconds)
            return _outputs(said["outputs"]), None
        except WireTimeout:
            why = f"ran longer than {seconds:.3g} seconds"
        except (WireClosed, TypeError, KeyError, AttributeError):
            why = "ended its process (a crash, an exit, or more memory or processor time than allowed)"
        self.ask("seal")
        text = {"output_type": "error", "ename": "Stopped", "evalue": why, "traceback": [why]}
        return [text], why

    def snapshot(self, test: TestCell, *, tidy: bool = False) -> _Waiting | None:
        """Fork a snapshot that waits for a test; None if the process does not.

        With `tidy`, what the student's cells have left running is killed before, so that there is room.
        """
        if tidy:
            self.ask("tidy")
        mine, theirs = pair()
        try:
            self.cells.send({"do": "snapshot"}, (theirs.fileno(),))
            said, _ = self.cells.receive(timeout=_PATIENCE)
            pid = said["pid"]
        except (WireClosed, WireTimeout, TypeError, KeyError):
            mine.close()
            return None
        finally:
            theirs.close()
        if type(pid) is not int or not 1 < pid < 2**22:
            mine.close()
            return None
        self.ask("hold", pid)
        return _Waiting(test, pid, mine, self)

    def close(self) -> None:
        """Kill it and all of its snapshots."""
        self.cells.close()
        super().close()


def _lost(test: TestCell, why: str) -> Outcome:
    return Outcome(test.task, test.points, 0.0, message=why, shown=why)


def _outputs(said: Any) -> list[dict[str, Any]]:
    """Return those outputs that have the form of a notebook's, as the student's process may have sent anything."""
    kept: list[dict[str, Any]] = []
    for output in said if isinstance(said, list) else []:
        with contextlib.suppress(KeyError, TypeError, AttributeError):
            match output["output_type"]:
                case "stream":
                    kept.append({"output_type": "stream", "name": "stdout", "text": str(output["text"])})
                case "display_data":
                    data = {str(kind): str(value) for kind, value in output["data"].items()}
                    kept.append({"output_type": "display_data", "data": data, "metadata": {}})
                case "error":
                    lines = [str(line) for line in output["traceback"]]
                    named = {name: str(output[name]) for name in ("ename", "evalue")}
                    kept.append({"output_type": "error", **named, "traceback": lines})
    return kept
