"""What encoding a text or a pair of texts gives, how a pair is shortened, and how a batch is filled up.

Lists of integers only: whoever owns the model makes tensors of them. Leaves out sliding windows over long texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["EncodedBatch", "Encoding", "lengths_within", "pad_encodings"]


@dataclass(frozen=True)
class Encoding:
    """One input of BERT: ``[CLS] text [SEP]`` or ``[CLS] text [SEP] pair [SEP]``.

    Attributes
    ----------
    ids : tuple of int
        The pieces' ids, special tokens included.
    segments : tuple of int
        0 up to the first ``[SEP]`` with it, 1 after it.
    tokens : tuple of str
        The pieces themselves.
    offsets : tuple of (int, int)
        Where in its own text each piece comes from: ``text[start:end]``. (0, 0) for what the
        tokenizer has added.
    words : tuple of int or None
        The number of the word, counted in each text from 0, that each piece is part of.
        ``None`` for what the tokenizer has added.
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...]
    tokens: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    words: tuple[int | None, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class EncodedBatch:
    """Several encodings, filled up on the right to the same length.

    Attributes
    ----------
    ids : list of lists of int, shape (batch, time)
    segments : list of lists of int, shape (batch, time)
        0 where padded.
    mask : list of lists of bool, shape (batch, time)
        True = a real token, one that may be attended to.
    """

    ids: list[list[int]]
    segments: list[list[int]]
    mask: list[list[bool]]

    def __len__(self) -> int:
        return len(self.ids)


def pad_encodings(encodings: Sequence[Encoding], *, pad_id: int, length: int | None = None) -> EncodedBatch:
    """Fill encodings up on the right.

    Parameters
    ----------
    encodings : sequence of Encoding
        At least one.
    pad_id : int
        From the vocabulary.
    length : int, optional
        The length of every row; that of the longest encoding if it is not given.

    Returns
    -------
    EncodedBatch

    Raises
    ------
    ValueError
        If there is no encoding, or one is longer than ``length``.
    """
    if len(encodings) == 0:
        raise ValueError("encodings must not be empty: a batch needs at least one; got 0")
    lengths = [len(encoding) for encoding in encodings]
    longest = max(lengths)
    width = longest if length is None else length
    if longest > width:
        raise ValueError(
            f"length must be at least that of every encoding; got {width}, "
            f"and number {lengths.index(longest)} of {len(lengths)} has {longest} tokens"
        )
    return EncodedBatch(
        ids=[[*encoding.ids, *[pad_id] * (width - len(encoding))] for encoding in encodings],
        segments=[[*encoding.segments, *[0] * (width - len(encoding))] for encoding in encodings],
        mask=[[True] * len(encoding) + [False] * (width - len(encoding)) for encoding in encodings],
    )


def lengths_within(first: int, second: int, room: int) -> tuple[int, int]:
    """Say how many pieces two texts keep when together they may have ``room``.

    The longer one is shortened first, down to the length of the other; then both, evenly. One piece
    that cannot be shared goes to the text that was longer, or to the second if both were equal.

    Parameters
    ----------
    first, second, room : int
        None negative.

    Returns
    -------
    (int, int)
        At most ``first`` and ``second``; together at most ``room``.

    Examples
    --------
    >>> lengths_within(10, 3, 9), lengths_within(10, 10, 7), lengths_within(2, 3, 9)
    ((6, 3), (3, 4), (2, 3))

    Notes
    -----
    The rule of ``tokenizers`` (``longest_first``). The code published with BERT gives the odd piece
    to the first of two equal texts.
    """
    if first + second <= room:
        return first, second
    shorter = min(first, second, room // 2)
    longer = room - shorter
    return (longer, shorter) if first > second else (shorter, longer)
