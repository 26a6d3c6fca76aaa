"""Rotary positions: queries and keys are turned, so that their dot product knows the distance."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2bert.positions.absolute import frequencies
from seq2bert.positions.interface import Positions, Prepared


def rotate_pairs(
    x: Float[Tensor, "*batch time d_head"],
    cosine: Float[Tensor, "*#batch time half"],
    sine: Float[Tensor, "*#batch time half"],
) -> Float[Tensor, "*batch time d_head"]:
    """Turn each pair of components (i, i + d_head/2) by the angle of its position.

    Notes
    -----
    (a, b) becomes (a cos − b sin, b cos + a sin). Turning query and key by angles m·θ and n·θ
    leaves a dot product that depends on m − n only.

    References
    ----------
    Su et al. (2021), arXiv:2104.09864, section 3.4.2, equation (34). The paper pairs neighbours
    (2i, 2i + 1); ours pairs the halves, as GPT-NeoX does and the Llama of the transformers library. (Meta's own
    Llama pairs neighbours; converting its weights reorders the projections.) The two differ by a fixed
    order of the components, which the projections before it can learn.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


class RotaryPositions(Positions):
    """Turn queries and keys by their positions. No weights, no longest length.

    Parameters
    ----------
    d_head : int
        Even.

    References
    ----------
    Su et al. (2021), arXiv:2104.09864, section 3.2.2, equations (14) to (16).
    """

    def __init__(self, d_head: int) -> None:
        super().__init__()
        self.d_head = len(frequencies(d_head)) * 2  # raises if it is odd

    def prepare(
        self, query_positions: Int[Tensor, "#batch query"], key_positions: Int[Tensor, "#batch key"]
    ) -> Prepared:
        """Return cosine and sine of the angles of the queries, each (#batch, 1, query, d_head / 2)."""
        angles = query_positions[:, None, :, None].float() * frequencies(self.d_head, device=query_positions.device)
        return angles.cos(), angles.sin()

    def rotate(
        self, x: Float[Tensor, "batch head query d_head"], prepared: Prepared
    ) -> Float[Tensor, "batch head query d_head"]:
        """Turn queries, or the keys of the same tokens."""
        cosine, sine = prepared
        return rotate_pairs(x, cosine.to(x.dtype), sine.to(x.dtype))
