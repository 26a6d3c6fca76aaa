"""The files of a published BERT: read as transformers reads them, written so that it reads them."""

import json
import os

import pytest
from transformers import BertTokenizer

from seq2bert.tokenization import Cleaning, PieceVocabulary, WordPiece
from seq2bert.tokenization.files import write_text

SPECIAL = PieceVocabulary.SPECIAL_TOKENS
PIECES = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "é", "E", "e", "東"]
TEXT = "A ab É é e 東東 [MASK] ABé"
SETTINGS = [
    Cleaning(lowercase=lowercase, strip_accents=strip, space_chinese=chinese)
    for lowercase in (True, False)
    for strip in (None, True, False)
    for chinese in (True, False)
]


def write(folder, *, pieces=PIECES, config=None):
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("cleaning", SETTINGS, ids=str)
def test_what_is_saved_is_loaded_by_us_and_by_transformers(cleaning, tmp_path):
    tokenizer = WordPiece(PieceVocabulary(PIECES), cleaning)
    tokenizer.save(tmp_path / "new" / "folder")
    loaded = WordPiece.load(tmp_path / "new" / "folder")
    assert (loaded.vocabulary, loaded.cleaning) == (tokenizer.vocabulary, cleaning)
    theirs = BertTokenizer.from_pretrained(tmp_path / "new" / "folder")
    assert len(theirs) == len(PIECES)
    assert theirs.encode(TEXT) == list(tokenizer.encode(TEXT).ids)


@pytest.mark.parametrize("cleaning", SETTINGS, ids=str)
def test_what_transformers_saves_is_loaded(cleaning, tmp_path):
    # it writes tokenizer.json and no vocab.txt
    WordPiece(PieceVocabulary(PIECES), cleaning).save(tmp_path / "ours")
    BertTokenizer.from_pretrained(tmp_path / "ours").save_pretrained(tmp_path / "theirs")
    assert not (tmp_path / "theirs" / "vocab.txt").exists()
    loaded = WordPiece.load(tmp_path / "theirs")
    assert (loaded.vocabulary.pieces, loaded.cleaning) == (tuple(PIECES), cleaning)
    (tmp_path / "theirs" / "tokenizer_config.json").unlink()
    assert WordPiece.load(tmp_path / "theirs").cleaning == cleaning


def test_files_by_hand(tmp_path):
    WordPiece(PieceVocabulary(PIECES), Cleaning(lowercase=False)).save(tmp_path)
    assert (tmp_path / "vocab.txt").read_bytes() == ("\n".join(PIECES) + "\n").encode()
    assert json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8")) == {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": False,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }


@pytest.mark.parametrize(
    ("config", "cleaning"),
    [
        (None, Cleaning()),
        ({}, Cleaning()),
        ({"do_lower_case": True, "model_max_length": 512}, Cleaning()),
        ({"do_lower_case": False}, Cleaning(lowercase=False)),
        ({"do_lower_case": True, "strip_accents": False}, Cleaning(strip_accents=False)),
        ({"tokenize_chinese_chars": False, "unk_token": "[UNK]"}, Cleaning(space_chinese=False)),
        ({"mask_token": {"__type": "AddedToken", "content": "[MASK]"}}, Cleaning()),
    ],
)
def test_published_configs(config, cleaning, tmp_path):
    tokenizer = WordPiece.load(write(tmp_path / "published", config=config))
    assert tokenizer.cleaning == cleaning
    assert tokenizer.vocabulary.pieces == tuple(PIECES)
    assert tokenizer.encode(TEXT).ids == tuple(BertTokenizer.from_pretrained(tmp_path / "published").encode(TEXT))


def test_line_ends_of_other_systems_and_a_last_line_without_one(tmp_path):
    (tmp_path / "vocab.txt").write_bytes("\r\n".join(PIECES).encode())
    assert WordPiece.load(tmp_path).vocabulary.pieces == tuple(PIECES)


