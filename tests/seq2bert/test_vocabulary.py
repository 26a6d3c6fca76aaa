import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seq2bert.vocabulary
from seq2bert.vocabulary import Vocabulary


def test_by_hand():
    # <pad> <start> <end> <unk> a b c -> 0 1 2 3 4 5 6
    letters = Vocabulary("abc")
    assert letters.tokens == ("<pad>", "<start>", "<end>", "<unk>", "a", "b", "c")
    assert (letters.pad_id, letters.start_id, letters.end_id, letters.unknown_id) == (0, 1, 2, 3)
    assert len(letters) == 7
    assert letters.encode("cab") == [6, 4, 5]
    assert letters.encode("cab", start=True) == [1, 6, 4, 5]
    assert letters.encode("cab", end=True) == [6, 4, 5, 2]
    assert letters.encode_lossy("cxb", start=True, end=True) == [1, 6, 3, 5, 2]
    assert letters.encode("") == []


def test_decoding_by_hand():
    letters = Vocabulary("abc")
    assert letters.decode([1, 6, 0, 4, 2, 5, 5]) == ["c", "a"]  # what follows <end> is not part of the answer
    assert letters.decode([6, 3, 4]) == ["c", "<unk>", "a"]
    assert letters.decode([]) == []


@given(st.lists(st.text(min_size=1, max_size=5).filter(lambda token: not token.startswith("<"))))
def test_decoding_undoes_encoding(tokens):
    vocabulary = Vocabulary(["a", "bc", *sorted(set(tokens) - {"a", "bc"})])
    assert vocabulary.decode(vocabulary.encode(tokens, start=True, end=True)) == tokens
    assert vocabulary.encode_lossy(tokens) == vocabulary.encode(tokens)


def test_the_order_of_training_data_does_not_matter():
    one = Vocabulary.from_sequences(["cab", "ba"])
    other = Vocabulary.from_sequences([["b"], ["a", "c", "c"]])
    assert one.regular_tokens == ("a", "b", "c")
    assert one == other
    assert hash(one) == hash(other)


def test_order_and_tokens_tell_vocabularies_apart():
    assert Vocabulary("ab") != Vocabulary("ba")
    assert Vocabulary("ab") != ("a", "b")
    assert Vocabulary(Vocabulary("ab").regular_tokens) == Vocabulary("ab")


def test_membership():
    letters = Vocabulary("ab")
    assert "a" in letters
    assert "<pad>" in letters
    assert "c" not in letters


def test_the_representation_counts_tokens():
    assert repr(Vocabulary("abc")) == "Vocabulary(3 regular tokens and 4 special)"


def test_no_torch():
    tree = ast.parse(Path(seq2bert.vocabulary.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections.abc"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Vocabulary("abc").encode("abжc"), ValueError, "unknown token 'ж' at position 2 of 4"),
        (lambda: Vocabulary("abc").encode("x"), ValueError, "not among the 7 tokens"),
        (lambda: Vocabulary("abc").decode([4, 7]), ValueError, "ids must be between 0 and 6; got 7"),
        (lambda: Vocabulary("abc").decode([-1]), ValueError, "got -1"),
        (lambda: Vocabulary([]), ValueError, "at least one regular token"),
        (lambda: Vocabulary.from_sequences([]), ValueError, "at least one regular token"),
        (lambda: Vocabulary("abca"), ValueError, "must not repeat; got 'a' more than once"),
        (lambda: Vocabulary(["a", "<end>"]), ValueError, "got '<end>' at position 1"),
        (lambda: Vocabulary(["a", ""]), ValueError, "got '' at position 1"),
        (lambda: Vocabulary(["a", 5]), TypeError, r"tokens must be strings; got 5 \(int\) at position 1"),
    ],
)
def test_errors_name_the_problem(call, error, message):
    with pytest.raises(error, match=message):
        call()
