"""Checkpoints of unfinished training: everything needed to go on as if nothing had happened."""

import io
import os
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn

from seq2bert.training.device import random_states, restore_random_states

FORMAT = "seq2bert training checkpoint, version 1"


def save_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: dict) -> None:
    """Write weights, optimiser, random state and progress; all of it or nothing.

    The file is written beside its place and then moved there, so that a crash leaves the old one.

    Parameters
    ----------
    progress : dict
        Plain numbers, strings and lists.

    Raises
    ------
    OSError
        If the file cannot be written; the message names the path.
    """
    path = Path(path)
    state = {
        "format": FORMAT,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": random_states(_device(model)),
        "progress": progress,
    }
    beside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb") as file:
            torch.save(state, file)
        os.replace(beside, path)
    except OSError as error:
        raise OSError(f"cannot write the checkpoint {path}: {error}") from error


def read_checkpoint(path: str | Path) -> dict:
    """Return what `save_checkpoint` wrote, after checking that the file is whole.

    Nothing is unpickled but tensors and plain containers.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the file is damaged or is not a training checkpoint; the message names the path.
    """
    content = Path(path).read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            damaged = archive.testzip()  # torch itself does not look at the check sums
        if damaged is not None:
            raise ValueError(f"the check sum of {damaged} is wrong")
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # broad: on damaged bytes the readers raise a dozen types
        raise ValueError(f"the checkpoint {path} is damaged or not a checkpoint: {error}") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"the file {path} is not a training checkpoint of this package")
    return state


def load_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict:
    """Put weights, optimiser and random state back; return the progress.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the file is damaged, is not a training checkpoint, or belongs to another model. Model
        and optimiser are then as they were.
    """
    state = read_checkpoint(path)
    ours, theirs = _shapes(model.state_dict()), _shapes(state["model"])
    if ours != theirs:  # load_state_dict would notice as well, but only after copying what fits
        name = next(name for name in sorted(ours | theirs) if ours.get(name) != theirs.get(name))
        raise ValueError(
            f"the checkpoint {path} belongs to another model: "
            f"{name} has shape {theirs.get(name)} there and {ours.get(name)} here"
        )
    try:
        optimizer.load_state_dict(state["optimizer"])
    except ValueError as error:
        raise ValueError(f"the checkpoint {path} belongs to another optimiser: {error}") from error
    model.load_state_dict(state["model"])
    restore_random_states(state["random"], _device(model))
    return state["progress"]


def _shapes(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _device(model: nn.Module) -> torch.device:
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
