"""WordPiece by hand, by its laws, and on all the prose against tokenizers and BertTokenizer."""

import doctest
import functools
import importlib
import pkgutil
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer, decoders
from transformers import BertTokenizer

import seq2bert.tokenization
from seq2bert.data.prose import load_prose
from seq2bert.tokenization import Cleaning, Located, PieceVocabulary, WordPiece, subwords

SPECIAL = PieceVocabulary.SPECIAL_TOKENS


def small(*pieces, **cleaning):
    return WordPiece(PieceVocabulary([*SPECIAL, *pieces]), Cleaning(**cleaning))


@functools.cache
def sentences(part):
    return [sentence for document in getattr(load_prose(), part) for sentence in document.sentences]


@functools.cache
def trained(lowercase):
    """Learned from the smallest part of the prose, and without its rarer characters: much is unknown."""
    return WordPiece.train(sentences("test"), 2500, lowercase=lowercase, alphabet_limit=45)


# ── by hand ──


def test_the_longest_piece_wins_by_hand():
    tokenizer = small("un", "una", "##aff", "##ffa", "##able", "##ble", "##a")
    assert tokenizer.cut("unaffable") == [
        ("una", 3),
        ("##ffa", 3),
        ("##ble", 3),
    ]  # not un ##aff ##able: no looking ahead
    assert tokenizer.cut("unable") == [("una", 3), ("##ble", 3)]
    assert tokenizer.cut("unz") == [("[UNK]", 3)]  # un fits, z does not: all of the word is lost
    assert tokenizer.cut("able") == [("[UNK]", 4)]  # ##able continues a word and does not begin one
    assert small("abcdefgh").cut("abcdefgh") == [("abcdefgh", 8)]  # however long the longest piece is
    assert small("##un", "un").cut("unun") == [("un", 2), ("##un", 2)]


def test_ids_and_tokens_by_hand():
    tokenizer = small("jim", "hen", "##son", "?")  # 5 6 7 8
    assert tokenizer.tokenize("Jim Henson?") == ["jim", "hen", "##son", "?"]
    assert tokenizer.ids("Jim Henson?") == [5, 6, 7, 8]
    assert tokenizer.ids("  \n") == []
    assert tokenizer.ids("[MASK] Henson [mask]?") == [4, 6, 7, 1, 1, 1, 8]  # a special token is written in capitals
    assert small("Jim", lowercase=False).tokenize("Jim jim") == ["Jim", "[UNK]"]


def test_a_word_of_more_than_100_characters_is_unknown():
    tokenizer = small("a", "##a")
    assert tokenizer.tokenize("a" * 100) == ["a"] + ["##a"] * 99
    assert tokenizer.tokenize("a" * 101) == ["[UNK]"]
    assert tokenizer.tokenize("é" * 100) == ["[UNK]"]  # e is no piece; but it is 100 characters after cleaning, not 200
    assert tokenizer.tokenize("á" * 100) == ["a"] + ["##a"] * 99


def test_special_ids_are_those_of_the_vocabulary():
    pieces = ["a", "[SEP]", "b", "[MASK]", "[UNK]", "[CLS]", "[PAD]"]
    tokenizer = WordPiece(PieceVocabulary(pieces))
    assert tokenizer.encode("a x [MASK]", "b").ids == (5, 0, 4, 3, 1, 2, 1)
    assert tokenizer.encode_batch(["a", "a b"]).ids == [[5, 0, 1, 6], [5, 0, 2, 1]]


def test_encoding_a_pair_by_hand():
    encoding = small("who", "jim", "hen", "##son", "?").encode("Who?", "Jim Henson")
    assert encoding.tokens == ("[CLS]", "who", "?", "[SEP]", "jim", "hen", "##son", "[SEP]")
    assert encoding.ids == (2, 5, 9, 3, 6, 7, 8, 3)
    assert encoding.segments == (0, 0, 0, 0, 1, 1, 1, 1)
    assert encoding.offsets == ((0, 0), (0, 3), (3, 4), (0, 0), (0, 3), (4, 7), (7, 10), (0, 0))
    assert encoding.words == (None, 0, 1, None, 0, 1, 1, None)
    assert len(encoding) == 8
    single = small("who").encode("Who")
    assert (single.tokens, single.segments) == (("[CLS]", "who", "[SEP]"), (0, 0, 0))
    assert small("a").encode("").tokens == ("[CLS]", "[SEP]")


