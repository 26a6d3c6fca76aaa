"""The names of BERT's tensors: ours, and those of published checkpoints.

Ours keep query, key and value in one matrix; published ones have three.
"""

import re

PREFIX = "bert."
"""Stands before the names of encoder and pooler where a checkpoint has heads, too."""

TOKEN_EMBEDDINGS = "embeddings.word_embeddings.weight"
DECODER_WEIGHT = "cls.predictions.decoder.weight"
OUTPUT_BIAS, DECODER_BIAS = "cls.predictions.bias", "cls.predictions.decoder.bias"
HEADS = ("pooler.", "cls.", "classifier.", "qa_outputs.")
"""How the names of published heads begin."""

_NAMES = {
    "encoder.embeddings.tokens.weight": TOKEN_EMBEDDINGS,
    "encoder.embeddings.segments.weight": "embeddings.token_type_embeddings.weight",
    "encoder.embeddings.positions.table.weight": "embeddings.position_embeddings.weight",
    "masked_tokens.bias": OUTPUT_BIAS,
}
_OWNERS = {  # of a weight and a bias
    "encoder.embeddings.norm": "embeddings.LayerNorm",
    "pooler.dense": "pooler.dense",
    "masked_tokens.dense": "cls.predictions.transform.dense",
    "masked_tokens.norm": "cls.predictions.transform.LayerNorm",
    "next_sentence": "cls.seq_relationship",
}
_PARTS_OF_A_LAYER = {
    "attention.output": "attention.output.dense",
    "attention_residual.norm": "attention.output.LayerNorm",
    "feed_forward.inner": "intermediate.dense",
    "feed_forward.outer": "output.dense",
    "feed_forward_residual.norm": "output.LayerNorm",
}
_LAYER = re.compile(r"encoder\.layers\.(\d+)\.(.+)")


def published_names(name: str, *, output: str = "classifier") -> tuple[str, ...]:
    """Return what a tensor of ours is called in a checkpoint.

    Parameters
    ----------
    name : str
        As in ``state_dict()``.
    output : str
        What the head of a task is called, see `seq2bert.checkpoints.output_name`.

    Returns
    -------
    tuple of str
        One name, without `PREFIX`; three where query, key and value are one matrix of ours.

    Raises
    ------
    ValueError
        If no BERT of this package has a tensor of that name.
    """
    if name in _NAMES:
        return (_NAMES[name],)
    owner, _, kind = name.rpartition(".")
    if kind in ("weight", "bias"):
        if match := _LAYER.fullmatch(owner):
            layer, part = f"encoder.layer.{match[1]}", match[2]
            if part == "attention.query_key_value":
                return tuple(f"{layer}.attention.self.{one}.{kind}" for one in ("query", "key", "value"))
            if part in _PARTS_OF_A_LAYER:
                return (f"{layer}.{_PARTS_OF_A_LAYER[part]}.{kind}",)
        known = _OWNERS | {"output": output}
        if owner in known:
            return (f"{known[owner]}.{kind}",)
    raise ValueError(f"name must be that of a tensor of a BERT of this package; got {name!r}")
