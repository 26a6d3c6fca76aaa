"""Attacks that come as files. Each is first shown to succeed with its defence switched off.

Nothing here is run: what student code can do is attacked elsewhere.
"""

import io
import json
import os
import zipfile
from dataclasses import replace

import nbformat
import pytest

from classroom import receive as receive_module
from classroom.normalise import NotASubmission, reading
from classroom.receive import ArchiveLimits, archives, platforms, receipts, receive, sources, submit, submitted
from tests.classroom.normalise.made import (
    SMALL,
    answers_of,
    cell_of,
    filled,
    handed_in,
    is_test,
    normalised,
    raw,
    release_of,
)
from tests.classroom.receive.made import NAME, archive_of, folder_of, kept
from tests.classroom.receive.zips import LINK, Entry, honest_zip, raw_zip, read_out

LIMITLESS = ArchiveLimits(archive=10**12, file=10**12, total=10**12, members=10**9, ratio=10**9, free=10**12)
HONEST = Entry(b"honest.ipynb", b"honest")
ZEROS = Entry(b"bomb", bytes(20_000_000))


def length_of(content, limits=LIMITLESS):
    return sum(len(each) for name, each in read_out(content, limits)[0].items() if name != "honest.ipynb")


@pytest.mark.parametrize(
    ("bomb", "limits"),
    [
        ([ZEROS], ArchiveLimits()),
        ([replace(ZEROS, name=b"%d" % n) for n in range(5)], ArchiveLimits(ratio=10**9, total=50_000_000)),
        ([ZEROS], ArchiveLimits(ratio=10**9, file=1_000_000)),
    ],
    ids=["ratio", "total", "file"],
)
def test_zip_bombs_unpack_without_limits_and_not_with_them(bomb, limits):
    content = raw_zip(HONEST, *bomb)
    assert length_of(content) == 20_000_000 * len(bomb) > 19 * len(content)
    assert length_of(content, limits) <= 40_000_000 * (len(bomb) > 1)
    assert read_out(content, limits)[0]["honest.ipynb"] == b"honest"


def test_a_bomb_of_shared_bytes(monkeypatch):
    """The members' list names the same bytes a hundred times."""
    packed = honest_zip({"x": bytes(100_000)})
    info = zipfile.ZipFile(io.BytesIO(packed)).infolist()[0]
    same = [info] * 100
    monkeypatch.setattr(zipfile.ZipFile, "infolist", lambda archive: same)
    numbers = iter(range(1000))
    monkeypatch.setattr(archives, "_path", lambda each: f"{next(numbers)}")
    with monkeypatch.context() as patch:
        patch.setattr(archives, "_overlapping", lambda infos: set())
        assert length_of(packed) == 100 * 100_000
    assert length_of(packed) == 0


def test_a_list_of_a_million_members_is_not_built():
    content = raw_zip(*[Entry(b"%d" % n, b"", method=0) for n in range(5000)])
    assert len(read_out(content, LIMITLESS)[0]) == 5000
    assert read_out(content, ArchiveLimits(members=1000)) == (
        {}, {"a.zip": "it is no zip archive that can be read: the archive has 5,000 members; at most 1,000 are read"}
    )  # fmt: skip


@pytest.mark.parametrize("name", ["ann/../../../../escaped.ipynb", "ann\\..\\escaped.ipynb", "/escaped.ipynb"])
def test_paths_that_lead_out(folders, tmp_path, monkeypatch, name):
    source = tmp_path / "s.zip"
    source.write_bytes(raw_zip(Entry(name.encode(), b"evil")))
    with monkeypatch.context() as patch:
        patch.setattr(archives, "path_fault", lambda path: "")
        patch.setattr(receipts, "stored_name", lambda original, taken: f"../../../../{original}")
        receive(folders, NAME, source, student="x")
        (folders.root / "escaped.ipynb").unlink()  # it was there
    receive(folders, NAME, source)
    assert not list(tmp_path.rglob("escaped*"))


