"""L04's table: dates read with every score function, in both decoder orders, with and without a window.

Every variant gets the same pairs, batches and number of steps. The learning rate is chosen for each
of them on validation data, with a seed that the table does not use. Sizes are the course's defaults;
other widths, cells and data are left out, so the table says nothing about them.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch

from seq2bert.attention import SCORE_NAMES
from seq2bert.data.dates import TARGET_FIELDS, DateData, DatePair, load_dates
from seq2bert.experiments.compare import paired_interval
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.experiments.step_time import QUARTILES, OneByOne, time_steps
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.metrics import attention_entropy, attention_in_field
from seq2bert.recurrent import Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train

__all__ = ["CONFIG", "EXPERIMENT", "VARIANTS", "attention_figures", "train_variant"]

VARIANTS: dict[str, Settings] = {
    "none": {"score": None},
    **{name: {"score": name} for name in SCORE_NAMES},
    "additive, Bahdanau order": {"score": "additive", "order": "bahdanau"},
    "dot, input feeding": {"score": "dot", "input_feeding": True},
    "dot, local-m": {"score": "dot", "window": "local-m"},
    "dot, local-p": {"score": "dot", "window": "local-p"},
}
"""A label, and what `build_seq2seq` needs to know. Luong's order and every source position unless it says otherwise."""

CONFIG: Settings = {
    "variants": VARIANTS,
    "window_width": 5,  # Luong et al. 2015, section 3.2, take 10 words
    "steps": 500,
    "batch_size": 64,
    "first_rates": [5e-3, 1e-2, 2e-2],
    "rate_seed": 100,  # not one of the table's
    "seeds": [0, 1, 2, 3, 4],
    "longer_steps": [1000, 2000, 4000],
    "longer_seeds": [0, 1],
    "evaluate_every": 25,
    "curve_pairs": 200,
    "timing_rounds": 150,
}

ONE_BY_ONE = "none, one token at a time"  # timed only: its numbers are those of "none"
LAST_STEPS = 50  # the training loss of a run is the mean of its last steps
LOSS_WINDOW = 25  # steps averaged to a point of the recorded loss curve


def train_variant(
    variant: str, *, learning_rate: float, seed: int, steps: int = CONFIG["steps"], progress: bool = False
) -> tuple[Seq2Seq, Figures]:
    """Build and train one variant; this is all that a recorded run does before it is tested.

    Parameters
    ----------
    variant : str
        One of `VARIANTS`.
    learning_rate : float
        The largest of the schedule.
    seed : int
        Of the weights and of the order of the batches.
    steps : int
    progress : bool
        Show a progress bar.

    Returns
    -------
    model : Seq2Seq
    figures : dict
        What was seen while training: parameters, processor seconds, loss, learning curve.
    """
    task = _task()
    seed_everything(seed)
    model = _build(variant, task)
    few = task.valid[: CONFIG["curve_pairs"]]
    evaluate_every = CONFIG["evaluate_every"] * steps // CONFIG["steps"]  # as many points for any number of steps
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=steps, learning_rate=learning_rate, seed=seed, evaluate_every=evaluate_every),
        evaluate=lambda model: task.exact_match(model, few),
        device=torch.device("cpu"),
        progress=progress,
    )
    windows = [history.loss[i : i + LOSS_WINDOW] for i in range(0, steps, LOSS_WINDOW)]
    return model, {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "processor_seconds": round(history.processor_seconds, 2),
        "train_loss": float(np.mean(history.loss[-LAST_STEPS:])),
        "loss_curve": [float(f"{np.mean(window):.4g}") for window in windows],
        "exact_match_curve": [list(point) for point in history.evaluations],
        "steps_to_99": next((step for step, value in history.evaluations if value >= 0.99), None),
    }


@torch.no_grad()
def attention_figures(model: Seq2Seq, task: SequenceTask, pairs: Sequence[DatePair]) -> Figures:
    """Measure where a model looks while it reads the true target.

    Parameters
    ----------
    model : Seq2Seq
        With attention.
    task : SequenceTask
        Its vocabularies encode the pairs.
    pairs : sequence of DatePair

    Returns
    -------
    dict
        ``in_field``: mean share of the attention on the right date field while the digits of year,
        month and day are written; ``entropy``: of the same rows, in nats. Rows of a predictive
        window sum to less than 1 and are divided by their sum first.
    """
    was_training = model.training
    model.eval()
    in_field, entropy = [], []
    digits = [place for start, stop in TARGET_FIELDS.values() for place in range(start, stop)]
    for start in range(0, len(pairs), 200):  # concat builds every pair of states: a few at a time
        some = pairs[start : start + 200]
        source, target = task.source_vocabulary, task.target_vocabulary
        batch = task.collate([(source.encode_lossy(pair.source), target.encode(pair.target)) for pair in some])
        weights = model(batch.source, batch.source_lengths, batch.target_inputs).weights
        weights = weights / weights.sum(-1, keepdim=True)
        entropy += attention_entropy(weights[:, digits]).mean(-1).tolist()
        in_field += [
            attention_in_field(row, TARGET_FIELDS, pair.fields) for row, pair in zip(weights, some, strict=True)
        ]
    model.train(was_training)
    return {"in_field": float(np.mean(in_field)), "entropy": float(np.mean(entropy))}


