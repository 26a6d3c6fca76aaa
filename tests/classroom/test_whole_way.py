"""A class from its upload to its grades: invented students, every platform's file, a person's grading in formgrader."""

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import default as exchange
from traitlets.config import Config

from classroom.demonstration import KINDS, LAYOUTS, invent, invented
from classroom.feedback import page_of
from classroom.gradebook import open_gradebook
from tests.classroom.calling import call, said
from tests.classroom.submissions import HALF, RIGHT, answered
from tests.small_assignment import NAME

REACHED = {"right": 9, "half": 4, "empty": 0, "colab": 9, "wrong": 0, "deleted": 9, "twice": 9}  # by the tests


@pytest.fixture
def small(released):
    return released


@pytest.mark.parametrize("layout", LAYOUTS)
def test_invented_students_go_the_whole_way(small, layout):
    code, made, _ = call("demo", "e99", "--students", len(KINDS), "--layout", layout)
    assert code == 0
    kinds = {item["student"]: item["what"] for item in made["items"] if "what" in item}
    assert list(kinds.values()) == list(KINDS)
    source = next(item["submissions"] for item in made["items"] if "submissions" in item)
    code, received, _ = call("receive", "e99", source)
    assert (received["kind"], received["students"], received["not_readable"]) == (layout, len(KINDS), 1)
    assert received["refused"] == 0
    code, graded, _ = call("grade", "e99", "--trusted")
    assert (code, graded["without_grade"]) == (1, 1)
    numbers = [1001 + list(KINDS).index(kind) for kind in REACHED]
    people = {person.number: person for person in invented(len(KINDS))}
    by_folder = {item["student"]: item["reached"] for item in graded["items"] if not item["failure"]}
    key = {"moodle": "name", "canvas": "number"}.get(layout, "login")
    wanted = {
        str(getattr(people[number], key)): points for number, points in zip(numbers, REACHED.values(), strict=True)
    }
    assert {student.replace("=27", "'"): points for student, points in by_folder.items()} == wanted


def test_the_same_number_gives_the_same_files(small, tmp_path):
    def files(place):
        return {path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()}

    invent(small, NAME, tmp_path / "one", students=5)
    invent(small, NAME, tmp_path / "two", students=5)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    invent(small, NAME, tmp_path / "two", students=2)  # what was made here is replaced
    assert len(files(tmp_path / "two")) == 2 + 2
    people = invented(5000)
    assert len({person.name for person in people}) == 5000
    assert people[:3] == invented(3)


def test_invented_answers_are_not_published(small, tmp_path):
    for place in (small.release / "demo", small.root / "demo"):
        assert call("demo", "e99", "--out", place)[0] == 2
        assert not place.exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    code, _, error = call("demo", "e99", "--out", tmp_path / "mine")
    assert (code, "choose another folder" in error) == (2, True)
    assert call("demo", "e99", "--layout", "blackboard")[0] == 2


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("layout", ["canvas", "moodle"])
def test_the_platforms_own_file_comes_back_filled(small, layout):
    made = call("demo", "e99", "--students", 8, "--layout", layout)[1]
    to_fill = Path(next(item["to_fill"] for item in made["items"] if "to_fill" in item))
    call("receive", "e99", to_fill.parent / "submissions")
    call("grade", "e99", "--trusted")
    code, answer, _ = call("export", "e99", "--to", layout, "--fill", to_fill)
    assert not any("does not" in item["says"] for item in answer["items"])  # everyone was found
    assert code == 1  # written answers wait, and one upload is broken
    given, filled = read(to_fill), read(small.work / "exports" / f"{NAME}-{layout}.csv")
    column = f"{NAME} (4711)" if layout == "canvas" else "Grade"
    name = "Student" if layout == "canvas" else "Full name"
    assert [row[name] for row in filled] == [row[name] for row in given]
    people = [row for row in filled if "Points Possible" not in row[name]]
    assert [row[column] for row in people] == ["9", "4", "0", "", "9", "0", "9", "9"]
    if layout == "canvas":
        assert "Current Score" not in filled[0]  # read only
        assert filled[0][column] == "10.00"
    else:
        assert "<br>" in people[5]["Feedback comments"]
        assert "cut off" in people[3]["Feedback comments"]


def test_the_feedback_zip_has_moodles_folders(small):
    made = call("demo", "e99", "--students", 5)[1]
    source = Path(next(item["submissions"] for item in made["items"] if "submissions" in item))
    call("receive", "e99", source)
    call("grade", "e99", "--trusted")
    assert call("export", "e99", "--to", "moodle-feedback")[0] == 2  # there are no pages yet
    assert call("feedback", "e99")[1]["pages"] == 4
    call("export", "e99", "--to", "moodle-feedback")
    with zipfile.ZipFile(small.work / "exports" / f"{NAME}-moodle-feedback.zip") as archive:
        names = archive.namelist()
        assert "Ada O'Brien" in archive.read(f"Ada O'Brien_1001_assignsubmission_file_/{NAME}.html").decode().replace(
            "&#39;", "'"
        )
    there = {path.name for path in source.iterdir()}
    assert {name.split("/")[0] for name in names} == {folder for folder in there if "1004" not in folder}
    assert len(names) == 4


