"""Three decoders with one interface: without attention, in Luong's and in Bahdanau's order.

``start(encoded)`` makes the first state; ``forward(tokens, state)`` reads target tokens and
returns logits, attention weights and the next state. Training passes the whole target,
decoding one token at a time: the numbers are the same. Tokens that do not fit the state, or none
at all, are a ``ValueError``.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.attention import Attention
from seq2bert.attention.layer import Memory
from seq2bert.recurrent.cell import Hidden, Recurrence
from seq2bert.recurrent.encoder import Encoded


class DecoderState(NamedTuple):
    """All that a decoder carries from one call to the next; the batch axis comes first.

    ``fed`` is what the next step gets besides its token: the sentence vector of a plain decoder,
    the attentional vector with input feeding. ``step`` counts the target tokens read.
    """

    hidden: Hidden
    memory: Memory
    fed: Float[Tensor, "batch d_fed"]
    step: int


class Decoded(NamedTuple):
    """Logits, weights (source axis of size 0 without attention) and the next state."""

    logits: Float[Tensor, "batch target vocab"]
    weights: Float[Tensor, "batch target source"]
    state: DecoderState


def _check_tokens(tokens: Tensor, state: DecoderState) -> None:
    batch = state.hidden[0].shape[0]
    if tokens.dim() != 2 or tokens.shape[0] != batch or tokens.shape[1] == 0:
        raise ValueError(
            f"tokens need shape (batch, target), with {batch} sentences as in the state and at least one step; "
            f"got {tuple(tokens.shape)}"
        )


class PlainDecoder(nn.Module):
    """A decoder that knows the source only through the sentence vector.

    Parameters
    ----------
    vocab_size, d_embedding, d_hidden, d_state, pad_id, cell, n_layers
        ``d_state`` is the encoder's.
    context_every_step : bool
        If True, every step gets the sentence vector besides its token (Cho et al. 2014), else
        only the first state depends on it (Sutskever et al. 2014).

    References
    ----------
    Sutskever et al. (2014), arXiv:1409.3215, section 2; Cho et al. (2014), arXiv:1406.1078, section 2.2.
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        d_embedding: int,
        d_hidden: int,
        d_state: int,
        pad_id: int,
        cell: str = "lstm",
        context_every_step: bool = False,
        n_layers: int = 1,
    ) -> None:
        super().__init__()
        self.d_fed = d_state if context_every_step else 0
        self.embedding = nn.Embedding(vocab_size, d_embedding, padding_idx=pad_id)
        self.recurrence = Recurrence(
            cell, d_input=d_embedding + self.d_fed, d_hidden=d_hidden, d_state=d_state, n_layers=n_layers
        )
        self.output = nn.Linear(d_hidden, vocab_size)

    def start(self, encoded: Encoded) -> DecoderState:
        """Return the first state."""
        nothing = encoded.states[:, :0]  # (batch, 0, d_state): a decoder that attends to nothing
        memory = Memory(nothing, nothing, encoded.valid[:, :0])
        return DecoderState(self.recurrence.start(encoded.final), memory, encoded.final[:, : self.d_fed], 0)

    def forward(self, tokens: Int[Tensor, "batch target"], state: DecoderState) -> Decoded:
        """Read target tokens; all steps in one fused call."""
        _check_tokens(tokens, state)
        embedded = self.embedding(tokens)
        fed = state.fed[:, None].expand(-1, tokens.shape[1], -1)
        states, hidden = self.recurrence(torch.cat([embedded, fed], dim=-1), state.hidden)
        weights = states.new_zeros(*tokens.shape, 0)
        return Decoded(self.output(states), weights, state._replace(hidden=hidden, step=state.step + tokens.shape[1]))


