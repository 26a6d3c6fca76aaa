"""L10's question of depth: where layer normalisation stands, and whether the learning rate warms up.

Two and four layers in each stack, dates. Two schedules of the learning rate that differ in the warm-up:
both fall in a straight line, one rises first. Every combination gets the same pairs, batches and number of
steps, and its own largest learning rate, found in a shorter run on validation data with a seed that the
table does not use. With four layers each also runs at one and the same large rate. Larger depths and other
shapes of the fall are left out.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import torch

from seq2bert.data.dates import load_dates
from seq2bert.experiments.compare import paired_interval
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.training import TrainingConfig, seed_everything, train
from seq2bert.transformer import NORM_NAMES, SIZES, TransformerSeq2Seq

__all__ = ["CONFIG", "EXPERIMENT", "SCHEDULES", "train_variant"]

SCHEDULES: dict[str, Settings] = {
    "warm-up": {"schedule": "linear", "warmup": 100},
    "no warm-up": {"schedule": "linear", "warmup": 1},
}
"""A label, and what `TrainingConfig` needs to know."""

CONFIG: Settings = {
    "size": "lecture",
    "depths": [4, 2],  # layers in each stack
    "schedules": SCHEDULES,
    "n_train": 60_000,
    "steps": 400,
    "batch_size": 64,
    "first_rates": [2e-3, 4e-3, 8e-3],
    "large": {"layers": 4, "learning_rate": 8e-3},
    "rate_steps": 300,
    "rate_seed": 100,  # not one of the table's
    "seeds": [0, 1, 2],
}

LOSS_WINDOW = 25  # steps averaged to a point of the recorded loss curve


def train_variant(
    norm: str,
    schedule: str,
    *,
    layers: int,
    learning_rate: float,
    seed: int,
    steps: int | None = None,
    progress: bool = False,
) -> tuple[TransformerSeq2Seq, SequenceTask, Figures]:
    """Build and train one combination.

    Parameters
    ----------
    norm : str
        One of `seq2bert.transformer.NORM_NAMES`.
    schedule : str
        One of `SCHEDULES`.
    layers : int
        In each stack.
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
        What was seen while training.
    """
    task = _task()
    seed_everything(seed)
    config = replace(SIZES[CONFIG["size"]], norm=norm, n_encoder_layers=layers, n_decoder_layers=layers)
    model = TransformerSeq2Seq(config, **task.sizes)
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(
            steps=CONFIG["steps"] if steps is None else steps,
            learning_rate=learning_rate,
            seed=seed,
            **SCHEDULES[schedule],
        ),
        device=torch.device("cpu"),
        progress=progress,
    )
    windows = [history.loss[i : i + LOSS_WINDOW] for i in range(0, len(history.loss), LOSS_WINDOW)]
    figures = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "processor_seconds": round(history.processor_seconds, 2),
        "loss_curve": [float(f"{np.mean(window):.4g}") for window in windows],
    }
    return model, task, figures


def _variants() -> list[Settings]:
    return [
        {"layers": layers, "norm": norm, "schedule": schedule}
        for layers in CONFIG["depths"]
        for schedule in CONFIG["schedules"]
        for norm in NORM_NAMES
    ]


def _plan(records: list[Record]) -> list[Settings]:
    jobs = []
    for variant in _variants():
        jobs += plan_tuned(
            [variant],
            records,
            first_rates=CONFIG["first_rates"],
            rate_seed=CONFIG["rate_seed"],
            seeds=CONFIG["seeds"],
        )
    large = CONFIG["large"]
    return jobs + [
        {"part": "large", **variant, "learning_rate": large["learning_rate"], "seed": seed}
        for variant in _variants()
        if variant["layers"] == large["layers"]
        for seed in CONFIG["seeds"]
    ]


def _run_job(settings: Settings) -> Figures:
    searching = settings["part"] == "rate"
    model, task, figures = train_variant(
        settings["norm"],
        settings["schedule"],
        layers=settings["layers"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        steps=CONFIG["rate_steps" if searching else "steps"],
    )
    figures["valid_loss"] = task.mean_loss(model, task.valid)
    if not searching:
        figures["test_loss"] = task.mean_loss(model, task.test)
        figures["exact_match"] = task.exact_match(model, task.test)
    return figures


def _summarise(records: list[Record]) -> Figures:
    rows = []
    for variant in _variants():
        runs = table_runs(records, variant)
        row = variant | chosen_rates(records, variant)
        for figure in ("exact_match", "test_loss", "processor_seconds", "loss_curve"):
            row[figure] = [run.figures[figure] for run in runs]
        rows.append(row)
    post, pre = ([row for row in rows if row["norm"] == norm] for norm in ("post", "pre"))
    gaps = [
        {name: first[name] for name in ("layers", "schedule")}
        | {"interval": list(paired_interval(first["exact_match"], second["exact_match"]))}
        for first, second in zip(pre, post, strict=True)
    ]
    return {"rows": rows, "exact_match_pre_minus_post": gaps, "large": _large(records)}


def _large(records: list[Record]) -> list[Figures]:
    """Return what each combination made of the one large learning rate."""
    rows = []
    for variant in _variants():
        runs = [r for r in records if r.settings["part"] == "large" and r.settings.items() >= variant.items()]
        runs.sort(key=lambda run: run.settings["seed"])
        if runs:
            rows.append(variant | {name: [r.figures[name] for r in runs] for name in ("exact_match", "test_loss")})
    return rows


@cache
def _task() -> SequenceTask:
    return SequenceTask.from_dates(load_dates(n_train=CONFIG["n_train"]))


EXPERIMENT = Experiment(
    name="transformer-depth",
    description="L10: pre- and post-norm with and without warm-up, two and four layers in each stack",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
