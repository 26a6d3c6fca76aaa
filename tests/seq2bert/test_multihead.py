"""Multi-head attention against torch's own, and its laws."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.attention import MultiHeadAttention, scaled_dot_product_attention
from seq2bert.masks import causal_mask, key_mask, length_mask

D_MODEL, N_HEADS = 6, 3
VALID = length_mask(torch.tensor([5, 2]), 5)


def draw(dtype=torch.float32, **options):
    """Query, key and value: two sentences, four queries, five keys."""
    return [torch.randn(2, time, D_MODEL, dtype=dtype, **options) for time in (4, 5, 5)]


def theirs_with_the_weights_of(ours, dtype):
    theirs = nn.MultiheadAttention(D_MODEL, N_HEADS, batch_first=True, dtype=dtype)
    projections = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.data = torch.cat([projection.weight.data for projection in projections])
    theirs.in_proj_bias.data = torch.cat([projection.bias.data for projection in projections])
    theirs.out_proj.load_state_dict(ours.output.state_dict())
    return theirs


def random_mask(*shape):
    mask = torch.rand(shape) < 0.5
    mask[..., 1] = True  # torch gives NaN for a row without a key
    return mask


# Name: our mask (True = may attend), and torch's two masks (True = may not attend).
MASKS = {
    "none": lambda: (None, {}),
    "padding": lambda: (key_mask(VALID), {"key_padding_mask": ~VALID}),
    "shared": lambda: (lambda mask: (mask, {"attn_mask": ~mask}))(random_mask(4, 5)),
    "of each sentence": lambda: (lambda mask: (mask, {"attn_mask": ~mask.repeat_interleave(N_HEADS, 0)}))(
        random_mask(2, 4, 5)
    ),
    "of each head": lambda: (lambda mask: (mask, {"attn_mask": ~mask.flatten(0, 1)}))(random_mask(2, N_HEADS, 4, 5)),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", MASKS)
def test_results_and_gradients_agree_with_torch(kind, dtype):
    ours = MultiHeadAttention(D_MODEL, N_HEADS).to(dtype)
    theirs = theirs_with_the_weights_of(ours, dtype)
    mask, their_masks = MASKS[kind]()
    inputs = draw(dtype, requires_grad=True)
    copies = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    output, weights = ours(*inputs, mask)
    expected, expected_weights = theirs(*copies, average_attn_weights=False, **their_masks)
    assert_close(output, expected)
    assert_close(weights, expected_weights)
    output.sin().sum().backward()
    expected.sin().sum().backward()
    for one, other in zip(inputs, copies, strict=True):
        assert_close(one.grad, other.grad)
    assert_close(
        torch.cat([ours.query.weight.grad, ours.key.weight.grad, ours.value.weight.grad]), theirs.in_proj_weight.grad
    )
    assert_close(ours.output.weight.grad, theirs.out_proj.weight.grad)


def test_every_head_is_an_attention_in_its_own_slice():
    attention = MultiHeadAttention(D_MODEL, N_HEADS)
    query, key, value = draw()
    output, weights = attention(query, key, value, key_mask(VALID))
    contexts = []
    for head in range(N_HEADS):
        part = slice(2 * head, 2 * head + 2)  # d_head = 6 / 3
        context, one = scaled_dot_product_attention(
            attention.query(query)[..., part],
            attention.key(key)[..., part],
            attention.value(value)[..., part],
            key_mask(VALID),
        )
        contexts.append(context)
        assert_close(weights[:, head], one)
    assert_close(output, attention.output(torch.cat(contexts, dim=-1)))


def test_one_head_as_wide_as_the_model():
    attention = MultiHeadAttention(D_MODEL, 1)
    query, key, value = draw()
    output, weights = attention(query, key, value)
    context, expected = scaled_dot_product_attention(attention.query(query), attention.key(key), attention.value(value))
    assert_close(output, attention.output(context))
    assert_close(weights[:, 0], expected)


@pytest.mark.parametrize("training", [True, False])
def test_the_future_does_not_leak(training):
    attention = MultiHeadAttention(D_MODEL, N_HEADS).train(training)
    x = torch.randn(2, 5, D_MODEL)
    edited = x.clone()
    edited[:, -1] += 10.0
    before, _ = attention(x, x, x, mask=causal_mask(5))
    after, _ = attention(edited, edited, edited, mask=causal_mask(5))
    assert_close(before[:, :-1], after[:, :-1])
    assert not torch.allclose(before[:, -1], after[:, -1])


def test_three_axes_of_a_mask_are_sentences_not_heads():
    attention = MultiHeadAttention(D_MODEL, 2)  # as many heads as sentences: a mix-up would not be noticed by shapes
    mask = random_mask(2, 4, 5)
    _, weights = attention(*draw(), mask)
    for sentence in range(2):
        for head in range(2):
            assert torch.equal(weights[sentence, head] > 0, mask[sentence])


def test_padding_changes_nothing():
    attention = MultiHeadAttention(D_MODEL, N_HEADS)
    query, key, value = draw()
    output, weights = attention(query, key, value, key_mask(VALID))
    alone, alone_weights = attention(query[1:], key[1:, :2], value[1:, :2])
    assert_close(output[1:], alone, atol=1e-6, rtol=0)
    assert_close(weights[1:, ..., :2], alone_weights, atol=1e-6, rtol=0)
    assert torch.all(weights[1, ..., 2:] == 0)


def test_a_fully_masked_row_gives_the_bias_alone_and_finite_gradients():
    attention = MultiHeadAttention(D_MODEL, N_HEADS)
    inputs = draw(requires_grad=True)
    mask = torch.ones(2, 4, 5, dtype=torch.bool)
    mask[1, 2] = False
    output, weights = attention(*inputs, mask)
    assert torch.all(weights[1, :, 2] == 0)
    assert_close(output[1, 2], attention.output.bias)
    output.square().sum().backward()
    for tensor in (*inputs, *attention.parameters()):
        assert torch.isfinite(tensor.grad).all()


def test_gradients_against_finite_differences():
    attention = MultiHeadAttention(D_MODEL, N_HEADS).double()
    mask = random_mask(2, 4, 5)
    mask[1, 2] = False
    inputs = draw(torch.float64, requires_grad=True)
    assert gradcheck(lambda *qkv: attention(*qkv, mask)[0], tuple(inputs))


def test_the_names_and_sizes_of_the_weights():
    shapes = {name: tuple(value.shape) for name, value in MultiHeadAttention(D_MODEL, N_HEADS).state_dict().items()}
    expected = {}
    for name in ("query", "key", "value", "output"):
        expected |= {f"{name}.weight": (6, 6), f"{name}.bias": (6,)}
    assert shapes == expected


@pytest.mark.parametrize(("d_model", "n_heads"), [(6, 4), (6, 0), (6, -2), (2, 3)])
def test_heads_that_do_not_fit_are_named(d_model, n_heads):
    with pytest.raises(ValueError, match=f"n_heads must be at least 1 and divide d_model; got {n_heads} and {d_model}"):
        MultiHeadAttention(d_model, n_heads)


@pytest.mark.error_messages
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("shape", [(2, 4, 5), (4, D_MODEL)])
def test_an_input_of_the_wrong_shape_is_named(number, shape):
    inputs = draw()
    inputs[number] = torch.ones(shape)
    name = ("query", "key", "value")[number]
    with pytest.raises(ValueError, match=rf"{name} needs shape \(batch, time, d_model=6\); got"):
        MultiHeadAttention(D_MODEL, N_HEADS)(*inputs)
