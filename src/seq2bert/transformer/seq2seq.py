"""The encoder–decoder: the Transformer of the paper."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.decoder import Decoder, DecoderState
from seq2bert.transformer.embeddings import Embeddings, output_layer
from seq2bert.transformer.encoder import Encoder


class TransformerOutput(NamedTuple):
    """Logits of every target step and the state after the last."""

    logits: Float[Tensor, "batch target vocab"]
    state: DecoderState


class AttentionMaps(NamedTuple):
    """Logits, and the weights of all layers and heads of the three kinds of attention."""

    logits: Float[Tensor, "batch target vocab"]
    encoder: Float[Tensor, "batch layer head source source"]
    decoder: Float[Tensor, "batch layer head target target"]
    cross: Float[Tensor, "batch layer head target source"]


class TransformerSeq2Seq(nn.Module):
    """A conditional language model: p(target | source), token by token.

    Its methods are those of the recurrent `Seq2Seq`, so that the same training and decoding serve both.

    Parameters
    ----------
    config : TransformerConfig
    n_source, n_target : int
        Sizes of the two vocabularies.
    pad_id : int
        Padding id of both.

    Raises
    ------
    ValueError
        If ``config.tie`` is "all" and the vocabularies differ in size, or a stack has no layer.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3 and figure 1.
    """

    def __init__(self, config: TransformerConfig, *, n_source: int, n_target: int, pad_id: int) -> None:
        super().__init__()
        if config.tie == "all" and n_source != n_target:
            raise ValueError(
                "tie='all' needs one vocabulary for source and target; "
                f"got {n_source} and {n_target} tokens: use tie='target'"
            )
        if config.n_encoder_layers < 1 or config.n_decoder_layers < 1:
            raise ValueError(
                "an encoder–decoder needs a layer in each stack; "
                f"got {config.n_encoder_layers} and {config.n_decoder_layers}"
            )
        self.config = config
        target = Embeddings(n_target, pad_id=pad_id, config=config)
        source = target if config.tie == "all" else Embeddings(n_source, pad_id=pad_id, config=config)
        self.encoder = Encoder(source, config)
        self.decoder = Decoder(target, config, cross=True)
        self.output = output_layer(n_target, config, None if config.tie == "none" else target)

    def encode(self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]) -> DecoderState:
        """Read the source; return the decoder's first state."""
        return self.decoder.start(self.encoder(source, lengths))

    def forward(
        self,
        source: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"],
        target_inputs: Int[Tensor, "batch target"],
    ) -> TransformerOutput:
        """Teacher forcing: read the true target, shifted right by the start token, in one pass."""
        states, state = self.decoder(target_inputs, self.encode(source, lengths))
        return TransformerOutput(self.output(states), state)

    def forward_with_weights(
        self,
        source: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"],
        target_inputs: Int[Tensor, "batch target"],
    ) -> AttentionMaps:
        """Return the same logits, and all attention weights."""
        encoded, encoder_weights = self.encoder.forward_with_weights(source, lengths)
        states, weights, _ = self.decoder.forward_with_weights(target_inputs, self.decoder.start(encoded))
        return AttentionMaps(self.output(states), encoder_weights, weights.own, weights.cross)

    def step(
        self, tokens: Int[Tensor, " batch"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch vocab"], Float[Tensor, "batch nothing"], DecoderState]:
        """Read one target token per sentence: the step function of `seq2bert.decoding`.

        The weights have a source axis of size 0: the fused kernel makes none. `step_with_weights` does.
        """
        states, state = self.decoder(tokens[:, None], state)
        logits = self.output(states[:, 0])
        return logits, logits[:, :0], state

    def step_with_weights(
        self, tokens: Int[Tensor, " batch"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch vocab"], Float[Tensor, "batch source"], DecoderState]:
        """Do the same step with the weights of the last layer's cross-attention, averaged over its heads."""
        states, weights, state = self.decoder.forward_with_weights(tokens[:, None], state)
        return self.output(states[:, 0]), weights.cross[:, -1, :, 0].mean(dim=1), state
