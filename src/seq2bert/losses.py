"""Losses of sequence models."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def sequence_cross_entropy(
    logits: Float[Tensor, "batch target vocab"],
    targets: Int[Tensor, "batch target"],
    *,
    pad_id: int,
    label_smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """Average the negative log-probability of the right token over all tokens that are not padding.

    Parameters
    ----------
    logits : Tensor
        Unnormalised log-probabilities.
    targets : integer Tensor
        The right ids, ``pad_id`` where there is none.
    pad_id : int
    label_smoothing : float
        This share of the target probability is spread evenly over all tokens of the vocabulary, the
        right one among them; at least 0 and below 1.

    Returns
    -------
    Tensor with no axes
        In nats per token. Every real token of the batch counts the same, so a long sentence
        counts more than a short one.

    Raises
    ------
    ValueError
        If logits and targets disagree in batch or target, every target is padding, or
        ``label_smoothing`` is out of range.

    References
    ----------
    Szegedy et al. (2016), arXiv:1512.00567, section 7; Vaswani et al. (2017), arXiv:1706.03762,
    section 5.4, with 0.1. The loss of a perfect model is then not 0. The share is spread over all tokens, the
    right one among them, as Szegedy et al. and torch do; some code spreads it over the wrong ones only.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            "logits and targets need the same batch and target axes; "
            f"got {tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    if not bool((targets != pad_id).any()):
        raise ValueError(f"targets must hold a token that is not padding; got shape {tuple(targets.shape)}")
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing must be at least 0 and below 1; got {label_smoothing}")
    flat, right = logits.flatten(0, 1), targets.flatten()
    if label_smoothing == 0:
        return F.cross_entropy(flat, right, ignore_index=pad_id)
    real = right != pad_id
    log_probabilities = torch.log_softmax(flat, dim=-1)
    of_right = log_probabilities.gather(-1, right[:, None])[:, 0]
    of_all = log_probabilities.mean(dim=-1)
    losses = -(1 - label_smoothing) * of_right - label_smoothing * of_all
    return losses.masked_fill(~real, 0.0).sum() / real.sum()


def perplexity(loss: float) -> float:
    """Return exp(loss): the number of equally likely tokens that would give this loss in nats."""
    return math.exp(loss)
