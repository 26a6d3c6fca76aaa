"""Receive what students have handed in, from wherever it was collected, and choose and repair what counts.

`receive` keeps every raw file as it came, with a receipt. `submit` chooses the attempt that counts, puts its answers
into the release, and writes it where nbgrader expects it. Both may be interrupted and run again: what was done is known
and not done twice. Neither runs anything that was handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from classroom.receive.archives import OF_A_STUDENT, ArchiveLimits, Damaged, Refused
from classroom.receive.attempts import Counting, choose, handed_in_at
from classroom.receive.layouts import Item, items_of
from classroom.receive.names import folder_name, id_of_folder, printable
from classroom.receive.platforms import KINDS, LayoutError, kind_of
from classroom.receive.receipts import DiskFull, Receipt, alone, now, receipts_of, sha256_of, store, sweep
from classroom.receive.roster import Roster, RosterError
from classroom.receive.sources import open_source
from classroom.receive.submitted import Submitted, read_submitted, submit

__all__ = [
    "KINDS",
    "ArchiveLimits",
    "Counting",
    "DiskFull",
    "Intake",
    "LayoutError",
    "Receipt",
    "Refused",
    "Roster",
    "RosterError",
    "Submitted",
    "choose",
    "folder_name",
    "handed_in_at",
    "id_of_folder",
    "read_submitted",
    "receipts_of",
    "receive",
    "submit",
]


class Folders(Protocol):
    """What is asked of a course."""

    @property
    def received(self) -> Path:
        """The folder of the raw uploads."""


@dataclass
class Intake:
    """What became of a source: attempts that are new, those that were there, and what was refused and why."""

    kind: str
    new: list[Receipt] = field(default_factory=list)
    known: list[Receipt] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def receive(
    course: Folders,
    assignment: str,
    source: Path,
    *,
    kind: str | None = None,
    roster: Roster | None = None,
    pattern: str | None = None,
    student: str | None = None,
    at: datetime | None = None,
    limits: ArchiveLimits | None = None,
    tell: Callable[[Receipt | Refused, bool], None] = lambda what, new: None,
) -> Intake:
    """Receive a folder, a zip archive or a file.

    Parameters
    ----------
    course : object with the folder `received`
    assignment : str
        Its whole name.
    source : Path
        What a platform gave, packed or unpacked; or files.
    kind : str, optional
        One of `KINDS`; by default it is seen from the names.
    roster : Roster, optional
        Maps what platforms call students to the course's ids.
    pattern : str, optional
        For files: a regular expression with a group ``student`` that matches a file's path or name.
    student : str, optional
        For files: all of them are this student's.
    at : datetime, optional
        For files: when they were handed in, with a time zone; then a student's files are one attempt. Files' own times
        tell nothing about lateness.
    limits : ArchiveLimits, optional
        Of the source.
    tell : callable
        Given each receipt or refusal as it comes, and whether it is new.

    Raises
    ------
    LayoutError
        If the kind or the pattern is none, or a platform's list of submissions cannot be read.
    FileNotFoundError
        If there is no such source.
    DiskFull
        If there is no room; what was received is kept.
    """
    if at is not None and at.tzinfo is None:
        raise LayoutError(f"the time needs a zone, as 2026-12-01T10:00:00Z; got {at.isoformat()}")
    folder = course.received / assignment
    with alone(folder), open_source(source, limits or ArchiveLimits()) as listing:
        sweep(folder)
        kind = kind or ("files" if student else kind_of([member.path for member in listing.members], assignment))
        intake = Intake(kind)
        spelling = {path.name.casefold(): path.name for path in folder.glob("*") if path.is_dir()}
        if student is not None:
            pattern = pattern or r"(?P<student>(?s:.*))"
        found: list[Item | Refused] = list(listing.refused)
        found += items_of(kind, listing.members, assignment, roster=roster, pattern=pattern)
        for item in found:
            if isinstance(item, Item):
                item.student = student or item.student
        if at is not None:
            found = _at_once(found, at)
        for item in found:
            kept = _keep(folder, assignment, kind, source, item, spelling) if isinstance(item, Item) else item
            if isinstance(kept, Refused):
                intake.refused.append(kept)
                tell(kept, False)
            else:
                receipt, new = kept
                (intake.new if new else intake.known).append(receipt)
                tell(receipt, new)
    return intake


def _at_once(found: list[Item | Refused], at: datetime) -> list[Item | Refused]:
    """Join the items of each student: what was handed in at one moment is one attempt."""
    by_student: dict[str, Item] = {}
    result: list[Item | Refused] = []
    for item in found:
        if isinstance(item, Item) and item.student in by_student:
            by_student[item.student].files += item.files
            continue
        if isinstance(item, Item):
            by_student[item.student] = item
            item.time, item.time_is_said = at, True
        result.append(item)
    return result


def _keep(
    folder: Path, assignment: str, kind: str, source: Path, item: Item, spelling: dict[str, str]
) -> Refused | tuple[Receipt, bool]:
    """Store an item unless it is there; return its receipt and whether it is new, or why it is refused."""
    where = printable(f"{source.name}: {item.came_from}")
    try:
        own = folder_name(item.student)
        contents = _contents(item)
    except Damaged as error:
        return Refused(where, str(error))
    except ValueError as error:
        return Refused(where, f"{error}; map it by a roster")
    if not contents:
        return Refused(where, "it holds no file")
    if spelling.get(own.casefold(), own) != own:
        other = id_of_folder(spelling[own.casefold()])
        return Refused(where, f"the student {item.student!r} differs from {other!r} in case only; map them by a roster")
    sha256 = sha256_of(contents)
    received_at = now()
    time = item.time.astimezone(UTC).isoformat() if item.time else received_at
    time_from = "source" if item.time_is_said else "file" if item.time else "receipt"
    draft = Receipt(
        assignment=assignment, student=item.student, attempt="", files=(), sha256=sha256, time=time,
        time_from=time_from, late=item.late, received_at=received_at, kind=kind, came_from=where,
        submission_id=item.submission_id, name=item.name, email=item.email, lms_id=item.lms_id,
        notes=tuple(item.notes), secret=item.secret,
    )  # fmt: skip
    try:
        before = receipts_of(folder / own)
        if item.only_a_name and any(each.lms_id not in ("", item.lms_id) for each in before):
            return Refused(where, f"another {item.name!r} was received before; map them by a roster")
        if same := [each for each in before if _same_upload(each, draft)]:
            return same[0], False
        receipt = store(folder / own, draft, contents)
    except DiskFull:
        raise
    except (Damaged, OSError) as error:
        return Refused(where, f"it could not be kept: {error}")
    spelling.setdefault(own.casefold(), own)
    return receipt, True


def _contents(item: Item) -> list[tuple[str, bytes]]:
    """Read an item's files.

    Raises
    ------
    Damaged
        If one cannot be read, or together they are too many or too large.
    """
    if len(item.files) > OF_A_STUDENT.members:
        raise Damaged(f"it has {len(item.files):,} files; at most {OF_A_STUDENT.members:,} are kept")
    contents, left = [], OF_A_STUDENT.total
    for path, member in item.files:
        content = member.read()
        left -= len(content)
        if left < 0:
            raise Damaged(f"its files have more than {OF_A_STUDENT.total:,} bytes together")
        contents.append((path, content))
    return contents


def _same_upload(one: Receipt, other: Receipt) -> bool:
    """Whether another receipt is of an upload that is known: the same content, and no number or time that differs.

    Files' own times say nothing: they change when files are copied.
    """
    if one.sha256 != other.sha256:
        return False
    if one.submission_id and other.submission_id:
        return one.submission_id == other.submission_id
    return other.time_from != "source" or (one.time_from == "source" and one.time == other.time)
