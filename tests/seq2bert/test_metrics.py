import logging
import math

import pytest
import sacrebleu
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from seq2bert.metrics import (
    alignment_error_rate,
    attention_entropy,
    attention_in_field,
    attention_links,
    bleu,
    bleu_signature,
    corpus_links,
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
    assert exact_match([("a", "b"), ["b"], ["a"]], [["a", "b"], ("b",), ("b",)]) == pytest.approx(2 / 3)


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


def test_bleu_by_hand():
    # Of the runs of 1, 2, 3, 4 tokens 5/6, 4/5, 3/4, 2/3 are in the reference: the product is 1/3.
    output, reference = ["the", "cat", "sat", "on", "the", "mat"], ["a", "cat", "sat", "on", "the", "mat"]
    assert bleu([output], [reference]) == pytest.approx(100 * (1 / 3) ** (1 / 4))
    # One token less: 5/5, 4/4, 3/3, 2/2, and a brevity penalty of exp(1 - 6/5)
    assert bleu([reference[1:]], [reference]) == pytest.approx(100 * math.exp(1 - 6 / 5))
    assert bleu([reference], [reference]) == pytest.approx(100)
    assert bleu([["x"] * 6], [reference]) == 0
    assert bleu([[]], [reference]) == 0
    assert bleu([["the", "cat"]], [["the", "cat"]]) == 0  # there is no run of four tokens


def test_a_run_counts_as_often_as_it_is_in_the_reference():
    # "the" four times, in the reference twice: 2/4; "the the" is not in it: no score without smoothing, which gives
    # 1/2, 1/4, 1/8 of a run for 2, 3, 4 tokens, of which there are 3, 2, 1
    output, reference = ["the"] * 4, ["the", "cat", "saw", "the"]
    expected = (2 / 4 * (1 / 2 / 3) * (1 / 4 / 2) * (1 / 8 / 1)) ** (1 / 4)
    assert bleu([output], [reference]) == pytest.approx(100 * expected)


SENTENCES = st.lists(
    st.lists(st.sampled_from(["le", "l'", "chat", "dort", ".", "a"]), max_size=8), min_size=1, max_size=5
)


@given(SENTENCES, st.data())
def test_bleu_agrees_with_sacrebleu_on_these_tokens(references, data):
    predictions = [data.draw(st.permutations(row)) for row in references]
    joined = [[" ".join(row) for row in rows] for rows in (predictions, references)]
    expected = sacrebleu.corpus_bleu(joined[0], [joined[1]], tokenize="none", force=True).score
    assert bleu(predictions, references) == expected


def test_bleu_counts_runs_in_the_corpus_and_not_sentence_by_sentence():
    predictions = [["a", "b", "c", "d", "e"], ["a", "b", "x", "y"]]
    references = [["a", "b", "c", "d", "e"], ["a", "b", "c", "d"]]
    # runs of 1, 2, 3, 4 tokens: (5 + 2)/(5 + 4), (4 + 1)/(4 + 3), (3 + 0)/(3 + 2), (2 + 0)/(2 + 1)
    expected = (7 / 9 * 5 / 7 * 3 / 5 * 2 / 3) ** (1 / 4)
    assert bleu(predictions, references) == pytest.approx(100 * expected)


def test_bleu_leaves_the_tokens_as_they_are():
    # "x." and "x!" are different tokens: 4/5, 3/4, 2/3, 1/2, whose product is 1/5. Split, they would share the x.
    output, reference = ["a", "b", "c", "d", "x."], ["a", "b", "c", "d", "x!"]
    assert bleu([output], [reference]) == pytest.approx(100 * (1 / 5) ** (1 / 4))
    assert bleu([output], [["A", *output[1:]]]) == pytest.approx(100 * (1 / 5) ** (1 / 4))  # case matters


def test_the_signature_says_how_bleu_was_computed():
    assert bleu_signature() == f"nrefs:1|case:mixed|eff:no|tok:none|smooth:exp|version:{sacrebleu.__version__}"


def test_bleu_says_nothing_about_text_that_looks_tokenised(caplog):
    with caplog.at_level(logging.WARNING):
        bleu([["le", "chat", "dort", "."]] * 200, [["le", "chat", "dort", "."]] * 200)
    assert caplog.text == ""


def test_attention_links_by_hand():
    # rows: largest at source 1, 0, 2; the row after the last token, and the source token after the last, do not count
    weights = torch.tensor(
        [
            [[0.2, 0.5, 0.3, 0.0], [0.9, 0.1, 0.0, 0.0], [0.1, 0.1, 0.8, 0.0], [1.0, 0.0, 0.0, 0.0]],
            [[0.3, 0.2, 0.5, 0.0], [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]],
        ]
    )
    first, second = attention_links(weights, source_lengths=[3, 2], target_lengths=[3, 3])
    assert first == {(1, 0), (0, 1), (2, 2)}
    assert second == {(0, 0), (0, 1)}  # of equal weights the first; a row of zeros has no link
    assert attention_links(weights, source_lengths=[3, 3], target_lengths=[0, 1]) == [set(), {(2, 0)}]


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5))
def test_every_target_token_gets_the_source_token_with_the_largest_weight(n_sentences, n_target, n_source):
    generator = torch.Generator().manual_seed(n_sentences + 10 * n_target + 100 * n_source)
    weights = torch.rand(n_sentences, n_target, n_source, generator=generator).softmax(dim=-1)
    links = attention_links(weights, source_lengths=[n_source] * n_sentences, target_lengths=[n_target] * n_sentences)
    for found, rows in zip(links, weights, strict=True):
        assert {j: i for i, j in found} == {j: int(row.argmax()) for j, row in enumerate(rows)}
        assert len(found) == n_target


