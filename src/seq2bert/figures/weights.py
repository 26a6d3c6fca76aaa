"""Models as the scripts of live figures read them: sizes and names as JSON, then all weights, in 16 bits or in four.

Knows the course's own models, within the limits that `describe_reader` and the others state.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from seq2bert.attention import (
    AdditiveScore,
    ConcatScore,
    CosineScore,
    DotScore,
    GeneralScore,
    GlobalWindow,
    LocationScore,
    ScaledDotScore,
)
from seq2bert.bert import BertForMaskedTokens
from seq2bert.figures.four_bits import GROUP, FourBits, in_four_bits
from seq2bert.recurrent import BahdanauDecoder, LuongDecoder, PlainDecoder, Seq2Seq
from seq2bert.tokenization import WordPiece
from seq2bert.transformer import TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary

__all__ = ["ModelData", "describe_bert", "describe_reader", "pack", "prepare_bert"]

_SCORES = {
    DotScore: "dot",
    ScaledDotScore: "scaled-dot",
    GeneralScore: "general",
    ConcatScore: "concat",
    AdditiveScore: "additive",
    CosineScore: "cosine",
    LocationScore: "location",
}
_ORDERS = {PlainDecoder: "plain", LuongDecoder: "luong", BahdanauDecoder: "bahdanau"}
_POSITIONS = {"Positions": "none", "SinusoidalPositions": "sinusoidal", "LearnedPositions": "learned"}
_POSITIONS["RotaryPositions"] = "rotary"


@dataclass(frozen=True)
class ModelData:
    """What a script needs of one model: settings that JSON can hold, and its weights by name."""

    settings: dict[str, Any]
    tensors: dict[str, Tensor | FourBits]


def describe_reader(
    model: Seq2Seq | TransformerSeq2Seq, *, source: Vocabulary, target: Vocabulary, max_length: int
) -> ModelData:
    """Describe an encoder–decoder.

    Parameters
    ----------
    model : Seq2Seq or TransformerSeq2Seq
    source, target : Vocabulary
        Tokens of the source are single characters.
    max_length : int
        Steps after which an answer is cut, end token included.

    Returns
    -------
    ModelData

    Raises
    ------
    ValueError
        If the model has a part that the scripts do not know: more than one recurrent layer, a window of
        attention, relative or ALiBi positions, shared heads of keys, a source vocabulary of words.
    """
    if max(map(len, source.regular_tokens)) > 1:
        raise ValueError("live figures read character by character; the source vocabulary has longer tokens")
    settings: dict[str, Any] = {"source": source.tokens, "target": target.tokens, "maxLength": max_length}
    if isinstance(model, TransformerSeq2Seq):
        settings |= _transformer_settings(model)
    else:
        settings |= _recurrent_settings(model)
    return ModelData(settings, _tensors(model))


def describe_bert(
    model: BertForMaskedTokens, tokenizer: WordPiece, coarse: Mapping[str, FourBits] | None = None
) -> ModelData:
    """Describe a BERT with its masked-token head, and the pieces that it reads.

    Parameters
    ----------
    model : BertForMaskedTokens
    tokenizer : WordPiece
    coarse : mapping of str to FourBits, optional
        Tensors that are stored in four bits, and are so in the model already.

    Raises
    ------
    ValueError
        If the tokenizer keeps accents of lower-cased letters, or the other way round.
    """
    config, cleaning = model.encoder.config, tokenizer.cleaning
    if cleaning.strips_accents != cleaning.lowercase:
        raise ValueError("live figures strip accents exactly if they lower-case; the tokenizer does not")
    settings = asdict(config) | {
        "kind": "bert",
        "vocabulary": tokenizer.vocabulary.pieces,
        "lowercase": cleaning.lowercase,
        "norm": "post",
        "positions": "learned",
        "epsilon": config.norm_epsilon,
    }
    return ModelData(settings, _tensors(model) | dict(coarse or {}))


def prepare_bert(model: BertForMaskedTokens, tokenizer: WordPiece, bits: int) -> tuple[BertForMaskedTokens, ModelData]:
    """Return the model that the script runs, in eval mode, and its description.

    Raises
    ------
    ValueError
        If ``bits`` is neither 16 nor 4.
    """
    if bits not in (16, 4):
        raise ValueError(f"bits must be 16 or 4; got {bits}")
    if bits == 16:
        return model.eval(), describe_bert(model, tokenizer)
    rounded, coarse = in_four_bits(model)
    return rounded.eval(), describe_bert(rounded, tokenizer, coarse)


def pack(models: Mapping[str, ModelData]) -> bytes:
    """Write models into one file.

    Parameters
    ----------
    models : mapping of str to ModelData

    Returns
    -------
    bytes
        The length of the header (32 bits), the header (JSON, of even length), and the numbers of all tensors
        in its order, as 16-bit floats or as `FourBits.pack` has them; all little-endian.

    Raises
    ------
    ValueError
        If a weight is too large for 16 bits.
    """
    header, parts = {}, []
    for name, data in models.items():
        header[name] = data.settings | {"tensors": {key: _entry(tensor) for key, tensor in data.tensors.items()}}
        for key, tensor in data.tensors.items():
            if isinstance(tensor, FourBits):
                parts.append(tensor.pack())
                continue
            numbers = tensor.detach().float().cpu().numpy()
            if not np.abs(numbers).max(initial=0) <= np.finfo(np.float16).max:
                raise ValueError(f"{key} of model {name!r} has a weight beyond 16 bits: {np.abs(numbers).max()}")
            parts.append(numbers.astype("<f2").tobytes())
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (len(text) % 2)
    return len(text).to_bytes(4, "little") + text + b"".join(parts)


def _entry(tensor: Tensor | FourBits) -> list[int] | dict[str, Any]:
    """Say in the header how a tensor is stored: its shape, and the length of its runs if it is in four bits."""
    shape = list(tensor.shape)
    return {"shape": shape, "group": GROUP} if isinstance(tensor, FourBits) else shape


def _tensors(model: nn.Module) -> dict[str, Tensor | FourBits]:
    """Return the weights, shared ones once, under the first of their names."""
    return dict(model.named_parameters())


def _recurrent_settings(model: Seq2Seq) -> dict[str, Any]:
    encoder, decoder = model.encoder, model.decoder
    cells = (encoder.cell, decoder.recurrence.cell)
    if any(cell.num_layers != 1 for cell in cells):
        raise ValueError(f"live figures know one recurrent layer; the model has {max(c.num_layers for c in cells)}")
    settings: dict[str, Any] = {
        "kind": "recurrent",
        "cell": encoder.cell.mode.split("_")[0].lower(),
        "bidirectional": encoder.n_directions == 2,
        "order": _ORDERS[type(decoder)],
        "inputFeeding": isinstance(decoder, LuongDecoder) and decoder.d_fed > 0,
        "contextEveryStep": isinstance(decoder, PlainDecoder) and decoder.d_fed > 0,
    }
    if not isinstance(decoder, PlainDecoder):
        if type(decoder.attention.window) is not GlobalWindow:
            raise ValueError("live figures know attention to the whole source; the model has a window")
        settings["score"] = _SCORES[type(decoder.attention.score)]
    return settings


def _transformer_settings(model: TransformerSeq2Seq) -> dict[str, Any]:
    config = model.config
    positions = _POSITIONS.get(type(model.encoder.positions).__name__)
    if positions is None or config.key_heads != config.n_heads:
        raise ValueError(
            f"live figures know positions {', '.join(_POSITIONS.values())}, and keys of each head's own; "
            f"got positions={config.positions!r} and {config.key_heads} heads of keys for {config.n_heads}"
        )
    if not config.causal:
        raise ValueError(
            "live figures decode a token at a time, which a decoder without the causal mask is not made for"
        )
    names = ("d_model", "n_heads", "n_encoder_layers", "n_decoder_layers", "norm", "activation")
    settings = {name: getattr(config, name) for name in names}
    return settings | {"kind": "transformer", "positions": positions, "epsilon": config.norm_epsilon}
