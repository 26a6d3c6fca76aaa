"""The corpus: pairs drawn from the grammar, without repetition, in three parts."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from seq2bert.data.pocket.alignment import crosses
from seq2bert.data.pocket.clauses import write
from seq2bert.data.pocket.coherence import coherent
from seq2bert.data.pocket.draw_sentences import SentenceDrawer
from seq2bert.data.pocket.profiles import PROFILES, Profile
from seq2bert.data.pocket.synchronous import linearise
from seq2bert.data.pocket.tree import PocketPair

SIZES = tuple(PROFILES)


@dataclass(frozen=True)
class PocketData:
    """Pairs to train on, to choose on and to test on; no sentence of either language occurs twice.

    Attributes
    ----------
    train, valid, test : tuple of PocketPair
    """

    train: tuple[PocketPair, ...]
    valid: tuple[PocketPair, ...]
    test: tuple[PocketPair, ...]


def load_pocket(size: str = "easy", *, seed: int = 0) -> PocketData:
    """Draw a corpus of English sentences with their French translations, gold links and trees.

    Parameters
    ----------
    size : str
        ``easy``: sentences of one clause, few words, 12,000 pairs to train on. ``hard``: nested
        clauses, many words most of which are rare, 5,000 pairs. Both have 600 pairs to choose on and
        1,000 to test on. :func:`describe` counts the rest.
    seed : int
        The same seed gives the same pairs. With another one other sentences are drawn, so that the
        test sentences of one seed may be training sentences of another.

    Returns
    -------
    PocketData
        Every word of a validation or test sentence occurs in a training sentence.

    Raises
    ------
    ValueError
        If there is no such size, or the seed is negative.
    TypeError
        If the seed is not an integer.

    References
    ----------
    Wu (1997), Stochastic inversion transduction grammars and bilingual parsing of parallel corpora,
    Computational Linguistics 23(3): one tree with two orders. Ours is not restricted to two children, and
    its features (number, gender, what follows) are settled by code, not by more symbols.
    """
    if size not in PROFILES:
        raise ValueError(f"size must be one of {', '.join(map(repr, SIZES))}; got {size!r}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be an integer; got {type(seed).__name__}")
    if seed < 0:
        raise ValueError(f"seed must not be negative; got {seed}")
    profile = PROFILES[size]
    source = _Source(profile, random.Random(f"pocket {size} {seed}"))
    train = source.draw(profile.n_train, lambda pair: True)
    english = {word for pair in train for word in pair.english}
    french = {word for pair in train for word in pair.french}

    def known(pair: PocketPair) -> bool:
        return english.issuperset(pair.english) and french.issuperset(pair.french)

    return PocketData(train, source.draw(profile.n_valid, known), source.draw(profile.n_test, known))


class _Source:
    """Draws pairs, none of whose sentences it has given before."""

    def __init__(self, profile: Profile, generator: random.Random) -> None:
        self.profile = profile
        self.drawer = SentenceDrawer(profile, generator)
        self.given: set[tuple[str, ...]] = set()  # French words never spell an English sentence

    def draw(self, count: int, wanted: Callable[[PocketPair], bool]) -> tuple[PocketPair, ...]:
        pairs: list[PocketPair] = []
        while len(pairs) < count:
            item = self.drawer.sentence()
            if not coherent(item):
                continue
            pair = linearise(write(item))
            if max(len(pair.english), len(pair.french)) > self.profile.max_tokens:
                continue
            if pair.english in self.given or pair.french in self.given or not wanted(pair):
                continue
            if not crosses(pair.sure) and not self.drawer.chance(self.profile.monotone):
                continue
            self.given.update((pair.english, pair.french))
            pairs.append(pair)
        return tuple(pairs)
