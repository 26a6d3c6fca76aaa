"""Text to pieces and ids: BPE and WordPiece, trained and applied. No torch.

Leaves out byte-level BPE and the unigram model of SentencePiece.
"""

from .bpe import BPE, BPE_MARKS
from .cleaning import Cleaning, clean_words, locate_words
from .detokenize import detokenize
from .encoding import EncodedBatch, Encoding, lengths_within, pad_encodings
from .merges import Marks, Merge, Training
from .pieces import PieceVocabulary
from .statistics import count_words, pieces_per_word, unknown_share
from .subwords import Located, SubwordTokenizer
from .training import SCORES, learn_merges
from .wordpiece import WORDPIECE_MARKS, WordPiece

__all__ = [
    "BPE",
    "BPE_MARKS",
    "SCORES",
    "WORDPIECE_MARKS",
    "Cleaning",
    "EncodedBatch",
    "Encoding",
    "Located",
    "Marks",
    "Merge",
    "PieceVocabulary",
    "SubwordTokenizer",
    "Training",
    "WordPiece",
    "clean_words",
    "count_words",
    "detokenize",
    "learn_merges",
    "lengths_within",
    "locate_words",
    "pad_encodings",
    "pieces_per_word",
    "unknown_share",
]
