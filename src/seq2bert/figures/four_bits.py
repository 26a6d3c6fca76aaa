"""Weights in four bits, so that a page can load the course's BERT: about a quarter of what 16 bits take.

Each run of 64 weights of a matrix has a scale of its own (16 bits) and 64 places in a table of 16 levels. Leaves out
what makes such rounding better still: looking at activations, and rounding the scales as well.
"""

import copy
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["GROUP", "LEVELS", "FourBits", "in_four_bits", "to_four_bits"]

GROUP = 64

# Dettmers et al. (2023), arXiv:2305.14314, appendix E: NF4, denser where a normal distribution is.
LEVELS = (
    *(-1.0, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.09105004, 0.0),
    *(0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.56261700, 0.72295684, 1.0),
)

_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)  # of a run's largest weight, tried as its scale
_SMALLEST = 30_000  # weights; smaller tensors stay in 16 bits, where they cost next to nothing

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True)
class FourBits:
    """A tensor in four bits.

    Attributes
    ----------
    shape : tuple of int
    scales : float16 Tensor, shape (n_runs,)
    codes : uint8 Tensor, shape (n_runs, 64)
        Places in `LEVELS`.
    """

    shape: tuple[int, ...]
    scales: Tensor
    codes: Tensor

    def values(self) -> Tensor:
        """Return the weights, in 32 bits."""
        return (torch.tensor(LEVELS)[self.codes.long()] * self.scales.float()[:, None]).reshape(self.shape)

    def pack(self) -> bytes:
        """Return the scales (16-bit floats), then two codes a byte, the first in the low half."""
        codes = self.codes.numpy().reshape(-1, 2)
        return self.scales.numpy().astype("<f2").tobytes() + (codes[:, 0] | codes[:, 1] << 4).astype(np.uint8).tobytes()


def to_four_bits(tensor: Tensor) -> FourBits:
    """Round each run of 64 weights with the scale, of several, that makes the squared error smallest.

    Raises
    ------
    ValueError
        If the number of weights is no multiple of 64.
    """
    if tensor.numel() % GROUP:
        raise ValueError(f"tensor must have a multiple of {GROUP} weights; got {tensor.numel()}")
    runs = tensor.detach().float().cpu().reshape(-1, GROUP)
    levels = torch.tensor(LEVELS)
    middles = (levels[1:] + levels[:-1]) / 2
    largest = runs.abs().amax(dim=1).clamp(min=1e-6)  # 16 bits have no smaller scale
    scales, codes = torch.empty_like(largest), torch.empty(runs.shape, dtype=torch.uint8)
    errors = torch.full_like(largest, torch.inf)
    for share in _SHARES:
        tried = (share * largest).half().float()
        places = torch.bucketize(runs / tried[:, None], middles)
        squared = (levels[places] * tried[:, None] - runs).square().sum(dim=1)
        better = squared < errors
        scales[better], codes[better], errors[better] = tried[better], places[better].to(torch.uint8), squared[better]
    return FourBits(tuple(tensor.shape), scales.half(), codes)


def in_four_bits(model: Model) -> tuple[Model, dict[str, FourBits]]:
    """Return a copy of a model whose large matrices are rounded to four bits, and these by name."""
    rounded = copy.deepcopy(model)
    coarse = {}
    with torch.no_grad():
        for name, parameter in rounded.named_parameters():
            if parameter.dim() == 2 and parameter.numel() >= _SMALLEST and parameter.numel() % GROUP == 0:
                coarse[name] = to_four_bits(parameter)
                parameter.copy_(coarse[name].values())
    return rounded, coarse
