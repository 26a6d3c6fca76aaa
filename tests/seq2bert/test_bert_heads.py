"""Heads for tasks: what each reads, and the search for the best span."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from seq2bert.bert import (
    BertConfig,
    BertForClassification,
    BertForSpans,
    BertForTagging,
    SpanLogits,
    best_spans,
    mean_of_tokens,
)

CONFIG = BertConfig(
    n_tokens=13, d_model=12, n_heads=3, d_ff=20, n_layers=2, max_length=9, dropout=0.0, attention_dropout=0.0
)
TOKENS = torch.tensor([[1, 5, 6, 2, 7, 2, 0], [1, 8, 2, 0, 0, 0, 0], [1, 9, 9, 3, 10, 11, 2]])
SEGMENTS = torch.tensor([[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 1]])
LENGTHS = torch.tensor([6, 3, 7])
INPUTS = {"segments": SEGMENTS, "lengths": LENGTHS}
MAKERS = {
    "classes from [CLS]": lambda config: BertForClassification(config, n_classes=5),
    "classes from the mean": lambda config: BertForClassification(config, n_classes=5, pooling="mean"),
    "tags": lambda config: BertForTagging(config, n_tags=5),
    "spans": BertForSpans,
}


def make(name, **options):
    model = MAKERS[name](dataclasses.replace(CONFIG, **options))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model


def linear(model, x):
    return x @ model.output.weight.T + model.output.bias


def test_each_head_reads_what_it_should():
    model = make("classes from [CLS]")
    encoded = model.encoder(TOKENS, **INPUTS)
    assert_close(model(TOKENS, **INPUTS), linear(model, model.pooler(encoded)))
    model = make("classes from the mean")
    encoded = model.encoder(TOKENS, **INPUTS)
    assert_close(model(TOKENS, **INPUTS), linear(model, mean_of_tokens(encoded.states, encoded.mask)))
    model = make("tags")
    expected = linear(model, model.encoder(TOKENS, **INPUTS).states)
    assert_close(model(TOKENS, **INPUTS), expected, atol=1e-5, rtol=1e-5)
    model = make("spans")
    expected = linear(model, model.encoder(TOKENS, **INPUTS).states)
    assert_close(model(TOKENS, **INPUTS).start, expected[..., 0], atol=1e-5, rtol=1e-5)
    assert_close(model(TOKENS, **INPUTS).end, expected[..., 1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_padding_changes_nothing(name):
    model = make(name)
    together = model(TOKENS, **INPUTS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(TOKENS[row : row + 1, :length], segments=SEGMENTS[row : row + 1, :length])
        if name == "spans":
            for both, one in zip(together, alone, strict=True):
                assert_close(both[row, :length], one[0], atol=1e-5, rtol=1e-5)
        else:
            mine = together[row] if name.startswith("classes") else together[row, :length]
            assert_close(mine, alone[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_segments_are_seen(name):
    model = make(name)
    one, other = (model(TOKENS[2:], segments=s) for s in (SEGMENTS[2:], 1 - SEGMENTS[2:]))
    if name == "spans":
        one, other = one.start, other.start
    assert not torch.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("name", MAKERS)
def test_every_parameter_gets_a_gradient(name):
    model = make(name)
    output = model(TOKENS, **INPUTS)
    (output.start.sin().sum() + output.end.cos().sum() if name == "spans" else output.sin().sum()).backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize(("name", "expected"), [(name, [] if name == "spans" else [0.4]) for name in MAKERS])
def test_what_a_head_reads_is_dropped_but_for_spans(name, expected, monkeypatch):
    calls = []
    model = make(name, dropout=0.1, head_dropout=0.4)
    monkeypatch.setattr(nn.Dropout, "forward", lambda self, x: calls.append(self.p) or x)
    model(TOKENS, **INPUTS)
    assert calls == [0.1] * (1 + 2 * 2) + expected


def test_names_of_weights_tell_the_pooling():
    assert "pooler.dense.weight" in make("classes from [CLS]").state_dict()
    assert not any(name.startswith("pooler") for name in make("classes from the mean").state_dict())


# Spans


def test_the_best_span_by_hand():
    # Start scores 0 9 2 1, end scores 8 0 3 4. The best ends are (1, 0), out of order; then (1, 3), then (1, 2).
    logits = SpanLogits(torch.tensor([[0.0, 9.0, 2.0, 1.0]]), torch.tensor([[8.0, 0.0, 3.0, 4.0]]))

    def best(longest, allowed=(1, 1, 1, 1)):
        spans = best_spans(logits, allowed=torch.tensor([allowed]).bool(), longest=longest)
        return spans.start.item(), spans.end.item(), spans.score.item()

    assert best(4) == (1, 3, 13.0)
    assert best(3) == (1, 3, 13.0)
    assert best(2) == (1, 2, 12.0)
    assert best(1) == (1, 1, 9.0)
    assert best(4, (1, 1, 1, 0)) == (1, 2, 12.0)
    assert best(4, (1, 0, 1, 1)) == (0, 0, 8.0)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 7), st.integers(0, 10_000))
def test_the_best_span_is_that_of_a_loop(time, longest, seed):
    generator = torch.Generator().manual_seed(seed)
    start, end = torch.randn(2, 3, time, generator=generator)
    allowed = torch.rand(3, time, generator=generator) < 0.7
    allowed[:, 0] = True
    found = best_spans(SpanLogits(start, end), allowed=allowed, longest=longest)
    for row in range(3):
        spans = [
            (i, j) for i in range(time) for j in range(i, min(time, i + longest)) if allowed[row, i] and allowed[row, j]
        ]
        i, j = max(spans, key=lambda span: start[row, span[0]] + end[row, span[1]])
        assert (found.start[row].item(), found.end[row].item()) == (i, j)
        assert_close(found.score[row], start[row, i] + end[row, j])


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("allowed", "longest", "message"),
    [
        (torch.ones(2, 4).bool(), 0, "longest must be at least 1; got 0"),
        (
            torch.ones(2, 3).bool(),
            1,
            r"allowed needs shape \(2, 4\) and a True in each row; got \(2, 3\) with \[3, 3\]",
        ),
        (
            torch.tensor([[True] * 4, [False] * 4]),
            1,
            r"allowed needs shape \(2, 4\) and a True in each row; got \(2, 4\) with \[4, 0\]",
        ),
    ],
)
def test_a_search_that_cannot_succeed_is_named(allowed, longest, message):
    with pytest.raises(ValueError, match=message):
        best_spans(SpanLogits(torch.zeros(2, 4), torch.zeros(2, 4)), allowed=allowed, longest=longest)


def test_heads_without_an_output_are_named():
    with pytest.raises(ValueError, match="n_classes must be at least 1; got 0"):
        BertForClassification(CONFIG, n_classes=0)
    with pytest.raises(ValueError, match="n_tags must be at least 1; got 0"):
        BertForTagging(CONFIG, n_tags=0)
    with pytest.raises(ValueError, match="pooling must be one of cls, mean; got 'max'"):
        BertForClassification(CONFIG, n_classes=2, pooling="max")
