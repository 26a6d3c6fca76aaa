"""Decoding that follows one path: choose a token, read it, go on. Greedy decoding and the loop of sampling."""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from seq2bert.decoding.result import Decoding, StepFunction, cut


def greedy_decode(
    step: StepFunction,
    state: object,
    *,
    batch_size: int,
    start_id: int | Int[Tensor, " batch"],
    end_id: int,
    max_length: int,
    device: torch.device | None = None,
) -> Decoding:
    """Take the most probable token at every step.

    Parameters
    ----------
    step : callable
        See the package's docstring.
    state : object
        The first state.
    batch_size, end_id : int
    start_id : int or integer Tensor, shape (batch,)
        The first token that the model reads: the same for all sentences, or one for each (the last
        tokens of prompts).
    max_length : int
        Number of steps after which a sentence is cut, end token included.
    device : torch.device, optional
        Where the model is; the default device if left out.

    Raises
    ------
    ValueError
        If ``batch_size`` or ``max_length`` is below 1, or ``start_id`` has another number of tokens.
    """
    start = first_tokens(batch_size, start_id, max_length, device)
    return follow(step, state, lambda logits: logits.argmax(-1), start, end_id, max_length)


def first_tokens(
    batch_size: int, start_id: int | Tensor, max_length: int, device: torch.device | None
) -> Int[Tensor, " batch"]:
    """Return what the model reads first, after checking the sizes.

    Raises
    ------
    ValueError
        If ``batch_size`` or ``max_length`` is below 1, or ``start_id`` has another number of tokens.
    """
    if batch_size < 1 or max_length < 1:
        raise ValueError(f"batch_size and max_length must be at least 1; got {batch_size} and {max_length}")
    if not isinstance(start_id, Tensor):
        return torch.full((batch_size,), start_id, device=device)
    if start_id.shape != (batch_size,):
        raise ValueError(f"start_id needs shape ({batch_size},), one token per sentence; got {tuple(start_id.shape)}")
    return start_id.to(device) if device is not None else start_id


@torch.no_grad()
def follow(
    step: StepFunction,
    state: object,
    choose: Callable[[Tensor], Tensor],
    tokens: Int[Tensor, " batch"],
    end_id: int,
    max_length: int,
) -> Decoding:
    """Let ``choose`` make tokens of logits until every sentence has ended."""
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
    return cut(torch.stack(rows, dim=1), torch.stack(weights, dim=1), end_id)
