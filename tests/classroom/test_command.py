"""The command, from an empty class to feedback, in the sandbox; settings; what is said when something is missing."""

import io
import json
import re

import psutil
import pytest
from rich.console import Console

from classroom import sandbox
from classroom.command.printing import Printer, progress
from classroom.course import Course, CourseError, Settings
from classroom.doctor import examine
from classroom.gradebook import open_gradebook
from classroom.verdicts import read_verdict
from tests.classroom.calling import call
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME

ENDS = {"e99-double-answer": "    import os\n    os._exit(3)\n"} | {"e99-sums-answer": RIGHT["e99-sums-answer"]}


@pytest.fixture
def small(small, monkeypatch):
    monkeypatch.chdir(small.root)
    return small


def sandboxes():
    return {child.pid for child in psutil.Process().children(recursive=True) if "bwrap" in child.name()}


def test_from_an_empty_class_to_feedback(small, needs_bubblewrap):
    before = sandboxes()  # of other tests
    assert call("init")[0] == 0
    assert call("init")[0] == 0  # again: nothing is lost
    assert (small.work / "private-seed").stat().st_mode & 0o077 == 0
    hand_in(small, "ada", RIGHT)
    hand_in(small, "bob", HALF)
    hand_in(small, "eve", ENDS)
    assert [item["state"] for item in call("status")[1]["items"]] == ["to be graded"] * 3
    code, said, _ = call("grade", "e99", "--workers", "1")
    assert code == 0
    assert {item["student"]: item["reached"] for item in said["items"]} == {"ada": 9, "bob": 4, "eve": 5}
    assert all(item["new"] for item in said["items"])
    assert not any(item["new"] for item in call("grade", "e99")[1]["items"])
    assert [item["new"] for item in call("regrade", "e99", "--student", "ada")[1]["items"]] == [True]
    assert call("feedback", "e99")[0] == 0
    assert (small.feedback / "eve" / NAME / f"{NAME}.html").is_file()
    events = [json.loads(line)["event"] for line in small.log_file.read_text(encoding="utf-8").splitlines()]
    assert events.count("graded") == 4
    assert sandboxes() <= before


