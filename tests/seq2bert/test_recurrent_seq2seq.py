"""Building models by name."""

import pytest
import torch

from seq2bert.attention import (
    SCORE_NAMES,
    AdditiveScore,
    GlobalWindow,
    LocationScore,
    MonotonicWindow,
    PredictiveWindow,
)
from seq2bert.recurrent import ORDER_NAMES, BahdanauDecoder, LuongDecoder, PlainDecoder, build_seq2seq

BASE = {"n_source": 9, "n_target": 7, "pad_id": 0}


def build(**options):
    return build_seq2seq(**{**BASE, "score": "additive"} | options)


def test_the_decoder_that_was_asked_for():
    assert ORDER_NAMES == ("luong", "bahdanau")
    assert isinstance(build(score=None).decoder, PlainDecoder)
    assert isinstance(build().decoder, LuongDecoder)
    assert isinstance(build(order="luong").decoder, LuongDecoder)
    assert isinstance(build(order="bahdanau").decoder, BahdanauDecoder)


@pytest.mark.parametrize("order", ORDER_NAMES)
def test_the_score_and_the_window_that_were_asked_for(order):
    assert isinstance(build(order=order).decoder.attention.score, AdditiveScore)
    assert isinstance(build(order=order).decoder.attention.window, GlobalWindow)
    for name, kind in (("local-m", MonotonicWindow), ("local-p", PredictiveWindow)):
        window = build(order=order, window=name, width=3).decoder.attention.window
        assert isinstance(window, kind)
        assert window.width == 3
        assert build(order=order, window=name).decoder.attention.window.width == 5


def test_sizes_reach_their_places():
    model = build(d_embedding=3, d_encoder=5, d_decoder=11)
    assert model.encoder.embedding.weight.shape == (9, 3)
    assert model.decoder.embedding.weight.shape == (7, 3)
    assert model.encoder.cell.hidden_size == 5
    assert model.encoder.d_state == 10
    assert model.decoder.recurrence.cell.hidden_size == 11
    assert model.decoder.output.weight.shape == (7, 11)
    assert model.decoder.attention.score.weight_query.shape == (11, 11)
    assert model.decoder.attention.score.weight_key.shape == (11, 10)


def test_annotations_are_as_wide_in_one_direction_as_in_two():
    for bidirectional, d_hidden in ((True, 5), (False, 10)):
        encoder = build(d_encoder=5, bidirectional=bidirectional).encoder
        assert encoder.d_state == 10
        assert encoder.cell.hidden_size == d_hidden
        assert encoder.cell.bidirectional is bidirectional


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("score", [None, "additive"])
def test_both_sides_have_the_cell_that_was_asked_for(score, cell):
    model = build(score=score, cell=cell)
    assert type(model.encoder.cell).__name__.lower() == cell
    assert type(model.decoder.recurrence.cell).__name__.lower() == cell


def test_both_sides_have_the_layers_that_were_asked_for():
    model = build(score=None, n_layers=3)
    assert model.encoder.cell.num_layers == model.decoder.recurrence.cell.num_layers == 3


def test_padding_is_the_same_on_both_sides():
    model = build(pad_id=4)
    assert model.encoder.embedding.padding_idx == model.decoder.embedding.padding_idx == 4


def test_location_knows_the_positions_that_were_asked_for():
    score = build(score="location", max_source=12).decoder.attention.score
    assert isinstance(score, LocationScore)
    assert score.weight.shape == (12, 128)
    assert build(score="location").decoder.attention.score.weight.shape == (64, 128)


@pytest.mark.parametrize("score", [None, *SCORE_NAMES])
def test_the_default_sizes_fit_every_score(score):
    model = build(score=score)
    source = torch.tensor([[1, 2, 3]])
    assert model(source, torch.tensor([3]), torch.tensor([[1, 2]])).logits.shape == (1, 2, 7)
    assert model.encoder.cell.hidden_size == 64
    assert model.decoder.recurrence.cell.hidden_size == 128
    assert model.encoder.embedding.embedding_dim == 32


def test_the_same_seed_draws_the_same_weights():
    torch.manual_seed(3)
    one = build().state_dict()
    torch.manual_seed(3)
    other = build().state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": "vaswani"}, "order must be one of luong, bahdanau; got 'vaswani'"),
        ({"score": "bilinear"}, "score must be one of dot, .* got 'bilinear'"),
        ({"window": "local"}, "window must be one of global, local-m, local-p; got 'local'"),
        ({"cell": "mamba"}, "cell must be one of rnn, gru, lstm; got 'mamba'"),
        ({"score": None, "input_feeding": True}, "input_feeding, window and order belong to attention; got score=None"),
        ({"score": None, "window": "local-m"}, "input_feeding, window and order belong to attention; got score=None"),
        ({"score": None, "order": "bahdanau"}, "input_feeding, window and order belong to attention; got score=None"),
        ({"context_every_step": True}, "belong to a decoder without attention; got score='additive'"),
        ({"n_layers": 2}, "belong to a decoder without attention; got score='additive'"),
        ({"order": "bahdanau", "input_feeding": True}, "input_feeding belongs to order='luong'"),
        ({"score": "dot", "d_decoder": 100}, "score 'dot' needs d_query equal to d_key; got 100 and 128"),
    ],
)
def test_options_that_do_not_belong_together_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)
