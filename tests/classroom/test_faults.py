"""A run that is killed at any step, on a full disk, or under a stopped clock: the next one completes it."""

import errno
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial

import pytest

from classroom.course import Course, Unavailable
from classroom.gradebook import open_gradebook
from classroom.grading import grade_class
from classroom.sandbox import Sandbox
from classroom.sandbox.bubblewrap import start_template
from classroom.verdicts import read_verdict
from classroom.workers import on_this_machine
from tests.classroom.faults import assert_graded_once, class_of, files_of, gradebook_of, log_of, processes, run
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME


def grade(course, **options):
    return grade_class(course, NAME, execute=on_this_machine(course, trusted=True), **options)


def ends(course, **options):
    """Grade in a process of its own; return how it ended."""
    process = processes().Process(target=run, args=(str(course.root), str(course.work)), kwargs=options)
    process.start()
    process.join(120)
    return process.exitcode


STEPS = [
    ("nbgrader.api.get_alembic_version before", 1),  # tables without a version
    ("classroom.grading.register before", 1),
    ("classroom.grading.register after", 1),
    ("classroom.grading.write_verdict before", 1),
    ("classroom.grading.write_verdict before", 4),
    ("classroom.grading.write_verdict after", 1),
    ("classroom.grading.write_verdict after", 4),
    ("os.fsync before", 1),
    ("os.fsync before", 2),
    ("os.replace before", 4),
    ("os.replace after", 5),
    ("classroom.recording.Recorder.record before", 2),
    ("classroom.recording.Recorder._row after", 3),  # in the middle of the transaction
    ("classroom.recording.Recorder._set after", 12),
    ("sqlalchemy.orm.Session.commit before", 3),
    ("sqlalchemy.orm.Session.commit after", 3),
    ("sqlalchemy.engine.default.DefaultDialect.do_commit before", 9),
    ("sqlalchemy.engine.default.DefaultDialect.do_commit after", 9),
    ("classroom.recording.Recorder.record after", 2),
    ("classroom.course.Course.log before", 2),
    ("os.write half", 2),
    ("classroom.course.Course.log after", 2),
]


@pytest.mark.parametrize(("step", "number"), STEPS, ids=lambda value: str(value).replace(" ", "-"))
def test_killed_at_a_step(small, step, number):
    points = class_of(small, 3)
    received = files_of(small.submitted)
    assert ends(small, kill_at=(step, number)) == -signal.SIGKILL
    assert ends(small) == 0
    assert_graded_once(small, points)
    assert files_of(small.submitted) == received
    before = files_of(small.work)
    grade(small, tell=lambda verdict, new: pytest.fail(f"{verdict.student} is graded again") if new else None)
    assert {path: sha for path, sha in files_of(small.work).items() if not path.endswith(".db")} == {
        path: sha for path, sha in before.items() if not path.endswith(".db")
    }


def test_killed_while_a_new_attempt_waits(small):
    """The verdict on an attempt that was replaced before it was recorded is not recorded with the other's notebook."""
    points = class_of(small, 1)
    (student,) = points
    assert ends(small, kill_at=("classroom.recording.Recorder.record before", 1)) == -signal.SIGKILL
    hand_in(small, student, HALF, why="It is interpreted.")
    assert ends(small) == 0
    assert_graded_once(small, {student: 4.0})


def test_a_manual_score_is_of_the_answer_that_the_gradebook_had(small, monkeypatch):
    """An answer whose verdict was never recorded does not count as the one that a person has graded."""
    hand_in(small, "ada", RIGHT, why="It is interpreted.")
    grade(small)
    with open_gradebook(small) as gradebook:
        entry = gradebook.find_grade("e99-slowness", NAME, NAME, "ada")
        entry.manual_score, entry.needs_manual_grade = 1.0, False
        gradebook.db.commit()

    def killed(*_, **__):
        raise KeyboardInterrupt

    hand_in(small, "ada", RIGHT, why="Another reason.")
    with monkeypatch.context() as patched:
        patched.setattr("classroom.recording.Recorder.record", killed)
        with pytest.raises(KeyboardInterrupt):
            grade(small)
    hand_in(small, "ada", HALF, why="Another reason.")
    grade(small)
    assert gradebook_of(small)["ada"]["score"][3]  # needs a person again