def test_offsets_reach_into_the_text_before_cleaning():
    tokenizer = small("cafe", "##s", "n", "##o")
    text = "\u200bCa\u200bfés\x00 N\u0303o [MASK]"
    located = tokenizer.locate(text)
    assert [(one.piece, text[one.start : one.end]) for one in located] == [
        ("cafe", "Ca\u200bfé"),  # all from its first character to its last
        ("##s", "s"),
        ("n", "N"),
        ("##o", "o"),
        ("[MASK]", "[MASK]"),
    ]
    assert [one.word for one in located] == [0, 0, 1, 1, 2]
    assert tokenizer.locate("xx")[0] == Located("[UNK]", 0, 2, 0)


def test_decoding_by_hand():
    tokenizer = small("jim", "hen", "##son", "?")
    ids = tokenizer.encode("Jim Henson?", "[MASK]").ids
    assert tokenizer.decode(ids) == "jim henson ?"
    assert tokenizer.decode(ids, keep_special=True) == "[CLS] jim henson ? [SEP] [MASK] [SEP]"
    assert tokenizer.decode([7, 5]) == "##son jim"
    assert tokenizer.decode([]) == ""


def test_pieces_that_continue_a_word():
    tokenizer = small("a", "##b", "##", "#", "b")
    assert tokenizer.continuation_ids == {6}


@pytest.mark.without_shapes
def test_training_puts_special_tokens_first():
    tokenizer = WordPiece.train(["Ab ab abc"], 12)
    assert tokenizer.vocabulary.pieces == (*SPECIAL, "a", "b", "c", "##b", "##c", "ab")
    assert tokenizer.cleaning == Cleaning(lowercase=True)
    assert WordPiece.train(["Ab Ab"], 20, lowercase=False).vocabulary.pieces == (*SPECIAL, "A", "b", "##b", "Ab")
    assert len(WordPiece.train(sentences("test"), 2000).vocabulary) == 2000


# ── laws ──


@pytest.mark.without_shapes
@settings(deadline=None)
@given(text=st.text())
@pytest.mark.parametrize("lowercase", [True, False])
def test_the_three_ways_to_cut_agree(lowercase, text):
    tokenizer = trained(lowercase)
    ids, located, encoding = tokenizer.ids(text), tokenizer.locate(text), tokenizer.encode(text)
    assert tokenizer.vocabulary.encode(one.piece for one in located) == ids
    assert list(encoding.ids[1:-1]) == ids
    assert list(encoding.offsets[1:-1]) == [(one.start, one.end) for one in located]
    assert tokenizer.tokenize(text) == list(encoding.tokens[1:-1])


@pytest.mark.without_shapes
@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(max_codepoint=0x250)))
def test_decoding_undoes_encoding_where_nothing_is_unknown(text):
    tokenizer = trained(True)
    words = [word for word, _ in subwords.locate_words(text, tokenizer.cleaning)]
    known = [word for word in words if tokenizer.cut(word)[0][0] != "[UNK]"]
    assert tokenizer.decode(tokenizer.ids(" ".join(known))) == " ".join(known)


@pytest.mark.without_shapes
def test_offsets_follow_one_another():
    for sentence in sentences("validation")[:2000]:
        ends = [(one.start, one.end) for one in trained(True).locate(sentence)]
        assert all(start < end for start, end in ends)
        assert all(end <= start for (_, end), (start, _) in pairwise(ends))


@pytest.mark.without_shapes
def test_what_is_remembered_never_changes_the_result(monkeypatch):
    forgetful = WordPiece(trained(True).vocabulary)
    monkeypatch.setattr(subwords, "_REMEMBERED", 3)
    for sentence in sentences("validation")[:200]:
        assert forgetful.ids(sentence) == trained(True).ids(sentence)
        assert forgetful.locate(sentence) == trained(True).locate(sentence)
    assert max(len(forgetful._ids_of), len(forgetful._located_in)) <= 3


# ── agreement ──


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def three(request, tmp_path_factory):
    """Our tokenizer, BertTokenizer of transformers, and the one of tokenizers, with the same vocabulary."""
    ours = trained(request.param)
    folder = tmp_path_factory.mktemp("published")
    ours.save(folder)
    theirs = BertTokenizer.from_pretrained(folder)
    assert len(theirs) == len(ours.vocabulary)  # offline it would fall back on five tokens, without a word
    return ours, theirs, BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=request.param)


