"""BERT: the Transformer's encoder, pretrained to fill in masked tokens; the same layers as `seq2bert.transformer`.

Leaves out BERT's successors: parameter sharing, replaced-token detection, relative positions.
"""

from .batches import PretrainingBatch, PretrainingBatches, TokenStream, held_out_batches
from .config import SIZES, BertConfig
from .count import parameter_count
from .embeddings import BertEmbeddings
from .encoder import Bert, BertEncoder, BertMaps, BertOutput
from .heads import POOLING_NAMES, BertForClassification, BertForSpans, BertForTagging, SpanLogits, Spans, best_spans
from .initial import initialise, start_from_frequencies, start_from_sinusoids
from .masking import Masked, Masking, choose_words, mask_tokens
from .pairs import SentencePair, sentence_pairs
from .pooling import MeanPooler, Pooler, mean_of_tokens
from .pretraining import (
    BertForMaskedTokens,
    BertForPretraining,
    MaskedTokenHead,
    PretrainingLogits,
    PretrainingOutput,
)

__all__ = [
    "POOLING_NAMES",
    "SIZES",
    "Bert",
    "BertConfig",
    "BertEmbeddings",
    "BertEncoder",
    "BertForClassification",
    "BertForMaskedTokens",
    "BertForPretraining",
    "BertForSpans",
    "BertForTagging",
    "BertMaps",
    "BertOutput",
    "Masked",
    "MaskedTokenHead",
    "Masking",
    "MeanPooler",
    "Pooler",
    "PretrainingBatch",
    "PretrainingBatches",
    "PretrainingLogits",
    "PretrainingOutput",
    "SentencePair",
    "SpanLogits",
    "Spans",
    "TokenStream",
    "best_spans",
    "choose_words",
    "held_out_batches",
    "initialise",
    "mask_tokens",
    "mean_of_tokens",
    "parameter_count",
    "sentence_pairs",
    "start_from_frequencies",
    "start_from_sinusoids",
]
