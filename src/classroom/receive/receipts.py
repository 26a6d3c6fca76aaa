"""What was received: raw files as they came, each attempt in a folder of its own with a receipt. Never changed.

An attempt is written under a temporary name, brought to the disk, and renamed: at any moment it is there as a whole or
not at all. Whoever is interrupted runs the same again; what is there already is known by its content.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from classroom.receive.archives import Damaged
from classroom.receive.names import stored_name

__all__ = [
    "DiskFull",
    "File",
    "Receipt",
    "alone",
    "in_order",
    "now",
    "read_file",
    "receipts_of",
    "sha256_of",
    "store",
    "sweep",
]

_STALE = 3600.0  # seconds after which a temporary folder is left over from an interruption


class DiskFull(OSError):
    """There is no room; everything that was received before is kept."""


@dataclass(frozen=True)
class File:
    """A raw file: its name on the disk, its own name as it came, its length and hash."""

    name: str
    original: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """One attempt of one student.

    Parameters
    ----------
    assignment, student : str
        The student's id as it is, not its folder's name.
    attempt : str
        The name of its folder.
    files : tuple of File
    sha256 : str
        Of the file; of all files' names and hashes if there are several.
    time : str
        ISO 8601, UTC: when it was handed in, as far as that is known.
    time_from : str
        "source": the platform says so; "file": the file's own time; "receipt": when it was received.
    late : bool, optional
        What the platform says; None if it says nothing.
    received_at : str
        ISO 8601, UTC.
    kind, came_from : str
        Of what kind the source was, and its name with the path within.
    submission_id : str
        The platform's number of this upload, which tells two uploads of the same content apart.
    name, email, lms_id : str
        Of the student, as the platform writes them.
    notes : tuple of str
    secret : str
        By which nbgrader's exchange gives the page back, see `classroom.exchange`.
    """

    assignment: str
    student: str
    attempt: str
    files: tuple[File, ...]
    sha256: str
    time: str
    time_from: str
    late: bool | None
    received_at: str
    kind: str
    came_from: str
    submission_id: str = ""
    name: str = ""
    email: str = ""
    lms_id: str = ""
    notes: tuple[str, ...] = field(default=())
    secret: str = ""

    @property
    def at(self) -> datetime:
        """The time when it was handed in; not after it was received, whatever a clock elsewhere says."""
        return min(datetime.fromisoformat(self.time), datetime.fromisoformat(self.received_at))


def sha256_of(contents: Sequence[tuple[str, bytes]]) -> str:
    """Return the hash of an attempt's files, given as name and content."""
    hashes = [(name, hashlib.sha256(content).hexdigest()) for name, content in contents]
    if len(hashes) == 1:
        return hashes[0][1]
    return hashlib.sha256(json.dumps(sorted(hashes)).encode()).hexdigest()


def receipts_of(folder: Path) -> list[Receipt]:
    """Return the receipts in a student's folder, in the order in which the attempts were handed in.

    Raises
    ------
    Damaged
        If one cannot be read; an interruption does not leave such.
    """
    found = []
    for path in folder.glob("*/receipt.json"):
        if not path.parent.name.startswith("."):
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
                said["files"] = tuple(File(**each) for each in said["files"])
                receipt = Receipt(**{**said, "notes": tuple(said["notes"])})
                if receipt.at.tzinfo is None:
                    raise ValueError("its time has no zone")
                found.append((in_order(receipt), receipt))
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise Damaged(f"the receipt {path} cannot be read: {error}") from None
    return [receipt for _, receipt in sorted(found, key=lambda each: each[0])]


def in_order(receipt: Receipt) -> tuple[datetime, str, int, datetime, str]:
    """Return by what attempts are sorted. Of the same second that with the higher number is later: they grow.

    What is received in its own second counts from the beginning of that; its own time still tells the order.
    """
    number = receipt.submission_id
    upload = int(number) if number.isascii() and number.isdecimal() else -1
    return receipt.at, receipt.received_at, upload, datetime.fromisoformat(receipt.time), receipt.attempt


def read_file(folder: Path, receipt: Receipt, file: File) -> bytes:
    """Return a raw file's content.

    Raises
    ------
    Damaged
        If it is not what was received.
    """
    try:
        content = (folder / receipt.attempt / file.name).read_bytes()
    except OSError as error:
        raise Damaged(f"{folder / receipt.attempt / file.name} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise Damaged(f"{folder / receipt.attempt / file.name} was changed after it was received")
    return content


def store(folder: Path, receipt: Receipt, contents: Sequence[tuple[str, bytes]]) -> Receipt:
    """Write an attempt into a student's folder; return its receipt, complete.

    Parameters
    ----------
    folder : Path
    receipt : Receipt
        Without `attempt` and `files`, which are filled in.
    contents : sequence of (str, bytes)
        Original name and content.

    Raises
    ------
    DiskFull
        If there is no room. Nothing is left of this attempt then.
    """
    moment = re.sub(r"\D", "", receipt.time.split("+")[0].split(".")[0])
    attempt = f"{moment[:8]}T{moment[8:14]}Z-{receipt.sha256[:32]}"  # fewer digits, and one could make two files alike
    if receipt.submission_id:
        attempt += f"-{hashlib.sha256(receipt.submission_id.encode()).hexdigest()[:12]}"
    taken: set[str] = set()
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _to_disk(folder.parent)
        temporary = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
        try:
            files = []
            for original, content in contents:
                name = stored_name(original.rsplit("/", 1)[-1], taken)
                _write(temporary / name, content)
                files.append(File(name, original, len(content), hashlib.sha256(content).hexdigest()))
            receipt = Receipt(**{**vars(receipt), "attempt": attempt, "files": tuple(files)})
            _write(temporary / "receipt.json", json.dumps(asdict(receipt), ensure_ascii=True, indent=1).encode())
            _to_disk(temporary)
            temporary.rename(folder / attempt)
            _to_disk(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and (folder / attempt / "receipt.json").is_file():
            return receipt  # another process has just received the same
        raise _explained(error, f"{folder} for {receipt.came_from}") from None
    return receipt


def sweep(folder: Path) -> None:
    """Remove what an interruption has left in the folders of students, unless it is fresh."""
    for path in folder.glob("*/.new-*"):
        try:
            if time.time() - path.stat().st_mtime > _STALE:
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:
            continue


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process receives into this folder; ends with the process, however that ends.

    Raises
    ------
    DiskFull
        If there is no room for the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise _explained(error, str(folder)) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def now() -> str:
    """Return the time as receipts have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _explained(error: OSError, where: str) -> OSError:
    """Return the error, or what to do where there is no room."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return error
    return DiskFull(error.errno, f"no room in {where}; make room and run it again: what was received is kept")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
