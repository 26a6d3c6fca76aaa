"""Chance: one random generator, words drawn by rank, candidates found once."""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import accumulate
from typing import TypeVar

from seq2bert.data.pocket.profiles import Profile

T = TypeVar("T")

HEAD = 2.0  # keeps the first few words of a list from being nearly all that is drawn


class WordDrawer:
    """Draws from lists and tables.

    Parameters
    ----------
    profile : Profile
    generator : random.Random
        Moves on with every draw; nothing else is remembered that could change what comes next.
    """

    def __init__(self, profile: Profile, generator: random.Random) -> None:
        self.profile = profile
        self.random = generator
        self._weight: dict[object, float] = {}
        self._candidates: dict[Hashable, tuple[list, list[float]]] = {}
        lexicon = profile.lexicon
        self._rank(lexicon.nouns, lambda noun: noun.section)
        self._rank(lexicon.names, lambda name: name.feminine)
        self._rank(lexicon.adjectives, lambda adjective: adjective.before)
        self._rank(lexicon.verbs, lambda verb: verb.frame)

    def _rank(self, words: Sequence[T], group: Callable[[T], object]) -> None:
        ranks: Counter[object] = Counter()
        for item in words:
            ranks[group(item)] += 1
            self._weight[item] = (ranks[group(item)] + HEAD) ** -self.profile.zipf

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.random.random() < probability

    def choose(self, weights: dict[T, float]) -> T:
        """Draw a key by its weight."""
        return self.random.choices(list(weights), list(weights.values()))[0]

    def among(self, key: Hashable, candidates: Callable[[], Iterable[T]]) -> T | None:
        """Draw one of some words of the lexicon by rank; None if there are none.

        ``candidates`` is called once for each ``key``.
        """
        if key not in self._candidates:
            found = list(candidates())
            self._candidates[key] = found, list(accumulate(self._weight[item] for item in found))
        found, cumulative = self._candidates[key]
        return self.random.choices(found, cum_weights=cumulative)[0] if found else None

    def one(self, key: Hashable, candidates: Callable[[], Iterable[T]]) -> T:
        """Draw as :meth:`among` does, where the lexicon must have something to draw."""
        drawn = self.among(key, candidates)
        if drawn is None:
            raise ValueError(f"the lexicon must have a word for {key}")
        return drawn
