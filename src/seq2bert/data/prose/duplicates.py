"""Sentences that say again what was said before.

The rule: of the runs of five words in a sentence, more than half stood in earlier sentences. Case,
digits and punctuation do not count; a sentence of fewer than five words is one run.

Leaves out paraphrases: other words are another sentence. A sentence that was kept is not looked at
again, so later ones may together hold most of its runs: a short one stands whole in a longer one
that follows. The corpus leaves such a sentence out too if it is held out and the others are not.
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

__all__ = ["LARGEST_SHARE_SEEN", "WORDS_IN_A_RUN", "NearDuplicates", "runs_of_words", "share_seen"]

WORDS_IN_A_RUN = 5

LARGEST_SHARE_SEEN = 0.5
"""A sentence is left out if a larger share of its runs stood in earlier ones."""


def runs_of_words(sentence: str) -> list[int]:
    """Return a hash of every run of five words, equal in every process of one Python.

    Parameters
    ----------
    sentence : str
        Any text.

    Returns
    -------
    list of int
        One number for each place where a run begins; a short sentence has one.
    """
    words = re.findall(r"[a-z]+", sentence.lower())
    # hash() of a string differs from process to process, that of numbers does not
    numbers = [int.from_bytes(word.encode(), "little") for word in words]
    last = max(1, len(numbers) - WORDS_IN_A_RUN + 1)
    return [hash(tuple(numbers[start : start + WORDS_IN_A_RUN])) for start in range(last)]


def share_seen(sentence: str, seen: AbstractSet[int]) -> float:
    """Return which share of a sentence's runs is among others.

    Parameters
    ----------
    sentence : str
        Any text.
    seen : set of int
        Runs of other sentences, from :func:`~seq2bert.data.prose.runs_of_words`.

    Returns
    -------
    float
        From 0 to 1.
    """
    return _share(runs_of_words(sentence), seen)


def _share(runs: list[int], seen: AbstractSet[int]) -> float:
    return sum(run in seen for run in runs) / len(runs)


class NearDuplicates:
    """Remembers the runs of every sentence that was kept.

    The first of two near-duplicates is kept, so the order of the sentences decides.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def keep(self, sentences: Iterable[str]) -> list[str]:
        """Return the sentences that are not near-duplicates of one kept before, and remember them.

        Parameters
        ----------
        sentences : iterable of str
            In the order of the text.

        Returns
        -------
        list of str
            In the same order.
        """
        kept = []
        for sentence in sentences:
            runs = runs_of_words(sentence)
            if _share(runs, self._seen) <= LARGEST_SHARE_SEEN:
                self._seen.update(runs)
                kept.append(sentence)
        return kept
