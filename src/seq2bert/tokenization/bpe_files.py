"""Reading and writing a BPE tokenizer: ``vocab.json`` and ``merges.txt``, as published models have them.

``tokenizer_config.json`` adds what the two leave open: marks and cleaning.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from .cleaning import Cleaning
from .files import CONFIG_FILE, pieces_by_id, read_cleaning, read_config, read_json, read_text, write_config, write_text
from .merges import Marks
from .pieces import PieceVocabulary

__all__ = ["read_bpe", "write_bpe"]

VOCABULARY_FILE = "vocab.json"
MERGES_FILE = "merges.txt"

_HEADER = "#version: 0.2"
_MARK_NAMES = {"continuation": "continuing_subword_prefix", "end": "end_of_word_suffix"}


def write_bpe(
    folder: Path,
    vocabulary: PieceVocabulary,
    merges: Sequence[tuple[str, str]],
    marks: Marks,
    cleaning: Cleaning,
) -> None:
    """Write the three files.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    vocabulary, merges, marks, cleaning
        What a :class:`~seq2bert.tokenization.BPE` consists of.
    """
    id_of = {piece: index for index, piece in enumerate(vocabulary.pieces)}
    write_text(folder / VOCABULARY_FILE, json.dumps(id_of, ensure_ascii=False, indent=0) + "\n")
    write_text(folder / MERGES_FILE, "\n".join([_HEADER, *(f"{left} {right}" for left, right in merges)]) + "\n")
    write_config(folder, cleaning, **{published: getattr(marks, own) for own, published in _MARK_NAMES.items()})


def read_bpe(folder: Path) -> tuple[PieceVocabulary, list[tuple[str, str]], Marks, Cleaning]:
    """Read the three files.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    vocabulary, merges, marks, cleaning

    Raises
    ------
    FileNotFoundError
        If one of the files is missing.
    ValueError
        If a file does not say what it should.
    TypeError
        If a mark is not a string.
    """
    pieces = pieces_by_id(read_json(folder / VOCABULARY_FILE), folder / VOCABULARY_FILE)
    merges = []
    for number, line in enumerate(read_text(folder / MERGES_FILE).removesuffix("\n").split("\n"), start=1):
        if number == 1 and line.startswith("#version"):
            continue
        parts = line.split(" ")
        if len(parts) != 2:
            raise ValueError(f"{folder / MERGES_FILE}: a line must name two pieces; line {number} is {line!r}")
        merges.append((parts[0], parts[1]))
    read_text(folder / CONFIG_FILE)  # without it, nobody knows the marks
    config = read_config(folder)
    marks = Marks(**{own: config[published] for own, published in _MARK_NAMES.items() if published in config})
    return PieceVocabulary(pieces), merges, marks, read_cleaning(folder)
