"""Gradients of attention worked out by hand, and central differences to check them.

Everything is for one decoder state, features-by-states, as in ``states``. ``context_gradient`` is
what comes from above: the gradient of some loss with respect to the context.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from seq2bert.numpy_attention.softmax import softmax
from seq2bert.numpy_attention.states import additive_scores, multiplicative_scores


class MultiplicativeGradients(NamedTuple):
    """The gradient of a loss with respect to each input of `multiplicative_attention`."""

    decoder_state: np.ndarray
    encoder_states: np.ndarray
    W: np.ndarray


class AdditiveGradients(NamedTuple):
    """The gradient of a loss with respect to each input of `additive_attention`."""

    decoder_state: np.ndarray
    encoder_states: np.ndarray
    v: np.ndarray
    W_enc: np.ndarray
    W_dec: np.ndarray


def softmax_gradient(
    weights: Float[np.ndarray, "*axes"],
    weights_gradient: Float[np.ndarray, "*axes"],
    *,
    axis: int,
) -> Float[np.ndarray, "*axes"]:
    """Go back through a softmax: from the gradient of its weights to that of its scores.

    Parameters
    ----------
    weights : array
        What the softmax returned.
    weights_gradient : array
        Gradient of the loss with respect to the weights.
    axis : int
        The axis along which the weights sum to 1.

    Returns
    -------
    array
        Gradient of the loss with respect to the scores. It sums to 0 along ``axis``, because
        adding the same number to all scores changes nothing.
    """
    average = (weights * weights_gradient).sum(axis=axis, keepdims=True)
    return weights * (weights_gradient - average)


def multiplicative_gradients(
    decoder_state: Float[np.ndarray, "d_decoder 1"],
    encoder_states: Float[np.ndarray, "d_encoder key"],
    W: Float[np.ndarray, "d_decoder d_encoder"],
    *,
    context_gradient: Float[np.ndarray, "d_encoder 1"],
) -> MultiplicativeGradients:
    """Go back through `multiplicative_attention`.

    Parameters
    ----------
    decoder_state, encoder_states, W : array
        The inputs of the attention.
    context_gradient : array
        Gradient of the loss with respect to the context.

    Returns
    -------
    MultiplicativeGradients
        One array for each input, of its shape.

    Raises
    ------
    ValueError
        If a size does not fit.
    """
    scores = multiplicative_scores(decoder_state, encoder_states, W)
    weights, scores_gradient = _to_scores(encoder_states, scores, context_gradient)
    return MultiplicativeGradients(
        decoder_state=W @ encoder_states @ scores_gradient.T,
        encoder_states=W.T @ decoder_state @ scores_gradient + context_gradient @ weights,
        W=decoder_state @ scores_gradient @ encoder_states.T,
    )


def additive_gradients(
    decoder_state: Float[np.ndarray, "d_decoder 1"],
    encoder_states: Float[np.ndarray, "d_encoder key"],
    v: Float[np.ndarray, "d_hidden 1"],
    W_enc: Float[np.ndarray, "d_hidden d_encoder"],
    W_dec: Float[np.ndarray, "d_hidden d_decoder"],
    *,
    context_gradient: Float[np.ndarray, "d_encoder 1"],
) -> AdditiveGradients:
    """Go back through `additive_attention`.

    Parameters
    ----------
    decoder_state, encoder_states, v, W_enc, W_dec : array
        The inputs of the attention.
    context_gradient : array
        Gradient of the loss with respect to the context.

    Returns
    -------
    AdditiveGradients
        One array for each input, of its shape.

    Raises
    ------
    ValueError
        If a size does not fit.
    """
    scores = additive_scores(decoder_state, encoder_states, v, W_enc, W_dec)
    weights, scores_gradient = _to_scores(encoder_states, scores, context_gradient)
    hidden = np.tanh(W_enc @ encoder_states + W_dec @ decoder_state)  # (d_hidden, key)
    inside = v @ scores_gradient * (1 - hidden**2)  # (d_hidden, key): tanh' = 1 - tanh²
    inside_sum = inside.sum(axis=1, keepdims=True)  # the decoder state enters every column
    return AdditiveGradients(
        decoder_state=W_dec.T @ inside_sum,
        encoder_states=W_enc.T @ inside + context_gradient @ weights,
        v=hidden @ scores_gradient.T,
        W_enc=inside @ encoder_states.T,
        W_dec=inside_sum @ decoder_state.T,
    )


def _to_scores(
    encoder_states: np.ndarray, scores: np.ndarray, context_gradient: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights, and the gradient of the loss with respect to the scores: both (1, key)."""
    if context_gradient.shape != (len(encoder_states), 1):
        raise ValueError(
            f"context_gradient needs the shape of the context, {(len(encoder_states), 1)}; got {context_gradient.shape}"
        )
    weights = softmax(scores, axis=1)
    return weights, softmax_gradient(weights, context_gradient.T @ encoder_states, axis=1)


def central_differences(
    loss: Callable[[np.ndarray], float], at: Float[np.ndarray, "*axes"], *, step: float = 1e-5
) -> Float[np.ndarray, "*axes"]:
    """Estimate a gradient from differences: (loss(x + step) - loss(x - step)) / 2 step.

    Parameters
    ----------
    loss : function
        From an array to a number.
    at : array
        Where to take the gradient. It is not changed.
    step : float
        Too small loses digits in the subtraction, too large leaves the tangent. In double
        precision about 1e-5 for numbers around 1.

    Returns
    -------
    array
        Of the shape of ``at``.

    Raises
    ------
    TypeError
        If ``at`` holds integers: a small step would be rounded to 0, and every gradient be 0.
    """
    if not np.issubdtype(at.dtype, np.floating):
        raise TypeError(f"at must hold floating-point numbers; got {at.dtype}")
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        shift = np.zeros_like(at)
        shift[index] = step
        gradient[index] = (loss(at + shift) - loss(at - shift)) / (2 * step)
    return gradient
