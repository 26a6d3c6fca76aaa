"""Sentences: where a paragraph is cut, what counts as English, what counts as said before."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2bert.data.prose import (
    LARGEST_SHARE_SEEN,
    WORDS_IN_A_RUN,
    NearDuplicates,
    is_prose,
    runs_of_words,
    share_seen,
    split_sentences,
)


@pytest.mark.parametrize(
    ("paragraph", "sentences"),
    [
        ("", []),
        ("One.", ["One."]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said "One." Then two.', ['He said "One."', "Then two."]),
        ('(One.) "Two." Three.', ["(One.)", '"Two."', "Three."]),
        ("Version 3.5 is. x is small. Then.", ["Version 3.5 is. x is small.", "Then."]),
        ("As Smith et al. Say so. Done.", ["As Smith et al. Say so.", "Done."]),
        ("Many (e.g. Paris) exist. See Fig. A for i.e. B.", ["Many (e.g. Paris) exist.", "See Fig. A for i.e. B."]),
        ("Use a, b, etc. Dr. No said so. End.", ["Use a, b, etc. Dr. No said so.", "End."]),
        ("It is over... Then more.", ["It is over...", "Then more."]),
    ],
)
def test_sentences_by_hand(paragraph, sentences):
    assert split_sentences(paragraph) == sentences


@given(st.lists(st.sampled_from(["A", "b", "B.", "e.g.", "(i.e.", 'x."', "No!", "Why?)", "3.5", "Fig.", "'Q", "..."])))
def test_joined_by_spaces_they_give_the_paragraph(words):
    paragraph = " ".join(words)
    sentences = split_sentences(paragraph)
    assert " ".join(sentences) == paragraph
    assert all(sentence == sentence.strip() != "" for sentence in sentences)


@given(st.text().map(lambda text: " ".join(text.split())))
def test_the_same_of_any_text(paragraph):
    assert " ".join(split_sentences(paragraph)) == paragraph


GOOD = "The number of rows is the length of the list."


@pytest.mark.parametrize(
    "sentence",
    [
        GOOD,
        GOOD[:-1] + "!",
        GOOD[:-1] + "?",
        GOOD[:-1] + '."',
        "It is not empty.",  # four words, one of them a function word would do
        "Return five small numbers, and stop.",
        "It doesn't hold well-known user's words.",
        "The " + "very " * 57 + "of it.",  # 60 words
    ],
)
def test_prose_by_hand(sentence):
    assert is_prose(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Is it so?",  # three words
        "The " + "very " * 58 + "of it.",  # 61 words
        "the number of rows is the length of the list.",
        GOOD[:-1],
        GOOD[:-1] + ":",
        GOOD.replace("rows", "rôws"),
        *(
            GOOD.replace("rows", f"row{sign}s")
            for sign in ("\\", "{", "}", "<", ">", "|", "$", "=", "@", "^", "~", "`", "#")
        ),
        *(GOOD.replace("rows", f"row{sign}s") for sign in ("::", "//", "__", "...")),
        "Return five small numbers again.",  # no function word
        "Return eight small numbers very quickly, never the same.",  # 9 words, one function word
        "It is 1 2 3.",  # two of five words are letters
    ],
)
def test_no_prose_by_hand(sentence):
    assert not is_prose(sentence)


def test_three_quarters_of_the_words_are_letters_only():
    assert is_prose("The number is x1.")  # 3 of 4
    assert not is_prose("The x2 is x1.")


def test_function_words_that_a_longer_sentence_needs():
    assert is_prose("Seven words need one of those here.")
    assert not is_prose("Eight words here need two of those now.")
    assert is_prose("Eight words here need two of the others.")


def test_runs_by_hand():
    assert WORDS_IN_A_RUN == 5
    six = runs_of_words("One two three four five six.")  # words 1–5 and 2–6
    assert len(six) == 2
    assert six[:1] == runs_of_words("one, TWO three (four) five 5")
    assert six[1:] == runs_of_words("two three four five six")
    assert len(set(six) | set(runs_of_words("five four three two one"))) == 3
    assert len(runs_of_words("One two.")) == len(runs_of_words("12 34")) == 1
    assert runs_of_words("ab c") != runs_of_words("a bc")


def test_runs_are_equal_in_another_process():
    code = "from seq2bert.data.prose import runs_of_words; print(runs_of_words('one two three four five six'))"
    for seed in ("0", "1"):
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        )
        assert answer.stdout.strip() == str(runs_of_words("One two three four five six.")), answer.stderr


def test_near_duplicates_by_hand():
    """Six of the eight words of the second stand in the first: runs 1 and 2 of its four, half, so it is kept."""
    known = NearDuplicates()
    assert LARGEST_SHARE_SEEN == 0.5
    assert known.keep(["a b c d e f", "a b c d e f g h"]) == ["a b c d e f", "a b c d e f g h"]
    assert known.keep(["a b c d e f g"]) == []  # runs 1, 2 and 3 are known
    assert known.keep(["a b c d e x", "A, b, c! D e 7."]) == ["a b c d e x"]  # one of two; one of one
    assert known.keep(["x y", "x y", "x y z"]) == ["x y", "x y z"]


def test_what_was_left_out_is_not_remembered():
    known = NearDuplicates()
    known.keep(["a b c d e f g h"])
    assert known.keep(["a b c d e f g h x"]) == []  # four of five
    assert known.keep(["e f g h x"]) == ["e f g h x"]


def test_share_by_hand():
    assert share_seen("a b c d e f", set(runs_of_words("a b c d e"))) == 0.5
    assert share_seen("a b c d e f", set()) == 0
    assert share_seen("a b", {*runs_of_words("A b."), 5}) == 1


def test_a_short_sentence_may_stand_whole_in_a_longer_one_that_follows():
    """What the rule does not see; the other way round it does."""
    short, long = "a b c d e", "a b c d e f g h i j"
    assert NearDuplicates().keep([short, long]) == [short, long]
    assert NearDuplicates().keep([long, short]) == [long]


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=9).map(" ".join), max_size=12))
def test_every_kept_sentence_was_new_when_it_came_and_every_other_was_not(sentences):
    kept = NearDuplicates().keep(sentences)
    seen: set[int] = set()
    expected = []
    for sentence in sentences:
        if sum(run in seen for run in runs_of_words(sentence)) * 2 <= len(runs_of_words(sentence)):
            seen |= set(runs_of_words(sentence))
            expected.append(sentence)
    assert kept == expected
