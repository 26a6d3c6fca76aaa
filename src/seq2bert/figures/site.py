"""The figures of the course's own page, from the checkpoints that come with the package, and inputs to test them with.

To add one: an entry in `SITE`, a page that names it, and inputs to draw. A kind of figure that no script shows yet
needs its script in `scripts`, too.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from seq2bert.attention import SCORE_NAMES
from seq2bert.bert import BertForMaskedTokens
from seq2bert.checkpoints import load_bert, shipped_folder
from seq2bert.data.dates import load_dates
from seq2bert.data.prose import load_prose
from seq2bert.experiments import load_result
from seq2bert.experiments.date_readers import load_date_reader
from seq2bert.experiments.small_date_readers import small_reader_folder
from seq2bert.figures.figure import LiveFigure
from seq2bert.figures.heads import bert_heads_figure, heads_figure
from seq2bert.figures.reading import attention_figure, score_figure
from seq2bert.figures.softmax import softmax_figure
from seq2bert.figures.words import words_figure
from seq2bert.tokenization import WordPiece

__all__ = ["SITE", "SiteFigure"]


@dataclass(frozen=True)
class SiteFigure:
    """A figure of the page.

    Attributes
    ----------
    make : callable
        Returns the figure.
    weights : str or None
        Name of the file of weights; figures of the same model share it.
    draw : callable
        Draws an input at random.
    """

    make: Callable[[], LiveFigure]
    weights: str | None
    draw: Callable[[random.Random], dict[str, Any]]


def _attention() -> LiveFigure:
    model: Any
    model, task = load_date_reader("additive, Bahdanau order")
    return attention_figure(model, source=task.source_vocabulary, target=task.target_vocabulary)


def _scores() -> LiveFigure:
    loaded = {name: load_date_reader(name, small_reader_folder()) for name in SCORE_NAMES}
    task = loaded["dot"][1]
    models: dict[str, Any] = {name: model for name, (model, _) in loaded.items()}
    return score_figure(models, source=task.source_vocabulary, target=task.target_vocabulary)


def _heads() -> LiveFigure:
    model: Any
    model, task = load_date_reader("transformer")
    return heads_figure(model, source=task.source_vocabulary, target=task.target_vocabulary)


@cache
def _bert() -> tuple[BertForMaskedTokens, WordPiece]:
    return load_bert(shipped_folder()).model.eval(), WordPiece.load(shipped_folder())


def _with_cost(figure: LiveFigure) -> LiveFigure:
    """Say what the rounded weights of a figure cost."""
    accuracy = {bits: score["accuracy"] for bits, score in load_result("four-bits")["summary"].items()}
    cost = (
        " The weights are rounded to four bits, to load faster; on held-out text the model then "
        f"guesses {accuracy['4 bits']:.1%} of the hidden pieces, instead of {accuracy['16 bits']:.1%}."
    )
    return replace(figure, look_for=figure.look_for + cost)


def _bert_heads() -> LiveFigure:
    return _with_cost(bert_heads_figure(*_bert(), bits=4))


def _words() -> LiveFigure:
    figure = words_figure(*_bert(), bits=4)
    return _with_cost(replace(figure, title="Masked words, predicted by the course's BERT"))


def _draw_date(generator: random.Random) -> dict[str, Any]:
    seed = generator.randrange(2**31)
    (pair,) = load_dates(n_train=1, n_valid=1, n_test=1, seed=seed).test
    return {"text": pair.source}


def _draw_forced(generator: random.Random) -> dict[str, Any]:
    given = _draw_date(generator)
    steps = generator.sample(range(10), generator.choice([0, 1, 2]))
    choices = [*range(len(given["text"])), *["none"] * len(given["text"])]  # half of the rows look nowhere
    return given | {"forced": {str(step): generator.choice(choices) for step in steps}}


def _draw_scores(generator: random.Random) -> dict[str, Any]:
    return {
        "scores": [round(generator.uniform(-3, 3), 1) for _ in range(5)],
        "temperature": 2 ** generator.uniform(-2, 2),
        "d": 2 ** generator.randrange(10),
        "scaled": generator.random() < 0.5,
    }


@cache
def _sentences() -> list[str]:
    return [sentence for document in load_prose().test for sentence in document.sentences]


def _draw_sentence(generator: random.Random) -> dict[str, Any]:
    return {"text": generator.choice(_sentences())}


def _draw_hidden(generator: random.Random) -> dict[str, Any]:
    given = _draw_sentence(generator)
    length = len(_bert()[1].ids(given["text"]))
    return given | {"hidden": sorted(generator.sample(range(1, 1 + min(length, 100)), min(length, 2)))}


SITE = {
    "attention": SiteFigure(_attention, "attention", _draw_forced),
    "scores": SiteFigure(_scores, "scores", _draw_date),
    "softmax": SiteFigure(softmax_figure, None, _draw_scores),
    "heads": SiteFigure(_heads, "heads", _draw_date),
    "bert-heads": SiteFigure(_bert_heads, "bert", _draw_sentence),
    "masked-words": SiteFigure(_words, "bert", _draw_hidden),
}
"""By name: what the marks in pages say."""
