"""L01's live models: dates without attention, five seeds of what the page trains once.

The learning rate is the course's for dates and is not searched for here; the experiment "remedies"
does that, and compares more.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch

from seq2bert.data.dates import TARGET_FIELDS, load_dates
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import IdPair, SequenceTask, evaluating
from seq2bert.metrics import exact_match, mean_edit_distance, token_accuracy
from seq2bert.recurrent import Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train

__all__ = ["CONFIG", "EXPERIMENT", "VARIANTS", "date_figures", "free_running_accuracy", "teacher_forced_accuracy"]

VARIANTS: dict[str, Settings] = {"plain": {}, "context at every step": {"context_every_step": True}}
"""A label, and what `build_seq2seq` needs to know besides its defaults."""

LAST_STEPS = 50  # the training loss of a run is the mean of its last steps

CONFIG: Settings = {
    "variants": VARIANTS,
    "n_train": 60_000,
    "steps": 600,
    "batch_size": 64,
    "learning_rate": 1e-2,
    "seeds": [0, 1, 2, 3, 4],
}


def teacher_forced_accuracy(model: Seq2Seq, task: SequenceTask, pairs: Sequence[IdPair]) -> float:
    """Return the share of target tokens predicted right from the *right* earlier tokens."""
    batch = task.collate(pairs).to(next(model.parameters()).device)
    with evaluating(model):
        logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
    return token_accuracy(logits, batch.targets, pad_id=task.target_vocabulary.pad_id)


def free_running_accuracy(model: Seq2Seq, task: SequenceTask, pairs: Sequence[IdPair]) -> float:
    """Return the share of target tokens that stand at their place in the model's own output.

    The end token counts as a token, as in :func:`teacher_forced_accuracy`.
    """
    end = task.target_vocabulary.end_id
    outputs = task.decode(model, [source for source, _ in pairs]).ids
    right = total = 0
    for output, (_, target) in zip(outputs, pairs, strict=True):
        written, wanted = [*output, end], [*target, end]
        right += sum(a == b for a, b in zip(written, wanted, strict=False))
        total += len(wanted)
    return right / total


def date_figures(model: Seq2Seq, task: SequenceTask) -> Figures:
    """Measure a model on unseen days; a field's figure is the share of outputs with that field right."""
    decoded = task.decode(model, [source for source, _ in task.test]).ids
    targets = [target for _, target in task.test]
    fields = {
        name: sum(output[start:stop] == target[start:stop] for output, target in zip(decoded, targets, strict=True))
        for name, (start, stop) in TARGET_FIELDS.items()
    }
    return {
        "test_loss": task.mean_loss(model, task.test),
        "exact_match": exact_match(decoded, targets),
        "edit_distance": mean_edit_distance(decoded, targets),
        "teacher_forced_accuracy": teacher_forced_accuracy(model, task, task.test),
        "free_running_accuracy": free_running_accuracy(model, task, task.test),
        **{name: count / len(targets) for name, count in fields.items()},
    }


def _plan(_records: list[Record]) -> list[Settings]:
    return [{"variant": name, "seed": seed} for name in CONFIG["variants"] for seed in CONFIG["seeds"]]


@cache
def _task() -> SequenceTask:
    return SequenceTask.from_dates(load_dates(n_train=CONFIG["n_train"]))


def _run_job(settings: Settings) -> Figures:
    task, seed = _task(), settings["seed"]
    seed_everything(seed)
    model = build_seq2seq(**task.sizes, score=None, **CONFIG["variants"][settings["variant"]])
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=CONFIG["steps"], learning_rate=CONFIG["learning_rate"], seed=seed),
        device=torch.device("cpu"),
        progress=False,
    )
    return {
        "processor_seconds": round(history.processor_seconds, 2),
        "train_loss": float(np.mean(history.loss[-LAST_STEPS:])),
        **date_figures(model, task),
    }


def _summarise(records: list[Record]) -> Figures:
    rows = {}
    for variant in CONFIG["variants"]:
        runs = [record.figures for record in records if record.settings["variant"] == variant]
        rows[variant] = {name: [figures[name] for figures in runs] for name in runs[0]}
    return {"rows": rows}


EXPERIMENT = Experiment(
    name="dates-without-attention",
    description="L01: dates without attention, as the page trains them, five seeds",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
