"""L10's comparison: recurrent models and the Transformer translate the two pocket corpora.

Every model gets the same pairs, batches and number of steps, and its own learning rate, found in a
shorter run on validation data with a seed that the table does not use. The dot decoder runs once more
for as much processor time as the Transformer took, and on the hard corpus, where it is the larger of
the two, once more with as many parameters. Other scores are left out for the sake of time.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch

from seq2bert.data.pocket import PocketPair, load_pocket
from seq2bert.experiments.compare import paired_interval
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.experiments.translation_figures import LATER, alignment_errors, source_maps, translation_figures
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.recurrent import Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train
from seq2bert.transformer import SIZES, TransformerSeq2Seq

__all__ = [
    "CONFIG",
    "EXPERIMENT",
    "MODELS",
    "TRANSFORMER",
    "build_model",
    "count_parameters",
    "train_model",
]

TRANSFORMER, NARROWER, BAHDANAU = "Transformer", "dot, as many parameters", "additive, Bahdanau order"
MODELS: dict[str, Settings] = {
    TRANSFORMER: {},
    "dot": {"score": "dot"},
    NARROWER: {"score": "dot"},
    BAHDANAU: {"score": "additive", "order": "bahdanau"},
    "none": {"score": None},
}
"""A label, and what `build_seq2seq` needs to know; the Transformer has the size "lecture"."""

CONFIG: Settings = {
    "transformer": "lecture",
    "models": MODELS,
    "sizes": {  # on the easy corpus dot has as many parameters as the Transformer as it is
        "easy": [TRANSFORMER, "dot", BAHDANAU, "none"],
        "hard": [TRANSFORMER, "dot", NARROWER, BAHDANAU, "none"],
    },
    "longer": {"easy": "dot", "hard": "dot"},  # the model that also gets the Transformer's time
    "steps": 1000,
    "batch_size": 64,
    "first_rates": [4e-3, 8e-3],
    "rate_steps": 400,
    "rate_seed": 100,  # not one of the table's
    "seeds": [0, 1, 2],
    "n_written": 12,  # the first test sentences, whose translations the first seed records
    "mapped": 8,  # the test sentence whose attention the first seed records
}

LAST_STEPS = 50  # the training loss of a run is the mean of its last steps


def build_model(model: str, task: SequenceTask, *, seed: int) -> Seq2Seq | TransformerSeq2Seq:
    """Build one of `MODELS` for a task, with the weights of a seed.

    The narrower model has the widths with which its parameters come closest to the Transformer's.
    """
    widths: Settings = _widths_as_transformer(task) if model == NARROWER else {}
    seed_everything(seed)
    if model == TRANSFORMER:
        return TransformerSeq2Seq(SIZES[CONFIG["transformer"]], **task.sizes)
    return build_seq2seq(**MODELS[model], **widths, **task.sizes)


def _widths_as_transformer(task: SequenceTask) -> Settings:
    candidates: list[Settings] = [{"d_encoder": width, "d_decoder": 2 * width} for width in range(16, 97, 2)]
    with torch.device("meta"):  # shapes without numbers
        wanted = count_parameters(TransformerSeq2Seq(SIZES[CONFIG["transformer"]], **task.sizes))
        counts = [count_parameters(build_seq2seq(**MODELS[NARROWER], **c, **task.sizes)) for c in candidates]
    return min(zip(counts, candidates, strict=True), key=lambda pair: abs(pair[0] - wanted))[1]


def count_parameters(model: torch.nn.Module) -> int:
    """Return the number of learned numbers; a matrix with two uses counts once."""
    return sum(parameter.numel() for parameter in model.parameters())


def train_model(
    model_name: str, size: str, *, learning_rate: float, seed: int, steps: int | None = None, progress: bool = False
) -> tuple[Seq2Seq | TransformerSeq2Seq, SequenceTask, Figures]:
    """Build and train one model; this is all that a recorded run does before it is tested.

    Parameters
    ----------
    model_name : str
        One of `MODELS`.
    size : str
        One of `seq2bert.data.pocket.SIZES`.
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
    model : Seq2Seq or TransformerSeq2Seq
    task : SequenceTask
    figures : dict
        What was seen while training: parameters, processor seconds, loss.
    """
    task = _task(size)
    model = build_model(model_name, task, seed=seed)
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=CONFIG["steps"] if steps is None else steps, learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    figures = {
        "parameters": count_parameters(model),
        "processor_seconds": round(history.processor_seconds, 2),
        "train_loss": float(np.mean(history.loss[-LAST_STEPS:])),
    }
    return model, task, figures


def _variants() -> list[Settings]:
    return [{"size": size, "model": model} for size, models in CONFIG["sizes"].items() for model in models]


def _plan(records: list[Record]) -> list[Settings]:
    jobs: list[Settings] = []
    for size in CONFIG["sizes"]:
        jobs += plan_tuned(
            [variant for variant in _variants() if variant["size"] == size],
            records,
            first_rates=CONFIG["first_rates"],
            rate_seed=CONFIG["rate_seed"],
            seeds=CONFIG["seeds"],
        )
        if size in CONFIG["longer"]:
            jobs += _longer(records, size)
    return jobs


def _longer(records: list[Record], size: str) -> list[Settings]:
    """Plan one model's runs of the Transformer's length in time, once both are timed."""
    runs = [table_runs(records, {"size": size, "model": model}) for model in (TRANSFORMER, CONFIG["longer"][size])]
    if min(map(len, runs)) < len(CONFIG["seeds"]):
        return []
    transformer, model = (np.mean([run.figures["processor_seconds"] for run in some]) for some in runs)
    steps = round(CONFIG["steps"] * float(transformer / model))
    return [run.settings | {"part": "longer", "steps": steps} for run in runs[1]]


def _run_job(settings: Settings) -> Figures:
    searching, size = settings["part"] == "rate", settings["size"]
    model, task, figures = train_model(
        settings["model"],
        size,
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        steps=settings.get("steps", CONFIG["rate_steps" if searching else "steps"]),
    )
    figures["valid_loss"] = task.mean_loss(model, task.valid)
    if not searching:
        figures |= {"test_loss": task.mean_loss(model, task.test), **translation_figures(model, task, task.test)}
        if _attends(settings["model"]):
            data = load_pocket(size)
            figures["valid_alignment_errors"] = alignment_errors(model, task, data.valid)
            figures["alignment_errors"] = alignment_errors(model, task, data.test)
        if settings["part"] == "table" and settings["seed"] == CONFIG["seeds"][0]:
            figures |= _shown(model, task, load_pocket(size).test, attends=_attends(settings["model"]))
    return figures


def _attends(model: str) -> bool:
    return MODELS[model].get("score", "") is not None


def _shown(
    model: Seq2Seq | TransformerSeq2Seq, task: SequenceTask, pairs: Sequence[PocketPair], *, attends: bool
) -> Figures:
    """Write down some translations, and where each layer looks in one sentence, for the page to show."""
    ids = task.decode(model, [source for source, _ in task.test[: CONFIG["n_written"]]]).ids
    figures: Figures = {"written": [" ".join(task.target_vocabulary.decode(sentence)) for sentence in ids]}
    if attends:
        mapped = source_maps(model, task, [pairs[CONFIG["mapped"] % len(pairs)]])
        figures["maps"] = {
            label: [[round(weight, 3) for weight in row] for row in weights[0].tolist()]
            for label, weights in mapped.items()
            if "head" not in label
        }
    return figures


def _summarise(records: list[Record]) -> Figures:
    return {size: _summarise_size(records, size) for size in CONFIG["sizes"]}


def _summarise_size(records: list[Record], size: str) -> Figures:
    rows = {}
    for name in CONFIG["sizes"][size]:
        variant = {"size": size, "model": name}
        rows[name] = chosen_rates(records, variant) | _row(table_runs(records, variant))
    longer = [r for r in records if r.settings["part"] == "longer" and r.settings["size"] == size]
    if longer:
        longer.sort(key=lambda run: run.settings["seed"])
        rows[f"{CONFIG['longer'][size]}, as much time"] = {"steps": longer[0].settings["steps"]} | _row(longer)
    for name, row in rows.items():
        if name != TRANSFORMER:
            for figure in ("exact_match", "bleu"):
                row[f"transformer_minus_{figure}"] = list(paired_interval(rows[TRANSFORMER][figure], row[figure]))
    return {"rows": rows}


def _row(runs: Sequence[Record]) -> Figures:
    row = {"parameters": runs[0].figures["parameters"]}
    for figure in ("exact_match", "bleu", "test_loss", "train_loss", "processor_seconds", "by_length"):
        row[figure] = [run.figures[figure] for run in runs]
    row |= {name: runs[0].figures[name] for name in ("written", "maps") if name in runs[0].figures}
    if "alignment_errors" in runs[0].figures:
        row |= _alignment(runs)
    return row


def _alignment(runs: Sequence[Record]) -> Figures:
    """Choose maps on validation sentences and return their errors on test sentences.

    Returns
    -------
    dict
        ``alignment_error``: that of the step that writes a word, mean of the heads of ``layer``, which fits best of
        all seeds together; ``best_alignment_error``: that of the map that fits best of all layers, heads and
        both steps, chosen for each seed and named in ``best_map``.
    """
    valid, test = ([run.figures[name] for run in runs] for name in ("valid_alignment_errors", "alignment_errors"))
    layers = [label for label in valid[0] if "head" not in label and LATER not in label]
    layer = min(layers, key=lambda label: sum(errors[label] for errors in valid))
    best = [min(errors, key=errors.__getitem__) for errors in valid]
    return {
        "layer": layer,
        "alignment_error": [errors[layer] for errors in test],
        "best_map": best,
        "best_alignment_error": [errors[label] for errors, label in zip(test, best, strict=True)],
    }


@cache
def _task(size: str) -> SequenceTask:
    return SequenceTask.from_pocket(load_pocket(size))


EXPERIMENT = Experiment(
    name="pocket-models",
    description="L10: recurrent models and the Transformer on pocket translation, easy and hard",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
