"""Checkpoints of unfinished training: everything needed to go on as if nothing had happened."""

import os
import pickle
from pathlib import Path

import torch
from torch import nn

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
        "random": torch.get_rng_state(),
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


def load_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict:
    """Put weights, optimiser and random state back; return the progress.

    Nothing is unpickled but tensors and plain containers.

    Raises
    ------
    ValueError
        If the file is damaged, is not a training checkpoint, or belongs to another model.
    """
    path = Path(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise ValueError(f"the checkpoint {path} is damaged or not a checkpoint: {error}") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"the file {path} is not a training checkpoint of this package")
    try:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"the checkpoint {path} belongs to another model: {error}") from error
    torch.set_rng_state(state["random"])
    return state["progress"]
