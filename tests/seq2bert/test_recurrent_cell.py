"""The recurrent layer of a decoder: its start, and its state with the batch first."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seq2bert.recurrent import CELL_NAMES, Recurrence

D_INPUT, D_HIDDEN, D_STATE = 3, 4, 5


def build(cell, n_layers=1):
    return Recurrence(cell, d_input=D_INPUT, d_hidden=D_HIDDEN, d_state=D_STATE, n_layers=n_layers)


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_the_state_has_the_batch_first(cell, n_layers):
    recurrence = build(cell, n_layers)
    start = recurrence.start(torch.randn(2, D_STATE))
    states, last = recurrence(torch.randn(2, 7, D_INPUT), start)
    assert len(start) == len(last) == (2 if cell == "lstm" else 1)
    assert {part.shape for part in (*start, *last)} == {(2, n_layers, D_HIDDEN)}
    assert_close(last[0][:, -1], states[:, -1])  # the last layer's last state


def test_the_start_by_hand():  # hidden: tanh(W h + b); cell: W' h + b', not squashed
    recurrence = build("lstm")
    for linear in (recurrence.start_hidden, recurrence.start_cell):
        linear.weight.data.fill_(1.0)
        linear.bias.data.fill_(0.5)
    hidden, cell = recurrence.start(torch.tensor([[1.0, 2.0, -1.0, 0.0, 0.25]]))  # sum 2.25, with bias 2.75
    assert_close(hidden, torch.full((1, 1, D_HIDDEN), 2.75).tanh())
    assert_close(cell, torch.full((1, 1, D_HIDDEN), 2.75))


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_every_layer_starts_from_its_own_rows(cell):
    recurrence = build(cell, n_layers=3)
    final = torch.randn(2, D_STATE)
    hidden = recurrence.start(final)[0]
    for layer in range(3):
        rows = slice(layer * D_HIDDEN, (layer + 1) * D_HIDDEN)
        weight, bias = recurrence.start_hidden.weight[rows], recurrence.start_hidden.bias[rows]
        assert_close(hidden[:, layer], torch.tanh(final @ weight.T + bias))


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_one_step_agrees_with_torch_cells(cell):
    recurrence = build(cell)
    one = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[cell](D_INPUT, D_HIDDEN)
    one.load_state_dict({name.removesuffix("_l0"): value for name, value in recurrence.cell.state_dict().items()})
    hidden = recurrence.start(torch.randn(2, D_STATE))
    inputs = torch.randn(2, 6, D_INPUT)
    states, last = recurrence(inputs, hidden)
    state = tuple(part[:, 0] for part in hidden)
    for time in range(6):
        state = one(inputs[:, time], state if cell == "lstm" else state[0])
        state = state if isinstance(state, tuple) else (state,)
        assert_close(states[:, time], state[0])
    for part, expected in zip(last, state, strict=True):
        assert_close(part[:, 0], expected)


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_the_state_carries_all_that_the_next_call_needs(cell, n_layers):
    recurrence = build(cell, n_layers)
    start, inputs = recurrence.start(torch.randn(2, D_STATE)), torch.randn(2, 7, D_INPUT)
    whole, last = recurrence(inputs, start)
    first, between = recurrence(inputs[:, :3], start)
    second, end = recurrence(inputs[:, 3:], between)
    assert_close(torch.cat([first, second], dim=1), whole)
    for one, other in zip(end, last, strict=True):
        assert_close(one, other)


def test_an_unknown_cell_is_named():
    with pytest.raises(ValueError, match="cell must be one of rnn, gru, lstm; got 'LSTM'"):
        build("LSTM")
