"""Opening a notebook elsewhere: the right file at the right tag, in an environment made from tested versions."""

import json
import re
import subprocess
import sys
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tools import binder, colab_versions, try_colab
from tools.set_repository import current_address, current_branch


@pytest.mark.site
def test_buttons_open_this_file_at_this_tag(pages, lecture, root):
    repository = current_address(root).removeprefix("https://github.com/")
    addresses = [tag["href"] for tag in pages[f"lectures/{lecture.stem}.html"].select("details.menu a[href]")]
    colab = next(one for one in addresses if "colab.research.google.com" in one)
    path = urlsplit(colab).path
    assert path == f"/github/{repository}/blob/{current_branch(root)}/lectures/{lecture.name}"
    launch = next(one for one in addresses if "mybinder.org" in one)
    assert unquote(urlsplit(launch).path) == f"/v2/gh/{repository}/{current_branch(root)}"
    assert parse_qs(urlsplit(launch).query)["urlpath"] == [f"lab/tree/lectures/{lecture.name}"]


@pytest.mark.parametrize("name", ["binder/requirements.txt", "binder/runtime.txt"])
def test_binder_gets_the_tested_versions(root, name):
    assert (root / name).read_text(encoding="utf-8") == binder.files(root)[name], "run python -m tools.binder"


def test_binder_gets_all_that_the_package_needs_and_the_package(root):
    lines = binder.requirements(root).splitlines()
    assert lines[-1] == "."
    pins = dict(line.split("==") for line in lines if "==" in line)
    constraints = binder.pinned(root)
    assert {name: constraints[name] for name in pins} == pins
    assert {"torch", "numpy", "matplotlib", "jupyterquiz", "jaxtyping"} <= set(pins)
    assert "pytest" not in pins


def test_versions_are_read_from_what_pip_freeze_prints():
    freeze = "\n".join(
        [
            "numpy==2.1.3",
            "torch @ https://example.org/whl/cpu/torch-2.11.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl",
            "model @ https://example.org/model-3.8.0-py3-none-any.whl#sha256=19324",
            "jax==0.7.2+cpu",
            "tool @ git+https://example.org/tool@b134e99",
            "here @ file:///here/here-1.0.0.tar.gz",
        ]
    )
    assert colab_versions.constraints_of(freeze) == ["numpy==2.1.3", "torch==2.11.0", "model==3.8.0", "jax==0.7.2"]


def test_committed_versions_say_their_day_and_python(root):
    text = colab_versions.WRITTEN.read_text(encoding="utf-8")
    date, python = colab_versions.date_and_python(text)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", date)
    assert tuple(map(int, python.split("."))) >= (3, 11)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==\S+", line) for line in lines)
    assert {"torch", "numpy", "ipython", "ipykernel", "matplotlib"} <= {line.split("==")[0] for line in lines}


def test_what_colab_has_is_what_the_package_asks_for_and_colab_lists(root):
    wanted = try_colab.installed_before(root)
    names = {line.split("==")[0] for line in wanted}
    assert {"torch", "numpy", "ipython", "matplotlib"} <= names
    assert "sacrebleu" not in names  # Colab has none: the first cell installs it


def test_a_changed_torch_or_numpy_is_noticed():
    before = {"torch": "2.11.0", "numpy": "2.1.3", "tqdm": "4.67.3"}
    assert try_colab.replaced(before, before | {"sacrebleu": "2.6.0"}) == {}
    assert try_colab.replaced(before, before | {"numpy": "2.4.6"}) == {"numpy": ("2.1.3", "2.4.6")}


def test_the_first_cell_is_run_as_it_stands_with_the_tree_in_place_of_the_repository(root, lecture):
    cell = try_colab.first_cell_for(lecture, "/some/where")
    assert "seq2bert @ file:///some/where" in cell
    assert "git+https" not in cell
    source = json.loads(lecture.read_text(encoding="utf-8"))["cells"]
    original = "".join(next(one for one in source if one["cell_type"] == "code")["source"])
    assert cell.replace("file:///some/where", "X") == re.sub(r"git\+https://[^\"]+", "X", original)


@pytest.mark.parametrize(("category", "status"), [("UserWarning", 1), ("DeprecationWarning", 0)])
def test_an_import_that_warns_readers_fails(tmp_path, category, status):
    """Deprecations are between packages: Python does not show them to who imports."""
    for name in ("__init__", "attention", "bert", "show"):
        (tmp_path / "seq2bert").mkdir(exist_ok=True)
        (tmp_path / "seq2bert" / f"{name}.py").write_text(f"import warnings; warnings.warn('old', {category})")
    command = [sys.executable, "-c", try_colab.IMPORTED]
    assert subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True).returncode == status


def test_the_cell_runs_in_ipython():
    """The program that runs the cell fails where the cell fails."""
    for cell, status in (("x = 1\n%pip --version", 0), ("raise ValueError", 1)):
        result = subprocess.run([sys.executable, "-c", try_colab.PROGRAM, cell], capture_output=True)
        assert result.returncode == status, result.stderr
