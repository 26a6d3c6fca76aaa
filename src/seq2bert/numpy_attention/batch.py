"""The same two attentions for a batch: batch first, components last, many queries at once."""

import numpy as np
from jaxtyping import Float

from seq2bert.numpy_attention.softmax import softmax


def batch_multiplicative_attention(
    query: Float[np.ndarray, "batch query d_query"],
    key: Float[np.ndarray, "batch key d_key"],
    value: Float[np.ndarray, "batch key d_value"],
    *,
    W: Float[np.ndarray, "d_query d_key"],
) -> tuple[Float[np.ndarray, "batch query d_value"], Float[np.ndarray, "batch query key"]]:
    """Average the values for every query of a batch, with scores qᵀ W k.

    Parameters
    ----------
    query, key, value : array
        For attention of a decoder over an encoder, key and value are both the encoder's states.
    W : array

    Returns
    -------
    context, weights : array
        ``weights`` sum to 1 along their last axis, the keys.

    Raises
    ------
    ValueError
        If the sizes do not fit.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 3.1, *general* (the list after equation (7)).
    """
    _check(query, key, value)
    expected = (query.shape[-1], key.shape[-1])
    if W.shape != expected:
        raise ValueError(f"W needs the shape (d_query, d_key) = {expected}; got {W.shape}")
    scores = query @ W @ key.swapaxes(1, 2)  # (batch, query, key)
    weights = softmax(scores, axis=2)  # (batch, query, key)
    return weights @ value, weights


def batch_additive_attention(
    query: Float[np.ndarray, "batch query d_query"],
    key: Float[np.ndarray, "batch key d_key"],
    value: Float[np.ndarray, "batch key d_value"],
    *,
    v: Float[np.ndarray, " d_hidden"],
    W_key: Float[np.ndarray, "d_hidden d_key"],
    W_query: Float[np.ndarray, "d_hidden d_query"],
) -> tuple[Float[np.ndarray, "batch query d_value"], Float[np.ndarray, "batch query key"]]:
    """Average the values for every query of a batch, with scores v · tanh(W_key k + W_query q).

    Parameters
    ----------
    query, key, value : array
        For attention of a decoder over an encoder, key and value are both the encoder's states.
    v, W_key, W_query : array
        ``v`` is a vector here, without a second axis.

    Returns
    -------
    context, weights : array
        ``weights`` sum to 1 along their last axis, the keys.

    Raises
    ------
    ValueError
        If the sizes do not fit.

    References
    ----------
    Bahdanau et al. (2015), arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """
    _check(query, key, value)
    for name, weight, width in [("W_key", W_key, key.shape[-1]), ("W_query", W_query, query.shape[-1])]:
        if weight.shape != (len(v), width):
            raise ValueError(f"{name} needs the shape {(len(v), width)}; got {weight.shape}")
    projected_key = (key @ W_key.T)[:, None, :, :]  # (batch, 1, key, d_hidden)
    projected_query = (query @ W_query.T)[:, :, None, :]  # (batch, query, 1, d_hidden)
    scores = np.tanh(projected_key + projected_query) @ v  # (batch, query, key)
    weights = softmax(scores, axis=2)  # (batch, query, key)
    return weights @ value, weights


def _check(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> None:
    shapes = {"query": query.shape, "key": key.shape, "value": value.shape}
    for name, shape in shapes.items():
        if len(shape) != 3:
            raise ValueError(f"{name} needs three axes, batch first; got {shape}")
    if len({shape[0] for shape in shapes.values()}) != 1:
        raise ValueError(f"query, key and value need the same batch size; got {shapes}")
    if key.shape[1] != value.shape[1]:
        raise ValueError(f"there must be one value a key; got key {key.shape} and value {value.shape}")
