"""Score functions: how well a key matches a query.

Every function maps queries and keys to unnormalised scores of shape (..., query, key).
Batch axes come first and must be equal. Names follow Luong et al. (2015), section 3.1, and the
table of Weng (2018), *Attention? Attention!*. Bilinear scores on low-rank factors are left out.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def _check_same_width(query: Tensor, key: Tensor, name: str) -> None:
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"{name} needs query and key of the same last axis; got {tuple(query.shape)} and {tuple(key.shape)}"
        )
    _check_same_batch(query, key)


def _check_same_batch(query: Tensor, key: Tensor) -> None:
    if query.shape[:-2] != key.shape[:-2]:
        raise ValueError(f"query and key need the same batch axes; got {tuple(query.shape)} and {tuple(key.shape)}")


def _check_width(tensor: Tensor, width: int, name: str, rule: str) -> None:
    if tensor.shape[-1] != width:
        raise ValueError(f"{name} needs a last axis of {width} ({rule}); got {tuple(tensor.shape)}")


def _check_hidden(vector: Tensor, *weights: Tensor) -> None:
    if any(weight.shape[0] != vector.shape[0] for weight in weights):
        shapes = " and ".join(str(tuple(weight.shape)) for weight in weights)
        raise ValueError(f"vector needs one entry per row of the weights; got {tuple(vector.shape)} for {shapes}")


def dot_scores(
    query: Float[Tensor, "*batch query d"],
    key: Float[Tensor, "*batch key d"],
) -> Float[Tensor, "*batch query key"]:
    """Score by the dot product: q · k.

    Raises
    ------
    ValueError
        If query and key differ in their last axis or their batch axes.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 3.1, *dot* (the list after equation (7)).
    """
    _check_same_width(query, key, "dot_scores")
    return query @ key.transpose(-2, -1)


def scaled_dot_scores(
    query: Float[Tensor, "*batch query d"],
    key: Float[Tensor, "*batch key d"],
) -> Float[Tensor, "*batch query key"]:
    """Score by the dot product divided by the square root of its length: q · k / √d.

    Raises
    ------
    ValueError
        If query and key differ in their last axis or their batch axes.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.1, equation (1).
    """
    _check_same_width(query, key, "scaled_dot_scores")
    return query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])


def general_scores(
    query: Float[Tensor, "*batch query d_query"],
    key: Float[Tensor, "*batch key d_key"],
    weight: Float[Tensor, "d_query d_key"],
) -> Float[Tensor, "*batch query key"]:
    """Score by a bilinear form: qᵀ W k. Query and key may have different widths.

    Raises
    ------
    ValueError
        If a width does not fit ``weight``, or query and key differ in their batch axes.

    References
    ----------
    Luong et al. (2015), section 3.1, *general* (the list after equation (7)). Also called multiplicative.
    """
    _check_width(query, weight.shape[0], "query", "rows of weight")
    _check_width(key, weight.shape[1], "key", "columns of weight")
    _check_same_batch(query, key)
    return query @ weight @ key.transpose(-2, -1)


def concat_scores(
    query: Float[Tensor, "*batch query d_query"],
    key: Float[Tensor, "*batch key d_key"],
    weight: Float[Tensor, "d_hidden d_both"],
    vector: Float[Tensor, " d_hidden"],
) -> Float[Tensor, "*batch query key"]:
    """Score by a small network on the concatenation: v · tanh(W [q; k]).

    It builds every pair [q; k], as the formula is written. `additive_scores` computes the same
    numbers from the two halves of W without building the pairs.

    Parameters
    ----------
    weight : Tensor, shape (d_hidden, d_query + d_key)
    vector : Tensor, shape (d_hidden,)

    Raises
    ------
    ValueError
        If the widths do not fit ``weight``, or ``vector`` does not.

    References
    ----------
    Luong et al. (2015), section 3.1, *concat* (the list after equation (7)).
    """
    if query.shape[-1] + key.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"weight needs d_query + d_key = {query.shape[-1] + key.shape[-1]} columns; got {tuple(weight.shape)}"
        )
    _check_same_batch(query, key)
    _check_hidden(vector, weight)
    n_query, n_key = query.shape[-2], key.shape[-2]
    queries = query.unsqueeze(-2).expand(*query.shape[:-1], n_key, query.shape[-1])
    keys = key.unsqueeze(-3).expand(*key.shape[:-2], n_query, *key.shape[-2:])
    pairs = torch.cat([queries, keys], dim=-1)  # (*batch, query, key, d_query + d_key)
    return torch.tanh(pairs @ weight.T) @ vector


def additive_scores(
    query: Float[Tensor, "*batch query d_query"],
    key: Float[Tensor, "*batch key d_key"],
    weight_query: Float[Tensor, "d_hidden d_query"],
    weight_key: Float[Tensor, "d_hidden d_key"],
    vector: Float[Tensor, " d_hidden"],
) -> Float[Tensor, "*batch query key"]:
    """Score by a network with one hidden layer: v · tanh(W_q q + W_k k).

    The scores are bounded by the sum of the absolute values of ``vector``.

    Raises
    ------
    ValueError
        If a width does not fit its weight, or the weights and ``vector`` differ in d_hidden.

    References
    ----------
    Bahdanau et al. (2015), arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """
    _check_width(query, weight_query.shape[1], "query", "columns of weight_query")
    _check_width(key, weight_key.shape[1], "key", "columns of weight_key")
    _check_hidden(vector, weight_query, weight_key)
    return _additive_from_projected(query @ weight_query.T, key @ weight_key.T, vector)


def _additive_from_projected(
    query: Float[Tensor, "*batch query d_hidden"],
    key: Float[Tensor, "*batch key d_hidden"],
    vector: Float[Tensor, " d_hidden"],
) -> Float[Tensor, "*batch query key"]:
    _check_same_batch(query, key)
    return torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3)) @ vector


def cosine_scores(
    query: Float[Tensor, "*batch query d"],
    key: Float[Tensor, "*batch key d"],
    scale: Float[Tensor, ""],
) -> Float[Tensor, "*batch query key"]:
    """Score by the cosine of the angle, times a scale: β cos(q, k).

    Parameters
    ----------
    scale : Tensor with no axes
        The key strength β. Without it the scores lie in [-1, 1] and the softmax stays nearly uniform.

    Raises
    ------
    ValueError
        If query and key differ in their last axis or their batch axes.

    References
    ----------
    Graves et al. (2014), arXiv:1410.5401, section 3.3.1, equations (5) and (6): content-based addressing.
    """
    _check_same_width(query, key, "cosine_scores")
    return scale * (F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-2, -1))


def location_scores(
    query: Float[Tensor, "*batch query d_query"],
    weight: Float[Tensor, "max_source d_query"],
    n_keys: int,
) -> Float[Tensor, "*batch query key"]:
    """Score positions from the query alone: the first ``n_keys`` entries of W q.

    Parameters
    ----------
    n_keys : int
        Number of keys, at most the rows of ``weight``: the score knows no position beyond them.

    Raises
    ------
    ValueError
        If the width does not fit, or there are more keys than rows of ``weight``.

    References
    ----------
    Luong et al. (2015), section 3.1, equation (8), *location*.
    """
    _check_width(query, weight.shape[1], "query", "columns of weight")
    if n_keys > weight.shape[0]:
        raise ValueError(f"location scores know {weight.shape[0]} source positions; got n_keys={n_keys}")
    return query @ weight[:n_keys].T
