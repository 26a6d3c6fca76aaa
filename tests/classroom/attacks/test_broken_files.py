"""Broken and hostile files where a submission should be: each costs its student only, and says what it is.

The defence is that every file is read under one roof. Without it the class stops, or a file is another one each time.
"""

import json
from unittest import mock

import nbformat
import pytest

from classroom import authored
from classroom.authored import complete_tests, read_submission
from classroom.course import CourseError
from classroom.grading import grade_class, jobs_of
from classroom.verdicts import Verdict
from classroom.workers import on_this_machine
from tests.classroom.submissions import RIGHT, hand_in
from tests.small_assignment import NAME, small_notebook

BROKEN = {
    "nothing": b"",
    "half of it": b'{"cells": [{"cell_type": "code", "sou',
    "no object": b"[1, 2]",
    "a word": b"null",
    "no cells": b'{"nbformat": 4, "metadata": {}}',
    "cells that are none": b'{"nbformat": 4, "cells": {"0": 1}}',
    "a cell that is a number": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}',
    "nested deeply": b'{"nbformat": 4, "cells": ' + b"[" * 10**5 + b"]" * 10**5 + b"}",
    "another format": b'{"nbformat": "four", "cells": []}',
    "a format to come": b'{"nbformat": 99, "cells": [{"cell_type": "code"}]}',
    "worksheets that are none": b'{"nbformat": 3, "worksheets": [1]}',
    "zeros": bytes(1000),
    "a program": b"\x7fELF" + bytes(range(256)),
    "another encoding": '{"cells": []}'.encode("utf-16"),
    "a number of a million digits": b'{"nbformat": 4, "cells": [], "metadata": ' + b"9" * 10**6 + b"}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_notebook_is_refused_by_name(tmp_path, name):
    path = tmp_path / "a.ipynb"
    path.write_bytes(BROKEN[name])
    with pytest.raises(CourseError, match="no notebook"):
        read_submission(path)
    with pytest.raises(Exception) as caught:  # whatever nbformat makes of it
        complete_tests(nbformat.reads(BROKEN[name].decode("utf-8", "surrogateescape"), as_version=4), None)
    assert not isinstance(caught.value, CourseError)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b'{"nbformat": 4, "cells": [], "metadata": {"a": "' + b"x" * 2000 + b'"}}')
    assert read_submission(path).cells == []
    with mock.patch.object(authored, "_LARGEST_FILE", 1000), pytest.raises(CourseError, match="more than 0 MiB"):
        read_submission(path)


def test_a_file_of_too_many_parts_is_not_built(tmp_path):
    """A few bytes each in the file, some hundred in memory."""
    path = tmp_path / "a.ipynb"
    cell = '{"cell_type": "code", "source": "", "metadata": {}, "outputs": [], "execution_count": null}'
    path.write_text(f'{{"nbformat": 4, "metadata": {{}}, "cells": [{", ".join([cell] * 20)}]}}', encoding="utf-8")
    assert len(read_submission(path).cells) == 20
    with mock.patch.object(authored, "_MOST_CELLS", 19), pytest.raises(CourseError, match="20 cells; at most 19"):
        read_submission(path)
    with mock.patch.object(authored, "_MEMBERS", 100), pytest.raises(CourseError, match="at most 100 are read"):
        read_submission(path)


def test_a_file_without_ids_is_the_same_at_each_reading(root, tmp_path):
    """Outputs are kept by the cell's id: with new ones at each reading they would be lost, and every run a new one."""
    source = small_notebook(root)
    path = tmp_path / "a.ipynb"
    said = json.loads(nbformat.writes(source))
    for cell in said["cells"]:
        del cell["id"]
    path.write_text(json.dumps(said), encoding="utf-8-sig")
    first, second = (complete_tests(read_submission(path), source) for _ in range(2))
    assert first == second
    nbformat.validate(first)
    text = path.read_text("utf-8-sig")
    with pytest.warns(nbformat.warnings.MissingIDFieldWarning):
        assert nbformat.reads(text, as_version=4) != nbformat.reads(text, as_version=4)


def test_older_formats_are_read(root, tmp_path):
    source = small_notebook(root)
    path = tmp_path / "a.ipynb"
    said = json.loads(nbformat.writes(source))
    said["nbformat_minor"] = 2
    for cell in said["cells"]:
        del cell["id"]
        cell["source"] = "".join(cell["source"])
    path.write_text(json.dumps(said), encoding="utf-8")
    assert [cell.source for cell in complete_tests(read_submission(path), source).cells] == [
        cell.source for cell in source.cells
    ]


def test_a_class_of_broken_files_is_graded_to_its_end(small):
    for number, raw in enumerate(BROKEN.values()):
        hand_in(small, f"mallory{number}").write_bytes(raw)
    hand_in(small, "zoe", RIGHT)
    *broken, zoe = grade_class(small, "e99", execute=on_this_machine(small, trusted=True))
    assert zoe.reached == 9
    assert len(broken) == len(BROKEN)
    for verdict in broken:
        assert "no notebook" in verdict.failure
        assert len(verdict.failure) <= 500
        verdict.failure.encode("utf-8")
    assert all(isinstance(job, Verdict) or job.student == "zoe" for job in jobs_of(small, NAME))
