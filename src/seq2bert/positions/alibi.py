"""ALiBi: the further away a key, the lower its score."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2bert.positions.interface import Positions, Prepared


def alibi_slopes(n_heads: int) -> Float[Tensor, " head"]:
    """Return how fast each head's scores fall, per position of distance.

    For a power of two the geometric sequence that starts at, and goes on by, 2^(-8/n). For other
    numbers the slopes of the power of two below, and then every second one of the power above.

    Raises
    ------
    ValueError
        If ``n_heads`` is below 1.

    References
    ----------
    Press et al. (2022), arXiv:2108.12409, section 3. What to do when n is no power of two is in
    the authors' code only.
    """
    if n_heads < 1:
        raise ValueError(f"n_heads must be at least 1; got {n_heads}")
    power = 2 ** math.floor(math.log2(n_heads))
    slopes = [2 ** (-8 * head / power) for head in range(1, power + 1)]
    slopes += [2 ** (-4 * head / power) for head in range(1, 2 * (n_heads - power), 2)]
    return torch.tensor(slopes)


def alibi_bias(
    query_positions: Int[Tensor, "#batch query"],
    key_positions: Int[Tensor, "#batch key"],
    slopes: Float[Tensor, " head"],
) -> Float[Tensor, "#batch head query key"]:
    """Return minus slope times distance; for keys after the query, the slopes of the heads in reverse order.

    References
    ----------
    Press et al. (2022), section 3, for causal attention, where no key comes after the query. An
    encoder looks both ways, which the paper does not treat; its first author discusses ways to do it in
    issue 5 of the paper's repository (ofirpress/attention_with_linear_biases), the same slope on both
    sides among them. That could not tell a sentence from its mirror image; with slopes in reverse order
    some heads look back and others ahead. This is ours. A single head still cannot tell.
    """
    distance = (query_positions[:, None, :, None] - key_positions[:, None, None, :]).to(slopes.dtype)
    behind, ahead = slopes[:, None, None], slopes.flip(0)[:, None, None]
    return torch.where(distance >= 0, -behind * distance, ahead * distance)


class AlibiPositions(Positions):
    """Add `alibi_bias` to the scores of every layer. No weights, no longest length.

    Parameters
    ----------
    n_heads : int
    """

    biased = True
    slopes: Tensor

    def __init__(self, n_heads: int) -> None:
        super().__init__()
        self.register_buffer("slopes", alibi_slopes(n_heads), persistent=False)

    def prepare(
        self, query_positions: Int[Tensor, "#batch query"], key_positions: Int[Tensor, "#batch key"]
    ) -> Prepared:
        """Return the bias itself: it is the same in every layer."""
        return (alibi_bias(query_positions, key_positions, self.slopes),)

    def score_bias(
        self, query: Float[Tensor, "batch head query d_head"], prepared: Prepared, *, layer: int
    ) -> Float[Tensor, "#batch head query key"]:
        """Return the bias in the precision of the query."""
        return prepared[0].to(query.dtype)
