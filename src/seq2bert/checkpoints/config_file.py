"""config.json: a BERT's sizes as published checkpoints write them, and ours."""

import json
from pathlib import Path
from typing import Any

from seq2bert.bert import BertConfig

CONFIG_FILE = "config.json"

_KEYS = {
    "n_tokens": "vocab_size",
    "d_model": "hidden_size",
    "n_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
    "n_layers": "num_hidden_layers",
    "max_length": "max_position_embeddings",
    "n_segments": "type_vocab_size",
    "dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob",
    "head_dropout": "classifier_dropout",
    "activation": "hidden_act",
    "norm_epsilon": "layer_norm_eps",
    "pad_id": "pad_token_id",
    "initial_deviation": "initializer_range",
}
_REQUIRED = ("vocab_size", "hidden_size", "num_attention_heads", "intermediate_size", "num_hidden_layers")
_PLAIN: dict[str, tuple[Any, ...]] = {  # what our BERT computes; anything else is another model
    "model_type": ("bert",),
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "is_encoder_decoder": (False,),
    "tie_word_embeddings": (True,),
    "pruned_heads": ({},),
}
_FOREIGN = ("quantization_config", "embedding_size", "rope_parameters", "rope_theta")


def read_config(folder: Path | str) -> BertConfig:
    """Read the sizes of a published BERT.

    Parameters
    ----------
    folder : path
        With ``config.json``. Keys that are not about the model's computation are left aside.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no JSON object, lacks a size, holds a value of another type or out of range, or describes
        another model: another ``model_type``, relative positions, a decoder, cross-attention, quantised
        weights. The message names the key and the path.
    """
    try:
        return parse_config(read_content(folder))
    except ValueError as error:
        raise ValueError(f"{Path(folder) / CONFIG_FILE}: {error}") from error


def read_content(folder: Path | str) -> dict[str, Any]:
    """Read all that ``config.json`` says.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no JSON object.
    """
    path = Path(folder) / CONFIG_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: a published BERT is a folder with {CONFIG_FILE}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"not a JSON object but a {type(content).__name__}")
    return content


def parse_config(content: dict[str, Any]) -> BertConfig:
    """Return the sizes that a published configuration holds.

    Raises
    ------
    ValueError
        As for `read_config`.
    """
    for key, allowed in _PLAIN.items():
        if content.get(key) not in (None, *allowed):
            raise ValueError(f"{key} must be {allowed[0]!r}; got {content[key]!r}, which is another model")
    for key in _FOREIGN:
        if content.get(key) is not None:
            raise ValueError(f"{key} must be left out; got {content[key]!r}, which is another model")
    if missing := [key for key in _REQUIRED if key not in content]:
        raise ValueError(f"{', '.join(missing)} must be given")
    found = {
        ours: _typed(key, content[key], BertConfig.__annotations__[ours])
        for ours, key in _KEYS.items()
        if content.get(key) is not None
    }
    return BertConfig(**found)


def published_config(config: BertConfig) -> dict[str, Any]:
    """Return the same sizes as published checkpoints write them."""
    values = {key: getattr(config, ours) for ours, key in _KEYS.items()}
    return {"model_type": "bert", "position_embedding_type": "absolute", "tie_word_embeddings": True} | values


def _typed(key: str, value: Any, annotation: Any) -> Any:
    """Return the value in the type of its field: where that is a float, JSON may have an integer."""
    wanted: tuple[type, ...] = (annotation,) if annotation in (int, str) else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError(f"{key} must be {' or '.join(kind.__name__ for kind in wanted)}; got {value!r}")
    return value if annotation in (int, str) else float(value)  # type: ignore[arg-type]
