"""BPE by hand, by its laws, and against tokenizers with the same files."""

import functools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from seq2bert.data.prose import load_prose
from seq2bert.tokenization import BPE, BPE_MARKS, WORDPIECE_MARKS, Cleaning, Marks, PieceVocabulary, WordPiece

SPECIAL = PieceVocabulary.SPECIAL_TOKENS
ALL_MARKS = {"plain": Marks(), "end": BPE_MARKS, "continuation": WORDPIECE_MARKS, "both": Marks("##", "</w>")}


@functools.cache
def sentences(part):
    return [sentence for document in getattr(load_prose(), part) for sentence in document.sentences]


@functools.cache
def trained(marks, lowercase=True):
    return BPE.train(sentences("test"), 2500, marks=marks, lowercase=lowercase, alphabet_limit=45)


def small(*merges, letters="abcd"):
    made = [left + right for left, right in merges]
    return BPE(PieceVocabulary([*SPECIAL, *letters, *made]), merges, marks=Marks())


def test_the_oldest_merge_goes_first_by_hand():
    # abcd: bc is older than ab, so a bc d, and then nothing fits; the longest match from the left would take ab
    tokenizer = small(("b", "c"), ("a", "b"))
    assert tokenizer.cut("abcd") == [("a", 1), ("bc", 2), ("d", 1)]
    assert tokenizer.steps("abcd") == [["a", "b", "c", "d"], ["a", "bc", "d"]]
    assert small(("a", "b"), ("b", "c")).cut("abcd") == [("ab", 2), ("c", 1), ("d", 1)]


def test_a_merge_joins_all_its_places_from_the_left():
    tokenizer = small(("a", "a"), ("aa", "b"))
    assert tokenizer.steps("aaab") == [["a", "a", "a", "b"], ["aa", "a", "b"]]
    assert tokenizer.steps("aabaab")[-1] == ["aab", "aab"]
    assert tokenizer.steps("d") == [["d"]]
    assert tokenizer.steps("") == [[]]


@pytest.mark.parametrize("marks", ALL_MARKS.values(), ids=ALL_MARKS)
@given(order=st.randoms(use_true_random=False), word=st.text(alphabet="ab", min_size=1, max_size=40))
@settings(deadline=None, max_examples=100)
def test_a_word_is_cut_as_its_stages_show_whatever_the_order_of_the_merges(marks, order, word):
    symbols = sorted({symbol for some in ("a", "b", "aaa", "aab", "bba", "bbb") for symbol in marks.symbols(some)})
    merges = []
    for _ in range(8):
        pair = (order.choice(symbols), order.choice(symbols))
        possible = not pair[0].endswith("</w>") and pair[1].startswith(marks.continuation)
        if possible and pair not in merges:
            merges.append(pair)
            symbols = sorted({*symbols, marks.join(*pair)})
    order.shuffle(merges)  # a merge may come before one whose result it joins
    tokenizer = BPE(PieceVocabulary([*SPECIAL, *symbols]), merges, marks=marks)
    assert tokenizer.tokenize(word) == tokenizer.steps(word)[-1]


def test_a_merge_that_another_makes_possible_waits_until_that_one_is_made_everywhere():
    # (ab, a) is older than (a, b); both places of ab are joined before it is looked at again, so none is left for it
    tokenizer = small(("a", "b"), ("ab", "a"))
    older = BPE(tokenizer.vocabulary, [("ab", "a"), ("a", "b")], marks=Marks())
    assert older.cut("abab") == [("ab", 2), ("ab", 2)]
    assert older.cut("aba") == [("aba", 3)]


class Counted(dict):
    """Ranks that count how often they are looked up."""

    asked = 0

    def get(self, pair, default=None):
        self.asked += 1
        return super().get(pair, default)

    def __contains__(self, pair):
        self.asked += 1
        return super().__contains__(pair)


def test_a_word_of_twice_the_length_costs_about_twice_as_much():
    costs = []
    for n in (200, 400):  # n different letters, swallowed by the first one after another: n stages
        word = "".join(chr(0x4E00 + number) for number in range(n))
        tokenizer = small(*((word[:at], word[at]) for at in range(1, n)), letters=word)
        tokenizer._rank_of = Counted(tokenizer._rank_of)
        assert tokenizer.cut(word) == [(word, n)]
        costs.append(tokenizer._rank_of.asked)
    assert 0 < costs[1] < 2.1 * costs[0]


