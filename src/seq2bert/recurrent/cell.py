"""A recurrent layer whose state has the batch axis first, and its start from a sentence vector."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

_CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CELL_NAMES = tuple(_CELLS)

Hidden = tuple[Tensor, ...]  # one Tensor (batch, layer, d_hidden), for an LSTM two: hidden and cell


def make_cell(name: str, *args: int, **options: object) -> nn.RNNBase:
    """Build torch's recurrent layer by name, batch first.

    Raises
    ------
    ValueError
        If the name is not one of `CELL_NAMES`.
    """
    if name not in _CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELL_NAMES)}; got {name!r}")
    return _CELLS[name](*args, batch_first=True, **options)


class Recurrence(nn.Module):
    """The recurrent part of a decoder.

    Parameters
    ----------
    cell : str
        One of `CELL_NAMES`.
    d_input, d_hidden : int
    d_state : int
        Width of the sentence vector that the state starts from.
    n_layers : int

    References
    ----------
    Bahdanau et al. (2015), appendix A.2.2, start the decoder with tanh(W h); we do the same for
    the hidden state. An LSTM's cell state is not bounded by 1, so it starts with W' h without tanh.
    """

    def __init__(self, cell: str, *, d_input: int, d_hidden: int, d_state: int, n_layers: int = 1) -> None:
        super().__init__()
        self.cell = make_cell(cell, d_input, d_hidden, num_layers=n_layers)
        self.n_layers = n_layers
        self.start_hidden = nn.Linear(d_state, n_layers * d_hidden)
        self.start_cell = nn.Linear(d_state, n_layers * d_hidden) if cell == "lstm" else None

    def start(self, final: Float[Tensor, "batch d_state"]) -> Hidden:
        """Return the first state, each part of shape (batch, layer, d_hidden)."""
        hidden = torch.tanh(self.start_hidden(final)).unflatten(-1, (self.n_layers, -1))
        if self.start_cell is None:
            return (hidden,)
        return hidden, self.start_cell(final).unflatten(-1, (self.n_layers, -1))

    def forward(
        self, inputs: Float[Tensor, "batch time d_input"], hidden: Hidden
    ) -> tuple[Float[Tensor, "batch time d_hidden"], Hidden]:
        """Run over all steps at once; return the states of the last layer and the new state."""
        parts = tuple(part.transpose(0, 1).contiguous() for part in hidden)  # (layer, batch, d_hidden)
        outputs, last = self.cell(inputs, parts if len(parts) == 2 else parts[0])
        last = last if isinstance(last, tuple) else (last,)
        return outputs, tuple(part.transpose(0, 1) for part in last)
