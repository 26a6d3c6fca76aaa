"""The Transformer: encoder, decoder, encoder–decoder and language model from the same parts.

Leaves out the mixtures of experts, sparse attention and RMS normalisation of later models.
"""

from .attend import attend, attend_with_weights
from .attention import CrossAttention, Memory, SelfAttention
from .cache import KeyValue
from .config import ACTIVATION_NAMES, NORM_NAMES, SIZES, TIE_NAMES, TransformerConfig
from .decoder import Decoder, DecoderState, DecoderWeights, reorder_past
from .embeddings import Embeddings
from .encoder import Encoded, Encoder
from .language_model import LanguageModelMaps, LanguageModelOutput, TransformerLanguageModel
from .layers import DecoderLayer, EncoderLayer, FeedForward, Residual
from .scope import Scope
from .seq2seq import AttentionMaps, TransformerOutput, TransformerSeq2Seq

__all__ = [
    "ACTIVATION_NAMES",
    "NORM_NAMES",
    "SIZES",
    "TIE_NAMES",
    "AttentionMaps",
    "CrossAttention",
    "Decoder",
    "DecoderLayer",
    "DecoderState",
    "DecoderWeights",
    "Embeddings",
    "Encoded",
    "Encoder",
    "EncoderLayer",
    "FeedForward",
    "KeyValue",
    "LanguageModelMaps",
    "LanguageModelOutput",
    "Memory",
    "Residual",
    "Scope",
    "SelfAttention",
    "TransformerConfig",
    "TransformerLanguageModel",
    "TransformerOutput",
    "TransformerSeq2Seq",
    "attend",
    "attend_with_weights",
    "reorder_past",
]
