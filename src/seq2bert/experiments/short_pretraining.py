"""Half a minute of pretraining: the run that lecture 13 makes live, recorded with five seeds.

What the long run has, on shorter windows. In so few steps a model reads less than a quarter of the text and
learns hardly more than which tokens are frequent and which go together nearby: short windows keep to that,
and hiding half of the tokens asks more questions of each.
"""

from seq2bert.bert import BertConfig, BertForMaskedTokens, PretrainingBatch, PretrainingBatches, held_out_batches
from seq2bert.experiments.prose_task import (
    HELD_OUT_SEED,
    ProseTask,
    masked_token_loss,
    prose_task,
    score_baselines,
    score_masked_tokens,
    start_model,
)
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.training import History, TrainingConfig, train

__all__ = ["CONFIG", "EXPERIMENT", "pretrain_shortly", "short_config", "short_windows"]

CONFIG: Settings = {
    "pieces": 4000,
    "n_layers": 2,
    "d_model": 128,
    "n_heads": 4,
    "initial_deviation": 0.05,
    "batch_size": 16,
    "window": 32,
    "rate": 0.5,
    "steps": 1100,
    "learning_rate": 3e-3,
    "evaluate_every": 100,
    "seeds": 5,
}


def short_config(settings: Settings, *, n_tokens: int, pad_id: int) -> BertConfig:
    """Return the model's sizes; nothing is dropped."""
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
        initial_deviation=settings["initial_deviation"],
    )


def short_windows(task: ProseTask, part: str, *, window: int = CONFIG["window"]) -> list[PretrainingBatch]:
    """Return all of ``"validation"`` or ``"test"`` in windows of the short run, 15% hidden as in the paper."""
    return held_out_batches(getattr(task, part), task.masking(), length=window, batch_size=128, seed=HELD_OUT_SEED)


def pretrain_shortly(
    task: ProseTask, *, seed: int, settings: Settings = CONFIG, progress: bool = False
) -> tuple[BertForMaskedTokens, History]:
    """Train a small BERT on the training documents.

    Parameters
    ----------
    task : ProseTask
    seed : int
        Of the weights, the windows and what is hidden.
    settings : dict
        As `CONFIG`, whose "seeds" is not needed.
    progress : bool
        Show a progress bar.

    Returns
    -------
    model : BertForMaskedTokens
    history : History
        Its evaluations are accuracies at a part of the validation text.
    """
    vocabulary = task.tokenizer.vocabulary
    config = short_config(settings, n_tokens=len(vocabulary), pad_id=vocabulary.pad_id)
    model = start_model(config, task, seed=seed)
    batches = PretrainingBatches(
        task.train,
        task.masking(settings["rate"]),
        length=settings["window"],
        batch_size=settings["batch_size"],
        seed=seed,
    )
    validation = short_windows(task, "validation", window=settings["window"])[:4]
    training = TrainingConfig(
        steps=settings["steps"],
        learning_rate=settings["learning_rate"],
        seed=seed,
        evaluate_every=settings["evaluate_every"],
    )
    history = train(
        model,
        batches,
        masked_token_loss,
        training,
        evaluate=lambda model: score_masked_tokens(model, validation)["accuracy"],
        progress=progress,
    )
    return model.eval(), history


def _run_job(settings: Settings) -> Figures:
    task = prose_task(size=settings["pieces"])
    model, history = pretrain_shortly(task, seed=settings["seed"], settings=settings)
    test = short_windows(task, "test", window=settings["window"])
    scores = score_masked_tokens(model, test) | score_baselines(task, test)
    return {
        "test": {name: round(value, 4) for name, value in scores.items()},
        "validation_accuracy": [[steps, round(value, 4)] for steps, value in history.evaluations],
        "processor_seconds": round(history.processor_seconds, 1),
    }


def _plan(records: list[Record]) -> list[Settings]:
    shared = {name: value for name, value in CONFIG.items() if name != "seeds"}
    return [{**shared, "seed": seed} for seed in range(CONFIG["seeds"])]


def _summarise(records: list[Record]) -> Figures:
    figures = [record.figures for record in records]
    return {
        "accuracy": [run["test"]["accuracy"] for run in figures],
        "loss": [run["test"]["loss"] for run in figures],
        "baselines": {name: value for name, value in figures[0]["test"].items() if name not in ("accuracy", "loss")},
        "validation_accuracy": [run["validation_accuracy"] for run in figures],
        "processor_seconds": [run["processor_seconds"] for run in figures],
    }


EXPERIMENT = Experiment(
    name="short-pretraining",
    description="the half-minute of pretraining that lecture 13 makes live, five seeds",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
