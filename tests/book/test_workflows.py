"""What the forge runs: each workflow names commands that exist, and what the design promises is run by one of them."""

import re
import subprocess

import pytest
import yaml

from tools.set_repository import current_address


@pytest.fixture(scope="session")
def workflows(root):
    """Each workflow by its name; `on` is read as the truth value that it is in YAML 1.1."""
    paths = sorted((root / ".github" / "workflows").glob("*.yml"))
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths}


def commands(workflow):
    """Every command line of a workflow."""
    return "\n".join(step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"])


def is_weekly(workflow):
    crons = [one["cron"] for one in (workflow[True].get("schedule") or [])]
    return any(re.fullmatch(r"\d+ \d+ \* \* \d", cron) for cron in crons)


def test_a_workflow_has_its_file_s_name_little_power_and_an_end(workflows):
    for name, workflow in workflows.items():
        assert workflow["name"] == name
        assert workflow["permissions"]["contents"] == ("write" if name == "release" else "read")
        assert all(0 < job["timeout-minutes"] < 360 for job in workflow["jobs"].values()), name


def test_targets_and_tools_that_workflows_name_exist(workflows, root):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for name, workflow in workflows.items():
        assert set(re.findall(r"\bmake ([a-z-]+)", commands(workflow))) <= targets, name
        for tool in re.findall(r"-m tools\.(\w+)", commands(workflow)):
            assert (root / "tools" / f"{tool}.py").exists(), f"{name} runs tools.{tool}"


def test_what_takes_long_is_tested_every_week(workflows):
    assert is_weekly(workflows["test-all"])
    assert ".ci/run test-all" in commands(workflows["test-all"])


@pytest.mark.parametrize("name", ["colab", "links", "online"])
def test_what_the_world_may_break_is_tried_every_week(workflows, name):
    assert is_weekly(workflows[name])


def test_own_links_are_tried_after_publication_and_others_every_week(workflows):
    jobs = workflows["publish"]["jobs"]
    assert jobs["own-links"]["needs"] == "publish"
    assert "tools.check_links --own" in commands({"jobs": {"own-links": jobs["own-links"]}})
    assert re.search(r"-m tools\.check_links$", commands(workflows["links"]), flags=re.MULTILINE)


def test_a_release_carries_what_the_pages_promise(workflows, root):
    release = commands(workflows["release"])
    assert "make pdf" in release
    assert "_build/pdf/*.pdf" in release
    page = (root / "pages" / "how-to-use.md").read_text(encoding="utf-8")
    assert f"({current_address(root)}/releases)" in page


@pytest.mark.parametrize(("arguments", "target"), [([], "test"), (["test-all"], "test-all")])
def test_continuous_integration_runs_the_command_that_it_is_told(root, tmp_path, arguments, target):
    """.ci/run on a machine that lacks nothing, where every program only says that it was called."""
    for name in ("make", "git", "chromium", "bwrap", "python", "python3", "ls"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "called: {name} $*"\n')
        (tmp_path / name).chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "VENV": str(tmp_path / "venv")}
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "python").rename(tmp_path / "venv" / "bin" / "python")
    said = subprocess.run(["/bin/sh", root / ".ci" / "run", *arguments], env=variables, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    made = [line.removeprefix("called: make ") for line in said.stdout.splitlines() if line.startswith("called: make")]
    assert made == ["environment", "book", target]
