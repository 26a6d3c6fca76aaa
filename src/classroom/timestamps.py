"""timestamp.txt, in which nbgrader keeps when a submission was handed in: UTC."""

from datetime import UTC, datetime
from pathlib import Path

from classroom.course import write_atomically

__all__ = ["NAME", "handed_in", "timestamp_text", "write_timestamp"]

NAME = "timestamp.txt"
_FORM = "%Y-%m-%d %H:%M:%S.%f"


def timestamp_text(time: datetime) -> str:
    """Return a time as nbgrader writes it.

    Parameters
    ----------
    time : datetime
        In UTC, with or without zone.
    """
    return f"{time.strftime(_FORM)} UTC"


def write_timestamp(folder: Path, time: datetime) -> None:
    """Write when the submission in a folder was handed in: UTC, with or without zone."""
    write_atomically(folder / NAME, timestamp_text(time))


def handed_in(folder: Path) -> datetime:
    """Return when a submission was handed in, from its timestamp.txt; else the time of its file. UTC, without zone."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8").strip()
        return datetime.strptime(text.removesuffix(" UTC"), _FORM)
    except (FileNotFoundError, ValueError):
        newest = max(path.stat().st_mtime for path in folder.iterdir())
        return datetime.fromtimestamp(newest, UTC).replace(tzinfo=None)
