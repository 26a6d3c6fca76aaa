"""Receiving a class: raw files are kept with their hash and time, once; what is broken is named and stops nobody."""

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from classroom.receive import ArchiveLimits, Roster, receipts_of, receive
from tests.classroom.receive.made import NAME, archive_of, everything_in, folder_of, kept
from tests.classroom.receive.zips import LINK, Entry, raw_zip

HOSTILE_NAMES = [
    "Ö'Brien, Zoë (late)",
    '=HYPERLINK("x")',
    "@SUM(1)",
    "...x",
    "CON",
    "a+b",
    "two\nlines",
    "-rf",
    "😀😀",
    "שלום",
    "\u202ecod",
    "$(touch x)",
    "<script>alert(1)",
    "a\\b",
    "l" * 200,
]


def receipts(folders, student):
    return receipts_of(folders.received / NAME / student)


def test_a_receipt_has_hash_time_and_name_and_the_file_is_as_it_came(folders, tmp_path):
    content = b"\xff\x00 any bytes"
    receive(folders, NAME, folder_of(tmp_path / "in", {"Zoë.ipynb": content}))
    (receipt,) = receipts(folders, "Zoë")
    assert receipt.student == "Zoë"
    assert receipt.sha256 == receipt.files[0].sha256 == hashlib.sha256(content).hexdigest()
    assert (receipt.time, receipt.time_from) == ("2025-12-01T10:00:00+00:00", "file")
    assert datetime.now(UTC) - datetime.fromisoformat(receipt.received_at) < timedelta(minutes=1)
    assert receipt.files[0].original == "Zoë.ipynb"
    assert (folders.received / NAME / "Zoë" / receipt.attempt / receipt.files[0].name).read_bytes() == content


@pytest.mark.parametrize("packed", [True, False])
def test_a_second_receive_changes_nothing(folders, tmp_path, packed):
    files = {f"{name}/x.ipynb": name.encode() for name in "abc"}
    source = archive_of(tmp_path / "s.zip", files) if packed else folder_of(tmp_path / "s", files)
    first = receive(folders, NAME, source)
    before = everything_in(folders.root)
    second = receive(folders, NAME, source)
    assert everything_in(folders.root) == before
    assert (len(first.new), len(first.known)) == (3, 0)
    assert (len(second.new), second.known) == (0, first.new)


def test_files_copied_anew_are_known(folders, tmp_path):
    receive(folders, NAME, folder_of(tmp_path / "s", {"ann.ipynb": b"1"}))
    later = datetime(2026, 1, 1, tzinfo=UTC)
    assert not receive(folders, NAME, folder_of(tmp_path / "copy", {"ann.ipynb": b"1"}, later)).new


def test_every_attempt_is_kept_and_none_is_overwritten(folders, tmp_path):
    for content in (b"1", b"2", b"3"):
        receive(folders, NAME, folder_of(tmp_path / "s", {"ann.ipynb": content}))  # all of one time
    assert kept(folders) == {"ann": [b"1", b"2", b"3"]}


def test_an_earlier_content_handed_in_again_is_an_attempt_of_its_own(folders, tmp_path):
    """Back to the first version: what the instructor or the platform says about the time makes it the last."""
    at = datetime(2025, 12, 1, 10, tzinfo=UTC)
    for hours, content in enumerate((b"1", b"2", b"1", b"1")):
        source = folder_of(tmp_path / "s", {"x.ipynb": content})
        receive(folders, NAME, source, student="ann", at=at + timedelta(hours=min(hours, 2)))
    assert [each.sha256[:4] for each in receipts(folders, "ann")] == ["6b86", "d473", "6b86"]
    for upload in (200, 201, 201):
        receive(folders, NAME, archive_of(tmp_path / "c.zip", {f"lee_5_{upload}_x.ipynb": b"1"}))
    assert [each.submission_id for each in receipts(folders, "5")] == ["200", "201"]


