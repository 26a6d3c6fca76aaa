"""Dates as people write them, and the same dates in ISO 8601: the course's running example.

Generated with Babel's CLDR data, so another version of Babel may spell some of them differently.
Leaves out relative dates, eras, words for numbers, native digits, and whatever has two readings:
numeric dates with slashes (03/04/2021 is March in one country and April in another) and locales
such as Croatian (*listopad* is October there and November in Polish). Days before 1950 and after
2049 are left out as well, so that a year of two digits has one reading.
"""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from babel import Locale
from babel.dates import format_date, tokenize_pattern

from seq2bert.vocabulary import Vocabulary

__all__ = [
    "CASES",
    "FIRST_DAY",
    "FORMS",
    "LAST_DAY",
    "LOCALES",
    "PATTERNS",
    "TARGET_FIELDS",
    "DateData",
    "DatePair",
    "date_vocabularies",
    "encode_pairs",
    "load_dates",
    "write_date",
]

FIRST_DAY = datetime.date(1950, 1, 1)
LAST_DAY = datetime.date(2049, 12, 31)  # a hundred years: each year of two digits occurs once

LOCALES = (
    *("en", "en_GB", "de", "nl", "sv", "da", "nb"),
    *("fr", "es", "it", "pt", "ro"),
    *("pl", "cs", "ru", "uk", "lt"),
    *("fi", "et", "hu"),
)

_STANDARD = ("full", "long", "medium", "short")  # CLDR's own for each locale

PATTERNS = (
    *_STANDARD,
    *("d MMM, y", "dd MMM y", "d MMMM, y", "MMMM d y", "MMM dd y", "y MMMM d", "EEE d MMM y"),
)
"""The standard formats of CLDR and ours. ``y`` is the year; ``Y`` would be the year of the week."""

_SLASHED = ("en", "en_GB", "fr", "es", "it", "pt")  # their short dates are numbers and slashes

FORMS = tuple(
    (locale, pattern) for locale in LOCALES for pattern in PATTERNS if not (pattern == "short" and locale in _SLASHED)
)
"""Every (locale, pattern) in the data: all of them except numbers with slashes."""

CASES = ("original", "lower", "upper")

TARGET_FIELDS = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}
"""Where the fields of every target stand: first character, and the one after the last."""

_FIELD_OF_LETTER = {"y": "year", "M": "month", "L": "month", "d": "day", "E": "weekday", "c": "weekday"}

_SPLIT_SEED = 20_140_901  # any number; fixed, so that a model's test days stay unseen whatever the seed
_HELD_OUT = 10  # one day in ten for validation, and as many for test


@dataclass(frozen=True)
class DatePair:
    """A written date and its ISO 8601 form.

    Attributes
    ----------
    source : str
        As written, for example ``"5 de mayo de 2021"``.
    target : str
        ``"YYYY-MM-DD"``. Its fields stand where :data:`TARGET_FIELDS` says.
    locale, pattern : str
        Which of :data:`FORMS` wrote it.
    day : datetime.date
    fields : dict of str to (int, int)
        Where ``year``, ``month``, ``day`` and, if there is one, ``weekday`` stand in the source:
        first character, and the one after the last.
    """

    source: str
    target: str
    locale: str
    pattern: str
    day: datetime.date
    fields: dict[str, tuple[int, int]] = field(hash=False)


@dataclass(frozen=True)
class DateData:
    """Pairs to train on, to choose on and to test on; no day occurs in two of the three."""

    train: tuple[DatePair, ...]
    valid: tuple[DatePair, ...]
    test: tuple[DatePair, ...]


def load_dates(*, n_train: int = 60_000, n_valid: int = 1_000, n_test: int = 1_000, seed: int = 0) -> DateData:
    """Draw pairs at random: a day, a locale, a pattern and a case, each uniformly.

    Of all days from :data:`FIRST_DAY` to :data:`LAST_DAY`, one in ten is for validation only, one
    in ten for test only. Which ones does not depend on ``seed``.

    Parameters
    ----------
    n_train, n_valid, n_test : int
        How many pairs. No combination of day, locale, pattern and case is drawn twice.
    seed : int
        The same seed and the same Babel give the same pairs.

    Returns
    -------
    DateData

    Raises
    ------
    ValueError
        If a number is below 1, or larger than the number of combinations.
    """
    days = _split_days()
    return DateData(
        train=_draw(days["train"], n_train, f"train {seed}", "n_train"),
        valid=_draw(days["valid"], n_valid, f"valid {seed}", "n_valid"),
        test=_draw(days["test"], n_test, f"test {seed}", "n_test"),
    )


