"""From paragraphs to sentences, and which of them are English prose.

The rules are simple and meant to be read; they lose some good sentences. Leaves out sentences that
begin with a small letter, which stay joined to the one before, and those that end in one of the
listed abbreviations, which stay joined to the one after.
"""

import re
from itertools import pairwise

__all__ = ["is_prose", "split_sentences"]

_ABBREVIATIONS = (
    "e.g.", "i.e.", "etc.", "cf.", "vs.", "resp.", "approx.", "Eq.", "eq.", "Fig.", "fig.", "Sec.", "Ref.", "No.",
    "Dr.", "Prof.", "St.", "al.", "a.k.a.", "w.r.t.", "incl.", "ed.", "pp.", "p.", "vol.", "ch.",
)  # fmt: skip
_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(]?[A-Z])")
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_EDGES = "\"'().,;:!?[]"
_FUNCTION_WORDS = frozenset((
    "a", "an", "the", "is", "are", "be", "was", "were", "of", "to", "in", "for", "on", "with", "by", "as", "at",
    "from", "that", "this", "these", "it", "if", "when", "which", "or", "and", "not", "can", "will", "may", "must",
    "should", "has", "have",
))  # fmt: skip


def split_sentences(paragraph: str) -> list[str]:
    """Split where a full stop, question or exclamation mark is followed by a capital letter.

    Parameters
    ----------
    paragraph : str
        Plain text with single spaces.

    Returns
    -------
    list of str
        Its sentences in order; joined by spaces they give the paragraph.
    """
    sentences: list[str] = []
    for part in _split(paragraph):
        if sentences and sentences[-1].split()[-1].lstrip("([\"'") in _ABBREVIATIONS:
            sentences[-1] += f" {part}"
        elif part:
            sentences.append(part)
    return sentences


def _split(paragraph: str) -> list[str]:
    starts = [0, *(match.end() for match in _END.finditer(paragraph)), len(paragraph)]
    return [paragraph[begin:end].strip() for begin, end in pairwise(starts)]


def is_prose(sentence: str) -> bool:
    """Tell whether a sentence reads as English.

    It begins with a capital letter, ends in a full stop, question or exclamation mark, has 4 to 60
    words of which three quarters are letters only, two function words among them or one if it has
    fewer than eight words, and no sign of code or formula.

    Parameters
    ----------
    sentence : str
        Words separated by spaces.

    Returns
    -------
    bool
    """
    words = [word.strip(_EDGES) for word in sentence.split()]
    if not 4 <= len(words) <= 60 or not sentence[0].isupper() or sentence.rstrip("\"')")[-1:] not in (".", "!", "?"):
        return False
    if not sentence.isascii() or re.search(r"[\\{}<>|$=@^~`]|::|//|__|\.\.\.|#", sentence):
        return False
    letters = sum(bool(_WORD.fullmatch(word)) for word in words)
    function = sum(word.lower() in _FUNCTION_WORDS for word in words)
    return 4 * letters >= 3 * len(words) and function >= (2 if len(words) >= 8 else 1)
