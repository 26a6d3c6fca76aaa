"""Old and redundant names of published checkpoints, brought to one form."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from seq2bert.checkpoints.names import DECODER_BIAS, DECODER_WEIGHT, OUTPUT_BIAS, PREFIX, TOKEN_EMBEDDINGS

_OLD_NORM = re.compile(r"LayerNorm\.(gamma|beta)$")  # as in TensorFlow, and in the first releases for torch
_TODAY = {"gamma": "weight", "beta": "bias"}
_POSITION_IDS = "embeddings.position_ids"


def present_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a checkpoint's tensors by their present names, each said once.

    The prefix ``bert.`` goes; ``gamma`` and ``beta`` become ``weight`` and ``bias``; ``position_ids``, which
    count from 0, go; so do the decoder's matrix and bias, which repeat the token embeddings and the output bias.

    Raises
    ------
    ValueError
        If two names mean the same, if positions do not count from 0, or if the decoder has values of its own:
        here output and input share one matrix.
    """
    renamed: dict[str, Tensor] = {}
    origin: dict[str, str] = {}
    for old, tensor in tensors.items():
        name = _OLD_NORM.sub(lambda match: f"LayerNorm.{_TODAY[match[1]]}", old.removeprefix(PREFIX))
        if name in renamed:
            raise ValueError(f"the checkpoint has {name} twice: as {origin[name]} and as {old}")
        renamed[name], origin[name] = tensor, old
    _drop_positions(renamed)
    _drop_decoder(renamed)
    return renamed


def _drop_positions(tensors: dict[str, Tensor]) -> None:
    places = tensors.pop(_POSITION_IDS, None)
    if places is not None and not torch.equal(places.flatten().long(), torch.arange(places.numel())):
        raise ValueError(f"{_POSITION_IDS} must count from 0; got {places.flatten()[:8].tolist()} and so on")


def _drop_decoder(tensors: dict[str, Tensor]) -> None:
    weight, embeddings = tensors.pop(DECODER_WEIGHT, None), tensors.get(TOKEN_EMBEDDINGS)
    if weight is not None and embeddings is not None and not torch.equal(weight, embeddings):
        raise ValueError(
            f"{DECODER_WEIGHT} must be equal to {TOKEN_EMBEDDINGS}, since output and input share one matrix here; "
            f"got {tuple(weight.shape)} and {tuple(embeddings.shape)} with other values"
        )
    bias = tensors.pop(DECODER_BIAS, None)
    if bias is None:
        return
    if OUTPUT_BIAS in tensors and not torch.equal(bias, tensors[OUTPUT_BIAS]):
        raise ValueError(f"{DECODER_BIAS} and {OUTPUT_BIAS} must be equal: they are one bias; got other values")
    tensors[OUTPUT_BIAS] = bias
