"""What one pass through a stack may see: made once, used by every layer."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seq2bert.masks import length_mask
from seq2bert.positions import Positions


class Scope(NamedTuple):
    """Which query may attend to which key, and what positions do to both.

    ``mask`` is None where every key may be seen; ``causal`` means the lower triangle besides it.
    ``prepared`` is what ``positions`` made of the positions of this pass.
    """

    mask: Bool[Tensor, "#batch 1 #query key"] | None
    causal: bool
    positions: Positions
    prepared: tuple[Tensor, ...]

    def rotate(self, x: Float[Tensor, "batch head query d_head"]) -> Float[Tensor, "batch head query d_head"]:
        """Turn queries, or the keys of the same tokens."""
        return self.positions.rotate(x, self.prepared)

    def bias(self, query: Float[Tensor, "batch head query d_head"], layer: int) -> Tensor | None:
        """Return what positions add to the scores."""
        return self.positions.score_bias(query, self.prepared, layer=layer)


def valid_keys(lengths: Tensor, length: int) -> Bool[Tensor, "batch 1 1 key"] | None:
    """Return the mask of the real keys of a batch padded on the right, None if nothing is padded.

    Raises
    ------
    ValueError
        If a length is below 1 or larger than ``length``.
    """
    if int(lengths.min()) < 1:
        raise ValueError(f"every sentence needs at least one token; got a length of {int(lengths.min())}")
    mask = length_mask(lengths, length)
    return None if bool(mask.all()) else mask[:, None, None, :]


def encoder_scope(positions: Positions, mask: Bool[Tensor, "batch 1 1 key"] | None, places: Tensor) -> Scope:
    """Let every token see all real tokens; ``places`` are their positions, (1, time)."""
    return Scope(mask, False, positions, positions.prepare(places, places))


def decoder_scope(
    positions: Positions,
    *,
    n_new: int,
    n_read: int,
    gap: Tensor | None,
    causal: bool,
    device: torch.device,
) -> tuple[Scope, Tensor]:
    """Let ``n_new`` tokens see themselves and those before them, after ``n_read`` tokens in a cache.

    Parameters
    ----------
    gap : integer Tensor (batch,) or None
        How many of the first tokens of each sentence are padding; None for none. Position 0 is
        the first real token.
    causal : bool
        If False, the new tokens see each other whatever their order.

    Returns
    -------
    scope : Scope
    places : integer Tensor, shape (#batch, n_new)
        The positions of the new tokens.
    """
    slots = torch.arange(n_read + n_new, device=device)
    places, mask = slots[None], None  # (1, key)
    if gap is not None:
        mask = (slots >= gap[:, None])[:, None, None]  # (batch, 1, 1, key)
        places = (slots - gap[:, None]).clamp(min=0)  # (batch, key)
    new = places[:, n_read:]
    square = n_read == 0
    if causal and n_new > 1 and not square:
        later = (slots <= slots[n_read:, None])[None, None]  # (1, 1, query, key)
        mask = later if mask is None else mask & later
    return Scope(mask, causal and square and n_new > 1, positions, positions.prepare(new, places)), new
