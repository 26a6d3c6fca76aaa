"""Files for other systems: they load back, numbers stay numbers, and what would be refused is said."""

import csv
import io
import json
from types import SimpleNamespace

import pytest

from classroom.export import (
    ExportError,
    Grade,
    fill_canvas,
    fill_moodle,
    gradescope_results,
    plain,
    table_of,
    write_table,
)
from classroom.export.grades import TaskGrade
from classroom.export.spreadsheet import read_file

NASTY = ["O'Brien, Zoë", 'Ann "Q" Lee', "two\nlines", "שלום, עולם", "=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)", "\t=1"]
NASTY += ["\r=1", "＝1", "'quoted", "; =1", "  =1"]


def graded(student, reached=9.0, **about):
    return Grade(student, reached=reached, points=10.0, state="graded", **about)


def loaded(text, delimiter=","):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


def formulas(rows):
    return [cell for row in rows for cell in row if cell.lstrip(" ").startswith(tuple("=+@\t\r＝"))]


def test_a_table_loads_back_and_runs_nothing(monkeypatch):
    grades = [graded(f"s{place}", -1.5, last_name=name) for place, name in enumerate(NASTY)]
    rows = loaded(write_table(table_of(grades)))
    place = rows[0].index("last name")
    assert [plain(row[place]) for row in rows[1:]] == NASTY
    assert formulas(rows) == []
    monkeypatch.setattr("classroom.export.spreadsheet.safe", str)  # without the defence they would run
    assert formulas(loaded(write_table(table_of(grades)))) == [name for name in NASTY if formulas([[name]])] != []
    assert {row[rows[0].index("reached")] for row in rows[1:]} == {"-1.5"}  # a negative grade is a number


CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,E99 Small (4711),Quiz (12),Current Score,Final Grade\r\n"
    ",,,,,Manual Posting,,(read only),(read only)\r\n"
    "    Points Possible,,,,,10.00,5.00,(read only),(read only)\r\n"
    '"Lovelace, Ada",1,u1,ada,"A and B",,1.00,20.0,F\r\n'
    '"Lee, Ann ""Q""",2,,ann@example.org,A,EX,,,\r\n'
    '"=Bob",3,,bob,A,3.00,,,\r\n'
    '"Student, Test",99,,0123abcd,A,,,,\r\n'
)


def test_canvas_students_are_found_by_number_login_address_and_name():
    people = [
        graded("x", lms_id="1"),
        graded("y", email="ann@example.org"),
        graded("z", first_name="Cy", last_name="Dee"),
        Grade("w", first_name="", last_name="=Bob", points=10.0, state="no grade", reason="broken"),
        Grade("who handed in nothing", points=10.0),
    ]
    text, remarks, filled = fill_canvas(CANVAS, "E99 Small", people)
    assert filled == {"x"}  # y is excused, z in no row, w without a grade
    rows = loaded(text)
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "E99 Small (4711)"]
    assert [row[-1] for row in rows[1:]] == ["Manual Posting", "10.00", "9", "EX", "3.00", ""]  # left as they were
    assert [row[4] for row in rows[3:5]] == ["A and B", "A"]
    assert remarks == ["'y' is excused in Canvas (EX): left so", "the gradebook has 'Cy Dee', Canvas does not"]


def test_nasty_names_come_back_from_canvas_and_moodle(monkeypatch):
    """Each platform writes names as they are; in the filled file they read back, and none is a formula."""
    people = [graded(f"s{at}", at / 2, last_name=name, lms_id=str(at)) for at, name in enumerate(NASTY)]

    def worksheet(head, line):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([head, *(line(at, name) for at, name in enumerate(NASTY))])
        return text.getvalue()

    canvas = worksheet(["Student", "ID", "Section", "E99 (4)"], lambda at, name: [name, at, f"{name}, {name}", ""])
    moodle = worksheet(
        ["Identifier", "Full name", "Grade", "Feedback comments"], lambda at, name: [f"Participant {at}", name, "", ""]
    )
    for defended in (True, False):
        if not defended:
            monkeypatch.setattr("classroom.export.spreadsheet.safe", str)
        for name, grade, (text, remarks, _) in (
            (0, 3, fill_canvas(canvas, "E99", people)),
            (1, 2, fill_moodle(moodle, people)),
        ):
            rows = loaded(text)[1:]
            assert remarks == []
            assert [plain(row[name]) for row in rows] == NASTY
            assert [float(row[grade]) for row in rows] == [at / 2 for at in range(len(NASTY))]
            assert bool(formulas(rows)) is not defended


def test_a_script_in_what_a_test_shows_is_text_in_moodle(monkeypatch):
    """A test's message may quote a student's value; Moodle shows comments as HTML."""
    lost = [TaskGrade("e99-sums", 5.0, 4.0, "<script>alert(1)</script><img src=x onerror=alert(2)>")]
    people = [graded("11", tasks=lost, lms_id="11")]
    assert "<" not in loaded(fill_moodle(MOODLE, people)[0])[1][7]
    assert "&lt;script&gt;alert(1)" in fill_moodle(MOODLE, people)[0]
    monkeypatch.setattr("classroom.export.moodle.html", SimpleNamespace(escape=str))  # without the defence it would run
    assert "<script>alert(1)" in fill_moodle(MOODLE, people)[0]


