"""Grading a class: verdicts, the gradebook, interruptions, manual scores. Trusted notebooks, in this process."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import nbformat
import pytest

from classroom.circumstances import students_of
from classroom.course import Course, CourseError
from classroom.export import grades_of
from classroom.feedback import page_of, render
from classroom.gradebook import open_gradebook
from classroom.grading import grade_class, jobs_of
from classroom.judging import Job, TrustedRunner, judge
from classroom.sandbox import SandboxLost
from classroom.timestamps import handed_in
from classroom.verdicts import read_verdict
from classroom.workers import on_this_machine
from tests.classroom.submissions import HALF, RIGHT, hand_in
from tests.small_assignment import NAME


def run(course, **options):
    return grade_class(course, "e99", execute=on_this_machine(course, trusted=True), **options)


def score(course, student):
    with open_gradebook(course) as gradebook:
        entry = gradebook.find_submission_notebook(NAME, NAME, student)
        return entry.score, {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in entry.grades}


def test_right_half_and_nothing(small):
    hand_in(small, "ada", RIGHT, why="It is interpreted.")
    hand_in(small, "bob", HALF)
    hand_in(small, "cleo")
    verdicts = run(small)
    assert [(verdict.student, verdict.reached, verdict.points) for verdict in verdicts] == [
        ("ada", 9, 9),
        ("bob", 4, 9),
        ("cleo", 0, 9),
    ]
    assert score(small, "ada") == (
        9.0,
        {"e99-double": (4, False), "e99-sums": (5, False), "e99-slowness": (None, True)},
    )
    assert score(small, "bob")[0] == 4.0


def test_a_second_run_grades_nothing_again(small):
    hand_in(small, "ada", RIGHT)
    run(small)
    told = []
    run(small, tell=lambda verdict, new: told.append((verdict.student, new)))
    assert told == [("ada", False)]


def test_a_new_attempt_is_graded(small):
    hand_in(small, "ada", HALF)
    run(small)
    hand_in(small, "ada", RIGHT)
    (verdict,) = run(small)
    assert verdict.reached == 9
    assert score(small, "ada")[0] == 9.0


def test_manual_scores_and_comments_stay_unless_the_answer_is_another_one(small):
    hand_in(small, "ada", HALF, why="It is interpreted.")
    run(small)
    with open_gradebook(small) as gradebook:
        grade = gradebook.find_grade("e99-slowness", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        gradebook.find_comment("e99-slowness", NAME, NAME, "ada").manual_comment = "Good."
        gradebook.db.commit()
    for bodies, again in ((HALF, True), (RIGHT, False)):  # a regrade, and a new attempt with the same answer
        hand_in(small, "ada", bodies, why="It is interpreted.")
        run(small, again=again)
        assert score(small, "ada")[1]["e99-slowness"] == (None, False)
    assert score(small, "ada")[0] == 10.0
    hand_in(small, "ada", RIGHT, why="Another reason.")
    run(small)
    assert score(small, "ada")[1]["e99-slowness"] == (None, True)
    with open_gradebook(small) as gradebook:
        assert gradebook.find_comment("e99-slowness", NAME, NAME, "ada").comment == "Good."
        assert gradebook.find_grade("e99-slowness", NAME, NAME, "ada").manual_score == 1.0


def page_line(course, task):
    """What the student's page says of a task."""
    return next(line for line in page_of(course, NAME, "ada").tasks if line.task == task)


