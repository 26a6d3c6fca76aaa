"""L09's comparison of positions: two tasks on letters, trained on short sequences and tested on longer ones.

Reversing needs the place of a letter and the length of its sequence. Naming the letter three places back
needs a distance only. Every scheme gets the same steps; its learning rate is chosen on validation data.
Two layers of one width, one way of starting each scheme: nothing is said about larger models.
"""

from collections.abc import Sequence
from functools import cache

import torch

from seq2bert.data.keyed import LETTERS, copy_sequences
from seq2bert.experiments.compare import interval, paired_interval
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.tagging import Tagger, TaggingTask, TagPair
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.positions import POSITION_NAMES
from seq2bert.training import History, TrainingConfig, seed_everything, train
from seq2bert.transformer import TransformerConfig
from seq2bert.vocabulary import Vocabulary

__all__ = [
    "CONFIG",
    "EXPERIMENT",
    "TASKS",
    "accuracy_by_length",
    "label_back",
    "label_reversed",
    "letter_pairs",
    "letters_tagging",
    "train_variant",
]

TASKS: dict[str, Settings] = {
    "reverse": {"causal": False, "steps": 500, "seeds": [0, 1, 2, 3, 4]},
    "three back": {"causal": True, "steps": 150, "seeds": [0, 1, 2, 3, 4]},
}
"""Whether a letter sees earlier ones only, the steps of training, and the seeds of the table."""

CONFIG: Settings = {
    "schemes": list(POSITION_NAMES),
    "tasks": TASKS,
    "back": 3,
    "min_length": 4,
    "max_length": 12,
    "lengths": [4, 6, 8, 12, 15, 18, 24, 48],
    "n_per_length": 200,
    "n_train": 20_000,
    "n_valid": 400,
    "sizes": {
        "d_model": 64,
        "n_heads": 4,
        "d_ff": 256,
        "n_encoder_layers": 2,
        "n_decoder_layers": 2,
        "dropout": 0.0,
        "norm": "pre",
        "max_length": 64,  # rows of the learned table: enough for the longest test
        "largest_distance": 13,  # of relative positions: no two of the longest training tokens are further apart
    },
    "batch_size": 32,
    "first_rates": [2.5e-3, 5e-3, 1e-2],
    "largest_rate": 0.64,  # of the search; relative positions bear more than other parts of the course
    "rate_seed": 100,
    "limits": {"task": "three back", "scheme": "relative", "largest_distance": [4, 16, 32]},  # beside that of sizes
}

_VOCABULARY = Vocabulary(LETTERS)


def label_reversed(letters: Sequence[str]) -> TagPair:
    """Return ``<start>``, the letters and ``<end>``, and for each letter the one that mirrors it.

    The two ends are marked, so that a scheme that knows distances only can find them.
    """
    ids, none = _VOCABULARY.encode(letters), _VOCABULARY.pad_id
    return [_VOCABULARY.start_id, *ids, _VOCABULARY.end_id], [none, *ids[::-1], none]


def label_back(letters: Sequence[str]) -> TagPair:
    """Return the letters, and for each the one three places before it; the first three have no label."""
    ids, back = _VOCABULARY.encode(letters), CONFIG["back"]
    return ids, [_VOCABULARY.pad_id] * back + ids[:-back]


_LABELLERS = {"reverse": label_reversed, "three back": label_back}


def letter_pairs(task: str, n: int, *, min_length: int, max_length: int, seed: int) -> list[TagPair]:
    """Draw random letters and label them for one of `TASKS`."""
    drawn = copy_sequences(n, min_length=min_length, max_length=max_length, seed=seed)
    return [_LABELLERS[task](letters) for letters, _ in drawn]


@cache
def letters_tagging(task: str) -> TaggingTask:
    """Build one of `TASKS`."""
    bounds = {"min_length": CONFIG["min_length"], "max_length": CONFIG["max_length"]}
    sizes = {"train": (CONFIG["n_train"], 1), "valid": (CONFIG["n_valid"], 2), "test": (CONFIG["n_valid"], 3)}
    return TaggingTask(
        n_tokens=len(_VOCABULARY),
        n_labels=len(_VOCABULARY),
        pad_id=_VOCABULARY.pad_id,
        **{name: letter_pairs(task, n, seed=seed, **bounds) for name, (n, seed) in sizes.items()},
    )


