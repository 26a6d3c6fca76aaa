"""Timing contenders that take turns, and the peak memory of each in a process of its own."""

import multiprocessing
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

Task = Callable[[], object]


def alternate(tasks: Mapping[str, Task], *, rounds: int, relative_to: str, device: torch.device) -> dict[str, dict]:
    """Run each task once a round, in rotating order; return milliseconds and the ratio to one of them.

    What else the machine does hits the tasks of a round alike, so ratios within a round are steadier
    than times. On a CPU the time is that of the processor, on a GPU that of the clock.
    """
    names = list(tasks)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 2):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            spent = _time(tasks[name], device)
            if number >= 2:  # two rounds to warm up
                seconds[name].append(spent)
    unit = np.array(seconds[relative_to])
    result = {}
    for name, values in seconds.items():
        low, median, high = np.quantile(np.array(values) / unit, [0.25, 0.5, 0.75])
        result[name] = {
            "milliseconds": round(1e3 * float(np.median(values)), 2),
            "relative": round(float(median), 3),
            "relative_quartiles": [round(float(low), 3), round(float(high), 3)],
        }
    return result


def _time(task: Task, device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    started = clock()
    task()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - started


def peak_memory(make_task: Callable[[str, torch.device], Task], name: str, device: torch.device, threads: int) -> float:
    """Return the MiB that making and running a task twice needs, beyond what the imports take."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_peak, (make_task, name, device, threads))


def _peak(make_task: Callable[[str, torch.device], Task], name: str, device: torch.device, threads: int) -> float:
    torch.set_num_threads(threads)
    torch.ones(8, 8) @ torch.ones(8, 8)  # what the first product loads is nobody's
    before = _resident()
    task = make_task(name, device)
    task()
    task()
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return round((_resident() - before) / 2**20, 1)


def _resident() -> float:
    """Return the largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where ru_maxrss begins with what the parent process had
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) * 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def print_table(title: str, rows: Mapping[str, dict]) -> None:
    """Print one line per contender."""
    print(f"\n{title}\n{'':28}{'ms':>10}{'relative':>10}{'quartiles':>18}{'peak MiB':>10}")
    for name, row in rows.items():
        low, high = row["relative_quartiles"]
        memory = row.get("peak_mib", float("nan"))
        print(
            f"{name:28}{row['milliseconds']:10.1f}{row['relative']:10.3f}{f'{low:.3f} – {high:.3f}':>18}{memory:10.1f}"
        )
