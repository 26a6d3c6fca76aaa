"""What a vocabulary is learned from: by hand, against counting everything again, and against tokenizers' trainers."""

import functools
import itertools
import json
import random
from collections import Counter

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from seq2bert.data.prose import load_prose
from seq2bert.tokenization import (
    BPE_MARKS,
    SCORES,
    WORDPIECE_MARKS,
    Cleaning,
    Marks,
    Merge,
    PieceVocabulary,
    WordPiece,
    count_words,
    learn_merges,
    pieces_per_word,
    unknown_share,
)
from seq2bert.tokenization.segmentation import Segmentation

ALL_MARKS = {"plain": Marks(), "end": BPE_MARKS, "continuation": WORDPIECE_MARKS, "both": Marks("##", "</w>")}
WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}  # Sennrich et al. 2016, algorithm 1


def test_merges_of_the_paper_by_hand():
    # es: 6 + 3 = 9, st: 9, t</w>: 9. Among equals the older symbols win: d e i l n o r s w, and only then t</w>.
    # then est</w> 9; lo 5 + 2 = 7; ow, w</w> … : the paper's own ten merges break ties by the order of a hash
    merges = learn_merges(WORDS, size=100, marks=BPE_MARKS, min_count=1).merges
    assert [(merge.left, merge.right, merge.count) for merge in merges[:4]] == [
        ("e", "s", 9),
        ("es", "t</w>", 9),
        ("l", "o", 7),
        ("e", "w", 6),
    ]
    assert merges[0] == Merge("e", "s", "es", count=9, score=9.0)


def test_likelihood_by_hand():
    # f(a)=4 f(b)=3 f(x)=1 f(y)=1; ab: 3/(4·3) = 1/4, ax: 1/(4·1) = 1/4, xy: 1/(1·1) = 1, and counts would take ab
    words = {"ab": 3, "axy": 1}
    by_score = learn_merges(words, size=100, marks=Marks(), score="likelihood", min_count=1).merges
    assert by_score[0] == Merge("x", "y", "xy", count=1, score=1.0)
    # f(xy)=1, and a has stayed 4: a,xy scores 1/4 like a,b; b is the older symbol
    assert by_score[1] == Merge("a", "b", "ab", count=3, score=0.25)
    assert by_score[2] == Merge("a", "xy", "axy", count=1, score=1.0)  # f(a) = 1 by now
    assert learn_merges(words, size=100, marks=Marks(), min_count=1).merges[0].result == "ab"


def test_marks_and_alphabet_by_hand():
    training = learn_merges({"aba": 2}, size=6, marks=WORDPIECE_MARKS)
    assert training.alphabet == ("a", "b", "##a", "##b")
    assert training.pieces == ("a", "b", "##a", "##b", "ab", "aba")  # a,##b is older than ##b,##a
    assert learn_merges({"aba": 2}, size=6, marks=BPE_MARKS).pieces == ("a", "b", "a</w>", "ab", "aba</w>")
    assert WORDPIECE_MARKS.symbols("") == []
    assert Marks("##", "</w>").symbols("low") == ["l", "##o", "##w</w>"]


def test_overlapping_pairs_by_hand():
    # aaa counts aa twice and merges once, from the left: (aa)a; then aa,a occurs once
    merges = learn_merges({"aaa": 1}, size=10, marks=Marks(), min_count=1).merges
    assert [(merge.left, merge.right, merge.count) for merge in merges] == [("a", "a", 2), ("aa", "a", 1)]


def test_the_first_merges_are_a_shorter_training():
    training = learn_merges(WORDS, size=20, marks=BPE_MARKS)
    assert training.first(len(training.merges)) == training
    for n_merges in range(len(training.merges)):
        size = len(training.alphabet) + n_merges
        assert training.first(n_merges) == learn_merges(WORDS, size=size, marks=BPE_MARKS)
        assert len(training.first(n_merges).pieces) == size


def random_words(seed):
    draw = random.Random(seed)
    alphabet = "a" * (seed % 2) + "abcde"[: 1 + seed % 5]
    words = ("".join(draw.choices(alphabet, k=draw.randint(1, 10))) for _ in range(40))
    return {word: draw.randint(1, 9) for word in words}


def counted(cut, word_counts):
    """How often each symbol and each pair of neighbours occurs in words cut like this."""
    singles, pairs = Counter(), Counter()
    for word, count in word_counts.items():
        for symbol in cut[word]:
            singles[symbol] += count
        for pair in itertools.pairwise(cut[word]):
            pairs[pair] += count
    return singles, pairs


