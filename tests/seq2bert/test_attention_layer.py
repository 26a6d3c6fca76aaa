"""The attention layer of a decoder: every score with every window."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.attention import (
    SCORE_NAMES,
    WINDOW_NAMES,
    Attention,
    DotScore,
    GlobalWindow,
    MonotonicWindow,
    PredictiveWindow,
    ScaledDotScore,
    make_score,
    make_window,
)
from seq2bert.masks import key_mask, length_mask

D = 4
VALID = length_mask(torch.tensor([5, 2, 3]), 5)


def build(score="dot", window="global", width=1):
    return Attention(
        make_score(score, d_query=D, d_key=D, d_hidden=7, max_source=9), make_window(window, d_query=D, width=width)
    )


def draw(dtype=torch.float32):
    """A query, a key and a value for three sources and six steps."""
    return [torch.randn(3, time, width, dtype=dtype) for time, width in ((6, D), (5, D), (5, 2))]


def attend(attention, query, key, value, valid, first_step=0):
    return attention(query, attention.prepare(key=key, value=value, valid=valid), first_step=first_step)


EVERY = pytest.mark.parametrize(("score", "window"), [(s, w) for s in SCORE_NAMES for w in WINDOW_NAMES])


def test_by_hand():  # scores [ln 3, 0] -> weights [3/4, 1/4]; the third key is padding -> 3/4 * 8 + 1/4 * 4 = 7
    key, value = torch.tensor([[[math.log(3)], [0.0], [9.0]]]), torch.tensor([[[8.0], [4.0], [100.0]]])
    valid = torch.tensor([[True, True, False]])
    context, weights = attend(Attention(DotScore()), torch.ones(1, 1, 1), key, value, valid)
    assert_close(weights, torch.tensor([[[0.75, 0.25, 0.0]]]))
    assert_close(context, torch.tensor([[[7.0]]]))


def test_local_m_by_hand():
    # D = 1, step 3 of a source of three tokens: the centre stops at 2, the window is {1, 2}, equal scores share.
    key, value = torch.zeros(1, 3, 1), torch.tensor([[[1.0], [2.0], [4.0]]])
    valid = torch.ones(1, 3, dtype=torch.bool)
    context, weights = attend(Attention(DotScore(), MonotonicWindow(1)), torch.ones(1, 1, 1), key, value, valid, 3)
    assert_close(weights, torch.tensor([[[0.0, 0.5, 0.5]]]))
    assert_close(context, torch.tensor([[[3.0]]]))


def test_local_p_by_hand():
    # The query is 0: all scores are 0 and p = (5 - 1) / 2 = 2. D = 1: the window is {1, 2, 3}, weights 1/3 each,
    # times exp(-(s - 2)² / (2 σ²)) with σ = 1/2: e⁻², 1, e⁻². Not normalised again.
    key, value = torch.randn(1, 5, 2), torch.tensor([[[9.0], [3.0], [6.0], [3.0], [9.0]]])
    valid = torch.ones(1, 5, dtype=torch.bool)
    attention = Attention(DotScore(), PredictiveWindow(2, 1))
    context, weights = attend(attention, torch.zeros(1, 1, 2), key, value, valid)
    third, less = 1 / 3, math.exp(-2) / 3
    assert_close(weights, torch.tensor([[[0.0, less, third, less, 0.0]]]))
    assert_close(context, torch.tensor([[[2 * 3 * less + 6 * third]]]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_scaled_dot_with_a_global_window_agrees_with_torch(dtype):
    query, key, value = draw(dtype)
    context, _ = attend(Attention(ScaledDotScore()), query, key, value, VALID)
    assert_close(context, F.scaled_dot_product_attention(query, key, value, attn_mask=key_mask(VALID)))


@EVERY
def test_rows_sum_to_one_and_padding_gets_nothing(score, window):
    _, weights = attend(build(score, window), *draw(), VALID)
    sums = weights.sum(-1)
    if window == "local-p":  # the Gaussian takes some away
        assert torch.all((sums > 0) & (sums <= 1 + 1e-6))
    else:
        assert_close(sums, torch.ones(3, 6))
    assert torch.all(weights.masked_select(~VALID[:, None]) == 0)


@EVERY
def test_the_context_is_the_average_with_the_weights(score, window):
    query, key, value = draw()
    context, weights = attend(build(score, window), query, key, value, VALID)
    assert_close(context, torch.einsum("bts,bsd->btd", weights, value))


@EVERY
def test_a_padded_source_gives_the_same_as_alone(score, window):
    attention = build(score, window)
    query, key, value = draw()
    context, weights = attend(attention, query, key, value, VALID)
    for row, length in enumerate(VALID.sum(-1).tolist()):
        alone = slice(row, row + 1)
        one, one_weights = attend(
            attention, query[alone], key[alone, :length], value[alone, :length], VALID[alone, :length]
        )
        assert_close(context[alone], one, atol=1e-6, rtol=0)
        assert_close(weights[alone, :, :length], one_weights, atol=1e-6, rtol=0)


@EVERY
def test_what_stands_at_padding_does_not_matter(score, window):
    attention = build(score, window)
    query, key, value = draw()
    before, _ = attend(attention, query, key, value, VALID)
    key[~VALID], value[~VALID] = 50.0, -50.0
    after, _ = attend(attention, query, key, value, VALID)
    assert torch.equal(before, after)


@EVERY
def test_all_steps_at_once_equal_one_step_at_a_time(score, window):
    attention = build(score, window)
    query, key, value = draw(torch.float64)
    attention.double()
    context, weights = attend(attention, query, key, value, VALID)
    for step in range(6):
        one, one_weights = attend(attention, query[:, step : step + 1], key, value, VALID, first_step=step)
        assert_close(context[:, step : step + 1], one)
        assert_close(weights[:, step : step + 1], one_weights)


@EVERY
def test_a_source_without_a_token_gives_zeros_and_finite_gradients(score, window):
    attention = build(score, window)
    inputs = [tensor.requires_grad_() for tensor in draw()]
    valid = VALID.clone()
    valid[1] = False
    context, weights = attend(attention, *inputs, valid)
    assert torch.all(weights[1] == 0)
    assert torch.all(context[1] == 0)
    context.square().sum().backward()
    for tensor in inputs:
        if tensor.grad is not None:  # the location score does not look at the keys
            assert torch.isfinite(tensor.grad).all()
            assert torch.all(tensor.grad[1] == 0)


@EVERY
def test_everything_happens_where_the_states_are(score, window):  # "meta": a device that every machine has
    context, weights = attend(build(score, window).to("meta"), *(t.to("meta") for t in draw()), VALID.to("meta"))
    assert context.device.type == weights.device.type == "meta"
    assert context.shape == (3, 6, 2)
    assert weights.shape == (3, 6, 5)


@pytest.mark.parametrize("window", WINDOW_NAMES)
@pytest.mark.parametrize("score", SCORE_NAMES)
def test_gradients_against_finite_differences(score, window):
    attention = build(score, window, width=9 if window == "local-p" else 1).double()  # wide: no key leaves the window
    query, key, value = (tensor.requires_grad_() for tensor in draw(torch.float64))
    assert gradcheck(lambda q, k, v: attend(attention, q, k, v, VALID)[0], (query[:, :2], key, value), fast_mode=True)


def test_the_window_left_out_is_global():
    assert isinstance(Attention(DotScore()).window, GlobalWindow)


def test_the_first_step_left_out_is_the_first_of_the_target():
    attention = build(window="local-m")
    query, key, value = draw()
    memory = attention.prepare(key=key, value=value, valid=VALID)
    for one, other in zip(attention(query, memory), attention(query, memory, first_step=0), strict=True):
        assert torch.equal(one, other)
    assert torch.all(attention(query[:, :1], memory)[1][..., 2:] == 0)  # step 0, width 1: the keys 0 and 1


def test_keys_are_prepared_once_and_carried_with_the_values():
    attention = build("additive")
    query, key, value = draw()
    memory = attention.prepare(key=key, value=value, valid=VALID)
    assert_close(memory.prepared, key @ attention.score.weight_key.T)
    assert memory.value is value
    assert memory.valid is VALID
    before = [tensor.clone() for tensor in memory]
    attention(query, memory)
    assert all(torch.equal(one, other) for one, other in zip(memory, before, strict=True))


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("key", "value", "valid"),
    [((3, 5, D), (3, 4, 2), (3, 5)), ((3, 5, D), (2, 5, 2), (3, 5)), ((3, 5, D), (3, 5, 2), (3, 4))],
)
def test_keys_values_and_padding_that_do_not_fit_are_named(key, value, valid):
    with pytest.raises(ValueError, match=r"key, value and valid need the same batch and source axes; got \(3, 5, 4\),"):
        build().prepare(key=torch.ones(key), value=torch.ones(value), valid=torch.ones(valid, dtype=torch.bool))
