import pytest

from seq2bert.tokenization import PieceVocabulary
from seq2bert.tokenization.pieces import split_special

SPECIAL = PieceVocabulary.SPECIAL_TOKENS


def test_by_hand():
    vocabulary = PieceVocabulary([*SPECIAL, "a", "##b"])
    assert vocabulary.pieces == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b")
    assert vocabulary.encode(["a", "##b", "[SEP]"]) == [5, 6, 3]
    assert vocabulary.decode([6, 0, 5]) == ["##b", "[PAD]", "a"]
    assert vocabulary.id_of("##b") == 6
    assert vocabulary.regular_ids == (5, 6)
    assert len(vocabulary) == 7
    assert "a" in vocabulary
    assert "b" not in vocabulary
    assert repr(vocabulary) == "PieceVocabulary(7 pieces, 5 of them special)"


def test_special_tokens_may_stand_anywhere():
    vocabulary = PieceVocabulary(["a", "[MASK]", "b", "[SEP]", "[CLS]", "c", "[UNK]", "[PAD]"])
    named = (vocabulary.pad_id, vocabulary.unknown_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.mask_id)
    assert named == (7, 6, 4, 3, 1)
    assert vocabulary.special_ids == {7, 6, 4, 3, 1}
    assert vocabulary.regular_ids == (0, 2, 5)


def test_order_tells_vocabularies_apart():
    one = PieceVocabulary([*SPECIAL, "a", "b"])
    assert one == PieceVocabulary((*SPECIAL, "a", "b"))
    assert hash(one) == hash(PieceVocabulary((*SPECIAL, "a", "b")))
    assert one != PieceVocabulary([*SPECIAL, "b", "a"])
    assert one != one.pieces


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("no brackets", [(False, "no brackets")]),
        ("", [(False, "")]),
        ("[MASK]", [(False, ""), (True, "[MASK]"), (False, "")]),
        ("a [mask] [MASK]s", [(False, "a [mask] "), (True, "[MASK]"), (False, "s")]),
        ("[CLS][SEP]", [(False, ""), (True, "[CLS]"), (False, ""), (True, "[SEP]"), (False, "")]),
        ("[[PAD]]", [(False, "["), (True, "[PAD]"), (False, "]")]),
    ],
)
def test_special_tokens_are_found_in_a_text(text, parts):
    assert list(split_special(text)) == parts


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: PieceVocabulary([*SPECIAL[:3], "a"]), ValueError, r"missing among 4 pieces: \[SEP\], \[MASK\]"),
        (lambda: PieceVocabulary([]), ValueError, r"missing among 0 pieces: \[PAD\]"),
        (lambda: PieceVocabulary([*SPECIAL, "a", "b", "a"]), ValueError, "got 'a' at positions 5 and 7"),
        (lambda: PieceVocabulary([*SPECIAL, ""]), ValueError, "must not be empty; got '' at position 5"),
        (lambda: PieceVocabulary([*SPECIAL, 7]), TypeError, r"got 7 \(int\) at position 5"),
        (lambda: PieceVocabulary("[PAD]"), TypeError, "got one string of 5 characters"),
        (lambda: PieceVocabulary([*SPECIAL, "a"]).id_of("x"), ValueError, "'x': it is not among the 6 pieces"),
        (lambda: PieceVocabulary([*SPECIAL, "a"]).encode(["a", "x"]), ValueError, "unknown piece 'x'"),
        (lambda: PieceVocabulary([*SPECIAL, "a"]).decode([6]), ValueError, "between 0 and 5; got 6"),
        (lambda: PieceVocabulary([*SPECIAL, "a"]).decode([-1]), ValueError, "got -1"),
        (lambda: list(split_special(5)), TypeError, r"text must be a string; got 5 \(int\)"),
    ],
)
def test_errors_name_the_problem(call, error, message):
    with pytest.raises(error, match=message):
        call()
