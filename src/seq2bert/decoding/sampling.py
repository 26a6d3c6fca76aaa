"""Sampling: every token drawn from the model's distribution, or from its likelier part."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2bert.decoding.one_path import first_tokens, follow
from seq2bert.decoding.result import Decoding, StepFunction


def keep_top_k(logits: Float[Tensor, "*batch vocab"], k: int) -> Float[Tensor, "*batch vocab"]:
    """Set all logits but the k largest to minus infinity; those equal to the k-th largest are kept too.

    Raises
    ------
    ValueError
        If ``k`` is below 1.

    References
    ----------
    Fan et al. (2018), arXiv:1805.04833, section 5.4.
    """
    if k < 1:
        raise ValueError(f"top_k must be at least 1; got {k}")
    smallest = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, -torch.inf)


def keep_nucleus(logits: Float[Tensor, "*batch vocab"], p: float) -> Float[Tensor, "*batch vocab"]:
    """Keep the smallest set of likeliest tokens whose probabilities sum to p at least.

    Parameters
    ----------
    p : float
        Above 0, at most 1. The likeliest token is always kept.

    Raises
    ------
    ValueError
        If ``p`` is out of range.

    References
    ----------
    Holtzman et al. (2020), arXiv:1904.09751, section 3.1, equation (2).
    """
    if not 0 < p <= 1:
        raise ValueError(f"nucleus must be above 0 and at most 1; got {p}")
    ordered, order = logits.sort(dim=-1, descending=True)
    probabilities = torch.softmax(ordered, dim=-1)
    before = probabilities.cumsum(-1) - probabilities  # the mass of the likelier ones
    outside = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(outside, -torch.inf)


def sample_decode(
    step: StepFunction,
    state: object,
    *,
    batch_size: int,
    start_id: int | Int[Tensor, " batch"],
    end_id: int,
    max_length: int,
    generator: torch.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    nucleus: float | None = None,
    device: torch.device | None = None,
) -> Decoding:
    """Draw every token from the model's distribution.

    Parameters are those of `greedy_decode`, and:

    Parameters
    ----------
    generator : torch.Generator
        Source of the randomness, on the device of the logits.
    temperature : float
        Logits are divided by it: below 1 sharper, above 1 flatter. Must be positive.
    top_k : int, optional
        Draw from the k likeliest tokens only; see `keep_top_k`.
    nucleus : float, optional
        Draw from the likeliest tokens that together have this probability; see `keep_nucleus`.
        Comes after temperature and top k.

    Raises
    ------
    ValueError
        If ``temperature`` is not positive, ``top_k`` or ``nucleus`` is out of range, or
        ``batch_size`` or ``max_length`` is below 1.
    """
    if not temperature > 0:  # so written, it catches NaN too
        raise ValueError(f"temperature must be positive; got {temperature}. Its limit 0 is greedy_decode")

    def draw(logits: Float[Tensor, "batch vocab"]) -> Int[Tensor, " batch"]:
        logits = logits / temperature
        if top_k is not None:
            logits = keep_top_k(logits, top_k)
        if nucleus is not None:
            logits = keep_nucleus(logits, nucleus)
        return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator)[:, 0]

    return follow(step, state, draw, first_tokens(batch_size, start_id, max_length, device), end_id, max_length)
