"""Positions that are added to the embeddings: sinusoids and a learned table."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.positions.interface import Positions


def frequencies(width: int, *, device: torch.device | None = None) -> Float[Tensor, " half"]:
    """Return the angular frequencies 10000^(-2i/width) of the pairs i = 0, 1, …, in radians per position.

    Always in single precision: half precision could not tell position 2049 from 2048.

    Raises
    ------
    ValueError
        If ``width`` is odd or below 2.

    References
    ----------
    Vaswani et al. (2017), section 3.5, for 10,000.
    """
    if width < 2 or width % 2:
        raise ValueError(f"width must be even and at least 2, since frequencies come in pairs; got {width}")
    pairs = torch.arange(0, width, 2, dtype=torch.float32, device=device)
    return torch.exp(pairs * (-math.log(10_000) / width))


def sinusoids(positions: Int[Tensor, "*batch time"], d_model: int) -> Float[Tensor, "*batch time d_model"]:
    """Return the sinusoidal encoding: sine in the even components, cosine in the odd ones.

    Parameters
    ----------
    positions : integer Tensor
        Any integers; 0 is the first token.
    d_model : int
        Even.

    Raises
    ------
    ValueError
        If ``d_model`` is odd or below 2.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.5: PE(pos, 2i) = sin(pos / 10000^(2i/d)),
    PE(pos, 2i+1) = cos of the same angle.
    """
    angles = positions[..., None].float() * frequencies(d_model, device=positions.device)  # (…, time, half)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


class SinusoidalPositions(Positions):
    """Add `sinusoids` to the embeddings. No weights, no longest length.

    Parameters
    ----------
    d_model : int
        Even.

    Raises
    ------
    ValueError
        If it is not.
    """

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.d_model = len(frequencies(d_model)) * 2  # raises if it is odd

    def add_to_embeddings(
        self, embedded: Float[Tensor, "batch time d_model"], positions: Int[Tensor, "#batch time"]
    ) -> Float[Tensor, "batch time d_model"]:
        """Return embeddings + sinusoids."""
        return embedded + sinusoids(positions, self.d_model).to(embedded.dtype)


class LearnedPositions(Positions):
    """Add one learned vector per position.

    The vectors start as large as sinusoids. Drawn much smaller than the embeddings that they are added to,
    they would hardly be noticed for hundreds of steps.

    Parameters
    ----------
    d_model : int
    max_length : int
        Number of positions; there is no vector for later ones.

    Raises
    ------
    ValueError
        If ``max_length`` is below 1.

    References
    ----------
    Gehring et al. (2017), arXiv:1705.03122, section 3.1; Vaswani et al. (2017), section 3.5 and
    table 3, row (E): nearly the same results as with sinusoids. Neither section names initial values.
    """

    def __init__(self, d_model: int, max_length: int) -> None:
        super().__init__()
        if max_length < 1:
            raise ValueError(f"max_length must be at least 1; got {max_length}")
        self.table = nn.Embedding(max_length, d_model)
        nn.init.normal_(self.table.weight, std=math.sqrt(1 / 2))  # the mean square of a sine or cosine is 1/2

    def add_to_embeddings(
        self, embedded: Float[Tensor, "batch time d_model"], positions: Int[Tensor, "#batch time"]
    ) -> Float[Tensor, "batch time d_model"]:
        """Return embeddings + the rows of the table.

        Raises
        ------
        ValueError
            If a position has no row.
        """
        if positions.numel() and not 0 <= int(positions.min()) <= int(positions.max()) < self.table.num_embeddings:
            raise ValueError(
                f"learned positions run from 0 to {self.table.num_embeddings - 1} (max_length - 1); "
                f"got {int(positions.min())} to {int(positions.max())}"
            )
        return embedded + self.table(positions)
