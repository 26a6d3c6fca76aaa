"""The encoder, alone and with the pooler: the part of BERT that all its uses share."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2bert.bert.config import BertConfig
from seq2bert.bert.embeddings import BertEmbeddings
from seq2bert.bert.initial import initialise
from seq2bert.bert.pooling import Pooler
from seq2bert.positions import Positions
from seq2bert.transformer import Encoded, EncoderLayer, Scope
from seq2bert.transformer.encoder import check_batch
from seq2bert.transformer.scope import encoder_scope, valid_keys


class BertMaps(NamedTuple):
    """What can be seen inside: ``hidden`` holds the embeddings' output, then each layer's."""

    states: Float[Tensor, "batch time d_model"]
    hidden: Float[Tensor, "batch layer_and_one time d_model"]
    weights: Float[Tensor, "batch layer head time time"]


class BertEncoder(nn.Module):
    """Embeddings and a stack of post-norm layers; every token sees every real token.

    Parameters
    ----------
    config : BertConfig

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3; Vaswani et al. (2017), arXiv:1706.03762, figure 1, left.
    """

    layers: Iterable[Any]  # of EncoderLayer; torch's own type forgets of what

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = BertEmbeddings(config)
        self.layers = nn.ModuleList(EncoderLayer(config.layer_config(), layer) for layer in range(config.n_layers))
        initialise(self, config.initial_deviation)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Encoded:
        """Encode a batch padded on the right.

        Parameters
        ----------
        tokens : integer Tensor
            With [CLS] and [SEP] where they belong.
        segments : integer Tensor, optional
            0 for the first sentence, 1 for the second; left out, all 0.
        lengths : integer Tensor, optional
            Number of real tokens of each input; left out, nothing is padded.

        Returns
        -------
        Encoded
            One vector per token, and the mask of real tokens. Those at padding mean nothing.

        Raises
        ------
        ValueError
            If the batch is empty, an id or a position has no embedding, or segments or lengths do not fit.
        """
        x, scope = self._enter(tokens, segments, lengths)
        for layer in self.layers:
            x, _ = layer(x, scope)
        return Encoded(x, scope.mask)

    def forward_with_weights(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> BertMaps:
        """Return the same states, those of every layer, and the weights of all layers and heads."""
        x, scope = self._enter(tokens, segments, lengths)
        hidden, weights = [x], []
        for layer in self.layers:
            x, layer_weights, _ = layer.forward_with_weights(x, scope)
            hidden.append(x)
            weights.append(layer_weights)
        return BertMaps(x, torch.stack(hidden, dim=1), torch.stack(weights, dim=1))

    def _enter(self, tokens: Tensor, segments: Tensor | None, lengths: Tensor | None) -> tuple[Tensor, Scope]:
        if lengths is None:
            lengths = torch.full(tokens.shape[:1], tokens.shape[-1])
        check_batch(tokens, lengths, "tokens")
        if segments is None:
            segments = torch.zeros_like(tokens)
        if segments.shape != tokens.shape:
            raise ValueError(f"segments needs the shape of tokens, {tuple(tokens.shape)}; got {tuple(segments.shape)}")
        mask = valid_keys(lengths, tokens.shape[1])
        x = self.embeddings(tokens, segments=segments)
        places = torch.arange(tokens.shape[1], device=tokens.device)[None]
        return x, encoder_scope(Positions(), mask, places)  # order is in the embeddings already


class BertOutput(NamedTuple):
    """A vector per token, and one for the whole input; ``mask`` marks real tokens, None if nothing is padded."""

    states: Float[Tensor, "batch time d_model"]
    pooled: Float[Tensor, "batch d_model"]
    mask: Bool[Tensor, "batch 1 1 time"] | None


class Bert(nn.Module):
    """The encoder with its pooler: what a checkpoint without heads holds.

    Parameters
    ----------
    config : BertConfig
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertEncoder(config)
        self.pooler = Pooler(config)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> BertOutput:
        """Encode and pool; arguments as for `BertEncoder`."""
        encoded = self.encoder(tokens, segments=segments, lengths=lengths)
        return BertOutput(encoded.states, self.pooler(encoded), encoded.mask)
