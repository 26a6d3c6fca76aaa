"""`classroom receive`: what is kept, what counts, what is said of it, and that it can be run again."""

import json
import re
import zipfile

import pytest

from classroom.feedback import page_of
from classroom.gradebook import open_gradebook
from classroom.receive import read_submitted
from tests.classroom.calling import call, said
from tests.classroom.submissions import HALF, RIGHT, STUB, answered
from tests.small_assignment import NAME


@pytest.fixture
def small(released):
    return released


@pytest.fixture
def upload(tmp_path):
    """A folder like Moodle's download, and what puts files into it."""
    folder = tmp_path / "moodle"

    def put(name, content, *, number, file=f"{NAME}.ipynb"):
        path = folder / f"{name}_{number}_assignsubmission_file_" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    put.folder = folder
    return put


def by_name(answer):
    return {item["name"]: item for item in answer["items"] if "name" in item}


def test_each_student_is_told_what_became_of_the_upload(small, upload):
    upload("Ann O'Brien", answered(small, RIGHT), number=1)
    upload("שרה כהן", answered(small, RIGHT)[:900], number=2)
    upload("Eve", b"", number=3, file=".ipynb")
    (upload.folder / "stray.txt").write_text("x", encoding="utf-8")
    code, answer, _ = call("receive", "e99", upload.folder)
    assert code == 1  # two uploads that cannot be graded, one stray file
    told = by_name(answer)
    assert told["Ann O'Brien"] | {"late": False, "number": 1, "attempts": 1, "reasons": []} == told["Ann O'Brien"]
    assert "its JSON is broken" in told["שרה כהן"]["reasons"][0]
    assert [item["refused"] for item in answer["items"] if "refused" in item] == ["stray.txt"]
    expected = {"kind": "moodle", "students": 3, "to_be_graded": 1, "not_readable": 2, "new_attempts": 3, "refused": 1}
    assert answer | expected == answer
    events = [json.loads(line)["event"] for line in small.log_file.read_text(encoding="utf-8").splitlines()]
    assert (events.count("received"), events.count("refused"), events.count("receive")) == (3, 1, 1)


def test_again_nothing_is_new_and_nothing_is_lost(small, upload):
    upload("Ann", answered(small, RIGHT), number=1)
    call("receive", "e99", upload.folder)
    before = {path: path.read_bytes() for path in small.received.rglob("*") if path.is_file()}
    code, answer, _ = call("receive", "e99", upload.folder)
    assert code == 0
    assert (answer["new_attempts"], answer["known_attempts"]) == (0, 1)
    assert not by_name(answer)["Ann"]["new"]
    assert {path: path.read_bytes() for path in small.received.rglob("*") if path.is_file()} == before


def test_a_zip_is_received_like_its_folder(small, upload, tmp_path):
    path = upload("Ann", answered(small, RIGHT), number=1)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(path, path.relative_to(upload.folder))
    assert call("receive", "e99", tmp_path / "all.zip")[1]["new_attempts"] == 1
    assert read_submitted(small, NAME, "Ann").attempt


def test_files_with_options(small, tmp_path):
    path = tmp_path / "whatever.ipynb"
    path.write_bytes(answered(small, RIGHT))
    code, answer, _ = call("receive", "e99", path, "--student", "ann", "--at", "2026-11-01T12:00:00+02:00")
    assert (code, answer["kind"]) == (0, "files")
    assert by_name(answer)["ann"]["at"] == "2026-11-01T10:00:00+00:00"
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "hw-bob.ipynb").write_bytes(answered(small, HALF))
    code, answer, _ = call("receive", "e99", tmp_path / "many", "--pattern", r"hw-(?P<student>\w+)\.ipynb")
    assert (code, list(by_name(answer))) == (0, ["bob"])


def test_names_addresses_and_numbers_come_into_the_gradebook(small, upload):
    upload("Ann O'Brien", answered(small, RIGHT), number=4711)
    call("receive", "e99", upload.folder)
    with open_gradebook(small) as gradebook:
        (student,) = gradebook.students
        assert (student.id, student.first_name, student.last_name) == ("Ann O=27Brien", "Ann", "O'Brien")
        assert student.lms_user_id == "4711"
        gradebook.update_or_create_student(student.id, first_name="Anna")
    call("receive", "e99", upload.folder)
    with open_gradebook(small) as gradebook:
        assert gradebook.find_student("Ann O=27Brien").first_name == "Anna"  # what a person has written stays


def test_a_roster_names_students_and_knows_those_who_hand_in_nothing(small, upload):
    upload("Ann O'Brien", answered(small, RIGHT), number=4711)
    small.work.mkdir()
    text = "student,first_name,last_name,email,lms_user_id\na1,Ann,O'Brien,ann@example.org,4711\nb2,Bo,Lee,,4712\n"
    (small.work / "roster.csv").write_text(text, encoding="utf-8")
    code, answer, _ = call("receive", "e99", upload.folder)
    assert (code, list(by_name(answer))) == (0, ["Ann O'Brien (a1)"])
    assert [(item["student"], item["state"]) for item in call("status", "e99")[1]["items"]] == [
        ("a1", "to be graded"),
        ("b2", "missing"),
    ]
    assert call("grade", "e99", "--trusted", "--student", "Ann O'Brien")[1]["items"][0]["student"] == "a1"
    assert call("grade", "e99", "--trusted", "--student", "Cy")[0] == 2


