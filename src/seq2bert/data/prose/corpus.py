"""The course's prose: documentation of Python and of well-known packages, as sentences in the order of the text.

It comes with the package, compressed; its card says what is in it, under which licences, and which
command made it, and NOTICE.txt beside it has the notices of the sources. Every document is one
module of a package or one topic of the language reference. Leaves out code, formulas, tables and,
by the rule of :class:`~seq2bert.data.prose.NearDuplicates`, sentences that repeat earlier ones.
"""

import functools
import hashlib
import json
import lzma
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["Document", "Paragraph", "Prose", "load_prose", "prose_card", "read_documents", "split_of"]

_SHARES = 20
_HELD_OUT = {0: "test", 1: "validation"}  # two of the twenty shares


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that stand together.

    Attributes
    ----------
    section : str
        Where in a docstring: ``"summary"``, ``"parameters"``, ``"attributes"``, ``"returns"``,
        ``"raises"`` or ``"notes"``.
    sentences : tuple of str
        In order.
    """

    section: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One module of a package, or one topic of the language reference.

    Attributes
    ----------
    package : str
        For instance ``"scipy"``; ``"python"`` is the standard library, ``"reference"`` the
        language reference.
    module : str
        Dotted name, or the topic's name.
    paragraphs : tuple of Paragraph
        In the order of the file.
    """

    package: str
    module: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def sentences(self) -> list[str]:
        """All sentences in order."""
        return [sentence for paragraph in self.paragraphs for sentence in paragraph.sentences]


@dataclass(frozen=True, slots=True)
class Prose:
    """The three parts of the corpus; no document is in two of them.

    Attributes
    ----------
    train, validation, test : tuple of Document
        Nine tenths, one twentieth and one twentieth of the documents.
    """

    train: tuple[Document, ...]
    validation: tuple[Document, ...]
    test: tuple[Document, ...]


def split_of(package: str, module: str) -> str:
    """Return the part that a document belongs to; it depends on its names alone.

    Parameters
    ----------
    package, module : str
        As in :class:`~seq2bert.data.prose.Document`.

    Returns
    -------
    str
        ``"train"``, ``"validation"`` or ``"test"``.
    """
    digest = hashlib.sha256(f"{package}/{module}".encode()).digest()
    return _HELD_OUT.get(int.from_bytes(digest[:8], "big") % _SHARES, "train")


def prose_card() -> dict:
    """Return what the shipped file is.

    Returns
    -------
    dict
        ``"what"``, ``"command"``, ``"sha256"``, ``"rule"`` of near-duplicates, ``"sources"`` with
        versions and licences, and ``"counts"`` of documents, sentences and words.
    """
    return json.loads((files("seq2bert") / "assets/prose/card.json").read_text(encoding="utf-8"))


def read_documents(lines: Iterable[str]) -> list[Document]:
    """Read documents, one JSON object a line, as the shipped file has them.

    Parameters
    ----------
    lines : iterable of str
        ``{"package": …, "module": …, "paragraphs": [[section, [sentence, …]], …]}``

    Returns
    -------
    list of Document
    """
    found = []
    for line in lines:
        entry = json.loads(line)
        paragraphs = tuple(Paragraph(section, tuple(sentences)) for section, sentences in entry["paragraphs"])
        found.append(Document(entry["package"], entry["module"], paragraphs))
    return found


@functools.cache
def load_prose() -> Prose:
    """Read the shipped corpus and split it by document.

    Returns
    -------
    Prose

    Raises
    ------
    ValueError
        If the file is not the one that its card describes.
    """
    compressed = (files("seq2bert") / "assets/prose/prose.jsonl.xz").read_bytes()
    digest, expected = hashlib.sha256(compressed).hexdigest(), prose_card()["sha256"]
    if digest != expected:
        raise ValueError(f"the prose that came with the package was changed: its sha256 is {digest}, not {expected}")
    documents = read_documents(lzma.decompress(compressed).decode("utf-8").splitlines())
    parts: dict[str, list[Document]] = {"train": [], "validation": [], "test": []}
    for document in documents:
        parts[split_of(document.package, document.module)].append(document)
    return Prose(**{name: tuple(part) for name, part in parts.items()})
