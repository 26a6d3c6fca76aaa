"""What every tokenizer into pieces shares: special tokens, texts to ids, pairs, offsets, batches, and back.

Those that inherit say how one clean word is cut. Leaves out texts that are cut into words already.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from .cleaning import WHITESPACE, Cleaning, clean_words, locate_words
from .encoding import EncodedBatch, Encoding, lengths_within, pad_encodings
from .merges import Marks
from .pieces import PieceVocabulary, split_special

__all__ = ["Located", "SubwordTokenizer"]

_CHUNK = re.compile(f"[^{WHITESPACE}]+")
_REMEMBERED = 2**18  # chunks of text between blanks; then both memories are emptied


_Value = TypeVar("_Value")


class Located(NamedTuple):
    """A piece, where in the text it comes from, and the number of its word.

    ``text[start:end]`` is what the piece was made from; words are counted from 0.
    """

    piece: str
    start: int
    end: int
    word: int


class SubwordTokenizer(ABC):
    """A tokenizer that knows a vocabulary of pieces and the cleaning that goes with it.

    Parameters
    ----------
    vocabulary : PieceVocabulary
        The pieces and their ids.
    marks : Marks
        How a piece shows its place in the word.
    cleaning : Cleaning
        What happens to a text before it is cut.

    Notes
    -----
    What a chunk of text between blanks became is remembered: a matter of speed, never of the result.
    """

    def __init__(self, vocabulary: PieceVocabulary, *, marks: Marks, cleaning: Cleaning) -> None:
        self.vocabulary = vocabulary
        self.marks = marks
        self.cleaning = cleaning
        self._ids_of: dict[str, tuple[int, ...]] = {}
        self._located_in: dict[str, tuple[Located, ...]] = {}

    @abstractmethod
    def cut(self, word: str) -> list[tuple[str, int]]:
        """Cut one clean word.

        Returns
        -------
        list of (str, int)
            Pieces of the vocabulary, marks included, and how many characters of the word each
            stands for; together all of them.
        """

    def tokenize(self, text: str) -> list[str]:
        """Cut a text into pieces, without adding special tokens.

        Parameters
        ----------
        text : str
            Anything. A special token that is written in it, such as ``[MASK]``, is kept whole.

        Returns
        -------
        list of str

        Raises
        ------
        TypeError
            If ``text`` is not a string.
        """
        return self.vocabulary.decode(self.ids(text))

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text's pieces, without adding special tokens; quick for much text.

        Parameters and errors are those of :meth:`tokenize`.
        """
        ids: list[int] = []
        for special, part in split_special(text):
            ids += [self.vocabulary.id_of(part)] if special else self._plain_ids(part)
        return ids

    def _plain_ids(self, text: str) -> list[int]:
        known = self._ids_of
        ids: list[int] = []
        for chunk in _CHUNK.findall(text):
            found = known.get(chunk)
            if found is None:
                pieces = [piece for word in clean_words(chunk, self.cleaning) for piece, _ in self.cut(word)]
                found = tuple(self.vocabulary.encode(pieces))
                _remember(known, chunk, found)
            ids += found
        return ids

    def locate(self, text: str) -> list[Located]:
        """Cut a text into pieces and say where each comes from.

        Parameters
        ----------
        text : str
            As for :meth:`tokenize`.

        Returns
        -------
        list of Located
            The pieces of :meth:`tokenize`. ``text[start:end]`` is what a piece was made from: all
            of an accented letter, and nothing that cleaning has dropped at either end.
        """
        found: list[Located] = []
        begin, words = 0, 0
        for special, part in split_special(text):
            if special:
                found.append(Located(part, begin, begin + len(part), words))
                words += 1
            else:
                for match in _CHUNK.finditer(part):
                    shift = begin + match.start()
                    pieces = self._located(match.group())
                    found += [
                        Located(piece, shift + start, shift + end, words + word) for piece, start, end, word in pieces
                    ]
                    words += pieces[-1].word + 1 if pieces else 0
            begin += len(part)
        return found

    def _located(self, chunk: str) -> tuple[Located, ...]:
        """Locate the pieces of a text without blanks, or look up what they were the last time."""
        found = self._located_in.get(chunk)
        if found is not None:
            return found
        pieces = []
        for number, (word, positions) in enumerate(locate_words(chunk, self.cleaning)):
            at = 0
            for piece, length in self.cut(word):
                pieces.append(Located(piece, positions[at], positions[at + length - 1] + 1, number))
                at += length
        found = tuple(pieces)
        _remember(self._located_in, chunk, found)
        return found

    def encode(self, text: str, pair: str | None = None, *, max_length: int | None = None) -> Encoding:
        """Make one input of BERT from a text or from two.

        Parameters
        ----------
        text : str
            The first text, segment 0.
        pair : str, optional
            The second text, segment 1.
        max_length : int, optional
            The largest number of tokens, special ones included. What is too long is cut off at the
            end; of two texts, the longer first (see :func:`~seq2bert.tokenization.lengths_within`).

        Returns
        -------
        Encoding
            ``[CLS] text [SEP]`` or ``[CLS] text [SEP] pair [SEP]``.

        Raises
        ------
        ValueError
            If ``max_length`` leaves no room for the special tokens.

        References
        ----------
        Devlin et al. (2019), arXiv:1810.04805, section 3 and figure 2.
        """
        texts = [self.locate(text)] if pair is None else [self.locate(text), self.locate(pair)]
        if max_length is not None:
            added = 1 + len(texts)
            if max_length < added:
                raise ValueError(f"max_length must leave room for {added} special tokens; got {max_length}")
            kept = lengths_within(len(texts[0]), len(texts[1]) if pair is not None else 0, max_length - added)
            texts = [located[:length] for located, length in zip(texts, kept, strict=False)]
        return self._assemble(texts)

    def _assemble(self, texts: Sequence[Sequence[Located]]) -> Encoding:
        rows: list[tuple[int, str, tuple[int, int], int | None]] = [(0, "[CLS]", (0, 0), None)]
        for segment, located in enumerate(texts):
            rows += [(segment, one.piece, (one.start, one.end), one.word) for one in located]
            rows.append((segment, "[SEP]", (0, 0), None))
        segments, tokens, offsets, words = zip(*rows, strict=True)
        return Encoding(tuple(self.vocabulary.encode(tokens)), segments, tokens, offsets, words)

    def encode_batch(
        self, inputs: Sequence[str | tuple[str, str]], *, max_length: int | None = None, length: int | None = None
    ) -> EncodedBatch:
        """Encode several texts, or pairs of texts, and fill them up to the same length.

        Parameters
        ----------
        inputs : sequence of str or (str, str)
            At least one.
        max_length : int, optional
            As for :meth:`encode`.
        length : int, optional
            The length of every row; that of the longest if it is not given.

        Returns
        -------
        EncodedBatch

        Raises
        ------
        TypeError
            If ``inputs`` is one string.
        ValueError
            If there is none, or ``max_length`` or ``length`` leaves no room for one of them.
        """
        if isinstance(inputs, str):
            raise TypeError(f"inputs must be a sequence of texts; got one string of {len(inputs)} characters")
        encodings = [
            self.encode(one, max_length=max_length)
            if isinstance(one, str)
            else self.encode(*one, max_length=max_length)
            for one in inputs
        ]
        return pad_encodings(encodings, pad_id=self.vocabulary.pad_id, length=length)

    def decode(self, ids: Iterable[int], *, keep_special: bool = False) -> str:
        """Turn ids into text: words as they were after cleaning, with a blank between them.

        Parameters
        ----------
        ids : iterable of int
            One sequence.
        keep_special : bool
            Whether ``[CLS]``, ``[MASK]`` and the others stay visible; ``[UNK]`` goes with them.

        Returns
        -------
        str
            :func:`~seq2bert.tokenization.detokenize` puts the punctuation back in place.
        """
        special = self.vocabulary.special_ids
        return self.marks.restore(
            self.vocabulary.decode(index for index in map(int, ids) if keep_special or index not in special)
        )


def _remember(memory: dict[str, _Value], chunk: str, value: _Value) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[chunk] = value
