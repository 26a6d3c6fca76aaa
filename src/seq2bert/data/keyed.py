"""Copy, reverse, look up, count: sequences whose answer is exact and whose length is free.

They isolate one thing at a time: how much a state can hold (copy, reverse), finding one place
(look-up), gathering many (counting). Leaves out noise, variable vocabularies and any guarantee
that two seeds share no example: short sequences repeat, so test on lengths or numbers that make
repetition unlikely, or take out what training has seen.
"""

import random
import string
from collections.abc import Sequence

__all__ = [
    "DIGITS",
    "LETTERS",
    "QUERY",
    "copy_sequences",
    "counting_sequences",
    "lookup_sequences",
    "reverse_sequences",
]

LETTERS = tuple(string.ascii_lowercase)
DIGITS = tuple(string.digits)
QUERY = "?"
"""Stands between the sequence and what is asked about it."""

TokenPair = tuple[list[str], list[str]]


def copy_sequences(
    n: int, *, min_length: int, max_length: int, seed: int, alphabet: Sequence[str] = LETTERS
) -> list[TokenPair]:
    """Draw random sequences; the target is the source.

    Parameters
    ----------
    n : int
        How many pairs.
    min_length, max_length : int
        Bounds of the source's length, both included; every length is equally likely.
    seed : int
        The same seed gives the same pairs.
    alphabet : sequence of str
        The tokens to draw from, each equally likely; repetition within a sequence is allowed.

    Returns
    -------
    list of (list of str, list of str)
        Source and target tokens, as :class:`seq2bert.vocabulary.Vocabulary` takes them.

    Raises
    ------
    ValueError
        If ``n`` or a length is below 1, ``min_length`` above ``max_length``, or ``alphabet`` empty
        or repetitive.

    Examples
    --------
    >>> copy_sequences(1, min_length=3, max_length=3, seed=0)
    [(['t', 'k', 'g'], ['t', 'k', 'g'])]
    """
    sources = _draw(n, min_length, max_length, seed, alphabet)
    return [(source, list(source)) for source in sources]


def reverse_sequences(
    n: int, *, min_length: int, max_length: int, seed: int, alphabet: Sequence[str] = LETTERS
) -> list[TokenPair]:
    """Draw random sequences; the target is the source from its end to its beginning.

    Parameters, result and errors are those of :func:`copy_sequences`; the same seed gives the same
    sources.
    """
    sources = _draw(n, min_length, max_length, seed, alphabet)
    return [(source, source[::-1]) for source in sources]


def lookup_sequences(
    n: int,
    *,
    min_length: int,
    max_length: int,
    seed: int,
    keys: Sequence[str] = LETTERS,
    values: Sequence[str] = DIGITS,
) -> list[TokenPair]:
    """Draw lists of keys with their values, and ask for the value of one key.

    Parameters
    ----------
    n, min_length, max_length, seed
        As in :func:`copy_sequences`, except that a length counts pairs of a key and a value:
        the source has ``2 * length + 2`` tokens.
    keys, values : sequence of str
        A key occurs at most once in a source, so ``max_length`` is at most ``len(keys)``.
        Values repeat.

    Returns
    -------
    list of (list of str, list of str)
        For example ``b 7 x 0 k 7 ? x`` and ``0``.

    Raises
    ------
    ValueError
        As in :func:`copy_sequences`, or if there are fewer keys than ``max_length``.
    """
    _check(n, min_length, max_length, keys=keys, values=values)
    if max_length > len(keys):
        raise ValueError(f"max_length must be at most the number of keys, {len(keys)}; got {max_length}")
    generator = random.Random(seed)
    pairs = []
    for _ in range(n):
        drawn_keys = generator.sample(keys, generator.randint(min_length, max_length))
        drawn_values = generator.choices(values, k=len(drawn_keys))
        asked = generator.randrange(len(drawn_keys))
        entries = [token for entry in zip(drawn_keys, drawn_values, strict=True) for token in entry]
        pairs.append(([*entries, QUERY, drawn_keys[asked]], [drawn_values[asked]]))
    return pairs


def counting_sequences(
    n: int, *, min_length: int, max_length: int, seed: int, alphabet: Sequence[str] = LETTERS
) -> list[TokenPair]:
    """Draw sequences and ask how often one token occurs.

    The number is drawn first, each from 0 to the length equally likely; drawing tokens first would
    make almost every answer 0 or 1.

    Parameters
    ----------
    n, min_length, max_length, seed, alphabet
        As in :func:`copy_sequences`; a length counts the tokens before the question, so the source
        has ``length + 2``. The alphabet needs two tokens, and none of them may be :data:`QUERY`.

    Returns
    -------
    list of (list of str, list of str)
        For example ``a f a ? a`` and ``2``: the target is the number's decimal digits, one a token.

    Raises
    ------
    ValueError
        As in :func:`copy_sequences`, or if the alphabet has only one token.
    """
    _check(n, min_length, max_length, alphabet=alphabet)
    if len(alphabet) < 2:
        raise ValueError(f"alphabet must hold at least two tokens, one of them to count; got {len(alphabet)}")
    generator = random.Random(seed)
    pairs = []
    for _ in range(n):
        length = generator.randint(min_length, max_length)
        asked = generator.choice(alphabet)
        number = generator.randint(0, length)
        others = generator.choices([token for token in alphabet if token != asked], k=length - number)
        tokens = generator.sample([asked] * number + others, length)
        pairs.append(([*tokens, QUERY, asked], list(str(number))))
    return pairs


def _draw(n: int, min_length: int, max_length: int, seed: int, alphabet: Sequence[str]) -> list[list[str]]:
    _check(n, min_length, max_length, alphabet=alphabet)
    generator = random.Random(seed)
    return [generator.choices(alphabet, k=generator.randint(min_length, max_length)) for _ in range(n)]


def _check(n: int, min_length: int, max_length: int, **alphabets: Sequence[str]) -> None:
    if n < 1:
        raise ValueError(f"n must be at least 1; got {n}")
    if not 1 <= min_length <= max_length:
        raise ValueError(f"lengths must satisfy 1 <= min_length <= max_length; got {min_length} and {max_length}")
    for name, tokens in alphabets.items():
        if len(tokens) == 0 or len(set(tokens)) < len(tokens) or QUERY in tokens:
            raise ValueError(
                f"{name} must hold at least one token, none of them twice and none of them {QUERY!r}; "
                f"got {len(tokens)} tokens, {len(set(tokens))} of them different"
            )
