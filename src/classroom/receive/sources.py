"""A folder, an archive or a single file, as a list of files that may be read one after the other."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from classroom.receive.archives import ArchiveLimits, Damaged, Member, Refused, is_junk, is_zip, list_zip, path_fault
from classroom.receive.names import printable
from classroom.receive.platforms import LayoutError

__all__ = ["Listing", "open_source"]


_OTHERS = {
    b"\x1f\x8b": "packed by gzip",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ\0": "packed by xz",
    b"7z\xbc\xaf'\x1c": "an archive of 7-Zip",
    b"Rar!\x1a\x07": "an archive of RAR",
}


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
    LayoutError
        If it is an archive of another kind than zip.
    """
    if source.is_dir():
        yield _list_folder(source, limits)
        return
    with source.open("rb") as file:
        begin = file.read(262)
        if kind := next((kind for mark, kind in _OTHERS.items() if begin.startswith(mark)), ""):
            raise LayoutError(f"{source.name} is {kind}; unpack it, and receive the folder")
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
            found.append(Refused(printable(str(here.relative_to(folder))), f"it cannot be read: {error.strerror}"))
            continue
        folders = []
        for path in inside:
            name = _legible(path.relative_to(folder).as_posix())
            if is_junk(name) or is_junk(f"{name}/"):
                continue
            if path.is_dir() and not path.is_symlink():
                folders.append(path)
            else:
                found.append(_of_file(path, name, limits))
        pending += reversed(folders)
    return _listing(found)


def _of_file(path: Path, name: str, limits: ArchiveLimits) -> Member | Refused:
    """Return a file of a folder, or why it is refused: a link could lead anywhere."""
    shown = printable(name)
    try:
        status = path.lstat()
    except OSError as error:
        return Refused(shown, f"it cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Refused(shown, "it is a link" if stat.S_ISLNK(status.st_mode) else "it is no plain file")
    if fault := path_fault(name):
        return Refused(shown, fault)
    if status.st_size > limits.file:
        return Refused(shown, f"it has {status.st_size:,} bytes; at most {limits.file:,} are read")
    try:
        time = datetime.fromtimestamp(int(status.st_mtime), UTC)
    except (ValueError, OverflowError, OSError):  # anyone can set a file's time to the year 100,000
        time = None
    return Member(name, time, partial(_content, path, (status.st_dev, status.st_ino), limits.file))


def _legible(name: str) -> str:
    """Return a name as text: file systems keep bytes, which need not be UTF-8."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _content(path: Path, identity: tuple[int, int], largest: int) -> bytes:
    """Read a file if it still is the one that was listed: in a shared folder its owner may put a link in its place."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) != identity or not stat.S_ISREG(status.st_mode):
                raise Damaged("it was replaced while it was read")
            content = file.read(largest + 1)
    except OSError as error:
        raise Damaged(f"it cannot be read: {error.strerror}") from None
    if len(content) > largest:
        raise Damaged(f"it has more than {largest:,} bytes")
    return content


def _listing(found: list[Member | Refused]) -> Listing:
    members = [each for each in found if isinstance(each, Member)]
    return Listing(members, [each for each in found if isinstance(each, Refused)])
