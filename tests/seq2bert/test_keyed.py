from collections import Counter

import pytest

from seq2bert.data.keyed import (
    DIGITS,
    LETTERS,
    QUERY,
    copy_sequences,
    counting_sequences,
    lookup_sequences,
    reverse_sequences,
)
from seq2bert.vocabulary import Vocabulary

ALL = [copy_sequences, reverse_sequences, lookup_sequences, counting_sequences]


def length_of(make, source):
    """Count what `min_length` and `max_length` bound."""
    return {lookup_sequences: (len(source) - 2) // 2, counting_sequences: len(source) - 2}.get(make, len(source))


def test_copies_are_equal():
    pairs = copy_sequences(200, min_length=1, max_length=9, seed=0)
    assert all(target == source for source, target in pairs)
    assert all(target is not source for source, target in pairs)


def test_reversing_twice_gives_the_source():
    pairs = reverse_sequences(200, min_length=2, max_length=9, seed=0)
    assert all(list(reversed(target)) == source for source, target in pairs)
    assert any(target != source for source, target in pairs)


def test_the_value_stands_behind_its_key():
    for source, target in lookup_sequences(200, min_length=1, max_length=26, seed=0):
        *entries, mark, asked = source
        table = dict(zip(entries[::2], entries[1::2], strict=True))
        assert mark == QUERY
        assert target == [table[asked]]
        assert len(table) == len(entries) // 2  # no key twice


def test_every_place_is_asked_for():
    pairs = lookup_sequences(2_000, min_length=5, max_length=5, seed=0)
    places = Counter(source[:-2:2].index(source[-1]) for source, _ in pairs)
    # 400 each, standard deviation 18
    assert set(places) == {0, 1, 2, 3, 4}
    assert all(abs(count - 400) < 5 * 18 for count in places.values())


def test_the_count_is_right():
    for source, target in counting_sequences(500, min_length=1, max_length=30, seed=0):
        *tokens, mark, asked = source
        assert mark == QUERY
        assert target == list(str(tokens.count(asked)))


def test_every_count_is_equally_likely():
    pairs = counting_sequences(4_000, min_length=7, max_length=7, seed=0)
    counts = Counter(int("".join(target)) for _, target in pairs)
    # 500 each, standard deviation 21
    assert set(counts) == set(range(8))
    assert all(abs(count - 500) < 5 * 21 for count in counts.values())


def test_what_is_counted_stands_anywhere():
    pairs = counting_sequences(1_000, min_length=6, max_length=6, seed=0)
    first = sum(source[0] == source[-1] for source, _ in pairs)
    last = sum(source[5] == source[-1] for source, _ in pairs)
    # half of all places on average; standard deviation 16
    assert abs(first - 500) < 5 * 16
    assert abs(last - 500) < 5 * 16


@pytest.mark.parametrize("make", ALL)
def test_every_length_occurs_and_no_other(make):
    pairs = make(600, min_length=3, max_length=8, seed=0)
    assert len(pairs) == 600
    counts = Counter(length_of(make, source) for source, _ in pairs)
    # 100 each, standard deviation 9
    assert set(counts) == {3, 4, 5, 6, 7, 8}
    assert all(abs(count - 100) < 5 * 9 for count in counts.values())


@pytest.mark.parametrize("make", ALL)
def test_a_seed_gives_its_pairs_again(make):
    sizes = {"n": 20, "min_length": 4, "max_length": 9}
    assert make(**sizes, seed=1) == make(**sizes, seed=1)
    assert make(**sizes, seed=1) != make(**sizes, seed=2)


@pytest.mark.parametrize("make", ALL)
def test_tokens_are_ready_for_a_vocabulary(make):
    pairs = make(50, min_length=1, max_length=5, seed=0)
    known = Vocabulary([*LETTERS, *DIGITS, QUERY])
    for source, target in pairs:
        assert known.decode(known.encode(source)) == source
        assert known.decode(known.encode(target)) == target


def test_another_alphabet():
    pairs = copy_sequences(50, min_length=20, max_length=20, seed=0, alphabet=["one", "two"])
    assert {token for source, _ in pairs for token in source} == {"one", "two"}
    source, target = lookup_sequences(1, min_length=1, max_length=1, seed=0, keys=["k"], values=["v"])[0]
    assert (source, target) == (["k", "v", QUERY, "k"], ["v"])


def test_copy_and_reverse_share_their_sources():
    sizes = {"n": 10, "min_length": 2, "max_length": 5, "seed": 3}
    assert [source for source, _ in copy_sequences(**sizes)] == [source for source, _ in reverse_sequences(**sizes)]


@pytest.mark.error_messages
@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n": 0}, "n must be at least 1; got 0"),
        ({"min_length": 0}, "1 <= min_length <= max_length; got 0 and 5"),
        ({"min_length": 6}, "got 6 and 5"),
    ],
)
def test_errors_name_the_problem(make, wrong, message):
    with pytest.raises(ValueError, match=message):
        make(**({"n": 1, "min_length": 1, "max_length": 5, "seed": 0} | wrong))


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("make", "wrong", "message"),
    [
        (copy_sequences, {"alphabet": ""}, "alphabet must hold at least one token, .* got 0 tokens"),
        (reverse_sequences, {"alphabet": "aba"}, "got 3 tokens, 2 of them different"),
        (counting_sequences, {"alphabet": "a"}, "alphabet must hold at least two tokens, .*; got 1"),
        (counting_sequences, {"alphabet": "a?"}, "none of them '[?]'"),
        (lookup_sequences, {"keys": "abb"}, "keys must hold at least one token"),
        (lookup_sequences, {"values": ""}, "values must hold at least one token"),
        (lookup_sequences, {"keys": "abcd"}, "max_length must be at most the number of keys, 4; got 5"),
    ],
)
def test_errors_name_the_alphabet(make, wrong, message):
    with pytest.raises(ValueError, match=message):
        make(1, min_length=1, max_length=5, seed=0, **wrong)
