"""Whose files they are, in the layouts of the platforms; and what students can put into them changes nothing."""

from datetime import datetime

import pytest

from classroom.receive import LayoutError, Roster, receipts_of, receive
from classroom.receive.metadata import moment
from classroom.receive.platforms import kind_of
from tests.classroom.receive.made import NAME, archive_of, folder_of, kept

ROSTER = Roster("student,email,name,canvas\ns1,ann@example.org,Ann Lee,17\ns2,bob@example.org,Zoë Ö'Brien,18\n")
MOODLE = "Ann Lee_12_assignsubmission_file_"
METADATA = b"""\
---
submission_1:
  :submitters:
  - :name: Ann Lee
    :sid: '0017'
    :email: ann@example.org
  :created_at: 2026-12-01 10:00:00.123456789 Z
submission_2:
  :submitters:
  - :name: Zoe
    :sid: !ruby/object:X '99'
  - :name: Max
    :email: max@example.org
  :created_at: 2026-12-01 02:00:00 -08:00
submission_3:
  :submitters: []
"""


@pytest.fixture
def take(folders, tmp_path):
    """Receive contents by path, as an archive; return what was kept, reasons by name, and the receipts."""

    def receive_files(files, **options):
        intake = receive(folders, NAME, archive_of(tmp_path / "source.zip", files), **options)
        receipts = [each for path in (folders.received / NAME).iterdir() for each in receipts_of(path)]
        return kept(folders), {each.name: each.reason for each in intake.refused}, receipts

    return receive_files


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        ("canvas", ["doejohn_123_456_x.ipynb", "leeann_LATE_124_457_y-1.ipynb"]),
        ("canvas", ["submissions/doejohn_123_456_x.ipynb", "submissions/zz_9_8_text.html"]),
        ("canvas", ["anon_a1b2_456_x.ipynb"]),
        ("moodle", [f"{MOODLE}/x.ipynb"]),
        ("moodle", [f"all/{MOODLE}/x.ipynb", "all/Bob_13_assignsubmission_onlinetext_/onlinetext.html"]),
        ("moodle", ["Ann Lee_12_assignsubmission_file_x.ipynb", "Bob_13_assignsubmission_file_x.ipynb"]),
        ("gradescope", ["submission_1/x.ipynb", "submission_metadata.yml"]),
        ("gradescope", ["assignment_5_export/submission_1/x.ipynb", "assignment_5_export/submission_metadata.yml"]),
        ("nbgrader", [f"ann+{NAME}+2026-12-01 10:00:00 UTC/x.ipynb"]),
        ("nbgrader", [f"c/inbound/ann+{NAME}+2026 UTC/x.ipynb", f"c/outbound/{NAME}/x.ipynb"]),
        ("files", ["ann.ipynb", "bob.ipynb"]),
        ("files", [f"ann/{NAME}/x.ipynb"]),
        ("files", []),
    ],
)
def test_a_platform_is_known_by_its_names(kind, paths):
    assert kind_of(paths, NAME) == kind


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("moodle", [f"{MOODLE}/{{}}"]),
        ("moodle", ["Ann Lee_12_assignsubmission_file_{}"]),
        ("canvas", ["doejohn_123_456_{}"]),
        ("gradescope", ["submission_1/{}", "submission_metadata.yml"]),
        ("nbgrader", [f"ann+{NAME}+2026-12-01 10:00:00 UTC/{{}}"]),
        ("files", ["ann/{}"]),
    ],
)
@pytest.mark.parametrize(
    "own",
    [
        "submission_metadata.yml",
        f"bob+{NAME}+2026-12-01 10:00:00 UTC",
        "Bob_13_assignsubmission_file_x.ipynb",
        "leeann_124_457_y.ipynb",
        "inbound",
    ],
)
def test_a_students_file_name_does_not_change_what_the_class_is_taken_for(kind, names, own):
    ordinary = [name.replace("ann", "bob").replace("Ann Lee_12", "Bob_13").format("x.ipynb") for name in names]
    assert kind_of([*ordinary, *(name.format(own) for name in names)], NAME) == kind


def test_canvas(take):
    files = {
        "leeann_17_100_x.ipynb": b"1",
        "leeann_17_101_x-1.ipynb": b"2",
        "obrienzo_LATE_18_102_two\nlines.ipynb": b"3",
        "doe_19_103_text.html": b"4",
        "anon_ab12_104_x.ipynb": b"5",
        "readme.txt": b"6",
    }
    got, refused, receipts = take(files, kind="canvas", roster=ROSTER)
    assert got == {"s1": [b"1", b"2"], "s2": [b"3"], "anon_ab12": [b"5"]}
    assert len(refused) == 2
    assert {each.student: each.late for each in receipts} == {"s1": False, "s2": True, "anon_ab12": False}
    assert {each.files[0].original for each in receipts} >= {"x.ipynb", "two\nlines.ipynb"}