def test_an_extension_changes_what_counts_without_a_new_run(small, tmp_path):
    small.work.mkdir()
    settings = small.work / "classroom.toml"
    deadline = "late_penalty_per_day = 0.5\n[deadlines]\ne99-small = 2026-11-01T12:00:00Z\n"
    settings.write_text(deadline, encoding="utf-8")
    folder = tmp_path / "inbound"
    for time, bodies in (("2026-11-01 11:00:00", HALF), ("2026-11-02 11:00:00", RIGHT)):
        own = folder / f"O'B+{NAME}+{time}.000000 UTC"
        own.mkdir(parents=True)
        (own / f"{NAME}.ipynb").write_bytes(answered(small, bodies))
        (own / "timestamp.txt").write_text(f"{time}.000000 UTC", encoding="utf-8")
    (item,) = call("receive", "e99", folder)[1]["items"]
    assert (item["number"], item["attempts"], item["late"]) == (1, 2, False)
    assert call("grade", "e99", "--trusted")[1]["items"][0]["reached"] == 4
    settings.write_text(deadline + '[extensions.e99-small]\n"O\'B" = 2026-11-03T12:00:00Z\n', encoding="utf-8")
    _, answer, _ = call("receive", "e99")  # no source: choose again
    (item,) = answer["items"]
    assert (item["number"], item["late"]) == (2, False)
    assert answer["extensions_without_submission"] == []
    assert call("status", "e99")[1]["items"][0]["outdated"]
    assert call("grade", "e99", "--trusted")[1]["items"][0]["reached"] == 9
    with open_gradebook(small) as gradebook:
        assert gradebook.find_submission_notebook(NAME, NAME, "O=27B").late_submission_penalty is None


def test_an_extension_for_a_name_that_nobody_has_is_said(small, tmp_path):
    small.work.mkdir()
    settings = '[extensions.e99-small]\n"Anne" = 2026-11-03T12:00:00Z\n'
    (small.work / "classroom.toml").write_text(settings, encoding="utf-8")
    own = tmp_path / "inbound" / f"Ann+{NAME}+2026-11-02 11:00:00.000000 UTC"
    own.mkdir(parents=True)
    (own / f"{NAME}.ipynb").write_bytes(answered(small, RIGHT))
    assert call("receive", "e99", own.parent)[1]["extensions_without_submission"] == ["Anne"]


def test_another_deadline_costs_the_penalty_and_no_run(small, tmp_path, monkeypatch):
    own = tmp_path / "inbound" / f"Ann+{NAME}+2026-11-01 13:00:00.000000 UTC"
    own.mkdir(parents=True)
    (own / f"{NAME}.ipynb").write_bytes(answered(small, RIGHT))
    call("receive", "e99", own.parent)
    call("grade", "e99", "--trusted")
    settings = "late_penalty_per_day = 0.5\n[deadlines]\ne99-small = 2026-11-01T12:00:00Z\n"
    (small.work / "classroom.toml").write_text(settings, encoding="utf-8")
    assert call("receive", "e99")[1]["items"][0]["late"]
    monkeypatch.setattr("classroom.workers.judge", lambda *_: pytest.fail("it was run again"))
    assert call("grade", "e99", "--trusted")[1]["items"][0]["new"]
    assert not call("grade", "e99", "--trusted")[1]["items"][0]["new"]
    with open_gradebook(small) as gradebook:
        assert gradebook.find_submission_notebook(NAME, NAME, "Ann").late_submission_penalty == 4.5


def test_repairs_and_reasons_reach_the_student(small, upload):
    notebook = json.loads(answered(small, RIGHT))
    notebook["cells"] = [cell for cell in notebook["cells"] if "row_sums" not in "".join(cell["source"])]
    upload("Ann", json.dumps(notebook).encode(), number=1)
    call("receive", "e99", upload.folder)
    item = call("grade", "e99", "--trusted")[1]["items"][0]
    assert item["reached"] == 4
    missing = [note for note in item["notes"] if note.startswith("e99-sums-answer: ") and "no answer was found" in note]
    assert missing
    page = page_of(small, NAME, "Ann")
    assert missing[0] in page.notes
    assert page.student == "Ann"


def test_an_unreadable_upload_is_not_missing(small, upload):
    upload("Ann", b"{", number=1)
    call("receive", "e99", upload.folder)
    code, answer, _ = call("grade", "e99", "--trusted")
    assert (code, answer["without_grade"]) == (1, 1)
    assert "is no notebook" in answer["items"][0]["failure"]
    (item,) = call("status", "e99")[1]["items"]
    assert item["state"] == "no grade"
    assert "is no notebook" in item["reason"]
    text = (small.work / "exports").joinpath(f"{NAME}-csv.csv")
    assert call("export", "e99")[0] == 1
    assert "is no notebook" in text.read_text(encoding="utf-8-sig").splitlines()[1]


def test_people_read_names_and_no_control_characters(small, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad\x1b[31m.txt").write_bytes(b"x")
    own = tmp_path / "in" / "ann" / f"{NAME}.ipynb"
    own.parent.mkdir()
    own.write_bytes(answered(small, {"e99-double-answer": STUB}))
    code, text = said("receive", "e99", tmp_path / "in")
    assert code == 1
    assert "\x1b" not in text
    assert re.search(r"ann: one attempt, .* UTC, on time, as nobody says when\n", text)
    assert "2 handed in; 1 can be graded (0 late, 0 repaired), 1 cannot" in text