def test_an_unknown_character_costs_itself_only():
    tokenizer = small(("a", "b"))
    assert tokenizer.cut("abxab") == [("ab", 2), ("[UNK]", 1), ("ab", 2)]
    assert [(one.piece, one.start, one.end) for one in tokenizer.locate("c xab")] == [
        ("c", 0, 1),
        ("[UNK]", 2, 3),
        ("ab", 3, 5),
    ]
    marked = BPE(PieceVocabulary([*SPECIAL, "a", "b</w>", "ab</w>"]), [("a", "b</w>")])
    assert marked.cut("ab") == [("ab</w>", 2)]
    assert marked.cut("xb") == [("[UNK]", 1), ("b</w>", 1)]
    assert marked.cut("bx") == [("[UNK]", 1), ("[UNK]", 1)]


def test_words_come_back_by_hand():
    assert BPE_MARKS.restore(["lo", "w</w>", "[MASK]", "er</w>", "a</w>"]) == "low [MASK] er a"
    assert WORDPIECE_MARKS.restore(["low", "##er", "[MASK]", "a"]) == "lower [MASK] a"
    assert Marks().restore(["low", "er", "[SEP]", "a"]) == "lower [SEP] a"  # without marks words run together
    assert Marks("##", "</w>").restore(["lo", "##w</w>", "a</w>"]) == "low a"
    assert Marks("##", "</w>").length("##b</w>", first=False) == 1
    assert Marks("##", "</w>").length("ab", first=True) == 2


def test_training_and_encoding_make_the_same_merges():
    words = ["low", "low", "low", "lower", "newest", "newest", "widest"]
    tokenizer = BPE.train([" ".join(words)], 40, min_count=1)
    for word in words:
        assert tokenizer.cut(word) == [(word + "</w>", len(word))]
    assert tokenizer.steps("low") == [["l", "o", "w</w>"], ["lo", "w</w>"], ["low</w>"]]


@pytest.mark.without_shapes
@pytest.mark.parametrize("marks", ALL_MARKS.values(), ids=ALL_MARKS)
@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(max_codepoint=0x250)))
def test_pieces_cover_their_word(marks, text):
    tokenizer = trained(marks)
    for word in text.lower().split():
        pieces = tokenizer.cut(word)
        assert sum(length for _, length in pieces) == len(word)
        assert all(piece in tokenizer.vocabulary and length > 0 for piece, length in pieces)


@pytest.mark.without_shapes
@pytest.mark.parametrize(
    "marks", [BPE_MARKS, WORDPIECE_MARKS, Marks("##", "</w>")], ids=["end", "continuation", "both"]
)
def test_decoding_undoes_encoding_where_nothing_is_unknown(marks):
    tokenizer = trained(marks)
    checked = 0
    for sentence in sentences("validation")[:500]:
        ids = tokenizer.ids(sentence)
        if tokenizer.vocabulary.unknown_id not in ids:
            checked += 1
            words = [one.word for one in tokenizer.locate(sentence)]
            assert len(tokenizer.decode(ids).split()) == len(set(words))
            assert tokenizer.ids(tokenizer.decode(ids)) == ids
    assert checked > 400