def train_variant(
    task: str,
    scheme: str,
    *,
    learning_rate: float,
    seed: int,
    largest_distance: int | None = None,
    progress: bool = False,
) -> tuple[Tagger, History]:
    """Build and train a model.

    Parameters
    ----------
    task : str
        One of `TASKS`.
    scheme : str
        One of `seq2bert.positions.POSITION_NAMES`.
    learning_rate : float
        The largest of the schedule.
    seed : int
        Of the weights and of the order of the batches.
    largest_distance : int, optional
        Of relative positions; that of the table, if left out.
    progress : bool
        Show a progress bar.
    """
    tagging = letters_tagging(task)
    seed_everything(seed)
    sizes = CONFIG["sizes"] if largest_distance is None else CONFIG["sizes"] | {"largest_distance": largest_distance}
    config = TransformerConfig(**sizes, positions=scheme)
    model = tagging.model(config, causal=CONFIG["tasks"][task]["causal"])
    history = train(
        model,
        tagging.batches(batch_size=CONFIG["batch_size"], seed=seed),
        tagging.loss,
        TrainingConfig(steps=CONFIG["tasks"][task]["steps"], learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    return model, history


def accuracy_by_length(model: Tagger, task: str, *, lengths: Sequence[int], n: int) -> list[float]:
    """Return the share of letters labelled right, for new sequences of each length."""
    tagging = letters_tagging(task)
    return [
        tagging.accuracy(model, letter_pairs(task, n, min_length=length, max_length=length, seed=1000 + length))
        for length in lengths
    ]


def _variants(task: str) -> list[Settings]:
    return [{"task": task, "scheme": scheme} for scheme in CONFIG["schemes"]]


def _plan(records: list[Record]) -> list[Settings]:
    jobs: list[Settings] = []
    for task, options in CONFIG["tasks"].items():
        jobs += plan_tuned(
            _variants(task),
            records,
            first_rates=CONFIG["first_rates"],
            rate_seed=CONFIG["rate_seed"],
            seeds=options["seeds"],
            largest_rate=CONFIG["largest_rate"],
        )
    limits = CONFIG["limits"]
    return jobs + [
        job | {"part": "limit", "largest_distance": largest}
        for largest in limits["largest_distance"]
        for job in jobs
        if job["part"] == "table" and job["task"] == limits["task"] and job["scheme"] == limits["scheme"]
    ]


def _run_job(settings: Settings) -> Figures:
    task = settings["task"]
    options = {name: settings[name] for name in ("learning_rate", "seed", "largest_distance") if name in settings}
    model, history = train_variant(task, settings["scheme"], **options)
    tagging = letters_tagging(task)
    figures: Figures = {
        "processor_seconds": round(history.processor_seconds, 2),
        "valid_loss": tagging.mean_loss(model, tagging.valid),
        "valid_accuracy": tagging.accuracy(model, tagging.valid),
    }
    if settings["part"] != "rate":
        figures["accuracy"] = accuracy_by_length(model, task, lengths=CONFIG["lengths"], n=CONFIG["n_per_length"])
        figures["parameters"] = sum(parameter.numel() for parameter in model.parameters())
    return figures


def _summarise(records: list[Record]) -> Figures:
    return {
        "lengths": CONFIG["lengths"],
        "rows": {
            task: {scheme: _row(records, task, scheme) for scheme in CONFIG["schemes"]} for task in CONFIG["tasks"]
        },
        "limits": [
            {
                "largest_distance": largest,
                "accuracy": [
                    r.figures["accuracy"]
                    for r in records
                    if r.settings["part"] == "limit" and r.settings["largest_distance"] == largest
                ],
            }
            for largest in CONFIG["limits"]["largest_distance"]
        ],
    }


def _row(records: list[Record], task: str, scheme: str) -> Figures:
    variant = {"task": task, "scheme": scheme}
    runs = table_runs(records, variant)
    accuracy = [run.figures["accuracy"] for run in runs]
    without = [run.figures["accuracy"] for run in table_runs(records, {"task": task, "scheme": "none"})]
    return chosen_rates(records, variant) | {
        "parameters": runs[0].figures["parameters"],
        "accuracy": accuracy,
        "processor_seconds": [run.figures["processor_seconds"] for run in runs],
        "interval": [list(interval(column)) for column in zip(*accuracy, strict=True)],
        "minus_none": [
            list(paired_interval(column, other))
            for column, other in zip(zip(*accuracy, strict=True), zip(*without, strict=True), strict=True)
        ],
    }


EXPERIMENT = Experiment(
    name="positions",
    description="L09: six schemes of positions, on reversing and on a fixed distance, beyond the training length",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
