"""Pairs of sentences for next-sentence prediction: half of them neighbours, half strangers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import torch

Sentence = TypeVar("Sentence")


class SentencePair(NamedTuple):
    """Two sentences, as they were given; ``label`` is 0 if the second follows the first and 1 if not."""

    first: object
    second: object
    label: int


def sentence_pairs(
    documents: Sequence[Sequence[Sentence]], *, generator: torch.Generator, share_next: float = 0.5
) -> list[SentencePair]:
    """Make a pair of each sentence that has a successor.

    Parameters
    ----------
    documents : sequence of sequences
        Sentences in their order, text or ids.
    generator : torch.Generator
    share_next : float
        The probability that the second sentence is the successor. Otherwise it is drawn evenly from the
        sentences of the other documents.

    Returns
    -------
    list of SentencePair
        In the order of the first sentences; the labels are those of `BertForPretraining`.

    Raises
    ------
    ValueError
        If fewer than two documents have a sentence, or ``share_next`` is not a probability.

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3.1, task 2. The paper's code packs several sentences
    into each half; here a half is one item of the document.
    """
    if not 0 <= share_next <= 1:
        raise ValueError(f"share_next must lie between 0 and 1; got {share_next}")
    filled = [document for document in documents if len(document)]
    if len(filled) < 2:
        raise ValueError(f"documents must hold two with a sentence, to draw strangers from; got {len(filled)}")
    everything = [sentence for document in filled for sentence in document]
    pairs, start = [], 0
    for document in filled:
        outside = len(everything) - len(document)
        for first, second in pairwise(document):
            if torch.rand((), generator=generator) < share_next:
                pairs.append(SentencePair(first, second, 0))
                continue
            place = int(torch.randint(outside, (), generator=generator))
            stranger = everything[place if place < start else place + len(document)]
            pairs.append(SentencePair(first, stranger, 1))
        start += len(document)
    return pairs
