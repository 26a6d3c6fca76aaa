"""What decoding takes and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

StepFunction = Callable[[Tensor, Any], tuple[Tensor, Tensor, Any]]  # the state is the model's own affair


@dataclass(frozen=True)
class Decoding:
    """Decoded sentences.

    Attributes
    ----------
    ids : list of list of int
        Without start and end tokens.
    weights : list of Tensor, each (target, source)
        The attention behind each sentence: one row per id, and one for the end token if it was reached.
    finished : list of bool
        Whether the end token was reached within ``max_length``.
    """

    ids: list[list[int]]
    weights: list[Float[Tensor, "_ source"]]
    finished: list[bool]


@dataclass(frozen=True)
class Hypothesis:
    """One output of beam search.

    Attributes
    ----------
    ids : list of int
        Without start and end tokens.
    log_probability : float
        Of all its tokens, the end token among them if it was reached.
    score : float
        What hypotheses are ranked by; see `length_normalised`.
    finished : bool
        Whether the end token was reached within ``max_length``.
    """

    ids: list[int]
    log_probability: float
    score: float
    finished: bool


def cut(ids: Int[Tensor, "batch target"], weights: Float[Tensor, "batch target source"], end_id: int) -> Decoding:
    """Cut every sentence at its end token; the weights keep the row that produced it."""
    sentences, rows, finished = [], [], []
    for sentence, sentence_weights in zip(ids.tolist(), weights, strict=True):
        ended = end_id in sentence
        length = sentence.index(end_id) if ended else len(sentence)
        sentences.append(sentence[:length])
        rows.append(sentence_weights[: length + ended])
        finished.append(ended)
    return Decoding(sentences, rows, finished)
