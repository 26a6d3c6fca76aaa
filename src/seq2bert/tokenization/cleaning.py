"""From text to words, as BERT does it, before any vocabulary is asked.

Control characters go, every kind of space becomes a blank, Chinese characters stand alone, accents
are stripped and letters lower-cased (if so set), and every punctuation mark becomes a word of its own.
Leaves out languages that are written without blanks (Thai, Japanese kana) and all knowledge of words.
"""

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["WHITESPACE", "Cleaning", "clean_words", "locate_words"]

WHITESPACE = (
    " \t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What separates words. The other controls that ``str.split`` counts as blanks vanish instead."""

CHINESE_RANGES = (  # Devlin et al., google-research/bert, tokenization.py, _is_chinese_char
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_DROPPED = {"Cc", "Cf", "Co", "Cs"}  # control, format, private use, surrogate; unassigned code points (Cn) stay
_ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")  # $ + < = > ^ ` | ~ are symbols to Unicode
_BLANK = " "


@dataclass(frozen=True)
class Cleaning:
    """What happens to the characters of a text before it is cut into pieces.

    Attributes
    ----------
    lowercase : bool
        Lower-case every character by itself (a final sigma is a sigma like any other).
    strip_accents : bool, optional
        Decompose characters (canonically, NFD) and drop the nonspacing marks. ``None``, as in
        published models, does what ``lowercase`` says.
    space_chinese : bool
        Make every Chinese character a word of its own.

    Raises
    ------
    TypeError
        If a setting is not a boolean.

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805; the rules are those of the published code, ``tokenization.py``.

    Notes
    -----
    Where the published Python code and the library ``tokenizers`` differ, this follows the library:
    code points that Unicode has not assigned stay, a sigma at a word's end stays σ, and a text whose
    accents are kept is not composed (NFC).
    """

    lowercase: bool = True
    strip_accents: bool | None = None
    space_chinese: bool = True

    def __post_init__(self) -> None:
        for name in ("lowercase", "strip_accents", "space_chinese"):
            value = getattr(self, name)
            if not isinstance(value, bool) and not (name == "strip_accents" and value is None):
                raise TypeError(f"{name} must be True or False; got {value!r} ({type(value).__name__})")

    @property
    def strips_accents(self) -> bool:
        """Whether accents go: ``strip_accents`` if it is set, else ``lowercase``."""
        return self.lowercase if self.strip_accents is None else self.strip_accents


class _Characters(dict[int, str]):
    """What each code point becomes, worked out when it is first met: a table for ``str.translate``.

    Blanks stand around what is a word of its own. ``movable`` collects the characters that leave a
    mark which its neighbours may have to change places with: there are a few dozen in all scripts.
    """

    def __init__(self, cleaning: Cleaning) -> None:
        self.cleaning = cleaning
        self.movable: set[str] = set()

    def __missing__(self, code_point: int) -> str:
        self[code_point] = result = self._clean(chr(code_point))
        if self.cleaning.strips_accents and any(map(unicodedata.combining, result)):
            self.movable.add(chr(code_point))
        return result

    def _clean(self, character: str) -> str:
        if character in WHITESPACE:
            return _BLANK
        if character == "\ufffd" or unicodedata.category(character) in _DROPPED:
            return ""
        alone = self.cleaning.space_chinese and _is_chinese(character)
        if self.cleaning.strips_accents:
            decomposed = unicodedata.normalize("NFD", character)
            character = "".join(mark for mark in decomposed if unicodedata.category(mark) != "Mn")
        if self.cleaning.lowercase:
            character = "".join(map(str.lower, character))
        return "".join(f" {one} " if alone or _is_punctuation(one) else one for one in character)


def _is_chinese(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in CHINESE_RANGES)


def _is_punctuation(character: str) -> bool:
    return character in _ASCII_PUNCTUATION or unicodedata.category(character).startswith("P")


@functools.cache
def _characters(cleaning: Cleaning) -> _Characters:
    return _Characters(cleaning)


def clean_words(text: str, cleaning: Cleaning) -> list[str]:
    r"""Cut a text into clean words.

    Parameters
    ----------
    text : str
        Anything.
    cleaning : Cleaning
        The rules.

    Returns
    -------
    list of str
        Words and punctuation marks in order, none of them empty.

    Examples
    --------
    >>> clean_words("Naïve\tcafé: 東京!", Cleaning())
    ['naive', 'cafe', ':', '東', '京', '!']
    >>> clean_words("Naïve", Cleaning(lowercase=False))
    ['Naïve']
    """
    table = _characters(cleaning)
    clean = text.translate(table)
    if table.movable and not table.movable.isdisjoint(text):
        return [word for word, _ in locate_words(text, cleaning)]
    return clean.split()


def locate_words(text: str, cleaning: Cleaning) -> list[tuple[str, tuple[int, ...]]]:
    """Cut a text into clean words, and say where in the text each of their characters comes from.

    Parameters
    ----------
    text, cleaning
        As in :func:`clean_words`.

    Returns
    -------
    list of (str, tuple of int)
        The words of :func:`clean_words`; with each, one position in ``text`` per character.

    Examples
    --------
    >>> locate_words("À la", Cleaning())
    [('a', (0,)), ('la', (2, 3))]
    """
    table = _characters(cleaning)
    words: list[tuple[str, tuple[int, ...]]] = []
    word: list[tuple[str, int]] = []
    for position, character in enumerate(text):
        for one in table[ord(character)]:
            if one != _BLANK:
                word.append((one, position))
            elif word:
                words.append(_finished(word, cleaning))
                word = []
    if word:
        words.append(_finished(word, cleaning))
    return words


def _finished(word: Sequence[tuple[str, int]], cleaning: Cleaning) -> tuple[str, tuple[int, ...]]:
    if cleaning.strips_accents:
        word = _canonical_order(word)
    return "".join(character for character, _ in word), tuple(position for _, position in word)


def _canonical_order(word: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    """Sort neighbouring marks by combining class, as decomposition (NFD) asks: Unicode 3.11, D109."""
    classes = [unicodedata.combining(character) for character, _ in word]
    if not any(classes):
        return word
    starters = 0
    keys = []
    for combining in classes:
        starters += combining == 0
        keys.append((starters, combining))
    return [word[place] for place in sorted(range(len(word)), key=keys.__getitem__)]