def test_canvas_refusals_are_said():
    with pytest.raises(ExportError, match=r"'Current Score' itself: it is read only"):
        fill_canvas(CANVAS, "Current Score", [])
    with pytest.raises(ExportError, match=r"0 columns are called 'E98'; the assignments are E99 Small \(4711\), Quiz"):
        fill_canvas(CANVAS, "E98", [])
    people = [graded("ada"), graded("ann", lms_id="2"), graded("bob")]
    assert (
        "Canvas imports no file without the column Section"
        in fill_canvas(CANVAS.replace(",Section,", ",Group,"), "E99 Small", people)[1]
    )
    _, said, _ = fill_canvas(CANVAS.replace("10.00", "100.00"), "E99 Small", people)
    assert said[0] == "Canvas has 100 points possible, the assignment 10: Canvas takes points as they are"


def test_a_student_in_two_rows_of_canvas_has_the_grade_in_both():
    twice = CANVAS + '"Lovelace, Ada",1,u2,ada,B,,,,\r\n'
    text, remarks, _ = fill_canvas(twice, "E99 Small", [graded("x", lms_id="1")])
    assert [row[-1] for row in loaded(text) if row[1] == "1"] == ["9", "9"]
    assert "Canvas has 'x' in two rows: both have the grade" in remarks


def test_gradescope_calls_a_task_passed_with_all_of_its_points_only():
    tasks = [TaskGrade("whole", 5.0, 5.0), TaskGrade("part", 5.0, 4.0)]
    said = json.loads(gradescope_results(graded("x", tasks=tasks)))
    assert [test["status"] for test in said["tests"]] == ["passed", "failed"]


def test_two_students_of_one_name_are_matched_by_neither():
    people = [
        graded("s1", first_name="Ada", last_name="Lovelace"),
        graded("s2", first_name="Ada", last_name="Lovelace"),
    ]
    text, remarks, _ = fill_canvas(CANVAS, "E99 Small", people)
    assert loaded(text)[3][-1] == ""
    assert "Canvas has 'Lovelace, Ada', the gradebook does not" in remarks


def test_semicolons_and_decimal_commas_stay():
    text = 'Student;ID;Section;E99 (1)\r\nPoints Possible;;;10,00\r\n"Lee; Ann";7;A;\r\n'
    rows = loaded(fill_canvas(text, "E99", [graded("x", 4.5, lms_id="7")])[0], ";")
    assert rows[1:] == [["Points Possible", "", "", "10,00"], ["Lee; Ann", "7", "A", "4,5"]]


MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments\r\n"
    "Participant 11,Ada Lovelace,ada@example.org,Submitted,,10.00,Yes,\r\n"
    "Participant 12,Bob Lee,bob@example.org,Submitted,3.00,10.00,No,kept\r\n"
    "Participant 13,Cy Dee,cy@example.org,Submitted,,10.00,Yes,\r\n"
)


def test_moodle_refusals_are_said_and_comments_are_html():
    lost = [TaskGrade("e99-sums", 5.0, 4.0, "x < y\n& so on")]
    people = [graded("11", tasks=lost, lms_id="11"), graded("b", email="bob@example.org")]
    people += [graded("c", -1.0, first_name="Cy", last_name="Dee")]
    text, remarks, filled = fill_moodle(MOODLE, people)
    assert filled == {"11"}
    rows = loaded(text)
    assert [row[4] for row in rows[1:]] == ["9", "3.00", ""]
    assert [row[7] for row in rows[1:]] == ["e99-sums: x &lt; y<br>&amp; so on", "kept", ""]
    assert remarks == [
        "'b': Moodle does not let the grade be changed: left as it was",
        "'Cy Dee': Moodle takes grades from 0 to 10, not -1: left as it was",
    ]
    with pytest.raises(ExportError, match="with Moodle in English"):
        fill_moodle(MOODLE.replace("Identifier", "Kennung"), people)


def test_a_student_in_two_lines_of_moodle_has_the_grade_in_the_first():
    again = MOODLE + "Participant 14,Ada Lovelace,ada@example.org,Submitted,,10.00,Yes,\r\n"
    text, remarks, _ = fill_moodle(again, [graded("11", email="ada@example.org")])
    assert [row[4] for row in loaded(text)[1:]] == ["9", "3.00", "", ""]
    assert remarks[-1] == "'11' is in two lines of the worksheet: only the first one is filled"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_are_read_as_spreadsheet_programs_save_them(tmp_path, encoding):
    path = tmp_path / "file.csv"
    path.write_bytes("Student\r\nZoë\r\n".encode(encoding))
    assert read_file(path) == "Student\r\nZoë\r\n"
