"""Pocket translation: English sentences with their French translations, gold alignments and trees.

A hand-written probabilistic grammar draws an abstract tree (:mod:`draw_sentences`), which is written in
both languages at once (:mod:`clauses`) and turned into two rows of tokens (:mod:`synchronous`). So the
links between words and the constituents are known exactly. The French is meant to be correct, within what
the grammar knows: present and passé composé, *tu* for *you*, *ils* for *they*, no reflexive verbs, no
subjunctive, no *y* and *en*. An English sentence has one translation: words and constructions with
several are left out.
"""

from seq2bert.data.pocket.alignment import (
    alignment_error_rate,
    corpus_links,
    crosses,
    diagonal_links,
)
from seq2bert.data.pocket.corpus import SIZES, PocketData, load_pocket
from seq2bert.data.pocket.describe import Description, describe
from seq2bert.data.pocket.tree import LANGUAGES, PHENOMENA, PocketPair, Tree

__all__ = [
    "LANGUAGES",
    "PHENOMENA",
    "SIZES",
    "Description",
    "PocketData",
    "PocketPair",
    "Tree",
    "alignment_error_rate",
    "corpus_links",
    "crosses",
    "describe",
    "diagonal_links",
    "load_pocket",
]
