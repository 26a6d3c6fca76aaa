"""The heads of pretraining and the values that training starts from."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from seq2bert.bert import (
    BertConfig,
    BertEncoder,
    BertForMaskedTokens,
    BertForPretraining,
    MaskedTokenHead,
    Masking,
    initialise,
    mask_tokens,
    start_from_frequencies,
    start_from_sinusoids,
)
from seq2bert.positions import LearnedPositions, sinusoids

CONFIG = BertConfig(
    n_tokens=13, d_model=12, n_heads=3, d_ff=20, n_layers=2, max_length=9, dropout=0.0, attention_dropout=0.0
)
TOKENS = torch.tensor([[1, 5, 6, 2, 7, 2, 0], [1, 8, 2, 0, 0, 0, 0], [1, 9, 9, 3, 10, 11, 2]])
SEGMENTS = torch.tensor([[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 1]])
LENGTHS = torch.tensor([6, 3, 7])
CHOSEN = torch.tensor([[0, 1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 1, 0]]).bool()
INPUTS = {"segments": SEGMENTS, "lengths": LENGTHS}


def make(cls, **options):
    model = cls(dataclasses.replace(CONFIG, **options))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model


def test_the_masked_token_head_step_by_step():
    head, embeddings, states = make(MaskedTokenHead), torch.randn(13, 12), torch.randn(2, 4, 12)
    x = states @ head.dense.weight.T + head.dense.bias
    x = x * 0.5 * (1 + torch.erf(x / 2**0.5))  # GELU with the exact distribution function
    x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + 1e-12).sqrt()
    x = x * head.norm.weight + head.norm.bias
    expected = torch.einsum("btd,vd->btv", x, embeddings) + head.bias
    assert_close(head(states, embeddings=embeddings), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_logits_at_chosen_positions_are_those_of_all(training):
    model = make(BertForMaskedTokens).train(training)
    every = model.logits(TOKENS, **INPUTS)
    assert every.shape == (3, 7, 13)
    assert_close(model(TOKENS, chosen=CHOSEN, **INPUTS), every[CHOSEN], atol=1e-5, rtol=1e-5)
    both = make(BertForPretraining).train(training)
    chosen, every = both(TOKENS, chosen=CHOSEN, **INPUTS), both.logits(TOKENS, **INPUTS)
    assert_close(chosen.tokens, every.tokens[CHOSEN], atol=1e-5, rtol=1e-5)
    assert_close(chosen.next_sentence, every.next_sentence)
    assert chosen.next_sentence.shape == (3, 2)


def test_the_head_sees_only_the_chosen_states(monkeypatch):
    seen = []
    forward = MaskedTokenHead.forward
    monkeypatch.setattr(
        MaskedTokenHead,
        "forward",
        lambda self, states, **rest: seen.append(states.shape) or forward(self, states, **rest),
    )
    make(BertForMaskedTokens)(TOKENS, chosen=CHOSEN, **INPUTS)
    make(BertForPretraining)(TOKENS, chosen=CHOSEN, **INPUTS)
    assert seen == [(4, 12)] * 2


def test_nothing_chosen_gives_no_rows():
    assert make(BertForMaskedTokens)(TOKENS, chosen=torch.zeros_like(CHOSEN), **INPUTS).shape == (0, 13)


@pytest.mark.parametrize("cls", [BertForMaskedTokens, BertForPretraining])
def test_output_and_input_share_one_matrix(cls):
    model = make(cls)
    names = [name for name, parameter in model.named_parameters() if parameter.shape == (13, 12)]
    assert names == ["encoder.embeddings.tokens.weight"]
    before = model.logits(TOKENS, **INPUTS)
    before = before if cls is BertForMaskedTokens else before.tokens
    with torch.no_grad():
        model.encoder.embeddings.tokens.weight[12] += 1.0  # no input holds token 12, so only its logit moves
    after = model.logits(TOKENS, **INPUTS)
    after = after if cls is BertForMaskedTokens else after.tokens
    assert_close(after[..., :12], before[..., :12])
    assert torch.all((after - before)[..., 12].abs() > 1e-4)


def test_next_sentence_reads_the_pooled_state():
    model = make(BertForPretraining)
    pooled = model.pooler(model.encoder(TOKENS, **INPUTS))
    expected = pooled @ model.next_sentence.weight.T + model.next_sentence.bias
    assert_close(model.logits(TOKENS, **INPUTS).next_sentence, expected)


def test_every_parameter_gets_a_gradient():
    model = make(BertForPretraining)
    output = model(TOKENS, chosen=CHOSEN, **INPUTS)
    (output.tokens.sin().sum() + output.next_sentence.sin().sum()).backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


def test_under_autocast_the_head_normalises_in_full_precision_and_so_does_the_loss():
    model = make(BertForPretraining)
    seen = []
    model.masked_tokens.norm.register_forward_hook(lambda _, given, result: seen.append((given[0].dtype, result.dtype)))
    with torch.autocast("cpu", torch.bfloat16):
        output = model(TOKENS, chosen=CHOSEN, **INPUTS)
        loss = F.cross_entropy(output.tokens, TOKENS[CHOSEN])
    assert seen == [(torch.float32, torch.float32)]
    assert output.tokens.dtype == torch.bfloat16
    assert loss.dtype == torch.float32
    exact = F.cross_entropy(model(TOKENS, chosen=CHOSEN, **INPUTS).tokens, TOKENS[CHOSEN])
    assert_close(loss, exact, atol=0.0, rtol=0.05)
    loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_the_head_works_in_double_precision():
    model = make(BertForMaskedTokens).double()
    assert model(TOKENS, chosen=CHOSEN, **INPUTS).dtype == torch.float64


# The start


def test_matrices_start_from_a_cut_normal_distribution():
    config = BertConfig(n_tokens=997, d_model=64, n_heads=4, d_ff=256, n_layers=1, initial_deviation=0.05)
    for name, parameter in BertForPretraining(config).named_parameters():
        if parameter.dim() == 2:
            assert parameter.abs().max() <= 0.1, name
            if parameter.numel() > 1000:
                assert parameter.abs().max() > 0.095, name
                # The variance of a standard normal cut at ±2 is 1 - 4 φ(2) / (Φ(2) - Φ(-2)), so its deviation .880.
                assert_close(parameter.std().item(), 0.05 * 0.880, atol=0.0, rtol=0.05, msg=name)
        else:
            assert torch.all(parameter == (1.0 if name.endswith("norm.weight") else 0.0)), name


def test_initialising_reaches_everything_below():
    encoder = make(BertEncoder)
    initialise(encoder, 0.01)
    assert all(p.abs().max() <= 0.02 for p in encoder.parameters() if p.dim() == 2)
    assert torch.all(encoder.layers[1].feed_forward_residual.norm.weight == 1)
    assert torch.all(encoder.layers[1].feed_forward.inner.bias == 0)


def test_positions_may_start_as_sinusoids():
    positions = LearnedPositions(8, 11)
    start_from_sinusoids(positions, 0.05)
    weight = positions.table.weight
    assert_close(weight.std(correction=0).item(), 0.05)
    waves = sinusoids(torch.arange(11), 8)
    ratio = (weight * waves).sum() / waves.square().sum()
    assert_close(weight, ratio * waves)
    assert weight.requires_grad


def test_the_output_may_start_from_frequencies():
    # Counts 0, 1, 6 with one added to each: 1, 2, 7 of 10.
    bias = nn.Parameter(torch.zeros(3))
    start_from_frequencies(bias, torch.tensor([0.0, 1.0, 6.0]))
    assert_close(bias.softmax(0), torch.tensor([0.1, 0.2, 0.7]))
    assert_close(bias, torch.tensor([0.1, 0.2, 0.7]).log())
    assert bias.requires_grad


@pytest.mark.error_messages
@pytest.mark.parametrize("counts", [torch.ones(2), torch.tensor([1.0, -1.0, 2.0])])
def test_counts_that_do_not_fit_are_named(counts):
    message = r"counts must be one number from 0 up for each of \(3,\) tokens; got shape "
    with pytest.raises(ValueError, match=message):
        start_from_frequencies(torch.zeros(3), counts)


# Learning


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_it_learns_to_fill_in_a_repeated_sentence(precision):
    # Each row repeats one of eight words, so a masked word is known from any other of its row.
    config = dataclasses.replace(CONFIG, d_model=16, n_heads=2, d_ff=32, n_layers=1, max_length=8)
    masking = Masking(n_tokens=13, mask_id=4, special_ids=(0, 1, 2, 3, 4), rate=0.3)
    model, generator = BertForMaskedTokens(config), torch.Generator().manual_seed(3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    rows = torch.arange(5, 13)[:, None].expand(8, 8)
    for _ in range(60):
        masked = mask_tokens(rows, masking, generator=generator)
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            loss = F.cross_entropy(model(masked.tokens, chosen=masked.chosen), rows[masked.chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    hidden = rows.clone()
    hidden[:, 3] = 4
    assert torch.equal(model.logits(hidden)[:, 3].argmax(-1), rows[:, 3])
    assert loss < 0.3
