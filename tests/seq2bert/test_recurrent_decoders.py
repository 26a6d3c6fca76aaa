"""The decoders: one token at a time or all at once, padded or alone, and never a look at the future."""

from itertools import product

import pytest
import torch
from torch.testing import assert_close

from seq2bert.attention import SCORE_NAMES, WINDOW_NAMES
from seq2bert.masks import length_mask
from seq2bert.recurrent import CELL_NAMES, build_seq2seq

PAD, N_SOURCE, N_TARGET = 0, 9, 7
LENGTHS = torch.tensor([3, 5, 1])
N_STEPS = 6  # longer than every source: local-m stops at the last token

# Every decoder, with every score, window and cell.
VARIANTS = [
    *({"score": None, "context_every_step": c, "n_layers": n} for c, n in product((False, True), (1, 2))),
    *(
        {"score": s, "window": w, "order": "luong", "input_feeding": f}
        for s, w, f in product(SCORE_NAMES, WINDOW_NAMES, (False, True))
    ),
    *({"score": s, "window": w, "order": "bahdanau"} for s, w in product(SCORE_NAMES, WINDOW_NAMES)),
]
# Every decoder with every score, and with every window, but not every score with every window.
FEWER = [v for v in VARIANTS if v.get("window", "global") == "global" or v["score"] == "additive"]


def name_of(variant):
    return "-".join(str(value) for value in variant.values())


EVERY_DECODER = pytest.mark.parametrize("variant", VARIANTS, ids=name_of)
DECODERS = pytest.mark.parametrize("variant", FEWER, ids=name_of)
EVERY_CELL = pytest.mark.parametrize("cell", CELL_NAMES)


def build(variant, cell="lstm", dtype=torch.float64):
    model = build_seq2seq(
        n_source=N_SOURCE,
        n_target=N_TARGET,
        pad_id=PAD,
        d_embedding=3,
        d_encoder=4,
        d_decoder=8,  # as wide as the annotations: dot and cosine need it
        max_source=10,
        width=1,
        cell=cell,
        **variant,
    )
    return model.to(dtype)


def draw():
    source = torch.randint(1, N_SOURCE, (3, 5)).masked_fill(~length_mask(LENGTHS, 5), PAD)
    return source, torch.randint(1, N_TARGET, (3, N_STEPS))


@EVERY_DECODER
@EVERY_CELL
def test_the_whole_target_at_once_equals_one_token_at_a_time(variant, cell):
    model = build(variant, cell)
    source, target = draw()
    whole = model(source, LENGTHS, target)
    state = model.encode(source, LENGTHS)
    assert state.step == 0
    for time in range(N_STEPS):
        logits, weights, state = model.step(target[:, time], state)
        assert_close(logits, whole.logits[:, time])
        assert_close(weights, whole.weights[:, time])
    assert state.step == whole.state.step == N_STEPS
    for one, other in zip(state.hidden, whole.state.hidden, strict=True):
        assert_close(one, other)
    assert_close(state.fed, whole.state.fed)


@DECODERS
def test_a_target_in_two_parts_equals_the_whole(variant):
    model = build(variant)
    source, target = draw()
    whole = model(source, LENGTHS, target)
    first = model.decoder(target[:, :2], model.encode(source, LENGTHS))
    second = model.decoder(target[:, 2:], first.state)
    assert_close(torch.cat([first.logits, second.logits], dim=1), whole.logits)
    assert_close(torch.cat([first.weights, second.weights], dim=1), whole.weights)


@DECODERS
@EVERY_CELL
def test_a_padded_batch_equals_one_by_one(variant, cell):
    model = build(variant, cell, torch.float32)
    source, target = draw()
    batch = model(source, LENGTHS, target)
    for row, length in enumerate(LENGTHS.tolist()):
        one = slice(row, row + 1)
        alone = model(source[one, :length], LENGTHS[one], target[one])
        assert_close(batch.logits[one], alone.logits, atol=1e-6, rtol=0)
        if variant["score"] is not None:
            assert_close(batch.weights[one, :, :length], alone.weights, atol=1e-6, rtol=0)
            assert torch.all(batch.weights[one, :, length:] == 0)


@DECODERS
def test_what_stands_at_padding_does_not_matter(variant):
    model = build(variant)
    source, target = draw()
    garbage = torch.where(length_mask(LENGTHS, 5), source, N_SOURCE - 1)
    assert torch.equal(model(garbage, LENGTHS, target).logits, model(source, LENGTHS, target).logits)


@DECODERS
@pytest.mark.parametrize("training", [True, False])
def test_the_future_does_not_leak(variant, training):
    model = build(variant).train(training)
    source, target = draw()
    before = model(source, LENGTHS, target)
    for position in (1, 4, N_STEPS - 1):
        edited = target.clone()
        edited[:, position] = edited[:, position] % (N_TARGET - 1) + 1  # another token, not padding
        after = model(source, LENGTHS, edited)
        assert_close(before.logits[:, :position], after.logits[:, :position])
        assert_close(before.weights[:, :position], after.weights[:, :position])
        assert not torch.allclose(before.logits[:, position], after.logits[:, position])


