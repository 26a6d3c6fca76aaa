"""From received to submitted: the attempt that counts, repaired; every student ends in a notebook or in a reason."""

import json
from datetime import UTC, datetime, timedelta

import nbformat
import pytest

from classroom import timestamps
from classroom.receive import read_submitted, receive, submit, submitted
from tests.classroom.normalise.made import SMALL, filled, handed_in, raw, release_of
from tests.classroom.receive.made import everything_in, folder_of
from tests.classroom.receive.zips import Entry, honest_zip, raw_zip

DEADLINE = datetime(2025, 12, 1, 12, tzinfo=UTC)
GOOD = raw(handed_in())
WORSE = raw(handed_in() | {"cells": handed_in()["cells"][:8]})


@pytest.fixture
def course(folders):
    path = folders.release / SMALL / f"{SMALL}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(release_of(SMALL), path)
    return folders


@pytest.fixture
def hand_in(course, tmp_path):
    def receive_one(student, content, at=DEADLINE):
        files = content if isinstance(content, dict) else {"x.ipynb": content}
        folder = tmp_path / f"s{len(list(tmp_path.iterdir()))}"
        return receive(course, SMALL, folder_of(folder, files), student=student, at=at)

    return receive_one


def notebook_of(course, folder):
    return nbformat.read(course.submitted / folder / SMALL / f"{SMALL}.ipynb", as_version=4)


def test_what_counts_lies_where_nbgrader_looks(course, hand_in):
    hand_in("Zoë O'Brien", GOOD, DEADLINE - timedelta(hours=1))
    (about,) = submit(course, SMALL, deadline=DEADLINE)
    assert (about.student, about.late, about.at) == ("Zoë O'Brien", False, "2025-12-01T11:00:00+00:00")
    assert notebook_of(course, about.folder) == filled(SMALL)
    time = (course.submitted / about.folder / SMALL / "timestamp.txt").read_text()
    assert time == "2025-12-01 11:00:00.000000 UTC"
    assert read_submitted(course, SMALL, about.folder) == about


def test_again_changes_nothing(course, hand_in):
    hand_in("ann", GOOD)
    submit(course, SMALL, deadline=DEADLINE)
    before = everything_in(course.root)
    submit(course, SMALL, deadline=DEADLINE)
    assert everything_in(course.root) == before


def test_the_last_on_time_counts_and_extensions_are_a_students_own(course, hand_in):
    for student in ("ann", "b+b"):
        hand_in(student, WORSE, DEADLINE)
        hand_in(student, GOOD, DEADLINE + timedelta(hours=1))
    first = {each.student: each for each in submit(course, SMALL, deadline=DEADLINE)}
    assert all(each.at == DEADLINE.isoformat() and not each.late for each in first.values())
    second = submit(course, SMALL, deadline=DEADLINE, extensions={"b+b": DEADLINE + timedelta(hours=1)})
    at = {each.student: (each.at, each.late) for each in second}
    assert at["ann"] == (DEADLINE.isoformat(), False)
    assert at["b+b"] == ((DEADLINE + timedelta(hours=1)).isoformat(), False)
    assert notebook_of(course, "b=2Bb") == filled(SMALL)


@pytest.mark.parametrize("broken", [b"", b"{", b"PK\3\4", raw(handed_in("e02-attention-by-hand"))])
def test_what_is_no_notebook_does_not_count_while_there_is_another(course, hand_in, broken):
    hand_in("ann", GOOD, DEADLINE - timedelta(hours=1))
    hand_in("ann", broken, DEADLINE)
    (about,) = submit(course, SMALL, deadline=DEADLINE)
    assert about.at == (DEADLINE - timedelta(hours=1)).isoformat()
    assert len(about.reasons) == 1
    assert notebook_of(course, "ann") == filled(SMALL)


def test_one_broken_submission_never_stops_the_class(course, hand_in, monkeypatch):
    contents = [
        b"{",
        b"[" * 10**5,
        raw_zip(Entry(b"x.ipynb", packed=b"\xff")),
        honest_zip({}),
        b'{"cells": []}',
        b"fault",
    ]
    for number, content in enumerate(contents):
        hand_in(f"s{number}", content)
        hand_in(f"t{number}", GOOD)
    normalise = submitted.normalise

    def faulty(release, content):
        if content == b"fault":
            raise ZeroDivisionError
        return normalise(release, content)

    monkeypatch.setattr(submitted, "normalise", faulty)
    results = {each.student: each for each in submit(course, SMALL)}
    assert all(results[f"s{n}"].attempt == "" and results[f"s{n}"].reasons for n in range(len(contents)))
    assert all(results[f"t{n}"].attempt and not results[f"t{n}"].reasons for n in range(len(contents)))
    assert sorted(path.name for path in course.submitted.iterdir()) == [f"t{n}" for n in range(len(contents))]


def test_a_damaged_receipt_or_file_is_a_reason(course, hand_in):
    for student in ("ann", "b+b", "cy"):
        hand_in(student, GOOD)
    next((course.received / SMALL / "ann").glob("*/x.ipynb")).write_bytes(WORSE)
    next((course.received / SMALL / "b=2Bb").glob("*/receipt.json")).write_text("{")
    results = {each.student: each for each in submit(course, SMALL)}
    assert "was changed after it was received" in results["ann"].reasons[0]
    assert "cannot be read" in results["b+b"].reasons[0]
    assert results["cy"].attempt


