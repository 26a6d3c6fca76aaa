"""Text to pieces and ids: BPE and WordPiece, trained and applied. No torch.

Leaves out byte-level BPE and the unigram model of SentencePiece.
"""

from .cleaning import Cleaning, clean_words, locate_words
from .encoding import EncodedBatch, Encoding, lengths_within, pad_encodings
from .pieces import PieceVocabulary
from .subwords import Located, SubwordTokenizer
from .training import SCORES, Marks, Merge, Training, count_words, learn_merges
from .wordpiece import WORDPIECE_MARKS, WordPiece

__all__ = [
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
    "learn_merges",
    "lengths_within",
    "locate_words",
    "pad_encodings",
]
