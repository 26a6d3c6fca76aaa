"""Cleaning against the library tokenizers and the published Python code, on all of Unicode.

Where they differ, and why, stands in unicode_differences.json; every entry is checked, and nothing else may differ.
"""

import functools
import json
import random
import sys
import unicodedata
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

import pytest
from tokenizers import BertWordPieceTokenizer, normalizers, pre_tokenizers
from transformers import BertTokenizer
from transformers.models.bert.tokenization_bert_legacy import BasicTokenizer

from seq2bert.tokenization import Cleaning, PieceVocabulary, WordPiece, clean_words, locate_words

pytestmark = pytest.mark.without_shapes

DIFFERENCES = json.loads(Path(__file__).with_name("unicode_differences.json").read_text(encoding="utf-8"))
MODES = {"uncased": Cleaning(lowercase=True), "cased": Cleaning(lowercase=False)}
SURROGATES = range(0xD800, 0xE000)  # no text of the library can hold one
EVERY_CODE_POINT = [point for point in range(sys.maxunicode + 1) if point not in SURROGATES]


def code_points(ranges):
    """The set that "61d 2e43-2e4f" stands for."""
    found = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def listed(mode):
    return set().union(
        *(code_points(group["code_points"]) for group in DIFFERENCES["groups"] if mode in group["modes"])
    )


def newer():
    """What this Python may know and the list does not: nothing, with the Unicode that the list was made for."""
    if unicodedata.unidata_version == DIFFERENCES["unicode"]:
        return set()
    return code_points(DIFFERENCES["unassigned"]["code_points"])


@functools.cache
def library_words(mode):
    normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=MODES[mode].lowercase
    )
    split = pre_tokenizers.BertPreTokenizer()
    return lambda text: [word for word, _ in split.pre_tokenize_str(normalizer.normalize_str(text))]


def differing(mode, points, theirs):
    """The code points that change a text in which each stands between two letters."""
    found = set()
    for begin in range(0, len(points), 512):
        block = points[begin : begin + 512]
        texts = [f"a{chr(point)}b" for point in block]
        if clean_words(" ".join(texts), MODES[mode]) != theirs(" ".join(texts)):
            found.update(
                point
                for point, text in zip(block, texts, strict=True)
                if clean_words(text, MODES[mode]) != theirs(text)
            )
    return found


@pytest.mark.parametrize("mode", MODES)
def test_exactly_the_listed_code_points_differ_from_the_library(mode):
    found = differing(mode, EVERY_CODE_POINT, library_words(mode))
    expected = listed(mode)
    assert [f"{point:x}" for point in sorted(found - expected - newer())] == []
    assert [f"{point:x}" for point in sorted(expected - found - newer())] == []  # listed, and no longer different


def test_the_reasons_name_the_kind_of_character_and_no_code_point_has_two():
    for mode in MODES:
        groups = [code_points(group["code_points"]) for group in DIFFERENCES["groups"] if mode in group["modes"]]
        assert sum(map(len, groups)) == len(listed(mode))
    for group in DIFFERENCES["groups"]:
        points = code_points(group["code_points"])
        assert len(points) == group["count"], group["reason"]
        strange = [
            point for point in points - newer() if not unicodedata.category(chr(point)).startswith(group["category"])
        ]
        assert strange == [], group["reason"]


def spacing_marks():
    """Marks that are not stripped and that canonical order may move."""
    return [
        point
        for point in EVERY_CODE_POINT
        if unicodedata.combining(chr(point)) and unicodedata.category(chr(point)) != "Mn"
    ]


def test_exactly_the_listed_marks_are_ordered_otherwise_than_in_the_library():
    words = library_words("uncased")
    marks = [point for point in spacing_marks() if point not in listed("uncased")]
    assert len(marks) > 20
    trusted = [point for point in marks if point not in code_points(DIFFERENCES["order"]["code_points"])]
    found = set()
    for mark in marks:
        texts = [text for other in trusted for text in (f"a{chr(mark)}{chr(other)}", f"a{chr(other)}{chr(mark)}")]
        if any(clean_words(text, MODES["uncased"]) != words(text) for text in texts):
            found.add(mark)
    assert found - newer() == code_points(DIFFERENCES["order"]["code_points"])


def test_marks_take_the_order_that_unicode_gives_them():
    for first in spacing_marks():
        for second in spacing_marks():
            text = f"a{chr(first)}{chr(second)}"
            assert clean_words(text, MODES["uncased"]) == [unicodedata.normalize("NFD", text)]


@functools.cache
def pools():
    """Five sorts of code points to draw from, each with the weights of its members."""
    members = defaultdict(list)
    for point in EVERY_CODE_POINT:
        members[unicodedata.category(chr(point))].append(point)
    marks = [point for point in EVERY_CODE_POINT if unicodedata.combining(chr(point))]
    any_category = [(point, 1 / len(points)) for points in members.values() for point in points]
    sorts = (
        [(point, 1) for point in EVERY_CODE_POINT],
        any_category,
        [(point, 1) for point in range(0x20, 0x500)] + [(point, 10) for point in range(0x20, 0x7F)],
        [(point, 1 / len(marks)) for point in marks] + [(point, 0.05) for point in spacing_marks()] + [(0xE9, 1)],
        [(point, 5) for point in range(0x41, 0x7B)] + [(point, 1) for point in range(0x21, 0x180)] + [(0x20, 90)],
    )
    return [([point for point, _ in sort], list(accumulate(weight for _, weight in sort))) for sort in sorts]


