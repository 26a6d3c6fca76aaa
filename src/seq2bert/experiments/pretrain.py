"""Pretraining a small BERT on the course's prose: lecture 13's own code with a longer budget.

Trains on half-precision matrix products where the processor has them, saves every few minutes and
resumes there. The weights that come out are those that the package ships.
"""

import json
from pathlib import Path

import torch

from seq2bert.bert import BertConfig, BertForMaskedTokens, PretrainingBatches, parameter_count
from seq2bert.checkpoints import SHIPPED, file_sha256, load_bert, save_bert, weights_file
from seq2bert.data.prose import prose_card
from seq2bert.experiments.prose_task import (
    WINDOW,
    ProseTask,
    masked_token_loss,
    prose_task,
    score_baselines,
    score_masked_tokens,
    start_model,
)
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.training import TrainingConfig, train
from seq2bert.training.precision import autocast

__all__ = ["CONFIG", "EXPERIMENT", "config_of", "pretrain", "score_shipped"]

CONFIG = {
    "pieces": 4000,
    "n_layers": 4,
    "d_model": 256,
    "n_heads": 4,
    "batch_size": 16,
    "window": WINDOW,
    "rate": 0.3,  # share of hidden tokens: more than the paper's, for a short run learns more from each window
    "steps": 26_000,
    "learning_rate": 1e-3,
    "warmup": 500,
    "precision": "bfloat16",
    "evaluate_every": 1000,
    "checkpoint_every": 200,
}


def config_of(settings: Settings, n_tokens: int, pad_id: int) -> BertConfig:
    """Return the model's sizes; nothing is dropped: tokens are hidden anew each time a window is seen."""
    return BertConfig(
        n_tokens=n_tokens,
        d_model=settings["d_model"],
        n_heads=settings["n_heads"],
        d_ff=4 * settings["d_model"],
        n_layers=settings["n_layers"],
        max_length=settings["window"],
        dropout=0.0,
        attention_dropout=0.0,
        pad_id=pad_id,
    )


def pretrain(settings: Settings, folder: Path) -> Figures:
    """Train, save the weights in the published form, and score what was saved on the test documents."""
    task = prose_task(size=settings["pieces"])
    vocabulary = task.tokenizer.vocabulary
    config = config_of(settings, len(vocabulary), vocabulary.pad_id)
    model = start_model(config, task, seed=settings["seed"])
    batches = PretrainingBatches(
        task.train,
        task.masking(settings["rate"]),
        length=settings["window"],
        batch_size=settings["batch_size"],
        seed=settings["seed"],
    )
    validation = task.held_out("validation")

    def evaluate(model: BertForMaskedTokens) -> float:
        with autocast(settings["precision"], next(model.parameters()).device):
            return score_masked_tokens(model, validation)["accuracy"]

    training = TrainingConfig(
        steps=settings["steps"],
        learning_rate=settings["learning_rate"],
        schedule="linear",
        warmup=settings["warmup"],
        precision=settings["precision"],
        seed=settings["seed"],
        evaluate_every=settings["evaluate_every"],
        checkpoint_every=settings["checkpoint_every"],
    )
    history = train(model, batches, masked_token_loss, training, evaluate=evaluate, checkpoint=folder / f"{SHIPPED}.pt")
    save_bert(model.cpu(), folder / SHIPPED, tokenizer=task.tokenizer, precision="float16")
    figures = {
        "parameters": parameter_count(config, pooler=False),
        "tokens_seen": settings["steps"] * settings["batch_size"] * settings["window"],
        "processor_seconds": round(history.processor_seconds),
        "training_loss": _thinned(history.loss, 100),
        "validation_accuracy": [[steps, round(value, 4)] for steps, value in history.evaluations],
        **score_shipped(task, folder / SHIPPED),
    }
    _write_card(folder / SHIPPED, settings, figures)
    return figures


def score_shipped(task: ProseTask, folder: Path) -> Figures:
    """Score weights as they were saved, in 16 bits, and the baselines, on both held-out parts."""
    model = load_bert(folder).model.eval()
    figures: Figures = {}
    for part in ("validation", "test"):
        batches = task.held_out(part)
        scores = score_masked_tokens(model, batches) | score_baselines(task, batches)
        figures[part] = {name: round(value, 4) for name, value in scores.items()}
        figures[part]["hidden tokens"] = sum(len(batch.targets) for batch in batches)
    return figures


def _thinned(values: list[float], every: int) -> list[float]:
    """Average runs of values."""
    runs = [values[start : start + every] for start in range(0, len(values), every)]
    return [round(sum(run) / len(run), 4) for run in runs]


def _write_card(folder: Path, settings: Settings, figures: Figures) -> None:
    """Say beside the weights what they are and how to make them again."""
    prose = prose_card()
    card = {
        "what": "BERT for masked tokens: encoder and head, 16-bit weights",
        "command": "python -m seq2bert.experiments pretrain",
        "settings": settings,
        "torch": torch.__version__.split("+")[0],
        "data": {name: prose[name] for name in ("what", "sha256", "rule", "sources")},
        "licence": "MIT, as the package; learned from the prose above, whose licences are named there",
        "sha256": file_sha256(weights_file(folder)),
        "figures": figures,
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _plan(records: list[Record]) -> list[Settings]:
    return [{**CONFIG, "seed": 0}]


def _summarise(records: list[Record]) -> Figures:
    (record,) = records
    names = ("parameters", "tokens_seen", "processor_seconds", "validation", "test")
    return {name: record.figures[name] for name in names}


EXPERIMENT = Experiment(
    name="pretrain",
    description="a small BERT pretrained on the prose: the weights that the package ships",
    plan=_plan,
    run_job=pretrain,
    config=CONFIG,
    summarise=_summarise,
    makes=SHIPPED,
)
