"""Pieces to ids and back: one object owns the order of the pieces and BERT's five special ones.

Unlike :class:`seq2bert.vocabulary.Vocabulary`, the special tokens may stand anywhere: published
vocabularies have them at places of their own. Does not cut words: see ``wordpiece`` and ``bpe``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["PieceVocabulary", "split_special"]


class PieceVocabulary:
    """A fixed list of pieces, special tokens included; a piece's id is its place in the list.

    Parameters
    ----------
    pieces : sequence of str
        Without repetition. The five special tokens are among them, anywhere.

    Attributes
    ----------
    pieces : tuple of str
        Every piece in the order of the ids.
    special_ids : frozenset of int
        The ids of the five special tokens.

    Raises
    ------
    TypeError
        If a piece is not a string.
    ValueError
        If a special token is missing, or a piece is empty or repeated.

    Examples
    --------
    >>> vocabulary = PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, "a", "##b"])
    >>> vocabulary.encode(["[CLS]", "a", "##b"]), vocabulary.pad_id
    ([2, 5, 6], 0)
    """

    SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

    def __init__(self, pieces: Sequence[str]) -> None:
        if isinstance(pieces, str):
            raise TypeError(f"pieces must be a sequence of strings; got one string of {len(pieces)} characters")
        self.pieces: tuple[str, ...] = tuple(pieces)
        self._id_of: dict[str, int] = {}
        for index, piece in enumerate(self.pieces):
            if not isinstance(piece, str):
                raise TypeError(f"pieces must be strings; got {piece!r} ({type(piece).__name__}) at position {index}")
            if piece == "":
                raise ValueError(f"pieces must not be empty; got '' at position {index}")
            if self._id_of.setdefault(piece, index) != index:
                raise ValueError(f"pieces must not repeat; got {piece!r} at positions {self._id_of[piece]} and {index}")
        missing = [token for token in self.SPECIAL_TOKENS if token not in self._id_of]
        if missing:
            raise ValueError(
                f"pieces must contain {', '.join(self.SPECIAL_TOKENS)}; "
                f"missing among {len(self.pieces)} pieces: {', '.join(missing)}"
            )
        self.special_ids = frozenset(self._id_of[token] for token in self.SPECIAL_TOKENS)

    @property
    def pad_id(self) -> int:
        """Id of ``[PAD]``, which fills a batch up to its longest sequence."""
        return self._id_of["[PAD]"]

    @property
    def unknown_id(self) -> int:
        """Id of ``[UNK]``, which stands for a word that cannot be cut into pieces."""
        return self._id_of["[UNK]"]

    @property
    def cls_id(self) -> int:
        """Id of ``[CLS]``, the first token, whose output stands for the whole input."""
        return self._id_of["[CLS]"]

    @property
    def sep_id(self) -> int:
        """Id of ``[SEP]``, which ends each of the one or two texts."""
        return self._id_of["[SEP]"]

    @property
    def mask_id(self) -> int:
        """Id of ``[MASK]``, which hides a token that is to be predicted."""
        return self._id_of["[MASK]"]

    @property
    def regular_ids(self) -> tuple[int, ...]:
        """Every id but the five special ones, in order."""
        return tuple(index for index in range(len(self)) if index not in self.special_ids)

    def id_of(self, piece: str) -> int:
        """Return the id of a piece.

        Raises
        ------
        ValueError
            If the vocabulary lacks it.
        """
        if piece not in self._id_of:
            raise ValueError(f"unknown piece {piece!r}: it is not among the {len(self)} pieces of this vocabulary")
        return self._id_of[piece]

    def encode(self, pieces: Iterable[str]) -> list[int]:
        """Turn pieces (not words) into ids.

        Raises
        ------
        ValueError
            If a piece is unknown; the message names it. Words that cannot be cut are the
            tokenizer's business: it gives ``[UNK]``.
        """
        return [self.id_of(piece) for piece in pieces]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Turn ids into pieces, one for one, special tokens included.

        Raises
        ------
        ValueError
            If an id lies outside the vocabulary.
        """
        pieces = []
        for index in map(int, ids):
            if not 0 <= index < len(self):
                raise ValueError(f"ids must be between 0 and {len(self) - 1}; got {index}")
            pieces.append(self.pieces[index])
        return pieces

    def __len__(self) -> int:
        return len(self.pieces)

    def __contains__(self, piece: object) -> bool:
        return piece in self._id_of

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PieceVocabulary):
            return NotImplemented
        return self.pieces == other.pieces

    def __hash__(self) -> int:
        return hash(self.pieces)

    def __repr__(self) -> str:
        return f"PieceVocabulary({len(self)} pieces, {len(self.SPECIAL_TOKENS)} of them special)"


_SPECIAL = re.compile(f"({'|'.join(map(re.escape, PieceVocabulary.SPECIAL_TOKENS))})")


def split_special(text: str) -> Iterator[tuple[bool, str]]:
    """Split a text at the special tokens written in it.

    Parameters
    ----------
    text : str
        Anything.

    Yields
    ------
    (bool, str)
        Whether a part is a special token, and the part; all parts together are the text.

    Raises
    ------
    TypeError
        If ``text`` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {text!r} ({type(text).__name__})")
    if "[" not in text:  # nearly every text
        yield False, text
        return
    for number, part in enumerate(_SPECIAL.split(text)):
        yield number % 2 == 1, part
