"""Pairs for next-sentence prediction."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2bert.bert import SentencePair, sentence_pairs


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def numbered(sizes):
    """Make documents of sentences (document, place)."""
    return [[(document, place) for place in range(size)] for document, size in enumerate(sizes)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=6).filter(lambda s: sum(map(bool, s)) > 1), st.integers(0, 99))
def test_neighbours_are_neighbours_and_strangers_come_from_elsewhere(sizes, seed):
    documents = numbered(sizes)
    pairs = sentence_pairs(documents, generator=generator(seed))
    assert [pair.first for pair in pairs] == [sentence for document in documents for sentence in document[:-1]]
    for (document, place), second, label in pairs:
        if label == 0:
            assert second == (document, place + 1)
        else:
            assert second[0] != document
            assert second in documents[second[0]]
    assert pairs == sentence_pairs(documents, generator=generator(seed))


def test_half_are_neighbours_and_strangers_are_drawn_evenly():
    documents = numbered([2000, 3, 5])
    pairs = sentence_pairs(documents, generator=generator())
    labels = [pair.label for pair in pairs]
    assert abs(sum(labels) / len(labels) - 0.5) < 5 * (0.25 / len(labels)) ** 0.5
    strangers = [pair.second for pair in pairs if pair.first[0] == 0 and pair.label]
    counts = [strangers.count(sentence) for sentence in documents[1] + documents[2]]
    assert sum(counts) == len(strangers)
    share = 1 / 8
    deviation = (len(strangers) * share * (1 - share)) ** 0.5
    assert all(abs(count - len(strangers) * share) < 5 * deviation for count in counts)


@pytest.mark.parametrize(("share", "label"), [(1.0, 0), (0.0, 1)])
def test_the_share_is_an_argument(share, label):
    pairs = sentence_pairs(numbered([9, 9]), generator=generator(), share_next=share)
    assert {pair.label for pair in pairs} == {label}


def test_sentences_come_back_as_they_were():
    (pair,) = sentence_pairs([[[1, 2], [3]], [["other"]]], generator=generator(), share_next=1.0)
    assert pair == SentencePair([1, 2], [3], 0)


@pytest.mark.parametrize("documents", [[], [[1, 2]], [[1, 2], []]])
def test_one_document_has_no_strangers(documents):
    message = "documents must hold two with a sentence, to draw strangers from; got "
    with pytest.raises(ValueError, match=message):
        sentence_pairs(documents, generator=generator())


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_named(share):
    with pytest.raises(ValueError, match=f"share_next must lie between 0 and 1; got {share}"):
        sentence_pairs(numbered([2, 2]), generator=generator(), share_next=share)