def naive_merges(word_counts, *, marks, score, min_count):
    """Count everything again after every merge: slow, and hard to get wrong."""
    cut = {word: marks.symbols(word) for word in word_counts}
    plain = sorted(set("".join(word_counts)))
    symbols = [*plain, *sorted(set(itertools.chain(*cut.values())) - set(plain))]
    merges = []
    while True:
        singles, pairs = counted(cut, word_counts)
        scores = {
            (left, right): float(count) if score == "count" else count / (singles[left] * singles[right])
            for (left, right), count in pairs.items()
            if count >= min_count
        }
        if not scores:
            return merges
        best = min(scores, key=lambda pair: (-scores[pair], symbols.index(pair[0]), symbols.index(pair[1])))
        symbols.append(marks.join(*best))
        merges.append(Merge(*best, symbols[-1], pairs[best], scores[best]))
        cut = {word: marks.merge(parts, *best) for word, parts in cut.items()}


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("marks", ALL_MARKS.values(), ids=ALL_MARKS)
def test_merges_are_those_of_counting_everything_again(marks, score):
    for seed in range(10):
        words, min_count = random_words(seed), 1 + seed % 3
        training = learn_merges(words, size=10_000, marks=marks, score=score, min_count=min_count)
        assert list(training.merges) == naive_merges(words, marks=marks, score=score, min_count=min_count)
        assert len(set(training.pieces)) == len(training.pieces)  # no piece is made in two ways


def test_the_order_of_the_words_does_not_matter():
    words = random_words(4)
    backwards = dict(reversed(words.items()))
    for score in SCORES:
        one, other = (learn_merges(each, size=100, marks=WORDPIECE_MARKS, score=score) for each in (words, backwards))
        assert one == other


def test_counts_stay_true_while_pairs_merge():
    words = random_words(3)
    numbers = {letter: number for number, letter in enumerate("abcd")}
    state = Segmentation([[numbers[letter] for letter in word] for word in words], list(words.values()))
    for new in range(4, 12):
        pair = max(state.pair_counts, key=state.pair_counts.__getitem__)
        before = dict(state.pair_counts)
        changed = state.merge(pair, new)
        singles, pairs = counted(dict(enumerate(state.words)), dict(enumerate(words.values())))
        assert {one: count for one, count in state.pair_counts.items() if count} == pairs
        assert +state.symbol_counts == singles
        different = {one for one in pairs if pairs[one] != before.get(one, 0)}
        assert different <= changed <= set(pairs)


def test_the_alphabet_can_be_limited():
    words = {"aab": 5, "abc": 3, "xa": 2, "ya": 2}  # a 17, b 8, c 3, x 2, y 2
    limited = learn_merges(words, size=100, marks=Marks(), alphabet_limit=4)
    assert limited == learn_merges({"aab": 5, "abc": 3, "xa": 2}, size=100, marks=Marks())  # x comes before y
    assert learn_merges(words, size=100, marks=Marks(), alphabet_limit=9) == learn_merges(
        words, size=100, marks=Marks()
    )


# ── against the library ──


@functools.cache
def prose_words():
    """Words of the validation part, and how often each occurs."""
    sentences = (sentence for document in load_prose().validation for sentence in document.sentences)
    return count_words(sentences, Cleaning())


def library_merges(trainer_class, model, word_counts, marks, *, first=(), **settings):
    """Merges and pieces of a trainer of tokenizers, the pieces in the order of their ids."""
    named = {"continuing_subword_prefix": marks.continuation, "end_of_word_suffix": marks.end}
    settings |= {name: mark for name, mark in named.items() if mark}
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    texts = (" ".join([word] * count) for word, count in word_counts.items())
    trainer = trainer_class(show_progress=False, special_tokens=list(first), **settings)
    tokenizer.train_from_iterator(texts, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    return [tuple(pair) for pair in trained.get("merges", [])], sorted(trained["vocab"], key=trained["vocab"].get)


@pytest.mark.without_shapes
@pytest.mark.parametrize("marks", ALL_MARKS.values(), ids=ALL_MARKS)
def test_merges_on_prose_are_those_of_the_library(marks):
    training = learn_merges(prose_words(), size=3000, marks=marks)
    assert len(training.merges) > 2000
    # The library numbers marked characters in the order of a random hash, and numbers decide between equal counts:
    # as special tokens they have the numbers that they have here. Without marks there is nothing to settle.
    first = training.alphabet if marks != Marks() else ()
    merges, pieces = library_merges(
        trainers.BpeTrainer, models.BPE(), prose_words(), marks, first=first, vocab_size=3000, min_frequency=2
    )
    assert merges == [(merge.left, merge.right) for merge in training.merges]
    assert pieces == list(training.pieces)


@pytest.mark.without_shapes
def test_the_librarys_wordpiece_trainer_counts_like_bpe():
    training = learn_merges(prose_words(), size=3000, marks=WORDPIECE_MARKS)
    _, pieces = library_merges(
        trainers.WordPieceTrainer,
        models.WordPiece(unk_token="[UNK]"),
        prose_words(),
        WORDPIECE_MARKS,
        first=training.alphabet,
        vocab_size=3000,
        min_frequency=2,
    )
    assert pieces == list(training.pieces)
    textbook = learn_merges(prose_words(), size=3000, marks=WORDPIECE_MARKS, score="likelihood")
    assert len(set(textbook.pieces) & set(pieces)) < len(pieces) / 2


# ── words and pieces ──


def test_words_are_counted_as_they_are_cleaned():
    texts = ["The café, the\x0bCAFE! café,", "cafés\u2028the  "]
    assert count_words(texts, Cleaning()) == {"the": 2, "thecafe": 1, "cafe": 2, "cafes": 1, ",": 2, "!": 1}
    assert count_words(iter(["A a"]), Cleaning(lowercase=False)) == {"A": 1, "a": 1}
    assert count_words([], Cleaning()) == {}


def test_pieces_per_word_by_hand():
    # low is l ##ow (2 pieces, 3 times), ab unknown (1 piece, once): 7 pieces of 4 words, a quarter of them lost
    tokenizer = WordPiece(PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, "l", "##ow"]))
    words = {"low": 3, "ab": 1}
    assert pieces_per_word(tokenizer, words) == 7 / 4
    assert unknown_share(tokenizer, words) == 1 / 4


