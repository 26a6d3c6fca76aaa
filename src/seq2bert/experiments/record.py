"""Running a grid of jobs, resuming it, and recording what came out.

A job is a dict of plain settings. It runs in a process of its own on one thread, and its figures
(a dict of plain numbers and lists) are appended to a file at once, so that a run that is stopped
loses the jobs under way and nothing else.
"""

import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

Settings = dict[str, Any]
Figures = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One finished job: its settings and its figures."""

    settings: Settings
    figures: Figures


@dataclass(frozen=True)
class Experiment:
    """A long experiment.

    Attributes
    ----------
    name, description : str
    plan : callable
        Records so far to the jobs that are still wanted, as settings; jobs that are done may be
        named again. Called until nothing new comes, so that a later part of the grid (seeds) may
        depend on an earlier one (the best learning rate).
    run_job : callable
        Settings to figures. A function of a module, so that another process can import it. One that
        ``makes`` files is given the folder of unfinished runs too.
    config : dict
        Everything the jobs share; hashed into the record.
    summarise : callable
        All records to the summary that the lectures show.
    makes : str, optional
        Name of a folder of files that the job writes into the folder it is given: trained weights, say.
        The package keeps it in its ``assets/checkpoints``.
    """

    name: str
    description: str
    plan: Callable[[list[Record]], list[Settings]]
    run_job: Callable[..., Figures]
    config: Settings
    summarise: Callable[[list[Record]], Figures]
    makes: str | None = None

    @property
    def config_sha256(self) -> str:
        """Hash of name and config: unfinished runs of another config are not resumed."""
        return _sha256({"name": self.name, "config": self.config})


def run_experiment(
    experiment: Experiment, *, folder: Path, output: Path | None = None, processes: int = 1, progress: bool = True
) -> Path:
    """Run what is missing of an experiment and write its record.

    Parameters
    ----------
    experiment : Experiment
    folder : Path
        Where finished jobs wait while the run goes on.
    output : Path, optional
        The JSON file to write; the package's own, if left out.
    processes : int
        Jobs side by side, one thread each.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ValueError
        If ``processes`` is below 1, or a job finds a figure that is not finite: a validation loss of NaN
        could win every comparison that follows.
    """
    if processes < 1:
        raise ValueError(f"processes must be at least 1; got {processes}")
    output = Path(str(files("seq2bert"))) / f"assets/results/{experiment.name}.json" if output is None else output
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{experiment.name}-{experiment.config_sha256[:12]}.jsonl"
    records = list(_read_records(unfinished))
    with tqdm(total=0, disable=not progress, unit="job", desc=experiment.name) as bar:
        while jobs := _missing(experiment.plan(records), records):
            bar.total = len(records) + len(jobs)
            bar.n = len(records)
            bar.refresh()
            for record in _run_jobs(experiment, jobs, processes, folder):
                line = _line(record)
                with unfinished.open("a", encoding="utf-8") as file:
                    file.write(line)
                records.append(record)
                bar.update()
    wanted = [_key(settings) for settings in experiment.plan(records)]
    records = sorted((r for r in records if _key(r.settings) in wanted), key=lambda r: wanted.index(_key(r.settings)))
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = output.with_name(output.name + ".part")  # then moved, so that a crash leaves the old one whole
    beside.write_text(json.dumps(_document(experiment, records), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, output)
    if experiment.makes is not None:
        kept = output.parents[1] / "checkpoints" / experiment.makes
        shutil.copytree(folder / experiment.makes, kept, dirs_exist_ok=True)
    return output


def load_result(name: str) -> dict:
    """Return the record that the package ships under this name.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are.
    """
    folder = files("seq2bert") / "assets/results"
    path = folder / f"{name}.json"
    if not path.is_file():
        there = sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json"))
        raise ValueError(f"no result is recorded under {name!r}; there are: {', '.join(there) or 'none'}")
    return json.loads(path.read_text(encoding="utf-8"))


def _document(experiment: Experiment, records: list[Record]) -> dict:
    return {
        "name": experiment.name,
        "description": experiment.description,
        "command": f"python -m seq2bert.experiments {experiment.name}",
        "seeds": sorted({r.settings["seed"] for r in records}),
        "versions": {"python": platform.python_version()}
        | {name: version(name).split("+")[0] for name in ("torch", "numpy", "Babel", "seq2bert")},
        "threads_per_job": 1,
        "code_sha256": _code_sha256(),
        "config_sha256": experiment.config_sha256,
        "config": experiment.config,
        "summary": experiment.summarise(records),
        "runs": [{"settings": r.settings, "figures": r.figures} for r in records],
    }


def _run_jobs(experiment: Experiment, jobs: list[Settings], processes: int, folder: Path) -> Iterator[Record]:
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by the workers, before they import torch
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start_worker) as pool:
        more = () if experiment.makes is None else (folder.resolve(),)
        waiting: dict[Future, Settings] = {pool.submit(experiment.run_job, job, *more): job for job in jobs}
        try:
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield Record(waiting.pop(future), future.result())
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Without it a worker whose run was killed would wait for the next job for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _missing(jobs: list[Settings], records: list[Record]) -> list[Settings]:
    done = {_key(record.settings) for record in records}
    return [job for job in jobs if _key(job) not in done]


def _line(record: Record) -> str:
    """Write a finished job as a line of the file of unfinished runs."""
    try:
        return json.dumps(vars(record), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise ValueError(f"figures must be finite; job {record.settings} found {record.figures}") from error


def _read_records(path: Path) -> Iterator[Record]:
    """Read finished jobs; a last line that was cut off by a crash is left out."""
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    for line in whole.splitlines():
        yield Record(**json.loads(line))


def _code_sha256() -> str:
    """Hash the package's modules that are imported now, by name: what the jobs ran."""
    digest = hashlib.sha256()
    for name in sorted(sys.modules):
        file = getattr(sys.modules[name], "__file__", None)
        if name.partition(".")[0] == "seq2bert" and file:
            digest.update(name.encode() + b"\0" + Path(file).read_bytes())
    return digest.hexdigest()


def _key(settings: Settings) -> str:
    return _dump(settings)


def _dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _sha256(value: object) -> str:
    return hashlib.sha256(_dump(value).encode()).hexdigest()