def test_the_best_of_an_attempts_files_counts(course, hand_in):
    hand_in("ann", {"a.ipynb": WORSE, "b.ipynb": GOOD, "c.txt": b"notes", "d.zip": honest_zip({"x/e.ipynb": WORSE})})
    hand_in("bob", {"all.zip": honest_zip({"work/renamed.ipynb": GOOD, "work/data.csv": b"1"})})
    for about in submit(course, SMALL):
        assert not about.reasons
        assert notebook_of(course, about.student) == filled(SMALL)


def test_of_files_with_as_many_answers_the_first_by_its_name_counts(course, hand_in):
    other = GOOD.replace(b"return number + number", b"return 2 * number")
    hand_in("ann", {"a.ipynb": GOOD, "b.ipynb": other})
    hand_in("bob", {"b.ipynb": GOOD, "a.ipynb": other})
    submit(course, SMALL)
    assert notebook_of(course, "ann") == filled(SMALL)
    assert "return 2 * number" in nbformat.writes(notebook_of(course, "bob"))


def test_what_of_an_archive_was_not_read_is_said(course, hand_in):
    entries = [Entry(b"x.ipynb", GOOD), Entry(b"../\x1b[2J.ipynb"), Entry(b"y.ipynb", packed=b"\xff")]
    hand_in("ann", {"all.zip": raw_zip(*entries)})
    (about,) = submit(course, SMALL)
    said = [repair.says for repair in about.repairs if repair.kind == "archive"]
    assert len(said) == 2
    assert all(text.isprintable() for text in said)


def test_many_files_are_looked_at_up_to_a_number(course, hand_in, monkeypatch):
    monkeypatch.setattr(submitted, "_MOST_TRIED", 3)
    hand_in("ann", {"all.zip": honest_zip({f"{n}.ipynb": WORSE for n in range(5)})})
    (about,) = submit(course, SMALL)
    assert "Not read: 5 files: only 3 were looked at." in [repair.says for repair in about.repairs]


def test_names_that_are_no_unicode_are_recorded(course, hand_in):
    hand_in("\udce9", GOOD)
    (about,) = submit(course, SMALL)
    assert read_submitted(course, SMALL, about.folder).student == "\udce9"


def test_killed_between_any_two_writes_it_can_be_repeated(course, hand_in, monkeypatch):
    hand_in("ann", GOOD)
    hand_in("bob", WORSE)
    write, writers = submitted.write_atomically, (submitted, timestamps)
    for at in range(6):
        count = iter(range(100))

        def killed(path, data, at=at, count=count):
            if next(count) == at:
                raise KeyboardInterrupt
            write(path, data)

        for module in writers:
            monkeypatch.setattr(module, "write_atomically", killed)
        with pytest.raises(KeyboardInterrupt):
            submit(course, SMALL)
        for module in writers:
            monkeypatch.setattr(module, "write_atomically", write)
        assert len(submit(course, SMALL)) == 2
        assert notebook_of(course, "ann") == filled(SMALL)
        for path in course.submitted.rglob("*.ipynb"):
            path.unlink()


def test_the_attempt_that_counts_decides_which_secret(course, hand_in, tmp_path):
    """nbgrader's exchange gives a page back by it; what came by mail has none, and an old receipt tells of none."""
    for place, day in (("one", 1), ("two", 2)):
        name = f"inbound/ann+{SMALL}+2025-11-0{day} 10:00:00 UTC"
        files = {f"{name}/{SMALL}.ipynb": GOOD, f"{name}/submission_secret.txt": place.encode() * 10}
        receive(course, SMALL, folder_of(tmp_path / place, files))
    secret = course.submitted / "ann" / SMALL / "submission_secret.txt"
    submit(course, SMALL)
    assert secret.read_text() == "two" * 10
    submit(course, SMALL, deadline=datetime(2025, 11, 2, tzinfo=UTC))
    assert secret.read_text() == "one" * 10
    hand_in("ann", GOOD, DEADLINE)
    for path in (course.received / SMALL / "ann").glob("*/receipt.json"):
        told = json.loads(path.read_text())
        path.write_text(json.dumps({key: value for key, value in told.items() if value or key != "secret"}))
    submit(course, SMALL)
    assert not secret.exists()


def test_only_some_students_and_those_without_attempts(course, hand_in):
    hand_in("ann", GOOD)
    hand_in("bob", GOOD)
    (course.received / SMALL / "empty").mkdir()
    assert [each.student for each in submit(course, SMALL, students=["bob", "empty"])] == ["bob"]
    assert read_submitted(course, SMALL, "ann") is None
    (course.received / SMALL / "ann" / "counts.json").write_text(json.dumps({"x": 1}))
    assert read_submitted(course, SMALL, "ann") is None


def test_without_a_release_it_says_so(folders):
    with pytest.raises(FileNotFoundError):
        submit(folders, SMALL)


def test_with_an_extension_what_the_platform_says_of_lateness_does_not_count(course, tmp_path):
    receive(course, SMALL, folder_of(tmp_path / "canvas", {"leeann_LATE_12_34_x.ipynb": GOOD}))
    (about,) = submit(course, SMALL, deadline=DEADLINE)
    assert about.late
    (about,) = submit(course, SMALL, deadline=DEADLINE, extensions={"12": DEADLINE + timedelta(days=1)})
    assert not about.late
