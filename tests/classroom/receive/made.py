"""A course without content, and sources to receive from."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.classroom.receive.zips import honest_zip

NAME = "e99-small"


@dataclass
class Folders:
    """What `receive` and `submit` ask of a course."""

    root: Path

    @property
    def received(self):
        return self.root / "received"

    @property
    def submitted(self):
        return self.root / "submitted"

    @property
    def release(self):
        return self.root / "exercises"


def folder_of(path, files, time=datetime(2025, 12, 1, 10, tzinfo=UTC)):
    """Write contents by path into a folder, all of one time; return the folder."""
    for name, content in files.items():
        target = os.fsencode(path) + b"/" + (name if isinstance(name, bytes) else name.encode())
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)
        os.utime(target, (time.timestamp(), time.timestamp()))
    return path


def archive_of(path, files):
    """Write contents by path into a zip archive; return its path."""
    path.write_bytes(honest_zip(files))
    return path


def everything_in(folder):
    """Return contents by path."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(course, assignment=NAME):
    """Return the raw files that were kept, by student's folder: a sorted list of contents."""
    return {
        folder.name: sorted(
            path.read_bytes()
            for path in folder.glob("*/*")
            if path.name != "receipt.json" and path.parent.name[0] != "."
        )
        for folder in (course.received / assignment).iterdir()
        if folder.is_dir()
    }