def test_moodle_with_and_without_folders(take):
    files = {
        f"{MOODLE}/x.ipynb": b"1",
        f"{MOODLE}/data/y.csv": b"2",
        "Zoë Ö'Brien_13_assignsubmission_file_z.ipynb": b"3",
        "Zoë Ö'Brien_13_assignsubmission_onlinetext_onlinetext.html": b"4",
        "Mallory_14_assignsubmission_file_Ann Lee_12_assignsubmission_file_x.ipynb": b"5",
    }
    got, refused, _ = take(files, roster=ROSTER)
    assert got == {"s1": [b"1", b"2"], "s2": [b"3"], "Mallory": [b"5"]}
    assert len(refused) == 1


def test_two_students_of_one_name_are_never_mixed(take):
    """Moodle's names are all that Moodle says; its numbers are others in every assignment."""
    two = {"Kim_1_assignsubmission_file_/x.ipynb": b"1", "Kim_2_assignsubmission_file_/x.ipynb": b"2"}
    assert take(two)[0] == {"Kim 1": [b"1"], "Kim 2": [b"2"]}
    first, second = {"Kim Lee_1_assignsubmission_file_/x": b"1"}, {"Kim Lee_2_assignsubmission_file_/x": b"2"}
    take(first)
    got, refused, _ = take(second)
    assert got["Kim Lee"] == [b"1"]
    assert "another 'Kim Lee' was received before" in next(iter(refused.values()))


def test_gradescope(take):
    files = {"submission_metadata.yml": METADATA} | {f"submission_{n}/x.ipynb": b"%d" % n for n in (1, 2, 3, 4)}
    got, refused, receipts = take(files, roster=ROSTER)
    assert got == {"s1": [b"1"], "99": [b"2"], "max@example.org": [b"2"]}
    assert {name.split(": ")[-1] for name in refused} == {"submission_3", "submission_4"}
    assert {each.time[:19] for each in receipts} == {"2026-12-01T10:00:00"}
    assert all(each.time_from == "source" for each in receipts)


@pytest.mark.parametrize("broken", [b"", b"- 1", b"a: [", b"\xff", b"a: &a [*a]", b"x: !!python/object:os.system ls"])
def test_gradescopes_list_that_cannot_be_read_is_named(take, broken):
    try:
        _, refused, receipts = take(
            {"submission_metadata.yml": broken, "submission_1/x.ipynb": b"1"}, kind="gradescope"
        )
    except LayoutError as error:
        assert "submission_metadata.yml" in str(error)  # noqa: PT017
    else:
        assert refused
        assert not receipts


def test_aliases_in_gradescopes_list_do_not_grow(take):
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
    bomb = f"l0: &l0 [a]\n{levels}\nsubmission_1:\n  :submitters:\n  - :name: *l11\n    :sid: s1\n".encode()
    got, _, receipts = take({"submission_metadata.yml": bomb, "submission_1/x.ipynb": b"1"})
    assert got == {"s1": [b"1"]}
    assert receipts[0].name == ""


def test_nbgraders_exchange(take):
    files = {
        f"c/inbound/ann+{NAME}+2026-12-01 10:00:00.000000 UTC/{NAME}.ipynb": b"1",
        f"c/inbound/ann+{NAME}+2026-12-01 10:00:00.000000 UTC/timestamp.txt": b"2026-12-01 09:59:59.500000 UTC\n",
        f"c/inbound/ann+{NAME}+2026-12-01 10:00:00.000000 UTC/submission_secret.txt": b"5ec" * 40,
        f"c/inbound/b+b+{NAME}+2026-12-02 11:00:00 UTC+R4nd0m/{NAME}.ipynb": b"2",
        "c/inbound/ann+e01-other+2026-12-01 10:00:00 UTC/e01-other.ipynb": b"3",
        f"c/outbound/{NAME}/{NAME}.ipynb": b"4",
        f"c/inbound/+{NAME}+2026-12-02 11:00:00 UTC/{NAME}.ipynb": b"5",
    }
    got, refused, receipts = take(files)
    assert got == {"ann": [b"1"], "b=2Bb": [b"2"]}
    assert len(refused) == 2  # outbound; and nobody's
    times = {each.student: each.time for each in receipts}
    assert times == {"ann": "2026-12-01T09:59:59.500000+00:00", "b+b": "2026-12-02T11:00:00+00:00"}
    assert {each.student: each.secret for each in receipts} == {"ann": "5ec" * 40, "b+b": ""}


@pytest.mark.parametrize(
    "content", [b"", b"short", b"a" * 257, b"a" * 32 + b"\n", b"../" * 8 + b"\0", "\u00e9".encode() * 20]
)
def test_a_secret_that_a_student_has_made_up_is_none(take, content):
    folder = f"c/inbound/ann+{NAME}+2026-12-01 10:00:00 UTC"
    got, _, (receipt,) = take({f"{folder}/{NAME}.ipynb": b"1", f"{folder}/submission_secret.txt": content})
    assert (got, receipt.secret) == ({"ann": [b"1"]}, "")


