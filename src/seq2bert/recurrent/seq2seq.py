"""Encoder and decoder together, and one function that builds every variant of the course."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.attention import Attention, make_score, make_window
from seq2bert.recurrent.decoders import BahdanauDecoder, Decoded, DecoderState, LuongDecoder, PlainDecoder
from seq2bert.recurrent.encoder import Encoder

ORDER_NAMES = ("luong", "bahdanau")


class Seq2Seq(nn.Module):
    """A conditional language model: p(target | source), token by token.

    Parameters
    ----------
    encoder : Encoder
    decoder : PlainDecoder, LuongDecoder or BahdanauDecoder

    References
    ----------
    Sutskever et al. (2014), arXiv:1409.3215, equation (1).
    """

    def __init__(self, encoder: Encoder, decoder: PlainDecoder | LuongDecoder | BahdanauDecoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]) -> DecoderState:
        """Read the source; return the decoder's first state."""
        return self.decoder.start(self.encoder(source, lengths))

    def forward(
        self,
        source: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"],
        target_inputs: Int[Tensor, "batch target"],
    ) -> Decoded:
        """Teacher forcing: read the true target, shifted right by the start token."""
        return self.decoder(target_inputs, self.encode(source, lengths))

    def step(
        self, tokens: Int[Tensor, " batch"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch vocab"], Float[Tensor, "batch source"], DecoderState]:
        """Read one target token per sentence: the step function of `seq2bert.decoding`."""
        decoded = self.decoder(tokens[:, None], state)
        return decoded.logits[:, 0], decoded.weights[:, 0], decoded.state


def build_seq2seq(
    *,
    n_source: int,
    n_target: int,
    pad_id: int,
    score: str | None,
    order: str = "luong",
    window: str = "global",
    width: int = 5,
    input_feeding: bool = False,
    context_every_step: bool = False,
    cell: str = "lstm",
    bidirectional: bool = True,
    d_embedding: int = 32,
    d_encoder: int = 64,
    d_decoder: int = 128,
    n_layers: int = 1,
    max_source: int = 64,
) -> Seq2Seq:
    """Build an encoder–decoder by names.

    Parameters
    ----------
    n_source, n_target : int
        Sizes of the two vocabularies.
    pad_id : int
        Padding id of both.
    score : str or None
        One of `seq2bert.attention.SCORE_NAMES`; None for a decoder without attention.
    order : str
        "luong" (step, then attend) or "bahdanau" (attend, then step).
    window, width
        One of `seq2bert.attention.WINDOW_NAMES` and its half-width.
    input_feeding, context_every_step, cell, bidirectional, n_layers
        See the decoders and `Encoder`; ``n_layers`` above 1 only without attention.
    d_encoder : int
        Width of one direction of a bidirectional encoder, half the width of a one-directional one:
        annotations have 2 · ``d_encoder`` components either way.
    max_source : int
        Number of source positions that the location score knows.

    Raises
    ------
    ValueError
        If a name is unknown, or an option does not belong to the decoder asked for.
    """
    if order not in ORDER_NAMES:
        raise ValueError(f"order must be one of {', '.join(ORDER_NAMES)}; got {order!r}")
    if score is None and (input_feeding or window != "global" or order != "luong"):
        raise ValueError("input_feeding, window and order belong to attention; got score=None")
    if score is not None and (context_every_step or n_layers != 1):
        raise ValueError(f"context_every_step and n_layers belong to a decoder without attention; got score={score!r}")
    if input_feeding and order == "bahdanau":
        raise ValueError(
            "input_feeding belongs to order='luong'; in Bahdanau's order the step gets the context already"
        )
    d_hidden = d_encoder if bidirectional else 2 * d_encoder
    encoder = Encoder(
        n_source,
        d_embedding=d_embedding,
        d_hidden=d_hidden,
        pad_id=pad_id,
        cell=cell,
        bidirectional=bidirectional,
        n_layers=n_layers,
    )
    sizes: dict[str, Any] = {
        "d_embedding": d_embedding,
        "d_hidden": d_decoder,
        "d_state": encoder.d_state,
        "pad_id": pad_id,
        "cell": cell,
    }
    if score is None:
        decoder = PlainDecoder(n_target, context_every_step=context_every_step, n_layers=n_layers, **sizes)
        return Seq2Seq(encoder, decoder)
    attention = Attention(
        make_score(score, d_query=d_decoder, d_key=encoder.d_state, d_hidden=d_decoder, max_source=max_source),
        make_window(window, d_query=d_decoder, width=width),
    )
    if order == "bahdanau":
        return Seq2Seq(encoder, BahdanauDecoder(n_target, attention=attention, **sizes))
    return Seq2Seq(encoder, LuongDecoder(n_target, attention=attention, input_feeding=input_feeding, **sizes))
