"""The instructors' guide: its commands are typed in a copy of the course, and what it says of the package is true."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

from classroom.command import app
from classroom.course import Course, Settings
from classroom.receive import KINDS
from classroom.sandbox import Limits

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "pages" / "instructors"
PAGES = ("first-assignment", "colab-and-lms", "jupyterhub", "large-classes", "machines", "sandbox", "privacy")


def page(name):
    return (GUIDE / f"{name}.md").read_text(encoding="utf-8")


def steps(name):
    """Commands of the console blocks of a page, each with the lines that it should print."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page(name), flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def missing_line(expected, printed):
    """The first expected line that was not printed, or None; a line of its own `…` stands for any number of lines."""
    at, may_skip = 0, False
    for line in expected:
        if line == "…":
            may_skip = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        places = [place for place in range(at, len(printed)) if pattern.fullmatch(printed[place])]
        if not places or (not may_skip and places[0] != at):
            return line
        at, may_skip = places[0] + 1, False
    return None if may_skip or at == len(printed) else f"nothing after {expected[-1:]}"


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        (["a", "c"], "c"),
        (["a", "b"], "nothing after ['b']"),
        (["b", "…"], "b"),
        (["a", "…", "b", "…", "b"], "b"),
        (["a", "b…d", "c"], "b…d"),
        (["a", "b", "c"], None),
        (["…", "c"], None),
        (["a", "…"], None),
        (["a", "…b…", "c"], None),
    ],
)
def test_lines_are_compared_in_order(expected, wrong):
    assert missing_line(expected, ["a", "b", "c"]) == wrong


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """What happened when the commands of the first assignment, and then those that erase a student, were typed."""
    if shutil.which("bwrap") is None:
        pytest.skip("needs a sandbox: apt-get install bubblewrap")
    course = tmp_path_factory.mktemp("guide") / "course"
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder / "e02-attention-by-hand", course / folder / "e02-attention-by-hand")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    variables = {name: value for name, value in os.environ.items() if name != "SEQ2BERT_GRADING"}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    variables["OMP_NUM_THREADS"] = "1"
    *first, (last, _) = steps("first-assignment")
    results = {}
    for command, _ in [*first, *steps("privacy"), (last, [])]:
        if match := re.fullmatch(r'(\w+)="([^"]+)"', command):
            variables[match[1]] = match[2]
            continue
        result = subprocess.run(
            ["bash", "-c", command], cwd=course, env=variables, capture_output=True, text=True, timeout=600
        )
        results[command] = result.returncode, result.stdout.splitlines(), result.stderr
        if "log.jsonl" in command:  # the student is erased
            traces = [path for path in (course / "grading").rglob("*") if mentions(path, course, variables["ID"])]
            results["traces"] = [str(path.relative_to(course)) for path in traces]
    results["left"] = sorted(path.name for path in course.iterdir())
    return results


def mentions(path, course, name):
    """Whether a file, or its path, has a student's name; the invented hand-ins themselves are left out."""
    inside = str(path.relative_to(course))
    if inside.startswith("grading/demo"):
        return False
    spellings = [name.encode(), name.encode("unicode_escape"), name.encode("ascii", "xmlcharrefreplace")]
    content = path.read_bytes() if path.is_file() else b""
    return name in inside or any(spelling in content for spelling in spellings)


def test_the_first_assignment_prints_what_the_page_shows(typed):
    for command, expected in steps("first-assignment"):
        code, printed, error = typed[command]
        assert code in (0, 1), f"{command}: {error}"
        assert missing_line(expected, printed) is None, f"{command} printed {printed}"
    assert typed["left"] == ["exercises", "nbgrader_config.py", "solutions"]


def test_the_exit_code_says_whether_a_submission_needs_a_look(typed):
    assert {typed[command][0] for command in ("classroom doctor", "classroom init")} == {0}
    assert typed["classroom grade e02"][0] == 1


def test_an_erased_student_is_in_no_file_of_the_class(typed):
    for command, _ in steps("privacy"):
        if command in typed:
            assert typed[command][0] == 0, f"{command}: {typed[command][2]}"
    assert typed["traces"] == []


# ── what the pages say of the package ──


