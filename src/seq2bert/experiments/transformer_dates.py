"""L10's ablations: the Transformer reads dates, each time with one part changed.

Two layers in each stack. Every variant gets the same pairs, batches and number of steps, and its own
learning rate, found in a shorter run on validation data with a seed that the table does not use.
Parts are changed one at a time: their combinations are left out. So are other widths and depths.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import torch

from seq2bert.data.dates import DateData, load_dates
from seq2bert.experiments.compare import paired_interval
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.training import TrainingConfig, seed_everything, train
from seq2bert.transformer import SIZES, TransformerSeq2Seq

__all__ = ["BASE", "CONFIG", "EXPERIMENT", "VARIANTS", "train_variant"]

BASE = "as it is"
VARIANTS: dict[str, Settings] = {
    BASE: {},
    "no positions": {"positions": "none"},
    "no causal mask": {"causal": False},
    "1 head": {"n_heads": 1},
    "2 heads": {"n_heads": 2},
    "8 heads": {"n_heads": 8},
    "relative positions": {"positions": "relative"},
    "ALiBi": {"positions": "alibi"},
    "sinusoidal positions": {"positions": "sinusoidal"},
    "learned positions": {"positions": "learned"},
    "untied": {"tie": "none"},
    "label smoothing": {"label_smoothing": 0.1},  # Vaswani et al. 2017, section 5.4
}
"""A label, and what differs from the size "lecture": rotary positions, 4 heads, pre-norm, target and output tied.

``label_smoothing`` belongs to the loss that is trained with; every other name is one of `TransformerConfig`.
"""

CONFIG: Settings = {
    "size": "lecture",
    "variants": VARIANTS,
    "n_train": 60_000,
    "steps": 1000,
    "batch_size": 64,
    "first_rates": [4e-3, 8e-3],
    "rate_steps": 400,
    "rate_seed": 100,  # not one of the table's
    "base_seeds": [0, 1, 2, 3, 4],
    "seeds": [0, 1, 2],  # of all other variants
    "evaluate_every": 25,  # steps, and on this many pairs of unseen days, as for lecture 4's learning curves
    "curve_pairs": 200,
}

LAST_STEPS = 50  # the training loss of a run is the mean of its last steps
LOSS_WINDOW = 25  # steps averaged to a point of the recorded loss curve


def train_variant(
    variant: str = BASE, *, learning_rate: float, seed: int, steps: int | None = None, progress: bool = False
) -> tuple[TransformerSeq2Seq, SequenceTask, Figures]:
    """Build and train one variant; this is all that a recorded run does before it is tested.

    Parameters
    ----------
    variant : str
        One of `VARIANTS`.
    learning_rate : float
        The largest of the schedule.
    seed : int
        Of the weights and of the order of the batches.
    steps : int, optional
        Those of the table, if left out.
    progress : bool
        Show a progress bar.

    Returns
    -------
    model : TransformerSeq2Seq
    task : SequenceTask
    figures : dict
        What was seen while training: parameters, processor seconds, the loss that was trained with, and the
        exact match on validation days as a curve; ``steps_to_99`` is where it first reaches .99.
    """
    task, changes = _task(), dict(VARIANTS[variant])
    loss = task.smoothed_loss(changes.pop("label_smoothing", 0.0))
    seed_everything(seed)
    model = TransformerSeq2Seq(replace(SIZES[CONFIG["size"]], **changes), **task.sizes)
    few = task.valid[: CONFIG["curve_pairs"]]
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        loss,
        TrainingConfig(
            steps=CONFIG["steps"] if steps is None else steps,
            learning_rate=learning_rate,
            seed=seed,
            evaluate_every=CONFIG["evaluate_every"],
        ),
        evaluate=lambda model: task.exact_match(model, few),
        device=torch.device("cpu"),
        progress=progress,
    )
    windows = [history.loss[i : i + LOSS_WINDOW] for i in range(0, len(history.loss), LOSS_WINDOW)]
    figures = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "processor_seconds": round(history.processor_seconds, 2),
        "train_loss": float(np.mean(history.loss[-LAST_STEPS:])),
        "loss_curve": [float(f"{np.mean(window):.4g}") for window in windows],
        "exact_match_curve": [list(point) for point in history.evaluations],
        "steps_to_99": next((step for step, value in history.evaluations if value >= 0.99), None),
    }
    return model, task, figures


def _plan(records: list[Record]) -> list[Settings]:
    jobs = []
    for name in CONFIG["variants"]:
        jobs += plan_tuned(
            [{"variant": name}],
            records,
            first_rates=CONFIG["first_rates"],
            rate_seed=CONFIG["rate_seed"],
            seeds=CONFIG["base_seeds"] if name == BASE else CONFIG["seeds"],
        )
    return jobs


def _run_job(settings: Settings) -> Figures:
    searching = settings["part"] == "rate"
    model, task, figures = train_variant(
        settings["variant"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        steps=CONFIG["rate_steps" if searching else "steps"],
    )
    figures["valid_loss"] = task.mean_loss(model, task.valid)
    if not searching:  # a learning rate is not chosen on test days, so they are not looked at
        figures["test_loss"] = task.mean_loss(model, task.test)
        figures["exact_match"] = task.exact_match(model, task.test)
    return figures


def _summarise(records: list[Record]) -> Figures:
    base = table_runs(records, {"variant": BASE})
    rows = {}
    for name in CONFIG["variants"]:
        variant = {"variant": name}
        runs = table_runs(records, variant)
        row = chosen_rates(records, variant) | {"parameters": runs[0].figures["parameters"]}
        for figure in ("exact_match", "test_loss", "valid_loss", "train_loss", "processor_seconds"):
            row[figure] = [run.figures[figure] for run in runs]
        if name == BASE:
            row |= {figure: [run.figures[figure] for run in runs] for figure in ("steps_to_99", "exact_match_curve")}
        else:
            row["exact_match_minus_base"] = list(
                paired_interval(row["exact_match"], [run.figures["exact_match"] for run in base[: len(runs)]])
            )
        rows[name] = row
    return {"rows": rows}


@cache
def _data() -> DateData:
    return load_dates(n_train=CONFIG["n_train"])


@cache
def _task() -> SequenceTask:
    return SequenceTask.from_dates(_data())


EXPERIMENT = Experiment(
    name="transformer-dates",
    description="L10: the Transformer on dates, one part changed at a time",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
