"""How platforms name what they hand out: which file is whose, when it was handed in, what is no submission.

Canvas    `doejohn_LATE_12345_678910_e02-attention-by-hand-1.ipynb` (name, late, user, upload, file), all in one folder
Moodle    `Full Name_12345_assignsubmission_file_/x.ipynb`, or with the file's name instead of "/"
Gradescope  `submission_456/x.ipynb`, and submission_metadata.yml that says whose they are
nbgrader  `student+assignment+2026-12-01 10:00:00.000000 UTC/x.ipynb`, the inbound folder of its exchange
files     anything else: the student's id is a pattern's group, or the first folder, or the file's name
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from classroom.exchange import NAME as SECRET
from classroom.exchange import secret_in
from classroom.receive.archives import Damaged, Member, Refused
from classroom.receive.metadata import moment, read_metadata, word
from classroom.receive.platforms import (
    CANVAS,
    CANVAS_TEXT,
    GRADESCOPE,
    KINDS,
    METADATA,
    MOODLE,
    MOODLE_FILE,
    LayoutError,
)
from classroom.receive.roster import Roster
from classroom.timestamps import NAME

__all__ = ["Item", "items_of"]

_OWN_FILES = (NAME, SECRET)  # nbgrader's, not the student's


@dataclass
class Item:
    """What one student has handed in at one time."""

    student: str
    files: list[tuple[str, Member]]
    came_from: str
    time: datetime | None = None  # the files' own
    time_is_said: bool = False  # by the platform
    late: bool | None = None
    submission_id: str = ""
    secret: str = ""  # by which nbgrader's exchange gives the page back
    name: str = ""
    email: str = ""
    lms_id: str = ""
    only_a_name: bool = False  # the student is known by the name alone, which another may have
    notes: list[str] = field(default_factory=list)


def items_of(
    kind: str, members: Iterable[Member], assignment: str, *, roster: Roster | None, pattern: str | None
) -> Iterator[Item | Refused]:
    """Yield what each student has handed in, and a refusal for each file that is nobody's.

    Raises
    ------
    LayoutError
        If the kind is unknown, the pattern is none, or the platform's list cannot be read.
    """
    if kind not in KINDS:
        raise LayoutError(f"there is no kind of source called {kind!r}; there are {', '.join(KINDS)}")
    if kind == "canvas":
        return _canvas(members, roster)
    if kind == "moodle":
        return _moodle(members, roster)
    if kind == "gradescope":
        return _gradescope(members, roster)
    if kind == "nbgrader":
        return _nbgrader(members, assignment, roster)
    return _files(members, assignment, roster, pattern)


def _canvas(members: Iterable[Member], roster: Roster | None) -> Iterator[Item | Refused]:
    for member in members:
        name = member.path.split("/")[-1]
        if CANVAS_TEXT.fullmatch(name):
            yield Refused(member.path, "it was typed into Canvas's text field, or is an address: no file")
            continue
        found = CANVAS.fullmatch(name)
        if found is None:
            yield Refused(member.path, "it is not named as Canvas names files: name_user_upload_file")
            continue
        student = (roster.find(found["user"], found["name"] or "") if roster else None) or found["user"]
        yield Item(
            student, [(found["file"], member)], member.path, member.time,
            late=bool(found["late"]), submission_id=found["upload"],
            name=found["name"] or "", lms_id=found["user"],
        )  # fmt: skip


def _moodle(members: Iterable[Member], roster: Roster | None) -> Iterator[Item | Refused]:
    people: dict[tuple[str, str], list[tuple[str, Member]]] = defaultdict(list)
    for member in members:
        parts = member.path.split("/")
        at = next((at for at, part in enumerate(parts[:-1]) if MOODLE.fullmatch(part)), len(parts) - 1)
        said = (MOODLE_FILE if at == len(parts) - 1 else MOODLE).fullmatch(parts[at])
        if said is None:
            yield Refused(member.path, "it is not named as Moodle names: name_number_assignsubmission_file")
        elif said["plugin"] == "onlinetext":
            yield Refused(member.path, "it was typed into Moodle's text field: no file")
        else:
            path = "/".join(parts[at + 1 :]) or said["file"]
            people[said["name"], said["number"]].append((path, member))
    names = Counter(name for name, _ in people)
    for (name, number), inside in people.items():
        unique = name if name and names[name] == 1 else f"{name} {number}".strip()
        known = roster.find(unique) if roster else None  # Moodle's numbers are others in each assignment
        yield Item(
            known or unique, inside, inside[0][1].path, _latest(inside),
            name=name, lms_id=number, only_a_name=known is None,
        )  # fmt: skip


def _gradescope(members: Iterable[Member], roster: Roster | None) -> Iterator[Item | Refused]:
    folders: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    metadata: dict[str, Any] | None = None
    for member in members:
        parts = member.path.split("/")
        at = next((at for at, part in enumerate(parts[:-1]) if GRADESCOPE.fullmatch(part)), None)
        if at is not None:
            folders[parts[at]].append(("/".join(parts[at + 1 :]), member))
        elif parts[-1] == METADATA:
            metadata = read_metadata(_read(member))
        else:
            yield Refused(member.path, "it is in no folder submission_…")
    if metadata is None:
        raise LayoutError(f"there is no {METADATA}, which says whose the submissions are")
    for folder, inside in folders.items():
        said = metadata.get(folder)
        people = said.get(":submitters") if isinstance(said, dict) else None
        people = [each for each in people if isinstance(each, dict)] if isinstance(people, list) else []
        if not people:
            yield Refused(folder, f"{METADATA} does not say whose it is")
        for person in people:
            name, email, number = (word(person.get(key)) for key in (":name", ":email", ":sid"))
            student = (roster.find(number, email, name) if roster else None) or number or email or name
            time = moment(said.get(":created_at")) if isinstance(said, dict) else None
            yield Item(
                student, inside, folder, time or _latest(inside),
                time_is_said=time is not None, submission_id=folder, name=name, email=email, lms_id=number,
            )  # fmt: skip


def _nbgrader(members: Iterable[Member], assignment: str, roster: Roster | None) -> Iterator[Item | Refused]:
    folders: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    for member in members:
        parts = member.path.split("/")
        at = next((at for at, part in enumerate(parts[:-1]) if part.count("+") >= 2), None)
        if at is None:
            yield Refused(member.path, "it is in no folder named as nbgrader names them: student+assignment+time")
        elif f"+{assignment}+" in parts[at]:  # the exchange holds all assignments
            folders[parts[at]].append(("/".join(parts[at + 1 :]), member))
    for folder, inside in folders.items():
        login, _, rest = folder.rpartition(f"+{assignment}+")
        said, secret = (next((_read(member) for path, member in inside if path == own), b"") for own in _OWN_FILES)
        time = moment(said.decode("utf-8", "replace")) or moment(rest.split("+")[0])
        yield Item(
            (roster.find(login) if roster else None) or login,
            [each for each in inside if each[0] not in _OWN_FILES],
            folder, time or _latest(inside), time_is_said=time is not None, submission_id=folder, lms_id=login,
            secret=secret_in(secret),
        )  # fmt: skip


def _files(
    members: Iterable[Member], assignment: str, roster: Roster | None, pattern: str | None
) -> Iterator[Item | Refused]:
    try:
        wanted = re.compile(pattern or r"(?!)")
    except re.error as error:
        raise LayoutError(f"the pattern {pattern!r} is no regular expression: {error}") from None
    if pattern and "student" not in wanted.groupindex:
        raise LayoutError(f"the pattern {pattern!r} needs a group (?P<student>…)")
    by_student: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    members = list(members)
    wrapped = _is_wrapped([member.path for member in members], assignment, roster)
    for member in members:
        parts = member.path.split("/")[wrapped:]
        found = wanted.fullmatch(member.path) or wanted.fullmatch(parts[-1])
        named = found["student"] if found else None if pattern else _student_in(parts, assignment)
        names = [named or ""]
        if len(parts) == 1:  # in a student's folder the file's name is the student's choice
            names += [parts[-1], parts[-1].rpartition(".")[0]]
        known = roster.find(*names) if roster else None
        if not named and not known:
            why = "does not match the pattern" if pattern else "does not say whose it is"
            yield Refused(member.path, f"its name {why}")
        else:
            by_student[known or named or ""].append(("/".join(parts), member))
    for student, inside in by_student.items():
        for group in _attempts(inside):
            yield Item(student, group, group[0][0], _latest(group))


def _is_wrapped(paths: list[str], assignment: str, roster: Roster | None) -> bool:
    """Whether all lie in one folder that is no student's: the assignment's, or one that the roster does not have."""
    first = {path.partition("/")[0] for path in paths if "/" in path}
    if len(first) != 1 or not all("/" in path for path in paths):
        return False
    name = first.pop()
    return name == assignment or (roster is not None and roster.find(name) is None)


def _attempts(inside: list[tuple[str, Member]]) -> list[list[tuple[str, Member]]]:
    """Return files of one student: those of a folder are one attempt; beside each other, each is one."""
    folders: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    for path, member in inside:
        folders[path if "/" not in path else path.rpartition("/")[0]].append((path, member))
    return list(folders.values())


def _student_in(parts: list[str], assignment: str) -> str:
    """Return the first folder, or the file's name without the assignment's; empty if nothing is left."""
    if len(parts) > 1:
        return parts[0]
    stem = parts[0].rpartition(".")[0] or parts[0]
    edge = re.escape(assignment)
    return re.sub(rf"(?i)\A{edge}[-_+ ]*|[-_+ ]*{edge}(?:[-_ ]?\(?\d+\)?)?\Z", "", stem).strip()


def _read(member: Member) -> bytes:
    try:
        return member.read()
    except Damaged:
        return b""


def _latest(inside: list[tuple[str, Member]]) -> datetime | None:
    return max((member.time for _, member in inside if member.time), default=None)
