"""A corpus in numbers, for the lectures."""

from collections import Counter
from dataclasses import dataclass

from seq2bert.data.pocket.alignment import alignment_error_rate, corpus_links, crosses, diagonal_links
from seq2bert.data.pocket.corpus import PocketData


@dataclass(frozen=True)
class Description:
    """What :func:`describe` counts.

    Attributes
    ----------
    train, valid, test : int
        Numbers of pairs.
    english_types, french_types : int
        Different tokens in training.
    english_rare, french_rare : int
        How many of them occur once or twice there.
    english_length, french_length : float
        Mean number of tokens of a test sentence, punctuation included.
    longest : int
        Largest number of tokens of any sentence.
    not_monotone : float
        Share of test pairs with crossing sure links.
    sure, possible : float
        Mean number of links of a test pair; the possible ones include the sure ones.
    french_null : float
        Share of French test tokens without a link.
    diagonal_error : float
        Alignment error rate on the test pairs of linking along the diagonal.
    smallest_error : float
        Smallest alignment error rate on the test pairs of links that give every French token one
        English token, as the largest attention weight does; above 0 because some need none.
    phenomena : dict of str to float
        Share of test pairs in which each occurs.
    """

    train: int
    valid: int
    test: int
    english_types: int
    french_types: int
    english_rare: int
    french_rare: int
    english_length: float
    french_length: float
    longest: int
    not_monotone: float
    sure: float
    possible: float
    french_null: float
    diagonal_error: float
    smallest_error: float
    phenomena: dict[str, float]


def describe(data: PocketData) -> Description:
    """Count words, lengths and links of a corpus.

    Parameters
    ----------
    data : PocketData

    Returns
    -------
    Description
    """
    pairs, n = data.test, len(data.test)
    english = Counter(word for pair in data.train for word in pair.english)
    french = Counter(word for pair in data.train for word in pair.french)
    sure = corpus_links(pair.sure for pair in pairs)
    possible = corpus_links(pair.possible for pair in pairs)
    diagonal = corpus_links(diagonal_links(len(pair.english), len(pair.french)) for pair in pairs)
    tokens = sum(len(pair.french) for pair in pairs)
    unlinked = sum(len(pair.null_french) for pair in pairs)
    phenomena = Counter(name for pair in pairs for name in pair.phenomena)
    return Description(
        train=len(data.train),
        valid=len(data.valid),
        test=n,
        english_types=len(english),
        french_types=len(french),
        english_rare=sum(count <= 2 for count in english.values()),
        french_rare=sum(count <= 2 for count in french.values()),
        english_length=sum(len(pair.english) for pair in pairs) / n,
        french_length=tokens / n,
        longest=max(
            len(row) for part in (data.train, data.valid, pairs) for p in part for row in (p.english, p.french)
        ),
        not_monotone=sum(crosses(pair.sure) for pair in pairs) / n,
        sure=len(sure) / n,
        possible=len(possible) / n,
        french_null=unlinked / tokens,
        diagonal_error=alignment_error_rate(diagonal, sure, possible),
        # Each sure link has a French token of its own, so that all of them can be found.
        smallest_error=unlinked / (tokens + len(sure)),
        phenomena={name: count / n for name, count in phenomena.most_common()},
    )
