"""Relative positions as learned vectors that are compared with the query."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.positions.interface import Positions, Prepared


def clipped_distances(
    query_positions: Int[Tensor, "#batch query"], key_positions: Int[Tensor, "#batch key"], *, largest: int
) -> Int[Tensor, "#batch query key"]:
    """Return key position minus query position, cut to ±``largest`` and counted from 0.

    References
    ----------
    Shaw et al. (2018), section 3.2: clip(j − i, k), plus k to make it a row number.
    """
    distance = key_positions[:, None, :] - query_positions[:, :, None]
    return distance.clamp(-largest, largest) + largest


class RelativePositions(Positions):
    """Give each distance a learned vector; its dot product with the query is added to the score.

    Parameters
    ----------
    d_head : int
    n_layers : int
        Each layer has vectors of its own; the heads of a layer share them.
    largest : int
        Longer distances count as this one.

    Raises
    ------
    ValueError
        If ``n_layers`` or ``largest`` is below 1.

    References
    ----------
    Shaw et al. (2018), arXiv:1803.02155, sections 3.1 to 3.3, equation (4); 16 is section 4.1's
    for the base model. The vectors that equation (3) adds to the values are left out: without them
    the paper measures the same BLEU (table 3). Its base model does not share vectors between heads;
    section 3.3 and ours do.
    """

    biased = True

    def __init__(self, d_head: int, *, n_layers: int, largest: int = 16) -> None:
        super().__init__()
        if largest < 1 or n_layers < 1:
            raise ValueError(f"largest and n_layers must be at least 1; got {largest} and {n_layers}")
        self.largest = largest
        self.table = nn.Parameter(torch.empty(n_layers, 2 * largest + 1, d_head))
        for vectors in self.table:  # of one layer: its size must not depend on the number of layers
            nn.init.xavier_uniform_(vectors)

    def prepare(
        self, query_positions: Int[Tensor, "#batch query"], key_positions: Int[Tensor, "#batch key"]
    ) -> Prepared:
        """Return the row of the table for every pair."""
        return (clipped_distances(query_positions, key_positions, largest=self.largest),)

    def score_bias(
        self, query: Float[Tensor, "batch head query d_head"], prepared: Prepared, *, layer: int
    ) -> Float[Tensor, "batch head query key"]:
        """Return query · vector / √d_head for every pair."""
        scores = query @ self.table[layer].to(query.dtype).T / math.sqrt(query.shape[-1])  # (batch, head, query, row)
        rows = prepared[0][:, None].expand(*scores.shape[:-1], -1)  # (batch, head, query, key)
        return scores.gather(-1, rows)
