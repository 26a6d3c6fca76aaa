"""Saving a BERT in the published form, so that `transformers` loads it."""

import json
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from seq2bert.bert import Bert, BertEncoder
from seq2bert.checkpoints.architectures import architecture, label_entries, output_name
from seq2bert.checkpoints.config_file import CONFIG_FILE, published_config
from seq2bert.checkpoints.files import SAFETENSORS_FILE, named_precision, write_tensors
from seq2bert.checkpoints.names import PREFIX, published_names
from seq2bert.tokenization import WordPiece
from seq2bert.tokenization.files import write_text


def save_bert(
    model: nn.Module, folder: Path | str, *, tokenizer: WordPiece | None = None, precision: str = "float32"
) -> None:
    """Write ``config.json`` and ``model.safetensors``, and with a tokenizer ``vocab.txt`` and its configuration.

    Parameters
    ----------
    model : nn.Module
        One of this package's BERTs. `transformers` has no classifier of the mean of all tokens: of such a
        model it reads the encoder only, and this package everything.
    folder : path
        Made if it is not there.
    tokenizer : WordPiece, optional
    precision : str
        Of the file: "float32", "float64", "bfloat16" or "float16".

    Raises
    ------
    TypeError
        If the model is no BERT of this package.
    ValueError
        If a value is not finite or too large for the precision, or the tokenizer has more pieces than the
        model has embeddings.
    OSError
        If the folder cannot be written.
    """
    name, dtype = architecture(model), named_precision(precision)
    config = cast(BertEncoder, model.encoder).config
    if tokenizer is not None and len(tokenizer.vocabulary) > config.n_tokens:
        raise ValueError(
            f"tokenizer must have at most {config.n_tokens} pieces, as the model; got {len(tokenizer.vocabulary)}"
        )
    tensors = {
        published: _converted(published, part, dtype)
        for ours, tensor in model.state_dict().items()
        for published, part in _parts(ours, tensor, model)
    }
    content = published_config(config) | {"architectures": [name], "dtype": precision}
    head = getattr(model, "output", None)
    if isinstance(head, nn.Linear):
        content |= label_entries(head.out_features)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / SAFETENSORS_FILE, tensors)
    write_text(folder / CONFIG_FILE, json.dumps(content, indent=2, sort_keys=True) + "\n")
    if tokenizer is not None:
        tokenizer.save(folder)


def _parts(name: str, tensor: Tensor, model: nn.Module) -> list[tuple[str, Tensor]]:
    """Return published names with their tensors; beside heads, those of the encoder have a prefix."""
    names = published_names(name, output=output_name(model))
    prefix = PREFIX if not isinstance(model, Bert) and name.startswith(("encoder.", "pooler.")) else ""
    return [(prefix + one, part) for one, part in zip(names, tensor.chunk(len(names)), strict=True)]


def _converted(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    converted = tensor.detach().to("cpu", dtype, copy=True).contiguous()
    if not bool(converted.isfinite().all()):
        raise ValueError(f"{name} must be finite in {dtype}; its largest value is {tensor.abs().max().item():g}")
    return converted
