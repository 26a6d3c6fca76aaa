"""L01's bottleneck curve: exact match against length, for states of several sizes and for attention.

Letters are reversed; training has lengths 2 to 20. Source and target are as long as each other, so
nothing here is about different lengths, and reversing needs no understanding of the letters.
"""

from collections.abc import Sequence

import numpy as np
import torch

from seq2bert.experiments.letters import letters_of_length, letters_task
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.metrics import edit_distance, exact_match
from seq2bert.recurrent import Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train

__all__ = ["CONFIG", "EXPERIMENT", "VARIANTS", "length_figures", "train_variant"]

VARIANTS: dict[str, Settings] = {
    "none, 32": {"score": None, "d_encoder": 16, "d_decoder": 32},
    "none, 64": {"score": None, "d_encoder": 32, "d_decoder": 64},
    "none, 128": {"score": None, "d_encoder": 64, "d_decoder": 128},
    "none, 256": {"score": None, "d_encoder": 128, "d_decoder": 256},
    "dot, 32": {"score": "dot", "d_encoder": 16, "d_decoder": 32},
    "dot, 128": {"score": "dot", "d_encoder": 64, "d_decoder": 128},
}
"""Score function and state size; what `build_seq2seq` needs to know. The state size is the decoder's."""

CONFIG: Settings = {
    "variants": VARIANTS,
    "kind": "reverse",
    "max_length": 20,
    "lengths": [5, 8, 10, 15, 20, 30],
    "n_per_length": 200,
    "steps": 600,
    "batch_size": 64,
    "first_rates": [5e-3, 1e-2, 2e-2],
    "rate_seed": 100,
    "seeds": [0, 1, 2, 3, 4],
}

LAST_STEPS = 50  # the training loss of a run is the mean of its last steps


def train_variant(variant: str, *, learning_rate: float, seed: int, progress: bool = False) -> tuple[Seq2Seq, Figures]:
    """Build and train one variant.

    Parameters
    ----------
    variant : str
        One of `VARIANTS`.
    learning_rate : float
        The largest of the schedule.
    seed : int
        Of the weights and of the order of the batches.
    progress : bool
        Show a progress bar.

    Returns
    -------
    model : Seq2Seq
    figures : dict
        Parameters, processor seconds, training loss.
    """
    task = letters_task(CONFIG["kind"], max_length=CONFIG["max_length"])
    seed_everything(seed)
    model = build_seq2seq(**VARIANTS[variant], **task.sizes)
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=CONFIG["steps"], learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    return model, {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "processor_seconds": round(history.processor_seconds, 2),
        "train_loss": float(np.mean(history.loss[-LAST_STEPS:])),
    }


def length_figures(model: Seq2Seq, task: SequenceTask, *, kind: str, lengths: Sequence[int], n: int) -> Figures:
    """Decode new sequences of each length.

    Returns
    -------
    dict
        Lists, one figure a length: ``exact_match``; ``edits_per_token``, the edit distance divided
        by the length; ``right_length``, the share of outputs as long as their target.
    """
    figures: Figures = {"exact_match": [], "edits_per_token": [], "right_length": []}
    for length in lengths:
        pairs = letters_of_length(task, kind, length, n=n)
        decoded = task.decode(model, [source for source, _ in pairs], max_length=2 * length).ids
        targets = [target for _, target in pairs]
        edits = [edit_distance(output, target) for output, target in zip(decoded, targets, strict=True)]
        figures["exact_match"].append(exact_match(decoded, targets))
        figures["edits_per_token"].append(round(float(np.mean(edits)) / length, 4))
        figures["right_length"].append(float(np.mean([len(output) == length for output in decoded])))
    return figures


def _variants() -> list[Settings]:
    return [{"variant": name} for name in CONFIG["variants"]]


def _plan(records: list[Record]) -> list[Settings]:
    return plan_tuned(
        _variants(),
        records,
        first_rates=CONFIG["first_rates"],
        rate_seed=CONFIG["rate_seed"],
        seeds=CONFIG["seeds"],
    )


def _run_job(settings: Settings) -> Figures:
    task = letters_task(CONFIG["kind"], max_length=CONFIG["max_length"])
    model, figures = train_variant(settings["variant"], learning_rate=settings["learning_rate"], seed=settings["seed"])
    figures["valid_loss"] = task.mean_loss(model, task.valid)
    if settings["part"] == "table":
        figures |= length_figures(model, task, kind=CONFIG["kind"], lengths=CONFIG["lengths"], n=CONFIG["n_per_length"])
    return figures


def _summarise(records: list[Record]) -> Figures:
    rows = {}
    for variant in _variants():
        runs = table_runs(records, variant)
        names = [name for name in runs[0].figures if name != "parameters"]
        rows[variant["variant"]] = {
            **chosen_rates(records, variant),
            "state_size": VARIANTS[variant["variant"]]["d_decoder"],
            "parameters": runs[0].figures["parameters"],
            "seeds": {name: [run.figures[name] for run in runs] for name in names},
        }
    return {"lengths": CONFIG["lengths"], "rows": rows}


EXPERIMENT = Experiment(
    name="bottleneck",
    description="L01: exact match against length for states of four sizes, without and with attention",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
