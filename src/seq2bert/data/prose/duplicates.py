"""Sentences that say again what was said before.

The rule: of the runs of five words in a sentence, more than half stood in earlier sentences. Case,
digits and punctuation do not count; a sentence of fewer than five words is one run. Leaves out
paraphrases: other words are another sentence.
"""

import re
from collections.abc import Iterable

__all__ = ["WORDS_IN_A_RUN", "NearDuplicates", "runs_of_words"]

WORDS_IN_A_RUN = 5


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
    last = max(1, len(words) - WORDS_IN_A_RUN + 1)
    return [hash(tuple(map(_number, words[start : start + WORDS_IN_A_RUN]))) for start in range(last)]


def _number(word: str) -> int:
    return int.from_bytes(word.encode(), "little")  # hash() of a string differs from process to process


class NearDuplicates:
    """Remembers the runs of every sentence that was kept.

    The first of two near-duplicates is kept, so the order of the sentences decides.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def share_seen(self, sentence: str) -> float:
        """Return the share of the sentence's runs that stood in sentences kept before, 0 to 1."""
        runs = runs_of_words(sentence)
        return sum(run in self._seen for run in runs) / len(runs)

    def keep(self, sentences: Iterable[str]) -> list[str]:
        """Return the sentences that are not near-duplicates of one kept before, and remember them."""
        kept = []
        for sentence in sentences:
            if self.share_seen(sentence) <= 0.5:
                self._seen.update(runs_of_words(sentence))
                kept.append(sentence)
        return kept
