"""The decoder: reads target tokens, all at once or one at a time, and remembers their keys and values.

With an encoder it attends to the source as well; without one it is a language model's stack.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.positions import make_positions
from seq2bert.transformer.attention import Memory
from seq2bert.transformer.cache import KeyValue
from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.embeddings import Embeddings, final_norm
from seq2bert.transformer.encoder import Encoded
from seq2bert.transformer.layers import DecoderLayer, EncoderLayer
from seq2bert.transformer.scope import Scope, decoder_scope


class DecoderState(NamedTuple):
    """All that a decoder carries from one call to the next; every tensor has the batch axis first.

    ``past`` is the cache, one entry per layer, empty before the first token; ``memory`` is what
    cross-attention reads, one entry per layer, empty without an encoder. ``n_read`` counts the
    tokens in the cache; the first ``gap`` of each sentence are padding (None: of no sentence).
    """

    past: tuple[KeyValue, ...]
    memory: tuple[Memory, ...]
    n_read: int
    gap: Int[Tensor, " batch"] | None


class DecoderWeights(NamedTuple):
    """Attention weights of all layers and heads; ``cross`` has no layer without an encoder."""

    own: Float[Tensor, "batch layer head target key"]
    cross: Float[Tensor, "batch cross_layer head target source"]


class Decoder(nn.Module):
    """Embeddings and a stack of layers whose tokens see earlier tokens only.

    Parameters
    ----------
    embeddings : Embeddings
    config : TransformerConfig
    cross : bool
        Whether layers attend to an encoder's output.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.1 and figure 1, right. Without cross-attention:
    Liu et al. (2018), arXiv:1801.10198, section 4.2.3.
    """

    layers: Iterable[Any]  # of DecoderLayer or EncoderLayer; torch's own type forgets of what

    def __init__(self, embeddings: Embeddings, config: TransformerConfig, *, cross: bool) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.positions = make_positions(
            config.positions,
            d_model=config.d_model,
            n_heads=config.n_heads,
            n_layers=config.n_decoder_layers,
            max_length=config.max_length,
            largest_distance=config.largest_distance,
        )
        make = DecoderLayer if cross else EncoderLayer
        self.layers = nn.ModuleList(make(config, layer) for layer in range(config.n_decoder_layers))
        self.norm = final_norm(config)
        self.causal = config.causal

    def start(self, encoded: Encoded) -> DecoderState:
        """Return the first state: nothing read, keys and values of the source ready."""
        memory = tuple(layer.cross_attention.prepare(encoded.states, encoded.mask) for layer in self.layers)
        return DecoderState((), memory, 0, None)

    def start_alone(self, gap: Int[Tensor, " batch"] | None) -> DecoderState:
        """Return the first state of a decoder without an encoder; see `DecoderState` for ``gap``."""
        return DecoderState((), (), 0, gap)

    def forward(
        self, tokens: Int[Tensor, "batch time"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch time d_model"], DecoderState]:
        """Read target tokens; return one vector for each, and the next state.

        Reading them in one call or in several gives the same vectors.

        Raises
        ------
        ValueError
            If there is no token, or the number of sentences is not that of the state.
        """
        x, scope = self._enter(tokens, state)
        presents = []
        for layer, past, memory in self._with_state(state):
            x, present = layer(x, scope, past, *memory)
            presents.append(present)
        return self.norm(x), self._next(state, presents, tokens)

    def forward_with_weights(
        self, tokens: Int[Tensor, "batch time"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch time d_model"], DecoderWeights, DecoderState]:
        """Return the same, and the weights of all layers and heads."""
        x, scope = self._enter(tokens, state)
        presents, own, cross = [], [], []
        for layer, past, memory in self._with_state(state):
            x, weights, *cross_weights, present = layer.forward_with_weights(x, scope, past, *memory)
            presents.append(present)
            own.append(weights)
            cross += cross_weights
        own_weights = torch.stack(own, dim=1)
        cross_weights = torch.stack(cross, dim=1) if cross else own_weights[:, :0, ..., :0]
        return self.norm(x), DecoderWeights(own_weights, cross_weights), self._next(state, presents, tokens)

    def _enter(self, tokens: Tensor, state: DecoderState) -> tuple[Tensor, Scope]:
        _check_tokens(tokens, state)
        scope, places = decoder_scope(
            self.positions,
            n_new=tokens.shape[1],
            n_read=state.n_read,
            gap=state.gap,
            causal=self.causal,
            device=tokens.device,
        )
        return self.embeddings(tokens, self.positions, places), scope

    def _with_state(self, state: DecoderState) -> list[tuple[Any, KeyValue | None, tuple[Memory, ...]]]:
        """Pair each layer with its part of the state."""
        return [
            (layer, state.past[i] if state.past else None, state.memory[i : i + 1])
            for i, layer in enumerate(self.layers)
        ]

    def _next(self, state: DecoderState, presents: list[KeyValue], tokens: Tensor) -> DecoderState:
        return state._replace(past=tuple(presents), n_read=state.n_read + tokens.shape[1])


def reorder_past(state: DecoderState, rows: Int[Tensor, " row"]) -> DecoderState:
    """Choose rows of the cache alone: for beams, which move within their sentence and share its source."""
    past = tuple(KeyValue(part.key.index_select(0, rows), part.value.index_select(0, rows)) for part in state.past)
    return state._replace(past=past)


def _check_tokens(tokens: Tensor, state: DecoderState) -> None:
    known = [part.key.shape[0] for part in state.past] + [part.key.shape[0] for part in state.memory]
    known += [] if state.gap is None else [state.gap.shape[0]]
    batch = known[0] if known else tokens.shape[0]
    if tokens.dim() != 2 or tokens.shape[0] != batch or 0 in tokens.shape:
        raise ValueError(
            f"tokens need shape (batch, target), with {batch} sentences as in the state and at least one step; "
            f"got {tuple(tokens.shape)}"
        )
