"""A course's folders and settings.

A course is the folder with nbgrader_config.py: the assignments are in solutions/, their releases in exercises/.
Everything that belongs to a class is in grading/, which git ignores; the environment variable SEQ2BERT_GRADING names
another folder. Its settings are in grading/classroom.toml; without that file the defaults hold.
"""

import errno
import fcntl
import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classroom.sandbox import Limits

__all__ = ["Course", "CourseError", "Settings", "Unavailable", "write_atomically"]


class CourseError(ValueError):
    """What is wrong with a course's folder or settings, and what to do."""


class Unavailable(CourseError):
    """What the settings or the command name does not do its part now, a scheduler say; what was done is kept.

    Parameters
    ----------
    message : str
    busy : bool
        Whether waiting may help.
    """

    def __init__(self, message: str, *, busy: bool = False) -> None:
        super().__init__(message)
        self.busy = busy


@dataclass(frozen=True)
class Settings:
    """What an instructor may choose.

    Parameters
    ----------
    course_id : str
        As in nbgrader.
    db_url : str, optional
        Where the gradebook is, as SQLAlchemy writes it; default: grading/gradebook.db.
    workers : int
        Submissions that are graded at the same time; 0: one for each processor core.
    deadlines : dict from str to datetime
        By assignment, with a time zone.
    extensions : dict from str to dict from str to datetime
        By assignment and student.
    late_penalty_per_day : float
        Share of the points that each day, or part of a day, after the deadline costs, from 0 to 1.
    limits : Limits

    Raises
    ------
    CourseError
        If a value is impossible.
    """

    course_id: str = "seq2bert"
    db_url: str | None = None
    workers: int = 0
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    late_penalty_per_day: float = 0.0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise CourseError(f"workers must be 0 or more; got {self.workers}")
        if not 0 <= self.late_penalty_per_day <= 1:
            raise CourseError(f"late_penalty_per_day must be from 0 to 1; got {self.late_penalty_per_day}")
        times = [*self.deadlines.values(), *(time for each in self.extensions.values() for time in each.values())]
        for time in times:
            if not isinstance(time, datetime) or time.tzinfo is None:
                raise CourseError(f"a deadline needs a date, a time and a zone, as 2026-12-01T23:59:59Z; got {time}")


@dataclass(frozen=True)
class Course:
    """Where things are.

    Parameters
    ----------
    root : Path
        The folder with nbgrader_config.py.
    work : Path
        The folder of the class.
    settings : Settings
    """

    root: Path
    work: Path
    settings: Settings

    @classmethod
    def open(cls, folder: Path | str = ".") -> "Course":
        """Find the course in a folder or one above it, and read its settings.

        Raises
        ------
        CourseError
            If there is no nbgrader_config.py, or the settings cannot be read.
        """
        start = Path(folder).absolute()
        root = next((path for path in (start, *start.parents) if (path / "nbgrader_config.py").is_file()), None)
        if root is None:
            raise CourseError(f"there is no course in {start}: no nbgrader_config.py here or in a folder above")
        work = Path(os.environ.get("SEQ2BERT_GRADING", root / "grading")).absolute()
        return cls(root, work, _read_settings(work / "classroom.toml"))

    @property
    def source(self) -> Path:
        """The folder of the authored assignments."""
        return self.root / "solutions"

    @property
    def release(self) -> Path:
        """The folder of what students get."""
        return self.root / "exercises"

    @property
    def received(self) -> Path:
        """The folder of the raw uploads."""
        return self.work / "received"

    @property
    def submitted(self) -> Path:
        """The folder of the repaired notebooks."""
        return self.work / "submitted"

    def prepared(self, assignment: str) -> list[str]:
        """Return the names of the students' folders that have a repaired notebook of an assignment, sorted."""
        found = self.submitted.glob(f"*/{assignment}/{assignment}.ipynb")
        return sorted(path.parent.parent.name for path in found)  # names: five thousand paths are megabytes

    @property
    def autograded(self) -> Path:
        """The folder of the notebooks that were run."""
        return self.work / "autograded"

    @property
    def feedback(self) -> Path:
        """The folder of the pages for students."""
        return self.work / "feedback"

    @property
    def outcomes(self) -> Path:
        """The folder of the verdicts."""
        return self.work / ".classroom" / "outcomes"

    @property
    def seed_file(self) -> Path:
        """The private seed, if there is one."""
        return self.work / "private-seed"

    @property
    def db_url(self) -> str:
        """Where the gradebook is."""
        return self.settings.db_url or f"sqlite:///{self.work / 'gradebook.db'}"

    @property
    def log_file(self) -> Path:
        """The log: one JSON object a line."""
        return self.work / ".classroom" / "log.jsonl"

    def assignments(self) -> list[str]:
        """Return the names of the assignments that have a source notebook."""
        folders = sorted(self.source.iterdir()) if self.source.is_dir() else []
        return [folder.name for folder in folders if (folder / f"{folder.name}.ipynb").is_file()]

    def check_assignment(self, name: str) -> str:
        """Return the full name of an assignment that is given by its name or its beginning, "e02" say.

        Raises
        ------
        CourseError
            If there is no such assignment, or more than one.
        """
        names = self.assignments()
        found = [name] if name in names else [other for other in names if other.split("-")[0] == name]
        if len(found) != 1:
            raise CourseError(f"there is no assignment {name!r}; there are {', '.join(names) or 'none'}")
        return found[0]

    @property
    def kept_out(self) -> tuple[Path, ...]:
        """Folders that students' code must not see: solutions with hidden tests, and the class."""
        return (self.source, self.work)

    def log(self, event: str, **data: Any) -> None:
        """Append a line to the log; it is written at once, and lines of several processes do not mix.

        Raises
        ------
        OSError
            If the disk is full; what was written of the line is taken back, or ends before the next line.
        """
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"time": datetime.now(UTC).isoformat(), "event": event, **data}, ensure_ascii=False) + "\n"
        descriptor = os.open(self.log_file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
            data_written = line.encode("utf-8", "replace")  # halves of characters, which no file takes
            if torn:  # someone was stopped within a line
                data_written = b"\n" + data_written
            if os.write(descriptor, data_written) < len(data_written):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.log_file))
        finally:
            os.close(descriptor)


def write_atomically(path: Path, data: str | bytes, *, mode: int = 0o600) -> None:
    """Write a file so that at any moment there is the old one or the new one, whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = data.encode() if isinstance(data, str) else data
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode != 0o600:  # as it is made
                os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read_settings(path: Path) -> Settings:
    if not path.is_file():
        return Settings()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    limits = said.pop("limits", {})
    for given, known, where in ((said, Settings, ""), (limits, Limits, "limits.")):
        names = {each.name for each in fields(known)}
        if unknown := sorted(set(given) - names):
            raise CourseError(f"{path}: there is no setting {where}{unknown[0]}; there are {', '.join(sorted(names))}")
    try:
        return Settings(**said, limits=Limits(**limits))
    except (CourseError, ValueError, TypeError) as error:
        raise CourseError(f"{path}: {error}") from None
