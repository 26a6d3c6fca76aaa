"""Layers with torch's weights give torch's numbers, and the laws of each."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seq2bert.masks import causal_mask, length_mask
from seq2bert.positions import Positions
from seq2bert.transformer import DecoderLayer, EncoderLayer, FeedForward, Residual, TransformerConfig
from seq2bert.transformer.scope import decoder_scope, encoder_scope, valid_keys

D_MODEL, N_HEADS, D_FF, TIME, SOURCE = 12, 3, 20, 5, 7
LENGTHS, SOURCE_LENGTHS = torch.tensor([5, 3]), torch.tensor([4, 7])


def config(**options):
    sizes = {"d_model": D_MODEL, "n_heads": N_HEADS, "d_ff": D_FF, "dropout": 0.0, "positions": "none"}
    return TransformerConfig(**(sizes | options))


def encoder_scope_of(lengths):
    return encoder_scope(Positions(), None if lengths is None else valid_keys(lengths, TIME), torch.arange(TIME)[None])


def causal_scope():
    return decoder_scope(Positions(), n_new=TIME, n_read=0, gap=None, causal=True, device=torch.device("cpu"))[0]


def fill(module):
    """Give every parameter a random value, so that none that is 0 or 1 at the start hides a fault."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    return module


def copy_attention(theirs, ours):
    ours.query_key_value.load_state_dict({"weight": theirs.in_proj_weight, "bias": theirs.in_proj_bias})
    ours.output.load_state_dict(theirs.out_proj.state_dict())


def copy_cross_attention(theirs, ours):
    for name, weights in {"weight": theirs.in_proj_weight, "bias": theirs.in_proj_bias}.items():
        getattr(ours.query, name).data = weights[:D_MODEL].clone()
        getattr(ours.key_value, name).data = weights[D_MODEL:].clone()
    ours.output.load_state_dict(theirs.out_proj.state_dict())


def copy_rest(theirs, ours, residuals):
    ours.feed_forward.inner.load_state_dict(theirs.linear1.state_dict())
    ours.feed_forward.outer.load_state_dict(theirs.linear2.state_dict())
    for number, residual in enumerate(residuals, start=1):
        residual.norm.load_state_dict(getattr(theirs, f"norm{number}").state_dict())


def options_of_torch(norm, activation):
    return {"dropout": 0.0, "batch_first": True, "norm_first": norm == "pre", "activation": activation}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_the_encoder_layer_agrees_with_torch(lengths, activation, norm, training):
    theirs = fill(nn.TransformerEncoderLayer(D_MODEL, N_HEADS, D_FF, **options_of_torch(norm, activation)))
    ours = EncoderLayer(config(norm=norm, activation=activation), 0)
    copy_attention(theirs.self_attn, ours.attention)
    copy_rest(theirs, ours, (ours.attention_residual, ours.feed_forward_residual))
    theirs.train(training), ours.train(training)
    x = torch.randn(2, TIME, D_MODEL)
    real = length_mask(LENGTHS if lengths is not None else torch.tensor([TIME, TIME]), TIME)
    expected = theirs(x, src_key_padding_mask=None if lengths is None else ~real)
    scope = encoder_scope_of(lengths)
    # In eval mode torch's fast path writes 0 at padding, so only real tokens are compared.
    assert_close(ours(x, scope)[0][real], expected[real], atol=1e-5, rtol=1e-5)
    assert_close(ours.forward_with_weights(x, scope)[0][real], expected[real], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("lengths", [None, SOURCE_LENGTHS])
def test_the_decoder_layer_agrees_with_torch(lengths, activation, norm, training):
    theirs = fill(nn.TransformerDecoderLayer(D_MODEL, N_HEADS, D_FF, **options_of_torch(norm, activation)))
    ours = DecoderLayer(config(norm=norm, activation=activation), 0)
    copy_attention(theirs.self_attn, ours.attention)
    copy_cross_attention(theirs.multihead_attn, ours.cross_attention)
    copy_rest(theirs, ours, (ours.attention_residual, ours.cross_residual, ours.feed_forward_residual))
    theirs.train(training), ours.train(training)
    x, states = torch.randn(2, TIME, D_MODEL), torch.randn(2, SOURCE, D_MODEL)
    mask = None if lengths is None else valid_keys(lengths, SOURCE)
    target = length_mask(LENGTHS, TIME)
    expected = theirs(
        x,
        states,
        tgt_mask=~causal_mask(TIME),
        tgt_key_padding_mask=~target,
        memory_key_padding_mask=None if mask is None else ~mask[:, 0, 0],
    )
    memory = ours.cross_attention.prepare(states, mask)
    # Ours needs no mask for a target padded on the right: no real token sees what comes after it.
    assert_close(ours(x, causal_scope(), None, memory)[0][target], expected[target], atol=1e-5, rtol=1e-5)
    output = ours.forward_with_weights(x, causal_scope(), None, memory)[0]
    assert_close(output[target], expected[target], atol=1e-5, rtol=1e-5)


def test_pre_and_post_norm_by_hand():
    # x = (1, 3): mean 2, deviation 1. The sub-layer writes (4, -4). Post-norm: (5, -1) has mean 2 and deviation 3.
    x, written = torch.tensor([[[1.0, 3.0]]]), torch.tensor([[[4.0, -4.0]]])
    sizes = {"d_model": 2, "n_heads": 1, "norm_epsilon": 1e-12}
    post, pre = (Residual(config(norm=norm, **sizes)) for norm in ("post", "pre"))
    assert_close(post.enter(x), x)
    assert_close(post.leave(x, written), torch.tensor([[[1.0, -1.0]]]))
    assert_close(pre.enter(x), torch.tensor([[[-1.0, 1.0]]]))
    assert_close(pre.leave(x, written), torch.tensor([[[5.0, -1.0]]]))


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_dropout_falls_on_what_a_sub_layer_writes(norm):
    residual = Residual(config(norm=norm, dropout=0.5))
    x, written = torch.randn(2, TIME, D_MODEL), torch.full((2, TIME, D_MODEL), 3.0)
    with torch.no_grad():
        residual.norm = nn.Identity()
        added = residual.train().leave(x, written) - x
    assert set(added.round(decimals=4).unique().tolist()) == {0.0, 6.0}  # dropped, or doubled
    assert_close(residual.eval().leave(x, written) - x, written)


def test_the_feed_forward_network_sees_each_position_alone():
    network, x = FeedForward(config()), torch.randn(2, TIME, D_MODEL)
    edited = x.clone()
    edited[:, 2] += 1
    changed = (network(x) - network(edited)).abs().sum(-1) > 0
    assert changed.tolist() == [[False, False, True, False, False]] * 2


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_an_encoder_layer_without_positions_does_not_see_order(norm):
    layer, x = fill(EncoderLayer(config(norm=norm), 0)), torch.randn(2, TIME, D_MODEL)
    order = torch.tensor([3, 1, 4, 0, 2])
    scope = encoder_scope_of(None)
    assert_close(layer(x, scope)[0][:, order], layer(x[:, order], scope)[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("d_model", [6, 24])
def test_fused_projections_start_as_if_each_were_alone(d_model):
    # Glorot's bound is sqrt(6 / (d_in + d_out)), with the d_out of each projection and not of the three together.
    attention = EncoderLayer(config(d_model=d_model, n_heads=3), 0).attention
    bound = (6 / (2 * d_model)) ** 0.5
    for weight in attention.query_key_value.weight.split(attention.widths):
        assert weight.abs().max() <= bound
        assert weight.abs().max() > 0.8 * bound
