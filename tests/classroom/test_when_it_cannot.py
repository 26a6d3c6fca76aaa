"""What is said when a step cannot be done: one line, a code, and nothing lost."""

import errno
import sqlite3
import subprocess
import sys

import pytest

from classroom.doctor import examine
from classroom.gradebook import open_gradebook
from classroom.receive import DiskFull
from tests.classroom.calling import call
from tests.classroom.submissions import RIGHT, answered
from tests.small_assignment import NAME


@pytest.fixture
def small(released):
    return released


@pytest.fixture
def upload(small, tmp_path):
    own = tmp_path / "upload" / "ann" / f"{NAME}.ipynb"
    own.parent.mkdir(parents=True)
    own.write_bytes(answered(small, RIGHT))
    return tmp_path / "upload"


def fails(code, *arguments, says):
    """One line on standard error, and the code."""
    got, answer, error = call(*arguments)
    assert (got, answer) == (code, None), error
    assert error.startswith("classroom: ")
    assert error.count("\n") == 1
    assert says in error


STEPS = ("release", "grade", "regrade", "status", "feedback", "export", "log", "demo")


@pytest.mark.parametrize("step", [*STEPS, "receive"])
def test_every_step_names_the_assignments_there_are(small, step):
    more = ["nowhere"] if step == "receive" else []
    fails(2, step, "e77", *more, says="there is no assignment 'e77'; there are e99-small")


@pytest.mark.parametrize("step", [*STEPS, "receive"])
def test_every_step_says_that_there_is_no_course(small, tmp_path, step):
    more = ["nowhere"] if step == "receive" else []
    fails(2, step, "e99", *more, "--course", tmp_path, says="no nbgrader_config.py here or in a folder above")


def test_receive_says_what_is_wrong_with_its_source_and_options(small, upload, tmp_path):
    fails(2, "receive", "e99", tmp_path / "nowhere", says="nowhere: No such file or directory")
    fails(2, "receive", "e99", upload, "--kind", "blackboard", says="there are canvas, moodle, gradescope")
    fails(2, "receive", "e99", upload, "--at", "yesterday", says="--at needs a time as 2026-12-01T10:00:00Z")
    fails(2, "receive", "e99", upload, "--pattern", "(", says="is no regular expression")
    (tmp_path / "roster.csv").write_text("name\nAnn\n", encoding="utf-8")
    fails(2, "receive", "e99", upload, "--roster", tmp_path / "roster.csv", says="a roster needs the column student")
    (small.release / NAME / f"{NAME}.ipynb").unlink()
    fails(2, "receive", "e99", upload, says="make exercises writes it")
    assert list((small.received / NAME / "ann").glob("*/receipt.json"))  # it is kept all the same


def test_a_gradebook_in_use_costs_nothing(small, upload, monkeypatch):
    """Another process writes for longer than anyone waits."""
    call("init")
    monkeypatch.setattr("nbgrader.api.create_engine", _impatient())
    writer = sqlite3.connect(small.work / "gradebook.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    for step in (("receive", "e99", upload), ("grade", "e99", "--trusted"), ("release", "e99")):
        fails(4, *step, says="gradebook.db is locked: another process writes to it")
    assert list((small.received / NAME / "ann").glob("*/receipt.json"))
    writer.execute("ROLLBACK")
    writer.close()
    assert call("receive", "e99", upload)[1]["known_attempts"] == 1
    assert call("grade", "e99", "--trusted")[1]["items"][0]["reached"] == 9


def _impatient():
    from sqlalchemy import create_engine

    return lambda url, **options: create_engine(url, connect_args={"timeout": 0.05}, **options)


def test_a_gradebook_that_is_none(small):
    small.work.mkdir()
    (small.work / "gradebook.db").write_bytes(b"this is a letter to my aunt" * 100)
    fails(3, "grade", "e99", says="file is not a database")


def test_a_server_that_does_not_answer_and_a_driver_that_lacks(small, monkeypatch):
    small.work.mkdir()
    settings = small.work / "classroom.toml"
    settings.write_text('db_url = "postgresql+psycopg://ann:secret@127.0.0.1:9/grades"\n', encoding="utf-8")
    code, _, error = call("status", "e99")
    assert (code, error.count("\n")) == (4, 1)
    assert "postgresql+psycopg://ann:***@127.0.0.1:9/grades does not answer" in error
    assert "secret" not in error
    monkeypatch.setitem(sys.modules, "psycopg", None)
    fails(3, "status", "e99", says="pip install 'seq2bert[cluster]'")
    settings.write_text('db_url = "nonsense"\n', encoding="utf-8")
    fails(3, "status", "e99", says="db_url in classroom.toml is no address of a gradebook")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/there"), 3, "/there: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device", "/there"), 4, "make room and run the same again"),
        (DiskFull(errno.ENOSPC, "no room in x; make room"), 4, "no room in x"),
        (KeyboardInterrupt(), 130, "classroom grade and receive go on with the rest"),
    ],
)
def test_what_a_machine_refuses_is_one_line(small, upload, monkeypatch, error, code, says):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("classroom.command.receiving.receive_source", refuse)
    fails(code, "receive", "e99", upload, says=says)


def test_export_says_what_is_wrong_with_a_file(small, upload, tmp_path):
    call("receive", "e99", upload)
    (tmp_path / "old.csv").write_bytes("Student,ID\nZoë,1\n".encode("latin-1"))
    fails(2, "export", "e99", "--to", "canvas", "--fill", tmp_path / "old.csv", says="is not in UTF-8")
    fails(2, "export", "e99", "--to", "canvas", "--fill", tmp_path / "no.csv", says="no.csv: No such file")
    fails(2, "export", "e99", "--to", "moodle", says="--to moodle needs --fill FILE")


def test_the_command_itself_ends_with_the_code(small):
    done = subprocess.run(
        [sys.executable, "-m", "classroom.cli", "grade", "e77"],
        cwd=small.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "classroom: there is no assignment 'e77'; there are e99-small\n"


def test_without_the_extra_it_says_what_to_install(small):
    program = "import sys; sys.modules['nbgrader'] = None; from classroom.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("classroom: nbgrader")
    assert done.stderr.endswith("is not installed: pip install 'seq2bert[instructor]'\n")


def test_without_dask_it_says_what_to_install(small, upload, monkeypatch):
    call("receive", "e99", upload)
    monkeypatch.delitem(sys.modules, "classroom.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    fails(3, "grade", "e99", "--scheduler", "tcp://127.0.0.1:8786", says="pip install 'seq2bert[cluster]'")


def test_a_new_gradebook_needs_no_activated_environment(small, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with open_gradebook(small) as gradebook:
        assert gradebook.students == []


def test_doctor_says_how_to_get_each_thing(small, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    findings = {finding.name: finding for finding in examine(small.root)}
    for name, how in {
        "bubblewrap": "apt-get install bubblewrap",
        "nbgrader": "pip install 'seq2bert[instructor]'",
        "distributed": "pip install 'seq2bert[cluster]'",
        "psycopg": "pip install 'seq2bert[cluster]'",
        "sandbox": "bubblewrap is not installed",
    }.items():
        assert not findings[name].works
        assert how in findings[name].says
    assert not findings["gradebook"].works
    code, answer, _ = call("doctor")
    assert code == 3
    assert {"bubblewrap", "sandbox", "nbgrader"} <= set(answer["lacking"])
