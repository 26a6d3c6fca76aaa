"""Loading a published BERT: every tensor is accounted for, nothing is silently random."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import torch
from torch import nn

from seq2bert.bert import BertConfig, initialise
from seq2bert.checkpoints.architectures import builder
from seq2bert.checkpoints.config_file import CONFIG_FILE, parse_config, read_content
from seq2bert.checkpoints.files import named_precision, read_tensors, weights_file
from seq2bert.checkpoints.fit import CheckpointError, check_fresh, fit
from seq2bert.checkpoints.redundant import present_names
from seq2bert.tokenization import WordPiece

Model = TypeVar("Model", bound=nn.Module)

_SPARE_ROWS = 64  # some models round the number of embeddings up to a multiple of 8 or 64


@dataclass(frozen=True)
class LoadedBert(Generic[Model]):
    """A BERT with its weights, in eval mode.

    Attributes
    ----------
    model : nn.Module
    config : BertConfig
    folder : pathlib.Path
        Where it came from.
    initialised : tuple of str
        The model's tensors that did not come from there.
    unused : tuple of str
        Those of the folder's heads that the model has no use for.
    """

    model: Model
    config: BertConfig
    folder: Path
    initialised: tuple[str, ...]
    unused: tuple[str, ...]

    @cached_property
    def tokenizer(self) -> WordPiece:
        """The folder's tokenizer.

        Raises
        ------
        FileNotFoundError
            If the folder has no vocabulary.
        ValueError
            If the vocabulary is not that of the model: of another size, or with padding elsewhere.
        """
        tokenizer = WordPiece.load(self.folder)
        n, rows = len(tokenizer.vocabulary), self.config.n_tokens
        if not rows - _SPARE_ROWS < n <= rows:
            raise ValueError(f"the vocabulary in {self.folder} must have {rows} pieces, as the model; got {n}")
        if tokenizer.vocabulary.pad_id != self.config.pad_id:
            raise ValueError(
                f"the vocabulary in {self.folder} must have [PAD] at {self.config.pad_id}, as the model; "
                f"got {tokenizer.vocabulary.pad_id}"
            )
        return tokenizer


@overload
def load_bert(
    folder: Path | str,
    build: Callable[[BertConfig], Model],
    *,
    fresh: Collection[str] = ...,
    precision: str = ...,
) -> LoadedBert[Model]: ...


@overload
def load_bert(
    folder: Path | str, build: None = ..., *, fresh: Collection[str] = ..., precision: str = ...
) -> LoadedBert[Any]: ...


def load_bert(
    folder: Path | str,
    build: Callable[[BertConfig], nn.Module] | None = None,
    *,
    fresh: Collection[str] = (),
    precision: str = "float32",
) -> LoadedBert[Any]:
    """Load a published BERT from a folder.

    Parameters
    ----------
    folder : path
        With ``config.json`` and ``model.safetensors`` or ``pytorch_model.bin``.
    build : callable, optional
        Makes the model from its configuration: a class such as `BertForMaskedTokens`, or for a task
        ``lambda config: BertForTagging(config, n_tags=9)``. Left out, what ``config.json`` names.
    fresh : collection of str
        Heads of the model, by the names of their modules, that start anew whatever the folder holds: a head
        that it lacks, or one of another task. All else must be there.
    precision : str
        Of the model: "float32", "float64", "bfloat16" or "float16"; the folder's own may be another.

    Returns
    -------
    LoadedBert

    Raises
    ------
    FileNotFoundError
        If configuration or weights are not there.
    CheckpointError
        If a tensor is missing, unexpected, or of another shape.
    ValueError
        If the configuration describes another model, a file is damaged, a pickle holds more than tensors, or
        ``fresh`` names what is no head.
    """
    folder, dtype = Path(folder), named_precision(precision)
    try:
        content = read_content(folder)
        config = parse_config(content)
        build = builder(content) if build is None else build
    except ValueError as error:
        raise ValueError(f"{folder / CONFIG_FILE}: {error}") from error
    path = weights_file(folder)
    with torch.device("meta"):  # no time for values that are about to be replaced
        model = build(config)
    check_fresh(model, fresh)
    try:
        state, unused = fit(model, present_names(read_tensors(path)), fresh=fresh)
    except CheckpointError as error:
        error.add_place(path)
        raise
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    model = model.to(dtype).to_empty(device="cpu")
    for name in fresh:
        initialise(model.get_submodule(name), config.initial_deviation)
    model.load_state_dict(state, strict=False)
    initialised = tuple(name for name in model.state_dict() if name not in state)
    return LoadedBert(model.eval(), config, folder, initialised, unused)
