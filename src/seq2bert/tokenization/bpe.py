"""Byte-pair encoding: a word is cut by making the merges of training again, in the same order.

Works on characters; leaves out the byte level of GPT-2, where no character is unknown.
"""

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from .bpe_files import read_bpe, write_bpe
from .cleaning import Cleaning
from .merges import Marks, Training
from .pieces import PieceVocabulary
from .statistics import count_words
from .subwords import SubwordTokenizer
from .training import MIN_COUNT, learn_merges

__all__ = ["BPE", "BPE_MARKS"]

BPE_MARKS = Marks(end="</w>")
"""As first published (Sennrich et al. 2016, section 3.2)."""


class BPE(SubwordTokenizer):
    """A tokenizer that remembers merges, not only pieces.

    Parameters
    ----------
    vocabulary : PieceVocabulary
        Every symbol and every result of a merge.
    merges : sequence of (str, str)
        Pairs of neighbours, in the order in which they are merged, none of them twice.
    marks : Marks
        How a symbol shows its place in the word.
    cleaning : Cleaning, optional
        The default lower-cases and strips accents.

    Raises
    ------
    ValueError
        If a merge repeats, or the vocabulary lacks one of its two parts or its result.

    Examples
    --------
    >>> bpe = BPE.train(["low low low lower newest newest widest"], size=30)
    >>> bpe.merges[:3]
    (('l', 'o'), ('e', 's'), ('lo', 'w</w>'))
    >>> bpe.tokenize("low lowest")
    ['low</w>', 'lo', 'w', 'est</w>']

    References
    ----------
    Sennrich et al. (2016), arXiv:1508.07909, section 3.2 and algorithm 1.
    """

    def __init__(
        self,
        vocabulary: PieceVocabulary,
        merges: Sequence[tuple[str, str]],
        *,
        marks: Marks = BPE_MARKS,
        cleaning: Cleaning | None = None,
    ) -> None:
        super().__init__(vocabulary, marks=marks, cleaning=Cleaning() if cleaning is None else cleaning)
        self.merges: tuple[tuple[str, str], ...] = tuple((left, right) for left, right in merges)
        self._rank_of: dict[tuple[str, str], int] = {}
        for rank, pair in enumerate(self.merges):
            if self._rank_of.setdefault(pair, rank) != rank:
                raise ValueError(f"merges must not repeat; got {pair} at {self._rank_of[pair]} and {rank}")
            for piece in (*pair, marks.join(*pair)):
                if piece not in vocabulary:
                    raise ValueError(f"merges must join and make pieces of the vocabulary; {piece!r} of {rank} is not")

    @classmethod
    def from_training(cls, training: Training, cleaning: Cleaning | None = None) -> "BPE":
        """Make the tokenizer that a training has found; special tokens come first."""
        vocabulary = PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, *training.pieces])
        pairs = [(merge.left, merge.right) for merge in training.merges]
        return cls(vocabulary, pairs, marks=training.marks, cleaning=cleaning)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        size: int,
        *,
        lowercase: bool = Cleaning.lowercase,
        marks: Marks = BPE_MARKS,
        min_count: int = MIN_COUNT,
        alphabet_limit: int | None = None,
    ) -> "BPE":
        """Learn merges from texts.

        Parameters
        ----------
        texts : iterable of str
            Training data only.
        size : int
            Pieces to have, the five special ones included. There are fewer when the texts are too
            small for so many.
        lowercase : bool
            Whether to lower-case and strip accents.
        marks : Marks
            How symbols show their place in the word.
        min_count, alphabet_limit
            As for :func:`~seq2bert.tokenization.learn_merges`.

        Returns
        -------
        BPE
        """
        cleaning = Cleaning(lowercase=lowercase)
        training = learn_merges(
            count_words(texts, cleaning),
            size=size,
            reserved=len(PieceVocabulary.SPECIAL_TOKENS),
            marks=marks,
            min_count=min_count,
            alphabet_limit=alphabet_limit,
        )
        return cls.from_training(training, cleaning)

    def cut(self, word: str) -> list[tuple[str, int]]:
        """Cut a word into characters and merge neighbours: the oldest merge first, from the left.

        Parameters
        ----------
        word : str
            One clean word.

        Returns
        -------
        list of (str, int)
            Pieces, and how many characters each stands for; ``[UNK]`` for a character that the
            vocabulary lacks.
        """
        symbols = self._merged(self.marks.symbols(word))
        unknown = self.vocabulary.pieces[self.vocabulary.unknown_id]
        lengths = [self.marks.length(symbol, first=at == 0) for at, symbol in enumerate(symbols)]
        pieces = [symbol if symbol in self.vocabulary else unknown for symbol in symbols]
        return list(zip(pieces, lengths, strict=True))

    def steps(self, word: str) -> list[list[str]]:
        """Return every stage of cutting a word, from its characters to its pieces.

        Parameters
        ----------
        word : str
            One clean word.

        Returns
        -------
        list of lists of str
            After each merge, of all places where the same two symbols meet, one stage. Together they
            grow as the square of the word does; :meth:`cut` makes the last one only.
        """
        stages = [self.marks.symbols(word)]
        while True:
            pairs = [pair for pair in pairwise(stages[-1]) if pair in self._rank_of]
            if not pairs:
                return stages
            stages.append(self.marks.merge(stages[-1], *min(pairs, key=self._rank_of.__getitem__)))

    def _merged(self, symbols: list[str]) -> list[str]:
        """Make the merges in a linked list, with a heap of pairs: n log n steps for n symbols."""
        before = list(range(-1, len(symbols) - 1))
        after = [*range(1, len(symbols)), -1]
        heap: list[tuple[int, int]] = []  # rank of a pair, and the place of its left symbol

        def push(place: int) -> None:
            if place >= 0 and after[place] >= 0:
                rank = self._rank_of.get((symbols[place], symbols[after[place]]))
                if rank is not None:
                    heapq.heappush(heap, (rank, place))

        for place in range(len(symbols)):
            push(place)
        while heap:
            rank, changed = heap[0][0], []
            while heap and heap[0][0] == rank:  # from left to right
                left = heapq.heappop(heap)[1]
                right = after[left]
                if right < 0 or (symbols[left], symbols[right]) != self.merges[rank]:
                    continue  # one of the two was merged with another
                symbols[left], symbols[right] = self.marks.join(symbols[left], symbols[right]), ""
                after[left], after[right] = after[right], -1
                if after[left] >= 0:
                    before[after[left]] = left
                changed.append(left)
            for place in changed:  # only now: a merge that is made possible here waits until all of this one are made
                push(place)
                push(before[place])
        return [symbol for symbol in symbols if symbol]

    def save(self, folder: Path | str) -> None:
        """Write ``vocab.json``, ``merges.txt`` and ``tokenizer_config.json``.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        """
        write_bpe(Path(folder), self.vocabulary, self.merges, self.marks, self.cleaning)

    @classmethod
    def load(cls, folder: Path | str) -> "BPE":
        """Read what :meth:`save` has written.

        Parameters
        ----------
        folder : path
            With the three files.

        Returns
        -------
        BPE

        Raises
        ------
        FileNotFoundError
            If one is missing.
        ValueError
            If a file does not say what it should.
        """
        vocabulary, merges, marks, cleaning = read_bpe(Path(folder))
        return cls(vocabulary, merges, marks=marks, cleaning=cleaning)
