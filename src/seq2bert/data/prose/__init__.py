"""English prose from the documentation of Python and its packages: extraction, cleaning, and the shipped corpus."""

from .corpus import Document, Paragraph, Prose, load_prose, prose_card, read_documents, split_of
from .docstrings import docstrings
from .duplicates import LARGEST_SHARE_SEEN, WORDS_IN_A_RUN, NearDuplicates, runs_of_words, share_seen
from .paragraphs import SECTIONS, paragraphs
from .sentences import is_prose, split_sentences

__all__ = [
    "LARGEST_SHARE_SEEN",
    "SECTIONS",
    "WORDS_IN_A_RUN",
    "Document",
    "NearDuplicates",
    "Paragraph",
    "Prose",
    "docstrings",
    "is_prose",
    "load_prose",
    "paragraphs",
    "prose_card",
    "read_documents",
    "runs_of_words",
    "share_seen",
    "split_of",
    "split_sentences",
]
