"""Text of a student's code becomes text that files, databases and pages take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.printable import printable

ANY_TEXT = st.text(st.characters(codec=None))  # halves of characters, too


@given(ANY_TEXT, st.integers(1, 50))
def test_what_comes_can_be_written_and_is_short_enough(text, longest):
    made = printable(text, longest)
    made.encode("utf-8")
    assert len(made) <= longest
    assert all(character.isprintable() or character in "\n\t" or ord(character) > 127 for character in made)
    assert printable(made, longest) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("Ünïcödé, 日本語, עברית, 🦜", "Ünïcödé, 日本語, עברית, 🦜"),
        ("10%\r50%\r\n", "10%\n50%\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x00b\x07", "a\ufffdb\ufffd"),
        ("half \ud83e", "half \ufffd"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),  # it would be read from the right
        ("", ""),
    ],
)
def test_by_hand(text, made):
    assert printable(text, 100) == made


def test_a_long_text_is_cut_and_says_so():
    assert printable("12345", 5) == "12345"
    assert printable("123456", 5) == "1234…"
    assert printable("x" * 10**7, 10) == "x" * 9 + "…"


def test_nothing_cannot_be_kept():
    with pytest.raises(ValueError, match="longest must be positive; got 0"):
        printable("a", 0)
