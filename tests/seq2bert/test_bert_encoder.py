"""The encoder: its input by hand, what it sees, where it drops, what it shows, and half precision."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.bert import Bert, BertConfig, BertEmbeddings, BertEncoder, MeanPooler, Pooler, mean_of_tokens
from seq2bert.transformer import Encoded

CONFIG = BertConfig(
    n_tokens=13,
    d_model=12,
    n_heads=3,
    d_ff=20,
    n_layers=2,
    max_length=9,
    n_segments=2,
    dropout=0.0,
    attention_dropout=0.0,
)
TOKENS = torch.tensor([[1, 5, 6, 2, 7, 2, 0], [1, 8, 2, 0, 0, 0, 0], [1, 9, 9, 3, 10, 11, 2]])
SEGMENTS = torch.tensor([[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 1]])
LENGTHS = torch.tensor([6, 3, 7])
REAL = torch.arange(7) < LENGTHS[:, None]


def make(cls=BertEncoder, **options):
    model = cls(dataclasses.replace(CONFIG, **options))
    for parameter in model.parameters():  # so that no parameter that is 0 or 1 at the start hides a fault
        nn.init.normal_(parameter, std=0.5)
    return model


# The input


def test_embeddings_by_hand():
    # d = 2, so LayerNorm turns a sum (a, b) into ±1: (-1, 1) where a < b.
    embeddings = BertEmbeddings(dataclasses.replace(CONFIG, d_model=2, n_heads=1)).eval()
    for table in (embeddings.tokens, embeddings.segments, embeddings.positions.table):
        nn.init.zeros_(table.weight)
    with torch.no_grad():
        embeddings.tokens.weight[5] = torch.tensor([0.0, 4.0])
        embeddings.segments.weight[1] = torch.tensor([5.0, 0.0])
        embeddings.positions.table.weight[2] = torch.tensor([0.0, 9.0])
        embeddings.norm.weight.copy_(torch.tensor([1.0, 3.0]))
        embeddings.norm.bias.copy_(torch.tensor([0.0, 10.0]))
    tokens, segments = torch.tensor([[5, 5, 5]]), torch.tensor([[0, 1, 1]])
    # Sums (0, 4), (5, 4) and (5, 13); normalised (-1, 1), (1, -1), (-1, 1); then times (1, 3) plus (0, 10).
    expected = torch.tensor([[[-1.0, 13.0], [1.0, 7.0], [-1.0, 13.0]]])
    assert_close(embeddings(tokens, segments=segments), expected)


def test_each_token_is_normalised():
    embeddings = BertEmbeddings(CONFIG).eval()
    x = embeddings(TOKENS, segments=SEGMENTS)
    assert_close(x.mean(-1), torch.zeros(3, 7), atol=1e-5, rtol=0)
    assert_close(x.var(-1, correction=0), torch.ones(3, 7), atol=1e-5, rtol=0)


def test_padding_has_no_gradient_from_where_it_stands():
    model = make()
    model(TOKENS, segments=SEGMENTS, lengths=LENGTHS).states.sin().sum().backward()
    gradient = model.embeddings.tokens.weight.grad
    assert torch.all(gradient[0] == 0)
    assert torch.all(gradient[1:3].abs().sum(-1) > 0)


# What is seen


@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(training):
    model = make().train(training)
    together = model(TOKENS, segments=SEGMENTS, lengths=LENGTHS).states
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(TOKENS[row : row + 1, :length], segments=SEGMENTS[row : row + 1, :length]).states
        assert_close(together[row : row + 1, :length], alone, atol=1e-5, rtol=1e-5)


def test_what_stands_at_padding_does_not_matter():
    model = make()
    edited = TOKENS.masked_fill(~REAL, 12)
    one, other = (model(tokens, segments=SEGMENTS, lengths=LENGTHS).states for tokens in (TOKENS, edited))
    assert_close(one[REAL], other[REAL])


def test_every_real_token_is_seen_by_every_real_token():
    model = make()
    before = model(TOKENS, segments=SEGMENTS, lengths=LENGTHS).states
    for place in range(7):
        edited = TOKENS.clone()
        edited[:, place] = 12
        changed = (model(edited, segments=SEGMENTS, lengths=LENGTHS).states - before).abs().sum(-1) > 1e-6
        for row, length in enumerate(LENGTHS.tolist()):
            assert changed[row, :length].tolist() == [place < length] * length


def test_order_and_segment_are_seen():
    model = make()
    states = model(TOKENS[2:], segments=SEGMENTS[2:]).states
    swapped = model(TOKENS[2:].flip(1), segments=SEGMENTS[2:].flip(1)).states.flip(1)
    assert not torch.allclose(states, swapped, atol=1e-3)
    assert not torch.allclose(states, model(TOKENS[2:], segments=1 - SEGMENTS[2:]).states, atol=1e-3)


def test_left_out_segments_are_the_first_and_left_out_lengths_the_longest():
    model = make()
    whole = torch.full((3,), 7)
    explicit = model(TOKENS, segments=torch.zeros_like(TOKENS), lengths=whole)
    assert_close(model(TOKENS).states, explicit.states)
    assert model(TOKENS).mask is None
    assert explicit.mask is None
    assert torch.equal(model(TOKENS, lengths=LENGTHS).mask[:, 0, 0], REAL)


# The two forms


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_states_do_not_depend_on_whether_weights_are_asked_for(lengths, training):
    model = make().train(training)
    states = model(TOKENS, segments=SEGMENTS, lengths=lengths).states
    maps = model.forward_with_weights(TOKENS, segments=SEGMENTS, lengths=lengths)
    assert_close(maps.states, states, atol=1e-5, rtol=1e-5)
    assert maps.hidden.shape == (3, 3, 7, 12)
    assert_close(maps.hidden[:, -1], maps.states)
    assert_close(maps.hidden[:, 0], model.embeddings(TOKENS, segments=SEGMENTS))
    assert maps.weights.shape == (3, 2, 3, 7, 7)
    assert_close(maps.weights.sum(-1), torch.ones(3, 2, 3, 7))
    if lengths is not None:
        assert torch.all(maps.weights[~REAL[:, None, None, None].expand_as(maps.weights)] == 0)


def test_gradients_against_finite_differences():
    model = make(n_layers=1).double()
    weight = model.embeddings.tokens.weight.detach().clone().requires_grad_()

    def loss(weight):
        inputs = {"segments": SEGMENTS[:2], "lengths": LENGTHS[:2]}
        return torch.func.functional_call(model, {"embeddings.tokens.weight": weight}, (TOKENS[:2],), inputs)[0][:, 0]

    # The padding row gets no gradient by rule, though its value counts where padding is read: leave it out.
    assert gradcheck(lambda rest: loss(torch.cat([weight[:1].detach(), rest])), weight[1:].detach().requires_grad_())


# Dropout


def test_dropout_is_where_bert_has_it(monkeypatch):
    # After the embeddings and after each of the two sub-layers of a layer; of attention weights once a layer.
    modules, functions = [], []
    monkeypatch.setattr(nn.Dropout, "forward", lambda self, x: modules.append(self.p) or x)
    monkeypatch.setattr(F, "dropout", lambda x, p: functions.append(p) or x)
    make(dropout=0.3, attention_dropout=0.2).forward_with_weights(TOKENS)
    assert modules == [0.3] * (1 + 2 * 2)
    assert functions == [0.2] * 2


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"attention_dropout": 0.5}])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_dropout_works_in_training_only(lengths, options):
    model = make(**options)
    one, other = (model.train()(TOKENS, lengths=lengths).states for _ in range(2))
    assert not torch.allclose(one, other)
    one, other = (model.eval()(TOKENS, lengths=lengths).states for _ in range(2))
    assert torch.equal(one, other)
    assert_close(one, model.eval().forward_with_weights(TOKENS, lengths=lengths).states, atol=1e-5, rtol=1e-5)


# Pooling


def test_the_pooler_reads_the_first_token():
    pooler, states = make(Pooler), torch.randn(3, 7, 12)
    expected = (states[:, 0] @ pooler.dense.weight.T + pooler.dense.bias).tanh()
    assert_close(pooler(Encoded(states, None)), expected)


def test_the_mean_by_hand():
    # Two tokens (1, 2) and (3, 6), then padding: the mean is (2, 4). With it, (1 + 3 + 8) / 3 and (2 + 6 + 1) / 3.
    states = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [8.0, 1.0]]])
    mask = torch.tensor([[[[True, True, False]]]])
    assert_close(mean_of_tokens(states, mask), torch.tensor([[2.0, 4.0]]))
    assert_close(mean_of_tokens(states, None), torch.tensor([[4.0, 3.0]]))
    assert_close(MeanPooler()(Encoded(states, mask)), torch.tensor([[2.0, 4.0]]))


def test_the_mean_survives_what_stands_at_padding():
    states = torch.tensor([[[1.0], [torch.nan]], [[2.0], [4.0]]])
    mask = torch.tensor([[True, False], [True, True]])[:, None, None]
    assert_close(mean_of_tokens(states, mask), torch.tensor([[1.0], [3.0]]))


def test_bert_is_encoder_and_pooler():
    model = make(Bert)
    output = model(TOKENS, segments=SEGMENTS, lengths=LENGTHS)
    encoded = model.encoder(TOKENS, segments=SEGMENTS, lengths=LENGTHS)
    assert_close(output.states, encoded.states)
    assert_close(output.pooled, model.pooler(encoded))
    assert torch.equal(output.mask, encoded.mask)


# Half precision


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_under_autocast_matrix_products_are_in_half_precision_and_normalisation_is_not(lengths):
    model = make()
    inputs, outputs = [], []
    for part in model.modules():
        if isinstance(part, nn.LayerNorm):
            part.register_forward_hook(lambda _, given, result: inputs.append((given[0].dtype, result.dtype)))
        if isinstance(part, nn.Linear):
            part.register_forward_hook(lambda _, given, result: outputs.append(result.dtype))
    exact = model(TOKENS, segments=SEGMENTS, lengths=lengths).states
    inputs.clear(), outputs.clear()
    with torch.autocast("cpu", torch.bfloat16):
        states = model(TOKENS, segments=SEGMENTS, lengths=lengths).states
    assert inputs == [(torch.float32, torch.float32)] * (1 + 2 * 2)
    assert outputs == [torch.bfloat16] * (4 * 2)
    assert states.dtype == torch.float32
    assert (states - exact)[REAL].square().mean().sqrt() < 0.05 * exact[REAL].std()
    states.sin().sum().backward()
    assert all(p.grad.dtype == torch.float32 and p.grad.isfinite().all() for p in model.parameters())


# Errors


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("tokens", "options", "message"),
    [
        (TOKENS[:0], {}, r"tokens must hold at least one sentence of one token; got shape \(0, 7\)"),
        (TOKENS[:, :0], {}, r"tokens must hold at least one sentence of one token; got shape \(3, 0\)"),
        (TOKENS[0], {}, r"tokens must hold at least one sentence of one token; got shape \(7,\)"),
        (TOKENS, {"lengths": LENGTHS[:2]}, r"lengths needs shape \(3,\), one per sentence; got \(2,\)"),
        (TOKENS, {"lengths": LENGTHS - 3}, "every sentence needs at least one token; got a length of 0"),
        (TOKENS, {"lengths": LENGTHS + 1}, "lengths must lie between 0 and length=7; got 4 to 8"),
        (TOKENS, {"segments": SEGMENTS[:2]}, r"segments needs the shape of tokens, \(3, 7\); got \(2, 7\)"),
        (
            TOKENS + 2,
            {},
            "tokens must lie between 0 and 12 and segments between 0 and 1; got 2 to 13 and 0 to 0",
        ),
        (
            TOKENS,
            {"segments": SEGMENTS + 1},
            "tokens must lie between 0 and 12 and segments between 0 and 1; got 0 to 11 and 1 to 2",
        ),
        (
            TOKENS.repeat(1, 2),
            {},
            r"learned positions run from 0 to 8 \(max_length - 1\); got 0 to 13",
        ),
    ],
)
def test_a_batch_that_does_not_fit_is_named(tokens, options, message):
    with pytest.raises(ValueError, match=message):
        make()(tokens, **options)
