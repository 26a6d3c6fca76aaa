"""The cache of keys and values: grows by one token a step without being copied at every step.

A state is never changed by reading on from it: what a state shows of the shared room stays as it is,
and only the first to read on from it may write behind its end. Others get a copy.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

SMALLEST_ROOM = 32  # tokens


@dataclass
class Room:
    """Memory for the keys and values of one layer, longer than what has been read; ``n_filled`` tokens are written.

    Time comes first, so that a token's numbers lie in one piece and free room lies behind all of them.
    """

    key: Float[Tensor, "room batch key_head d_head"]
    value: Float[Tensor, "room batch key_head d_head"]
    n_filled: int

    def ends_with(self, key: Tensor) -> bool:
        """Say whether these keys are all that is written here, so that what follows them is free."""
        same_rows = self.key.data_ptr() == key.data_ptr() and self.key.shape[1:3] == key.shape[:2]
        return same_rows and self.n_filled == key.shape[2]

    def write(self, key: Tensor, value: Tensor) -> "KeyValue":
        """Write behind the end; return all that is written."""
        start, self.n_filled = self.n_filled, self.n_filled + key.shape[2]
        self.key[start : self.n_filled] = key.permute(2, 0, 1, 3)
        self.value[start : self.n_filled] = value.permute(2, 0, 1, 3)
        keys, values = (part[: self.n_filled].permute(1, 2, 0, 3) for part in (self.key, self.value))
        return KeyValue(keys, values, self)


class KeyValue(NamedTuple):
    """Keys and values of one layer, one per token read; ``room`` is where they stand, if they may grow there."""

    key: Float[Tensor, "batch key_head key d_head"]
    value: Float[Tensor, "batch key_head key d_head"]
    room: Room | None = None


def extend(past: KeyValue | None, key: Tensor, value: Tensor) -> KeyValue:
    """Return the keys and values of the past and the new ones.

    Parameters
    ----------
    past : KeyValue or None
        Left as it is.
    key, value : Tensor, (batch, key_head, time, d_head)
        Those of the new tokens.
    """
    if past is None:
        return KeyValue(key, value)
    if torch.is_grad_enabled():  # autograd remembers tensors, so nothing may be written into them
        return KeyValue(torch.cat([past.key, key], dim=2), torch.cat([past.value, value], dim=2))
    length = past.key.shape[2] + key.shape[2]
    room = past.room
    if room is None or not room.ends_with(past.key) or len(room.key) < length:
        room = _new_room(past, max(SMALLEST_ROOM, 2 * length))
    return room.write(key, value)


def _new_room(past: KeyValue, size: int) -> Room:
    """Return a room twice as long as needed, so that copying costs a constant per token."""
    shape = (size, *past.key.shape[:2], past.key.shape[3])
    room = Room(past.key.new_empty(shape), past.value.new_empty(shape), 0)
    room.write(past.key, past.value)
    return room
