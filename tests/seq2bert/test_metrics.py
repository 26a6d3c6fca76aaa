import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from seq2bert.metrics import (
    attention_entropy,
    attention_in_field,
    edit_distance,
    exact_match,
    mean_edit_distance,
    token_accuracy,
)

TEXT = st.text("abc", max_size=6)


def test_exact_match_by_hand():  # the second differs in its last character, the third is a beginning only: 1 of 3
    assert exact_match(["abc", "abd", "ab"], ["abc", "abc", "abc"]) == pytest.approx(1 / 3)
    assert exact_match([["a", "b"], ["b"]], [["a", "b"], ["b"]]) == 1.0
    assert exact_match([""], ["a"]) == 0.0


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("kitten", "sitting", 3),  # k -> s, e -> i, insert g
        ("1994-05-07", "1994-07-05", 2),  # two substitutions
        ("abc", "bcd", 2),  # delete a, insert d; three substitutions would be more
        ("", "abc", 3),
        ("abc", "", 3),
        ("", "", 0),
        ("abc", "abc", 0),
    ],
)
def test_edit_distance_by_hand(a, b, distance):
    assert edit_distance(a, b) == distance
    assert edit_distance(list(a), list(b)) == distance


def by_definition(a, b):
    """Edit distance by trying everything: the definition, too slow for use."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        by_definition(a[1:], b) + 1,
        by_definition(a, b[1:]) + 1,
        by_definition(a[1:], b[1:]) + (a[0] != b[0]),
    )


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_edit_distance_agrees_with_its_definition(a, b):
    assert edit_distance(a, b) == by_definition(a, b)


@given(TEXT, TEXT, TEXT)
def test_edit_distance_is_a_distance(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


def test_mean_edit_distance_by_hand():  # 3 and 0
    assert mean_edit_distance(["kitten", "a"], ["sitting", "a"]) == 1.5


def test_token_accuracy_by_hand():
    # the largest logits are at 2, 0, 1 | 1, 1, 0; the targets 2, 1, pad | 1, 1, pad: 3 of 4
    logits = torch.tensor([[[0.0, 1, 2], [3, 1, 2], [0, 1, 0]], [[0, 9, 0], [-5, -1, -2], [1, 0, 0]]])
    targets = torch.tensor([[2, 1, 0], [1, 1, 0]])
    assert token_accuracy(logits, targets, pad_id=0) == 0.75


def test_padding_does_not_change_token_accuracy():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 5, 7, generator=generator)
    targets = torch.randint(1, 7, (3, 5), generator=generator)
    longer_logits = torch.cat([logits, torch.randn(3, 4, 7, generator=generator)], dim=1)
    longer_targets = torch.cat([targets, torch.zeros(3, 4, dtype=torch.long)], dim=1)
    assert token_accuracy(logits, targets, pad_id=0) == token_accuracy(longer_logits, longer_targets, pad_id=0)


def test_attention_in_field_by_hand():
    # target: two tokens of field x, one of none, one of y; source: x at 0-1, y at 2
    # x rows: .2 + .3 = .5 and .6 + .4 = 1; y row: .7; the third row does not count: (.5 + 1 + .7) / 3
    weights = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0], [0.0, 0.0, 1.0], [0.1, 0.2, 0.7]])
    result = attention_in_field(weights, {"x": (0, 2), "y": (3, 4)}, {"x": (0, 2), "y": (2, 3)})
    assert result == pytest.approx(2.2 / 3)


def test_attention_in_field_is_one_where_all_of_it_is_right_and_a_share_where_it_is_even():
    target, source = {"x": (0, 2), "y": (2, 5)}, {"y": (0, 1), "x": (3, 7), "unused": (1, 3)}
    right = torch.zeros(6, 8)
    right[0:2, 4] = 1.0
    right[2:5, 0] = 1.0
    assert attention_in_field(right, target, source) == 1.0
    even = torch.full((6, 8), 1 / 8)  # x: 4 of 8 for two tokens, y: 1 of 8 for three
    assert attention_in_field(even, target, source) == pytest.approx((2 * 4 / 8 + 3 * 1 / 8) / 5)


def test_entropy_by_hand():
    # one token: 0; two evenly: ln 2; 3/4 and 1/4: 3/4 ln 4/3 + 1/4 ln 4; nothing allowed: 0
    weights = torch.tensor([[[1.0, 0, 0], [0.5, 0, 0.5]], [[0.75, 0.25, 0], [0, 0, 0]]])
    expected = torch.tensor([[0.0, math.log(2)], [0.75 * math.log(4 / 3) + 0.25 * math.log(4), 0.0]])
    assert_close(attention_entropy(weights), expected)


def test_entropy_agrees_with_torch():
    weights = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=-1)
    assert_close(attention_entropy(weights), torch.distributions.Categorical(probs=weights).entropy())


WEIGHTS = torch.full((4, 3), 1 / 3)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact_match([], []), "equally many and at least one; got 0 and 0"),
        (lambda: exact_match(["a"], ["a", "b"]), "got 1 and 2"),
        (lambda: mean_edit_distance([], []), "got 0 and 0"),
        (lambda: mean_edit_distance(["a", "b"], ["a"]), "got 2 and 1"),
        (
            lambda: token_accuracy(torch.zeros(2, 3, 5), torch.ones(2, 4, dtype=torch.long), pad_id=0),
            r"same first two axes; got \(2, 3, 5\) and \(2, 4\)",
        ),
        (
            lambda: token_accuracy(torch.zeros(2, 3, 5), torch.zeros(2, 3, dtype=torch.long), pad_id=0),
            "at least one token that is not padding",
        ),
        (lambda: attention_in_field(WEIGHTS, {}, {"x": (0, 1)}), "target_fields must name at least one field"),
        (lambda: attention_in_field(WEIGHTS, {"x": (0, 1)}, {"y": (0, 1)}), r"'x' is not in \['y'\]"),
        (
            lambda: attention_in_field(WEIGHTS, {"x": (0, 5)}, {"x": (0, 1)}),
            "4 target by 3 source .* got target 0 to 5",
        ),
        (lambda: attention_in_field(WEIGHTS, {"x": (0, 1)}, {"x": (1, 4)}), "source 1 to 4"),
        (lambda: attention_in_field(WEIGHTS, {"x": (2, 2)}, {"x": (1, 2)}), "got target 2 to 2"),
        (lambda: attention_in_field(WEIGHTS, {"x": (-1, 2)}, {"x": (1, 2)}), "got target -1 to 2"),
        (lambda: attention_in_field(WEIGHTS, {"x": (0, 2)}, {"x": (2, 2)}), "source 2 to 2"),
        (lambda: attention_in_field(WEIGHTS, {"x": (0, 2)}, {"x": (-1, 2)}), "source -1 to 2"),
        (lambda: attention_entropy(torch.zeros(2, 0)), r"at least one source token; got shape \(2, 0\)"),
        (lambda: attention_entropy(torch.tensor([[1.5, -0.5]])), "must not be negative.*got -0.5"),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()
