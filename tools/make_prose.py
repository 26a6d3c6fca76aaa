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
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tqdm.auto import tqdm

from seq2bert.data.prose import NearDuplicates, docstrings, is_prose, paragraphs, split_of, split_sentences

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "src/seq2bert/assets/prose"
# name, version, licence of its text, folder; all of them allow the text to be passed on with their notice
SOURCES = (
    ("numpy", "2.4.6", "BSD-3-Clause", "numpy"),
    ("scipy", "1.17.1", "BSD-3-Clause", "scipy"),
    ("matplotlib", "3.11.2", "LicenseRef-Matplotlib", "matplotlib"),
    ("networkx", "3.6.1", "BSD-3-Clause", "networkx"),
    ("sympy", "1.14.0", "BSD-3-Clause", "sympy"),
    ("torch", "2.13.0", "BSD-3-Clause", "torch"),
    ("SQLAlchemy", "2.1.9", "MIT", "sqlalchemy"),
    ("pandas", "3.1.1", "BSD-3-Clause", "pandas"),
    ("scikit-learn", "1.9.1", "BSD-3-Clause", "sklearn"),
    ("statsmodels", "0.15.0", "BSD-3-Clause", "statsmodels"),
    ("astropy", "8.0.2", "BSD-3-Clause", "astropy"),
    ("dask", "2026.8.0", "BSD-3-Clause", "dask"),
    ("Django", "5.2.19", "BSD-3-Clause", "django"),
    ("Twisted", "26.10.0", "MIT", "twisted"),
)
NOT_READ = {"tests", "test", "testing", "_vendor", "vendor", "vendored", "extern", "externals", "site-packages",
            "idlelib", "lib2to3", "ensurepip", "_examples", "onnx", "pyparsing", "conf", "locale"}  # fmt: skip


def install(folder: Path) -> None:
    """Put the sources, without what they need, into a folder."""
    names = [f"{name}=={version}" for name, version, *_ in SOURCES]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *names], check=True
    )
    for name, version, *_ in SOURCES:
        found = next(importlib.metadata.distributions(path=[str(folder)], name=name)).version.split("+")[0]
        if found != version:
            raise ValueError(f"pip installed {name} {found} instead of {version}")


def read_texts(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (package, module, docstrings): the language reference, the standard library, the sources."""
    for topic, text in sorted(pydoc_data.topics.topics.items()):
        yield "reference", topic, [text]
    library = Path(sysconfig.get_path("stdlib"))
    for package, root in [("python", library), *((name.lower(), folder / path) for name, _, _, path in SOURCES)]:
        for path in sorted(root.rglob("*.py")):
            if not NOT_READ & set(path.relative_to(root).parts[:-1]) and not path.name.startswith("test_"):
                try:
                    texts = [text for _, text in docstrings(path.read_text(encoding="utf-8"))]
                except (SyntaxError, UnicodeDecodeError, RecursionError):
                    continue  # test data of a source, or a template
                parts = path.relative_to(root).with_suffix("").parts
                prefix = () if package == "python" else (root.name,)
                yield package, ".".join(part for part in (*prefix, *parts) if part != "__init__"), texts


def make_documents(folder: Path) -> tuple[list[dict], Counter]:
    """Return the documents and what was counted on the way."""
    known, counts, documents = NearDuplicates(), Counter(), []
    for package, module, texts in tqdm(list(read_texts(folder)), desc="modules"):
        kept_paragraphs = []
        for text in texts:
            for section, paragraph in paragraphs(text):
                prose = [sentence for sentence in split_sentences(paragraph) if is_prose(sentence)]
                kept = known.keep(prose)
                counts["sentences_of_prose"] += len(prose)
                counts["near_duplicates"] += len(prose) - len(kept)
                if kept:
                    kept_paragraphs.append([section, kept])
        if kept_paragraphs:
            documents.append({"package": package, "module": module, "paragraphs": kept_paragraphs})
            sentences = [sentence for _, kept in kept_paragraphs for sentence in kept]
            part = split_of(package, module)
            counts["documents"] += 1
            counts[f"{part}_documents"] += 1
            counts[f"{part}_sentences"] += len(sentences)
            counts[f"{part}_words"] += sum(len(sentence.split()) for sentence in sentences)
            counts[f"words of {package}"] += sum(len(sentence.split()) for sentence in sentences)
    return documents, counts


def write(documents: list[dict], counts: Counter, folder: Path) -> None:
    """Write the compressed corpus and its card."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n" for document in documents)
    compressed = lzma.compress(lines.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)
    (folder / "prose.jsonl.xz").write_bytes(compressed)
    python = {"name": "Python", "version": platform.python_version(), "licence": "PSF-2.0"}
    sources = [{"name": name, "version": version, "licence": licence} for name, version, licence, _ in SOURCES]
    card = {
        "what": "sentences of documentation, one document a line",
        "command": "python tools/make_prose.py",
        "sha256": hashlib.sha256(compressed).hexdigest(),
        "rule": "a sentence is left out if more than half of its runs of five words stood in earlier sentences",
        "sources": [python, *sources],
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
        if arguments.sources is None:
            install(Path(scratch))
        write(*make_documents(arguments.sources or Path(scratch)), arguments.output)


if __name__ == "__main__":
    main()