@DECODERS
def test_training_and_eval_mode_give_the_same(variant):
    model = build(variant)
    source, target = draw()
    model.train()
    training = model(source, LENGTHS, target)
    model.eval()
    evaluated = model(source, LENGTHS, target)
    assert torch.equal(training.logits, evaluated.logits)


@DECODERS
def test_sizes_and_rows_of_weights(variant):
    model = build(variant)
    source, target = draw()
    decoded = model(source, LENGTHS, target)
    assert decoded.logits.shape == (3, N_STEPS, N_TARGET)
    if variant["score"] is None:
        assert decoded.weights.shape == (3, N_STEPS, 0)
    else:
        assert decoded.weights.shape == (3, N_STEPS, 5)
        sums = decoded.weights.sum(-1)
        if variant["window"] == "local-p":
            assert torch.all((sums > 0) & (sums < 1 + 1e-9))
        else:
            assert_close(sums, torch.ones_like(sums))


@DECODERS
def test_every_parameter_learns(variant):
    model = build(variant)
    source, target = draw()
    model(source, LENGTHS, target).logits.sin().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
    for side in (model.encoder, model.decoder):
        assert torch.all(side.embedding.weight[PAD] == 0)
        assert torch.all(side.embedding.weight.grad[PAD] == 0)


@DECODERS
def test_nothing_is_kept_on_the_model_and_no_state_is_changed(variant):
    model = build(variant)
    source, target = draw()
    state = model.encode(source, LENGTHS)
    before = [part.clone() for part in (*state.hidden, *state.memory, state.fed)]
    first = model.decoder(target, state)
    again = model.decoder(target, state)
    assert torch.equal(first.logits, again.logits)
    after = (*state.hidden, *state.memory, state.fed)
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert state.step == 0


# What each decoder is made of


def test_luong_by_the_formulas():  # Luong et al. 2015, equations (5) and (6): attend with the state after the step
    model = build({"score": "general"}).double()
    decoder = model.decoder
    source, target = draw()
    encoded = model.encoder(source, LENGTHS)
    decoded = decoder(target, decoder.start(encoded))
    states, _ = decoder.recurrence(decoder.embedding(target), decoder.recurrence.start(encoded.final))
    for row, length in enumerate(LENGTHS.tolist()):
        for time in range(N_STEPS):
            s, annotations = states[row, time], encoded.states[row, :length]
            weights = torch.softmax(annotations @ decoder.attention.score.weight.T @ s, dim=0)
            context = weights @ annotations
            vector = torch.tanh(decoder.combine.weight @ torch.cat([context, s]))
            assert_close(decoded.weights[row, time, :length], weights)
            assert_close(decoded.logits[row, time], decoder.output(vector))


def test_input_feeding_by_the_formulas():  # section 3.3: the attentional vector joins the next step's input
    model = build({"score": "dot", "input_feeding": True})
    decoder = model.decoder
    source, target = draw()
    encoded = model.encoder(source, LENGTHS)
    decoded = decoder(target, decoder.start(encoded))
    hidden, fed = decoder.recurrence.start(encoded.final), torch.zeros(3, 8, dtype=torch.float64)
    for time in range(N_STEPS):
        inputs = torch.cat([decoder.embedding(target[:, time]), fed], dim=-1)
        states, hidden = decoder.recurrence(inputs[:, None], hidden)
        scores = (encoded.states @ states[:, 0, :, None])[..., 0].masked_fill(~encoded.valid, -torch.inf)
        context = (torch.softmax(scores, -1)[:, None] @ encoded.states)[:, 0]
        fed = torch.tanh(torch.cat([context, states[:, 0]], dim=-1) @ decoder.combine.weight.T)
        assert_close(decoded.logits[:, time], decoder.output(fed))
    assert_close(decoded.state.fed, fed)


def test_bahdanau_by_the_formulas():  # Bahdanau et al. 2015, section 3.1: attend with the state before the step
    model = build({"score": "additive", "order": "bahdanau"}, cell="gru")
    decoder, score = model.decoder, model.decoder.attention.score
    source, target = draw()
    encoded = model.encoder(source, LENGTHS)
    decoded = decoder(target, decoder.start(encoded))
    hidden = decoder.recurrence.start(encoded.final)
    for time in range(N_STEPS):
        s, y = hidden[0][:, 0], decoder.embedding(target[:, time])
        energies = torch.tanh((s @ score.weight_query.T)[:, None] + encoded.states @ score.weight_key.T) @ score.vector
        weights = torch.softmax(energies.masked_fill(~encoded.valid, -torch.inf), -1)
        context = (weights[:, None] @ encoded.states)[:, 0]
        states, hidden = decoder.recurrence(torch.cat([y, context], -1)[:, None], hidden)
        read = torch.tanh(torch.cat([y, context, states[:, 0]], -1) @ decoder.combine.weight.T)
        assert_close(decoded.weights[:, time], weights)
        assert_close(decoded.logits[:, time], decoder.output(read))


