"""Links and how to compare them: alignment error rate, crossings, the diagonal."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2bert.data.pocket import alignment_error_rate, corpus_links, crosses, diagonal_links

LINKS = st.frozensets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12)


@pytest.mark.parametrize(
    ("links", "sure", "possible", "rate"),
    [
        # A = S = P: nothing is wrong
        ({(0, 0), (1, 1)}, {(0, 0), (1, 1)}, {(0, 0), (1, 1)}, 0.0),
        # |A ∩ S| = 1, |A ∩ P| = 2, |A| = 2, |S| = 1: 1 − 3/3; a possible link costs nothing
        ({(0, 0), (0, 1)}, {(0, 0)}, {(0, 0), (0, 1)}, 0.0),
        # |A ∩ S| = 1, |A ∩ P| = 2, |A| = 3, |S| = 2: 1 − 3/5
        ({(0, 0), (1, 2), (2, 2)}, {(0, 0), (1, 1)}, {(0, 0), (1, 1), (1, 2)}, 2 / 5),
        # nothing found, two are sure: 1 − 0/2
        (set(), {(0, 0), (1, 1)}, {(0, 0), (1, 1)}, 1.0),
        # one is found, and only possible; none is sure: 1 − (0 + 1)/(1 + 0)
        ({(0, 1)}, set(), {(0, 1)}, 0.0),
        # the transposed link is another one
        ({(1, 0)}, {(0, 1)}, {(0, 1)}, 1.0),
    ],
)
def test_alignment_error_rate_by_hand(links, sure, possible, rate):
    assert alignment_error_rate(links, sure, possible) == pytest.approx(rate)


@given(LINKS, LINKS, LINKS)
def test_alignment_error_rate_is_one_minus_a_mean_of_precision_and_recall(found, sure, more):
    # Och and Ney: precision |A ∩ P|/|A|, recall |A ∩ S|/|S|, each weighted by its denominator.
    possible = sure | more
    if not found or not sure:
        return
    precision, recall = len(found & possible) / len(found), len(found & sure) / len(sure)
    expected = 1 - (precision * len(found) + recall * len(sure)) / (len(found) + len(sure))
    rate = alignment_error_rate(found, sure, possible)
    assert rate == pytest.approx(expected)
    assert 0 <= rate <= 1
    if sure == possible:  # then it is one minus the F-measure
        f_measure = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        assert rate == pytest.approx(1 - f_measure)


@given(LINKS, LINKS)
def test_between_sure_and_possible_nothing_is_wrong(sure, more):
    possible = sure | more
    for found in (sure, possible):
        if found:
            assert alignment_error_rate(found, sure, possible) == 0


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({(0, 0)}, {(0, 0), (3, 1)}, {(0, 0)}), r"every sure link must be possible; 1 of 2 are not, such as \(3, 1\)"),
        ((set(), set(), {(0, 0)}), "at least one link, found or sure; got none"),
    ],
)
def test_alignment_error_rate_names_the_problem(arguments, message):
    with pytest.raises(ValueError, match=message):
        alignment_error_rate(*arguments)


def test_the_rate_of_a_corpus_is_that_of_its_links_together():
    # first sentence: 1 right of 1, 1 sure; second: 0 right of 3, 1 sure. Together 1 − (1 + 1)/(4 + 2), not (0 + 1)/2.
    found = [{(0, 0)}, {(0, 0), (1, 1), (2, 2)}]
    gold = [{(0, 0)}, {(0, 2)}]
    together = alignment_error_rate(corpus_links(found), corpus_links(gold), corpus_links(gold))
    assert together == pytest.approx(2 / 3)


def test_links_of_different_sentences_stay_apart():
    assert corpus_links([{(0, 1)}, set(), {(0, 1), (2, 0)}]) == {(0, 0, 1), (2, 0, 1), (2, 2, 0)}


@pytest.mark.parametrize(
    ("links", "crossed"),
    [
        ([(0, 0), (1, 1)], False),
        ([(0, 1), (1, 0)], True),
        ([(0, 0), (0, 1), (0, 2)], False),  # one word, several links
        ([(0, 1), (1, 1), (2, 1)], False),
        ([(1, 0), (1, 2), (2, 1)], True),  # ne … pas around the verb
        ([(0, 0), (2, 2), (1, 3)], True),
        ([], False),
    ],
)
def test_crossing_by_hand(links, crossed):
    assert crosses(links) == crossed


@given(LINKS)
def test_crossing_agrees_with_its_definition(links):
    assert crosses(links) == any(i < k and j > m for i, j in links for k, m in links)


def test_the_diagonal_by_hand():
    # French token j of 4 lies at j/3 of its sentence, English 0, 1, 2 at 0, 1/2, 1: 2j/3 = 0, .67, 1.33, 2
    assert diagonal_links(3, 4) == {(0, 0), (0, 1), (1, 2), (2, 3)}
    assert diagonal_links(1, 3) == {(0, 0), (0, 1), (0, 2)}
    assert diagonal_links(4, 1) == {(0, 0)}


@given(st.integers(1, 30), st.integers(1, 30))
def test_the_diagonal_links_every_french_token_once_and_never_crosses(n_english, n_french):
    links = diagonal_links(n_english, n_french)
    assert sorted(j for _, j in links) == list(range(n_french))
    assert all(0 <= i < n_english for i, _ in links)
    assert not crosses(links)
    if n_french > 1:
        assert (n_english - 1, n_french - 1) in links
    if n_english == n_french:
        assert links == {(i, i) for i in range(n_english)}
    assert math.isclose(alignment_error_rate(links, links, links), 0)
