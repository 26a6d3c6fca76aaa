"""The encoder against torch's layers run on one sentence at a time, without packing."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seq2bert.masks import length_mask
from seq2bert.recurrent import CELL_NAMES, Encoder

PAD, VOCAB, D_EMBEDDING, D_HIDDEN = 0, 9, 3, 4
LENGTHS = torch.tensor([2, 6, 1, 4])  # neither sorted nor equal


def draw():
    return torch.randint(1, VOCAB, (4, 6)).masked_fill(~length_mask(LENGTHS, 6), PAD)


def build(cell="lstm", **options):
    return Encoder(VOCAB, d_embedding=D_EMBEDDING, d_hidden=D_HIDDEN, pad_id=PAD, cell=cell, **options)


EVERY = pytest.mark.parametrize(
    ("cell", "bidirectional", "n_layers"), [(c, b, n) for c in CELL_NAMES for b in (True, False) for n in (1, 2)]
)


@EVERY
def test_agrees_with_torch_run_by_hand_without_packing(cell, bidirectional, n_layers):
    encoder = build(cell, bidirectional=bidirectional, n_layers=n_layers)
    options = {"batch_first": True, "bidirectional": bidirectional, "num_layers": n_layers}
    reference = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](D_EMBEDDING, D_HIDDEN, **options)
    reference.load_state_dict(encoder.cell.state_dict())
    source = draw()
    encoded = encoder(source, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        outputs, _ = reference(encoder.embedding.weight[source[row : row + 1, :length]])
        assert_close(encoded.states[row, :length], outputs[0])
        # The sentence vector: the last state forward, the first one backward.
        last, first = outputs[0, -1, :D_HIDDEN], outputs[0, 0, D_HIDDEN:]
        assert_close(encoded.final[row], torch.cat([last, first]) if bidirectional else last)


@EVERY
def test_a_padded_batch_equals_one_by_one(cell, bidirectional, n_layers):
    encoder = build(cell, bidirectional=bidirectional, n_layers=n_layers)
    source = draw()
    encoded = encoder(source, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = encoder(source[row : row + 1, :length], LENGTHS[row : row + 1])
        assert_close(encoded.states[row : row + 1, :length], alone.states, atol=1e-6, rtol=0)
        assert_close(encoded.final[row : row + 1], alone.final, atol=1e-6, rtol=0)


@EVERY
def test_sizes(cell, bidirectional, n_layers):
    encoder = build(cell, bidirectional=bidirectional, n_layers=n_layers)
    encoded = encoder(draw(), LENGTHS)
    d_state = 8 if bidirectional else 4
    assert encoder.d_state == d_state
    assert encoded.states.shape == (4, 6, d_state)
    assert encoded.final.shape == (4, d_state)
    assert encoded.valid.tolist() == [[time < length for time in range(6)] for length in LENGTHS.tolist()]


def test_states_at_padding_are_zero():
    encoded = build()(draw(), LENGTHS)
    assert torch.all(encoded.states[~encoded.valid] == 0)
    assert torch.all(encoded.states[encoded.valid] != 0)


def test_what_stands_at_padding_does_not_matter():
    encoder, source = build(), draw()
    garbage = torch.where(length_mask(LENGTHS, 6), source, VOCAB - 1)
    for one, other in zip(encoder(source, LENGTHS), encoder(garbage, LENGTHS), strict=True):
        assert torch.equal(one, other)


def test_more_padding_changes_nothing():
    encoder, source = build(), draw()
    encoded = encoder(source, LENGTHS)
    longer = encoder(torch.nn.functional.pad(source, (0, 3), value=PAD), LENGTHS)
    assert torch.equal(longer.states[:, :6], encoded.states)
    assert torch.equal(longer.final, encoded.final)
    assert torch.all(longer.states[:, 6:] == 0)


def test_the_order_of_the_sentences_does_not_matter():
    encoder, source = build(), draw()
    order = torch.tensor([3, 0, 2, 1])
    encoded, permuted = encoder(source, LENGTHS), encoder(source[order], LENGTHS[order])
    for one, other in zip(encoded, permuted, strict=True):
        assert_close(one[order], other)


def test_the_embedding_of_padding_is_zero_and_stays_zero():
    encoder = build()
    assert torch.all(encoder.embedding.weight[PAD] == 0)
    encoder.embedding(torch.tensor([PAD, 1])).sum().backward()
    assert torch.all(encoder.embedding.weight.grad[PAD] == 0)
    assert torch.all(encoder.embedding.weight.grad[1] == 1)
    other = Encoder(VOCAB, d_embedding=D_EMBEDDING, d_hidden=D_HIDDEN, pad_id=5)
    assert torch.all(other.embedding.weight[5] == 0)
    assert torch.all(other.embedding.weight[0] != 0)


def test_gradients_with_respect_to_the_embeddings_stop_at_padding():
    encoder, source = build(), draw()
    embedded = encoder.embed(source, LENGTHS).detach().requires_grad_()
    encoded = encoder.encode_embedded(embedded, LENGTHS)
    assert torch.equal(encoded.states, encoder(source, LENGTHS).states)
    encoded.final.square().sum().backward()
    assert torch.all(embedded.grad[~encoded.valid] == 0)
    assert torch.all(embedded.grad[encoded.valid].abs().sum(-1) > 0)


def test_a_sentence_of_one_token():
    encoded = build()(torch.tensor([[3]]), torch.tensor([1]))
    assert_close(encoded.final, encoded.states[:, 0])


# Errors: see also test_errors.py


@pytest.mark.parametrize(
    ("shape", "lengths", "message"),
    [
        ((0, 3), [], r"source must hold at least one sentence of one token; got shape \(0, 3\)"),
        ((2, 0), [1, 1], r"source must hold at least one sentence of one token; got shape \(2, 0\)"),
        ((2, 3), [3, 0], "every source needs at least one token; got a length of 0"),
        ((2, 3), [3, -1], "every source needs at least one token; got a length of -1"),
        ((2, 3), [3, 4], "lengths must lie between 0 and length=3; got 3 to 4"),
    ],
)
def test_batches_that_cannot_be_encoded_are_named(shape, lengths, message):
    with pytest.raises(ValueError, match=message):
        build()(torch.ones(shape, dtype=torch.long), torch.tensor(lengths, dtype=torch.long))


@pytest.mark.error_messages
@pytest.mark.parametrize("lengths", [[3], [3, 3, 3]])
def test_lengths_of_another_batch_are_named(lengths):
    message = rf"lengths needs shape \(2,\), one per source; got \({len(lengths)},\)"
    with pytest.raises(ValueError, match=message):
        build()(torch.ones(2, 3, dtype=torch.long), torch.tensor(lengths))


def test_an_unknown_cell_is_named():
    with pytest.raises(ValueError, match="cell must be one of rnn, gru, lstm; got 'transformer'"):
        build("transformer")
