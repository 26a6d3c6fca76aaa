"""Where attention went: how much of it on what, how evenly, and what it says about word alignment.

Leaves out whether attention explains anything.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Link = tuple[int, int]


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


def attention_links(
    weights: Float[Tensor, "batch target source"], *, source_lengths: Sequence[int], target_lengths: Sequence[int]
) -> list[frozenset[Link]]:
    """Link every target token to the source token that gets most of its attention.

    The usual way to read a word alignment off attention. It gives each target token exactly one
    link, so it can say neither that a token has no counterpart nor that it has several.

    Parameters
    ----------
    weights : Tensor
        A row for each target token of each sentence. The first row belongs to the step that writes
        the first token.
    source_lengths, target_lengths : sequence of int
        How many tokens each sentence has, one number a sentence. What lies beyond is not looked at: padding, and the
        step that writes the end token.

    Returns
    -------
    list of frozenset of (int, int)
        For each sentence its links (source token, target token), counted from 0, as
        :func:`seq2bert.data.pocket.alignment_error_rate` takes them. Of equal weights the first wins.
        A row of zeros, which pays no attention to anything, gives no link.

    Raises
    ------
    ValueError
        If there is not one length of each kind for each sentence, or a length does not fit the weights.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 5.4, who measure alignment error rate so.
    """
    n_sentences, n_target, n_source = weights.shape
    if not n_sentences == len(source_lengths) == len(target_lengths):
        raise ValueError(
            f"source_lengths and target_lengths must have one number for each of the {n_sentences} sentences; "
            f"got {len(source_lengths)} and {len(target_lengths)}"
        )
    links = []
    for sentence, source, target in zip(weights, source_lengths, target_lengths, strict=True):
        if not (1 <= source <= n_source and 0 <= target <= n_target):
            raise ValueError(
                f"lengths must fit the weights, {n_target} target by {n_source} source tokens; "
                f"got {target} target and {source} source tokens"
            )
        largest, places = sentence[:target, :source].max(dim=1)
        found = zip(places.tolist(), range(target), (largest > 0).tolist(), strict=True)
        links.append(frozenset((i, j) for i, j, attends in found if attends))
    return links