def nbgrader(course, *arguments):
    """Run one of nbgrader's own commands in the course's folder."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@contextmanager
def formgrader(course, tmp_path):
    """Start a Jupyter server with formgrader in the course's folder; yield a session and the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}}
    (tmp_path / "jupyter").mkdir()
    (tmp_path / "jupyter" / "jupyter_server_config.json").write_text(json.dumps(settings), encoding="utf-8")
    places = {f"JUPYTER_{kind}_DIR": str(tmp_path / "jupyter") for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "server",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--no-browser",
    ]
    command += ["--IdentityProvider.token=of-this-test", "--allow-root", f"--ServerApp.root_dir={course.root}"]
    command += ["--ServerApp.disable_check_xsrf=True"]
    with (tmp_path / "server.log").open("wb") as report:
        server = subprocess.Popen(command, cwd=course.root, env=os.environ | places, stdout=report, stderr=report)
        try:
            with requests.Session() as session:
                session.headers["Authorization"] = "token of-this-test"
                session.trust_env = False
                address = f"http://127.0.0.1:{port}/formgrader"
                for _ in range(240):
                    assert server.poll() is None, (tmp_path / "server.log").read_text(encoding="utf-8")
                    try:
                        session.get(f"{address}/api/status", timeout=30).raise_for_status()
                        break
                    except requests.ConnectionError:
                        time.sleep(0.5)
                yield session, address
        finally:
            server.terminate()
            server.wait(timeout=30)


def test_a_persons_grading_in_formgrader_survives(small, tmp_path):
    """Receive, grade, score and comment by hand, a new attempt with the same written answer, regrade, export."""
    upload = tmp_path / "upload" / "ann"
    upload.mkdir(parents=True)
    why = "The interpreter works once for each element."
    (upload / f"{NAME}.ipynb").write_bytes(answered(small, HALF, why=why))
    call("receive", "e99", upload.parent)
    call("grade", "e99", "--trusted")
    assert call("status", "e99")[1]["items"][0]["state"] == "to be graded by hand"
    with formgrader(small, tmp_path) as (session, address):

        def get(path):
            answer = session.get(f"{address}/{path}", timeout=60)
            answer.raise_for_status()
            return answer

        (assignment,) = get("api/assignments").json()
        assert (assignment["name"], assignment["num_submissions"]) == (NAME, 1)
        (notebook,) = get(f"api/submitted_notebooks/{NAME}/{NAME}").json()
        page = get(f"submissions/{notebook['id']}/").text
        assert why in page
        assert "the sum of each row" in page  # what the test said
        assert "secret_number" not in json.dumps(get(f"api/submissions/{NAME}").json())
        (grade,) = [
            each for each in get(f"api/grades?submission_id={notebook['id']}").json() if each["name"] == "e99-slowness"
        ]
        comments = get(f"api/comments?submission_id={notebook['id']}").json()
        (comment,) = [each for each in comments if each["name"] == "e99-slowness"]
        put = {"json": {"manual_score": 1, "extra_credit": 0.5}, "timeout": 60}
        session.put(f"{address}/api/grade/{grade['id']}", **put).raise_for_status()
        put = {"json": {"manual_comment": "Well said."}, "timeout": 60}
        session.put(f"{address}/api/comment/{comment['id']}", **put).raise_for_status()
    assert call("status", "e99")[1]["items"][0] | {"state": "graded", "reached": 5.5} == call("status")[1]["items"][0]
    (upload.parent / "second" / "ann").mkdir(parents=True)
    (upload.parent / "second" / "ann" / f"{NAME}.ipynb").write_bytes(answered(small, RIGHT, why=why))
    (item,) = call("receive", "e99", upload.parent / "second")[1]["items"]
    assert (item["number"], item["attempts"]) == (2, 2)
    call("grade", "e99", "--trusted")
    call("regrade", "e99", "--trusted")
    assert call("export", "e99")[0] == 0
    (row,) = read(small.work / "exports" / f"{NAME}-csv.csv")
    assert (row["state"], float(row["reached"]), float(row["e99-slowness"])) == ("graded", 10.5, 1.5)
    assert "Well said." in [task.comment for task in page_of(small, NAME, "ann").tasks]


