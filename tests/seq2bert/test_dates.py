import datetime
import random
from itertools import pairwise

import numpy as np
import pytest
from babel import Locale
from babel.dates import format_date
from matplotlib.font_manager import findfont, get_font

from seq2bert.data import dates
from seq2bert.data.dates import (
    CASES,
    FIRST_DAY,
    FORMS,
    LAST_DAY,
    LOCALES,
    PATTERNS,
    TARGET_FIELDS,
    date_vocabularies,
    encode_pairs,
    load_dates,
    write_date,
)

CHANGE_CASE = {"original": str, "lower": str.lower, "upper": str.upper}


@pytest.fixture(scope="module")
def data():
    return load_dates()


def all_days():
    return [FIRST_DAY + datetime.timedelta(number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]


@pytest.mark.parametrize(
    ("day", "locale", "pattern", "case", "source", "fields"),
    [
        # 0123456789012345678901234567
        # Thursday, September 5, 2024
        (
            datetime.date(2024, 9, 5),
            "en",
            "full",
            "original",
            "Thursday, September 5, 2024",
            {"weekday": (0, 8), "month": (10, 19), "day": (20, 21), "year": (23, 27)},
        ),
        # 5 de mayo de 2021: the day's "5" and the month's "mayo"
        (
            datetime.date(2021, 5, 5),
            "es",
            "long",
            "upper",
            "5 DE MAYO DE 2021",
            {"day": (0, 1), "month": (5, 9), "year": (13, 17)},
        ),
        # the same digits three times: only the order tells them apart
        (
            datetime.date(2011, 11, 11),
            "de",
            "short",
            "lower",
            "11.11.11",
            {"day": (0, 2), "month": (3, 5), "year": (6, 8)},
        ),
        (
            datetime.date(2024, 9, 5),
            "hu",
            "short",
            "original",
            "2024. 09. 05.",
            {"year": (0, 4), "month": (6, 8), "day": (10, 12)},
        ),
        # 30 December 2024 lies in the first week of 2025: the week-year would say 2025
        (
            datetime.date(2024, 12, 30),
            "ru",
            "d MMMM, y",
            "original",
            "30 декабря, 2024",
            {"day": (0, 2), "month": (3, 10), "year": (12, 16)},
        ),
    ],
)
def test_by_hand(day, locale, pattern, case, source, fields):
    pair = write_date(day, locale, pattern, case)
    assert pair.source == source
    assert pair.fields == fields
    assert pair.target == day.isoformat()
    assert (pair.locale, pair.pattern, pair.day) == (locale, pattern, day)


def test_agrees_with_babel():
    generator = random.Random(0)
    days = all_days()
    for locale, pattern in FORMS:
        for case in CASES:
            for day in [*generator.sample(days, 3), FIRST_DAY, LAST_DAY]:
                expected = format_date(day, pattern, locale).replace("\u00a0", " ").replace("\u202f", " ")
                assert write_date(day, locale, pattern, case).source == CHANGE_CASE[case](expected)


def test_fields_are_what_babel_writes_for_each_field(data):
    # the field alone, formatted by Babel, stands where the pair says, whatever else looks like it
    letters_of = {"full": ("EEEE", "cccc"), "EEE d MMM y": ("EEE",)}
    for pair in data.valid:
        assert set(pair.fields) >= {"year", "month", "day"}
        pieces = {name: pair.source[start:stop].lower() for name, (start, stop) in pair.fields.items()}
        assert pieces["year"] in (str(pair.day.year), pair.target[2:4])
        assert int(pieces["day"]) == pair.day.day
        if pieces["month"].isdigit():
            assert int(pieces["month"]) == pair.day.month
        else:
            names = [format_date(pair.day, letters, pair.locale).lower() for letters in ("MMMM", "MMM")]
            assert pieces["month"] in names
        assert ("weekday" in pieces) == (pair.pattern in letters_of)
        if "weekday" in pieces:
            names = [format_date(pair.day, letters, pair.locale).lower() for letters in letters_of[pair.pattern]]
            assert pieces["weekday"] in names


def test_fields_do_not_overlap(data):
    for pair in data.test:
        spans = sorted(pair.fields.values())
        assert all(start < stop for start, stop in spans)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert spans[-1][1] <= len(pair.source)


def test_target_fields_cut_the_iso_date():
    target = write_date(datetime.date(1987, 6, 5), "en", "long").target
    pieces = {name: target[start:stop] for name, (start, stop) in TARGET_FIELDS.items()}
    assert pieces == {"year": "1987", "month": "06", "day": "05"}


def test_every_date_string_has_one_reading():
    # All days, all forms, compared without regard to case, which covers every case: 7.8 million strings.
    # Equal strings have equal hashes; so no day shares a hash with another day.
    for locale, pattern in FORMS:
        for case in CASES:
            pair = write_date(datetime.date(2024, 5, 5), locale, pattern, case)
            assert pair.source.casefold() == write_date(pair.day, locale, pattern, "lower").source.casefold()
    days = all_days()
    rows = [
        {"": 0, "year": d.year - FIRST_DAY.year, "month": d.month - 1, "day": d.day - 1, "weekday": d.weekday()}
        for d in days
    ]
    hashes = []
    for locale, pattern in FORMS:
        parts = [(name, [text.casefold() for text in texts]) for name, texts in dates._parts(locale, pattern, "lower")]
        strings = ["".join([texts[row[name]] for name, texts in parts]) for row in rows]
        assert strings[-1] == write_date(days[-1], locale, pattern, "lower").source.casefold()
        hashes.append(np.fromiter(map(hash, strings), np.int64, len(days)))
    of_day = np.tile(np.arange(len(days)), len(FORMS))
    all_hashes = np.concatenate(hashes)
    order = np.argsort(all_hashes, kind="stable")
    same_string = all_hashes[order][1:] == all_hashes[order][:-1]
    same_day = of_day[order][1:] == of_day[order][:-1]
    assert same_string.sum() > 100_000  # the same date in two locales that write it alike: the check can see equals
    assert not (same_string & ~same_day).any()


def test_dates_with_slashes_are_left_out():
    left_out = {(locale, pattern) for locale in LOCALES for pattern in PATTERNS} - set(FORMS)
    assert left_out == {(locale, "short") for locale in ("en", "en_GB", "fr", "es", "it", "pt")}
    for locale, pattern in left_out:
        assert "/" in Locale.parse(locale).date_formats[pattern].pattern
    for locale, pattern in FORMS:
        assert "/" not in write_date(FIRST_DAY, locale, pattern).source


def test_the_year_is_never_the_year_of_the_week():
    for locale, pattern in FORMS:
        for day in (datetime.date(2024, 12, 30), datetime.date(2027, 1, 1)):  # the week belongs to 2025, to 2026
            pair = write_date(day, locale, pattern)
            start, stop = pair.fields["year"]
            assert pair.source[start:stop] in (str(day.year), str(day.year)[2:])


def test_two_digits_name_one_year():
    assert (LAST_DAY - FIRST_DAY).days + 1 == 36_525  # a hundred years, 25 of them leap years
    assert len({day.year % 100 for day in all_days()}) == 100


def test_no_day_is_in_two_parts(data):
    train, valid, test = ({pair.day for pair in part} for part in (data.train, data.valid, data.test))
    assert not train & valid
    assert not train & test
    assert not valid & test


def test_no_string_of_the_test_set_was_trained_on(data):
    train = {pair.source for pair in data.train}
    assert not any(pair.source in train for pair in (*data.valid, *data.test))


def test_one_day_in_ten_is_held_out():
    # 36,525 days: 3,652 for test, 3,652 for validation, 29,221 to train
    parts = dates._split_days()
    assert {name: len(days) for name, days in parts.items()} == {"train": 29_221, "valid": 3_652, "test": 3_652}
    assert sorted(day for days in parts.values() for day in days) == all_days()


def test_held_out_days_do_not_depend_on_the_seed():
    train = {pair.day for pair in load_dates(n_train=5_000, n_valid=1, n_test=1, seed=0).train}
    test = {pair.day for pair in load_dates(n_train=1, n_valid=1, n_test=5_000, seed=1).test}
    assert not train & test


def test_held_out_days_stay_the_same_for_ever():
    # values from the first run, on purpose: trained models that were saved must never meet their test days
    parts = dates._split_days()
    assert parts["test"][:2] == (datetime.date(1968, 11, 26), datetime.date(1953, 12, 3))
    assert parts["valid"][:2] == (datetime.date(1957, 6, 28), datetime.date(2003, 6, 5))


def test_sizes_are_those_asked_for(data):
    assert (len(data.train), len(data.valid), len(data.test)) == (60_000, 1_000, 1_000)
    small = load_dates(n_train=3, n_valid=2, n_test=1)
    assert (len(small.train), len(small.valid), len(small.test)) == (3, 2, 1)


def test_a_seed_gives_its_pairs_again():
    sizes = {"n_train": 50, "n_valid": 40, "n_test": 30}
    one, same, other = (load_dates(**sizes, seed=seed) for seed in (4, 4, 5))
    assert one == same
    assert one.train != other.train
    assert one.valid != other.valid
    assert one.test != other.test


def test_every_form_and_case_occurs_about_equally_often(data):
    # 60,000 pairs over 214 forms: 280 each, standard deviation 17; over 3 cases: 20,000, standard deviation 115
    forms = [(pair.locale, pair.pattern) for pair in data.train]
    assert set(forms) == set(FORMS)
    counts = np.unique([FORMS.index(form) for form in forms], return_counts=True)[1]
    assert abs(counts - 60_000 / len(FORMS)).max() < 5 * 17
    upper = sum(pair.source.isupper() for pair in data.train if "MMMM" in pair.pattern)
    written = sum("MMMM" in pair.pattern for pair in data.train)
    assert abs(upper / written - 1 / 3) < 0.02


def test_pairs_can_be_put_in_a_set():
    pair = write_date(FIRST_DAY, "en", "long")
    assert {pair, write_date(FIRST_DAY, "en", "long")} == {pair}


def test_no_character_of_the_held_out_pairs_is_unknown(data):
    source, target = date_vocabularies(data)
    for pair in (*data.valid, *data.test):
        assert source.encode(pair.source) == source.encode_lossy(pair.source)
        assert target.encode(pair.target)
    assert target.regular_tokens == tuple("-0123456789")


def test_vocabularies_see_training_data_only():
    data = load_dates(n_train=2, n_valid=200, n_test=200)
    source, target = date_vocabularies(data)
    assert set(source.regular_tokens) == {character for pair in data.train for character in pair.source}
    assert set(target.regular_tokens) == {character for pair in data.train for character in pair.target}


def test_encoded_pairs_decode_to_themselves(data):
    source, target = date_vocabularies(data)
    pairs = data.valid[:20]
    encoded = encode_pairs(pairs, source_vocabulary=source, target_vocabulary=target)
    for pair, (source_ids, target_ids) in zip(pairs, encoded, strict=True):
        assert "".join(source.decode(source_ids)) == pair.source
        assert "".join(target.decode(target_ids)) == pair.target
        assert (len(source_ids), len(target_ids)) == (len(pair.source), 10)  # neither <start> nor <end>


def test_a_character_that_training_lacks_becomes_unknown():
    data = load_dates(n_train=1, n_valid=1, n_test=1)
    _, digits = date_vocabularies(load_dates(n_train=100))
    latin, _ = date_vocabularies(data)
    pair = write_date(FIRST_DAY, "uk", "long")
    source, _ = encode_pairs([pair], source_vocabulary=latin, target_vocabulary=digits)[0]
    assert latin.unknown_id in source


def test_a_character_is_one_token_that_the_figures_can_draw():
    # no combining marks, and nothing that the font of matplotlib lacks
    source, _ = date_vocabularies(load_dates(n_train=20_000))
    drawable = get_font(findfont("DejaVu Sans")).get_charmap()
    for character in source.regular_tokens:
        assert ord(character) in drawable
        assert character == " " or not character.isspace()
        assert len(character.upper()) == len(character.lower()) == 1


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: write_date(datetime.date(1949, 12, 31), "en", "long"),
            "day must be from 1950-01-01 to 2049-12-31, .*; got 1949-12-31",
        ),
        (lambda: write_date(datetime.date(2050, 1, 1), "en", "long"), "got 2050-01-01"),
        (lambda: write_date(FIRST_DAY, "hr", "long"), "locale must be one of 'en', .*; got 'hr'"),
        (lambda: write_date(FIRST_DAY, "en", "d MMM YYY"), "pattern must be one of 'full', .*; got 'd MMM YYY'"),
        (lambda: write_date(FIRST_DAY, "en", "long", "Title"), "case must be one of 'original', .*; got 'Title'"),
        (lambda: write_date(FIRST_DAY, "en", "short"), "'short' of locale 'en' is left out.*has two readings"),
        (lambda: load_dates(n_train=0), "n_train must be from 1 to 18759882 .*; got 0"),
        (lambda: load_dates(n_train=1, n_valid=2_344_585), "n_valid must be from 1 to 2344584 .*; got 2344585"),
        (lambda: load_dates(n_train=1, n_test=-1), "n_test must be from 1 to 2344584 .*; got -1"),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()
