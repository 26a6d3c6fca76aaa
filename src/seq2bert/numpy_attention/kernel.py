"""Kernel regression, the weighted average that statistics has used since 1964."""

import numpy as np
from jaxtyping import Float

from seq2bert.numpy_attention.softmax import softmax


def kernel_regression(
    query: Float[np.ndarray, " query"],
    key: Float[np.ndarray, " key"],
    value: Float[np.ndarray, " key"],
    *,
    width: float,
) -> tuple[Float[np.ndarray, " query"], Float[np.ndarray, "query key"]]:
    r"""Estimate a curve at the queries from points (key, value), with a Gaussian kernel.

    .. math:: \alpha_i = \exp(-(q - k_i)^2 / 2w^2) / \sum_j \exp(-(q - k_j)^2 / 2w^2)

    Parameters
    ----------
    query : array
        Where to estimate.
    key, value : array
        The points that are known.
    width : float
        Standard deviation of the kernel, in the unit of the keys. Positive.

    Returns
    -------
    estimate, weights : array
        Row ``q`` of the weights sums to 1.

    Raises
    ------
    ValueError
        If the width is not positive, or there is not one value a key.

    References
    ----------
    Nadaraya (1964), *On estimating regression*; Watson (1964), *Smooth regression analysis*.
    That its weights are a softmax, and the estimate attention, is said in Zhang et al.,
    *Dive into Deep Learning*, section 11.2.
    """
    if not width > 0:
        raise ValueError(f"width must be positive; got {width}")
    if key.shape != value.shape:
        raise ValueError(f"there must be one value a key; got key {key.shape} and value {value.shape}")
    scores = -((query[:, None] - key[None, :]) ** 2) / (2 * width**2)  # (query, key)
    weights = softmax(scores, axis=1)  # (query, key)
    return weights @ value, weights
