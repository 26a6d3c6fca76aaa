"""The encoder: every token sees every real token of its sentence."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2bert.positions import make_positions
from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.embeddings import Embeddings, final_norm
from seq2bert.transformer.layers import EncoderLayer
from seq2bert.transformer.scope import Scope, encoder_scope, valid_keys


class Encoded(NamedTuple):
    """One vector per source token; ``mask`` marks real tokens, None if nothing is padded."""

    states: Float[Tensor, "batch source d_model"]
    mask: Bool[Tensor, "batch 1 1 source"] | None


class Encoder(nn.Module):
    """Embeddings and a stack of layers.

    Parameters
    ----------
    embeddings : Embeddings
    config : TransformerConfig

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.1 and figure 1, left.
    """

    layers: Iterable[Any]  # of EncoderLayer; torch's own type forgets of what

    def __init__(self, embeddings: Embeddings, config: TransformerConfig) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.positions = make_positions(
            config.positions,
            d_model=config.d_model,
            n_heads=config.n_heads,
            n_layers=config.n_encoder_layers,
            max_length=config.max_length,
            largest_distance=config.largest_distance,
        )
        self.layers = nn.ModuleList(EncoderLayer(config, layer) for layer in range(config.n_encoder_layers))
        self.norm = final_norm(config)

    def forward(self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]) -> Encoded:
        """Encode a batch padded on the right.

        Raises
        ------
        ValueError
            If the batch is empty, a source has no token, or ``lengths`` does not fit ``source``.
        """
        x, scope = self._enter(source, lengths)
        for layer in self.layers:
            x, _ = layer(x, scope)
        return Encoded(self.norm(x), scope.mask)

    def forward_with_weights(
        self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]
    ) -> tuple[Encoded, Float[Tensor, "batch layer head source source"]]:
        """Return the same, and the weights of all layers and heads."""
        x, scope = self._enter(source, lengths)
        weights = []
        for layer in self.layers:
            x, layer_weights, _ = layer.forward_with_weights(x, scope)
            weights.append(layer_weights)
        return Encoded(self.norm(x), scope.mask), torch.stack(weights, dim=1)

    def _enter(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Scope]:
        check_batch(source, lengths, "source")
        places = torch.arange(source.shape[1], device=source.device)[None]
        scope = encoder_scope(self.positions, valid_keys(lengths, source.shape[1]), places)
        return self.embeddings(source, self.positions, places), scope


def check_batch(tokens: Tensor, lengths: Tensor, name: str) -> None:
    """Raise unless there is a token, and one length per sentence.

    Raises
    ------
    ValueError
        With the name of the argument and the shapes.
    """
    if tokens.dim() != 2 or tokens.shape[0] == 0 or tokens.shape[1] == 0:
        raise ValueError(f"{name} must hold at least one sentence of one token; got shape {tuple(tokens.shape)}")
    if lengths.shape != tokens.shape[:1]:
        raise ValueError(f"lengths needs shape ({tokens.shape[0]},), one per sentence; got {tuple(lengths.shape)}")
