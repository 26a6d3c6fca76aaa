"""Byte-pair encoding: a word is cut by making the merges of training again, in the same order.

Works on characters; leaves out the byte level of GPT-2, where no character is unknown.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .bpe_files import read_bpe, write_bpe
from .cleaning import Cleaning
from .merges import Marks, Training
from .pieces import PieceVocabulary
from .statistics import count_words
from .subwords import SubwordTokenizer
from .training import learn_merges

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
        pairs = dict.fromkeys((merge.left, merge.right) for merge in training.merges)
        return cls(vocabulary, list(pairs), marks=training.marks, cleaning=cleaning)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        size: int,
        *,
        lowercase: bool = True,
        marks: Marks = BPE_MARKS,
        min_count: int = 2,
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
            As for :func:`~seq2bert.tokenization.training.learn_merges`.

        Returns
        -------
        BPE
        """
        cleaning = Cleaning(lowercase=lowercase)
        training = learn_merges(
            count_words(texts, cleaning),
            size=size - len(PieceVocabulary.SPECIAL_TOKENS),
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
        symbols = self.marks.symbols(word)
        for _ in self._merging(symbols):
            pass
        symbols = list(filter(None, symbols))
        unknown = self.vocabulary.pieces[self.vocabulary.unknown_id]
        lengths = [self.marks.length(symbol, first=at == 0) for at, symbol in enumerate(symbols)]
        pieces = [symbol if symbol in self.vocabulary else unknown for symbol in symbols]
        return list(zip(pieces, lengths, strict=True))

    def steps(self, word: str) -> list[list[str]]:
        """Return every stage of cutting a word, from its characters to its pieces, one merge at a time.

        Parameters
        ----------
        word : str
            One clean word.

        Returns
        -------
        list of lists of str
            One stage more than there are merges to make.
        """
        symbols = self.marks.symbols(word)
        return [list(symbols), *(list(filter(None, symbols)) for _ in self._merging(symbols))]

    def _merging(self, symbols: list[str]) -> Iterator[None]:
        """Merge in place, one merge at a time; what has gone into its left neighbour becomes empty."""
        after = list(range(1, len(symbols) + 1))  # the next symbol that is left
        before = list(range(-1, len(symbols) - 1))
        waiting: list[tuple[int, int]] = []

        def look_at(place: int) -> None:
            if place >= 0 and after[place] < len(symbols):
                rank = self._rank_of.get((symbols[place], symbols[after[place]]))
                if rank is not None:
                    heapq.heappush(waiting, (rank, place))

        for place in range(len(symbols)):
            look_at(place)
        while waiting:
            rank, place = heapq.heappop(waiting)
            following = after[place]
            if following >= len(symbols) or (symbols[place], symbols[following]) != self.merges[rank]:
                continue  # one of the two has been merged with another symbol since
            symbols[place] = self.marks.join(symbols[place], symbols[following])
            symbols[following] = ""
            after[place] = after[following]
            if after[place] < len(symbols):
                before[after[place]] = place
            look_at(before[place])
            look_at(place)
            yield

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