def test_export(small, tmp_path):
    hand_in(small, "ada", RIGHT)
    call("grade", "e99", "--trusted")
    code, said, _ = call("export", "e99")
    assert code == 0
    assert (
        (small.work / "exports" / f"{NAME}-csv.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("ada,")
    )
    assert call("export", "e99", "--to", "gradescope")[0] == 0
    assert (small.work / "exports" / f"{NAME}-gradescope" / "ada" / "results.json").is_file()
    canvas = tmp_path / "canvas.csv"
    canvas.write_text("Student,ID,SIS Login ID,Section,Small (1)\nAda,1,ada,A,\nZoe,2,zoe,A,\n", encoding="utf-8")
    code, said, _ = call("export", "e99", "--to", "canvas", "--fill", str(canvas), "--column", "Small")
    assert code == 1  # Zoe needs a look
    assert said["items"][1]["says"] == "Canvas has 'Zoe', the gradebook does not"
    assert call("export", "e99", "--to", "moodle")[0] == 2
    assert call("export", "e99", "--to", "moodle", "--fill", str(canvas))[0] == 2


def test_who_was_late_is_told_with_the_grade(small):
    small.work.mkdir(exist_ok=True)
    for share, said in (
        ("0.1", "late by 2 days: 20% is taken off"),
        ("0.9", "late by 2 days: 100% is"),
        ("0.0", "days"),
    ):
        text = f"late_penalty_per_day = {share}\n[deadlines]\ne99-small = 2026-11-01T12:00:00Z\n"
        (small.work / "classroom.toml").write_text(text, encoding="utf-8")
        hand_in(small, "ada", RIGHT, timestamp="2026-11-01 12:00:00.000000 UTC")
        hand_in(small, "bob", HALF, timestamp="2026-11-02 12:00:00.000001 UTC")
        ada, bob = call("grade", "e99", "--trusted")[1]["items"]
        assert (ada["days_late"], bob["days_late"]) == (0, 2)
        assert "late" not in ada["says"]
        assert said in bob["says"]
    assert "taken off" not in bob["says"]


def test_missing_students_need_a_look(small):
    hand_in(small, "ada", RIGHT)
    hand_in(small, "zoe", RIGHT).unlink()
    call("grade", "e99", "--trusted")
    with open_gradebook(small) as gradebook:
        gradebook.update_or_create_student("zoe")
    code, said, _ = call("grade", "e99", "--trusted", "--student", "zoe")
    assert code == 1
    assert said["items"][-1] == {"student": "zoe", "name": "zoe", "failure": "missing", "says": "zoe: no submission"}
    code, _, error = call("grade", "e99", "--trusted", "--student", "nobody")
    assert (code, error) == (2, "classroom: there is no student 'nobody'; classroom status lists them\n")


def test_no_sandbox_no_grade(small, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    hand_in(small, "ada", RIGHT)
    code, _, error = call("grade", "e99")
    assert code == 3
    assert "bubblewrap is not installed: apt-get install bubblewrap" in error
    assert "--trusted" in error
    assert not small.outcomes.exists()


def test_an_environment_around_the_course_would_show_it(small, needs_bubblewrap, monkeypatch):
    hand_in(small, "ada", RIGHT)
    monkeypatch.setattr("classroom.sandbox.bubblewrap._python_folders", lambda: [str(small.root.parent)])
    code, _, said = call("grade", "e99")
    assert code == 3
    assert f"students' code would see {small.source}" in said


def test_wrong_use_is_said_plainly(small, tmp_path, monkeypatch):
    code, _, error = call("grade", "e77")
    assert (code, error) == (2, "classroom: there is no assignment 'e77'; there are e99-small\n")
    monkeypatch.chdir(tmp_path)
    code, _, error = call("status")
    assert code == 2
    assert "no nbgrader_config.py here or in a folder above" in error


def test_settings_are_read_and_checked(small):
    def opened(text):
        small.work.mkdir(exist_ok=True)
        (small.work / "classroom.toml").write_text(text, encoding="utf-8")
        return Course.open(small.root).settings

    assert opened("workers = 3\n[limits]\ncell_seconds = 5.0\n").limits.cell_seconds == 5
    assert opened("") == Settings()
    for text, message in (
        ("worker = 3", "there is no setting worker; there are course_id, db_url"),
        ("[limits]\nseconds = 1", "there is no setting limits.seconds; there are cell_seconds"),
        ("workers = -1", "workers must be 0 or more; got -1"),
        ("late_penalty_per_day = 2.0", "late_penalty_per_day must be from 0 to 1; got 2.0"),
        ("[deadlines]\ne99-small = 2026-11-01T12:00:00", "a deadline needs a date, a time and a zone"),
        ("[limits]\nmemory = 0", "memory must be positive; got 0"),
        ("workers =", "cannot be read"),
    ):
        with pytest.raises(CourseError, match=message):
            opened(text)


def test_the_template_of_settings_is_the_default(small):
    assert call("init")[0] == 0
    assert Course.open(small.root).settings == Settings()


def test_doctor_names_what_lacks(small, monkeypatch):
    def fails(*_, **__):
        raise sandbox.NoSandbox("bubblewrap is not installed")

    monkeypatch.setattr("classroom.doctor.Sandbox", fails)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    findings = {finding.name: finding for finding in examine(small.root)}
    assert not findings["sandbox"].works
    assert "macOS has no such sandbox" in findings["system"].says
    assert findings["course"].works
    code, said, _ = call("doctor")
    assert code == 3
    assert {"system", "sandbox"} <= set(said["lacking"])


def test_dask_gives_the_same_gradebook(small, needs_bubblewrap):
    from distributed import LocalCluster

    for student, bodies in {"ada": RIGHT, "bob": HALF, "eve": ENDS}.items():
        hand_in(small, student, bodies)

    def graded():
        """What the class has now, and the numbers of the verdicts: a verdict's file is written over."""
        verdicts = [read_verdict(small, NAME, student) for student in ("ada", "bob", "eve")]
        with open_gradebook(small) as gradebook:
            scores = [gradebook.find_submission_notebook(NAME, NAME, verdict.student).score for verdict in verdicts]
        return [(each.outcomes, each.failure) for each in verdicts], scores, {each.id for each in verdicts}

    assert call("grade", "e99", "--workers", "1")[0] == 0
    *alone, ours = graded()
    assert alone[1] == [9, 4, 5]
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=1, **options) as cluster:
        code, said, _ = call("regrade", "e99", "--scheduler", cluster.scheduler_address)
    assert (code, {item["student"]: item["reached"] for item in said["items"]}) == (0, {"ada": 9, "bob": 4, "eve": 5})
    *together, theirs = graded()
    assert together == alone
    assert not theirs & ours  # all were graded again
    code, _, error = call("regrade", "e99", "--scheduler", "tcp://127.0.0.1:1")
    assert (code, "no Dask scheduler answers at tcp://127.0.0.1:1" in error) == (3, True)
    assert graded()[2] == theirs


def test_a_bar_moves_on_a_terminal_only():
    """It says what is done and of how many, and moves by one for each; nothing of it is in what a script reads."""
    for terminal, as_json in ((True, False), (False, False), (True, True)):
        printer = Printer(as_json)
        out = io.StringIO()
        printer.console = Console(file=out, force_terminal=terminal, width=100)
        with progress(printer, "grading e99", 3) as advance:
            for student in ("ada", "bob", "eve"):
                printer.line(f"{student}: graded")
                advance()
        said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())
        if terminal and not as_json:
            assert re.search("grading e99 .*3/3", said)
        else:
            assert "grading e99" not in said
        assert ("bob: graded" in said) != as_json
