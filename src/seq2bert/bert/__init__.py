"""BERT: the Transformer's encoder, pretrained to fill in masked tokens; the same layers as `seq2bert.transformer`.

Leaves out BERT's successors: parameter sharing, replaced-token detection, relative positions.
"""

from .config import SIZES, BertConfig
from .count import parameter_count
from .embeddings import BertEmbeddings
from .encoder import Bert, BertEncoder, BertMaps, BertOutput, Pooler
from .initial import initialise, start_from_frequencies, start_from_sinusoids
from .masking import Masked, Masking, choose_words, mask_tokens
from .pretraining import (
    BertForMaskedTokens,
    BertForPretraining,
    MaskedTokenHead,
    PretrainingLogits,
    PretrainingOutput,
)

__all__ = [
    "SIZES",
    "Bert",
    "BertConfig",
    "BertEmbeddings",
    "BertEncoder",
    "BertForMaskedTokens",
    "BertForPretraining",
    "BertMaps",
    "BertOutput",
    "Masked",
    "MaskedTokenHead",
    "Masking",
    "Pooler",
    "PretrainingLogits",
    "PretrainingOutput",
    "choose_words",
    "initialise",
    "mask_tokens",
    "parameter_count",
    "start_from_frequencies",
    "start_from_sinusoids",
]
