"""Split off a repository for students: the course without solutions, hidden tests and the instructor's tools.

``python -m classroom.student_repository FOLDER`` copies what git tracks here. It leaves out the folders that are the
instructors', every tool and test that needs one of them, and lines between ``instructors: begin`` and
``instructors: end``. Then it looks for lines of solutions and hidden tests in the result; if it finds one, it says
where and writes nothing. It does not judge what prose gives away.
"""

import argparse
import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from classroom.leaks import is_in, secrets_in, text_of
from classroom.private_seed import SeedError

__all__ = ["Split", "SplitError", "left_out", "main", "split_off", "without_instructors"]

INSTRUCTORS = (
    "solutions",
    "src/classroom",
    "tests/classroom",
    "pages/instructors",
    "nbgrader_config.py",
    "tools/make_exercises.py",
    "tools/assignment_list.py",
    "tools/validate_assignments.py",
    "tools/solution_mutants.py",
    "tests/small_assignment.py",
    "tests/assignment_laws.py",
)
_CUT = re.compile(r"^[^\n]*\binstructors: begin\b.*?\binstructors: end\b[^\n]*\n", re.MULTILINE | re.DOTALL)


class SplitError(Exception):
    """Why there is no repository for students, in words that say what to do."""


@dataclass(frozen=True)
class Split:
    """What was done: the files that were copied, those that were left out, and those from which lines were cut."""

    copied: tuple[str, ...]
    left_out: tuple[str, ...]
    cut: tuple[str, ...]


def tracked_files(root: Path) -> list[str]:
    """Return the paths that git tracks in a tree and that are there.

    Raises
    ------
    SplitError
        If git cannot say.
    """
    command = ["git", "-C", str(root), "ls-files", "-z"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise SplitError(f"git does not know which files of {root} belong to the course: {result.stderr.strip()}")
    return [name for name in result.stdout.split("\0") if name and (root / name).is_file()]


def left_out(root: Path, names: Iterable[str]) -> set[str]:
    """Return which files are the instructors': their folders, and Python files that import from them, to any depth."""
    names = list(names)
    gone = {name for name in names if is_in(name, INSTRUCTORS)}
    python = {name: root / name for name in names if name.endswith(".py") and not is_in(name, ("src",))}
    imports = {name: _imported_modules(path) for name, path in python.items()}
    while True:
        modules = {_module_of(name) for name in gone} | {"classroom"}
        found = {name for name, used in imports.items() if used & modules} - gone
        if not found:
            return gone
        gone |= found


def without_instructors(text: str) -> str:
    """Cut the lines between ``instructors: begin`` and ``instructors: end``, and these two.

    Raises
    ------
    SplitError
        If one of the two is without the other.
    """
    result = _CUT.sub("", text)
    if re.search(r"\binstructors: (begin|end)\b", result):
        raise SplitError("'instructors: begin' and 'instructors: end' must come in pairs")
    return result


def split_off(root: Path, target: Path, *, with_git: bool = False) -> Split:
    """Write the students' repository into an empty or new folder.

    Parameters
    ----------
    root : Path
        The course.
    target : Path
        Outside the course.
    with_git : bool
        Make a git repository of it, with one commit and no history.

    Raises
    ------
    SplitError
        If the folder is not empty or lies in the course, or something that students must not see would be in it. The
        folder is then as it was.
    """
    root, target = root.resolve(), target.absolute()
    if target.resolve().is_relative_to(root):
        raise SplitError(f"{target} lies in the course itself; name a folder outside {root}")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SplitError(f"{target} is not empty. Nothing was written; name a new folder.")
    names = tracked_files(root)
    gone, cut = left_out(root, names), []
    if "README.md" not in names or not any(is_in(name, ("exercises",)) for name in names):
        raise SplitError(f"{root} is no course: it has no README.md, or no exercises/ that git tracks")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        copy = Path(folder) / "copy"
        for name in names:
            if name not in gone and _copy(root / name, copy / name):
                cut.append(name)
        if faults := secrets_in(root, copy):
            raise SplitError("Nothing was written, because students would see this:\n" + "\n".join(faults))
        if with_git:
            _commit(copy)
        if target.exists():
            target.rmdir()
        copy.rename(target)
    return Split(tuple(name for name in names if name not in gone), tuple(sorted(gone)), tuple(cut))


def main(arguments: Sequence[str] | None = None) -> int:
    """Split off, say what was left out; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.student_repository", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="a new or empty folder outside the course")
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
    parser.add_argument("--git", action="store_true", help="make it a git repository with one commit")
    options = parser.parse_args(arguments)
    try:
        split = split_off(options.course, options.folder, with_git=options.git)
    except (SplitError, SeedError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.folder}: {len(split.copied)} files")
    print(f"Left out, {len(split.left_out)} files: {', '.join(sorted({_group(name) for name in split.left_out}))}")
    print(f"Lines for instructors were cut from {', '.join(split.cut)}")
    print("Next, in that folder: make set-repository URL=… with the address that students get.")
    return 0


def _group(name: str) -> str:
    return next((f"{folder}/" for folder in INSTRUCTORS if name.startswith(f"{folder}/")), name)


def _module_of(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")


def _imported_modules(path: Path) -> set[str]:
    """Return every module, package and name that a file may be importing, with the packages above them."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise SplitError(f"{path} is not Python: {error}; it cannot be told whether students may have it") from None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found | {name.split(".")[0] for name in found}


def _copy(source: Path, target: Path) -> bool:
    """Copy a file; return whether lines were cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    text = text_of(source)
    if source.suffix == ".py" or "instructors: begin" not in text:
        return False
    try:
        target.write_text(without_instructors(text), encoding="utf-8")
    except SplitError as error:
        raise SplitError(f"{source}: {error}") from None
    return True


def _commit(folder: Path) -> None:
    """Make a git repository with one commit."""
    commit = ["commit", "--quiet", "--message", "The course"]
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"], commit):
        result = subprocess.run(["git", "-C", str(folder), *command], capture_output=True, text=True)
        if result.returncode != 0:
            raise SplitError(f"git {command[0]} failed, nothing was written: {result.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(main())
