"""Turning a model into an output: greedy and sampled decoding.

Decoding knows no model. It takes a step function: tokens of shape (batch,) and a state go in;
logits (batch, vocab), weights (batch, source) and the next state come out. Beam search is left
out here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
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


def greedy_decode(
    step: StepFunction,
    state: object,
    *,
    batch_size: int,
    start_id: int,
    end_id: int,
    max_length: int,
    device: torch.device | None = None,
) -> Decoding:
    """Take the most probable token at every step.

    Parameters
    ----------
    step : callable
        See the module's docstring.
    state : object
        The first state.
    batch_size, start_id, end_id : int
    max_length : int
        Number of steps after which a sentence is cut, end token included.
    device : torch.device, optional
        Where the model is; the default device if left out.

    Raises
    ------
    ValueError
        If ``batch_size`` or ``max_length`` is below 1.
    """
    start = _start(batch_size, start_id, max_length, device)
    return _decode(step, state, lambda logits: logits.argmax(-1), start, end_id, max_length)


def sample_decode(
    step: StepFunction,
    state: object,
    *,
    batch_size: int,
    start_id: int,
    end_id: int,
    max_length: int,
    generator: torch.Generator,
    temperature: float = 1.0,
    device: torch.device | None = None,
) -> Decoding:
    """Draw every token from the model's distribution.

    Parameters
    ----------
    temperature : float
        Logits are divided by it: below 1 sharper, above 1 flatter. Must be positive.
    generator : torch.Generator
        Source of the randomness, on the device of the logits.

    Raises
    ------
    ValueError
        If ``temperature`` is not positive, or ``batch_size`` or ``max_length`` is below 1.
    """
    if not temperature > 0:  # so written, it catches NaN too
        raise ValueError(f"temperature must be positive; got {temperature}. Its limit 0 is greedy_decode")

    def draw(logits: Float[Tensor, "batch vocab"]) -> Int[Tensor, " batch"]:
        probabilities = torch.softmax(logits / temperature, dim=-1)
        return torch.multinomial(probabilities, 1, generator=generator)[:, 0]

    return _decode(step, state, draw, _start(batch_size, start_id, max_length, device), end_id, max_length)


def _start(batch_size: int, start_id: int, max_length: int, device: torch.device | None) -> Int[Tensor, " batch"]:
    if batch_size < 1 or max_length < 1:
        raise ValueError(f"batch_size and max_length must be at least 1; got {batch_size} and {max_length}")
    return torch.full((batch_size,), start_id, device=device)


@torch.no_grad()
def _decode(
    step: StepFunction,
    state: object,
    choose: Callable[[Tensor], Tensor],
    tokens: Int[Tensor, " batch"],
    end_id: int,
    max_length: int,
) -> Decoding:
    ended = torch.zeros_like(tokens, dtype=torch.bool)
    rows, weights = [], []
    for _ in range(max_length):
        logits, step_weights, state = step(tokens, state)
        tokens = choose(logits)
        rows.append(tokens)
        weights.append(step_weights)
        ended |= tokens == end_id
        if ended.all():
            break
    return _cut(torch.stack(rows, dim=1), torch.stack(weights, dim=1), end_id)


def _cut(ids: Int[Tensor, "batch target"], weights: Float[Tensor, "batch target source"], end_id: int) -> Decoding:
    """Cut every sentence at its end token; the weights keep the row that produced it."""
    sentences, rows, finished = [], [], []
    for sentence, sentence_weights in zip(ids.tolist(), weights, strict=True):
        ended = end_id in sentence
        length = sentence.index(end_id) if ended else len(sentence)
        sentences.append(sentence[:length])
        rows.append(sentence_weights[: length + ended])
        finished.append(ended)
    return Decoding(sentences, rows, finished)