def _build(variant: str, task: SequenceTask) -> Seq2Seq:
    return build_seq2seq(**VARIANTS[variant], width=CONFIG["window_width"], **task.sizes)


def _variants() -> list[Settings]:
    return [{"variant": name, "steps": CONFIG["steps"]} for name in VARIANTS]


def _plan(records: list[Record]) -> list[Settings]:
    jobs = plan_tuned(
        _variants(),
        records,
        first_rates=CONFIG["first_rates"],
        rate_seed=CONFIG["rate_seed"],
        seeds=CONFIG["seeds"],
    )
    longer = [
        job | {"part": "longer", "steps": steps}
        for job in jobs
        if job["part"] == "table" and job["variant"] == "none" and job["seed"] in CONFIG["longer_seeds"]
        for steps in CONFIG["longer_steps"]
    ]
    return [{"part": "timing", "seed": 0}, *jobs, *longer]


def _run_job(settings: Settings) -> Figures:
    if settings["part"] == "timing":
        return _time_variants()
    model, figures = train_variant(
        settings["variant"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        steps=settings["steps"],
    )
    task = _task()
    figures["valid_loss"] = task.mean_loss(model, task.valid)
    figures["valid_exact_match"] = task.exact_match(model, task.valid)
    if settings["part"] != "rate":  # a learning rate is not chosen on test days, so they are not looked at
        figures["test_loss"] = task.mean_loss(model, task.test)
        figures["test_exact_match"] = task.exact_match(model, task.test)
        if VARIANTS[settings["variant"]]["score"] is not None:
            figures |= attention_figures(model, task, _data().test)
    return figures


def _time_variants() -> Figures:
    task = _task()
    seed_everything(0)
    models = {name: _build(name, task) for name in VARIANTS}
    models[ONE_BY_ONE] = OneByOne(models["none"].encoder, models["none"].decoder)
    return time_steps(
        models,
        task.loss,
        task.batches(batch_size=CONFIG["batch_size"]),
        rounds=CONFIG["timing_rounds"],
        relative_to="none",
    )


def _summarise(records: list[Record]) -> Figures:
    timing = next(record.figures for record in records if record.settings["part"] == "timing")
    rows = {}
    for variant in _variants():
        runs, name = table_runs(records, variant), variant["variant"]
        kept = [key for key in runs[0].figures if not key.endswith("_curve") and key != "parameters"]
        quartiles = timing["relative_quartiles"][name]
        rows[name] = chosen_rates(records, variant) | {
            "parameters": runs[0].figures["parameters"],
            "milliseconds_per_step": timing["milliseconds"][name],
            "time_relative_to_none": dict(zip(QUARTILES, quartiles, strict=True)),
            "seeds": {key: [run.figures[key] for run in runs] for key in kept},
        }
    longer = [r for r in records if r.settings["part"] == "longer"]
    names = ("steps_to_99", "test_loss", "test_exact_match")
    none_for_longer = [
        {
            "steps": steps,
            "seeds": {name: [r.figures[name] for r in longer if r.settings["steps"] == steps] for name in names},
        }
        for steps in CONFIG["longer_steps"]
    ]
    return {
        "rows": rows,
        "one_by_one_time_relative_to_none": dict(zip(QUARTILES, timing["relative_quartiles"][ONE_BY_ONE], strict=True)),
        "none_for_longer": none_for_longer,
        "best": _best(rows),
    }


def _best(rows: dict[str, Figures]) -> str:
    """Name the variant whose weights say most, among those that read dates equally well.

    Equally well: the paired interval of the exact match on validation days, against the highest
    one, holds 0. Among these, the most attention in the right date field.
    """
    exact = {name: row["seeds"]["valid_exact_match"] for name, row in rows.items() if "in_field" in row["seeds"]}
    highest = max(exact.values(), key=sum)
    equal = [name for name, values in exact.items() if paired_interval(highest, values).low <= 0]
    return max(equal, key=lambda name: sum(rows[name]["seeds"]["in_field"]))


@cache
def _data() -> DateData:
    return load_dates()


@cache
def _task() -> SequenceTask:
    return SequenceTask.from_dates(_data())


EXPERIMENT = Experiment(
    name="dates-zoo",
    description="L04: score functions, decoder orders and windows on dates, five seeds each",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
