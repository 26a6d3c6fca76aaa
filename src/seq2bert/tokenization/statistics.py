"""How often words occur in texts, and into how many pieces a vocabulary cuts them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from .cleaning import WHITESPACE, Cleaning, clean_words
from .subwords import SubwordTokenizer

__all__ = ["count_words", "pieces_per_word", "unknown_share"]


def count_words(texts: Iterable[str], cleaning: Cleaning) -> Counter[str]:
    """Count the clean words of some texts.

    Parameters
    ----------
    texts : iterable of str
        Training data only.
    cleaning : Cleaning
        The rules of :func:`~seq2bert.tokenization.clean_words`.

    Returns
    -------
    Counter
        How often each word occurs.

    Raises
    ------
    TypeError
        If ``texts`` is one string: its characters are not texts.
    """
    if isinstance(texts, str):
        raise TypeError(f"texts must be an iterable of strings; got one string of {len(texts)} characters")
    separators = str.maketrans(dict.fromkeys(WHITESPACE, " "))
    chunks: Counter[str] = Counter()
    for text in texts:
        chunks.update(text.translate(separators).split(" "))
    words: Counter[str] = Counter()
    for chunk, count in chunks.items():
        for word in clean_words(chunk, cleaning):
            words[word] += count
    return words


def pieces_per_word(tokenizer: SubwordTokenizer, word_counts: Mapping[str, int]) -> float:
    """Return the mean number of pieces of a word: what a smaller vocabulary costs in length.

    Parameters
    ----------
    tokenizer : SubwordTokenizer
        What cuts.
    word_counts : mapping of str to int
        Clean words, and how often each occurs.

    Returns
    -------
    float
        At least 1. An unknown word is one piece, so see :func:`unknown_share` too.

    Raises
    ------
    ValueError
        If there is no word.
    """
    return sum(count * len(tokenizer.cut(word)) for word, count in word_counts.items()) / _total(word_counts)


def unknown_share(tokenizer: SubwordTokenizer, word_counts: Mapping[str, int]) -> float:
    """Return the share of words that lose something to ``[UNK]``.

    Parameters and errors are those of :func:`pieces_per_word`.
    """
    unknown = tokenizer.vocabulary.pieces[tokenizer.vocabulary.unknown_id]
    lost = sum(
        count for word, count in word_counts.items() if any(piece == unknown for piece, _ in tokenizer.cut(word))
    )
    return lost / _total(word_counts)


def _total(word_counts: Mapping[str, int]) -> int:
    total = sum(word_counts.values())
    if total == 0:
        raise ValueError(f"word_counts must hold at least one word; got {len(word_counts)} that occur {total} times")
    return total
