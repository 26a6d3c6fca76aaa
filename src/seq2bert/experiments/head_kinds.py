"""L09's question about heads: whether they differ, and whether they split into kinds.

Small models guess hidden words of English sentences whose trees are known. Measured on the rows of hidden
words: how far the heads of a layer differ, which neighbours they look at, and whether they look at words
that the tree ties to the hidden one more than distance alone explains. The sentences are made by a small
grammar; about real English, or larger models, this says nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seq2bert.data.batching import PooledBatches
from seq2bert.data.pocket import PocketPair, load_pocket
from seq2bert.experiments.compare import interval, paired_interval
from seq2bert.experiments.date_fields import equalise_heads, head_difference
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.tagging import TagBatch, Tagger, TaggingTask, TagPair
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.metrics import attention_entropy
from seq2bert.training import History, TrainingConfig, seed_everything, train
from seq2bert.transformer import TransformerConfig
from seq2bert.vocabulary import Vocabulary

__all__ = [
    "CONFIG",
    "EXPERIMENT",
    "HIDDEN",
    "VARIANTS",
    "build_variant",
    "divergence",
    "hidden_rows",
    "hide",
    "hide_each",
    "row_figures",
    "train_variant",
    "tree_surplus",
    "words_task",
]

HIDDEN = "<hidden>"

VARIANTS: dict[str, Settings] = {
    "four heads": {"n_heads": 4, "equal": False},
    "four equal heads": {"n_heads": 4, "equal": True},
    "one head": {"n_heads": 1, "equal": False},
}

CONFIG: Settings = {
    "variants": VARIANTS,
    "sizes": {
        "d_model": 64,
        "d_ff": 128,
        "n_encoder_layers": 2,
        "dropout": 0.0,
        "norm": "pre",
        "positions": "rotary",
    },
    "share_hidden": 0.2,
    "steps": 400,
    "batch_size": 64,
    "first_rates": [2.5e-3, 5e-3, 1e-2],
    "rate_seed": 100,
    "seeds": [0, 1, 2, 3, 4],
    "n_chosen": 300,  # validation sentences, on which a head is chosen
    "n_judged": 300,  # test sentences, on which it is judged
}


@cache
def _sentences() -> dict[str, tuple[PocketPair, ...]]:
    data = load_pocket("easy")
    return {"train": data.train, "valid": data.valid, "test": data.test}


@cache
def _vocabulary() -> Vocabulary:
    words = sorted({word for pair in _sentences()["train"] for word in pair.english})
    return Vocabulary([HIDDEN, *words])


def hide(sentence: Sequence[int], places: Sequence[int], *, hidden_id: int, pad_id: int) -> TagPair:
    """Replace the words at some places, and label these places with what stood there."""
    tokens = [hidden_id if place in places else token for place, token in enumerate(sentence)]
    labels = [token if place in places else pad_id for place, token in enumerate(sentence)]
    return tokens, labels


def hide_each(sentence: Sequence[int], *, hidden_id: int, pad_id: int) -> list[TagPair]:
    """Return one copy of a sentence a token, in which that token is hidden."""
    return [hide(sentence, [place], hidden_id=hidden_id, pad_id=pad_id) for place in range(len(sentence))]


@cache
def words_task() -> TaggingTask:
    """Build the task: English sentences to hide words of, and copies with one word hidden to judge by."""
    vocabulary = _vocabulary()
    encoded = {name: [vocabulary.encode(p.english) for p in pairs] for name, pairs in _sentences().items()}
    ids = _ids()
    few = {name: [pair for s in encoded[name][:300] for pair in hide_each(s, **ids)] for name in ("valid", "test")}
    train_pairs = [(sentence, sentence) for sentence in encoded["train"]]  # hidden anew at every step
    return TaggingTask(
        n_tokens=len(vocabulary), n_labels=len(vocabulary), pad_id=vocabulary.pad_id, train=train_pairs, **few
    )


def _ids() -> dict[str, int]:
    return {"hidden_id": _vocabulary().encode([HIDDEN])[0], "pad_id": _vocabulary().pad_id}


def _batch(choose: PooledBatches, step: int) -> TagBatch:
    generator = np.random.default_rng([choose.seed, step, 9])
    pairs = []
    for index in choose(step):
        sentence = words_task().train[index][0]
        count = max(1, round(CONFIG["share_hidden"] * len(sentence)))
        pairs.append(hide(sentence, generator.choice(len(sentence), count, replace=False).tolist(), **_ids()))
    return words_task().collate(pairs)


def build_variant(variant: str, *, seed: int) -> Tagger:
    """Build one of `VARIANTS`, untrained."""
    options = CONFIG["variants"][variant]
    seed_everything(seed)
    model = words_task().model(TransformerConfig(**CONFIG["sizes"], n_heads=options["n_heads"]))
    if options["equal"]:
        for layer in model.stack.layers:
            equalise_heads(layer.attention)
    return model


def train_variant(variant: str, *, learning_rate: float, seed: int, progress: bool = False) -> tuple[Tagger, History]:
    """Build one of `VARIANTS` and train it to guess hidden words."""
    task = words_task()
    model = build_variant(variant, seed=seed)
    choose = PooledBatches([len(tokens) for tokens, _ in task.train], batch_size=CONFIG["batch_size"], seed=seed)
    history = train(
        model,
        lambda step: _batch(choose, step),
        task.loss,
        TrainingConfig(steps=CONFIG["steps"], learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=progress,
    )
    return model, history


@torch.no_grad()
def hidden_rows(model: Tagger, part: str, n: int) -> list[tuple[PocketPair, Tensor]]:
    """Return sentences with the attention of each of their words while that word is hidden.

    Returns
    -------
    list of (PocketPair, Tensor)
        Weights of shape (word, layer, head, word), one sentence at a time.
    """
    was_training = model.training
    model.eval()
    rows = []
    for pair in _sentences()[part][:n]:
        batch = words_task().collate(hide_each(_vocabulary().encode(pair.english), **_ids()))
        weights = model.forward_with_weights(batch.tokens, batch.lengths)[1]  # (copy, layer, head, word, word)
        places = torch.arange(len(pair.english))
        rows.append((pair, weights[places, :, :, places]))
    model.train(was_training)
    return rows


def divergence(rows: Float[Tensor, "query layer head key"]) -> Float[Tensor, " layer"]:
    """Return the mean Jensen–Shannon divergence of the heads of a layer from their mean row, in nats."""
    spread = attention_entropy(rows.mean(dim=2)) - attention_entropy(rows).mean(dim=2)  # (word, layer)
    return spread.mean(dim=0)


def row_figures(rows: Sequence[tuple[PocketPair, Tensor]]) -> Figures:
    """Describe where each head looks from a hidden word.

    Returns
    -------
    dict
        ``divergence``: a figure a layer. ``previous``, ``next``, ``itself``: mean attention on the word
        before, after and on the hidden place; ``surplus``: see `tree_surplus`. Lists of layers of heads.
    """
    total: dict[str, list[Tensor]] = defaultdict(list)
    for pair, weights in rows:
        n = len(pair.english)
        places = torch.arange(n)
        total["itself"].append(weights[places, :, :, places])  # (word, layer, head)
        total["previous"].append(weights[places[1:], :, :, places[:-1]])
        total["next"].append(weights[places[:-1], :, :, places[1:]])
    figures: Figures = {
        "divergence": torch.stack([divergence(weights) for _, weights in rows]).mean(0).tolist(),
    }
    for name, values in total.items():
        figures[name] = torch.cat(values).mean(0).tolist()
    return figures | {"surplus": tree_surplus(rows).tolist()}


def tree_surplus(rows: Sequence[tuple[PocketPair, Tensor]]) -> Float[Tensor, "layer head"]:
    """Measure how much more attention a word gives to those tied to it in the tree than distance explains.

    Tied are a word's governor and the words it governs. Each tied pair, two places or more apart, is
    compared with the pairs at the same signed distance that are not tied; neighbours are left out,
    because a head that looks next door would count as one that knows the tree.

    Returns
    -------
    Tensor
        For each head the mean attention of tied pairs minus that of their comparison.
    """
    tied: dict[int, list[Tensor]] = defaultdict(list)
    free: dict[int, list[Tensor]] = defaultdict(list)
    for pair, weights in rows:
        governors = pair.tree.heads("english")
        for word, governor in enumerate(governors):
            for other in range(len(governors)):
                if abs(other - word) >= 2:
                    is_tied = other == governor or governors[other] == word
                    (tied if is_tied else free)[other - word].append(weights[word, :, :, other])
    differences, counts = [], []
    for distance, values in tied.items():
        if free[distance]:
            differences.append(torch.stack(values).mean(0) - torch.stack(free[distance]).mean(0))
            counts.append(len(values))
    share = torch.tensor(counts, dtype=torch.float) / sum(counts)
    return (torch.stack(differences) * share[:, None, None]).sum(0)


def _variants() -> list[Settings]:
    return [{"variant": name} for name in CONFIG["variants"]]


def _plan(records: list[Record]) -> list[Settings]:
    untrained = [{"part": "untrained", "variant": "four heads", "seed": seed} for seed in CONFIG["seeds"]]
    return untrained + plan_tuned(
        _variants(),
        records,
        first_rates=CONFIG["first_rates"],
        rate_seed=CONFIG["rate_seed"],
        seeds=CONFIG["seeds"],
    )


def _run_job(settings: Settings) -> Figures:
    if settings["part"] == "untrained":
        return _described(build_variant(settings["variant"], seed=settings["seed"]))
    task = words_task()
    model, history = train_variant(settings["variant"], learning_rate=settings["learning_rate"], seed=settings["seed"])
    figures = {
        "processor_seconds": round(history.processor_seconds, 2),
        "valid_loss": task.mean_loss(model, task.valid),
    }
    if settings["part"] == "table":
        figures |= {
            "test_loss": task.mean_loss(model, task.test),
            "test_accuracy": task.accuracy(model, task.test),
            "head_difference": max(head_difference(layer.attention) for layer in model.stack.layers),
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
        } | _described(model)
    return figures


def _described(model: Tagger) -> Figures:
    return {
        "chosen_on": row_figures(hidden_rows(model, "valid", CONFIG["n_chosen"])),
        "judged_on": row_figures(hidden_rows(model, "test", CONFIG["n_judged"])),
    }


def _best_head(figures: Figures) -> float:
    """Choose the head with the largest surplus on validation sentences; return its surplus on test sentences."""
    chosen = np.asarray(figures["chosen_on"]["surplus"])
    return float(np.asarray(figures["judged_on"]["surplus"]).flat[chosen.argmax()])


def _summarise(records: list[Record]) -> Figures:
    untrained = [r.figures for r in records if r.settings["part"] == "untrained"]
    first = next(iter(CONFIG["variants"]))
    base = [run.figures["test_loss"] for run in table_runs(records, {"variant": first})]
    rows = {"untrained": _described_seeds(untrained)}
    for variant in _variants():
        runs = [run.figures for run in table_runs(records, variant)]
        names = ("test_loss", "test_accuracy", "head_difference", "processor_seconds")
        row = chosen_rates(records, variant) | _described_seeds(runs)
        row |= {"parameters": runs[0]["parameters"], "seeds": {name: [run[name] for run in runs] for name in names}}
        if variant["variant"] != first:
            row["loss_minus_first"] = list(paired_interval([run["test_loss"] for run in runs], base))
        rows[variant["variant"]] = row
    return {"rows": rows}


def _described_seeds(runs: list[Figures]) -> Figures:
    best = [_best_head(run) for run in runs]
    return {
        "heads": [run["judged_on"] for run in runs],
        "best_surplus": best,
        "best_surplus_interval": list(interval(best)),
    }


EXPERIMENT = Experiment(
    name="heads",
    description="L09: heads that guess hidden words: do they differ, and do they know the tree?",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
