"""What is read out of zip archives from strangers. What is refused stands under its name, and the rest is read."""

import io
import random
import zipfile
from datetime import UTC, datetime

import pytest

from classroom.receive import ArchiveLimits
from classroom.receive.archives import list_zip
from tests.classroom.receive.zips import DEVICE, FIFO, LINK, Entry, honest_zip, raw_zip, read_out

GOOD = Entry(b"good.ipynb", b"good")


def refused_beside_a_good_one(*entries):
    """Check that the good member is read and nothing else; return the reasons."""
    read, reasons = read_out(raw_zip(GOOD, *entries))
    assert read == {"good.ipynb": b"good"}
    assert len(reasons) == len(entries)
    return list(reasons.values())


def test_what_was_packed_is_read_byte_for_byte():
    files = {"a/b.ipynb": b"one", "c.txt": random.Random(1).randbytes(3_000_000), "empty": b""}
    assert read_out(honest_zip(files)) == (files, {})
    assert read_out(honest_zip(files, zipfile.ZIP_STORED)) == (files, {})


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (b"../out.ipynb", "leads out"),
        (b"a/../../out.ipynb", "leads out"),
        (b"..", "leads out"),
        (b"..\\..\\out.ipynb", "leads out"),
        (b"a\\..\\..\\out.ipynb", "leads out"),
        (b"/etc/passwd", "absolute"),
        (b"\\\\server\\share\\x", "absolute"),
        (b"//server/share/x", "absolute"),
        (b"C:\\x.ipynb", "absolute"),
        (b"c:x.ipynb", "absolute"),
        (b"x.ipynb\0.png", "character zero"),
        (b"a" * 256, "longer than 255 bytes"),
        (b"a/" * 600 + b"x", "longer than 1000 bytes"),
        (b"", "no name"),
        (b".", "no name"),
        (b"./.", "no name"),
        (b"...", "no name"),
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(name, why):
    assert why in refused_beside_a_good_one(Entry(name))[0]


@pytest.mark.parametrize("mode", [LINK, FIFO, DEVICE])
def test_links_and_devices_are_refused(mode):
    assert refused_beside_a_good_one(Entry(b"x.ipynb", b"/etc/passwd", mode=mode | 0o777))[0] in (
        "it is a link",
        "it is no plain file",
    )


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2001])
def test_encrypted_members_are_refused(flags):
    assert refused_beside_a_good_one(Entry(b"x.ipynb", flags=flags)) == ["it is encrypted"]


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 97])
def test_other_methods_are_refused(method):  # bzip2 and lzma are read without a bound by the standard library
    assert f"method {method}" in refused_beside_a_good_one(Entry(b"x.ipynb", method=method, packed=b"x"))[0]


def test_of_members_with_one_name_the_first_is_read():
    clashes = [Entry(b"GOOD.ipynb"), Entry(b"good.ipynb", b"other")]
    assert all("same name" in reason for reason in read_out(raw_zip(GOOD, *clashes))[1].values())
    read, reasons = read_out(raw_zip(Entry("é.ipynb".encode(), b"1"), Entry("e\u0301.ipynb".encode(), b"2")))
    assert read == {"é.ipynb": b"1"}
    assert len(reasons) == 1


@pytest.mark.parametrize(
    ("written", "flags", "read"),
    [
        ("Ö'Brien, Zoë.ipynb".encode(), 0x800, "Ö'Brien, Zoë.ipynb"),
        ("Ö'Brien, Zoë.ipynb".encode(), 0, "Ö'Brien, Zoë.ipynb"),  # macOS forgets the flag
        ("Zoë.ipynb".encode("cp437"), 0, "Zoë.ipynb"),
        ("שלום.ipynb".encode(), 0x800, "שלום.ipynb"),
        ("\u202excod.ipynb".encode(), 0x800, "\u202excod.ipynb"),
        ("😀.ipynb".encode(), 0x800, "😀.ipynb"),
        (b"e02\\answers\\x.ipynb", 0, "e02/answers/x.ipynb"),
        (b"two\nlines.ipynb", 0, "two\nlines.ipynb"),
        ("．．／x.ipynb".encode(), 0x800, "．．／x.ipynb"),
        (b"=cmd|' /C calc'!A0.ipynb", 0, "=cmd|' /C calc'!A0.ipynb"),
    ],
)
def test_any_other_name_is_read_as_it_was_written(written, flags, read):
    assert read_out(raw_zip(Entry(written, b"x", flags=flags))) == ({read: b"x"}, {})


def test_a_refusal_can_be_shown_on_a_terminal():
    _, reasons = read_out(raw_zip(Entry("../\x1b[2J\u202e\n".encode(), flags=0x800)))
    assert list(reasons) == ["../\\x1b[2J\\u202e\\n"]


def test_folders_and_what_systems_leave_are_passed_over_without_a_word():
    junk = (b"a/", b"a\\", b"__MACOSX/._x.ipynb", b".DS_Store", b"a/.ipynb_checkpoints/x.ipynb", b"a/Thumbs.db")
    assert read_out(raw_zip(GOOD, *map(Entry, junk))) == ({"good.ipynb": b"good"}, {})