def test_a_lost_gradebook_is_written_again_without_a_run(small):
    points = class_of(small, 3)
    grade(small)
    before = gradebook_of(small)
    (small.work / "gradebook.db").unlink()
    grade_class(small, NAME, execute=lambda jobs: pytest.fail("nothing has to be run"))
    assert gradebook_of(small) == before
    assert_graded_once(small, points)


def test_one_run_at_a_time(small):
    class_of(small, 2)

    def second(jobs):
        with pytest.raises(Unavailable, match="another run grades e99-small now"):
            grade(small)
        return on_this_machine(small, trusted=True)(jobs)

    assert len(grade_class(small, NAME, execute=second)) == 2


def test_few_submissions_are_in_memory(small, monkeypatch):
    """However many there are, no more jobs are taken than twice the workers can do."""
    class_of(small, 9)
    taken, told, most = [], [], []

    class Open:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def grade(self, cells, *, draw=""):
            from classroom.judging import TrustedRunner

            return TrustedRunner().grade(cells, draw=draw)

    def counted(jobs):
        for job in jobs:
            taken.append(job.student)
            most.append(len(taken) - len(told))
            yield job

    monkeypatch.setattr("classroom.workers.open_sandbox", lambda limits, **_: Open())
    execute = on_this_machine(small, workers=2)
    grade_class(small, NAME, execute=lambda jobs: execute(counted(jobs)), tell=lambda v, new: told.append(v.student))
    assert len(told) == 9
    assert max(most) == 4


def test_an_error_that_one_submission_causes_is_its_own(small, monkeypatch):
    from classroom.recording import Recorder

    points = class_of(small, 2)
    first, second = points
    record = Recorder.record

    def refuses(self, verdict, notebook, **about):
        if verdict.student == first:
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        record(self, verdict, notebook, **about)

    with monkeypatch.context() as patched:
        patched.setattr(Recorder, "record", refuses)
        one, other = grade(small)
    assert "cannot be recorded: 'utf-8' codec" in one.failure
    assert other.reached == points[second]
    grade(small)
    assert_graded_once(small, points)


WRITES = [
    ("os.fsync", 1),
    ("os.fsync", 3),
    ("os.write", 1),
    ("os.write", 3),
    ("os.replace", 4),
    ("tempfile.mkstemp", 5),
]


@pytest.mark.parametrize(("place", "number"), WRITES)
def test_no_space_at_any_write(small, monkeypatch, place, number):
    points = class_of(small, 4)
    received = files_of(small.submitted)
    module, name = place.split(".")
    original, calls = getattr(sys.modules[module], name), []

    def full(*arguments, **named):
        calls.append(None)
        if len(calls) >= number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(place, full)
        with pytest.raises(OSError, match="No space left"):
            grade(small)
    grade(small)
    assert_graded_once(small, points)
    assert files_of(small.submitted) == received


def test_a_line_that_is_cut_by_a_full_disk_is_taken_back(small, monkeypatch):
    small.log("first")
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr("os.write", lambda descriptor, data: write(descriptor, data[:10]))
        with pytest.raises(OSError, match="No space left"):
            small.log("second")
    small.log("third")
    lines = small.log_file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["first", "third"]


