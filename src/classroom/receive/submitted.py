"""From received to submitted: the attempt that counts, repaired, in nbgrader's layout."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import nbformat
from nbformat import NotebookNode

from classroom.course import write_atomically
from classroom.exchange import write_secret
from classroom.normalise import NotASubmission, Repair, normalise
from classroom.receive.archives import OF_A_STUDENT, Damaged, Refused, is_zip, list_zip
from classroom.receive.attempts import Counting, choose
from classroom.receive.names import id_of_folder, printable
from classroom.receive.receipts import Receipt, read_file, receipts_of
from classroom.timestamps import write_timestamp

__all__ = ["Submitted", "read_submitted", "submit"]

_RECORD = "counts.json"
_MOST_TRIED = 20  # files of an attempt


class Folders(Protocol):
    """What is asked of a course."""

    @property
    def received(self) -> Path:
        """The folder of the raw uploads."""

    @property
    def submitted(self) -> Path:
        """The folder of the repaired notebooks."""

    @property
    def release(self) -> Path:
        """The folder of what students get."""


@dataclass(frozen=True)
class Submitted:
    """What counts for a student.

    Parameters
    ----------
    assignment, student : str
    folder : str
        The name of the student's folders, and the id in nbgrader.
    attempt : str
        Empty if none can be graded.
    at : str
        ISO 8601, UTC; empty if there is no attempt.
    late : bool
    repairs : list of Repair
    reasons : list of str
        Why attempts that would have counted did not, newest first; if `attempt` is empty, why there is no grade.
    name, email, lms_id : str
        As the platform writes them, of the newest attempt.
    """

    assignment: str
    student: str
    folder: str
    attempt: str = ""
    at: str = ""
    late: bool = False
    repairs: list[Repair] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    name: str = ""
    email: str = ""
    lms_id: str = ""


def submit(
    course: Folders,
    assignment: str,
    *,
    deadline: datetime | None = None,
    extensions: Mapping[str, datetime] | None = None,
    students: Iterable[str] | None = None,
) -> list[Submitted]:
    """Choose, repair and write the attempt that counts, for each student.

    An attempt that is no notebook of the assignment does not count while the student has another one.

    Parameters
    ----------
    course : object with the folders `received`, `submitted` and `release`
    assignment : str
    deadline : datetime, optional
        With a time zone.
    extensions : dict from str to datetime, optional
        By student's id or folder. Where there is one, what the platform says about lateness does not count.
    students : iterable of str, optional
        Only these folders.

    Raises
    ------
    FileNotFoundError
        If there is no release.
    """
    release = nbformat.read(course.release / assignment / f"{assignment}.ipynb", as_version=4)
    wanted = None if students is None else set(students)
    result = []
    for folder in sorted(path for path in (course.received / assignment).glob("*") if path.is_dir()):
        if wanted is None or folder.name in wanted:
            result += _submit_one(course, assignment, folder, release, deadline, extensions or {})
    return result


def read_submitted(course: Folders, assignment: str, folder: str) -> Submitted | None:
    """Return what was written about a student; None if there is nothing."""
    try:
        said = json.loads((course.received / assignment / folder / _RECORD).read_text(encoding="utf-8"))
        return Submitted(**{**said, "repairs": [Repair(**each) for each in said["repairs"]]})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _submit_one(
    course: Folders,
    assignment: str,
    folder: Path,
    release: NotebookNode,
    deadline: datetime | None,
    extensions: Mapping[str, datetime],
) -> list[Submitted]:
    try:
        receipts = receipts_of(folder)
    except Damaged as error:
        student = folder.name
        with suppress(ValueError):
            student = id_of_folder(folder.name)
        return [_recorded(folder, Submitted(assignment, student, folder.name, reasons=[str(error)]))]
    if not receipts:
        return []  # an interruption has left an empty folder
    newest = receipts[-1]
    own = extensions.get(newest.student, extensions.get(folder.name))
    if own is not None:
        receipts, deadline = [replace(receipt, late=None) for receipt in receipts], own
    about = Submitted(
        assignment, newest.student, folder.name, name=newest.name, email=newest.email, lms_id=newest.lms_id
    )
    reasons: list[str] = []
    while (counting := choose(receipts, deadline)) is not None:
        try:
            notebook, repairs = _repaired(folder, counting.receipt, assignment, release)
        except (NotASubmission, Damaged) as error:
            reasons.append(_reason(counting.receipt, str(error)))
        except Exception as error:  # a fault of ours: one submission never stops a class
            reasons.append(f"{counting.receipt.came_from}: it could not be repaired ({type(error).__name__}: {error})")
        else:
            attempt, at = counting.receipt.attempt, counting.at.isoformat()
            about = replace(about, attempt=attempt, at=at, late=counting.late, repairs=repairs)
            _write(course.submitted / folder.name / assignment, assignment, notebook, counting)
            break
        receipts = [receipt for receipt in receipts if receipt.attempt != counting.receipt.attempt]
    return [_recorded(folder, replace(about, reasons=reasons))]


def _reason(receipt: Receipt, error: str) -> str:
    """Return why an attempt does not count, with the name of its file once."""
    for file in receipt.files:
        if error.startswith(f"{file.original} ") and receipt.came_from.endswith(file.original):
            return f"{receipt.came_from} {error.removeprefix(f'{file.original} ')}"
    return f"{receipt.came_from}: {error}"


def _recorded(folder: Path, about: Submitted) -> Submitted:
    write_atomically(folder / _RECORD, json.dumps(asdict(about), indent=1))
    return about


def _write(folder: Path, assignment: str, notebook: NotebookNode, counting: Counting) -> None:
    """Write the notebook after what belongs to it: who is interrupted in between, runs it again."""
    write_timestamp(folder, counting.at)
    write_secret(folder, counting.receipt.secret)
    text = nbformat.writes(notebook) + "\n"
    path = folder / f"{assignment}.ipynb"
    if not path.is_file() or path.read_bytes() != text.encode():
        write_atomically(path, text)


def _repaired(
    folder: Path, receipt: Receipt, assignment: str, release: NotebookNode
) -> tuple[NotebookNode, list[Repair]]:
    """Return the best of an attempt's files: that in which most answers were found; of equals, by its name.

    Raises
    ------
    NotASubmission
        If none is a notebook of the assignment; with the reason of the likeliest file.
    """
    files: list[tuple[str, Callable[[], bytes]]] = []
    said: list[str] = []
    for file in receipt.files:
        inside, refused = _unpacked(file.original, partial(read_file, folder, receipt, file))
        files += inside
        said += [f"{each.name}: {each.reason}" for each in refused]
    files.sort(key=lambda file: (not file[0].endswith(".ipynb"), assignment not in file[0], file[0]))
    best: tuple[int, NotebookNode, list[Repair]] | None = None
    reasons = []
    for name, read in files[:_MOST_TRIED]:
        try:
            notebook, repairs = normalise(release, read())
        except NotASubmission as error:
            reasons.append(f"{name} {error}")
            continue
        except Damaged as error:
            said.append(f"{name}: {error}")
            continue
        missing = sum(repair.kind == "missing" for repair in repairs)
        if best is None or missing < best[0]:
            best = missing, notebook, repairs
    if len(files) > _MOST_TRIED:
        said.append(f"{len(files)} files: only {_MOST_TRIED} were looked at")
    said = [printable(each) for each in said]
    if best is None:
        raise NotASubmission(printable("; ".join([*reasons[:1], *said[:3]])) or "it holds no file")
    return best[1], [*best[2], *(Repair("archive", "", f"Not read: {each}.") for each in said[:_MOST_TRIED])]


def _unpacked(name: str, read: Callable[[], bytes]) -> tuple[list[tuple[str, Callable[[], bytes]]], list[Refused]]:
    """Return a file, or those of an archive and what of it is refused; an archive within that one is not opened.

    Only one file is in memory at a time, beside its archive.
    """
    content = read()
    if not is_zip(content):
        return [(name, read)], []
    members, refused = list_zip(io.BytesIO(content), OF_A_STUDENT, name=name)
    return [(member.path, member.read) for member in members], refused
