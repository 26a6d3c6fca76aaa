"""Recurrent sequence-to-sequence models: encoder, decoders with and without attention.

Dropout and scheduled sampling are left out; the course's data are generated and do not run short.
"""

from .cell import CELL_NAMES, Recurrence
from .decoders import BahdanauDecoder, Decoded, DecoderState, LuongDecoder, PlainDecoder
from .encoder import Encoded, Encoder
from .seq2seq import ORDER_NAMES, Seq2Seq, build_seq2seq

__all__ = [
    "CELL_NAMES",
    "ORDER_NAMES",
    "BahdanauDecoder",
    "Decoded",
    "DecoderState",
    "Encoded",
    "Encoder",
    "LuongDecoder",
    "PlainDecoder",
    "Recurrence",
    "Seq2Seq",
    "build_seq2seq",
]