def library(folder, marks, lowercase):
    """The tokenizer of the library that reads our two files."""
    named = {"continuing_subword_prefix": marks.continuation, "end_of_word_suffix": marks.end}
    model = models.BPE.from_file(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        unk_token="[UNK]",
        **{name: mark for name, mark in named.items() if mark},
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    return tokenizer


@pytest.mark.without_shapes
@pytest.mark.parametrize("lowercase", [True, False], ids=["uncased", "cased"])
@pytest.mark.parametrize("marks", ALL_MARKS.values(), ids=ALL_MARKS)
def test_prose_gives_the_ids_of_the_library_with_the_same_files(marks, lowercase, tmp_path):
    ours = trained(marks, lowercase)
    ours.save(tmp_path)
    theirs = library(tmp_path, marks, lowercase)
    texts = sentences("validation")
    unknown = 0
    for text, encoding in zip(texts, theirs.encode_batch(texts), strict=True):
        assert ours.ids(text) == encoding.ids
        assert [(one.start, one.end) for one in ours.locate(text)] == encoding.offsets
        unknown += encoding.ids.count(ours.vocabulary.unknown_id)
    assert unknown > 10
    if marks == BPE_MARKS:
        ids = [one for text in texts[:100] for one in ours.ids(text)]
        known = [one for one in ids if one not in ours.vocabulary.special_ids]
        assert ours.decode(known) == theirs.decode(known)


def test_long_and_strange_words_give_the_ids_of_the_library(tmp_path):
    draw = random.Random(4)
    words = ["".join(draw.choices("ab", k=draw.randint(1, 12))) for _ in range(300)]
    ours = BPE.train([" ".join(words)], 120, marks=Marks(), min_count=1)
    ours.save(tmp_path)
    theirs = library(tmp_path, Marks(), True)
    for length in (1, 2, 30, 500):
        for _ in range(20):
            word = "".join(draw.choices("abx", weights=(5, 5, 1), k=length))
            assert ours.ids(word) == theirs.encode(word).ids


@pytest.mark.without_shapes
def test_the_same_pieces_and_another_way_to_cut():
    # what WordPiece finds by the longest match and BPE by repeating its merges is not always the same
    bpe = trained(WORDPIECE_MARKS)
    wordpiece = WordPiece(bpe.vocabulary, bpe.cleaning)
    words = {word for sentence in sentences("validation") for word in sentence.lower().split() if word.isalpha()}
    cuts = [(bpe.cut(word), wordpiece.cut(word)) for word in sorted(words)]
    same = sum(one == other for one, other in cuts)
    assert 0.5 * len(cuts) < same < len(cuts)


@pytest.mark.without_shapes
def test_files_come_back(tmp_path):
    for marks, lowercase in ((BPE_MARKS, True), (WORDPIECE_MARKS, False), (Marks("##", "</w>"), True)):
        tokenizer = trained(marks, lowercase)
        tokenizer.save(tmp_path)
        loaded = BPE.load(str(tmp_path))
        assert (loaded.vocabulary, loaded.merges) == (tokenizer.vocabulary, tokenizer.merges)
        assert (loaded.marks, loaded.cleaning) == (marks, Cleaning(lowercase=lowercase))


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda folder: (folder / "vocab.json").unlink(), FileNotFoundError, "no vocab.json in"),
        (lambda folder: (folder / "merges.txt").unlink(), FileNotFoundError, "no merges.txt in"),
        (lambda folder: (folder / "tokenizer_config.json").unlink(), FileNotFoundError, "no tokenizer_config.json in"),
        (lambda folder: (folder / "vocab.json").write_text("{"), ValueError, "vocab.json must be JSON"),
        (lambda folder: (folder / "vocab.json").write_text("[]"), ValueError, "must hold a JSON object; got list"),
        (lambda folder: (folder / "vocab.json").write_text('{"a": 1}'), ValueError, "ids of 1 pieces must be 0 to 0"),
        (lambda folder: (folder / "merges.txt").write_text("a b\na\n"), ValueError, "two pieces; line 2 is 'a'"),
        (
            lambda folder: (folder / "merges.txt").write_text("a b\na b\n"),
            ValueError,
            r"must not repeat; .* at 0 and 1",
        ),
        (lambda folder: (folder / "merges.txt").write_text("a q\n"), ValueError, "join and make pieces .* 'q' of 0"),
        (lambda folder: (folder / "merges.txt").write_text("b c\n"), ValueError, "'bc' of 0 is not"),
        (
            lambda folder: (folder / "tokenizer_config.json").write_text('{"end_of_word_suffix": null}'),
            TypeError,
            "end must be a string; got None",
        ),
        (lambda folder: (folder / "merges.txt").write_bytes(b"\xff"), ValueError, "must be UTF-8; byte 0"),
    ],
)
def test_broken_files_are_named(change, error, message, tmp_path):
    small(("a", "b")).save(tmp_path)
    assert BPE.load(tmp_path).merges == (("a", "b"),)
    change(tmp_path)
    with pytest.raises(error, match=message):
        BPE.load(tmp_path)
