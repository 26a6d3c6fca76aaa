"""Masks: which query may attend to which key.

The course has one convention: a mask is boolean, **True = may attend**, and it broadcasts to
the scores. `torch.nn.functional.scaled_dot_product_attention` has the same convention;
`torch.nn.MultiheadAttention` has the opposite one (True = may not attend).

Masks come from the data (lengths, padding ids, positions), never from the mode of a module.
Additive masks (0 and minus infinity) are left out on purpose.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def length_mask(lengths: Int[Tensor, " batch"], length: int) -> Bool[Tensor, "batch time"]:
    """Mark the positions that lie inside each sequence.

    Parameters
    ----------
    lengths : integer Tensor, shape (batch,)
        Number of tokens of each sequence.
    length : int
        Size of the time axis of the result, at least the largest of ``lengths``.

    Returns
    -------
    bool Tensor, shape (batch, time)
        True at the first ``lengths[i]`` positions of row ``i``.

    Raises
    ------
    ValueError
        If a length is negative or larger than ``length``.
    """
    if lengths.numel() and (int(lengths.min()) < 0 or int(lengths.max()) > length):
        raise ValueError(
            f"lengths must lie between 0 and length={length}; got {int(lengths.min())} to {int(lengths.max())}"
        )
    return torch.arange(length, device=lengths.device) < lengths[:, None]


def padding_mask(ids: Int[Tensor, "batch time"], *, pad_id: int) -> Bool[Tensor, "batch time"]:
    """Mark the positions that hold a token rather than padding.

    Parameters
    ----------
    ids : integer Tensor, shape (batch, time)
    pad_id : int
        The id that means padding, ``Vocabulary.pad_id``.

    Returns
    -------
    bool Tensor, shape (batch, time)
        True where ``ids`` is not ``pad_id``.
    """
    return ids != pad_id


def key_mask(valid: Bool[Tensor, "batch key"]) -> Bool[Tensor, "batch 1 key"]:
    """Let every query attend to the valid keys only.

    Parameters
    ----------
    valid : bool Tensor, shape (batch, key)
        From `length_mask` or `padding_mask`.

    Returns
    -------
    bool Tensor, shape (batch, 1, key)
        Broadcasts over the query axis of scores of shape (batch, query, key).
    """
    return valid[:, None, :]


def causal_mask(length: int, *, device: torch.device | None = None) -> Bool[Tensor, "query key"]:
    """Let position i attend to positions 0 to i.

    Parameters
    ----------
    length : int
        Number of queries and of keys, at least 1.
    device : torch.device, optional
        Where the mask is made; the default device if left out.

    Returns
    -------
    bool Tensor, shape (length, length)
        Lower triangle with the diagonal.

    Raises
    ------
    ValueError
        If ``length`` is below 1.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.3.
    """
    if length < 1:
        raise ValueError(f"length must be at least 1; got {length}")
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def check_mask(mask: Tensor | None, scores: Float[Tensor, "..."]) -> None:
    """Raise unless ``mask`` is boolean and broadcasts to the shape of ``scores``.

    Raises
    ------
    TypeError
        If ``mask`` is not boolean.
    ValueError
        If the shape of ``mask`` does not broadcast to that of ``scores``.
    """
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise TypeError(f"mask must be boolean, True = may attend; got {mask.dtype}")
    pairs = zip(reversed(mask.shape), reversed(scores.shape), strict=False)
    if mask.dim() > scores.dim() or any(m not in (1, s) for m, s in pairs):
        raise ValueError(
            f"mask must broadcast to the scores; got mask {tuple(mask.shape)} and scores {tuple(scores.shape)}"
        )