def by_hand(course, points):
    """Give points for ada's written answer, as formgrader does."""
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("e99-slowness", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def test_another_deadline_asks_for_no_written_answer_again(small):
    hand_in(small, "ada", HALF, why="It is interpreted.")
    run(small)
    by_hand(small, 1.0)
    deadline = datetime(2026, 11, 1, tzinfo=UTC)
    later = replace(small, settings=replace(small.settings, deadlines={NAME: deadline}))
    (verdict,) = run(later)
    assert verdict.circumstances["deadline"] == "2026-11-01T00:00:00"
    assert score(later, "ada") == (
        5.0,
        {"e99-double": (4, False), "e99-sums": (0, False), "e99-slowness": (None, False)},
    )


def test_a_new_answer_that_waits_goes_on_waiting(small):
    """A second attempt with the new answer does not turn the old answer's score into the new one's."""
    hand_in(small, "ada", HALF, why="It is interpreted.")
    run(small)
    by_hand(small, 1.0)
    for bodies in (HALF, RIGHT):
        hand_in(small, "ada", bodies, why="Another reason.")
        run(small)
        assert score(small, "ada")[1]["e99-slowness"] == (None, True)
        assert page_line(small, "e99-slowness").reached is None
    by_hand(small, 0.5)
    hand_in(small, "ada", HALF, why="Another reason.")
    run(small)
    assert score(small, "ada")[1]["e99-slowness"] == (None, False)
    assert page_line(small, "e99-slowness").reached == 0.5


def test_nbgraders_own_comments_are_on_written_answers_alone(small):
    """Of code that was not touched, the failed test says so."""
    hand_in(small, "ada")
    run(small)
    assert page_line(small, "e99-slowness").comment == "No response."
    assert page_line(small, "e99-double").comment == ""
    assert "not answered yet" in page_line(small, "e99-double").message


def test_lateness_costs_a_share_of_what_a_person_gave_too(small):
    settings = replace(small.settings, late_penalty_per_day=0.1, deadlines={NAME: datetime(2026, 11, 1, tzinfo=UTC)})
    late = replace(small, settings=settings)
    hand_in(late, "ada", RIGHT, why="It is interpreted.", timestamp="2026-11-02 12:00:00.000000 UTC")
    run(late)
    for points, penalty in ((1.0, 2.0), (0.0, 1.8)):  # two begun days: a fifth of 9 + 1, then of 9 + 0
        by_hand(late, points)
        (grade,) = grades_of(late, NAME)
        page = page_of(late, NAME, "ada")
        assert (grade.penalty, grade.reached) == pytest.approx((penalty, 9 + points - penalty))
        assert (page.penalty, page.reached) == pytest.approx((penalty, 9 + points - penalty))
    assert "7.2 of 10 points</strong>, after 1.8 were taken off because it was late. Graded" in render(page)


def test_interrupted_after_the_verdict(small, monkeypatch):
    """Killed between verdict and gradebook, a run records the verdict the next time, and does not run it again."""
    hand_in(small, "ada", RIGHT, why="It is interpreted.")

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("classroom.recording.Recorder.record", killed)
        with pytest.raises(KeyboardInterrupt):
            run(small)
    assert not read_verdict(small, NAME, "ada").recorded
    grade_class(small, "e99", execute=killed)  # whoever executes now raises
    assert read_verdict(small, NAME, "ada").recorded
    assert score(small, "ada")[0] == 9.0


def test_an_answer_that_a_killed_run_did_not_record_is_not_taken_for_graded(small, monkeypatch):
    hand_in(small, "ada", HALF, why="It is interpreted.")
    run(small)
    with open_gradebook(small) as gradebook:
        grade = gradebook.find_grade("e99-slowness", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        gradebook.db.commit()

    def killed(*_, **__):
        raise KeyboardInterrupt

    hand_in(small, "ada", HALF, why="Another reason.")
    with monkeypatch.context() as patched:
        patched.setattr("classroom.recording.Recorder.record", killed)
        with pytest.raises(KeyboardInterrupt):
            run(small)
    hand_in(small, "ada", RIGHT, why="Another reason.")
    run(small)
    assert score(small, "ada")[1]["e99-slowness"] == (None, True)


def test_folders_of_unfinished_work_are_no_students(small):
    for name in ("ada", ".new"):
        (small.received / NAME / name).mkdir(parents=True)
    hand_in(small, "bob")
    assert students_of(small, NAME) == {"ada", "bob"}


def test_without_a_timestamp_the_newest_files_time_counts(tmp_path):
    for name, time in (("a.ipynb", 100), ("b.csv", 200), ("c.csv", 150)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time, time))
    assert handed_in(tmp_path) == datetime(1970, 1, 1, 0, 3, 20)


def test_a_broken_notebook_costs_nobody_else(small):
    hand_in(small, "ada", RIGHT)
    hand_in(small, "bob").write_text("{broken", encoding="utf-8")
    ada, bob = run(small)
    assert ada.reached == 9
    assert "cannot be read" in bob.failure


def test_a_folder_in_place_of_a_notebook_costs_nobody_else(small):
    hand_in(small, "bob", RIGHT)
    path = hand_in(small, "ada")
    path.unlink()
    path.mkdir()
    ada, bob = run(small)
    assert "cannot be read" in ada.failure
    assert bob.reached == 9
    assert [verdict.failure for verdict in run(small)] == [ada.failure, ""]  # it is not found anew each time


def test_a_verdict_that_is_not_whole_is_made_again(small):
    hand_in(small, "ada", RIGHT)
    run(small)
    path = small.outcomes / NAME / "ada.json"
    path.write_text(path.read_text(encoding="utf-8")[:50], encoding="utf-8")
    assert read_verdict(small, NAME, "ada") is None
    assert run(small)[0].reached == 9


def test_lost_sandboxes_are_the_machines_fault(small, monkeypatch):
    hand_in(small, "ada", RIGHT)
    hand_in(small, "bob", RIGHT)
    made = []

    class Fragile(TrustedRunner):
        def __enter__(self):
            made.append(self)
            return self

        def __exit__(self, *_):
            return None

        def grade(self, cells, *, draw=""):
            if any("axis=0" in cell.source for cell in cells) or len(made) < 2:
                raise SandboxLost("gone")
            return super().grade(cells, draw=draw)

    monkeypatch.setattr("classroom.workers.open_sandbox", lambda limits, **_: Fragile())
    hand_in(small, "cleo", HALF)
    ada, bob, cleo = grade_class(small, "e99", execute=on_this_machine(small, workers=1))
    assert (ada.reached, bob.reached) == (9, 9)  # the first sandbox was lost, the second did it
    assert "3 sandboxes ended" in cleo.failure


def test_lateness_costs_what_the_settings_say(course, monkeypatch):
    monkeypatch.setenv("SEQ2BERT_GRADING", str(course / "grading"))
    (course / "grading").mkdir(exist_ok=True)
    (course / "grading" / "classroom.toml").write_text(
        "late_penalty_per_day = 0.1\n[deadlines]\ne99-small = 2026-11-01T12:00:00Z\n"
        "[extensions.e99-small]\ncleo = 2026-11-09T12:00:00Z\n",
        encoding="utf-8",
    )
    small = Course.open(course)
    for student, time in (
        ("ada", "2026-11-01 12:00:00"),
        ("bob", "2026-11-01 12:00:01"),
        ("cleo", "2026-11-02 13:00:00"),
        ("dora", "2026-11-21 12:00:00"),
    ):
        hand_in(small, student, RIGHT, timestamp=f"{time}.000000 UTC")
    run(small)

    def penalties():
        with open_gradebook(small) as gradebook:
            entries = {s: gradebook.find_submission_notebook(NAME, NAME, s) for s in ("ada", "bob", "cleo", "dora")}
            return {student: entry.late_submission_penalty for student, entry in entries.items()}

    assert penalties() == {"ada": None, "bob": pytest.approx(0.9), "cleo": None, "dora": 9.0}  # never below no points
    with open_gradebook(small) as gradebook:
        gradebook.find_grade("e99-double", NAME, NAME, "bob").manual_score = 2.0
        gradebook.find_grade("e99-sums", NAME, NAME, "bob").extra_credit = 3.0
        gradebook.db.commit()
    run(small, again=True)
    assert penalties()["bob"] == pytest.approx(1.0)  # a tenth of 2 by hand, 5 by the tests and 3 besides


def test_the_graded_notebook_has_outputs_and_says_what_failed(small):
    hand_in(small, "bob", HALF)
    run(small)
    notebook = nbformat.read(small.autograded / "bob" / NAME / f"{NAME}.ipynb", as_version=4)
    (test,) = [cell for cell in notebook.cells if cell.id == "e99-sums"]
    (output,) = test.outputs
    assert output.evalue == "the sum of each row"  # the author's words, and nothing of the hidden inputs
    assert "yours is" in output.traceback[0]


def test_jobs_depend_on_notebook_tests_and_draw(small):
    path = hand_in(small, "ada", RIGHT)
    (first,) = jobs_of(small, "e99")
    assert "secret_number" in first.notebook  # with hidden tests
    assert list(jobs_of(small, "e99", ["bob"])) == []
    path.write_text(path.read_text(encoding="utf-8").replace("number + number", "2 * number"), encoding="utf-8")
    (second,) = jobs_of(small, "e99")
    assert first.key != second.key
    json.dumps(vars(first))  # data only


def test_another_assignments_notebook_is_named(small):
    path = hand_in(small, "ada", RIGHT)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "e99-sums"]
    nbformat.write(notebook, path)
    (verdict,) = run(small)
    assert "does not have the assignment's tests" in verdict.failure


def test_unknown_assignment(small):
    with pytest.raises(CourseError, match="no assignment 'e77'; there are e99-small"):
        grade_class(small, "e77")


def test_judge_counts_by_the_draw(small):
    hand_in(small, "ada", RIGHT)
    (job,) = jobs_of(small, "e99")
    assert isinstance(job, Job)
    assert judge(replace(job, draw="another"), TrustedRunner()).reached == 9
