"""Text for pretraining: documents in one long row of tokens, windows out of it, and some tokens of each hidden.

A window begins where a sentence begins and is full: no padding, and no [SEP] but between documents
and at its end. Leaves out sentence pairs, which the next-sentence task needs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from seq2bert.bert.masking import Masking, mask_tokens


@dataclass(frozen=True)
class PretrainingBatch:
    """A batch as the model reads it, and what it must predict.

    Attributes
    ----------
    tokens : int64 Tensor, shape (batch, time)
        With some tokens hidden.
    chosen : bool Tensor, shape (batch, time)
        True where a prediction is wanted.
    targets : int64 Tensor, shape (chosen,)
        What stood there, in the order of ``tokens[chosen]``.
    """

    tokens: Int[Tensor, "batch time"]
    chosen: Bool[Tensor, "batch time"]
    targets: Int[Tensor, " chosen"]

    def to(self, device: torch.device | str) -> "PretrainingBatch":
        """Return the same batch on another device."""
        return PretrainingBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})

    def __len__(self) -> int:
        return len(self.tokens)


class TokenStream:
    """Documents one after another, as ids.

    Parameters
    ----------
    documents : iterable of documents
        A document is a sequence of sentences, a sentence a sequence of ids without special tokens.
    cls_id, sep_id : int
        Of the vocabulary. [SEP] ends every document here; both frame every window.

    Attributes
    ----------
    ids : int64 array, shape (tokens,)
    starts : int64 array, shape (sentences,)
        Where each sentence begins.

    Raises
    ------
    ValueError
        If there is no sentence, or an empty one.
    """

    def __init__(self, documents: Iterable[Sequence[Sequence[int]]], *, cls_id: int, sep_id: int) -> None:
        ids: list[int] = []
        starts: list[int] = []
        for number, document in enumerate(documents):
            for sentence in document:
                if len(sentence) == 0:
                    raise ValueError(f"sentences must hold at least one id; document {number} has an empty one")
                starts.append(len(ids))
                ids.extend(sentence)
            if document:
                ids.append(sep_id)
        if not starts:
            raise ValueError("documents must hold at least one sentence; got none")
        self.ids = np.array(ids, dtype=np.int64)
        self.starts = np.array(starts, dtype=np.int64)
        self.cls_id, self.sep_id = cls_id, sep_id

    def __len__(self) -> int:
        return len(self.ids)

    def windows(self, starts: Sequence[int] | np.ndarray, length: int) -> Int[Tensor, "batch time"]:
        """Cut a window at each start: [CLS], ``length`` − 2 tokens, [SEP].

        Parameters
        ----------
        starts : sequence of int
            Places in ``ids``.
        length : int
            Tokens of a window.

        Returns
        -------
        int64 Tensor, shape (starts, length)
        """
        rows = self.ids[np.asarray(starts)[:, None] + np.arange(length - 2)]
        framed = np.pad(rows, ((0, 0), (1, 1)))
        framed[:, 0], framed[:, -1] = self.cls_id, self.sep_id
        return torch.from_numpy(framed)

    def full_starts(self, length: int) -> np.ndarray:
        """Return the sentence starts after which a whole window follows.

        Raises
        ------
        ValueError
            If there is none.
        """
        starts = self.starts[self.starts + length - 2 <= len(self.ids)]
        if length < 3 or len(starts) == 0:
            raise ValueError(f"length must be at least 3 and at most {len(self.ids) + 2}, the text's; got {length}")
        return starts

    def consecutive_starts(self, length: int) -> np.ndarray:
        """Return starts of windows that do not overlap: each is the first sentence after the one before."""
        chosen = []
        end = 0
        for start in self.full_starts(length):
            if start >= end:
                chosen.append(start)
                end = start + length - 2
        return np.array(chosen)


class PretrainingBatches:
    """The batch of a step: windows at random sentences, masked anew each time.

    The batch depends on ``seed`` and the step alone, so training that resumes meets the batches
    that it would have met. There are no epochs.

    Parameters
    ----------
    stream : TokenStream
    masking : Masking
    length : int
        Tokens of a window.
    batch_size : int
    seed : int
        Not negative.

    Raises
    ------
    ValueError
        If ``batch_size`` is below 1, or no window of ``length`` fits into the text.
    """

    def __init__(self, stream: TokenStream, masking: Masking, *, length: int, batch_size: int, seed: int) -> None:
        _check_batch_size(batch_size)
        self.stream, self.masking, self.length = stream, masking, length
        self.batch_size, self.seed = batch_size, seed
        self._starts = stream.full_starts(length)

    def __call__(self, step: int) -> PretrainingBatch:
        """Return the batch of ``step`` (0, 1, 2, …)."""
        random = np.random.default_rng([self.seed, step])
        windows = self.stream.windows(random.choice(self._starts, self.batch_size), self.length)
        generator = torch.Generator().manual_seed(int(random.integers(2**63)))
        return _masked(windows, self.masking, generator)


def held_out_batches(
    stream: TokenStream, masking: Masking, *, length: int, batch_size: int, seed: int
) -> list[PretrainingBatch]:
    """Cut a text into windows that do not overlap and hide some tokens, always the same ones.

    Parameters
    ----------
    stream, masking, length
        As for `PretrainingBatches`.
    batch_size : int
        The last batch may be smaller.
    seed : int
        Decides what is hidden.

    Returns
    -------
    list of PretrainingBatch

    Raises
    ------
    ValueError
        As for `PretrainingBatches`.
    """
    _check_batch_size(batch_size)
    windows = stream.windows(stream.consecutive_starts(length), length)
    generator = torch.Generator().manual_seed(seed)
    return [_masked(rows, masking, generator) for rows in windows.split(batch_size)]


def _check_batch_size(batch_size: int) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1; got {batch_size}")


def _masked(windows: Tensor, masking: Masking, generator: torch.Generator) -> PretrainingBatch:
    tokens, chosen = mask_tokens(windows, masking, generator=generator)
    return PretrainingBatch(tokens, chosen, windows[chosen])