def commands_in(text):
    """Every command line that begins with `classroom`, in blocks and within sentences."""
    found = re.findall(r"^(?:\$ )?(classroom [a-z].*)$", text, flags=re.MULTILINE)
    found += re.findall(r"`(classroom [^`]+)`", text)
    return [re.sub(r"\s+#.*$", "", one) for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_option_exists(name):
    known = typer.main.get_command(app).commands
    for line in commands_in(page(name)):
        words = [word for word in shlex.split(line) if word != "…"]
        if words[1] == "classroom":  # in a container of that name
            words = words[1:]
        assert words[1] in known, line
        options = {option for parameter in known[words[1]].params for option in parameter.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= options, line
        if "--to" in words and words[-1] != "--to":
            assert words[words.index("--to") + 1] in ("csv", "canvas", "moodle", "moodle-feedback", "gradescope"), line


def test_commands_are_found():
    assert len([line for name in PAGES for line in commands_in(page(name))]) > 30
    assert commands_in("x `classroom status e02` y\n$ classroom init  # here\n") == [
        "classroom init",
        "classroom status e02",
    ]


def test_the_table_of_limits_is_the_default():
    text = page("sandbox")
    limits = Limits()
    shown = re.search(r"^\| limit \| default \|\n(.*?)\n\n", text, flags=re.MULTILINE | re.DOTALL)[1]
    rows = {name: line for line in shown.splitlines()[1:] for name in re.findall(r"`(\w+)`", line)}
    assert set(rows) == set(vars(limits))
    units = {"memory": (2**30, "GiB"), "total_memory": (2**30, "GiB"), "file_bytes": (2**20, "MiB")}
    units["disk_bytes"] = (2**20, "MiB")
    for name, line in rows.items():
        size, unit = units.get(name, (1, ""))
        number = f"{getattr(limits, name) / size:,.10g}"
        assert re.search(rf"\b{number}\b", line), f"{name} is {number}"
        assert unit in line


def test_every_folder_of_the_class_is_named(tmp_path):
    (tmp_path / "nbgrader_config.py").touch()
    course = Course.open(tmp_path)
    text = page("privacy")
    kept = (course.received, course.submitted, course.autograded, course.feedback, course.outcomes, course.log_file)
    for path in (*kept, course.seed_file, Path(course.db_url.removeprefix("sqlite:///"))):
        name = str(path.relative_to(course.work))
        assert f"`{name}`" in text or f"`{name}/`" in text, name


def test_settings_that_the_guide_names_exist():
    known = set(vars(Settings())) | set(vars(Limits()))
    text = "\n".join(page(name) for name in PAGES)
    assert {"workers", "db_url"} <= known
    assert "`workers = 1`" in text
    for name in re.findall(
        r"^(\w+) = ", "\n".join(re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)), re.MULTILINE
    ):
        assert name in known, name


def test_the_platforms_are_those_that_receive_knows():
    headings = re.findall(r"^## (\w+)$", page("colab-and-lms"), flags=re.MULTILINE)
    assert {name.lower() for name in headings} & set(KINDS) == {"canvas", "moodle", "gradescope"}


def test_the_recipe_installs_what_the_project_has():
    recipe = re.search(r"```dockerfile\n(.*?)```", page("machines"), flags=re.DOTALL)[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    target, extras = re.search(r"RUN make (\w+) EXTRAS=(\S+)", recipe).groups()
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    assert re.search(r"^EXTRAS = ", makefile, flags=re.MULTILINE)
    system = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    installed = re.search(r"--no-install-recommends (.*?) \\", recipe)[1].split()
    assert "bubblewrap" in installed
    assert "bubblewrap" in system
    assert {"make", "python3", "python3-venv"} <= set(installed)
    assert "USER grader" in recipe


def test_costs_are_those_that_were_measured():
    runs = json.loads((ROOT / "benchmarks" / "records" / "grading.json").read_text(encoding="utf-8"))["runs"]
    rows = re.findall(r"^\| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", page("large-classes"), flags=re.MULTILINE)
    sizes = [int(row[0].replace(",", "")) for row in rows]
    assert sizes == sorted(run["submissions"] for name, run in runs.items() if name.startswith("e02, classroom"))
    for size, (_, each, minutes, memory) in zip(sizes, rows, strict=True):
        run = runs[f"e02, classroom, {size}"]
        assert run["failed"] == 0
        said = (f"{run['processor_seconds_each']:.2f}", f"{run['wall_seconds'] / 60:.1f}", f"{run['peak_mib']:.0f}")
        assert (each, minutes, memory) == said, size
    (theirs, ours) = re.findall(r"took ([\d.]+)(?: processor seconds)? for each of", page("large-classes"))
    assert theirs == f"{runs['e12, nbgrader, 5']['processor_seconds_each']:.1f}"
    assert ours == f"{runs['e12, classroom, 100']['processor_seconds_each']:.2f}"
    small, large = (runs[f"e02, classroom, {size}"]["peak_mib"] for size in (sizes[0], sizes[-1]))
    (each,) = re.findall(r"memory grows by ([\d.]+) KB a student", page("large-classes"))
    assert each == f"{(large - small) * 1024 / (sizes[-1] - sizes[0]):.1f}"
    assert large < 1.1 * small, "the class is not kept in memory"
    (hours,) = re.findall(r"E02 for 5,000 students takes ([\d.]+) of them", page("large-classes"))
    assert hours == f"{runs[f'e02, classroom, {sizes[-1]}']['processor_seconds_each'] * 5000 / 3600:.1f}"