@pytest.mark.without_shapes
def test_all_the_prose_gives_the_same_ids_and_offsets(three):
    ours, transformers_, _ = three
    unknown = 0
    for part in ("train", "validation", "test"):
        texts = sentences(part)
        for begin in range(
            0, len(texts), 2000
        ):  # BertTokenizer is a shell around tokenizers: its inner part is quicker
            batch = texts[begin : begin + 2000]
            for text, other in zip(batch, transformers_.backend_tokenizer.encode_batch(batch), strict=True):
                encoding = ours.encode(text)
                assert ours.ids(text) == other.ids[1:-1]
                assert (encoding.ids, encoding.offsets) == (tuple(other.ids), tuple(other.offsets))
                unknown += other.ids.count(ours.vocabulary.unknown_id)
    assert unknown > 5000  # [UNK] has been compared, too


@pytest.mark.without_shapes
def test_both_libraries_called_from_outside_give_the_same_ids(three):
    ours, transformers_, tokenizers_ = three
    texts = [*sentences("validation"), *sentences("test")]
    mine = [list(ours.encode(text).ids) for text in texts]
    assert mine == transformers_(texts)["input_ids"]
    assert mine == [other.ids for other in tokenizers_.encode_batch(texts)]


@pytest.mark.without_shapes
def test_pairs_and_truncation_are_those_of_the_library(three):
    ours, transformers_, _ = three
    draw = random.Random(7)
    for _ in range(1500):
        first, second = draw.sample(sentences("validation"), 2)
        if draw.random() < 0.3:
            first, second = first[:20], f"[MASK] {second[:30]} [SEP]"
        length = draw.choice((None, 3, 4, 5, 8, 17, 18, 40))
        theirs = transformers_(
            first, second, max_length=length, truncation=length is not None, return_offsets_mapping=True
        )
        encoding = ours.encode(first, second, max_length=length)
        assert list(encoding.ids) == theirs["input_ids"]
        assert list(encoding.segments) == theirs["token_type_ids"]
        assert list(encoding.offsets) == theirs["offset_mapping"]
        assert list(encoding.words) == theirs.word_ids()


@pytest.mark.without_shapes
def test_single_texts_are_truncated_as_in_the_library(three):
    ours, transformers_, _ = three
    for length in (2, 3, 10):
        for text in sentences("validation")[:100]:
            assert list(ours.encode(text, max_length=length).ids) == transformers_.encode(
                text, max_length=length, truncation=True
            )


@pytest.mark.without_shapes
def test_batches_are_those_of_the_library(three):
    ours, transformers_, _ = three
    draw = random.Random(8)
    for _ in range(50):
        inputs = [tuple(draw.sample(sentences("validation"), 2)) for _ in range(draw.randint(1, 6))]
        theirs = transformers_(inputs, padding=True, max_length=50, truncation=True)
        batch = ours.encode_batch(inputs, max_length=50)
        assert batch.ids == theirs["input_ids"]
        assert batch.segments == theirs["token_type_ids"]
        assert batch.mask == [[bool(real) for real in row] for row in theirs["attention_mask"]]
        assert len(batch) == len(inputs)


@pytest.mark.without_shapes
def test_decoding_is_that_of_the_library(three):
    ours, _, tokenizers_ = three
    tokenizers_._tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    draw = random.Random(9)
    for _ in range(1000):
        ids = draw.choices(range(len(ours.vocabulary)), k=draw.randint(0, 12))
        assert ours.decode(ids, keep_special=True) == tokenizers_.decode(ids, skip_special_tokens=False)


def test_examples_in_the_documentation_run():
    names = [module.name for module in pkgutil.iter_modules(seq2bert.tokenization.__path__)]
    results = [doctest.testmod(importlib.import_module(f"seq2bert.tokenization.{name}")) for name in names]
    assert sum(result.attempted for result in results) > 12
    assert sum(result.failed for result in results) == 0


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda one: one.encode("a", max_length=1),
            ValueError,
            "max_length must leave room for 2 special tokens; got 1",
        ),
        (lambda one: one.encode("a", "a", max_length=2), ValueError, "room for 3 special tokens; got 2"),
        (lambda one: one.encode(None), TypeError, r"text must be a string; got None \(NoneType\)"),
        (lambda one: one.ids(["a"]), TypeError, r"text must be a string; got \['a'\] \(list\)"),
        (lambda one: one.encode_batch("a"), TypeError, "inputs must be a sequence of texts; got one string"),
        (lambda one: one.encode_batch([]), ValueError, "at least one; got 0"),
        (lambda one: one.encode_batch(["a a a"], length=4), ValueError, "got 4, and number 0 of 1 has 5 tokens"),
        (lambda one: one.decode([6]), ValueError, "ids must be between 0 and 5; got 6"),
    ],
)
def test_errors_name_the_problem(call, error, message):
    with pytest.raises(error, match=message):
        call(small("a"))
