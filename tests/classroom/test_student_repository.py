"""The students' repository: nothing of the instructor's in it, nothing missing from it, nothing written otherwise."""

import ast
import re
import subprocess
import sys

import pytest
import yaml

from classroom.leaks import secrets_in
from classroom.private_seed import make_seed
from classroom.student_repository import SplitError, left_out, main, split_off, without_instructors
from tests.small_assignment import NAME
from tools import make_exercises

LINES = {"solution": "twice_of_it = number + number", "hidden test": "secret_number = float(generator.normal())"}


def git(folder, *arguments):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def small(course):
    """The small course with its exercises, answers, an instructors' page, and code that uses the answers; tracked."""
    make_exercises.write(course, make_exercises.releases(course))
    files = {
        "README.md": "# Course\n",
        "Makefile": "all:\n# instructors: begin\nsecret:\n# instructors: end\nend:\n",
        "solutions/_answers/e99.py": "right = True\n",
        "src/classroom/__init__.py": "",
        "src/seq2bert/losses.py": "import torch\n",
        "tools/answers.py": "from classroom import cells\n",
        "tools/table.py": "from tools import answers\n",
        "tools/plot.py": "import math\n",
        "tests/book/test_table.py": "import tools.table\n",
        "pages/instructors/secrets.md": "# Secrets\n",
        "pages/notes.md": "# Notes\n",
    }
    for name, text in files.items():
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(text)
    (course / "untracked.txt").write_text("not in git")
    make_seed(course / "grading" / "private-seed")
    git(course, "init", "--quiet")
    git(course, "add", *files, "exercises", "solutions", "nbgrader_config.py", "_config.yml")
    return course


def files_in(folder):
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {name for name in names if not name.startswith(".git/")}


def test_what_a_copy_holds(small, tmp_path):
    split = split_off(small, tmp_path / "students")
    expected = {"README.md", "Makefile", "_config.yml", "src/seq2bert/losses.py", "tools/plot.py", "pages/notes.md"}
    assert files_in(tmp_path / "students") == expected | {f"exercises/{NAME}/{NAME}.ipynb"} == set(split.copied)
    assert (tmp_path / "students" / "Makefile").read_text() == "all:\nend:\n"
    assert split.cut == ("Makefile",)
    assert "tests/book/test_table.py" in split.left_out
    assert not (tmp_path / "students" / ".git").exists()


def test_with_one_commit_and_no_history(small, tmp_path, monkeypatch):
    for variable in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{variable}_NAME", "A")
        monkeypatch.setenv(f"GIT_{variable}_EMAIL", "a@example.org")
    git(small, "commit", "--quiet", "-m", "With solutions")
    split_off(small, tmp_path / "students", with_git=True)
    assert git(tmp_path / "students", "log", "--format=%s").split("\n") == ["The course", ""]
    assert git(tmp_path / "students", "status", "--porcelain") == ""
    objects = git(tmp_path / "students", "cat-file", "--batch-all-objects", "--batch-check").count("blob")
    assert objects == len(files_in(tmp_path / "students"))


@pytest.mark.parametrize("kind", ["solution", "hidden test"])
@pytest.mark.parametrize("place", ["pages/notes.md", "tools/plot.py", f"exercises/{NAME}/{NAME}.ipynb", "README.md"])
def test_a_secret_line_stops_it(small, tmp_path, kind, place):
    line = {"solution": "twice_of_it = number + number", "hidden test": "secret_number = float(generator.normal())"}[
        kind
    ]
    path = small / place
    if path.suffix == ".ipynb":
        path.write_text(path.read_text().replace('"import numpy as np"', f'"import numpy as np\\n", "{line}"'))
    else:
        path.write_text(f"{path.read_text()}\n{line}\n")
    with pytest.raises(SplitError, match=re.escape(f"{place} has a line of {NAME}, e99-double")):
        split_off(small, tmp_path / "students")
    assert not (tmp_path / "students").exists()
    assert not list(tmp_path.glob(".students*"))


def test_what_a_lecture_says_is_no_secret_but_whole_hidden_tests_are(small, tmp_path):
    lecture = small / "lectures" / "notes.md"
    lecture.parent.mkdir()
    lecture.write_text("twice_of_it = number + number\n")
    (small / "pages" / "notes.md").write_text("twice_of_it = number + number\n")
    git(small, "add", "lectures")
    assert "lectures/notes.md" in split_off(small, tmp_path / "students").copied
    source = next(cell.source for cell in make_exercises.nbformat.read(
        make_exercises.solution_of(small, NAME), as_version=4).cells if cell.id == "e99-double")  # fmt: skip
    lecture.write_text(source)
    with pytest.raises(SplitError, match=r"lectures/notes\.md has the hidden tests of e99-double"):
        split_off(small, tmp_path / "more students")


def test_what_the_notebook_shows_elsewhere_is_no_secret(small, tmp_path):
    """A hidden test may begin as the visible part of another test does."""
    path = make_exercises.solution_of(small, NAME)
    notebook = make_exercises.nbformat.read(path, as_version=4)
    test = next(cell for cell in notebook.cells if cell.id == "e99-double")
    test.source = test.source.replace("secret_number =", 'generator = draw("e99-sums")\nsecret_number =')
    make_exercises.nbformat.write(notebook, path)
    make_exercises.write(small, make_exercises.releases(small))
    assert split_off(small, tmp_path / "students").copied


