"""The wheel alone, with what it asks for and nothing else, runs every lecture from an empty folder.

tools/execute.py runs the lectures in such an environment, so the run that fills the site is the proof; these tests
hold it to that.
"""

import subprocess
import tomllib
import zipfile

import pytest
from packaging.requirements import Requirement

from tools import execute
from tools.lecture_environment import build_wheel, dependency_closure


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    return build_wheel(root, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def interpreter(root):
    path = root / "_build" / "lecture_environment" / "venv" / "bin" / "python"
    assert path.exists(), "no lecture has been run: make book"
    return path


def in_environment(interpreter, code):
    return subprocess.run([str(interpreter), "-c", code], capture_output=True, text=True, cwd="/")


def test_wheel_holds_the_packages_and_their_data(wheel, root):
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (root / "src").rglob("*"):
        if path.is_file() and "egg-info" not in str(path) and "__pycache__" not in path.parts:
            assert str(path.relative_to(root / "src")) in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "tools/", "_ext/"))]


def test_package_is_the_one_in_the_wheel(interpreter):
    answer = in_environment(interpreter, "import seq2bert; print(seq2bert.__file__)")
    assert "lecture_environment/venv" in answer.stdout, answer.stderr


@pytest.mark.parametrize("module", ["sphinx", "pytest", "nbval", "hypothesis", "beartype", "bs4", "jupyter_book"])
def test_nothing_else_can_be_imported(interpreter, module):
    answer = in_environment(interpreter, f"import {module}")
    assert "ModuleNotFoundError" in answer.stderr


def test_environment_holds_what_the_wheel_asks_for(interpreter, project):
    code = (
        "import importlib.metadata as m; print(*sorted({d.name.lower().replace('_', '-') for d in m.distributions()}))"
    )
    present = set(in_environment(interpreter, code).stdout.split())
    assert present == {name.lower() for name in dependency_closure(project["dependencies"])} | {"seq2bert"}


def test_lectures_ran_from_the_present_tree(root):
    marker = root / "_build" / "lecture_environment" / "package.hash"
    assert marker.read_text() == execute.package_hash(root)


def test_torch_and_numpy_have_lower_bounds_only(project):
    """Colab has its own; an upper bound or a pin would replace it."""
    for text in project["dependencies"]:
        requirement = Requirement(text)
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators <= {">="}, text
    assert {Requirement(text).name for text in project["dependencies"]} >= {"torch", "numpy"}
