"""Folder names for students and file names for what they hand in: any text, safe, and none mistaken for another."""

import os
import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classroom.receive import folder_name, id_of_folder
from classroom.receive.names import LONGEST, printable, stored_name

HOSTILE = [
    "Ö'Brien, Zoë (late)",
    '=HYPERLINK("http://x")',
    "..",
    ".",
    ".hidden",
    "-rf",
    "CON",
    "con.ipynb",
    "nul",
    "LPT1.txt",
    "a/b",
    "a\\b",
    "C:x",
    "two\nlines",
    "\0",
    "tab\t",
    "ends with a space ",
    "ends with a dot.",
    " ",
    "a+b",
    "😀",
    "שלום",
    "\u202ecod",
    "．．／",
    "e\u0301",
    "$(rm -rf ~)",
    "`x`",
    "<script>alert(1)</script>",
    "%2e%2e%2f",
    "=2E=2E",
    "\ud800",
    "Zo\udceb",
    "'; DROP TABLE student; --",
]
anything = st.text(st.characters(), min_size=1, max_size=16)


def check_folder(name):
    assert len(name.encode()) <= LONGEST
    assert re.fullmatch(r"[\w\-.@, =]+", name)  # nothing that a shell, a path, HTML or a spreadsheet's formula needs
    assert not name.startswith((".", "-", " ", ","))
    assert not name.endswith((".", " "))
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", name)
    assert "+" not in name  # nbgrader's own separator
    assert unicodedata.normalize("NFC", name) == name


@pytest.mark.parametrize("student", HOSTILE)
def test_a_hostile_id_becomes_a_plain_folder_and_comes_back(student):
    check_folder(folder_name(student))
    assert id_of_folder(folder_name(student)) == student


@settings(max_examples=400, deadline=None, derandomize=True)
@given(anything, anything)
@example("a=2E", "a.")
@example("é", "e\u0301")
@example("CON", "=43ON")
def test_every_id_has_a_folder_of_its_own(one, two):
    for student in (one, two):
        check_folder(folder_name(student))
        assert id_of_folder(folder_name(student)) == student
    assert (folder_name(one) == folder_name(two)) == (one == two)


@pytest.mark.parametrize("student", ["ann", "s1234567", "ann.lee@example.org", "Lee, Ann", "Strauss", "Łukasz", "李雷"])
def test_plain_ids_stay_as_they_are(student):
    assert folder_name(student) == student


def test_letters_that_fold_to_two_are_escaped():  # else Strauß and Strauss would be one folder on some systems
    assert folder_name("Strauß").casefold() != folder_name("Strauss").casefold()


def test_empty_and_long_ids_are_refused():
    with pytest.raises(ValueError, match="empty"):
        folder_name("")
    assert folder_name("a" * LONGEST) == "a" * LONGEST
    with pytest.raises(ValueError, match="too long"):
        folder_name("a" * (LONGEST + 1))
    with pytest.raises(ValueError, match="too long"):
        folder_name("😀" * 20)


@pytest.mark.parametrize("name", ["=41nn", "..", "a b ", "=FF", "=2e", "a+b", "é".encode().decode("latin-1") + "\x80"])
def test_a_folder_that_no_student_has_is_refused(name):
    with pytest.raises(ValueError):
        id_of_folder(name)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=300)), min_size=1, max_size=6))
def test_files_beside_each_other_have_different_safe_names(originals):
    taken = set()
    names = [stored_name(original, taken) for original in originals]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"[\w.@ -]+", name)
        assert not name.startswith((".", "-"))
        assert name == name.strip()
        assert not name.endswith(".")
        assert os.path.basename(name) == name
        assert len(name.encode()) <= 255
        assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", name)
        assert name.casefold() != "receipt.json"


def test_a_file_cannot_take_the_place_of_the_receipt():
    taken = set()
    assert {stored_name("receipt.json", taken), stored_name("RECEIPT.JSON", taken)}.isdisjoint({"receipt.json"})


def test_an_ordinary_file_keeps_its_name():
    assert stored_name("e02-attention (1).ipynb", set()) == "e02-attention _1_.ipynb"
    assert stored_name("notes", set()) == "notes"


def test_what_is_shown_neither_moves_the_cursor_nor_turns_the_writing():
    assert printable("a\x1b[31m\n\u202eb\u2028\ud800") == r"a\x1b[31m\n\u202eb\u2028\ud800"
    assert printable("Zoë שלום 😀 می‌خواهم") == "Zoë שלום 😀 می‌خواهم"
