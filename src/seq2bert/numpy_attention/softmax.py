"""Softmax in its stable form, and the entropy of the weights it gives."""

import math

import numpy as np
from jaxtyping import Float


def softmax(
    scores: Float[np.ndarray, "*axes"],
    *,
    axis: int,
    temperature: float = 1.0,
) -> Float[np.ndarray, "*axes"]:
    r"""Turn scores into positive weights that sum to 1 along one axis.

    .. math:: \alpha_i = \exp(e_i / \tau) / \sum_j \exp(e_j / \tau)

    Parameters
    ----------
    scores : array
        Any real numbers.
    axis : int
        The axis along which the weights sum to 1: the keys. It has no default, because the
        wrong axis raises no error.
    temperature : float
        Positive. Towards 0 the largest score takes all; large values give nearly equal weights.

    Returns
    -------
    array
        Of the same shape as ``scores``.

    Raises
    ------
    ValueError
        If the temperature is not a positive number, or the axis does not exist or is empty.

    Notes
    -----
    The largest score is subtracted first. The weights do not change by that, and no exponential
    can overflow: the largest is exp(0) = 1.
    """
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ValueError(f"temperature must be a positive number; got {temperature}")
    if not -scores.ndim <= axis < scores.ndim:
        raise ValueError(f"axis must be an axis of the scores; got axis={axis} for scores of shape {scores.shape}")
    if scores.shape[axis] == 0:
        raise ValueError(f"softmax needs at least one score along axis {axis}; got shape {scores.shape}")
    shifted = (scores - scores.max(axis=axis, keepdims=True)) / temperature
    exponentials = np.exp(shifted)
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def entropy(weights: Float[np.ndarray, "*axes"], *, axis: int) -> np.ndarray:
    """Measure how widely weights are spread, in nats: 0 for one key, log(n) for n equal weights.

    Parameters
    ----------
    weights : array
        Non-negative, with sum 1 along ``axis``.
    axis : int
        The axis of the keys.

    Returns
    -------
    array
        Without that axis. A weight of 0 adds nothing.

    Raises
    ------
    ValueError
        If a weight is negative.
    """
    if (weights < 0).any():
        raise ValueError(f"weights must not be negative; got {weights.min():g}")
    logs = np.log(np.where(weights > 0, weights, 1.0))
    return np.asarray(-(weights * logs).sum(axis=axis))
