import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2bert.tokenization import Cleaning, clean_words, locate_words
from seq2bert.tokenization.cleaning import WHITESPACE

SETTINGS = [
    Cleaning(lowercase=lowercase, strip_accents=strip, space_chinese=chinese)
    for lowercase in (True, False)
    for strip in (None, True, False)
    for chinese in (True, False)
]


@pytest.mark.parametrize(
    ("text", "uncased", "cased"),
    [
        ("Hello, world!", ["hello", ",", "world", "!"], ["Hello", ",", "world", "!"]),
        ("Élan naïve", ["elan", "naive"], ["Élan", "naïve"]),
        ("a\tb\nc\u00a0d\u2028e\u3000f", list("abcdef"), list("abcdef")),  # every kind of space
        ("a\x00b\u200bc\ufffdd\x0be\ue000f", ["abcdef"], ["abcdef"]),  # NUL, a format character, …: they vanish
        ("don't", ["don", "'", "t"], ["don", "'", "t"]),
        ("x_y $3 «q»", ["x", "_", "y", "$", "3", "«", "q", "»"], ["x", "_", "y", "$", "3", "«", "q", "»"]),
        ("ab東京c", ["ab", "東", "京", "c"], ["ab", "東", "京", "c"]),
        ("ひらがな", ["ひらかな"], ["ひらがな"]),  # the voicing mark of が is an accent
        ("ẞ İ", ["ß", "i"], ["ẞ", "İ"]),
        ("10€", ["10€"], ["10€"]),  # a currency sign that is not ASCII is no punctuation
        ("", [], []),
        (" \t\x00 ", [], []),
    ],
)
def test_by_hand(text, uncased, cased):
    assert clean_words(text, Cleaning()) == uncased
    assert clean_words(text, Cleaning(lowercase=False)) == cased


def test_each_setting_by_hand():
    assert clean_words("Élan 東京", Cleaning(lowercase=True, strip_accents=False)) == ["élan", "東", "京"]
    assert clean_words("Élan 東京", Cleaning(lowercase=False, strip_accents=True)) == ["Elan", "東", "京"]
    assert clean_words("Élan 東京", Cleaning(space_chinese=False)) == ["elan", "東京"]
    assert [setting.strips_accents for setting in (Cleaning(), Cleaning(lowercase=False))] == [True, False]


def test_positions_by_hand():
    # an accented letter is one character and becomes one; letter and accent are two and become one; a Korean
    # syllable is one and becomes its three letters
    assert locate_words("\u00c9 b", Cleaning()) == [("e", (0,)), ("b", (2,))]
    assert locate_words("xe\u0301y", Cleaning()) == [("xey", (0, 1, 3))]
    assert locate_words("\uac01!", Cleaning()) == [("\u1100\u1161\u11a8", (0, 0, 0)), ("!", (1,))]
    assert locate_words("a\x00b", Cleaning()) == [("ab", (0, 2))]
    assert locate_words("東a", Cleaning()) == [("東", (0,)), ("a", (1,))]
    assert locate_words("", Cleaning()) == []


@pytest.mark.parametrize("setting", SETTINGS)
@settings(deadline=None)
@given(text=st.text())
def test_words_hold_no_space_and_are_not_empty(setting, text):
    for word in clean_words(text, setting):
        assert word
        assert not set(word) & set(WHITESPACE)


@pytest.mark.parametrize("setting", SETTINGS)
@settings(deadline=None)
@given(text=st.text())
def test_cleaning_what_is_clean_changes_nothing(setting, text):
    words = clean_words(text, setting)
    assert clean_words(" ".join(words), setting) == words


@pytest.mark.parametrize("setting", SETTINGS)
@settings(deadline=None)
@given(text=st.text(), other=st.text())
def test_texts_are_cleaned_one_by_one(setting, text, other):
    assert clean_words(f"{text} {other}", setting) == clean_words(text, setting) + clean_words(other, setting)


@pytest.mark.parametrize("setting", SETTINGS)
@settings(deadline=None)
@given(text=st.text())
def test_located_words_are_the_clean_words_and_come_from_what_they_say(setting, text):
    located = locate_words(text, setting)
    assert [word for word, _ in located] == clean_words(text, setting)
    for word, positions in located:
        assert set(word) <= set("".join(clean_words("".join(text[position] for position in positions), setting)))


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lowercase": 1}, r"lowercase must be True or False; got 1 \(int\)"),
        ({"lowercase": None}, "lowercase must be True or False; got None"),
        ({"strip_accents": "no"}, "strip_accents must be True or False; got 'no'"),
        ({"space_chinese": 0.0}, "space_chinese must be True or False; got 0.0"),
    ],
)
def test_errors_name_the_problem(settings, message):
    with pytest.raises(TypeError, match=message):
        Cleaning(**settings)
