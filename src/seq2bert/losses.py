"""Losses of sequence models. Label smoothing is left out here; it comes with the Transformer."""

import math

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def sequence_cross_entropy(
    logits: Float[Tensor, "batch target vocab"],
    targets: Int[Tensor, "batch target"],
    *,
    pad_id: int,
) -> Float[Tensor, ""]:
    """Average the negative log-probability of the right token over all tokens that are not padding.

    Parameters
    ----------
    logits : Tensor
        Unnormalised log-probabilities.
    targets : integer Tensor
        The right ids, ``pad_id`` where there is none.
    pad_id : int

    Returns
    -------
    Tensor with no axes
        In nats per token. Every real token of the batch counts the same, so a long sentence
        counts more than a short one.

    Raises
    ------
    ValueError
        If logits and targets disagree in batch or target, or every target is padding.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            "logits and targets need the same batch and target axes; "
            f"got {tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    if not bool((targets != pad_id).any()):
        raise ValueError(f"targets must hold a token that is not padding; got shape {tuple(targets.shape)}")
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)


def perplexity(loss: float) -> float:
    """Return exp(loss): the number of equally likely tokens that would give this loss in nats."""
    return math.exp(loss)
