"""How good an output is, and where attention went.

Leaves out BLEU and chrF, which come from sacrebleu. Strings count as sequences of characters. An
empty input is an error everywhere: the mean of nothing is not a score.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = [
    "attention_entropy",
    "attention_in_field",
    "edit_distance",
    "exact_match",
    "mean_edit_distance",
    "token_accuracy",
]


def exact_match(predictions: Sequence[Sequence], references: Sequence[Sequence]) -> float:
    """Share of predictions that equal their reference from beginning to end.

    Parameters
    ----------
    predictions, references : sequence of strings or of token lists
        As many of one as of the other, at least one, of the same type.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If there is nothing to compare, or the numbers differ.
    """
    _check_pairs(predictions, references)
    matches = sum(prediction == reference for prediction, reference in zip(predictions, references, strict=True))
    return matches / len(references)


def edit_distance(a: Sequence, b: Sequence) -> int:
    """Smallest number of insertions, deletions and substitutions that turn ``a`` into ``b``.

    Parameters
    ----------
    a, b : sequence
        Strings or token lists; either may be empty.

    Returns
    -------
    int
        From 0 (equal) to the length of the longer one.

    References
    ----------
    Wagner and Fischer (1974), The string-to-string correction problem, algorithm X, all costs 1.
    """
    row = list(range(len(b) + 1))  # row[j]: distance from the part of `a` read so far to b[:j]
    for i, token in enumerate(a, start=1):
        above, row = row, [i]
        for j, other in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (token != other)))
    return row[-1]


def mean_edit_distance(predictions: Sequence[Sequence], references: Sequence[Sequence]) -> float:
    """Mean of :func:`edit_distance` over pairs; it tells a near miss from a wrong answer.

    Parameters and errors are those of :func:`exact_match`.

    Returns
    -------
    float
        Edits a pair, 0 or more.
    """
    _check_pairs(predictions, references)
    return sum(map(edit_distance, predictions, references)) / len(references)


def token_accuracy(
    logits: Float[Tensor, "batch target vocab"], targets: Int[Tensor, "batch target"], *, pad_id: int
) -> float:
    """Share of target tokens that got the highest logit; padding does not count.

    Under teacher forcing each token is predicted from the *right* earlier ones, so this is higher
    than what decoding alone would reach.

    Parameters
    ----------
    logits, targets : Tensor
        Shapes in the signature.
    pad_id : int
        The target id to leave out.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If the shapes disagree, or every target is padding.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            "logits (batch, target, vocab) and targets (batch, target) need the same first two axes; "
            f"got {tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    counts = targets != pad_id
    if not counts.any():
        raise ValueError(f"targets must hold at least one token that is not padding; got {tuple(targets.shape)}")
    return (logits.argmax(dim=-1) == targets)[counts].float().mean().item()


def attention_in_field(
    weights: Float[Tensor, "target source"],
    target_fields: Mapping[str, tuple[int, int]],
    source_fields: Mapping[str, tuple[int, int]],
) -> float:
    """Mean attention that target tokens pay to the source tokens of their own field.

    For a date: while the four digits of the year are written, how much of the attention lies on
    the year of the source?

    Parameters
    ----------
    weights : Tensor
        One sentence's attention, a row for each target token.
    target_fields, source_fields : mapping of str to (int, int)
        First token of a field, and the one after its last. Target tokens outside every field,
        such as the hyphens of a date, do not count; source fields without a target neither.

    Returns
    -------
    float
        From 0 to 1, averaged over the target tokens of all fields.

    Raises
    ------
    ValueError
        If there is no target field, one of them is missing from the source, or a field does not
        lie within ``weights``.
    """
    if not target_fields:
        raise ValueError("target_fields must name at least one field; got none")
    n_target, n_source = weights.shape
    masses = []
    for name, (start, stop) in target_fields.items():
        if name not in source_fields:
            raise ValueError(f"source_fields must have every target field; {name!r} is not in {sorted(source_fields)}")
        first, last = source_fields[name]
        if not (0 <= start < stop <= n_target and 0 <= first < last <= n_source):
            raise ValueError(
                f"field {name!r} must lie within the weights, {n_target} target by {n_source} source tokens; "
                f"got target {start} to {stop} and source {first} to {last}"
            )
        masses.append(weights[start:stop, first:last].sum(dim=1))
    return torch.cat(masses).mean().item()


def attention_entropy(weights: Float[Tensor, "*rows source"]) -> Float[Tensor, "*rows"]:
    r"""Entropy of each row of attention weights, in nats: :math:`-\sum_j \alpha_j \ln \alpha_j`.

    Parameters
    ----------
    weights : Tensor
        Each row sums to one, or is zero because its mask forbids every key.

    Returns
    -------
    Tensor
        0 where all attention lies on one token, ``ln n`` where it lies evenly on ``n``; 0 for a
        row of zeros as well.

    Raises
    ------
    ValueError
        If the source axis is empty, or a weight is negative.
    """
    if weights.shape[-1] == 0:
        raise ValueError(f"weights must have at least one source token; got shape {tuple(weights.shape)}")
    if (weights < 0).any():
        raise ValueError(
            f"weights must not be negative: they are attention, not scores; got {weights.min().item():.4g}"
        )
    return torch.special.entr(weights).sum(dim=-1)


def _check_pairs(predictions: Sequence, references: Sequence) -> None:
    if len(predictions) == 0 or len(predictions) != len(references):
        raise ValueError(
            "predictions and references must be equally many and at least one; "
            f"got {len(predictions)} and {len(references)}"
        )