@pytest.mark.parametrize("context_every_step", [False, True])
def test_a_plain_decoder_sees_the_source_only_through_its_vector(context_every_step):
    model = build({"score": None, "context_every_step": context_every_step})
    decoder = model.decoder
    source, target = draw()
    encoded = model.encoder(source, LENGTHS)
    expected = decoder(target, decoder.start(encoded)).logits
    other = encoded._replace(states=torch.randn_like(encoded.states), valid=~encoded.valid)
    assert torch.equal(decoder(target, decoder.start(other)).logits, expected)
    inputs = decoder.embedding(target)
    if context_every_step:
        inputs = torch.cat([inputs, encoded.final[:, None].expand(-1, N_STEPS, -1)], dim=-1)
    states, _ = decoder.recurrence(inputs, decoder.recurrence.start(encoded.final))
    assert_close(expected, decoder.output(states))


@pytest.mark.parametrize("feeding", [False, True])
def test_only_a_decoder_with_input_feeding_feeds(feeding):
    state = build({"score": "dot", "input_feeding": feeding}).encode(draw()[0], LENGTHS)
    assert state.fed.shape == (3, 8 if feeding else 0)
    assert torch.all(state.fed == 0)


def test_without_input_feeding_luong_runs_the_recurrence_once(monkeypatch):
    for variant, calls in (({}, 1), ({"input_feeding": True}, N_STEPS), ({"order": "bahdanau"}, N_STEPS)):
        model = build({"score": "additive", **variant})
        steps = []
        run = model.decoder.recurrence.forward
        monkeypatch.setattr(
            model.decoder.recurrence, "forward", lambda *inputs, run=run, steps=steps: steps.append(1) or run(*inputs)
        )
        model(draw()[0], LENGTHS, draw()[1])
        assert len(steps) == calls


def test_keys_are_prepared_once_per_source(monkeypatch):
    for variant in ({}, {"input_feeding": True}, {"order": "bahdanau"}):
        model = build({"score": "additive", **variant})
        calls = []
        prepare = model.decoder.attention.score.prepare
        monkeypatch.setattr(
            model.decoder.attention.score, "prepare", lambda key, p=prepare, c=calls: c.append(1) or p(key)
        )
        model(draw()[0], LENGTHS, draw()[1])
        assert len(calls) == 1


@pytest.mark.parametrize("options", [{}, {"input_feeding": True}, {"order": "bahdanau"}], ids=name_of)
@pytest.mark.parametrize("already", [0, 2])
def test_the_monotonic_window_moves_on_by_one_token_a_step(options, already):
    # Width 1: step t sees the source positions t - 1 to t + 1, and stops at the last of five tokens.
    model = build({"score": "general", "window": "local-m", **options})
    source, target = draw()
    state = model.encode(source, LENGTHS)
    for time in range(already):
        state = model.step(target[:, time], state)[-1]
    seen = model.decoder(target[:, already:], state).weights[1] > 0
    centres = torch.arange(already, N_STEPS).clamp(max=4)
    assert torch.equal(seen, (torch.arange(5) - centres[:, None]).abs() <= 1)


# Errors: see also test_errors.py

DECODERS = [
    {"score": None},
    {"score": "dot"},
    {"score": "dot", "input_feeding": True},
    {"score": "dot", "order": "bahdanau"},
]


@pytest.mark.error_messages
@pytest.mark.parametrize("variant", DECODERS, ids=["plain", "luong", "input feeding", "bahdanau"])
@pytest.mark.parametrize("shape", [(3, 0), (2, 4), (4, 4)])
def test_tokens_that_do_not_fit_the_state_are_named(variant, shape):
    model = build({"score": "dot"} | variant)
    with pytest.raises(ValueError, match=r"tokens need shape \(batch, target\), with 3 sentences as in the state"):
        model(draw()[0], LENGTHS, torch.ones(shape, dtype=torch.long))


@pytest.mark.error_messages
def test_tokens_without_a_target_axis_are_named():
    model = build({"score": "dot"})
    with pytest.raises(ValueError, match=r"tokens need shape \(batch, target\), .*; got \(3,\)"):
        model(draw()[0], LENGTHS, torch.ones(3, dtype=torch.long))


def test_location_refuses_a_source_that_is_too_long():
    model = build({"score": "location"})
    source = torch.ones(1, 11, dtype=torch.long)
    with pytest.raises(ValueError, match="location scores know 10 source positions; got n_keys=11"):
        model(source, torch.tensor([11]), source)
