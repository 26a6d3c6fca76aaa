"""From pieces that stand apart to text as people write it: a few rules of thumb for English.

The original spacing is gone once a text is cut; where the text is at hand, use the offsets instead.
"""

import re

__all__ = ["detokenize"]

_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r" ([.,;:!?%)\]}…])", r"\1"),  # closes what stands before it
        (r"([(\[{]) ", r"\1"),  # opens what comes after it
        (r"(?<=\w) ?(['’]) ?(s|t|d|m|ll|re|ve)\b", r"\1\2"),  # it's, don't
        (r"(?<=\w) ([-–/_]) (?=\w)", r"\1"),  # two-sided, either/or, snake_case
        (r"(?<=\d)([.,:]) (?=\d)", r"\1"),  # 3.14 and 10:30; the rule above has joined the left side
        (r'"\s*([^"]*?)\s*"', r'"\1"'),  # quotation marks in pairs
    )
)


def detokenize(text: str) -> str:
    """Put blanks where English has them.

    Parameters
    ----------
    text : str
        Words and punctuation marks with a blank between all of them, as ``decode`` gives them.

    Returns
    -------
    str

    Examples
    --------
    >>> detokenize("it ' s a well - known fact ( see 3 . 14 ) , isn ' t it ?")
    "it's a well-known fact (see 3.14), isn't it?"
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
