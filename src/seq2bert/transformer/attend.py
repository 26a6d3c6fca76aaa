"""Attention of many heads, computed in two ways that give the same context.

`attend` leaves it to torch's fused kernel, which never builds the weights; `attend_with_weights`
builds them, step by step. Both know groups of heads that share keys and values.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from seq2bert.attention import masked_softmax, scaled_dot_scores, weighted_average
from seq2bert.masks import causal_mask


def attend(
    query: Float[Tensor, "batch head query d_head"],
    key: Float[Tensor, "batch key_head key d_head"],
    value: Float[Tensor, "batch key_head key d_head"],
    *,
    mask: Bool[Tensor, "#batch 1 #query #key"] | None,
    causal: bool,
    bias: Float[Tensor, "#batch head query key"] | None,
    dropout: float = 0.0,
) -> Float[Tensor, "batch head query d_head"]:
    """Return the context of every head, by `torch.nn.functional.scaled_dot_product_attention`.

    Parameters
    ----------
    query, key, value : Tensor
        Query heads come in ``key_head`` groups of neighbours; a group shares its key and value.
    mask : bool Tensor or None
        True = may attend; None = everywhere.
    causal : bool
        If True, query i may attend to keys 0 to i, and to no other that ``mask`` allows. The numbers
        of queries and keys are then equal.
    bias : Tensor or None
        Added to the scores after their division by √d_head.
    dropout : float
        The probability with which each weight is dropped now; the others grow to keep their expected sum.

    Returns
    -------
    Tensor
        0 where a query may attend to no key.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, sections 3.2.1 and 3.2.2; Ainslie et al. (2023),
    arXiv:2305.13245, section 2.2, for groups.
    """
    if query.shape[2] == 1:
        return _attend_one(query, key, value, mask, bias, dropout)
    if query.device.type == "cpu" and query.dtype in (torch.bfloat16, torch.float16):
        # There torch's fused kernel and its backward pass are several times slower than the formula.
        return attend_with_weights(query, key, value, mask=mask, causal=causal, bias=bias, dropout=dropout)[0]
    key, value = _for_each_head(key, query), _for_each_head(value, query)
    if mask is None and bias is None:
        return F.scaled_dot_product_attention(query, key, value, is_causal=causal, dropout_p=dropout)
    mask = _merge(mask, causal, query)
    if bias is None:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
    if mask is not None:
        bias = bias.masked_fill(~mask, -torch.inf)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=dropout)


def attend_with_weights(
    query: Float[Tensor, "batch head query d_head"],
    key: Float[Tensor, "batch key_head key d_head"],
    value: Float[Tensor, "batch key_head key d_head"],
    *,
    mask: Bool[Tensor, "#batch 1 #query #key"] | None,
    causal: bool,
    bias: Float[Tensor, "#batch head query key"] | None,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "batch head query d_head"], Float[Tensor, "batch head query key"]]:
    """Return the context of every head and the weights behind it, by the formula.

    Parameters are those of `attend`; the contexts of both are equal up to rounding.

    Returns
    -------
    context, weights : Tensor
        Rows of weights sum to 1, or to 0 where a query may attend to no key: they are those before dropout.
    """
    scores = scaled_dot_scores(query, _for_each_head(key, query))
    if bias is not None:
        scores = scores + bias
    weights = masked_softmax(scores, _merge(mask, causal, query))
    return weighted_average(F.dropout(weights, dropout), _for_each_head(value, query)), weights


def _attend_one(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, bias: Tensor | None, dropout: float
) -> Tensor:
    """Attend from one query, as decoding does: the weights are a single row, and the plain formula is the fastest.

    The query heads of a group are rows of one product, so that no key is copied.
    """
    batch, key_heads, n_keys, d_head = key.shape
    grouped = (query / math.sqrt(d_head)).reshape(batch * key_heads, -1, d_head)  # (batch · key_head, group, d_head)
    scores = torch.bmm(grouped, key.flatten(0, 1).mT).view(batch, key_heads, -1, n_keys)
    if bias is not None:
        scores = scores + bias.reshape(bias.shape[0], *scores.shape[1:])
    weights = F.dropout(masked_softmax(scores, mask), dropout)
    return torch.bmm(weights.flatten(0, 1), value.flatten(0, 1)).view(query.shape)


def _for_each_head(x: Tensor, query: Tensor) -> Tensor:
    """Give each query head its key or value head."""
    group = query.shape[1] // x.shape[1]
    return x if group == 1 else x.repeat_interleave(group, dim=1)


def _merge(mask: Tensor | None, causal: bool, query: Tensor) -> Tensor | None:
    if not causal:
        return mask
    triangle = causal_mask(query.shape[2], device=query.device)
    return triangle if mask is None else mask & triangle
