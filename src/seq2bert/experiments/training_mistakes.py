"""L01's two classic mistakes beside the right way: padding in the loss, and targets that are not shifted.

Batches are drawn without regard to length, so that there is much padding; the course's own batches
hold sequences of similar length and little of it. The learning rate is the same for all three.
"""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seq2bert.data.batching import PooledBatches, SeqBatch
from seq2bert.experiments.compare import paired_interval
from seq2bert.experiments.letters import letters_of_length, letters_task
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.recurrent import Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train

__all__ = ["CONFIG", "EXPERIMENT", "loss_with_padding", "mistake_figures", "mixed_batch", "train_way", "without_shift"]

CONFIG: Settings = {
    "ways": ["right", "padding counted", "no shift"],
    "kind": "reverse",
    "max_length": 20,
    "sizes": {"d_encoder": 32, "d_decoder": 64},
    "steps": 200,
    "batch_size": 64,
    "learning_rate": 1e-2,
    "length": 3,
    "n_sequences": 200,
    "seeds": [0, 1, 2, 3, 4],
}

LAST_STEPS = 20  # the loss that training reports is the mean of its last steps


def loss_with_padding(model: Seq2Seq, batch: SeqBatch) -> Tensor:
    """Average the loss over all places of the batch, padding included: the mistake, on purpose."""
    logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())


def without_shift(batch: SeqBatch) -> SeqBatch:
    """Let the decoder read the very token that it has to predict: the other mistake, on purpose."""
    return replace(batch, target_inputs=batch.targets)


def mixed_batch(task: SequenceTask, choose: PooledBatches, step: int) -> SeqBatch:
    """Collate random pairs of all lengths."""
    return task.collate([task.train[i] for i in choose(step)])


def train_way(way: str, *, seed: int, progress: bool = False) -> tuple[Seq2Seq, Figures]:
    """Build and train one model the right way, or with one of the two mistakes.

    Parameters
    ----------
    way : str
        One of the config's ``ways``.
    seed : int
        Of the weights and of the batches.
    progress : bool
        Show a progress bar.

    Returns
    -------
    model : Seq2Seq
    figures : dict
        ``reported_loss`` is what the training itself would print.
    """
    task = _task()
    choose = PooledBatches([1] * len(task.train), batch_size=CONFIG["batch_size"], seed=seed, pool_batches=1)
    seed_everything(seed)
    model = build_seq2seq(**task.sizes, score=None, **CONFIG["sizes"])

    def batch_at(step: int) -> SeqBatch:
        batch = mixed_batch(task, choose, step)
        return without_shift(batch) if way == "no shift" else batch

    history = train(
        model,
        batch_at,
        loss_with_padding if way == "padding counted" else task.loss,
        TrainingConfig(steps=CONFIG["steps"], learning_rate=CONFIG["learning_rate"], seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    return model, {
        "reported_loss": float(np.mean(history.loss[-LAST_STEPS:])),
        "processor_seconds": round(history.processor_seconds, 2),
    }


def mistake_figures(model: Seq2Seq) -> Figures:
    """Measure a model as it should be measured: masked loss, and exact match of short sequences."""
    task = _task()
    pairs = letters_of_length(task, CONFIG["kind"], CONFIG["length"], n=CONFIG["n_sequences"])
    return {"true_loss": task.mean_loss(model, task.valid), "exact_match": task.exact_match(model, pairs)}


def _task() -> SequenceTask:
    return letters_task(CONFIG["kind"], max_length=CONFIG["max_length"])


def _plan(_records: list[Record]) -> list[Settings]:
    return [{"way": way, "seed": seed} for way in CONFIG["ways"] for seed in CONFIG["seeds"]]


def _run_job(settings: Settings) -> Figures:
    model, figures = train_way(settings["way"], seed=settings["seed"])
    return figures | mistake_figures(model)


def _summarise(records: list[Record]) -> Figures:
    rows = {}
    for way in CONFIG["ways"]:
        runs = [r.figures for r in records if r.settings["way"] == way]
        rows[way] = {name: [figures[name] for figures in runs] for name in runs[0]}
    right = rows["right"]
    for name in ("reported_loss", "true_loss", "exact_match"):
        for way in CONFIG["ways"][1:]:
            rows[way][f"{name}_minus_right"] = list(paired_interval(rows[way][name], right[name]))
    return {"rows": rows}


EXPERIMENT = Experiment(
    name="training-mistakes",
    description="L01: padding counted in the loss, targets not shifted, and the right way",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