def test_files_of_any_name(take):
    files = {f"{NAME}-ann.ipynb": b"1", f"bob_{NAME} (1).ipynb": b"2", f"{NAME}.ipynb": b"3", "Zoë Ö'Brien.ipynb": b"4"}
    got, refused, _ = take(files, roster=ROSTER, kind="files")
    assert got == {"ann": [b"1"], "bob": [b"2"], "s2": [b"4"]}
    assert list(refused.values()) == ["its name does not say whose it is"]


def test_a_folder_is_a_students_and_its_files_are_one_attempt(take):
    got, _, receipts = take({"ann/x.ipynb": b"1", "ann/y.csv": b"2", "bob/x.ipynb": b"3", "bob/old/x.ipynb": b"4"})
    assert got == {"ann": [b"1", b"2"], "bob": [b"3", b"4"]}
    assert sorted(len(each.files) for each in receipts) == [1, 1, 2]


@pytest.mark.parametrize("around", [NAME, "week 3"])
def test_a_folder_around_all_is_no_student(take, around):
    got, _, _ = take({f"{around}/Ann Lee.ipynb": b"1", f"{around}/bob@example.org.ipynb": b"2"}, roster=ROSTER)
    assert got == {"s1": [b"1"], "s2": [b"2"]}


def test_a_file_in_a_students_folder_cannot_name_another_student(take):
    got, _, _ = take({"mallory/s1.ipynb": b"1", "s1/x.ipynb": b"2", "mallory/Ann Lee.ipynb": b"3"}, roster=ROSTER)
    assert got == {"mallory": [b"1", b"3"], "s1": [b"2"]}


def test_a_pattern_says_whose_files_are(take):
    got, refused, _ = take({"x-ann.txt": b"1", "a/x-bob.txt": b"2", "y": b"3"}, pattern=r"x-(?P<student>\w+)\.txt")
    assert got == {"ann": [b"1"], "bob": [b"2"]}
    assert list(refused.values()) == ["its name does not match the pattern"]


def test_mistakes_of_the_instructor_are_named(take, folders, tmp_path):
    with pytest.raises(LayoutError, match="no kind of source called 'blackboard'; there are canvas"):
        take({}, kind="blackboard")
    with pytest.raises(LayoutError, match=r"needs a group \(\?P<student>"):
        take({"x": b""}, pattern="x")
    with pytest.raises(LayoutError, match="no regular expression"):
        take({"x": b""}, pattern="(")
    with pytest.raises(LayoutError, match="needs a zone"):
        take({"x": b""}, at=datetime(2026, 12, 1))
    with pytest.raises(FileNotFoundError):
        receive(folders, NAME, tmp_path / "none.zip")
    (tmp_path / "class.tar.gz").write_bytes(b"\x1f\x8b\x08\0")
    with pytest.raises(LayoutError, match=r"class.tar.gz is packed by gzip; unpack it"):
        receive(folders, NAME, tmp_path / "class.tar.gz")


def test_a_single_file_is_received(folders, tmp_path):
    path = folder_of(tmp_path / "in", {f"{NAME}_ann.ipynb": b"1"}) / f"{NAME}_ann.ipynb"
    receive(folders, NAME, path)
    receive(folders, NAME, path, student="Bob")
    assert kept(folders) == {"ann": [b"1"], "Bob": [b"1"]}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-12-01 10:00:00.000000 UTC", "2026-12-01T10:00:00+00:00"),
        ("2026-12-01 10:00:00 Z\n", "2026-12-01T10:00:00+00:00"),
        ("2026-12-01 10:00:00.123456789 +0200", "2026-12-01T08:00:00.123456+00:00"),
        ("2026-12-01T10:00:00-08:00", "2026-12-01T18:00:00+00:00"),
        ("2026-10-25 02:30:00 +0200", "2026-10-25T00:30:00+00:00"),  # the hour that daylight saving repeats
        ("2026-10-25 02:30:00 +0100", "2026-10-25T01:30:00+00:00"),
        ("2026-12-01 10:00:00", None),  # no zone
        ("0001-01-01 00:00:00 +1400", None),
        ("9999-12-31 23:59:59 -1400", None),
        ("", None),
        ("\0", None),
        ("now", None),
        (" " * 200 + "UTC", None),
    ],
)
def test_times_are_read_with_their_zone(text, time):
    read = moment(text)
    assert (read and read.isoformat()) == time


def test_a_roster_knows_students_by_every_name():
    roster = Roster("id,first_name,last_name,login\ns1,Ann,Lee,al\ns2,Ann,Ray,ar\ns3,José,de la Cruz,jc\n")
    assert [roster.find(name) for name in ("s1", "al", "Ann Lee", "Lee, Ann", "leeann")] == ["s1"] * 5
    assert roster.find("Ann") is None
    assert roster.find("José de la Cruz") == roster.find("JOSE\u0301 DE LA CRUZ") == "s3"
    assert roster.find("", "nobody", "ar") == "s2"


def test_a_name_that_two_students_share_is_nobodys():
    roster = Roster("student,name,email\ns1,Ada Lee,a@x\ns2,Ada Lee,b@x\n")
    assert (roster.find("Ada Lee"), roster.find("adalee"), roster.find("Ada Lee", "b@x")) == (None, None, "s2")
