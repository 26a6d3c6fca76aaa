"""Choosing the device, and making runs repeatable."""

import random

import numpy as np
import torch
from torch import Tensor


def choose_device(prefer: str | None = None) -> torch.device:
    """Return the device to train on: a GPU if there is one, else the CPU.

    Parameters
    ----------
    prefer : str, optional
        "cpu", "cuda", "mps" or any name torch knows. Left out, CUDA comes before MPS before CPU.

    Raises
    ------
    ValueError
        If the preferred device is not there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if prefer is None:
        return torch.device(next(name for name, there in available.items() if there))
    try:
        device = torch.device(prefer)
    except RuntimeError as error:
        raise ValueError(f"device must be a name that torch knows; got {prefer!r}") from error
    if not available.get(device.type, False):
        there = ", ".join(name for name, is_there in available.items() if is_there)
        raise ValueError(f"device {prefer!r} is not available on this machine; it has {there}")
    return device


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's global generators.

    The same seed gives the same numbers on the same machine with the same versions and the same
    number of threads. Another machine may add numbers in another order and differ in the last digits.

    Raises
    ------
    ValueError
        If ``seed`` is negative or does not fit 32 bits.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must lie between 0 and 2**32 - 1; got {seed}")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what is to be seeded
    torch.manual_seed(seed)


def random_states(device: torch.device) -> list[Tensor]:
    """Return the states of torch's generators that training on ``device`` draws from: the CPU's and its own."""
    states = [torch.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    elif device.type == "mps":
        states.append(torch.mps.get_rng_state())
    return states


def restore_random_states(states: list[Tensor], device: torch.device) -> None:
    """Put back what `random_states` returned, on the same kind of device or another."""
    torch.set_rng_state(states[0])
    if len(states) > 1 and device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)
    elif len(states) > 1 and device.type == "mps":
        torch.mps.set_rng_state(states[1])
