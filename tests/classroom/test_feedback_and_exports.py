"""Pages for students, and grades for other systems: nothing runs, nothing secret is told, everything reads back."""

import io
import json
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.export import (
    ExportError,
    Grade,
    fill_canvas,
    fill_moodle,
    grades_of,
    gradescope_results,
    moodle_feedback,
    plain,
    read_table,
    safe,
    table_of,
    write_table,
)
from classroom.feedback import page_of, render, write_feedback
from classroom.gradebook import open_gradebook
from classroom.grading import grade_class
from classroom.workers import on_this_machine
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME

NASTY = ["O'Brien, Zoë", 'Ann "Q" Lee', "two\nlines", "שלום, עולם"]
NASTY += ["=HYPERLINK(1)", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3"]


@pytest.fixture
def graded(small):
    hand_in(small, "ada", RIGHT, why="<script>alert(1)</script>")
    bodies = HALF | {"e99-double-answer": "    return 2 * number  # </pre><script>alert(2)</script>\n"}
    hand_in(small, "bob", bodies)
    grade_class(small, "e99", execute=on_this_machine(small, trusted=True))
    return small


def test_what_the_exchange_asks_for_lies_beside_the_page(graded):
    """The time and the secret of what was graded; a secret that nobody knows where there is none, the same again."""
    (graded.submitted / "ada" / NAME / "submission_secret.txt").write_text("ada's" * 9, encoding="utf-8")  # no secret
    (graded.submitted / "bob" / NAME / "submission_secret.txt").write_text("b0b" * 30, encoding="utf-8")
    grade_class(graded, "e99", again=True, execute=on_this_machine(graded, trusted=True))
    for _ in range(2):
        beside = {student: write_feedback(graded, "e99", student).parent for student in ("ada", "bob")}
        secrets = {student: (folder / "submission_secret.txt").read_text() for student, folder in beside.items()}
        assert secrets["bob"] == "b0b" * 30
        assert secrets["ada"] == (graded.autograded / "ada" / NAME / "submission_secret.txt").read_text()
        assert re.fullmatch(r"nobody-[0-9a-f]{128}", secrets["ada"])
        assert (beside["ada"] / "timestamp.txt").read_text() == "2026-11-01 12:00:00.000000 UTC"
        grade_class(graded, "e99", again=True, execute=on_this_machine(graded, trusted=True))
    (graded.autograded / "ada" / NAME / "submission_secret.txt").unlink()  # as an earlier version graded
    write_feedback(graded, "e99", "ada")
    assert (beside["ada"] / "submission_secret.txt").read_text() == secrets["ada"]


def test_page_says_what_failed_and_hides_hidden_tests(graded):
    text = write_feedback(graded, "e99", "bob").read_text(encoding="utf-8")
    assert "the sum of each row" in text
    assert "4 of 10 points" in text
    for secret in ("secret_number", "HIDDEN", "generator.normal", "yours is", "sum(one_row)"):
        assert secret not in text
    assert "not graded yet" not in text  # bob gave no written answer: zero, and nobody has to look


def test_page_escapes_whatever_a_student_wrote(graded):
    for student in ("ada", "bob"):
        text = write_feedback(graded, "e99", student).read_text(encoding="utf-8")
        assert "<script" not in text
        assert "&lt;script&gt;" in text
        assert "default-src 'none'" in text


def test_page_has_the_title_and_says_what_waits(graded):
    text = write_feedback(graded, "e99", "ada").read_text(encoding="utf-8")
    assert "<h1>E99 Small</h1>" in text
    assert "9 of 10 points</strong>; not graded yet: 1." in text
    assert "not graded yet, of 1" in text
    assert re.search(r"Graded \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", text)


def test_page_shows_a_persons_comment_and_score(graded):
    with open_gradebook(graded) as gradebook:
        grade = gradebook.find_grade("e99-slowness", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        gradebook.find_comment("e99-slowness", NAME, NAME, "ada").manual_comment = "Half <b>right</b>."
        gradebook.db.commit()
    page = page_of(graded, NAME, "ada")
    assert page.reached == 9.5
    assert "Half &lt;b&gt;right&lt;/b&gt;." in render(page)


def test_page_shows_a_comment_on_the_cell_of_an_answer(graded):
    with open_gradebook(graded) as gradebook:
        gradebook.find_comment("e99-double-answer", NAME, NAME, "bob").manual_comment = "Well named."
        gradebook.db.commit()
    tasks = {line.task: line.comment for line in page_of(graded, NAME, "bob").tasks}
    assert tasks["e99-double"] == "Well named."


def test_no_page_without_a_grade(graded):
    assert write_feedback(graded, "e99", "zoe") is None


def test_table(graded):
    grades = grades_of(graded, "e99")
    rows = read_table(write_table(table_of(grades)))
    assert rows[0][:8] == ["student", "first name", "last name", "email", "state", "reached", "points", "late penalty"]
    assert [row[0] for row in rows[1:]] == ["ada", "bob"]
    assert [row[4:7] for row in rows[1:]] == [["to be graded by hand", "9", "10"], ["graded", "4", "10"]]
    assert [row[rows[0].index("e99-slowness")] for row in rows[1:]] == ["", "0"]  # the first waits for a person


def test_other_systems_say_what_lateness_cost():
    late = Grade("ada", reached=7.2, points=10.0, penalty=1.8, state="graded")
    assert json.loads(gradescope_results(late))["output"] == "graded; 1.8 points were taken off because it was late"
    text, remarks, _ = fill_moodle("Identifier,Grade,Feedback comments\r\nada,,\r\n", [late])
    assert read_table(text)[1] == ["ada", "7.2", "1.8 points were taken off because it was late."]
    assert remarks == []


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_read_back_and_start_no_formula(name):
    (cells,) = read_table(write_table([[name, 1.5]]))
    assert plain(cells[0]) == name
    assert not cells[0].lstrip().startswith(("=", "+", "-", "@", "\t"))
    assert cells[1] == "1.5"


def test_without_the_apostrophe_nasty_names_would_start_formulas(monkeypatch):
    monkeypatch.setattr("classroom.export.spreadsheet.safe", str)
    assert {read_table(write_table([[name]]))[0][0][0] for name in NASTY} >= set("=+-@")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_reads_back(text):
    assert plain(safe(text)) == text
    ((cell,),) = read_table(write_table([[text or "x"]]))
    assert plain(cell) == (text or "x")


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,E99 Small (4711),Quiz (12)\r\n"
    "    Points Possible,,,,,10,5\r\n"
    '"Lovelace, Ada",101,s1,ada,A,,3\r\n"=Bob",102,s2,bob,A,,4\r\n"Zoë",103,s3,zoe,A,,5\r\n'
)


def test_canvas(graded):
    text, unmatched, _ = fill_canvas(CANVAS, "E99 Small", grades_of(graded, "e99"))
    rows = read_table(text)
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "E99 Small (4711)"]
    assert [row[-1] for row in rows[1:]] == ["10", "9", "4", ""]
    assert plain(rows[3][0]) == "=Bob"
    assert rows[3][0] != "=Bob"
    assert unmatched == ["Canvas has 'Zoë', the gradebook does not"]
    with pytest.raises(ExportError, match=r"0 columns are called 'E98'; the assignments are E99 Small \(4711\), Quiz"):
        fill_canvas(CANVAS, "E98", [])
    with pytest.raises(ExportError, match="no column Student"):
        fill_canvas("a,b\n", "E99", [])


MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments\r\n"
    "Participant 11,Ada Lovelace,ada,Submitted,,10.00,-,\r\nParticipant 12,Bob,bob,Submitted,,10.00,-,\r\n"
)


def test_moodle(graded):
    grades = grades_of(graded, "e99")
    rows = read_table(fill_moodle(MOODLE, grades)[0])
    assert [row[4] for row in rows[1:]] == ["9", "4"]
    assert rows[2][6] == "-"
    assert rows[2][7] == "e99-sums: the sum of each row"
    with pytest.raises(ExportError, match=r"Moodle's maximum is 100.00, the assignment has 10 points"):
        fill_moodle(MOODLE.replace("10.00", "100.00"), grades)
    assert fill_moodle(MOODLE, [])[1][0] == "Moodle has 'Ada Lovelace', the gradebook does not"


def test_moodle_feedback(graded):
    pages = {student: write_feedback(graded, "e99", student) for student in ("ada", "bob")}
    folders = {"ada": "Ada Lovelace_11_assignsubmission_file_", "bob": "Bób_12_assignsubmission_file"}
    packed = moodle_feedback(pages, folders)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert names == [
        f"Ada Lovelace_11_assignsubmission_file_/{NAME}.html",
        f"Bób_12_assignsubmission_file_/{NAME}.html",
    ]
    for bad in ("../x_1_assignsubmission_file_", "x", "a/b_1_assignsubmission_file_"):
        with pytest.raises(ExportError, match="no folder of a Moodle download"):
            moodle_feedback(pages, folders | {"ada": bad})


def test_gradescope(graded):
    said = json.loads(gradescope_results(grades_of(graded, "e99")[1]))
    assert said["score"] == 4
    assert [(test["name"], test["status"]) for test in said["tests"]] == [
        ("e99-double", "passed"),
        ("e99-slowness", "failed"),
        ("e99-sums", "failed"),
    ]
    waiting = json.loads(gradescope_results(grades_of(graded, "e99")[0]))["tests"][1]
    assert "status" not in waiting  # nothing has failed
    assert waiting["output"] == "A written answer is not graded yet."
    with pytest.raises(ExportError, match="zoe: missing"):
        gradescope_results(Grade("zoe"))
