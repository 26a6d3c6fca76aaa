"""Word alignments as sets of links, and how to compare them.

A link is (English token, French token). Leaves out every way of finding alignments but the diagonal.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from seq2bert.data.pocket.tree import Link

CorpusLink = tuple[int, int, int]


def crosses(links: Iterable[Link]) -> bool:
    """Say whether two links cross: one English token before the other, its French one after the other's.

    Links of one token with several others do not cross each other.

    >>> crosses({(0, 0), (1, 1)}), crosses({(0, 1), (1, 0)})
    (False, True)
    """
    furthest = before = -1  # last French token linked so far; the same, without the current English token
    current = -1
    for i, j in sorted(links):
        if i != current:
            current, before = i, furthest
        if j < before:
            return True
        furthest = max(furthest, j)
    return False


def diagonal_links(n_english: int, n_french: int) -> frozenset[Link]:
    """Link every French token to the English one at the same share of its sentence.

    >>> sorted(diagonal_links(3, 5))
    [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4)]
    """
    last = max(n_french - 1, 1)
    return frozenset((int(j * (n_english - 1) / last), j) for j in range(n_french))


def corpus_links(sentences: Iterable[Iterable[Link]]) -> frozenset[CorpusLink]:
    """Put the links of many sentences into one set, each link with its sentence's number before it.

    >>> sorted(corpus_links([{(0, 0)}, {(0, 0), (1, 1)}]))
    [(0, 0, 0), (1, 0, 0), (1, 1, 1)]
    """
    return frozenset((number, i, j) for number, links in enumerate(sentences) for i, j in links)


def alignment_error_rate(links: AbstractSet[Any], sure: AbstractSet[Any], possible: AbstractSet[Any]) -> float:
    r"""Compare the links found, A, with sure ones S and possible ones P.

    .. math:: \mathrm{AER} = 1 - \frac{|A \cap S| + |A \cap P|}{|A| + |S|}

    Parameters
    ----------
    links, sure, possible : set
        Links (English token, French token) of one sentence, or of a corpus as :func:`corpus_links`
        numbers them. The rate of a corpus is that of its links together, not a mean over sentences.

    Returns
    -------
    float
        0 if every link found is possible and every sure one found, 1 if no link is right.

    Raises
    ------
    ValueError
        If ``sure`` is not a part of ``possible``, or nothing is found and nothing is sure.

    References
    ----------
    Och and Ney (2003), A systematic comparison of various statistical alignment models,
    Computational Linguistics 29(1), section 5. As there, S is a part of P.
    """
    if not sure <= possible:
        raise ValueError(
            f"every sure link must be possible; {len(sure - possible)} of {len(sure)} are not, "
            f"such as {min(sure - possible)}"
        )
    if not links and not sure:
        raise ValueError("the rate needs at least one link, found or sure; got none")
    return 1 - (len(links & sure) + len(links & possible)) / (len(links) + len(sure))