@pytest.mark.parametrize("student", ["../../../stolen", "/tmp/../stolen", ".."])
def test_students_ids_that_are_paths(folders, tmp_path, monkeypatch, student):
    source = folder_of(tmp_path / "s", {"x.ipynb": b"evil"})
    with monkeypatch.context() as patch:
        patch.setattr(receive_module, "folder_name", lambda student: student.replace("/tmp/", ""))
        receive(folders, NAME, source, student=student)
        assert not list((folders.received / NAME).glob("[!.]*/*/receipt.json"))  # it lies elsewhere
    receive(folders, NAME, source, student=student)
    assert len(list((folders.received / NAME).glob("[!.]*/*/receipt.json"))) == 1


def test_a_link_in_a_folder_that_is_collected(folders, tmp_path, monkeypatch):
    """A link to the instructor's solution would be handed in as the student's own."""
    folder_of(tmp_path / "secret", {"solution.ipynb": b"solution"})
    source = folder_of(tmp_path / "s", {"bob/x.ipynb": b"honest"})
    (source / "ann").mkdir()
    (source / "ann" / "x.ipynb").symlink_to(tmp_path / "secret" / "solution.ipynb")
    with monkeypatch.context() as patch:
        patch.setattr(type(source), "lstat", lambda path: path.stat())
        patch.setattr(sources.os, "O_NOFOLLOW", 0)
        receive(folders, NAME, source)
        assert kept(folders)["ann"] == [b"solution"]
    again = type(folders)(tmp_path / "again")
    receive(again, NAME, source)
    assert kept(again) == {"bob": [b"honest"]}


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_put_in_place_while_a_folder_is_collected(folders, tmp_path, monkeypatch, what):
    folder_of(tmp_path / "secret", {"x.ipynb": b"solution"})
    listed = sources._list_folder

    def swapped(folder, limits):
        listing = listed(folder, limits)
        target = folder / "ann" / "x.ipynb" if what == "file" else folder / "ann"
        os.rename(target, tmp_path / f"own-{folder.name}")
        target.symlink_to(tmp_path / "secret" / ("x.ipynb" if what == "file" else ""))
        return listing

    monkeypatch.setattr(sources, "_list_folder", swapped)
    with monkeypatch.context() as patch:
        patch.setattr(sources, "_content", lambda path, identity, largest: path.read_bytes())
        receive(folders, NAME, folder_of(tmp_path / "s", {"ann/x.ipynb": b"own", "bob/x.ipynb": b"honest"}))
        assert kept(folders)["ann"] == [b"solution"]
    again = type(folders)(tmp_path / "again")
    receive(again, NAME, folder_of(tmp_path / "t", {"ann/x.ipynb": b"own", "bob/x.ipynb": b"honest"}))
    assert kept(again) == {"bob": [b"honest"]}


def test_a_link_in_an_archive(monkeypatch):
    content = raw_zip(HONEST, Entry(b"x.ipynb", b"/etc/passwd", mode=LINK | 0o777))
    with monkeypatch.context() as patch:
        patch.setattr(archives.stat, "S_IFMT", lambda mode: 0)
        assert read_out(content)[0]["x.ipynb"] == b"/etc/passwd"
    assert read_out(content)[0] == {"honest.ipynb": b"honest"}


def test_a_file_name_that_turns_the_whole_class_into_another_platforms(folders, tmp_path, monkeypatch):
    own = f"lee_3_4_x+{NAME}+y.ipynb"
    source = archive_of(tmp_path / "s.zip", {"doe_1_2_x.ipynb": b"honest", own: b"evil"})
    with monkeypatch.context() as patch:
        patch.setattr(receive_module, "kind_of", lambda paths, name: "nbgrader" if any("+" in p for p in paths) else "")
        assert receive(folders, NAME, source).new == []
    assert kept(folders) == {}
    receive(folders, NAME, source)
    assert kept(folders) == {"1": [b"honest"], "3": [b"evil"]}


def test_a_file_name_that_is_another_students_in_moodle(folders, tmp_path, monkeypatch):
    name = "Mallory_1_assignsubmission_file_Ann_2_assignsubmission_file_x.ipynb"
    source = archive_of(tmp_path / "s.zip", {name: b"evil", "Ann_2_assignsubmission_file_x.ipynb": b"honest"})
    with monkeypatch.context() as patch:
        greedy = platforms.re.compile(platforms.MOODLE_FILE.pattern.replace(".*?", ".*"))
        patch.setattr("classroom.receive.layouts.MOODLE_FILE", greedy)
        intake = receive(folders, NAME, source)
        assert "Mallory" not in {each.student for each in intake.new}
    again = type(folders)(tmp_path / "again")
    receive(again, NAME, source)
    assert kept(again) == {"Mallory": [b"evil"], "Ann": [b"honest"]}


