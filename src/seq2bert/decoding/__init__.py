"""Turning a model into an output: greedy decoding, sampling, beam search.

Decoding knows no model. It takes a step function: tokens of shape (batch,) and a state go in;
logits (batch, vocab), weights (batch, source) and the next state come out. Each call reads one more
token, so a recurrent state and a Transformer's cache serve alike.
"""

from .beam import beam_decode, length_normalised
from .one_path import greedy_decode
from .result import Decoding, Hypothesis, StepFunction
from .sampling import keep_nucleus, keep_top_k, sample_decode
from .states import select_rows

__all__ = [
    "Decoding",
    "Hypothesis",
    "StepFunction",
    "beam_decode",
    "greedy_decode",
    "keep_nucleus",
    "keep_top_k",
    "length_normalised",
    "sample_decode",
    "select_rows",
]
