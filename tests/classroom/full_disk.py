"""Grades classes on a file system that is filled before and has room after: run by `test_a_full_disk`, inside it."""

import os
import sys
from pathlib import Path

import nbgrader.api

from classroom.course import Course, Unavailable
from classroom.gradebook import register
from classroom.grading import grade_class
from classroom.workers import on_this_machine
from tests.classroom.faults import assert_graded_once, class_of, files_of
from tests.small_assignment import NAME, small_course

ROOMS = (0, 4, 8, 12, 16, 20, 28, 36, 48, 64, 96, 160, 2000)  # kilobytes


def main(disk):
    """Grade one class for each room."""
    nbgrader.api.get_alembic_version = lambda: "0000"  # the real one takes seconds
    for room in ROOMS:
        folder = disk / f"course-{room}"
        folder.mkdir()
        small_course(Path.cwd(), folder)
        os.environ["SEQ2BERT_GRADING"] = str(folder / "grading")
        course = Course.open(folder)
        points = class_of(course, 3)
        received = files_of(course.submitted)
        if room % 8:  # a gradebook that is there already, or is not
            register(course, NAME)
        ballast = disk / "ballast"
        fill(ballast, disk, room * 1024)
        try:
            grade_class(course, NAME, execute=on_this_machine(course, trusted=True))
            print(room, "completed")
        except (OSError, Unavailable) as error:
            print(room, "stopped:", str(error).splitlines()[0])
        ballast.unlink()
        grade_class(course, NAME, execute=on_this_machine(course, trusted=True))
        assert_graded_once(course, points)
        assert files_of(course.submitted) == received
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def fill(ballast, disk, room):
    """Leave so many bytes."""
    state = os.statvfs(disk)
    with ballast.open("wb") as file:
        file.write(b"\0" * max(0, state.f_bavail * state.f_frsize - room))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