def test_the_private_seed_stops_it(small, tmp_path):
    (small / "pages" / "notes.md").write_text((small / "grading" / "private-seed").read_text())
    with pytest.raises(SplitError, match=r"pages/notes\.md holds the private seed"):
        split_off(small, tmp_path / "students")


def test_where_it_does_not_write(small, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("mine")
    with pytest.raises(SplitError, match="is not empty"):
        split_off(small, full)
    with pytest.raises(SplitError, match="is not empty"):
        split_off(small, full / "thesis.txt")
    assert (full / "thesis.txt").read_text() == "mine"
    with pytest.raises(SplitError, match="lies in the course itself"):
        split_off(small, small / "students")
    (tmp_path / "empty").mkdir()
    assert split_off(small, tmp_path / "empty").copied


def test_what_is_no_course(tmp_path, small):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SplitError, match="git does not know"):
        split_off(tmp_path / "nothing", tmp_path / "students")
    git(small, "rm", "--quiet", "--cached", "-r", "exercises")
    with pytest.raises(SplitError, match="no exercises/ that git tracks"):
        split_off(small, tmp_path / "students")


def test_a_file_that_cannot_be_read_as_python_is_named(small, tmp_path):
    (small / "tools" / "plot.py").write_text("def")
    with pytest.raises(SplitError, match=r"tools/plot\.py is not Python"):
        split_off(small, tmp_path / "students")


def test_cutting_by_hand():
    assert without_instructors("a\n<!-- instructors: begin -->\nb\n<!-- instructors: end -->\nc\n") == "a\nc\n"
    assert without_instructors("a\nb # instructors: begin, instructors: end\nc\n") == "a\nc\n"
    two = "# instructors: begin\na\n# instructors: end\nb\n# instructors: begin\nc\n# instructors: end\n"
    assert without_instructors(two) == "b\n"
    for lonely in ("# instructors: begin\na\n", "a\n# instructors: end\n"):
        with pytest.raises(SplitError, match="in pairs"):
            without_instructors(lonely)


def test_command(small, tmp_path, capsys):
    assert main([str(tmp_path / "students"), "--course", str(small)]) == 0
    out = capsys.readouterr().out
    assert "solutions/" in out
    assert "tools/table.py" in out
    assert "make set-repository" in out
    assert main([str(tmp_path / "students"), "--course", str(small)]) == 1
    assert "is not empty" in capsys.readouterr().err


# The real course.


@pytest.fixture(scope="module")
def students(root, tmp_path_factory):
    """The students' repository of this tree."""
    folder = tmp_path_factory.mktemp("split") / "students"
    split_off(root, folder)
    return folder


def python_files(folder):
    return [path for path in folder.rglob("*.py") if "_build" not in path.parts]


def test_real_copy_has_no_secret(root, students):
    assert secrets_in(root, students) == []
    assert not [name for name in files_in(students) if name.startswith(("solutions/", "src/classroom/", "grading/"))]
    assert len(list((students / "exercises").glob("*/*.ipynb"))) == len(make_exercises.find_assignments(root))


def test_real_copy_imports_nothing_that_was_left_out(root, students):
    names = {str(path.relative_to(students)) for path in python_files(students)}
    assert left_out(students, names) == set()
    for path in python_files(students):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("tools", "tests"):
                module = students / node.module.replace(".", "/")
                assert module.with_suffix(".py").exists() or all(
                    (module / f"{alias.name}.py").exists() for alias in node.names
                ), f"{path}: {node.module}"
            assert not any(name.startswith("classroom") for name in modules), path


def test_real_makefile_names_only_what_is_there(students):
    text = (students / "Makefile").read_text(encoding="utf-8")
    tools = re.findall(r"-m (tools\.\w+)", text)
    assert len(tools) > 5
    assert [name for name in tools if not (students / f"{name.replace('.', '/')}.py").exists()] == []
    command = ["make", "--no-print-directory", "-C", str(students), "help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "make book" in shown
    assert "exercises" not in shown
    assert "classroom" not in (students / "pyproject.toml").read_text(encoding="utf-8")


def test_real_pages_and_links_lead_somewhere(students):
    contents = yaml.safe_load((students / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert not [name for name in files if not list(students.glob(f"{name}.*"))]
    for page in [*students.glob("*.md"), *students.glob("pages/**/*.md")]:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", text):
            generated = re.fullmatch(r"(?:.*/)?api/(seq2bert[\w.]*)\.md", target)  # when the site is built
            place = students / "src" / generated[1].replace(".", "/") if generated else page.parent / target
            there = place.exists() or (generated and place.with_suffix(".py").exists())
            assert there, f"{page.relative_to(students)}: {target}"


def test_real_copy_passes_its_own_tests_of_contents(students):
    """What can be tested without building the book; every other test of the book can be imported."""
    options = ["-q", "-p", "no:cacheprovider"]
    quick = [f"tests/book/test_{name}.py" for name in ("contents", "repository_address", "licences")]
    command = [sys.executable, "-m", "pytest", *options, *quick]
    result = subprocess.run(command, cwd=students, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:]
    command = [sys.executable, "-m", "pytest", *options, "--collect-only", "tests/book"]
    result = subprocess.run(command, cwd=students, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:]
