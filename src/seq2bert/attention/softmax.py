"""The masked softmax, the weighted average, and both behind scaled dot-product scores."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seq2bert.attention.scores import scaled_dot_scores
from seq2bert.masks import check_mask


def masked_softmax(
    scores: Float[Tensor, "*batch query key"],
    mask: Bool[Tensor, "..."] | None = None,
) -> Float[Tensor, "*batch query key"]:
    """Turn scores into weights over the keys that each query may attend to.

    Parameters
    ----------
    scores : Tensor
        Unitless; larger means a better match.
    mask : bool Tensor, optional
        True = may attend. Broadcasts to the scores.

    Returns
    -------
    Tensor
        Rows sum to 1, or to 0 where the mask forbids every key. Forbidden keys have weight 0.

    Raises
    ------
    TypeError
        If ``mask`` is not boolean.
    ValueError
        If ``mask`` does not broadcast to the scores.

    Notes
    -----
    The rule for fully masked rows is ours. The usual ``masked_fill(-inf)`` gives NaN there, and
    ``masked_fill(-1e9)`` gives uniform weights over forbidden keys.
    """
    check_mask(mask, scores)
    if mask is None:
        return torch.softmax(scores, dim=-1)
    # The lowest finite number instead of minus infinity: no NaN, neither in the value nor in the gradient.
    lowest = torch.finfo(scores.dtype).min
    weights = torch.softmax(scores.masked_fill(~mask, lowest), dim=-1)
    return weights.masked_fill(~mask, 0.0)


def weighted_average(
    weights: Float[Tensor, "*batch query key"],
    value: Float[Tensor, "*batch key d_value"],
) -> Float[Tensor, "*batch query d_value"]:
    """Average the values with the given weights, one average per query.

    Raises
    ------
    ValueError
        If weights and value disagree in the number of keys or in the batch axes.
    """
    if weights.shape[-1] != value.shape[-2] or weights.shape[:-2] != value.shape[:-2]:
        raise ValueError(
            "weights and value need the same number of keys and the same batch axes; "
            f"got {tuple(weights.shape)} and {tuple(value.shape)}"
        )
    return weights @ value


def scaled_dot_product_attention(
    query: Float[Tensor, "*batch query d_head"],
    key: Float[Tensor, "*batch key d_head"],
    value: Float[Tensor, "*batch key d_value"],
    mask: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, "*batch query d_value"], Float[Tensor, "*batch query key"]]:
    r"""Average the values, weighted by how well each key matches the query.

    Parameters
    ----------
    query, key, value : Tensor
        Shapes in the signature. Scores are unitless; dividing by ``sqrt(d_head)`` keeps their
        variance near 1 for independent components of unit variance.
    mask : bool Tensor, optional
        True = this query may attend to this key. Axes of size 1 broadcast.

    Returns
    -------
    context, weights : Tensor
        Rows of weights sum to 1, or to 0 where the mask forbids every key.

    Raises
    ------
    TypeError
        If ``mask`` is not boolean.
    ValueError
        If query and key disagree in ``d_head``, key and value in the number of keys, or any two
        in the batch axes.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.1, equation (1).
    The rule for fully masked rows is ours; the paper does not discuss it.
    """
    weights = masked_softmax(scaled_dot_scores(query, key), mask)
    return weighted_average(weights, value), weights
