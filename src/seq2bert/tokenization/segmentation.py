"""Words as lists of symbols, with the counts of neighbouring symbols kept up to date while pairs merge.

Merging a pair touches only the words that contain it: this is what makes training take seconds.
Symbols are integers here; ``training`` knows which strings they stand for.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["Pair", "Segmentation"]

Pair = tuple[int, int]


class Segmentation:
    """A list of different words, how often each occurs, and how they are cut at the moment.

    Parameters
    ----------
    words : sequence of sequences of int
        The symbols of each word.
    counts : sequence of int
        How often each word occurs.

    Attributes
    ----------
    pair_counts : dict
        How often two symbols stand side by side, in all words. In ``aaa`` the pair ``aa`` counts
        twice, although it can merge only once.
    symbol_counts : Counter
        How often each symbol occurs.
    partners : dict
        The pairs that a symbol has taken part in so far.
    """

    def __init__(self, words: Sequence[Sequence[int]], counts: Sequence[int]) -> None:
        self._words = [list(word) for word in words]
        self._counts = list(counts)
        self._places: defaultdict[Pair, set[int]] = defaultdict(set)  # words that have, or once had, a pair
        self.pair_counts: defaultdict[Pair, int] = defaultdict(int)
        self.symbol_counts: Counter[int] = Counter()
        self.partners: defaultdict[int, set[Pair]] = defaultdict(set)
        for place, (word, count) in enumerate(zip(self._words, self._counts, strict=True)):
            for symbol in word:
                self.symbol_counts[symbol] += count
            for pair in pairwise(word):
                self._add(pair, count, place)

    @property
    def words(self) -> list[tuple[int, ...]]:
        """The symbols of each word, as they are now."""
        return [tuple(word) for word in self._words]

    def merge(self, pair: Pair, new: int) -> set[Pair]:
        """Put one symbol in the place of a pair, from left to right, in every word.

        Parameters
        ----------
        pair : (int, int)
            Two symbols.
        new : int
            What replaces them.

        Returns
        -------
        set of (int, int)
            The pairs whose count has changed and that still occur.
        """
        changed: set[Pair] = set()
        for place in self._places.pop(pair):
            self._merge_word(place, pair, new, changed)
        del self.pair_counts[pair]
        self.partners[pair[0]].discard(pair)
        self.partners[pair[1]].discard(pair)
        changed.discard(pair)
        return {one for one in changed if self.pair_counts[one] > 0}

    def _merge_word(self, place: int, pair: Pair, new: int, changed: set[Pair]) -> None:
        left, right = pair
        word, count = self._words[place], self._counts[place]
        at = 0
        while at < len(word) - 1:
            if word[at] == left and word[at + 1] == right:
                if at > 0:
                    self._move((word[at - 1], left), (word[at - 1], new), count, place, changed)
                if at + 2 < len(word):
                    self._move((right, word[at + 2]), (new, word[at + 2]), count, place, changed)
                word[at : at + 2] = [new]
                self.symbol_counts[left] -= count
                self.symbol_counts[right] -= count
                self.symbol_counts[new] += count
            at += 1

    def _move(self, old: Pair, new: Pair, count: int, place: int, changed: set[Pair]) -> None:
        self.pair_counts[old] -= count
        self._add(new, count, place)
        changed.add(old)
        changed.add(new)

    def _add(self, pair: Pair, count: int, place: int) -> None:
        self.pair_counts[pair] += count
        self._places[pair].add(place)
        self.partners[pair[0]].add(pair)
        self.partners[pair[1]].add(pair)