def test_the_config_goes_before_the_pipeline(tmp_path):
    write(tmp_path, config={"do_lower_case": True})
    normalizer = {"type": "BertNormalizer", "lowercase": False, "strip_accents": False, "handle_chinese_chars": False}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"normalizer": normalizer}), encoding="utf-8")
    assert WordPiece.load(tmp_path).cleaning == Cleaning(lowercase=True, strip_accents=False, space_chinese=False)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"normalizer": None}), encoding="utf-8")
    assert WordPiece.load(tmp_path).cleaning == Cleaning()


def pipeline(folder, **changes):
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##"}
    model["vocab"] = {piece: index for index, piece in enumerate(PIECES)}
    (folder / "vocab.txt").unlink()
    (folder / "tokenizer.json").write_text(json.dumps({"model": model | changes}), encoding="utf-8")


def no_model(folder):
    (folder / "vocab.txt").unlink()
    (folder / "tokenizer.json").write_text("{}")


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda at: (at / "vocab.txt").unlink(), FileNotFoundError, "no vocab.txt and no tokenizer.json in .*folder"),
        (lambda at: (at / "vocab.txt").write_bytes(b"[PAD]\n\xe9\n"), ValueError, "vocab.txt must be UTF-8; byte 6"),
        (lambda at: (at / "vocab.txt").write_text(""), ValueError, "must not be empty; got '' at position 0"),
        (lambda at: write(at, pieces=[*PIECES, "a"]), ValueError, "got 'a' at positions 6 and 12"),
        (lambda at: write(at, pieces=PIECES[:5]), ValueError, r"missing among 5 pieces: \[MASK\]"),
        (lambda at: write(at, config=[]), ValueError, "must hold a JSON object; got list"),
        (lambda at: write(at, config={"do_lower_case": "no"}), TypeError, "lowercase must be True or False; got 'no'"),
        (lambda at: write(at, config={"sep_token": "</s>"}), ValueError, r"sep_token must be \[SEP\]; got '</s>'"),
        (lambda at: (at / "tokenizer_config.json").write_text("{"), ValueError, "tokenizer_config.json must be JSON"),
        (no_model, ValueError, "tokenizer.json must hold a model; got None"),
        (lambda at: pipeline(at, type="BPE"), ValueError, "model's type must be WordPiece; got 'BPE'"),
        (lambda at: pipeline(at, continuing_subword_prefix="@"), ValueError, "continuing_subword_prefix must be ##"),
        (lambda at: pipeline(at, vocab=["a"]), ValueError, "must map pieces to ids; got list"),
        (lambda at: pipeline(at, vocab={"a": 0, "b": 2}), ValueError, "ids of 2 pieces must be 0 to 1, each once"),
        (lambda at: pipeline(at, vocab={"a": 0, "b": []}), ValueError, "ids of 2 pieces must be 0 to 1, each once"),
        (lambda at: pipeline(at, vocab={"a": 0, "b": True}), ValueError, "ids of 2 pieces must be 0 to 1, each once"),
        (
            lambda at: (at / "tokenizer.json").write_text('{"normalizer": [1]}'),
            ValueError,
            r"must be an object; got \[1\]",
        ),
        (lambda at: pipeline(at, vocab={"a": 0, "b": "1"}), ValueError, "ids of 2 pieces must be 0 to 1, each once"),
    ],
)
def test_broken_folders_are_named(change, error, message, tmp_path):
    folder = write(tmp_path / "folder", config={})
    assert len(WordPiece.load(folder).vocabulary) == len(PIECES)
    change(folder)
    with pytest.raises(error, match=message):
        WordPiece.load(folder)


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    write_text(tmp_path / "a.txt", "old")

    def crash(*_):
        raise OSError("the power is off")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="the power is off"):
        write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"


@pytest.mark.error_messages
def test_a_piece_with_a_line_break_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"line breaks; got 'a\\nb' at position 5"):
        WordPiece(PieceVocabulary([*SPECIAL, "a\nb"])).save(tmp_path)
    assert list(tmp_path.iterdir()) == []