def test_nbgraders_own_commands_work_on_the_same_folders(small, tmp_path):
    upload = tmp_path / "upload" / "ann"
    upload.mkdir(parents=True)
    (upload / f"{NAME}.ipynb").write_bytes(answered(small, RIGHT, why="Because."))
    call("receive", "e99", upload.parent)
    call("grade", "e99", "--trusted")
    assert "ann" in nbgrader(small, "db", "student", "list")
    assert NAME in nbgrader(small, "db", "assignment", "list")
    nbgrader(small, "export", "--to", str(tmp_path / "grades.csv"))
    (row,) = read(tmp_path / "grades.csv")
    assert (row["student_id"], float(row["score"]), float(row["max_score"])) == ("ann", 9, 10)
    nbgrader(small, "generate_feedback", NAME)
    page = (small.feedback / "ann" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Because." in page
    assert "secret_number" not in page
    assert (small.feedback / "ann" / NAME / "submission_secret.txt").is_file()  # what release_feedback needs
    shown = nbgrader(small, "validate", str(small.submitted / "ann" / NAME / f"{NAME}.ipynb"))
    assert "Success! Your notebook passes all the tests" in shown
    nbgrader(small, "autograde", NAME, "--force")  # in place of ours: the scores are the same
    with open_gradebook(small) as gradebook:
        assert gradebook.find_submission_notebook(NAME, NAME, "ann").score == 9
    assert call("grade", "e99", "--trusted")[0] == 0
    assert call("feedback", "e99")[1]["pages"] == 1


def test_the_exchange_gives_each_page_to_its_student(small, tmp_path):
    """Released, fetched, submitted twice, received, graded, and the pages back: all but the middle by nbgrader."""
    places = {name: tmp_path / name for name in ("root", "cache", "assignment_dir")}
    for place in places.values():
        place.mkdir()
    config = Config(Exchange={name: str(place) for name, place in places.items()})
    config.CourseDirectory = Config(course_id="seq2bert", student_id="ann", assignment_id=NAME, root=str(small.root))
    config.CourseDirectory.release_directory = "exercises"

    def step(name):
        both = {"coursedir": CourseDirectory(config=config), "authenticator": Authenticator(config=config)}
        getattr(exchange, name)(**both, config=config).start()

    step("ExchangeReleaseAssignment")
    step("ExchangeFetchAssignment")
    own = places["assignment_dir"] / NAME
    for bodies, why in ((HALF, "My first."), (RIGHT, "My second.")):
        assert (own / f"{NAME}.ipynb").is_file()
        (own / f"{NAME}.ipynb").write_bytes(answered(small, bodies, why=why))
        step("ExchangeSubmit")
    (tmp_path / "by mail" / "bob").mkdir(parents=True)
    (tmp_path / "by mail" / "bob" / f"{NAME}.ipynb").write_bytes(answered(small, HALF))
    assert call("receive", "e99", places["root"] / "seq2bert" / "inbound")[1]["new_attempts"] == 2
    assert call("receive", "e99", tmp_path / "by mail")[1]["new_attempts"] == 1
    call("grade", "e99", "--trusted")
    assert call("feedback", "e99")[1]["pages"] == 2
    nbgrader(small, "release_feedback", NAME, f"--Exchange.root={places['root']}")  # with bob, whom it does not know
    step("ExchangeFetchFeedback")
    attempts = sorted(path.name.split("+")[2] for path in places["cache"].glob(f"seq2bert/ann+{NAME}+*"))
    (page,) = own.glob("feedback/*/*.html")  # of the attempt that counts, and of no other
    assert page == own / "feedback" / attempts[1] / f"{NAME}.html"
    assert "My second." in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o044 == 0o044  # its student is another user
    shown = json.dumps([call("log")[1], call("status", "e99")[1]])
    secrets = [path.read_text(encoding="utf-8") for path in places["cache"].glob("seq2bert/*/submission_secret.txt")]
    assert len(secrets) == 2
    assert not any(secret in shown for secret in secrets)


def test_the_log_is_read_by_student(small):
    call("demo", "e99", "--students", 2, "--layout", "gradescope")
    call("receive", "e99", small.work / "demo" / f"{NAME}-gradescope" / "submissions")
    call("grade", "e99", "--trusted")
    events = [item["event"] for item in call("log", "e99", "--student", "Ada O'Brien")[1]["items"]]
    assert events == ["received", "graded"]
    call("feedback", "e99")
    (mine,) = [item for item in call("export", "e99")[1]["items"] if item.get("name") == "Ada O'Brien"]
    assert mine["says"] == "Ada O'Brien: to be graded by hand, 9 of 10"
    *_, page, grade = call("log", "e99", "--student", "Ada O'Brien")[1]["items"]
    assert (page["event"], grade["event"]) == ("feedback", "export")
    assert page["path"] == str(small.feedback / page["student"] / NAME / f"{NAME}.html")
    assert (grade["to"], grade["reached"], grade["path"]) == ("csv", 9, mine["path"])
    text = said("log", "--student", "Ada O'Brien", "--last", "1")[1]
    assert text.endswith(f"; to: csv; reached: 9; points: 10; path: {mine['path']}\n")
    with small.log_file.open("a", encoding="utf-8") as file:
        file.write('{"time": "2026-')  # cut by an interruption
    code, text = said("log", "--event", "graded", "--last", "1")
    assert code == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d graded e99-small s100[12]; reached: \d.*\n", text)
