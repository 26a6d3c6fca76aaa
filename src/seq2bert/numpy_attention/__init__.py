"""Attention in NumPy: for reading, for checking by hand, and for lecture 2.

Two layouts. With one decoder state, states are the columns of a matrix, features-by-states, as in
most formulas (`multiplicative_attention`, `additive_attention` and their gradients). With a batch,
the batch comes first and the components last, as in torch (`batch_multiplicative_attention`,
`batch_additive_attention`). The argument order of the first two is decoder state, encoder states,
weights.

Masks, training and speed are left out on purpose; they are in `seq2bert.attention`.
"""

from seq2bert.numpy_attention.batch import batch_additive_attention, batch_multiplicative_attention
from seq2bert.numpy_attention.gradients import (
    AdditiveGradients,
    MultiplicativeGradients,
    additive_gradients,
    central_differences,
    multiplicative_gradients,
    softmax_gradient,
)
from seq2bert.numpy_attention.kernel import kernel_regression
from seq2bert.numpy_attention.softmax import entropy, softmax
from seq2bert.numpy_attention.states import (
    additive_attention,
    additive_scores,
    multiplicative_attention,
    multiplicative_scores,
)

__all__ = [
    "AdditiveGradients",
    "MultiplicativeGradients",
    "additive_attention",
    "additive_gradients",
    "additive_scores",
    "batch_additive_attention",
    "batch_multiplicative_attention",
    "central_differences",
    "entropy",
    "kernel_regression",
    "multiplicative_attention",
    "multiplicative_gradients",
    "multiplicative_scores",
    "softmax",
    "softmax_gradient",
]
