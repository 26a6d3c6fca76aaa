"""A pytest plugin around nbval: keep the outputs of the run, measure it, and let nothing pass that did not run.

nbval executes a notebook and throws its outputs away. With `-p tools.record_outputs --record-to FOLDER` the executed
copy of NAME.ipynb is written to FOLDER/NAME.ipynb, and FOLDER/NAME.json gets wall seconds, the kernel's processor
seconds and its peak memory. Written only when every cell passed: a timed-out cell that swallows its interrupt makes
nbval mark the rest as expected failures, with exit status 0; here that is a failure, and so are a skipped cell and an
output that nbval dropped.
"""

import json
import time
from pathlib import Path

import nbformat
import psutil
import pytest

TEXT_LIMIT = 100_000  # characters of printed text a cell may leave; more is a run-away loop


def pytest_addoption(parser):
    parser.addoption("--record-to", help="folder for executed notebooks and their measurements")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn what nbval would let pass into a failure."""
    report = yield
    if not hasattr(item, "cell") or report.when != "call":
        return report
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.name} was skipped or expected to fail: every cell of a lecture must run"
    elif report.passed and item.parent.timed_out:
        report.outcome = "failed"
        report.longrepr = f"{item.name} or a cell before it ran out of time and caught the interrupt"
    elif report.passed and "unhandled iopub msg" in report.capstdout:
        report.outcome = "failed"
        report.longrepr = (
            f"{item.name} sends {report.capstdout.split(':')[-1].strip()}, which a static page cannot show"
        )
    item.parent.all_passed = getattr(item.parent, "all_passed", True) and report.passed
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Note the time at which the notebook's kernel starts."""
    if hasattr(item, "cell") and not hasattr(item.parent, "started"):
        item.parent.started = time.perf_counter()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """After the last cell, while the kernel is still there, measure it and write the executed notebook."""
    if hasattr(item, "cell"):
        item.cell.outputs = [clean(output, item.cell_num + 1) for output in item.test_outputs or ()]
        item.cell.execution_count = item.cell_num + 1
        last = nextitem is None or nextitem.parent is not item.parent
        if last and item.config.getoption("record_to") and getattr(item.parent, "all_passed", False):
            write(item.parent, Path(item.config.getoption("record_to")))
    return (yield)


def clean(output, count):
    """Make one of nbval's outputs a valid notebook output."""
    output = nbformat.from_dict(dict(output))
    if output.output_type == "execute_result":
        output.execution_count = count
    if output.output_type == "stream" and len(output.text) > TEXT_LIMIT:
        output.text = output.text[:TEXT_LIMIT] + "\n… cut\n"
    return output


def measure(process):
    """Processor seconds and peak memory of the kernel and the processes it started."""
    family = [process, *process.children(recursive=True)]
    seconds, peak = 0.0, 0
    for member in family:
        times = member.cpu_times()
        seconds += times.user + times.system
        if member is process:  # what children that ended had used
            seconds += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        peak += peak_memory(member)
    return seconds, peak


def peak_memory(process):
    """Most bytes of memory a process has held; on systems without /proc, the bytes it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), None)
        if line:
            return int(line.split()[1]) * 1024
    return process.memory_info().rss


def write(notebook_file, folder):
    """Write the executed notebook and its measurements."""
    wall = time.perf_counter() - notebook_file.started
    seconds, peak = measure(psutil.Process(notebook_file.kernel.km.provisioner.pid))
    name = notebook_file.path.stem
    notebook = notebook_file.nb
    nbformat.validate(notebook)
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    figures = {"wall_seconds": round(wall, 2), "processor_seconds": round(seconds, 2), "peak_bytes": peak}
    (folder / f"{name}.json").write_text(json.dumps(figures) + "\n")
