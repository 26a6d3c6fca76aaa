"""The private seed: who can read it, what is drawn from it, and that it is never replaced or shown."""

import os
import subprocess
import sys

import nbformat
import pytest

from classroom.private_seed import SeedError, draw_for, fingerprint, make_seed, read_seed
from classroom.redraw import failures_with, main, solutions_of
from seq2bert.check.inputs import draw
from tools.make_exercises import solution_of


def test_made_for_its_owner_alone_and_read_back(tmp_path):
    path = tmp_path / "grading" / "private-seed"
    seed = make_seed(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_seed(path) == seed
    assert len(seed) == 32
    assert seed != make_seed(tmp_path / "other")


def test_never_replaced(tmp_path):
    path = tmp_path / "private-seed"
    make_seed(path)
    before = path.read_bytes()
    with pytest.raises(SeedError, match="is there already"):
        make_seed(path)
    assert path.read_bytes() == before


def test_what_cannot_serve_is_refused(tmp_path):
    path = tmp_path / "private-seed"
    with pytest.raises(SeedError, match="there is no private seed at"):
        read_seed(path)
    for content in (b"", b"abc\n", b"g" * 64 + b"\n", b"ab" * 33 + b"\n", b"\xff" * 64):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(SeedError, match=r"does not hold a private seed|cannot be read as a private seed"):
            read_seed(path)
    path.write_text("ab" * 32 + "\n")
    path.chmod(0o640)
    with pytest.raises(SeedError, match=r"can be read by others \(mode 640\); chmod 600"):
        read_seed(path)


def test_draws_differ_by_student_and_by_seed():
    one, other = bytes(32), bytes(31) + b"\1"
    digests = {draw_for(seed, student) for seed in (one, other) for student in ("ada", "bob", "ada ")}
    assert len(digests) == 6
    assert draw_for(one, "ada") == draw_for(one, "ada")
    with pytest.raises(ValueError, match="student must name somebody"):
        draw_for(one, "")


def test_draws_change_what_a_test_sees(monkeypatch):
    published = draw("e99-double").normal()
    monkeypatch.setenv("SEQ2BERT_DRAW", draw_for(bytes(32), "ada"))
    assert draw("e99-double").normal() != published


def test_nothing_that_is_shown_holds_the_seed():
    seed = bytes(range(32))
    assert seed.hex() not in fingerprint(seed) + draw_for(seed, "ada")
    assert len(fingerprint(seed)) == 12


def test_command_makes_then_reads_and_never_prints_the_seed(course, capsys):
    path = solution_of(course, "e99-small")
    path.write_text(path.read_text().replace("import numpy as np", "import numpy as np; print(7)"))
    assert main(["--course", str(course)]) == 0
    first = capsys.readouterr()
    seed = read_seed(course / "grading" / "private-seed")
    assert main(["--course", str(course)]) == 0
    second = capsys.readouterr()
    assert first.out.startswith("Made ")
    assert second.out.startswith("Read ")
    assert fingerprint(seed) in first.out
    assert fingerprint(seed) in second.out
    assert seed.hex() not in first.out + first.err + second.out + second.err
    assert first.out.splitlines()[1:] == ["  e99-small: every test passes, 20 students"]


def test_git_ignores_the_seed(root):
    command = ["git", "check-ignore", "--quiet", "grading/private-seed"]
    assert subprocess.run(command, cwd=root).returncode == 0


def test_a_test_that_fails_for_some_students_is_found(course, capsys):
    """A hidden test that holds for about half of all inputs."""
    path = solution_of(course, "e99-small")
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == "e99-double")
    cell.source = cell.source.replace("close(double(secret", 'assert secret_number > 0, "unlucky"\nclose(double(secret')
    nbformat.write(notebook, path)
    students = [f"student {number}" for number in range(40)]
    found = list(failures_with(bytes(32), path, students))
    assert 5 < len(found) < 35
    assert {(one.task, one.message) for one in found} == {("e99-double", "unlucky")}
    ids = course / "ids.txt"
    ids.write_text("\n".join(students) + "\n\n")
    assert main(["--course", str(course), "--students", str(ids)]) == 1
    shown = capsys.readouterr()
    assert "e99-small: FAILED, 40 students" in shown.out
    assert "e99-double, student " in shown.err


def test_a_solution_that_fails_and_a_folder_without_any_are_named(course, tmp_path, capsys):
    path = solution_of(course, "e99-small")
    path.write_text(path.read_text().replace("import numpy as np", "import numpie as np"))
    assert main(["--course", str(course)]) == 1
    assert "e99-small.ipynb, cell e99-imports: ModuleNotFoundError" in capsys.readouterr().err
    with pytest.raises(SeedError, match="has no solutions"):
        solutions_of(tmp_path)
    assert main(["--course", str(tmp_path)]) == 1
    assert not (tmp_path / "grading").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_as_a_program(course):
    seed = course / "grading" / "private-seed"
    make_seed(seed)
    seed.chmod(0o644)
    command = [sys.executable, "-m", "classroom.redraw", "--course", str(course)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "can be read by others" in result.stderr
    assert result.stdout == ""
