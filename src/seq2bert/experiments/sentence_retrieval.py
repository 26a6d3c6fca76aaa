"""Sentence similarity put to a test: find the sentence that stood next to this one.

From each held-out document one sentence and its neighbour in the same paragraph. For every first
sentence, all second ones are ranked by the cosine of their vectors with its own. Leaves out
judgements by people, which the usual sets of sentence pairs have.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seq2bert.bert import BertEncoder, mean_of_tokens
from seq2bert.data.batching import pad
from seq2bert.data.prose import Document
from seq2bert.experiments.bag_of_words import words_of
from seq2bert.experiments.sequence_task import evaluating
from seq2bert.tokenization import WordPiece

__all__ = ["bag_vectors", "mean_vectors", "neighbours_of", "retrieval_scores"]

_BATCH = 64


def neighbours_of(documents: Iterable[Document]) -> list[tuple[str, str]]:
    """Return two sentences that follow each other in a paragraph, the first such pair of each document."""
    pairs = []
    for document in documents:
        long_enough = [paragraph.sentences for paragraph in document.paragraphs if len(paragraph.sentences) > 1]
        if long_enough:
            first, second, *_ = long_enough[0]
            pairs.append((first, second))
    return pairs


def mean_vectors(
    encoder: BertEncoder, tokenizer: WordPiece, sentences: Sequence[str]
) -> Float[Tensor, "sentence d_model"]:
    """Return the mean of the last layer's states over the tokens of each sentence.

    References
    ----------
    Reimers and Gurevych (2019), arXiv:1908.10084, section 3.
    """
    rows = [tokenizer.encode(sentence, max_length=encoder.config.max_length).ids for sentence in sentences]
    vectors = []
    with evaluating(encoder):
        for start in range(0, len(rows), _BATCH):
            tokens, lengths = pad(rows[start : start + _BATCH], pad_id=encoder.config.pad_id)
            encoded = encoder(tokens, lengths=lengths)
            vectors.append(mean_of_tokens(encoded.states, encoded.mask))
    return torch.cat(vectors)


def bag_vectors(sentences: Sequence[str], weights: dict[str, float]) -> Float[Tensor, "sentence word"]:
    """Return the counts of words, each times its weight; a word without one counts as absent."""
    places = {word: place for place, word in enumerate(sorted(weights))}
    vectors = torch.zeros(len(sentences), len(places))
    for row, sentence in enumerate(sentences):
        for word in words_of(sentence):
            if word in places:
                vectors[row, places[word]] += weights[word]
    return vectors


def retrieval_scores(
    first: Float[Tensor, "sentence d"], second: Float[Tensor, "sentence d"], *, centre: bool = False
) -> dict[str, float]:
    """Score how well each first vector finds its own second one among all.

    Parameters
    ----------
    first, second : Tensor
        Row i of one belongs to row i of the other.
    centre : bool
        Subtract the mean of all vectors first.

    Returns
    -------
    dict
        ``found``: share of first sentences whose own second one is the nearest; ``mean_cosine``: of
        sentences that do not belong together.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(
            f"first and second must have the same shape; got {tuple(first.shape)} and {tuple(second.shape)}"
        )
    if centre:
        mean = torch.cat([first, second]).mean(0)
        first, second = first - mean, second - mean
    cosines = torch.nn.functional.normalize(first) @ torch.nn.functional.normalize(second).T  # (first, second)
    own = np.arange(len(first))
    others = ~torch.eye(len(first), dtype=torch.bool)
    return {
        "found": float((cosines.argmax(1).numpy() == own).mean()),
        "mean_cosine": float(cosines[others].mean()),
    }