def test_attention_that_is_the_gold_alignment_makes_no_error():
    gold = [{(0, 1), (1, 0)}, {(0, 0)}]
    weights = torch.zeros(2, 3, 3)
    for number, links in enumerate(gold):
        for i, j in links:
            weights[number, j, i] = 1.0
    links = attention_links(weights, source_lengths=[2, 1], target_lengths=[2, 1])
    assert alignment_error_rate(corpus_links(links), corpus_links(gold), corpus_links(gold)) == 0.0
    turned = attention_links(weights.flip(2), source_lengths=[3, 3], target_lengths=[2, 1])
    assert alignment_error_rate(corpus_links(turned), corpus_links(gold), corpus_links(gold)) > 0.5


WEIGHTS = torch.full((4, 3), 1 / 3)


@pytest.mark.parametrize(("predictions", "references"), [(["ab"], [["a", "b"]]), ([("a",)], ["a"])])
def test_a_string_is_not_compared_with_tokens(predictions, references):
    with pytest.raises(TypeError, match=r"both hold strings or both hold tokens; got (str and list|tuple and str)"):
        exact_match(predictions, references)


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
        (lambda: bleu([], []), "equally many and at least one; got 0 and 0"),
        (lambda: bleu([["a"]], [["a"], ["b"]]), "got 1 and 2"),
        (lambda: bleu([["a b"]], [["a"]]), "neither empty nor hold a space; got 'a b'"),
        (lambda: bleu([["a"]], [[""]]), "neither empty nor hold a space; got ''"),
        (
            lambda: attention_links(WEIGHTS[None], source_lengths=[3, 3], target_lengths=[4]),
            "one number for each of the 1 sentences; got 2 and 1",
        ),
        (
            lambda: attention_links(WEIGHTS[None], source_lengths=[4], target_lengths=[4]),
            "4 target by 3 source tokens; got 4 target and 4 source",
        ),
        (lambda: attention_links(WEIGHTS[None], source_lengths=[0], target_lengths=[4]), "got 4 target and 0 source"),
        (lambda: attention_links(WEIGHTS[None], source_lengths=[3], target_lengths=[5]), "got 5 target and 3 source"),
        (lambda: attention_links(WEIGHTS[None], source_lengths=[3], target_lengths=[-1]), "got -1 target and 3"),
        (lambda: attention_entropy(torch.zeros(2, 0)), r"at least one source token; got shape \(2, 0\)"),
        (lambda: attention_entropy(torch.tensor([[1.5, -0.5]])), "must not be negative.*got -0.5"),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.error_messages
def test_a_string_is_no_list_of_tokens():
    with pytest.raises(TypeError, match="lists of tokens, not strings; got 'a b'"):
        bleu(["a b"], [["a", "b"]])
