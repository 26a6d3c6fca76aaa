"""Make the course's prose anew: install the sources into a scratch folder, read their docstrings, write the corpus.

    python tools/make_prose.py

Nothing of the sources is imported or run. The text of the standard library depends on the Python
that runs this, so the card records its version; the shipped file is the one that the card's
version made.
"""

import argparse
import hashlib
import importlib.metadata
import json
import lzma
import platform
import pydoc_data.topics
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tqdm.auto import tqdm

from seq2bert.data.prose import (
    LARGEST_SHARE_SEEN,
    NearDuplicates,
    docstrings,
    is_prose,
    paragraphs,
    runs_of_words,
    share_seen,
    split_of,
    split_sentences,
)

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "src/seq2bert/assets/prose"


class Source(NamedTuple):
    """A package whose docstrings are read."""

    name: str
    version: str
    licence: str  # of its text; all of them allow it to be passed on with their notice
    folder: str


SOURCES = (
    Source("numpy", "2.4.6", "BSD-3-Clause", "numpy"),
    Source("scipy", "1.17.1", "BSD-3-Clause", "scipy"),
    Source("matplotlib", "3.11.2", "LicenseRef-Matplotlib", "matplotlib"),
    Source("networkx", "3.6.1", "BSD-3-Clause", "networkx"),
    Source("sympy", "1.14.0", "BSD-3-Clause", "sympy"),
    Source("torch", "2.13.0", "BSD-3-Clause", "torch"),
    Source("SQLAlchemy", "2.1.9", "MIT", "sqlalchemy"),
    Source("pandas", "3.1.1", "BSD-3-Clause", "pandas"),
    Source("scikit-learn", "1.9.1", "BSD-3-Clause", "sklearn"),
    Source("statsmodels", "0.15.0", "BSD-3-Clause", "statsmodels"),
    Source("astropy", "8.0.2", "BSD-3-Clause", "astropy"),
    Source("dask", "2026.8.0", "BSD-3-Clause", "dask"),
    Source("Django", "5.2.19", "BSD-3-Clause", "django"),
    Source("Twisted", "26.10.0", "MIT", "twisted"),
)
NOT_READ = {"tests", "test", "testing", "_vendor", "vendor", "vendored", "extern", "externals", "site-packages",
            "idlelib", "lib2to3", "ensurepip", "_examples", "onnx", "pyparsing", "conf", "locale"}  # fmt: skip

LICENCE_FILES = tuple(f"{place}{name}" for place in ("licenses/", "") for name in
                      ("LICENSE", "LICENSE.txt", "LICENSE.rst", "COPYING"))  # fmt: skip
SAYS = {  # words that the notice of a source under this licence has
    "BSD-3-Clause": "Neither the name",
    "MIT": "Permission is hereby granted, free of charge",
    "PSF-2.0": "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2",
    "LicenseRef-Matplotlib": "MDT's License Agreement",
}
NOTICE = """\
The sentences in prose.jsonl.xz come from the language reference and the standard library of Python
and from the packages below. They keep the licences of their sources; the notices follow, each up to
what it says about libraries in binary distributions. Some modules of the standard library have
notices of their own: https://docs.python.org/3.11/license.html

What was changed: only docstrings and the topics of the reference were taken. Code, tables, formulas
and markup were removed, and so were sentences that do not read as English or that repeat earlier
ones. The software itself is not here.
"""

Module = tuple[str, str, list[str]]  # package, dotted name, docstrings


def install(folder: Path, sources: tuple[Source, ...] = SOURCES) -> None:
    """Put the sources, without what they need, into a folder."""
    names = [f"{source.name}=={source.version}" for source in sources]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *names], check=True
    )


def distribution_of(source: Source, folder: Path) -> importlib.metadata.Distribution:
    """Return the metadata of an installed source; another version than the wanted one is an error."""
    found = next(iter(importlib.metadata.distributions(path=[str(folder)], name=source.name)), None)
    version = found and found.version.split("+")[0]
    if version != source.version:
        raise ValueError(f"{folder} must hold {source.name} {source.version}; it holds {version or 'no version of it'}")
    return found


def read_modules(package: str, root: Path, prefix: tuple[str, ...]) -> Iterator[Module]:
    """Yield every module below a folder, in the order of the paths."""
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root).with_suffix("").parts
        if NOT_READ & set(place[:-1]) or path.name.startswith("test_"):
            continue
        try:
            texts = [text for _, text in docstrings(path.read_text(encoding="utf-8"))]
        except (SyntaxError, UnicodeDecodeError, RecursionError):
            continue  # test data of a source, or a template
        yield package, ".".join(part for part in (*prefix, *place) if part != "__init__"), texts


def read_texts(folder: Path) -> Iterator[Module]:
    """Yield the language reference, the standard library, the sources."""
    for topic, text in sorted(pydoc_data.topics.topics.items()):
        yield "reference", topic, [text]
    yield from read_modules("python", Path(sysconfig.get_path("stdlib")), ())
    for source in SOURCES:
        root = folder / source.folder
        yield from read_modules(source.name.lower(), root, (root.name,))