def test_limits_of_size():
    limits = ArchiveLimits(file=100, total=250)
    read, reasons = read_out(raw_zip(*(Entry(f"{n}".encode(), bytes(n)) for n in (101, 100, 99, 60, 51))), limits)
    assert [len(content) for content in read.values()] == [100, 99, 51]  # 100 + 99 + 51 = 250
    assert reasons == {
        "101": "it has 101 bytes; at most 100 are read",
        "60": "the members before it already fill the 250 bytes that are unpacked",
    }


def test_limit_of_the_archive_itself():
    content = honest_zip({"a": b"a"})
    assert read_out(content, ArchiveLimits(archive=len(content)))[0] == {"a": b"a"}
    read, reasons = read_out(content, ArchiveLimits(archive=len(content) - 1))
    assert not read
    assert "the archive has" in reasons["a.zip"]


def test_limit_of_members():
    three = honest_zip(dict.fromkeys("abc", b""))
    assert len(read_out(three, ArchiveLimits(members=3))[0]) == 3
    read, reasons = read_out(three, ArchiveLimits(members=2))
    assert not read
    assert "3 members; at most 2" in reasons["a.zip"]


def test_limit_of_ratio():
    content = raw_zip(Entry(b"zeros", bytes(100_000)), GOOD)
    assert len(read_out(content, ArchiveLimits(ratio=200, free=100_000))[0]) == 2
    read, reasons = read_out(content, ArchiveLimits(ratio=200, free=99_999))
    assert list(read) == ["good.ipynb"]
    assert reasons["zeros"] == "it unpacks to more than 200 times its size, as a zip bomb does"


@pytest.mark.parametrize("name", ["archive", "file", "total", "members", "ratio", "free"])
def test_limits_are_positive(name):
    with pytest.raises(ValueError, match=f"{name} must be positive; got 0"):
        ArchiveLimits(**{name: 0})


@pytest.mark.parametrize(
    "liar",
    [
        Entry(b"x", bytes(5_000_000), size=10),  # says less than there is
        Entry(b"x", b"short", size=1000),  # says more
        Entry(b"x", b"content", check=1),
        Entry(b"x", packed=b"\xff\xff\xff\xff"),
        Entry(b"x", packed=b""),
        Entry(b"x", packed_size=3),
    ],
    ids=["longer", "shorter", "checksum", "no deflate", "nothing", "cut off"],
)
def test_a_member_that_lies_is_damaged_and_the_rest_is_read(liar):
    assert refused_beside_a_good_one(liar)[0].startswith("it is damaged")


@pytest.mark.parametrize("offset", [0xFFFFFFF0, 17, 1])
def test_a_member_that_is_not_where_it_says_is_refused(offset):
    read, reasons = read_out(raw_zip(GOOD, Entry(b"x", offset=offset)))
    assert set(read) <= {"good.ipynb"}
    assert "x" in reasons or "a.zip" in reasons


def test_a_member_that_says_it_is_longer_than_the_archive_gives_no_more_than_its_content():
    assert read_out(raw_zip(Entry(b"x", b"content", packed_size=0xFFFFFFF0)))[0] in ({"x": b"content"}, {})


def test_members_that_share_bytes_are_refused():
    """Fifield's bomb: every member's data hold the next member, so that a kernel is unpacked many times."""
    content = random.Random(1).randbytes(4000)
    entries = [Entry(b"%03d" % n, content, method=0, offset=0) for n in range(100)]
    read, _ = read_out(raw_zip(*entries))
    assert len(read) <= 1


def test_every_truncation_is_named_and_none_raises():
    whole = raw_zip(GOOD, Entry(b"b", b"b" * 50))
    for length in range(len(whole)):
        read, reasons = read_out(whole[:length])
        assert not read
        assert "no zip archive" in reasons["a.zip"]


def test_no_change_of_a_byte_raises():
    whole, draw = raw_zip(GOOD, Entry(b"b/c", b"b" * 50, extra=b"UT\x05\0\1\0\0\0\0")), random.Random(2)
    for _ in range(3000):
        changed = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            changed[draw.randrange(len(whole))] = draw.randrange(256)
        read, _ = read_out(bytes(changed))
        assert all(len(content) <= 50 for content in read.values())


def test_times_are_those_of_the_extended_field():
    def time_of(extra):
        members, _ = list_zip(io.BytesIO(raw_zip(Entry(b"x", extra=extra))), ArchiveLimits(), name="a")
        return members[0].time

    moment = datetime(2026, 12, 1, 10, 0, 1, tzinfo=UTC)
    stamp = int(moment.timestamp()).to_bytes(4, "little")
    assert time_of(b"UT\x05\0\3" + stamp) == moment
    assert time_of(b"ux\x02\0ab" + b"UT\x05\0\1" + stamp) == moment
    assert time_of(b"UT\x05\0\1\xff\xff\xff\xff") == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert time_of(b"") is None  # the other field has no time zone
    assert time_of(b"UT\x05\0\0" + stamp) is None  # says that it has no time of change
    assert time_of(b"UT\x01\0\1") is None
