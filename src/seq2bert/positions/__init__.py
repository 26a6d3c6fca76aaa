"""Positions: how a Transformer learns about order. Six schemes behind one interface, `Positions`.

Works on any positions, so with any offset of a cache. Leaves out Transformer-XL's and T5's relative
biases and the ways of stretching rotary positions beyond the training length.
"""

from .absolute import LearnedPositions, SinusoidalPositions, sinusoids
from .alibi import AlibiPositions, alibi_bias, alibi_slopes
from .interface import Positions
from .make import POSITION_NAMES, make_positions
from .relative import RelativePositions, clipped_distances
from .rotary import RotaryPositions, rotate_pairs

__all__ = [
    "POSITION_NAMES",
    "AlibiPositions",
    "LearnedPositions",
    "Positions",
    "RelativePositions",
    "RotaryPositions",
    "SinusoidalPositions",
    "alibi_bias",
    "alibi_slopes",
    "clipped_distances",
    "make_positions",
    "rotate_pairs",
    "sinusoids",
]
