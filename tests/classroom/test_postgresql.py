"""The gradebook in PostgreSQL: the same as in SQLite, also graded by a cluster, also when the server is killed."""

import os

import pytest

from classroom import cluster
from classroom.course import Course, Unavailable
from classroom.gradebook import open_gradebook
from classroom.grading import grade_class
from classroom.recording import Recorder
from classroom.verdicts import read_verdict
from classroom.workers import on_this_machine
from tests.classroom import postgresql
from tests.classroom.faults import assert_graded_once, class_of, files_of, gradebook_of
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME, small_course

SETTINGS = """\
late_penalty_per_day = 0.1
[deadlines]
e99-small = 2026-11-01T12:00:00Z
[extensions.e99-small]
student-003 = 2026-11-09T12:00:00Z
"""


@pytest.fixture(scope="module")
def server():
    if not postgresql.programs():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(postgresql.HINT)
    with postgresql.server() as running:
        yield running


@pytest.fixture
def database(server, request):
    """The address of an empty database."""
    name = f"d{abs(hash(request.node.name))}"
    server.run("createdb", "-h", server.folder, "-U", "grader", name)
    return server.url.replace("/postgres?", f"/{name}?")


def opened(root, folder, monkeypatch, db_url=None):
    """Make a course of its own whose gradebook is at an address."""
    folder.mkdir()
    small_course(root, folder)
    (folder / "grading").mkdir()
    first = f'db_url = "{db_url}"\n' if db_url else ""
    (folder / "grading" / "classroom.toml").write_text(first + SETTINGS, encoding="utf-8")
    monkeypatch.setenv("SEQ2BERT_GRADING", str(folder / "grading"))
    return Course.open(folder)


def trusted(course, **options):
    return grade_class(course, NAME, execute=on_this_machine(course, trusted=True), **options)


def late(course, points):
    """Let some submissions be late, and one have manual scores and comments after the first run."""
    for student in list(points)[3:6]:
        path = course.submitted / student / NAME / "timestamp.txt"
        path.write_text("2026-11-02 13:00:00.000000 UTC", encoding="utf-8")


def graded_by_hand(course, student):
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("e99-slowness", NAME, NAME, student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.0, 0.5, False
        gradebook.find_comment("e99-slowness", NAME, NAME, student).manual_comment = 'Good, "Zoë"; \u202bשלום\n= 1'
        gradebook.db.commit()


def test_a_cluster_with_postgresql_gives_the_gradebook_of_one_process_with_sqlite(
    root, tmp_path, monkeypatch, database, needs_bubblewrap
):
    from distributed import LocalCluster

    one = opened(root, tmp_path / "one", monkeypatch)
    many = opened(root, tmp_path / "many", monkeypatch, database)
    for course in (one, many):
        points = class_of(course, 20)
        late(course, points)
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=2, **options) as local:
        on_many = cluster.on_cluster(many, local.scheduler_address)
        assert len(grade_class(many, NAME, execute=on_many)) == 20
        assert_graded_once(many, points)
    trusted(one)
    assert gradebook_of(many) == gradebook_of(one)
    assert gradebook_of(many)["student-004"]["score"][2] == pytest.approx(0.8)
    for course in (one, many):
        graded_by_hand(course, "student-000")
        hand_in(course, "student-001", RIGHT, why="It is interpreted.")
        hand_in(course, "student-000", HALF, why="It is interpreted.")
        trusted(course)
    assert gradebook_of(many) == gradebook_of(one)
    assert gradebook_of(many)["student-000"]["score"][0] == pytest.approx(5.5)


@pytest.mark.parametrize("moment", [1, 4])
def test_the_server_is_killed_and_started_again(root, tmp_path, monkeypatch, server, database, moment):
    """Killed between two statements: the run stops with one sentence, and the next one completes it."""
    course = opened(root, tmp_path / "course", monkeypatch, database)
    points = class_of(course, 5)
    received = files_of(course.submitted)
    row, reached = Recorder._row, []

    def dies(self, kind, **keys):
        reached.append(None)
        if len(reached) == 8 * moment:
            server.stop()
        return row(self, kind, **keys)

    with monkeypatch.context() as patched:
        patched.setattr(Recorder, "_row", dies)
        with pytest.raises(Unavailable, match=r"the gradebook postgresql.* does not answer"):
            trusted(course)
    server.start()
    trusted(course)
    assert_graded_once(course, points)
    assert files_of(course.submitted) == received


def test_the_server_is_restarted_between_two_submissions(root, tmp_path, monkeypatch, server, database):
    """The connection is made anew, and the run goes on."""
    course = opened(root, tmp_path / "course", monkeypatch, database)
    points = class_of(course, 3)
    record, reached = Recorder.record, []

    def restarted(self, *arguments, **named):
        reached.append(None)
        if len(reached) == 2:
            server.stop()
            server.start()
        record(self, *arguments, **named)

    monkeypatch.setattr(Recorder, "record", restarted)
    trusted(course)
    assert_graded_once(course, points)


def test_no_server_is_said_in_one_sentence(root, tmp_path, monkeypatch):
    course = opened(root, tmp_path / "course", monkeypatch, f"postgresql+psycopg://grader:secret@/x?host={tmp_path}")
    class_of(course, 1)
    with pytest.raises(Unavailable, match="does not answer") as error:
        trusted(course)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_name_that_the_database_does_not_take_costs_nobody_else(root, tmp_path, monkeypatch, database):
    course = opened(root, tmp_path / "course", monkeypatch, database)
    points = class_of(course, 1)
    hand_in(course, "x" * 200, RIGHT)
    (honest,) = points
    trusted(course)
    assert read_verdict(course, NAME, honest).reached == 9
    assert "the gradebook does not take it" in read_verdict(course, NAME, "x" * 200).failure
