"""From lists of ids to padded batches, and which examples go into the batch of a step.

Leaves out prefetching, worker processes and partial last batches: the course's data fit in memory,
and a batch is a function of the seed and the step alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

__all__ = ["PooledBatches", "SeqBatch", "make_batch", "pad"]


def pad(sequences: Sequence[Sequence[int]], *, pad_id: int) -> tuple[Int[Tensor, "batch time"], Int[Tensor, "batch"]]:
    """Stack sequences of different lengths, filled up on the right.

    Parameters
    ----------
    sequences : sequence of sequences of int
        At least one, none of them empty.
    pad_id : int
        The id that fills the rest of a row.

    Returns
    -------
    ids : int64 Tensor, shape (batch, time)
        ``time`` is the length of the longest sequence.
    lengths : int64 Tensor, shape (batch,)
        How many ids of each row are real.

    Raises
    ------
    ValueError
        If there is no sequence, or one of them is empty.
    """
    if len(sequences) == 0:
        raise ValueError("sequences must not be empty: a batch needs at least one sequence; got 0")
    lengths = [len(sequence) for sequence in sequences]
    if min(lengths) == 0:
        raise ValueError(
            f"sequences must hold at least one id each; number {lengths.index(0)} of {len(lengths)} is empty"
        )
    longest = max(lengths)
    rows = [[*sequence, *[pad_id] * (longest - len(sequence))] for sequence in sequences]
    return torch.tensor(rows, dtype=torch.long), torch.tensor(lengths, dtype=torch.long)


@dataclass(frozen=True)
class SeqBatch:
    """A padded batch of pairs for a sequence-to-sequence model.

    Attributes
    ----------
    source : int64 Tensor, shape (batch, source)
    source_lengths : int64 Tensor, shape (batch,)
        How many ids of each source row are real.
    target_inputs : int64 Tensor, shape (batch, target)
        What the decoder reads under teacher forcing: ``<start>`` and then the target.
    targets : int64 Tensor, shape (batch, target)
        What the decoder has to write: the target and then ``<end>``. One step ahead of
        ``target_inputs``; padded with the same id.
    """

    source: Int[Tensor, "batch source"]
    source_lengths: Int[Tensor, "batch"]
    target_inputs: Int[Tensor, "batch target"]
    targets: Int[Tensor, "batch target"]

    def to(self, device: torch.device | str) -> "SeqBatch":
        """Return the same batch on another device."""
        return SeqBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})

    def __len__(self) -> int:
        return len(self.source)


def make_batch(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]], *, pad_id: int, start_id: int, end_id: int
) -> SeqBatch:
    """Pad pairs of id lists and shift the targets for teacher forcing.

    Parameters
    ----------
    pairs : sequence of (source ids, target ids)
        Plain ids: ``<start>`` and ``<end>`` are added here, to the target only.
        A target may be empty, a source may not.
    pad_id, start_id, end_id : int
        From the vocabularies, which agree on them.

    Returns
    -------
    SeqBatch

    Raises
    ------
    ValueError
        If there is no pair, or a source is empty.
    """
    if len(pairs) == 0:
        raise ValueError("pairs must not be empty: a batch needs at least one pair; got 0")
    source, source_lengths = pad([source for source, _ in pairs], pad_id=pad_id)
    target_inputs, _ = pad([[start_id, *target] for _, target in pairs], pad_id=pad_id)
    targets, _ = pad([[*target, end_id] for _, target in pairs], pad_id=pad_id)
    return SeqBatch(source, source_lengths, target_inputs, targets)


class PooledBatches:
    """Which examples make up the batch of a step: random ones of similar length.

    Steps are grouped in pools of ``pool_batches``. A pool is a random draw of examples without
    repetition, sorted by length, cut into batches, and the batches are shuffled: little padding,
    and still random batches. There are no epochs; pools are drawn independently of each other.
    The batch of a step depends on ``seed`` and the step alone, so training that resumes at step
    500 meets the batches that it would have met.

    Parameters
    ----------
    lengths : sequence of int
        The length by which to sort, for every example (that of its source, say).
    batch_size : int
        Examples a batch; every batch is full.
    seed : int
        Not negative.
    pool_batches : int
        Batches a pool. 1 gives plain random batches; more makes lengths more alike.

    Raises
    ------
    ValueError
        If there is no example, or an argument is out of its range.
    """

    def __init__(self, lengths: Sequence[int], *, batch_size: int, seed: int, pool_batches: int = 20) -> None:
        if len(lengths) == 0:
            raise ValueError("lengths must not be empty: there is no example to draw from; got 0")
        for name, value, least in (("batch_size", batch_size, 1), ("pool_batches", pool_batches, 1), ("seed", seed, 0)):
            if value < least:
                raise ValueError(f"{name} must be at least {least}; got {value}")
        self._lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.pool_batches = pool_batches
        self.seed = seed
        self._pool_number = -1  # the pool in the cache: a matter of speed, never of the result
        self._pool: list[list[int]] = []

    def __call__(self, step: int) -> list[int]:
        """Return the positions of the examples in the batch of ``step`` (0, 1, 2, …)."""
        if step < 0:
            raise ValueError(f"step must not be negative; got {step}")
        pool_number, place = divmod(step, self.pool_batches)
        if pool_number != self._pool_number:
            self._pool = self._draw(pool_number)
            self._pool_number = pool_number
        return list(self._pool[place])

    def _draw(self, pool_number: int) -> list[list[int]]:
        generator = np.random.default_rng([self.seed, pool_number])
        size, count = self.batch_size * self.pool_batches, len(self._lengths)
        if size <= count:
            drawn = generator.choice(count, size, replace=False)
        else:  # fewer examples than a pool holds: go through all of them as often as needed
            rounds = -(-size // count)
            drawn = np.concatenate([generator.permutation(count) for _ in range(rounds)])[:size]
        by_length = drawn[np.argsort(self._lengths[drawn], kind="stable")]
        batches = by_length.reshape(self.pool_batches, self.batch_size)
        return generator.permutation(batches).tolist()