def write_date(day: datetime.date, locale: str, pattern: str, case: str = "original") -> DatePair:
    """Write one day in one of the forms of the data.

    Parameters
    ----------
    day : datetime.date
        From :data:`FIRST_DAY` to :data:`LAST_DAY`.
    locale, pattern : str
        One of :data:`FORMS`.
    case : str
        One of :data:`CASES`.

    Returns
    -------
    DatePair

    Raises
    ------
    ValueError
        If an argument is not in the data; the message says what is.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(
            f"day must be from {FIRST_DAY} to {LAST_DAY}, so that a year of two digits has one reading; got {day}"
        )
    for name, value, known in (("locale", locale, LOCALES), ("pattern", pattern, PATTERNS), ("case", case, CASES)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}; got {value!r}")
    if (locale, pattern) not in FORMS:
        raise ValueError(
            f"pattern {pattern!r} of locale {locale!r} is left out: a date of numbers and slashes has two readings"
        )
    return _write(day, locale, pattern, case)


def date_vocabularies(data: DateData) -> tuple[Vocabulary, Vocabulary]:
    """Collect the characters of the training pairs; validation and test are not looked at.

    Returns
    -------
    source, target : Vocabulary
    """
    return (
        Vocabulary.from_sequences(pair.source for pair in data.train),
        Vocabulary.from_sequences(pair.target for pair in data.train),
    )


def encode_pairs(
    pairs: Sequence[DatePair], *, source_vocabulary: Vocabulary, target_vocabulary: Vocabulary
) -> list[tuple[list[int], list[int]]]:
    """Turn pairs into id lists, one id a character, without ``<start>`` and ``<end>``.

    A source character that training never showed becomes ``<unk>``. With the default sizes there
    is none; a training set of a few pairs may lack some.

    Returns
    -------
    list of (list of int, list of int)
        Source and target ids, as :func:`seq2bert.data.batching.make_batch` takes them.
    """
    return [(source_vocabulary.encode_lossy(pair.source), target_vocabulary.encode(pair.target)) for pair in pairs]


@cache
def _split_days() -> dict[str, tuple[datetime.date, ...]]:
    count = (LAST_DAY - FIRST_DAY).days + 1
    days = [FIRST_DAY + datetime.timedelta(number) for number in range(count)]
    random.Random(_SPLIT_SEED).shuffle(days)
    held_out = count // _HELD_OUT
    return {
        "test": tuple(days[:held_out]),
        "valid": tuple(days[held_out : 2 * held_out]),
        "train": tuple(days[2 * held_out :]),
    }


def _draw(days: Sequence[datetime.date], count: int, seed: str, argument: str) -> tuple[DatePair, ...]:
    possible = len(days) * len(FORMS) * len(CASES)
    if not 1 <= count <= possible:
        raise ValueError(
            f"{argument} must be from 1 to {possible} ({len(days)} days × {len(FORMS)} forms × "
            f"{len(CASES)} cases); got {count}"
        )
    pairs = []
    for number in random.Random(seed).sample(range(possible), count):
        number, case = divmod(number, len(CASES))
        day, form = divmod(number, len(FORMS))
        pairs.append(_write(days[day], *FORMS[form], CASES[case]))
    return tuple(pairs)


def _write(day: datetime.date, locale: str, pattern: str, case: str) -> DatePair:
    row = {"": 0, "year": day.year - FIRST_DAY.year, "month": day.month - 1, "day": day.day - 1}
    row["weekday"] = day.weekday()
    source, fields = "", {}
    for name, texts in _parts(locale, pattern, case):
        start = len(source)
        source += texts[row[name]]
        if name:
            fields[name] = (start, len(source))
    return DatePair(source, day.isoformat(), locale, pattern, day, fields)


@cache
def _parts(locale: str, pattern: str, case: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Cut a pattern into fields and the texts between them (name ``""``), each with what it can say.

    Spelling out every year, month, day and weekday once makes a pair a matter of a few look-ups.
    """
    letters = str(Locale.parse(locale).date_formats[pattern]) if pattern in _STANDARD else pattern
    parts: list[tuple[str, tuple[str, ...]]] = []
    for _, value in tokenize_pattern(letters):
        if isinstance(value, str):
            parts.append(("", (_style(value, case),)))
        else:
            letter, width = value  # "MMMM" comes as ("M", 4)
            texts = tuple(_style(text, case) for text in _spell(locale, letter * width))
            parts.append((_FIELD_OF_LETTER[letter], texts))
    return tuple(parts)


@cache
def _spell(locale: str, field_letters: str) -> tuple[str, ...]:
    """Ask Babel for everything that one field can say, in order."""
    days = {
        "year": [datetime.date(year, 1, 1) for year in range(FIRST_DAY.year, LAST_DAY.year + 1)],
        "month": [datetime.date(2000, month, 1) for month in range(1, 13)],
        "day": [datetime.date(2000, 1, day) for day in range(1, 32)],
        "weekday": [datetime.date(2000, 1, 3 + number) for number in range(7)],  # 3 January 2000 was a Monday
    }
    return tuple(format_date(day, field_letters, locale) for day in days[_FIELD_OF_LETTER[field_letters[0]]])


def _style(text: str, case: str) -> str:
    # CLDR has no-break spaces here and there; a reader who types a date types plain ones.
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    if case == "lower":
        return text.lower()
    return text.upper() if case == "upper" else text
