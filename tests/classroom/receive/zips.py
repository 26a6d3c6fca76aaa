"""Zip archives byte by byte, so that each field can lie."""

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass

from classroom.receive import ArchiveLimits
from classroom.receive.archives import Damaged, list_zip

PLAIN, LINK, FIFO, DEVICE = stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR


@dataclass
class Entry:
    """A member. What is None is as it should be."""

    name: bytes
    content: bytes = b"content"
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0
    mode: int = PLAIN | 0o644
    size: int | None = None  # as the lists say
    packed: bytes | None = None
    packed_size: int | None = None
    offset: int | None = None
    check: int | None = None
    extra: bytes = b""


def raw_zip(*entries):
    """Return an archive of these members."""
    local, central = b"", b""
    for entry in entries:
        packed = entry.packed
        if packed is None:
            squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = entry.content if entry.method == 0 else squeeze.compress(entry.content) + squeeze.flush()
        check = zlib.crc32(entry.content) if entry.check is None else entry.check
        size = len(entry.content) if entry.size is None else entry.size
        packed_size = len(packed) if entry.packed_size is None else entry.packed_size
        offset = len(local) if entry.offset is None else entry.offset
        head = (20, entry.flags, entry.method, 0, 33, check, packed_size, size, len(entry.name))
        central += b"PK\1\2" + struct.pack("<HHHHHHIIIH", 0x0314, *head)
        central += struct.pack("<HHHHII", len(entry.extra), 0, 0, 0, entry.mode << 16, offset) + entry.name
        central += entry.extra
        local += b"PK\3\4" + struct.pack("<HHHHHIIIHH", *head, 0) + entry.name + packed
    count = min(len(entries), 0xFFFF)
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(local), 0)


def honest_zip(files, method=zipfile.ZIP_DEFLATED):
    """Return an archive of contents by path, as Python writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return file.getvalue()


def read_out(content, limits=None):
    """Return what is read from an archive: contents by path, and reasons by name."""
    members, refused = list_zip(io.BytesIO(content), limits or ArchiveLimits(), name="a.zip")
    read, reasons = {}, {each.name.removeprefix("a.zip: "): each.reason for each in refused}
    for member in members:
        try:
            read[member.path] = member.read()
        except Damaged as error:
            reasons[member.path] = str(error)
    return read, reasons
