"""A folder, an archive or a single file, as a list of files that may be read one after the other."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from classroom.receive.archives import ArchiveLimits, Damaged, Member, Refused, is_junk, is_zip, list_zip, path_fault

__all__ = ["Listing", "open_source"]


@dataclass(frozen=True)
class Listing:
    """What a source holds: files that may be received, and what may not, with its reason."""

    members: list[Member]
    refused: list[Refused]


@contextmanager
def open_source(source: Path, limits: ArchiveLimits) -> Iterator[Listing]:
    """Open a source; its members can be read until it is closed.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if source.is_dir():
        yield _list_folder(source, limits)
        return
    with source.open("rb") as file:
        begin = file.read(4)
        if is_zip(begin) or source.suffix.lower() == ".zip":
            yield Listing(*list_zip(file, limits, name=source.name))
        else:
            yield _listing([_of_file(source, source.name, limits)])


def _list_folder(folder: Path, limits: ArchiveLimits) -> Listing:
    found: list[Member | Refused] = []
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            inside = sorted(here.iterdir())
        except OSError as error:
            found.append(Refused(str(here.relative_to(folder)), f"it cannot be read: {error.strerror}"))
            continue
        for path in inside:
            name = path.relative_to(folder).as_posix()
            if is_junk(name) or is_junk(f"{name}/"):
                continue
            if path.is_dir() and not path.is_symlink():
                pending.append(path)
            else:
                found.append(_of_file(path, name, limits))
    return _listing(found)


def _of_file(path: Path, name: str, limits: ArchiveLimits) -> Member | Refused:
    """Return a file of a folder, or why it is refused: a link could lead anywhere."""
    try:
        status = path.lstat()
    except OSError as error:
        return Refused(name, f"it cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Refused(name, "it is a link" if stat.S_ISLNK(status.st_mode) else "it is no plain file")
    if fault := path_fault(name):
        return Refused(name, fault)
    if status.st_size > limits.file:
        return Refused(name, f"it has {status.st_size:,} bytes; at most {limits.file:,} are read")
    return Member(name, datetime.fromtimestamp(int(status.st_mtime), UTC), partial(_content, path, limits.file))


def _content(path: Path, largest: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise Damaged(f"it cannot be read: {error.strerror}") from None
    if len(content) > largest:
        raise Damaged(f"it has more than {largest:,} bytes")
    return content


def _listing(found: list[Member | Refused]) -> Listing:
    members = [each for each in found if isinstance(each, Member)]
    return Listing(members, [each for each in found if isinstance(each, Refused)])
