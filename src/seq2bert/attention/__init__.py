"""Attention: score functions, the masked softmax, windows, multi-head attention.

Pure functions hold the mathematics; modules own the weights. Dropout on the weights and
caches belong to the Transformer and are left out here.
"""

from .layer import Attention
from .multihead import MultiHeadAttention
from .score_modules import (
    SCORE_NAMES,
    AdditiveScore,
    ConcatScore,
    CosineScore,
    DotScore,
    GeneralScore,
    LocationScore,
    ScaledDotScore,
    make_score,
)
from .scores import (
    additive_scores,
    concat_scores,
    cosine_scores,
    dot_scores,
    general_scores,
    location_scores,
    scaled_dot_scores,
)
from .softmax import masked_softmax, scaled_dot_product_attention, weighted_average
from .window import (
    WINDOW_NAMES,
    GlobalWindow,
    MonotonicWindow,
    PredictiveWindow,
    make_window,
)

__all__ = [
    "SCORE_NAMES",
    "WINDOW_NAMES",
    "AdditiveScore",
    "Attention",
    "ConcatScore",
    "CosineScore",
    "DotScore",
    "GeneralScore",
    "GlobalWindow",
    "LocationScore",
    "MonotonicWindow",
    "MultiHeadAttention",
    "PredictiveWindow",
    "ScaledDotScore",
    "additive_scores",
    "concat_scores",
    "cosine_scores",
    "dot_scores",
    "general_scores",
    "location_scores",
    "make_score",
    "make_window",
    "masked_softmax",
    "scaled_dot_product_attention",
    "scaled_dot_scores",
    "weighted_average",
]
