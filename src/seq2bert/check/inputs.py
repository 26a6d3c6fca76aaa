"""Random inputs for test cells: drawn for each task and each student, and again from an instructor's private seed."""

import hashlib
import os

import numpy as np
import torch

__all__ = ["DRAW", "array", "different_sizes", "draw", "tensor"]

DRAW = "SEQ2BERT_DRAW"  # environment variable: what the grader mixes into every seed; absent: the published draws


def draw(task: str) -> np.random.Generator:
    """Return the generator from which a test cell draws its sizes and inputs.

    Within one run it is the same each time that it is asked for. It depends on the task and on the
    environment variable ``SEQ2BERT_DRAW``, which a grader sets for each student.

    Parameters
    ----------
    task : str
        The task's name, such as ``"e02-additive"``.

    Returns
    -------
    numpy.random.Generator
        A new one, at its beginning.

    Raises
    ------
    ValueError
        If `task` is empty.
    """
    if not task:
        raise ValueError("draw needs the name of a task; got an empty one")
    digest = hashlib.sha256(f"{os.environ.get(DRAW, '')}:{task}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def different_sizes(generator: np.random.Generator, n: int, low: int = 2, high: int = 9) -> list[int]:
    """Return `n` different whole numbers from `low` to `high`, so that swapped axes cannot agree by chance.

    Parameters
    ----------
    generator : numpy.random.Generator
    n : int
        How many.
    low, high : int
        The smallest and the largest number that may be drawn.

    Returns
    -------
    list of int
        Of length `n`, in random order.

    Raises
    ------
    ValueError
        If there are fewer than `n` numbers from `low` to `high`.
    """
    if not 0 <= n <= high - low + 1:
        raise ValueError(f"from {low} to {high} there are no {n} different numbers")
    return [int(size) for size in generator.choice(np.arange(low, high + 1), size=n, replace=False)]


def array(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Return standard normal values, 64-bit floats in an array of the shape `shape`."""
    return generator.standard_normal(shape)


def tensor(generator: np.random.Generator, *shape: int) -> torch.Tensor:
    """Return standard normal values, 32-bit floats in a Tensor of the shape `shape`."""
    return torch.from_numpy(generator.standard_normal(shape).astype(np.float32))
