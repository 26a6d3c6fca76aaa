"""Attention of one decoder state over encoder states that are the columns of a matrix."""

import numpy as np
from jaxtyping import Float

from seq2bert.numpy_attention.softmax import softmax


def multiplicative_scores(
    decoder_state: Float[np.ndarray, "d_decoder 1"],
    encoder_states: Float[np.ndarray, "d_encoder key"],
    W: Float[np.ndarray, "d_decoder d_encoder"],
) -> Float[np.ndarray, "1 key"]:
    """Score every encoder state by a bilinear form: sᵀ W h.

    Parameters
    ----------
    decoder_state : array
        The query: one column.
    encoder_states : array
        One column a state.
    W : array
        It makes the two sizes fit.

    Returns
    -------
    array
        One row: one score a state.

    Raises
    ------
    ValueError
        If the decoder state is not one column, or W does not fit the two states.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 3.1, *general* (the list after equation (7)).
    """
    _check_column(decoder_state)
    expected = (len(decoder_state), len(encoder_states))
    if W.shape != expected:
        raise ValueError(f"W needs the shape (d_decoder, d_encoder) = {expected}; got {W.shape}")
    return decoder_state.T @ W @ encoder_states


def additive_scores(
    decoder_state: Float[np.ndarray, "d_decoder 1"],
    encoder_states: Float[np.ndarray, "d_encoder key"],
    v: Float[np.ndarray, "d_hidden 1"],
    W_enc: Float[np.ndarray, "d_hidden d_encoder"],
    W_dec: Float[np.ndarray, "d_hidden d_decoder"],
) -> Float[np.ndarray, "1 key"]:
    """Score every encoder state by a network with one hidden layer: vᵀ tanh(W_enc h + W_dec s).

    Parameters
    ----------
    decoder_state : array
        The query: one column.
    encoder_states : array
        One column a state.
    v, W_enc, W_dec : array
        The network. A score is never larger than the sum of the absolute values of ``v``.

    Returns
    -------
    array
        One row: one score a state.

    Raises
    ------
    ValueError
        If the decoder state is not one column, or a weight does not fit.

    References
    ----------
    Bahdanau et al. (2015), arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """
    _check_column(decoder_state)
    d_hidden = len(v)
    for name, weight, width in [
        ("v", v, 1),
        ("W_enc", W_enc, len(encoder_states)),
        ("W_dec", W_dec, len(decoder_state)),
    ]:
        if weight.shape != (d_hidden, width):
            raise ValueError(
                f"{name} needs the shape {(d_hidden, width)}, for d_hidden = {d_hidden} (rows of v), "
                f"d_encoder = {len(encoder_states)}, d_decoder = {len(decoder_state)}; got {weight.shape}"
            )
    return v.T @ np.tanh(W_enc @ encoder_states + W_dec @ decoder_state)


def multiplicative_attention(
    decoder_state: Float[np.ndarray, "d_decoder 1"],
    encoder_states: Float[np.ndarray, "d_encoder key"],
    W: Float[np.ndarray, "d_decoder d_encoder"],
) -> tuple[Float[np.ndarray, "d_encoder 1"], Float[np.ndarray, "1 key"]]:
    """Average the encoder states with weights from `multiplicative_scores`.

    Parameters
    ----------
    decoder_state, encoder_states, W : array
        As in `multiplicative_scores`.

    Returns
    -------
    context, weights : array
        One column, and one row that sums to 1.

    Raises
    ------
    ValueError
        As `multiplicative_scores` does.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 3.1.
    """
    scores = multiplicative_scores(decoder_state, encoder_states, W)  # (1, key)
    weights = softmax(scores, axis=1)  # (1, key)
    return encoder_states @ weights.T, weights  # (d_encoder, 1), (1, key)


def additive_attention(
    decoder_state: Float[np.ndarray, "d_decoder 1"],
    encoder_states: Float[np.ndarray, "d_encoder key"],
    v: Float[np.ndarray, "d_hidden 1"],
    W_enc: Float[np.ndarray, "d_hidden d_encoder"],
    W_dec: Float[np.ndarray, "d_hidden d_decoder"],
) -> tuple[Float[np.ndarray, "d_encoder 1"], Float[np.ndarray, "1 key"]]:
    """Average the encoder states with weights from `additive_scores`.

    Parameters
    ----------
    decoder_state, encoder_states, v, W_enc, W_dec : array
        As in `additive_scores`.

    Returns
    -------
    context, weights : array
        One column, and one row that sums to 1.

    Raises
    ------
    ValueError
        As `additive_scores` does.

    References
    ----------
    Bahdanau et al. (2015), arXiv:1409.0473, section 3.1, equations (5) and (6).
    """
    scores = additive_scores(decoder_state, encoder_states, v, W_enc, W_dec)  # (1, key)
    weights = softmax(scores, axis=1)  # (1, key)
    return encoder_states @ weights.T, weights  # (d_encoder, 1), (1, key)


def _check_column(decoder_state: np.ndarray) -> None:
    if decoder_state.ndim != 2 or decoder_state.shape[1] != 1:
        raise ValueError(f"decoder_state must be one column, (d_decoder, 1); got {decoder_state.shape}")
