"""Losses against a loop written by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.losses import perplexity, sequence_cross_entropy

PAD = 2


def test_by_hand():
    # Three tokens count: probabilities 3/4 (logits ln 3, 0), 1/2 (equal), 1/4; the fourth target is padding.
    logits = torch.tensor(
        [[[math.log(3), 0.0, -100.0], [0.0, 0.0, -100.0]], [[math.log(3), 0.0, -100.0], [9.0, 9.0, 9.0]]]
    )
    targets = torch.tensor([[0, 1], [1, PAD]])
    expected = -(math.log(3 / 4) + math.log(1 / 2) + math.log(1 / 4)) / 3
    assert_close(sequence_cross_entropy(logits, targets, pad_id=PAD), torch.tensor(expected))


def test_a_token_that_is_ruled_out_costs_nothing():
    # Logits 0, 0 and minus infinity: the right token has probability 1/2.
    logits = torch.tensor([[[0.0, 0.0, -math.inf]]])
    loss = sequence_cross_entropy(logits, torch.tensor([[0]]), pad_id=PAD)
    assert_close(loss, torch.tensor(math.log(2)))


@pytest.mark.parametrize("pad_id", [0, 2, 6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_agrees_with_a_loop(pad_id, dtype):
    logits, targets = torch.randn(3, 5, 7, dtype=dtype), torch.randint(0, 7, (3, 5))
    targets[0, :2], targets[2, 3:] = pad_id, pad_id
    targets[1, 0] = (pad_id + 1) % 7
    losses = []
    for sentence, right in zip(logits, targets, strict=True):
        for scores, token in zip(sentence, right, strict=True):
            if token != pad_id:
                losses.append(-torch.log(torch.exp(scores[token]) / torch.exp(scores).sum()))
    assert_close(sequence_cross_entropy(logits, targets, pad_id=pad_id), sum(losses) / len(losses))


def test_padding_has_no_effect_and_gets_no_gradient():
    logits, targets = torch.randn(2, 4, 5, requires_grad=True), torch.tensor([[0, 1, 3, PAD], [4, PAD, PAD, PAD]])
    loss = sequence_cross_entropy(logits, targets, pad_id=PAD)
    loss.backward()
    padding = targets == PAD
    assert torch.all(logits.grad[padding] == 0)
    assert torch.all(logits.grad[~padding] != 0)
    other = logits.detach().masked_fill(padding[..., None], 50.0)
    assert torch.equal(sequence_cross_entropy(other, targets, pad_id=PAD), loss.detach())
    longer = torch.cat([other, torch.randn(2, 3, 5)], dim=1), torch.cat([targets, torch.full((2, 3), PAD)], dim=1)
    assert torch.equal(sequence_cross_entropy(*longer, pad_id=PAD), loss.detach())


def test_every_token_counts_the_same_whatever_the_length_of_its_sentence():
    logits, targets = torch.randn(2, 4, 5), torch.tensor([[0, 1, 3, 4], [4, PAD, PAD, PAD]])
    long, short = (sequence_cross_entropy(logits[i : i + 1], targets[i : i + 1], pad_id=PAD) for i in (0, 1))
    assert_close(sequence_cross_entropy(logits, targets, pad_id=PAD), (4 * long + short) / 5)


def test_equal_logits_lose_the_log_of_the_number_of_tokens():
    loss = sequence_cross_entropy(torch.zeros(2, 3, 7), torch.ones(2, 3, dtype=torch.long), pad_id=0)
    assert_close(loss, torch.tensor(math.log(7)))
    assert perplexity(loss.item()) == pytest.approx(7)


def test_gradients_against_finite_differences():
    logits = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([[0, 1, PAD], [3, PAD, PAD]])
    assert gradcheck(lambda logits: sequence_cross_entropy(logits, targets, pad_id=PAD), logits)


# Label smoothing


def test_smoothing_by_hand():
    # Probabilities 3/4, 1/8, 1/8, the first is right; of 0.3 each token gets 0.1: 0.8 ln 4/3 + 0.1 ln 8 + 0.1 ln 8.
    logits = torch.tensor([[[math.log(6), 0.0, 0.0]]])
    expected = 0.8 * math.log(4 / 3) + 0.2 * math.log(8)
    loss = sequence_cross_entropy(logits, torch.tensor([[0]]), pad_id=PAD, label_smoothing=0.3)
    assert_close(loss, torch.tensor(expected))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_smoothing_agrees_with_torch(smoothing, dtype):
    logits, targets = torch.randn(3, 5, 7, dtype=dtype, requires_grad=True), torch.randint(0, 7, (3, 5))
    targets[0, 3:], targets[2, 1:] = PAD, PAD
    loss = sequence_cross_entropy(logits, targets, pad_id=PAD, label_smoothing=smoothing)
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD, label_smoothing=smoothing)
    assert_close(loss, expected)
    [gradient], [other] = torch.autograd.grad(loss, logits), torch.autograd.grad(expected, logits)
    assert_close(gradient, other)
    assert torch.all(gradient[targets == PAD] == 0)


def test_a_sure_model_loses_more_with_smoothing():
    logits = torch.tensor([[[30.0, 0.0, 0.0]]])
    plain, smoothed = (
        sequence_cross_entropy(logits, torch.tensor([[0]]), pad_id=PAD, label_smoothing=share) for share in (0.0, 0.1)
    )
    assert plain < 1e-6
    assert smoothed > 1


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, math.nan])
def test_smoothing_out_of_range_is_named(smoothing):
    with pytest.raises(ValueError, match=f"label_smoothing must be at least 0 and below 1; got {smoothing}"):
        sequence_cross_entropy(
            torch.randn(1, 2, 3), torch.zeros(1, 2, dtype=torch.long), pad_id=2, label_smoothing=smoothing
        )


def test_perplexity_by_hand():
    assert perplexity(0.0) == 1.0
    assert perplexity(math.log(3)) == pytest.approx(3.0)


@pytest.mark.error_messages
@pytest.mark.parametrize("shape", [(3, 5), (2, 4), (3, 4, 5)])
def test_targets_that_do_not_fit_are_named(shape):
    message = "logits and targets need the same batch and target axes; got "
    with pytest.raises(ValueError) as caught:
        sequence_cross_entropy(torch.randn(3, 4, 5), torch.ones(shape, dtype=torch.long), pad_id=0)
    assert str(caught.value) == f"{message}(3, 4, 5) and {shape}"


@pytest.mark.parametrize("shape", [(2, 3), (0, 3), (2, 0)])
def test_targets_without_a_token_are_named(shape):
    with pytest.raises(ValueError, match=rf"targets must hold a token that is not padding; got shape \({shape[0]}, "):
        sequence_cross_entropy(torch.randn(*shape, 5), torch.full(shape, PAD), pad_id=PAD)