@pytest.mark.parametrize("name", ["../\x1b]0;owned\a.ipynb", "../\u202egnp.ipynb", "../a\nreceived: bob.ipynb"])
def test_names_do_not_write_to_the_terminal(monkeypatch, name):
    content = raw_zip(Entry(name.encode(), flags=0x800))
    with monkeypatch.context() as patch:
        patch.setattr(archives, "printable", str)
        assert name in next(iter(read_out(content)[1]))
    shown = next(iter(read_out(content)[1]))
    assert shown.isprintable()


def test_formulas_and_scripts_in_names_become_plain_folders(folders, tmp_path, monkeypatch):
    names = ["=cmd|' !A0", "<script>alert(1)", "$(touch x)", "`id`", "x;rm -rf ~"]
    source = folder_of(tmp_path / "s", {f"{name}.ipynb": b"1" for name in names})
    with monkeypatch.context() as patch:
        patch.setattr(receive_module, "folder_name", str)
        receive(folders, NAME, source)
        assert set(names) <= {path.name for path in (folders.received / NAME).iterdir()}
    again = type(folders)(tmp_path / "again")
    intake = receive(again, NAME, source)
    assert {each.student for each in intake.new} == set(names)
    folders_made = {path.name for path in (again.received / NAME).iterdir() if path.is_dir()}
    assert not any(set(name) & set("<>|$()`;'!~") for name in folders_made)


@pytest.mark.parametrize(
    ("limit", "hostile"),
    [
        ("_MOST_VALUES", b'{"cells": [' + b"{}," * 2_000_100 + b"{}]}"),
        ("_MOST_CELLS", raw({"cells": [{"cell_type": "code", "source": f"x{n} = 1"} for n in range(3000)]})),
        ("_MOST_TEXT", raw({"cells": [{"cell_type": "code", "source": "x = 1\n" * 400_000}]})),
    ],
)
def test_hostile_notebooks_reach_the_parser_without_limits_and_not_with_them(monkeypatch, limit, hostile):
    with monkeypatch.context() as patch:
        for each in ("_MOST_VALUES", "_MOST_CELLS", "_MOST_TEXT"):
            patch.setattr(reading, each, 10**12)
        if limit == "_MOST_VALUES":
            with pytest.raises(NotASubmission, match="without any text"):
                reading.read_cells(hostile)
        else:
            assert reading.read_cells(hostile)
    with pytest.raises(NotASubmission, match=r"at most|more than"):
        reading.read_cells(hostile)


@pytest.mark.parametrize("how", ["edited", "duplicated", "deleted"])
def test_tests_of_a_students_own(how):
    """As handed in, the notebook holds the student's tests; normalised, the assignment's."""
    notebook = handed_in()
    test = cell_of(notebook, "e99-double")
    forged = json.loads(json.dumps(test)) | {"source": "assert True", "id": "forged"}
    if how == "edited":
        test["source"] = "assert True"
    elif how == "duplicated":
        notebook["cells"].append(forged)
    else:
        notebook["cells"].remove(test)

    def own(cells):
        return [cell["source"] for cell in cells if is_test(cell)]

    assert own(notebook["cells"]) != own(filled(SMALL).cells)
    result, _ = normalised(notebook)
    assert own(result.cells) == own(filled(SMALL).cells)
    assert answers_of(result) == answers_of(filled(SMALL))


def test_one_broken_file_stops_a_class_only_without_the_net(folders, tmp_path, monkeypatch):
    path = folders.release / SMALL / f"{SMALL}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(release_of(SMALL), path)
    source = folder_of(tmp_path / "s", {"ann.ipynb": b"[" * 10**6, "bob.ipynb": raw(handed_in())})
    receive(folders, SMALL, source)
    with monkeypatch.context() as patch:
        patch.setattr(submitted, "NotASubmission", KeyError)
        patch.setattr(submitted, "Exception", KeyError, raising=False)
        with pytest.raises(NotASubmission):
            submit(folders, SMALL)
    results = {each.student: each for each in submit(folders, SMALL)}
    assert "nested too deeply" in results["ann"].reasons[0]
    assert results["bob"].attempt
