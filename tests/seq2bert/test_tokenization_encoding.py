"""Pairs that are too long, batches of different lengths, and blanks where English has them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2bert.tokenization import Encoding, detokenize, lengths_within, pad_encodings


def encoding(length, segment=1):
    return Encoding(
        ids=tuple(range(10, 10 + length)),
        segments=(segment,) * length,
        tokens=("a",) * length,
        offsets=((0, 1),) * length,
        words=(0,) * length,
    )


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ((5, 5, 10), (5, 5)),
        ((9, 3, 10), (7, 3)),  # only the longer one gives way
        ((3, 9, 10), (3, 7)),
        ((9, 8, 10), (5, 5)),
        ((9, 8, 11), (6, 5)),  # the odd piece stays with the longer text,
        ((8, 9, 11), (5, 6)),
        ((9, 9, 11), (5, 6)),  # or with the second
        ((9, 0, 4), (4, 0)),
        ((2, 9, 0), (0, 0)),
        ((1, 1, 1), (0, 1)),
        ((0, 0, 0), (0, 0)),
    ],
)
def test_lengths_by_hand(lengths, kept):
    assert lengths_within(*lengths) == kept


@settings(deadline=None)
@given(first=st.integers(0, 40), second=st.integers(0, 40), room=st.integers(0, 60))
def test_no_room_is_wasted_and_the_shorter_text_goes_first(first, second, room):
    kept = lengths_within(first, second, room)
    assert sum(kept) == min(first + second, room)
    assert 0 <= kept[0] <= first
    assert 0 <= kept[1] <= second
    for length, left, other in ((first, *kept), (second, *reversed(kept))):
        if left < length:  # what is shortened stays at least as long as the other, but for the odd piece
            assert left >= other - 1


def test_a_batch_by_hand():
    batch = pad_encodings([encoding(2), encoding(3)], pad_id=7)
    assert batch.ids == [[10, 11, 7], [10, 11, 12]]
    assert batch.segments == [[1, 1, 0], [1, 1, 1]]
    assert batch.mask == [[True, True, False], [True, True, True]]
    assert len(batch) == 2
    wide = pad_encodings([encoding(1)], pad_id=0, length=3)
    assert (wide.ids, wide.mask) == ([[10, 0, 0]], [[True, False, False]])


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("hello , world !", "hello, world!"),
        ("it ' s , isn ' t it ?", "it's, isn't it?"),
        ("( see [ 1 ] ) ; { a } :", "(see [1]); {a}:"),
        ("a well - known snake _ case either / or", "a well-known snake_case either/or"),
        ("3 . 14 at 10 : 30 , or 1 , 000", "3.14 at 10:30, or 1,000"),
        ('he said " yes " and " no "', 'he said "yes" and "no"'),
        ("one . two", "one. two"),
        ("50 % of it …", "50% of it…"),
        ("the dogs ' tails", "the dogs ' tails"),
        ("minus - and - more", "minus-and-more"),
        ("", ""),
    ],
)
def test_blanks_by_hand(apart, together):
    assert detokenize(apart) == together


@settings(deadline=None)
@given(st.text(alphabet="ab1 .,-'\"()", max_size=30))
def test_only_blanks_change(text):
    assert detokenize(text).replace(" ", "") == text.replace(" ", "")


@settings(deadline=None)
@given(st.text(alphabet="ab1 .,-'()", max_size=30))
def test_text_that_is_in_order_stays(text):
    once = detokenize(" ".join(text.split()))
    assert detokenize(once) == once


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pad_encodings([], pad_id=0), "encodings must not be empty: a batch needs at least one; got 0"),
        (
            lambda: pad_encodings([encoding(2), encoding(5)], pad_id=0, length=4),
            "length must be at least that of every encoding; got 4, and number 1 of 2 has 5 tokens",
        ),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()
