"""Zip archives from strangers: what may be read out of them, file by file, and what not and why.

Nothing is unpacked to its own path: members are read into memory, one at a time, within limits. The standard library
reads the format; everything that it trusts is checked here. Of the packages for this, none both reads a hostile
archive in part and names what it leaves out. Other formats than zip are not read.
"""

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import IO

from classroom.receive.names import printable

__all__ = [
    "OF_A_STUDENT",
    "ArchiveLimits",
    "Damaged",
    "Member",
    "Refused",
    "is_junk",
    "is_zip",
    "list_zip",
    "path_fault",
]

_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error,
    EOFError, ValueError, IndexError, OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip
# what zipfile raises on damaged or hostile archives
_CHUNK = 1 << 20
_LONGEST_PATH, _LONGEST_PART = 1000, 255
_JUNK = re.compile(r"(^|/)(__MACOSX/|\.ipynb_checkpoints/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)")


@dataclass(frozen=True)
class ArchiveLimits:
    """How much is read from an archive; bytes unless it says otherwise.

    Parameters
    ----------
    archive : int
        The archive itself.
    file : int
        One member, unpacked.
    total : int
        All members, unpacked.
    members : int
        How many.
    ratio : int
        Unpacked to packed, for a member that has more than `free` bytes.
    free : int

    Raises
    ------
    ValueError
        If one is not positive.
    """

    archive: int = 16 * 2**30
    file: int = 64 * 2**20
    total: int = 64 * 2**30
    members: int = 100_000
    ratio: int = 200
    free: int = 8 * 2**20

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{name} must be positive; got {value}")


OF_A_STUDENT = ArchiveLimits(archive=64 * 2**20, total=256 * 2**20, members=1000)  # an archive within an archive


@dataclass(frozen=True)
class Refused:
    """Something that was not received, by its name, and why."""

    name: str
    reason: str


class Damaged(ValueError):
    """A file that turned out to be unreadable when it was read."""


@dataclass(frozen=True)
class Member:
    """A file of an archive or folder, not yet read.

    Parameters
    ----------
    path : str
        With "/".
    time : datetime, optional
        UTC.
    read : callable
        Returns the content, or raises `Damaged`.
    """

    path: str
    time: datetime | None
    read: Callable[[], bytes]


class _Bounded:
    """A file that refuses to be read in very large pieces, or in one with too many members, as zipfile reads a list."""

    def __init__(self, file: IO[bytes], members: int) -> None:
        self._file, self._members = file, members
        self._largest = max(512 * members, 1 << 20)
        self.listed = False
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        """Read, if it is not too much."""
        if size > self._largest:
            raise ValueError(f"its list of members has {size:,} bytes")
        content = self._file.read(min(size, self._largest) if size >= 0 else self._largest)
        if not self.listed and (count := content.count(b"PK\x01\x02")) > self._members:
            raise ValueError(f"the archive has {count:,} members; at most {self._members:,} are read")
        return content


def is_junk(path: str) -> bool:
    """Whether a file is left by an operating system or by Jupyter: not received, and not worth a word."""
    return _JUNK.search(path) is not None


def is_zip(content: bytes) -> bool:
    """Whether a file begins like a zip archive."""
    return content[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def list_zip(file: IO[bytes], limits: ArchiveLimits, *, name: str) -> tuple[list[Member], list[Refused]]:
    """Return the members of an archive that may be received, and a refusal for each that may not.

    Parameters
    ----------
    file : binary file
        Seekable; open as long as members are read.
    limits : ArchiveLimits
    name : str
        Of the archive, for refusals.
    """
    size = file.seek(0, 2)
    if size > limits.archive:
        return [], [Refused(name, f"the archive has {size:,} bytes; at most {limits.archive:,} are read")]
    try:
        bounded = _Bounded(file, limits.members)
        archive = zipfile.ZipFile(bounded)
        bounded.listed = True
    except _BROKEN as error:
        return [], [Refused(name, f"it is no zip archive that can be read: {error}")]
    infos = archive.infolist()
    members, refused, seen, left = [], [], set(), limits.total
    overlapping = _overlapping(infos)
    for info in infos:
        path = _path(info)
        if path.endswith("/") or _JUNK.search(path):
            continue
        key = unicodedata.normalize("NFC", path).casefold()
        fault = _fault(info, path, limits)
        if not fault and id(info) in overlapping:
            fault = "its bytes are shared with another member, as in a zip bomb"
        if not fault and key in seen:
            fault = "another member has the same name, or one that differs in case only"
        if not fault and info.file_size > left:
            fault = f"the members before it already fill the {limits.total:,} bytes that are unpacked"
        if fault:
            refused.append(Refused(printable(f"{name}: {path}"), fault))
            continue
        seen.add(key)
        left -= info.file_size
        members.append(Member(path, _time(info), partial(_content, archive, info)))
    return members, refused


def path_fault(path: str) -> str:
    """Return why a path within an archive or folder is refused; empty if it is not."""
    parts = path.split("/")
    if "\0" in path:
        return "its name holds the character zero"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "its path is absolute"
    if ".." in parts:
        return "its path leads out of the archive"
    if len(path.encode("utf-8", "replace")) > _LONGEST_PATH:
        return f"its path is longer than {_LONGEST_PATH} bytes"
    if any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts):
        return f"a part of its path is longer than {_LONGEST_PART} bytes"
    return "" if path.strip("/. ") else "it has no name"


def _fault(info: zipfile.ZipInfo, path: str, limits: ArchiveLimits) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if fault := path_fault(path):
        return fault
    if kind not in (0, stat.S_IFREG):
        return "it is a link" if kind == stat.S_IFLNK else "it is no plain file"
    if info.flag_bits & (0x1 | 0x40 | 0x2000):
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile reads others without a bound
        return f"it is packed by method {info.compress_type}; stored and deflated files are read"
    if info.file_size > limits.file:
        return f"it has {info.file_size:,} bytes; at most {limits.file:,} are read"
    if info.file_size > max(limits.free, limits.ratio * info.compress_size):
        return f"it unpacks to more than {limits.ratio} times its size, as a zip bomb does"
    return ""


def _path(info: zipfile.ZipInfo) -> str:
    """Return the path as it was written: UTF-8 where it says so or is, else the old code page 437.

    Some programs of Windows write backslashes between folders.
    """
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Return the ids of members whose data reach into the next member's."""
    order = sorted(infos, key=lambda info: info.header_offset)
    pairs = pairwise(order)
    return {id(one) for one, two in pairs if one.header_offset + 30 + one.compress_size > two.header_offset}


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read a member piece by piece; never more than the archive's list says, which was checked.

    Raises
    ------
    Damaged
        If it cannot be read, or is longer or shorter than the list says.
    """
    pieces, length = [], 0
    try:
        with archive.open(info) as member:
            while piece := member.read(_CHUNK):
                length += len(piece)
                if length > info.file_size:
                    break
                pieces.append(piece)
    except _BROKEN as error:
        raise Damaged(f"it is damaged: {error}") from None
    if length != info.file_size:
        raise Damaged(f"it is damaged: it is not as long as it says, {info.file_size:,} bytes")
    return b"".join(pieces)


def _time(info: zipfile.ZipInfo) -> datetime | None:
    """Return the time of change in UTC, from the extended field that most programs write; None if it has none."""
    extra = info.extra
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        if tag == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + size :]
    return None