@functools.cache
def random_texts(count, *, seed):
    """Random strings of any code points, any categories, the first 1,280, marks, and near-English; 1 to 24 long."""
    draw = random.Random(seed)
    texts = []
    for points, weights in pools():
        for _ in range(count // len(pools())):
            texts.append("".join(map(chr, draw.choices(points, cum_weights=weights, k=draw.randint(1, 24)))))
    return texts


def without(points, texts):
    """The texts with a blank in the place of some code points."""
    table = dict.fromkeys(points, " ")
    return [text.translate(table) for text in texts]


@pytest.mark.without_shapes
@pytest.mark.parametrize("mode", MODES)
def test_100_000_random_strings_give_the_words_of_the_library(mode):
    words, cleaning = library_words(mode), MODES[mode]
    avoid = listed(mode) | newer() | code_points(DIFFERENCES["order"]["code_points"])
    texts = without(avoid, random_texts(100_000, seed=1))
    assert len(texts) == 100_000
    different = [text for text in texts if clean_words(text, cleaning) != words(text)]
    assert list(map(ascii, different[:5])) == []


@pytest.mark.parametrize("mode", MODES)
def test_located_words_are_the_clean_words(mode):
    for text in random_texts(5_000, seed=2):
        located = locate_words(text, MODES[mode])
        assert [word for word, _ in located] == clean_words(text, MODES[mode])
        for word, positions in located:
            assert len(word) == len(positions)
            for character, position in zip(word, positions, strict=True):  # each comes from where it says
                assert character in clean_words(f"a{text[position]}", MODES[mode])[-1]


@pytest.mark.parametrize("mode", MODES)
def test_words_are_those_of_the_published_python_code_but_for_three_rules(mode):
    # It drops what is unassigned, lower-cases a sigma at a word's end to ς, and composes (NFC) what keeps its accents.
    published = BasicTokenizer(do_lower_case=MODES[mode].lowercase)
    unassigned = {point for point in EVERY_CODE_POINT if unicodedata.category(chr(point)) == "Cn"}
    compared = 0
    for text in without(unassigned | {ord("Σ")}, random_texts(100_000, seed=1)[::4]):
        kept = "".join(character for character in text if unicodedata.category(character)[0] != "C")
        if mode == "uncased" or unicodedata.is_normalized("NFC", kept):
            compared += 1
            assert clean_words(text, MODES[mode]) == published.tokenize(text), ascii(text)
    assert compared > 15_000


def test_the_three_rules_by_hand():
    legacy = BasicTokenizer(do_lower_case=True)
    for text, here, there in (
        ("ΟΔΟΣ", "οδοσ", "οδος"),
        ("a\u0378b", "a\u0378b", "ab"),
    ):
        assert clean_words(text, Cleaning()) == library_words("uncased")(text) == [here]
        assert legacy.tokenize(text) == [there]
    text, cased = "e\u0301", BasicTokenizer(do_lower_case=False)
    assert clean_words(text, MODES["cased"]) == library_words("cased")(text) == ["e\u0301"]
    assert cased.tokenize(text) == ["\u00e9"]


def test_the_published_code_differs_in_unassigned_code_points_only():
    published = BasicTokenizer(do_lower_case=True).tokenize
    unassigned = [point for point in EVERY_CODE_POINT if unicodedata.category(chr(point)) == "Cn"]
    assigned = sorted(set(EVERY_CODE_POINT) - set(unassigned) - {ord("Σ")})
    assert differing("uncased", assigned, published) == set()
    assert set(published("".join(map(chr, unassigned)) + "ab")) == {"ab"}
    some = "".join(map(chr, unassigned[::1000]))
    assert clean_words(some, Cleaning()) == library_words("uncased")(some) == [some]


def keeps_its_order(text):
    """Whether no mark of a text changes places when the text is decomposed."""
    kept = "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cf", "Co"))
    apart = "".join(unicodedata.normalize("NFD", character) for character in kept)
    return apart == unicodedata.normalize("NFD", kept)


@pytest.mark.without_shapes
@pytest.mark.parametrize("mode", MODES)
def test_100_000_random_strings_give_the_ids_and_offsets_of_bert_tokenizer(mode, tmp_path):
    texts = without(
        listed(mode) | newer() | code_points(DIFFERENCES["order"]["code_points"]), random_texts(100_000, seed=1)
    )
    ours = WordPiece.train(texts[::3], 6000, lowercase=MODES[mode].lowercase, alphabet_limit=1500)
    ours.save(tmp_path)
    theirs = BertTokenizer.from_pretrained(tmp_path)
    assert len(theirs) == len(ours.vocabulary)
    known = ordered = 0
    for text, other in zip(texts, theirs.backend_tokenizer.encode_batch(texts), strict=True):
        encoding = ours.encode(text)
        assert encoding.ids == tuple(other.ids), ascii(text)
        assert ours.ids(text) == other.ids[1:-1], ascii(text)
        if keeps_its_order(text) or mode == "cased":  # the next test says why
            assert encoding.offsets == tuple(other.offsets), ascii(text)
            ordered += 1
        known += len(set(other.ids) - ours.vocabulary.special_ids)
    assert known > len(texts)
    assert ordered > 0.75 * len(texts)


def test_a_mark_that_changes_places_keeps_its_offset():
    # U+11235 goes before U+05C1, which is then stripped; the library gives it the offset of the place it went to
    text = "\u05c1\U00011235"
    tokenizer = WordPiece(PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, "\U00011235"]))
    theirs = BertWordPieceTokenizer({piece: index for index, piece in enumerate(tokenizer.vocabulary.pieces)})
    assert tokenizer.encode(text).ids == tuple(theirs.encode(text).ids)
    assert tokenizer.encode(text).offsets == ((0, 0), (1, 2), (0, 0))
    assert theirs.encode(text).offsets == [(0, 0), (0, 1), (0, 0)]