def test_a_full_disk(small, root, needs_bubblewrap):
    """On a real file system of four megabytes, filled up to a few kilobytes, more each time."""
    disk = small.root / "disk"
    disk.mkdir()
    walls = ["bwrap", "--dev-bind", "/", "/", "--size", str(4 * 2**20), "--tmpfs", str(disk), "--chdir", str(root)]
    done = subprocess.run(
        [*walls, sys.executable, "-W", "ignore", "-m", "tests.classroom.full_disk", str(disk)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "stopped" in done.stdout  # some of the runs had too little room
    assert "completed" in done.stdout


def test_a_clock_that_stands_still(course, monkeypatch):
    """At the very deadline nothing is late; two verdicts of the same moment are two."""
    monkeypatch.setenv("SEQ2BERT_GRADING", str(course / "grading"))
    (course / "grading").mkdir()
    settings = "late_penalty_per_day = 0.1\n[deadlines]\ne99-small = 2026-11-01T12:00:00Z\n"
    (course / "grading" / "classroom.toml").write_text(settings, encoding="utf-8")
    small = Course.open(course)

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 11, 1, 12, tzinfo=UTC).astimezone(tz)

    for module in ("judging", "course"):
        monkeypatch.setattr(f"classroom.{module}.datetime", Stopped)
    monkeypatch.setattr("time.monotonic", lambda: 1.0)
    for student, time in (("ada", "12:00:00.000000"), ("bob", "12:00:00.000001")):
        hand_in(small, student, RIGHT, timestamp=f"2026-11-01 {time} UTC")
    grade(small)
    first = {student: read_verdict(small, NAME, student) for student in ("ada", "bob")}
    assert {s: entry["score"][2] for s, entry in gradebook_of(small).items()} == {"ada": None, "bob": 0.9}
    assert_graded_once(small, {"ada": 9.0, "bob": 9.0})
    grade(small, tell=lambda verdict, new: pytest.fail("graded again") if new else None)
    hand_in(small, "ada", HALF, timestamp="2026-11-01 12:00:00.000000 UTC")  # another attempt, at the same moment
    grade(small)
    grade(small, again=True)
    second = {student: read_verdict(small, NAME, student) for student in ("ada", "bob")}
    assert {verdict.graded_at for verdict in (*first.values(), *second.values())} == {"2026-11-01T12:00:00+00:00"}
    assert second["ada"].reached == 4
    logged = [(line["student"], line["verdict"]) for line in log_of(small)]
    assert len(logged) == len(set(logged)) == 5
    assert logged[-2:] == [(student, verdict.id) for student, verdict in second.items()]


@pytest.mark.parametrize("inner", [True, False], ids=["both walls", "one wall"])
def test_a_sandbox_that_ends_as_soon_as_it_has_started_is_started_anew(small, monkeypatch, needs_bubblewrap, inner):
    points = class_of(small, 1)
    started = []

    def start(**options):
        process, wire = start_template(**options)
        started.append(process)
        if len(started) == (1 if inner else 2):  # with one wall that is the student's
            process.kill()
            process.wait()
        return process, wire

    monkeypatch.setattr("classroom.sandbox.runs.start_template", start)
    monkeypatch.setattr("classroom.workers.open_sandbox", partial(Sandbox, inner=inner))
    grade_class(small, NAME, execute=on_this_machine(small, workers=1))
    assert_graded_once(small, points)
    assert len(started) > (1 if inner else 2)
    assert [process for process in started if process.poll() is None] == []


def test_a_connection_that_is_lost_is_made_anew(small, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from classroom.recording import Recorder

    points = class_of(small, 3)
    write, calls = Recorder._write, []

    def lost(self, *arguments):
        calls.append(None)
        if len(calls) == 2:
            raise OperationalError("UPDATE", {}, Exception("server closed the connection unexpectedly"))
        write(self, *arguments)

    monkeypatch.setattr(Recorder, "_write", lost)
    grade(small)
    assert len(calls) == 4
    assert_graded_once(small, points)


def test_tables_without_a_version_get_it(small):
    class_of(small, 1)
    grade(small)
    with open_gradebook(small) as gradebook, gradebook.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    grade(small)
    with open_gradebook(small) as gradebook, gradebook.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT length(version_num) FROM alembic_version").scalar() > 5