@pytest.mark.without_shapes
def test_more_pieces_make_words_shorter_and_the_textbook_score_makes_them_longer():
    words = prose_words()
    lengths = {}
    for score in SCORES:
        training = learn_merges(words, size=4000, marks=WORDPIECE_MARKS, score=score)
        tokenizers = [WordPiece.from_training(training.first(n_merges)) for n_merges in (0, 500, 1000, 3000)]
        lengths[score] = [pieces_per_word(tokenizer, words) for tokenizer in tokenizers]
        assert lengths[score] == sorted(lengths[score], reverse=True)
        assert all(unknown_share(tokenizer, words) == 0 for tokenizer in tokenizers)
    assert lengths["count"][0] == lengths["likelihood"][0]
    assert lengths["count"][-1] < 1.5
    assert lengths["likelihood"][-1] > 2.5


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: learn_merges({}, size=9, marks=Marks()), ValueError, "at least one word to learn from; got 0"),
        (lambda: learn_merges(WORDS, size=9, marks=Marks()), ValueError, "at least 10, for 10 characters .* got 9"),
        (
            lambda: learn_merges(WORDS, size=14, marks=Marks(), reserved=5),
            ValueError,
            "at least 15, for 10 characters with their marks and 5 reserved pieces; got 14",
        ),
        (lambda: learn_merges(WORDS, size=0, marks=Marks()), ValueError, "size must be at least 1; got 0"),
        (lambda: learn_merges(WORDS, size=9, marks=Marks(), reserved=-1), ValueError, "reserved must be at least 0"),
        (lambda: learn_merges(WORDS, size=99, marks=Marks(), min_count=0), ValueError, "min_count must be at least 1"),
        (
            lambda: learn_merges(WORDS, size=99, marks=Marks(), alphabet_limit=0),
            ValueError,
            "alphabet_limit must be at least 1; got 0",
        ),
        (lambda: learn_merges(WORDS, size=99, marks=Marks(), score="bpe"), ValueError, "count, likelihood; got 'bpe'"),
        (lambda: learn_merges({"a##b": 1}, size=99, marks=WORDPIECE_MARKS), ValueError, "mark '##' .* got 'a##b'"),
        (lambda: learn_merges({"a</w>": 1}, size=99, marks=BPE_MARKS), ValueError, "mark '</w>' .* got 'a</w>'"),
        (lambda: learn_merges(WORDS, size=20, marks=Marks()).first(11), ValueError, "between 0 and 10; got 11"),
        (lambda: learn_merges(WORDS, size=20, marks=Marks()).first(-1), ValueError, "got -1"),
        (lambda: count_words("abc", Cleaning()), TypeError, "got one string of 3 characters"),
        (lambda: WordPiece.train(["abc abc"], 9), ValueError, r"at least 10, for 5 characters .* 5 reserved .* got 9"),
        (lambda: WordPiece.from_training(learn_merges(WORDS, size=20, marks=Marks())), ValueError, "must have used"),
        (
            lambda: pieces_per_word(WordPiece(PieceVocabulary(PieceVocabulary.SPECIAL_TOKENS)), {}),
            ValueError,
            "at least one word; got 0",
        ),
    ],
)
def test_errors_name_the_problem(call, error, message):
    with pytest.raises(error, match=message):
        call()