def test_a_download_that_was_received_is_known_when_its_files_come_without_the_platform(folders, tmp_path):
    receive(folders, NAME, archive_of(tmp_path / "c.zip", {"lee_LATE_5_200_x.ipynb": b"1"}))
    assert not receive(folders, NAME, folder_of(tmp_path / "s", {"5.ipynb": b"1"})).new
    assert receipts(folders, "5")[0].late


def test_two_students_with_the_same_file_both_keep_theirs(folders, tmp_path):
    receive(folders, NAME, folder_of(tmp_path / "s", {"ann.ipynb": b"same", "bob.ipynb": b"same"}))
    assert kept(folders) == {"ann": [b"same"], "bob": [b"same"]}


@pytest.mark.parametrize("packed", [True, False])
def test_any_name_of_a_student_or_file(folders, tmp_path, packed):
    files = {f"{name}.ipynb": str(n).encode() for n, name in enumerate(HOSTILE_NAMES)}
    files |= {"inside/" + "n" * 249 + ".ipynb": b"long", "inside/.ipynb": b"no name", "inside/..x..": b"dots"}
    if packed:
        files.pop("a\\b.ipynb")
        source = archive_of(tmp_path / "s.zip", files)
    else:
        source = folder_of(tmp_path / "s", files)
    intake = receive(folders, NAME, source, kind="files")
    assert not intake.refused
    assert sorted(each for own in kept(folders).values() for each in own) == sorted(files.values())
    names = {name.removesuffix(".ipynb") for name in files if "/" not in name}
    assert {each.student for each in intake.new} == names | {"inside"}
    assert set(os.listdir(tmp_path)) <= {"course", "s", "s.zip"}
    assert set(os.listdir(folders.received)) == {NAME}


def test_names_that_are_not_utf_8(folders, tmp_path):
    intake = receive(folders, NAME, folder_of(tmp_path / "s", {b"Zo\xeb.ipynb": b"1", b"x/\xff\xfe": b"2"}))
    assert {each.student for each in intake.new} == {"Zoë", "x"}
    json.dumps([each.came_from for each in intake.new], ensure_ascii=False).encode()


def test_a_name_too_long_for_a_folder_is_named(folders, tmp_path):
    intake = receive(folders, NAME, folder_of(tmp_path / "s", {"l" * 248 + ".ipynb": b"1", "ann.ipynb": b"2"}))
    assert kept(folders) == {"ann": [b"2"]}
    assert "too long" in intake.refused[0].reason
    assert "roster" in intake.refused[0].reason


def test_students_whose_folders_would_clash_are_named_and_not_mixed(folders, tmp_path):
    first = receive(folders, NAME, folder_of(tmp_path / "s", {"Ann.ipynb": b"1", "ann.ipynb": b"2", "bob.ipynb": b"3"}))
    assert kept(folders) == {"Ann": [b"1"], "bob": [b"3"]}
    assert "'ann' differs from 'Ann' in case only" in first.refused[0].reason
    receive(folders, NAME, folder_of(tmp_path / "s", {"BOB.ipynb": b"4"}))
    assert kept(folders)["bob"] == [b"3"]
    roster = Roster("student,login\nann2,ann\n")
    assert not receive(folders, NAME, folder_of(tmp_path / "t", {"ann.ipynb": b"2"}), roster=roster).refused


def test_one_broken_submission_is_named_and_the_class_goes_on(folders, tmp_path):
    good = [Entry(f"{n:03}/x.ipynb".encode(), str(n).encode()) for n in range(20)]
    broken = [
        Entry(b"a/x.ipynb", packed=b"\xff"),
        Entry(b"b/x.ipynb", flags=1),
        Entry(b"c/x.ipynb", mode=LINK),
        Entry(b"d/../../x.ipynb"),
        Entry(b"e/x.ipynb", bytes(20_000_000)),
        Entry(b"l" * 250 + b"/x.ipynb"),
    ]
    path = tmp_path / "s.zip"
    path.write_bytes(raw_zip(*[each for pair in zip(good, broken, strict=False) for each in pair], *good[6:]))
    intake = receive(folders, NAME, path)
    assert len(kept(folders)) == len(intake.new) == 20
    assert len(intake.refused) == 6
    assert all(each.name and each.reason for each in intake.refused)


