"""Look for solutions, hidden tests and the private seed in what students are to get.

A line counts as secret if it is long enough to tell something, stands between markers in a solution, and neither
elsewhere in that notebook nor in a lecture, in the package or in its tests, which students have anyway.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import nbformat

from classroom.private_seed import read_seed
from classroom.regions import BEGIN_HIDDEN, Region, regions_of, visible_lines

__all__ = ["is_in", "secrets_in", "text_of"]

PUBLIC = ("lectures", "src/seq2bert", "tests/seq2bert")
SHORTEST_SECRET = 20  # characters; shorter lines are the same in many programs


def secrets_in(root: Path, copy: Path) -> list[str]:
    """Return a sentence for each line of a solution or hidden test, or private seed, that a copy holds.

    Parameters
    ----------
    root : Path
        The course, with its solutions.
    copy : Path
        What students are to get.
    """
    texts = {str(path.relative_to(copy)): text_of(path) for path in sorted(copy.rglob("*")) if path.is_file()}
    lines = {name: {line.strip() for line in text.splitlines()} for name, text in _unpacked(texts).items()}
    public = set().union(*(found for name, found in lines.items() if is_in(name, PUBLIC)))
    faults = []
    for where, region, visible in _regions(root):
        telling = {line for line in region.lines if len(line) >= SHORTEST_SECRET} - visible
        for name, found in lines.items():
            if is_in(name, PUBLIC):
                whole = len(region.lines) > 1 and region.kind == BEGIN_HIDDEN and set(region.lines) <= found
                faults += [f"{name} has the hidden tests of {region.grade_id}"] * whole
            else:
                leaked = sorted((telling & found) - public)
                faults += [f"{name} has a line of {where}, {region.grade_id}: {line}" for line in leaked]
    seed = _seed_of(root)
    return faults + [f"{name} holds the private seed" for name, text in texts.items() if seed and seed in text]


def is_in(name: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of these folders or files, or lies in one."""
    return any(name == folder or name.startswith(f"{folder}/") for folder in folders)


def text_of(path: Path) -> str:
    """Return a file's text; what is no text in it is replaced."""
    return path.read_text(encoding="utf-8", errors="replace")


def _unpacked(texts: dict[str, str]) -> dict[str, str]:
    """Return the texts, and of notebooks the sources of their cells, which are quoted in the file."""
    found = dict(texts)
    for name in texts:
        if name.endswith(".ipynb"):
            found[name] += "\n" + "\n".join(cell.source for cell in nbformat.reads(texts[name], as_version=4).cells)
    return found


def _regions(root: Path) -> Iterable[tuple[str, Region, set[str]]]:
    """Yield every region of all solutions, with its notebook's name and the lines that stand outside regions, too."""
    for path in sorted((root / "solutions").glob("*/*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        visible = set(visible_lines(cells))
        for region in regions_of(cells):
            yield path.stem, region, visible


def _seed_of(root: Path) -> str:
    folder = Path(os.environ.get("SEQ2BERT_GRADING", root / "grading"))
    path = folder / "private-seed"
    return read_seed(path).hex() if path.exists() else ""
