"""The masked softmax, the weighted average, and scaled dot-product attention."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.attention import masked_softmax, scaled_dot_product_attention, weighted_average
from seq2bert.masks import causal_mask

# By hand


def test_softmax_by_hand():  # scores [ln 3, 0] -> weights [3/4, 1/4]
    weights = masked_softmax(torch.tensor([[math.log(3), 0.0]]))
    assert_close(weights, torch.tensor([[0.75, 0.25]]))


def test_masked_softmax_by_hand():  # the best key is forbidden, the others share as if it were not there
    scores = torch.tensor([[math.log(3), 100.0, 0.0]])
    weights = masked_softmax(scores, torch.tensor([True, False, True]))
    assert_close(weights, torch.tensor([[0.75, 0.0, 0.25]]))


def test_weighted_average_by_hand():  # 3/4 * (8, 0) + 1/4 * (4, 2) = (7, 1/2)
    context = weighted_average(torch.tensor([[0.75, 0.25]]), torch.tensor([[8.0, 0.0], [4.0, 2.0]]))
    assert_close(context, torch.tensor([[7.0, 0.5]]))


def test_attention_by_hand():  # q · k / √4 = (ln 9) / 2 = ln 3 and 0 -> weights 3/4, 1/4 -> 3/4 * 8 + 1/4 * 4 = 7
    query = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    key = torch.tensor([[math.log(9), 5.0, 6.0, 7.0], [0.0, 8.0, 9.0, 10.0]])
    context, weights = scaled_dot_product_attention(query, key, torch.tensor([[8.0], [4.0]]))
    assert_close(weights, torch.tensor([[0.75, 0.25]]))
    assert_close(context, torch.tensor([[7.0]]))


# Laws


def random_mask(*shape):
    """A mask that leaves every query at least one key."""
    mask = torch.rand(shape) < 0.5
    mask[..., 1] = True
    return mask


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_rows_sum_to_one_and_forbidden_keys_get_nothing(dtype):
    mask = random_mask(2, 3, 5)
    weights = masked_softmax(torch.randn(2, 3, 5).to(dtype), mask)
    assert weights.dtype == dtype
    assert_close(weights.sum(-1), torch.ones(2, 3, dtype=dtype))
    assert torch.all(weights[~mask] == 0)
    assert torch.all(weights[mask] > 0)


@pytest.mark.parametrize("scores", [1e4, -1e4, 1e30, -1e30])
def test_large_scores_do_not_overflow(scores):
    weights = masked_softmax(torch.tensor([[scores, scores, 0.0]]), torch.tensor([True, True, False]))
    assert_close(weights, torch.tensor([[0.5, 0.5, 0.0]]))


def test_forbidden_keys_are_as_if_they_were_not_there():
    scores, mask = torch.randn(3, 5), random_mask(3, 5)
    weights = masked_softmax(scores, mask)
    for row in range(3):
        assert_close(weights[row][mask[row]], torch.softmax(scores[row][mask[row]], dim=-1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 1, 5), (3, 5), (5,)])
def test_a_fully_masked_row_gives_zeros_and_no_gradient(dtype, shape):
    mask = torch.rand(shape) < 0.7
    mask.view(-1, shape[-1])[0] = False  # the first row: at least query 0 of sentence 0
    query, key, value = (torch.randn(2, n, 4, dtype=dtype, requires_grad=True) for n in (3, 5, 5))
    context, weights = scaled_dot_product_attention(query, key, value, mask)
    nothing = ~mask.expand(2, 3, 5).any(-1)
    assert nothing[0, 0]
    assert torch.all(weights[nothing] == 0)
    assert torch.all(context[nothing] == 0)
    (context.square().sum() + weights.cos().sum()).backward()
    assert torch.all(query.grad[nothing] == 0)
    for tensor in (query, key, value):
        assert torch.isfinite(tensor.grad).all()


def test_everything_masked_gives_zeros():
    weights = masked_softmax(torch.randn(2, 3), torch.zeros(2, 3, dtype=torch.bool))
    assert torch.equal(weights, torch.zeros(2, 3))


@pytest.mark.parametrize("hidden", [math.inf, -math.inf, math.nan])
def test_what_stands_at_a_forbidden_key_does_not_matter(hidden):
    scores = torch.tensor([[1.0, hidden, 2.0]], requires_grad=True)
    mask = torch.tensor([True, False, True])
    weights = masked_softmax(scores, mask)
    assert_close(weights, masked_softmax(torch.tensor([[1.0, 0.0, 2.0]]), mask))
    weights.square().sum().backward()
    assert torch.isfinite(scores.grad).all()


def test_nothing_changes_its_arguments():
    scores, mask = torch.randn(2, 3, 5), random_mask(2, 3, 5)
    copies = scores.clone(), mask.clone()
    masked_softmax(scores, mask)
    assert torch.equal(scores, copies[0])
    assert torch.equal(mask, copies[1])
    inputs = [torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 6)]
    before = [tensor.clone() for tensor in inputs]
    scaled_dot_product_attention(*inputs, mask)
    assert all(torch.equal(one, other) for one, other in zip(inputs, before, strict=True))


def test_permuting_the_keys_permutes_the_weights_and_leaves_the_context():
    query, key, value, mask = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 6), random_mask(2, 3, 5)
    order = torch.randperm(5)
    context, weights = scaled_dot_product_attention(query, key, value, mask)
    again, permuted = scaled_dot_product_attention(query, key[:, order], value[:, order], mask[..., order])
    assert_close(permuted, weights[..., order])
    assert_close(again, context)


def test_a_constant_added_to_a_row_changes_nothing():
    scores, mask = torch.randn(3, 5), random_mask(3, 5)
    assert_close(masked_softmax(scores + torch.tensor([[3.0], [-7.0], [0.5]]), mask), masked_softmax(scores, mask))


def test_a_forbidden_value_has_no_influence():
    query, key, value = torch.randn(3, 4), torch.randn(5, 4), torch.randn(5, 6)
    mask = torch.tensor([True, True, False, True, False])
    before, _ = scaled_dot_product_attention(query, key, value, mask)
    value[~mask], key[~mask] = 1e3, -1e3
    after, _ = scaled_dot_product_attention(query, key, value, mask)
    assert torch.equal(before, after)


def test_the_future_does_not_leak():
    x = torch.randn(2, 5, 4)
    edited = x.clone()
    edited[:, 3:] += 10.0
    before, _ = scaled_dot_product_attention(x, x, x, causal_mask(5))
    after, _ = scaled_dot_product_attention(edited, edited, edited, causal_mask(5))
    assert_close(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


# Agreement with torch

MASKS = {
    "none": lambda: None,
    "full": lambda: random_mask(2, 3, 5, 7),
    "keys": lambda: random_mask(2, 1, 1, 7),
    "shared by heads": lambda: random_mask(2, 1, 5, 7),
    "shared by all": lambda: random_mask(5, 7),
    "one for all queries": lambda: random_mask(1, 7),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", MASKS)
def test_attention_and_its_gradients_agree_with_torch(kind, dtype):
    def inputs():
        torch.manual_seed(1)
        return [torch.randn(2, 3, n, d, dtype=dtype, requires_grad=True) for n, d in ((5, 4), (7, 4), (7, 6))]

    mask = MASKS[kind]()
    ours, theirs = inputs(), inputs()
    context, _ = scaled_dot_product_attention(*ours, mask)
    expected = F.scaled_dot_product_attention(*theirs, attn_mask=mask)
    assert_close(context, expected)
    context.sin().sum().backward()
    expected.sin().sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one.grad, other.grad)


@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_any_number_of_batch_axes(shape):
    query, key, value = torch.randn(*shape, 5, 4), torch.randn(*shape, 7, 4), torch.randn(*shape, 7, 6)
    context, weights = scaled_dot_product_attention(query, key, value)
    assert context.shape == (*shape, 5, 6)
    assert weights.shape == (*shape, 5, 7)
    assert_close(context, F.scaled_dot_product_attention(query, key, value))
    assert_close(weighted_average(weights, value), context)


PARTLY = torch.tensor([[[True, False, True, True], [True, True, True, True], [False, True, False, False]]])
ROW_OF_NOTHING = torch.tensor([[[True, False, True, True], [False, False, False, False], [False, True, True, False]]])


@pytest.mark.parametrize("mask", [None, PARTLY, ROW_OF_NOTHING], ids=["none", "partly", "row of nothing"])
def test_gradients_against_finite_differences(mask):
    def random(*shape):
        return torch.randn(*shape, dtype=torch.float64, requires_grad=True)

    assert gradcheck(lambda scores: masked_softmax(scores, mask), random(2, 3, 4))
    assert gradcheck(weighted_average, (random(2, 3, 4), random(2, 4, 5)))
    inputs = random(2, 3, 5), random(2, 4, 5), random(2, 4, 2)
    assert gradcheck(lambda *qkv: scaled_dot_product_attention(*qkv, mask), inputs)


# Errors: see also test_errors.py


@pytest.mark.error_messages
@pytest.mark.parametrize("value", [(2, 6, 4), (3, 5, 4), (5, 4)])
def test_values_that_do_not_fit_the_weights_are_refused(value):
    with pytest.raises(ValueError) as caught:
        weighted_average(torch.ones(2, 3, 5), torch.ones(value))
    rule = "weights and value need the same number of keys and the same batch axes"
    assert str(caught.value) == f"{rule}; got (2, 3, 5) and {value}"
