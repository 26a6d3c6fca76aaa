"""Learning which pieces a vocabulary should have: start from characters, merge the best pair, again and again.

One loop serves BPE and WordPiece; they differ in how a pair is scored and how a word's first or last
symbol is marked. Leaves out sampling, dropout and limits on the length of a piece.
"""

import heapq
from collections import Counter
from collections.abc import Mapping

from .merges import Marks, Merge, Training
from .segmentation import Pair, Segmentation

__all__ = ["BY_COUNT", "MIN_COUNT", "SCORES", "learn_merges"]

MIN_COUNT = 2
"""A pair that occurs once is left alone: merging it would make a piece for one place."""

BY_COUNT = "count"
SCORES = (BY_COUNT, "likelihood")
"""``count``: how often the pair occurs. ``likelihood``: that, divided by how often each part occurs (so called in
tutorials on WordPiece; it does not choose the pair that raises the likelihood most)."""


def learn_merges(
    word_counts: Mapping[str, int],
    *,
    size: int,
    marks: Marks,
    score: str = BY_COUNT,
    min_count: int = MIN_COUNT,
    alphabet_limit: int | None = None,
    reserved: int = 0,
) -> Training:
    """Merge the best pair of neighbouring symbols until there are enough different symbols.

    Parameters
    ----------
    word_counts : mapping of str to int
        Words, none of them empty, and how often each occurs. Symbols never reach across words.
    size : int
        How many symbols to have, the alphabet included. There are fewer when no pair is left that
        occurs ``min_count`` times.
    marks : Marks
        How symbols show their place in the word.
    score : str
        ``"count"`` merges the most frequent pair: BPE, and what the library ``tokenizers`` does
        under the name of WordPiece. ``"likelihood"`` merges the pair with the largest
        f(ab)/(f(a)f(b)), the score that tutorials give for WordPiece. It prefers rare pairs, and
        does not choose the pair that raises the likelihood of a unigram model most (lecture 12).
    min_count : int
        Pairs that occur less often are left alone.
    alphabet_limit : int, optional
        Keep this many characters, the most frequent ones (among equals, the first by code point).
        Words with another character are left out.
    reserved : int
        How many of the ``size`` pieces are taken already, by special tokens for instance.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If there is no word, a mark is part of a word, a setting is out of its range, or ``size`` is
        too small for the alphabet.

    Notes
    -----
    Among pairs of the same score the one whose left symbol is oldest is merged, then the one whose
    right symbol is; the alphabet is ordered by code point, unmarked characters first. ``tokenizers``
    has the same rule, but numbers *marked* characters in the order of a random hash, so its own
    result is only defined without marks.

    References
    ----------
    Sennrich et al. (2016), arXiv:1508.07909, algorithm 1 (merges by count, ``</w>``).
    Schuster and Nakajima (2012), Japanese and Korean voice search, section 3: they ask for the pair
    that raises the likelihood most, and give no formula; f(ab)/(f(a)f(b)) is not theirs.
    """
    for name, value, least in (
        ("size", size, 1),
        ("min_count", min_count, 1),
        ("alphabet_limit", alphabet_limit, 1),
        ("reserved", reserved, 0),
    ):
        if value is not None and value < least:
            raise ValueError(f"{name} must be at least {least}; got {value}")
    if score not in SCORES:
        raise ValueError(f"score must be one of {', '.join(SCORES)}; got {score!r}")
    for mark in filter(None, (marks.continuation, marks.end)):
        for word in word_counts:
            if mark in word:
                raise ValueError(f"word_counts must not hold words with the mark {mark!r} in them; got {word!r}")
    kept = _with_common_characters(word_counts, alphabet_limit)
    if not kept:
        raise ValueError(f"word_counts must hold at least one word to learn from; got {len(word_counts)}")
    return _Learner(kept, marks=marks, score=score, min_count=min_count).learn(size, reserved)


def _with_common_characters(word_counts: Mapping[str, int], limit: int | None) -> dict[str, int]:
    if limit is None:
        return dict(word_counts)
    characters: Counter[str] = Counter()
    for word, count in word_counts.items():
        for character in word:
            characters[character] += count
    common = set(sorted(characters, key=lambda one: (-characters[one], one))[:limit])
    return {word: count for word, count in word_counts.items() if common.issuperset(word)}


class _Learner:
    """The loop of :func:`learn_merges`: a heap of pairs, some of whose entries are out of date."""

    def __init__(self, word_counts: Mapping[str, int], *, marks: Marks, score: str, min_count: int) -> None:
        self.marks, self.score, self.min_count = marks, score, min_count
        plain = sorted({character for word in word_counts for character in word})
        cut = [marks.symbols(word) for word in word_counts]
        marked = sorted({symbol for word in cut for symbol in word} - set(plain))
        self.symbols = [*plain, *marked]
        self.alphabet = tuple(self.symbols)
        number_of = {symbol: number for number, symbol in enumerate(self.symbols)}
        self.state = Segmentation([[number_of[symbol] for symbol in word] for word in cut], list(word_counts.values()))
        self.heap = [(-self._score(pair), pair) for pair in self.state.pair_counts]
        heapq.heapify(self.heap)

    def learn(self, size: int, reserved: int) -> Training:
        least = len(self.alphabet) + reserved
        if size < least:
            raise ValueError(
                f"size must be at least {least}, for {len(self.alphabet)} characters with their marks "
                f"and {reserved} reserved pieces; got {size}"
            )
        merges = []
        while len(self.symbols) + reserved < size and (pair := self._best()) is not None:
            merges.append(self._merge(pair))
        return Training(self.alphabet, tuple(merges), self.marks)

    def _score(self, pair: Pair) -> float:
        count = self.state.pair_counts[pair]
        if self.score == BY_COUNT:
            return float(count)
        return count / (self.state.symbol_counts[pair[0]] * self.state.symbol_counts[pair[1]])

    def _best(self) -> Pair | None:
        """Take the best pair off the heap; entries that no longer tell the truth are thrown away."""
        while self.heap:
            negative, pair = heapq.heappop(self.heap)
            if self.state.pair_counts.get(pair, 0) >= self.min_count and -negative == self._score(pair):
                return pair
        return None

    def _merge(self, pair: Pair) -> Merge:
        left, right = (self.symbols[number] for number in pair)
        result = self.marks.join(left, right)
        done = Merge(left, right, result, self.state.pair_counts[pair], self._score(pair))
        new = len(self.symbols)
        self.symbols.append(result)
        changed = self.state.merge(pair, new)
        if self.score == "likelihood":  # the counts of both parts have changed, hence the score of every pair with them
            for symbol in (*pair, new):
                changed |= {one for one in self.state.partners[symbol] if self.state.pair_counts[one] > 0}
        for one in changed:
            heapq.heappush(self.heap, (-self._score(one), one))
        return done
