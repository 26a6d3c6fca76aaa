"""How platforms name what they hand out: which file is whose, when it was handed in, what is no submission.

Canvas    `doejohn_LATE_12345_678910_e02-attention-by-hand-1.ipynb` (name, late, user, upload, file), all in one folder
Moodle    `Full Name_12345_assignsubmission_file_/x.ipynb`
Gradescope  `submission_456/x.ipynb`, and submission_metadata.yml that says whose they are
nbgrader  `student+assignment+2026-12-01 10:00:00.000000 UTC/x.ipynb`, the inbound folder of its exchange
files     anything else: the student's id is a pattern's group, or the first folder, or the file's name
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml

from classroom.receive.archives import Damaged, Member, Refused
from classroom.receive.roster import Roster

__all__ = ["KINDS", "Item", "LayoutError", "items_of", "kind_of"]

KINDS = ("canvas", "moodle", "gradescope", "nbgrader", "files")

_CANVAS = re.compile(r"(?:(?P<name>.+?)_)?(?:(?P<late>LATE)_)?(?P<user>\d+|anon_[^_]+)_(?P<upload>\d+)_(?P<file>.+)")
_CANVAS_TEXT = re.compile(r".*_(?:\d+|anon_[^_]+)_(text|link)\.html")
_MOODLE = re.compile(r"(?P<name>.*)_(?P<number>\d+)_assignsubmission_(?P<plugin>file|onlinetext)_?")
_METADATA = "submission_metadata.yml"
_LARGEST_METADATA = 32 * 2**20
_OWN_FILES = ("timestamp.txt", "submission_secret.txt")  # nbgrader's, not the student's


class LayoutError(ValueError):
    """Why a source as a whole cannot be read."""


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
    name: str = ""
    email: str = ""
    lms_id: str = ""
    notes: list[str] = field(default_factory=list)


def kind_of(paths: Sequence[str], assignment: str) -> str:
    """Return which platform's names these are."""
    if any(path.split("/")[-1] == _METADATA for path in paths):
        return "gradescope"
    if any(f"+{assignment}+" in path for path in paths):
        return "nbgrader"
    if any(_MOODLE.fullmatch(part) for path in paths for part in path.split("/")[:-1]):
        return "moodle"
    names = [path.split("/")[-1] for path in paths]
    canvas = [name for name in names if _CANVAS.fullmatch(name) or _CANVAS_TEXT.fullmatch(name)]
    return "canvas" if names and len(canvas) == len(names) else "files"


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
        if _CANVAS_TEXT.fullmatch(name):
            yield Refused(member.path, "it was typed into Canvas's text field, or is an address: no file")
            continue
        found = _CANVAS.fullmatch(name)
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
    folders: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    for member in members:
        parts = member.path.split("/")
        at = next((at for at, part in enumerate(parts[:-1]) if _MOODLE.fullmatch(part)), None)
        if at is None:
            yield Refused(member.path, "it is in no folder as Moodle names them: name_number_assignsubmission_file")
        elif "_onlinetext" in parts[at]:
            yield Refused(member.path, "it was typed into Moodle's text field: no file")
        else:
            folders[parts[at]].append(("/".join(parts[at + 1 :]), member))
    names = [_said(_MOODLE, folder)["name"] for folder in folders]
    for folder, inside in folders.items():
        found = _said(_MOODLE, folder)
        name, number = found["name"], found["number"]
        unique = name if name and names.count(name) == 1 else f"{name} {number}".strip()
        student = (roster.find(name, number) if roster and names.count(name) == 1 else None) or unique
        yield Item(
            student, inside, folder, _latest(inside),
            name=name, lms_id=number,
        )  # fmt: skip


def _gradescope(members: Iterable[Member], roster: Roster | None) -> Iterator[Item | Refused]:
    folders: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    metadata: dict[str, Any] | None = None
    for member in members:
        parts = member.path.split("/")
        at = next((at for at, part in enumerate(parts[:-1]) if re.fullmatch(r"submission_\w+", part)), None)
        if at is not None:
            folders[parts[at]].append(("/".join(parts[at + 1 :]), member))
        elif parts[-1] == _METADATA:
            metadata = _yaml(_read(member))
        else:
            yield Refused(member.path, "it is in no folder submission_…")
    if metadata is None:
        raise LayoutError(f"there is no {_METADATA}, which says whose the submissions are")
    for folder, inside in folders.items():
        said = metadata.get(folder)
        people = said.get(":submitters") if isinstance(said, dict) else None
        people = [each for each in people if isinstance(each, dict)] if isinstance(people, list) else []
        if not people:
            yield Refused(folder, f"{_METADATA} does not say whose it is")
        for person in people:
            name, email, number = (str(person.get(key) or "") for key in (":name", ":email", ":sid"))
            student = (roster.find(number, email, name) if roster else None) or number or email or name
            time = _moment(said.get(":created_at")) if isinstance(said, dict) else None
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
        said = next((_read(member) for path, member in inside if path == "timestamp.txt"), b"")
        time = _moment(said.decode("utf-8", "replace")) or _moment(rest.split("+")[0])
        yield Item(
            (roster.find(login) if roster else None) or login,
            [each for each in inside if each[0] not in _OWN_FILES],
            folder, time or _latest(inside), time_is_said=time is not None, submission_id=folder, lms_id=login,
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
    for member in members:
        parts = member.path.split("/")
        found = wanted.fullmatch(member.path) or wanted.fullmatch(parts[-1])
        named = found["student"] if found else None if pattern else _student_in(parts, assignment)
        known = roster.find(named or "", parts[-1], parts[-1].rpartition(".")[0]) if roster else None
        if not named and not known:
            why = "does not match the pattern" if pattern else "does not say whose it is"
            yield Refused(member.path, f"its name {why}")
        else:
            by_student[known or named or ""].append((member.path, member))
    for student, inside in by_student.items():
        for group in _attempts(inside):
            yield Item(student, group, group[0][0], _latest(group))


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


def _said(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    assert found is not None  # it was looked for before
    return found


def _read(member: Member) -> bytes:
    try:
        return member.read()
    except Damaged:
        return b""


def _latest(inside: list[tuple[str, Member]]) -> datetime | None:
    return max((member.time for _, member in inside if member.time), default=None)


def _moment(said: Any) -> datetime | None:
    """Return a time in UTC from YAML's or nbgrader's writing; None if it is none, or has no zone."""
    if isinstance(said, str):
        text = re.sub(r"(\.\d{6})\d+", r"\1", said.strip())
        text = re.sub(r"\s*(UTC|Z)\Z", "+00:00", text)
        try:
            said = datetime.fromisoformat(re.sub(r"\s+([+-]\d\d:?\d\d)\Z", r"\1", text))
        except ValueError:
            return None
        if said.tzinfo is None:
            return None
    if not isinstance(said, datetime):
        return None
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)  # YAML's are UTC without zone


class _Plain(yaml.SafeLoader):
    """Reads Ruby's YAML: a tag that is not YAML's own is left out."""


def _without_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Plain.add_multi_constructor("!", _without_tag)


def _yaml(content: bytes) -> dict[str, Any]:
    if len(content) > _LARGEST_METADATA:
        raise LayoutError(f"{_METADATA} has {len(content):,} bytes; at most {_LARGEST_METADATA:,} are read")
    try:
        said = yaml.load(content, Loader=_Plain)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise LayoutError(f"{_METADATA} cannot be read: {error}") from None
    if not isinstance(said, dict):
        raise LayoutError(f"{_METADATA} is no list of submissions")
    return said
