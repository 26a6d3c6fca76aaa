"""Reading and writing what a published tokenizer consists of: its pieces, and how it cleans.

The pieces stand in ``vocab.txt``, one a line, and ``tokenizer_config.json`` says whether letters are
lower-cased. ``tokenizer.json``, a pipeline of the library ``tokenizers``, is read where there is no
``vocab.txt``, and is never written.
"""

import json
import os
from pathlib import Path
from typing import Any

from .cleaning import Cleaning
from .pieces import PieceVocabulary

__all__ = ["read_cleaning", "read_config", "read_json", "read_pieces", "read_text", "write_config", "write_pieces"]

VOCABULARY_FILE = "vocab.txt"
CONFIG_FILE = "tokenizer_config.json"
PIPELINE_FILE = "tokenizer.json"

_CONFIG_NAMES = {
    "lowercase": "do_lower_case",
    "strip_accents": "strip_accents",
    "space_chinese": "tokenize_chinese_chars",
}
_PIPELINE_NAMES = {"lowercase": "lowercase", "strip_accents": "strip_accents", "space_chinese": "handle_chinese_chars"}
_SPECIAL_NAMES = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_WORDPIECE = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##"}


def write_pieces(folder: Path, vocabulary: PieceVocabulary) -> None:
    """Write ``vocab.txt``, one piece a line.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    vocabulary : PieceVocabulary

    Raises
    ------
    ValueError
        If a piece holds a line break: the file could not be read back.
    """
    for index, piece in enumerate(vocabulary.pieces):
        if "\n" in piece or "\r" in piece:
            raise ValueError(f"pieces must not hold line breaks; got {piece!r} at position {index}")
    write_text(folder / VOCABULARY_FILE, "".join(piece + "\n" for piece in vocabulary.pieces))


def write_config(folder: Path, cleaning: Cleaning, **others: str) -> None:
    """Write ``tokenizer_config.json``: the cleaning, the special tokens, and what else is given."""
    config = {published: getattr(cleaning, own) for own, published in _CONFIG_NAMES.items()}
    write_text(folder / CONFIG_FILE, json.dumps(others | config | _SPECIAL_NAMES, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file, the same on every system, all of it or nothing: beside its place, then moved there.

    The folder around it is made if it is not there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)


def read_text(path: Path) -> str:
    """Read a file.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it is not UTF-8.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no {path.name} in {path.parent}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be UTF-8; byte {error.start} is not") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds a JSON object.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it holds something else.
    """
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} must be JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object; got {type(content).__name__}")
    return content


def read_pieces(folder: Path) -> list[str]:
    """Read the pieces of a published WordPiece vocabulary.

    Parameters
    ----------
    folder : Path
        With ``vocab.txt``, where a piece's id is the number of its line, from 0, or else with ``tokenizer.json``.

    Returns
    -------
    list of str

    Raises
    ------
    FileNotFoundError
        If the folder has neither.
    ValueError
        If the file cannot be read, or ``tokenizer.json`` holds another kind of model.
    """
    if (folder / VOCABULARY_FILE).is_file():
        return read_text(folder / VOCABULARY_FILE).removesuffix("\n").split("\n")
    path = folder / PIPELINE_FILE
    if not path.is_file():
        raise FileNotFoundError(f"no {VOCABULARY_FILE} and no {PIPELINE_FILE} in {folder}: one holds the pieces")
    model = read_json(path).get("model")
    if not isinstance(model, dict):
        raise ValueError(f"{path} must hold a model; got {model!r}")
    for name, expected in _WORDPIECE.items():
        if model.get(name) != expected:
            raise ValueError(f"{path}: the model's {name} must be {expected}; got {model.get(name)!r}")
    return pieces_by_id(model.get("vocab"), path)


def pieces_by_id(id_of: object, path: Path) -> list[str]:
    """Turn a mapping of pieces to ids into the list of pieces.

    Raises
    ------
    ValueError
        If it is no mapping, or the ids are not 0, 1, 2, … without a gap.
    """
    if not isinstance(id_of, dict):
        raise ValueError(f"{path}: the vocabulary must map pieces to ids; got {type(id_of).__name__}")
    if any(type(one) is not int for one in id_of.values()) or set(id_of.values()) != set(range(len(id_of))):
        raise ValueError(f"{path}: the ids of {len(id_of)} pieces must be 0 to {len(id_of) - 1}, each once")
    return sorted(id_of, key=id_of.__getitem__)


def read_config(folder: Path) -> dict[str, Any]:
    """Read ``tokenizer_config.json``; an empty mapping if it is not there.

    Raises
    ------
    ValueError
        If the file is not a JSON object, or names other special tokens than BERT's.
    """
    path = folder / CONFIG_FILE
    config = read_json(path) if path.is_file() else {}
    for name, expected in _SPECIAL_NAMES.items():
        told = config.get(name, expected)
        token = told.get("content") if isinstance(told, dict) else told  # published both ways
        if token != expected:
            raise ValueError(f"{path}: {name} must be {expected}; got {token!r}")
    return config


def read_cleaning(folder: Path) -> Cleaning:
    """Read how a published tokenizer cleans a text.

    Parameters
    ----------
    folder : Path
        What ``tokenizer_config.json`` does not say is looked up in ``tokenizer.json``; what neither
        says is as in uncased models, BERT's own default.

    Returns
    -------
    Cleaning

    Raises
    ------
    ValueError
        If a file does not say what it should.
    TypeError
        If a setting is not a boolean.
    """
    config = read_config(folder)
    settings = {own: config[name] for own, name in _CONFIG_NAMES.items() if name in config}
    if (folder / PIPELINE_FILE).is_file():
        normalizer = read_json(folder / PIPELINE_FILE).get("normalizer") or {}
        if not isinstance(normalizer, dict):
            raise ValueError(f"{folder / PIPELINE_FILE}: normalizer must be an object; got {normalizer!r}")
        if normalizer.get("type") == "BertNormalizer":
            found = {own: normalizer[name] for own, name in _PIPELINE_NAMES.items() if name in normalizer}
            settings = found | settings
    return Cleaning(**settings)
