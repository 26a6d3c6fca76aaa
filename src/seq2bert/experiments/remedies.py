"""L01's remedies: what was tried against distance before attention, each beside the plain model.

Two tasks: copying random letters, where source and target have the same order, and dates, where
they have not. Every variant gets the same pairs, batches and number of steps, and its own learning
rate. Remedies are tried one at a time; their combinations are left out.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch

from seq2bert.data.dates import load_dates
from seq2bert.experiments.compare import interval, paired_interval
from seq2bert.experiments.letters import letters_task
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import IdPair, SequenceTask
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.metrics import exact_match, mean_edit_distance
from seq2bert.recurrent import Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train

__all__ = ["CONFIG", "EXPERIMENT", "REMEDIES", "reverse_source", "reverse_target", "train_variant"]

REMEDIES: dict[str, Settings] = {
    "plain": {},
    "source reversed": {"reverse": "source"},
    "target reversed": {"reverse": "target"},
    "context at every step": {"model": {"context_every_step": True}},
    "wider": {"model": {"d_encoder": 128, "d_decoder": 256}},
    "deeper": {"model": {"n_layers": 2}},
}
"""A label, what is done to the data, and what `build_seq2seq` needs to know besides its defaults."""

CONFIG: Settings = {
    "remedies": REMEDIES,
    "tasks": {"copy": {"steps": 500, "max_length": 12}, "dates": {"steps": 600}},
    "directions": {"one": {"bidirectional": False}, "both": {"bidirectional": True}},
    "shown": {  # the rest is left out for the sake of time
        "copy": {"one": list(REMEDIES), "both": ["plain", "source reversed"]},
        "dates": {
            "one": ["plain", "source reversed"],
            "both": [remedy for remedy in REMEDIES if remedy != "source reversed"],
        },
    },
    "batch_size": 64,
    "first_rates": [5e-3, 1e-2, 2e-2],
    "rate_seed": 100,
    "seeds": [0, 1, 2, 3, 4],
}


def reverse_source(task: SequenceTask) -> SequenceTask:
    """Return the same task with every source written from its end to its beginning.

    References
    ----------
    Sutskever et al. (2014), arXiv:1409.3215, section 3.3.
    """
    return _rewrite(task, lambda source, target: (source[::-1], target))


def reverse_target(task: SequenceTask) -> SequenceTask:
    """Return the same task with every target written from its end to its beginning."""
    return _rewrite(task, lambda source, target: (source, target[::-1]))


def _rewrite(task: SequenceTask, change: Callable[[list[int], list[int]], IdPair]) -> SequenceTask:
    parts: dict[str, Any] = {
        name: [change(*pair) for pair in getattr(task, name)] for name in ("train", "valid", "test")
    }
    return replace(task, **parts)


def train_variant(
    task_name: str, direction: str, remedy: str, *, learning_rate: float, seed: int, progress: bool = False
) -> tuple[Seq2Seq, SequenceTask, Figures]:
    """Build and train one variant.

    Parameters
    ----------
    task_name, direction, remedy : str
        A key of the config's ``tasks``, of its ``directions`` (of the encoder), and of `REMEDIES`.
    learning_rate : float
        The largest of the schedule.
    seed : int
        Of the weights and of the order of the batches.
    progress : bool
        Show a progress bar.

    Returns
    -------
    model : Seq2Seq
    task : SequenceTask
        With reversed sources or targets if that is the remedy.
    figures : dict
    """
    task = _task(task_name, REMEDIES[remedy].get("reverse"))
    seed_everything(seed)
    options = CONFIG["directions"][direction] | REMEDIES[remedy].get("model", {})
    model = build_seq2seq(**task.sizes, score=None, **options)
    steps = CONFIG["tasks"][task_name]["steps"]
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=steps, learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return model, task, {"parameters": parameters, "processor_seconds": round(history.processor_seconds, 2)}


def _variants() -> list[Settings]:
    return [
        {"task": task, "direction": direction, "remedy": remedy}
        for task, directions in CONFIG["shown"].items()
        for direction, remedies in directions.items()
        for remedy in remedies
    ]


def _plan(records: list[Record]) -> list[Settings]:
    return plan_tuned(
        _variants(),
        records,
        first_rates=CONFIG["first_rates"],
        rate_seed=CONFIG["rate_seed"],
        seeds=CONFIG["seeds"],
    )


def _run_job(settings: Settings) -> Figures:
    model, task, figures = train_variant(
        settings["task"],
        settings["direction"],
        settings["remedy"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
    )
    figures["valid_loss"] = task.mean_loss(model, task.valid)
    if settings["part"] == "table":
        decoded = task.decode(model, [source for source, _ in task.test]).ids
        targets = [target for _, target in task.test]
        figures["test_loss"] = task.mean_loss(model, task.test)
        figures["exact_match"] = exact_match(decoded, targets)
        edits = mean_edit_distance(decoded, targets)
        figures["edits_per_token"] = edits / float(np.mean([len(target) for target in targets]))
    return figures


METRICS = ("test_loss", "exact_match", "edits_per_token")


def _summarise(records: list[Record]) -> Figures:
    rows = []
    for variant in _variants():
        runs = table_runs(records, variant)
        plain = table_runs(records, variant | {"remedy": "plain"})
        row = variant | chosen_rates(records, variant) | {"parameters": runs[0].figures["parameters"]}
        for metric in METRICS:
            values = [run.figures[metric] for run in runs]
            row[metric] = {"seeds": values, "interval": list(interval(values))}
            if runs != plain:
                row[metric]["minus_plain"] = list(paired_interval(values, [run.figures[metric] for run in plain]))
        row["processor_seconds"] = [run.figures["processor_seconds"] for run in runs]
        rows.append(row)
    return {"rows": rows}


@cache
def _task(name: str, reverse: str | None) -> SequenceTask:
    options = CONFIG["tasks"][name]
    if name == "dates":
        task = SequenceTask.from_dates(load_dates(n_train=options.get("n_train", 60_000)))
    else:
        task = letters_task(name, max_length=options["max_length"])
    if reverse is None:
        return task
    return reverse_source(task) if reverse == "source" else reverse_target(task)


EXPERIMENT = Experiment(
    name="remedies",
    description="L01: reversing, context at every step, wider and deeper states, each beside the plain model",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
