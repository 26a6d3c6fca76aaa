"""Reading and writing the two files of a published tokenizer: ``vocab.txt`` and ``tokenizer_config.json``.

Leaves out ``tokenizer.json``, which holds a whole pipeline of the library ``tokenizers``.
"""

import json
from pathlib import Path

from .cleaning import Cleaning
from .pieces import PieceVocabulary

__all__ = ["CONFIG_FILE", "VOCABULARY_FILE", "read_cleaning", "read_pieces", "write_vocabulary"]

VOCABULARY_FILE = "vocab.txt"
CONFIG_FILE = "tokenizer_config.json"

_SETTINGS = {  # the published name of each setting
    "lowercase": "do_lower_case",
    "strip_accents": "strip_accents",
    "space_chinese": "tokenize_chinese_chars",
}
_SPECIAL_NAMES = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def write_vocabulary(folder: Path, vocabulary: PieceVocabulary, cleaning: Cleaning) -> None:
    """Write ``vocab.txt``, one piece a line, and ``tokenizer_config.json``.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    vocabulary : PieceVocabulary
    cleaning : Cleaning

    Raises
    ------
    ValueError
        If a piece holds a line break: the file could not be read back.
    """
    for index, piece in enumerate(vocabulary.pieces):
        if "\n" in piece or "\r" in piece:
            raise ValueError(f"pieces must not hold line breaks; got {piece!r} at position {index}")
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(piece + "\n" for piece in vocabulary.pieces)
    (folder / VOCABULARY_FILE).write_text(lines, encoding="utf-8", newline="\n")
    config = {published: getattr(cleaning, own) for own, published in _SETTINGS.items()}
    config |= {"tokenizer_class": "BertTokenizer"} | _SPECIAL_NAMES
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8", newline="\n")


def read_pieces(folder: Path) -> list[str]:
    """Read the pieces of ``vocab.txt``; the id of a piece is the number of its line, from 0.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of str

    Raises
    ------
    FileNotFoundError
        If the folder has no such file.
    ValueError
        If the file is not UTF-8.
    """
    path = folder / VOCABULARY_FILE
    if not path.is_file():
        raise FileNotFoundError(f"no {VOCABULARY_FILE} in {folder}: it holds the pieces, one a line")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be UTF-8; byte {error.start} is not") from error
    return text.removesuffix("\n").split("\n")


def read_cleaning(folder: Path) -> Cleaning:
    """Read how a text is cleaned from ``tokenizer_config.json``.

    Parameters
    ----------
    folder : Path
        Without the file, or for a setting that the file does not name, the settings are those of
        uncased models: BERT's own default.

    Returns
    -------
    Cleaning

    Raises
    ------
    ValueError
        If the file is not a JSON object, or names other special tokens than BERT's.
    TypeError
        If a setting is not a boolean.
    """
    path = folder / CONFIG_FILE
    if not path.is_file():
        return Cleaning()
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} must be JSON: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} must hold a JSON object; got {type(config).__name__}")
    for name, expected in _SPECIAL_NAMES.items():
        told = config.get(name, expected)
        token = told.get("content") if isinstance(told, dict) else told  # published both ways
        if token != expected:
            raise ValueError(f"{path}: {name} must be {expected}; got {token!r}")
    return Cleaning(**{own: config[published] for own, published in _SETTINGS.items() if published in config})
