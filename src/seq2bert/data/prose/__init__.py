"""English prose from the documentation of Python and its packages: extraction, cleaning, and the shipped corpus."""

from .corpus import Document, Paragraph, Prose, load_prose, prose_card, read_documents, split_of
from .docstrings import docstrings
from .duplicates import WORDS_IN_A_RUN, NearDuplicates, runs_of_words
from .paragraphs import SECTIONS, paragraphs
from .sentences import is_prose, split_sentences

__all__ = [
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
    "split_of",
    "split_sentences",
]