def test_a_folder_with_links_and_pipes(folders, tmp_path):
    source = folder_of(tmp_path / "s", {"ann/x.ipynb": b"1", "bob/y": b"2"})
    secret = folder_of(tmp_path / "other", {"secret": b"3"})
    (source / "link.ipynb").symlink_to(secret / "secret")
    (source / "mallory").symlink_to(secret)
    (source / "bob" / "up").symlink_to("..")
    os.mkfifo(source / "pipe")
    intake = receive(folders, NAME, source)
    assert kept(folders) == {"ann": [b"1"], "bob": [b"2"]}
    reasons = {each.name: each.reason for each in intake.refused}
    assert reasons == dict.fromkeys(("link.ipynb", "mallory", "bob/up"), "it is a link") | {
        "pipe": "it is no plain file"
    }


def test_a_file_that_cannot_be_read_is_named(folders, tmp_path, monkeypatch):
    source = folder_of(tmp_path / "s", {"ann/x.ipynb": b"1", "bob/x.ipynb": b"2"})
    opened = os.open

    def forbidden(path, *rest, **options):
        if str(path).endswith("bob/x.ipynb"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest, **options)

    monkeypatch.setattr(os, "open", forbidden)
    intake = receive(folders, NAME, source)
    assert kept(folders) == {"ann": [b"1"]}
    assert intake.refused[0].reason == "it cannot be read: Permission denied"


def test_what_one_student_hands_in_is_bounded(folders, tmp_path, monkeypatch):
    monkeypatch.setattr("classroom.receive.OF_A_STUDENT", ArchiveLimits(members=3, total=10))
    files = {f"a/{n}": b"1" for n in range(4)} | {"b/1": b"123456", "b/2": b"12345", "c/1": b"12345", "c/2": b"12345"}
    intake = receive(folders, NAME, folder_of(tmp_path / "s", files))
    assert set(kept(folders)) == {"c"}
    assert [each.reason for each in intake.refused] == [
        "it has 4 files; at most 3 are kept",
        "its files have more than 10 bytes together",
    ]


def test_files_of_impossible_times(folders, tmp_path, monkeypatch):
    source = folder_of(tmp_path / "s", {"ann.ipynb": b"1"})
    lstat = type(source).lstat

    def far(path):
        status = list(lstat(path))
        return os.stat_result([*status[:8], 10**15, status[9]])

    monkeypatch.setattr(type(source), "lstat", far)
    intake = receive(folders, NAME, source)
    assert [each.time_from for each in intake.new] == ["receipt"]


def test_junk_is_passed_over(folders, tmp_path):
    files = {"ann/.ipynb_checkpoints/x.ipynb": b"old", ".DS_Store": b"", "__MACOSX/._x": b"", "ann/x.ipynb": b"1"}
    intake = receive(folders, NAME, folder_of(tmp_path / "s", files))
    assert (kept(folders), intake.refused) == ({"ann": [b"1"]}, [])


def test_an_empty_source_and_a_broken_archive(folders, tmp_path):
    (tmp_path / "s").mkdir()
    assert receive(folders, NAME, tmp_path / "s").new == []
    assert receive(folders, NAME, archive_of(tmp_path / "e.zip", {})).refused == []
    (tmp_path / "b.zip").write_bytes(b"PK\3\4 no more")
    assert "no zip archive" in receive(folders, NAME, tmp_path / "b.zip").refused[0].reason


def test_each_is_told_once_and_in_order(folders, tmp_path):
    told = []
    source = folder_of(tmp_path / "s", {"ann.ipynb": b"1", "bob.ipynb": b"2"})
    intake = receive(folders, NAME, source, tell=lambda what, new: told.append((what, new)))
    assert told == [(each, True) for each in intake.new]


def test_limits_reach_the_archive(folders, tmp_path):
    source = archive_of(tmp_path / "s.zip", {"ann.ipynb": b"12345"})
    assert receive(folders, NAME, source, limits=ArchiveLimits(file=4)).refused
    assert kept(folders) == {}
