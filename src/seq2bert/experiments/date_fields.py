"""L09's first experiment: a model that names the field of a date to which each character belongs.

One layer of self-attention, with and without positions, with different and with equal heads. Dates
that can be read two ways are not in the data; other widths and more layers are left out.
"""

from functools import cache

import torch

from seq2bert.data.dates import DatePair, load_dates
from seq2bert.experiments.compare import paired_interval
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.tagging import Tagger, TaggingTask, TagPair
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.training import History, TrainingConfig, seed_everything, train
from seq2bert.transformer import SelfAttention, TransformerConfig
from seq2bert.vocabulary import Vocabulary

__all__ = [
    "CONFIG",
    "EXPERIMENT",
    "FIELDS",
    "VARIANTS",
    "build_variant",
    "date_vocabulary",
    "equalise_heads",
    "field_labels",
    "fields_task",
    "head_difference",
    "train_variant",
]

FIELDS = ("year", "month", "day", "weekday", "other")
"""What a character can belong to; "other" is spaces, commas and words such as *de*."""

VARIANTS: dict[str, Settings] = {
    "positions, different heads": {"positions": "rotary", "equal": False},
    "positions, equal heads": {"positions": "rotary", "equal": True},
    "no positions": {"positions": "none", "equal": False},
}

CONFIG: Settings = {
    "variants": VARIANTS,
    "sizes": {"d_model": 32, "n_heads": 4, "d_ff": 64, "n_encoder_layers": 1, "dropout": 0.0, "norm": "pre"},
    "n_train": 20_000,
    "steps": 500,
    "batch_size": 64,
    "first_rates": [5e-3, 1e-2, 2e-2],
    "rate_seed": 100,
    "seeds": [0, 1, 2, 3, 4],
}

_LABELS = Vocabulary(FIELDS)


def field_labels(pair: DatePair) -> list[str]:
    """Name the field of every character of a date's source."""
    labels = ["other"] * len(pair.source)
    for name, (start, stop) in pair.fields.items():
        labels[start:stop] = [name] * (stop - start)
    return labels


@cache
def _pairs() -> dict[str, tuple[DatePair, ...]]:
    data = load_dates(n_train=CONFIG["n_train"])
    return {"train": data.train, "valid": data.valid, "test": data.test}


@cache
def date_vocabulary() -> Vocabulary:
    """Return the characters of the training dates."""
    return Vocabulary.from_sequences(pair.source for pair in _pairs()["train"])


@cache
def fields_task() -> TaggingTask:
    """Build the task: the characters of a date, and the field of each."""
    vocabulary = date_vocabulary()

    def encode(pair: DatePair) -> TagPair:
        return vocabulary.encode_lossy(pair.source), _LABELS.encode(field_labels(pair))

    parts = {name: [encode(pair) for pair in pairs] for name, pairs in _pairs().items()}
    return TaggingTask(n_tokens=len(vocabulary), n_labels=len(_LABELS), pad_id=vocabulary.pad_id, **parts)


def equalise_heads(attention: SelfAttention) -> None:
    """Give every head the weights of the first: its rows of the projections, its columns of the output."""
    with torch.no_grad():
        for block in (*attention.query_key_value.weight.chunk(3), *attention.query_key_value.bias.chunk(3)):
            heads = block.unflatten(0, (attention.n_heads, -1))
            heads.copy_(heads[:1].clone().expand_as(heads))
        columns = attention.output.weight.unflatten(1, (attention.n_heads, -1))
        columns.copy_(columns[:, :1].clone().expand_as(columns))


def head_difference(attention: SelfAttention) -> float:
    """Return the largest difference between a weight or bias of some head and the first head's at the same place."""
    joined = attention.query_key_value
    blocks = [block.unflatten(0, (attention.n_heads, -1)) for block in (*joined.weight.chunk(3), *joined.bias.chunk(3))]
    blocks.append(attention.output.weight.T.unflatten(0, (attention.n_heads, -1)))
    return max((block - block[:1]).abs().max().item() for block in blocks)


def build_variant(variant: str, *, seed: int) -> Tagger:
    """Build one of `VARIANTS`, untrained."""
    options = CONFIG["variants"][variant]
    seed_everything(seed)
    model = fields_task().model(TransformerConfig(**CONFIG["sizes"], positions=options["positions"]))
    if options["equal"]:
        for layer in model.stack.layers:
            equalise_heads(layer.attention)
    return model


def train_variant(variant: str, *, learning_rate: float, seed: int, progress: bool = False) -> tuple[Tagger, History]:
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
    """
    task = fields_task()
    model = build_variant(variant, seed=seed)
    history = train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=CONFIG["steps"], learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    return model, history


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
    task = fields_task()
    model, history = train_variant(settings["variant"], learning_rate=settings["learning_rate"], seed=settings["seed"])
    figures = {
        "processor_seconds": round(history.processor_seconds, 2),
        "valid_loss": task.mean_loss(model, task.valid),
    }
    if settings["part"] == "table":
        figures |= {
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "test_accuracy": task.accuracy(model, task.test),
            "head_difference": max(head_difference(layer.attention) for layer in model.stack.layers),
        }
    return figures


def _summarise(records: list[Record]) -> Figures:
    first = next(iter(CONFIG["variants"]))
    base = [run.figures["test_accuracy"] for run in table_runs(records, {"variant": first})]
    rows = {}
    for variant in _variants():
        runs = table_runs(records, variant)
        accuracy = [run.figures["test_accuracy"] for run in runs]
        rows[variant["variant"]] = chosen_rates(records, variant) | {
            "parameters": runs[0].figures["parameters"],
            "seeds": {
                name: [run.figures[name] for run in runs]
                for name in ("test_accuracy", "head_difference", "processor_seconds")
            },
        }
        if variant["variant"] != first:
            rows[variant["variant"]]["first_minus_this"] = list(paired_interval(base, accuracy))
    return {"rows": rows}


EXPERIMENT = Experiment(
    name="date-fields",
    description="L09: the field of every character of a date, without positions and with equal heads",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