class LuongDecoder(nn.Module):
    """Step first, then attend: the query is the state after the step.

    Without input feeding no step needs the context of an earlier one, so the recurrence runs over
    all steps in one fused call and attention follows for all steps at once.

    Parameters
    ----------
    vocab_size, d_embedding, d_hidden, d_state, pad_id, cell
    attention : Attention
        Its score compares states of width ``d_hidden`` with annotations of width ``d_state``.
    input_feeding : bool
        If True, each step also gets the previous attentional vector: one step at a time.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 3, equations (5) and (6); section 3.3, input feeding.
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        d_embedding: int,
        d_hidden: int,
        d_state: int,
        attention: Attention,
        pad_id: int,
        cell: str = "lstm",
        input_feeding: bool = False,
    ) -> None:
        super().__init__()
        self.d_fed = d_hidden if input_feeding else 0
        self.embedding = nn.Embedding(vocab_size, d_embedding, padding_idx=pad_id)
        self.recurrence = Recurrence(cell, d_input=d_embedding + self.d_fed, d_hidden=d_hidden, d_state=d_state)
        self.attention = attention
        self.combine = nn.Linear(d_state + d_hidden, d_hidden, bias=False)
        self.output = nn.Linear(d_hidden, vocab_size)

    def start(self, encoded: Encoded) -> DecoderState:
        """Return the first state; the attentional vector starts at 0."""
        memory = self.attention.prepare(key=encoded.states, value=encoded.states, valid=encoded.valid)
        fed = encoded.final.new_zeros(encoded.final.shape[0], self.d_fed)
        return DecoderState(self.recurrence.start(encoded.final), memory, fed, 0)

    def attentional(
        self, states: Float[Tensor, "batch target d_hidden"], context: Float[Tensor, "batch target d_state"]
    ) -> Float[Tensor, "batch target d_hidden"]:
        """Return the attentional vector tanh(W [c; s]) from which the logits are read."""
        return torch.tanh(self.combine(torch.cat([context, states], dim=-1)))

    def forward(self, tokens: Int[Tensor, "batch target"], state: DecoderState) -> Decoded:
        """Read target tokens; all steps in one fused call unless the attentional vector is fed back."""
        _check_tokens(tokens, state)
        if self.d_fed:
            return self._one_by_one(tokens, state)
        states, hidden = self.recurrence(self.embedding(tokens), state.hidden)
        context, weights = self.attention(states, state.memory, first_step=state.step)
        logits = self.output(self.attentional(states, context))
        return Decoded(logits, weights, state._replace(hidden=hidden, step=state.step + tokens.shape[1]))

    def _one_by_one(self, tokens: Int[Tensor, "batch target"], state: DecoderState) -> Decoded:
        vectors, weights = [], []
        for embedded in self.embedding(tokens).split(1, dim=1):  # (batch, 1, d_embedding)
            states, hidden = self.recurrence(torch.cat([embedded, state.fed[:, None]], dim=-1), state.hidden)
            context, step_weights = self.attention(states, state.memory, first_step=state.step)
            vector = self.attentional(states, context)
            state = state._replace(hidden=hidden, fed=vector[:, 0], step=state.step + 1)
            vectors.append(vector)
            weights.append(step_weights)
        return Decoded(self.output(torch.cat(vectors, dim=1)), torch.cat(weights, dim=1), state)


class BahdanauDecoder(nn.Module):
    """Attend first, then step: the query is the state before the step.

    Parameters
    ----------
    vocab_size, d_embedding, d_hidden, d_state, pad_id, cell
    attention : Attention

    References
    ----------
    Bahdanau et al. (2015), arXiv:1409.0473, section 3.1 and appendix A.2.2. The paper's cell is a
    GRU and its output layer a maxout; ours are any cell and tanh(W [y; c; s]).
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        d_embedding: int,
        d_hidden: int,
        d_state: int,
        attention: Attention,
        pad_id: int,
        cell: str = "lstm",
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_embedding, padding_idx=pad_id)
        self.recurrence = Recurrence(cell, d_input=d_embedding + d_state, d_hidden=d_hidden, d_state=d_state)
        self.attention = attention
        self.combine = nn.Linear(d_embedding + d_state + d_hidden, d_hidden, bias=False)
        self.output = nn.Linear(d_hidden, vocab_size)

    def start(self, encoded: Encoded) -> DecoderState:
        """Return the first state."""
        memory = self.attention.prepare(key=encoded.states, value=encoded.states, valid=encoded.valid)
        return DecoderState(self.recurrence.start(encoded.final), memory, encoded.final[:, :0], 0)

    def forward(self, tokens: Int[Tensor, "batch target"], state: DecoderState) -> Decoded:
        """Read target tokens one at a time: each step's query needs the state before it."""
        _check_tokens(tokens, state)
        read, weights = [], []
        for embedded in self.embedding(tokens).split(1, dim=1):  # (batch, 1, d_embedding)
            query = state.hidden[0][:, -1:]  # (batch, 1, d_hidden): the last layer
            context, step_weights = self.attention(query, state.memory, first_step=state.step)
            states, hidden = self.recurrence(torch.cat([embedded, context], dim=-1), state.hidden)
            state = state._replace(hidden=hidden, step=state.step + 1)
            read.append(torch.cat([embedded, context, states], dim=-1))
            weights.append(step_weights)
        logits = self.output(torch.tanh(self.combine(torch.cat(read, dim=1))))
        return Decoded(logits, torch.cat(weights, dim=1), state)