def make_documents(modules: Iterable[Module]) -> tuple[list[dict], Counter]:
    """Return the documents, and how many sentences of prose and near-duplicates there were."""
    known, counts, documents = NearDuplicates(), Counter(), []
    for package, module, texts in modules:
        kept_paragraphs = []
        for section, paragraph in (found for text in texts for found in paragraphs(text)):
            prose = [sentence for sentence in split_sentences(paragraph) if is_prose(sentence)]
            kept = known.keep(prose)
            counts["sentences_of_prose"] += len(prose)
            counts["near_duplicates"] += len(prose) - len(kept)
            if kept:
                kept_paragraphs.append([section, kept])
        if kept_paragraphs:
            documents.append({"package": package, "module": module, "paragraphs": kept_paragraphs})
    return documents, counts


def without_what_training_has(documents: list[dict]) -> tuple[list[dict], int]:
    """Take the held-out sentences away most of whose runs stand in the training part; return how many there were.

    `NearDuplicates` looks back only: a short sentence may stand whole in a longer one that follows.
    """
    in_training = [split_of(document["package"], document["module"]) == "train" for document in documents]
    training = [document for document, inside in zip(documents, in_training, strict=True) if inside]
    seen = {run for sentence in _sentences(training) for run in runs_of_words(sentence)}
    left = []
    for document, inside in zip(documents, in_training, strict=True):
        if not inside:
            paragraphs = [
                [section, [sentence for sentence in sentences if share_seen(sentence, seen) <= LARGEST_SHARE_SEEN]]
                for section, sentences in document["paragraphs"]
            ]
            document = document | {"paragraphs": [paragraph for paragraph in paragraphs if paragraph[1]]}
        if document["paragraphs"]:
            left.append(document)
    return left, len(_sentences(documents)) - len(_sentences(left))


def _sentences(documents: list[dict]) -> list[str]:
    return [sentence for document in documents for _, kept in document["paragraphs"] for sentence in kept]


def count_parts(documents: list[dict]) -> Counter:
    """Count documents, sentences and words of each part."""
    counts: Counter = Counter()
    for document in documents:
        sentences = _sentences([document])
        words = sum(len(sentence.split()) for sentence in sentences)
        part = split_of(document["package"], document["module"])
        counts += Counter({"documents": 1, f"{part}_documents": 1, f"{part}_sentences": len(sentences)})
        counts += Counter({f"{part}_words": words, f"words of {document['package']}": words})
    return counts


def notices(folder: Path, sources: tuple[Source, ...] = SOURCES) -> str:
    """Return the notices of Python and of the sources; one that is not under its licence is an error."""
    python = (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt").read_text(encoding="utf-8")
    found = [(f"Python {platform.python_version()}", "PSF-2.0", python)]
    for source in sources:
        files = map(distribution_of(source, folder).read_text, LICENCE_FILES)
        text = next((text for text in files if text), "")
        found.append((f"{source.name} {source.version}", source.licence, text))
    whole = [NOTICE]
    for title, licence, text in found:
        if SAYS[licence] not in " ".join(text.split()):
            raise ValueError(f"the licence of {title} must be {licence}; its file does not say {SAYS[licence]!r}")
        own = re.split(r"This binary dist\w+ of ", text)[0].rstrip("-\n ")  # Matplotlib misspells it
        rule = "=" * 100
        whole.append(f"{rule}\n{title} ({licence})\n{rule}\n" + "\n".join(line.rstrip() for line in own.splitlines()))
    return "\n\n".join(whole) + "\n"


def write(documents: list[dict], counts: dict[str, int], folder: Path, sources: tuple[Source, ...] = SOURCES) -> None:
    """Write the compressed corpus and its card."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n" for document in documents)
    compressed = lzma.compress(lines.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)
    (folder / "prose.jsonl.xz").write_bytes(compressed)
    python = {"name": "Python", "version": platform.python_version(), "licence": "PSF-2.0"}
    card = {
        "what": "sentences of documentation, one document a line",
        "command": "python tools/make_prose.py",
        "sha256": hashlib.sha256(compressed).hexdigest(),
        "rule": "a sentence is left out if more than half of its runs of five words stood in earlier sentences,"
        " a held-out one also if they stand anywhere in the training part",
        "sources": [python, *({"name": s.name, "version": s.version, "licence": s.licence} for s in sources)],
        "counts": dict(sorted(counts.items())),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card["counts"], indent=1), f"{len(compressed) / 1e6:.2f} MB", sep="\n")


def main() -> None:
    """Install, read, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, help="a folder that holds the sources already")
    parser.add_argument("--output", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.sources or Path(scratch)
        if arguments.sources is None:
            install(folder)
        notice = notices(folder)  # and with it the check of versions and licences, before the long part
        documents, counts = make_documents(tqdm(list(read_texts(folder)), desc="modules"))
        documents, counts["held_out_sentences_mostly_in_train"] = without_what_training_has(documents)
        write(documents, {**counts, **count_parts(documents)}, arguments.output)
        (arguments.output / "NOTICE.txt").write_text(notice, encoding="utf-8")


if __name__ == "__main__":
    main()
