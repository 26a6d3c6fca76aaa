"""Run the first cell of a notebook in an environment like Colab's, and see that nothing of Colab's was replaced.

`python -m tools.try_colab` makes an empty environment with the Python that runs it, installs what Colab has of the
packages that the course needs, in Colab's versions (tools/colab-versions.txt), runs the first cell of lecture 0 in
IPython with this tree in place of the repository, and imports the package. It fails if the cell fails, if a package
that was there has another version afterwards, or if the import shows a warning. It downloads torch: hundreds of
megabytes.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import colab_versions
from tools.binder import TORCH_CPU

ROOT = Path(__file__).resolve().parent.parent
# Runs a cell as a notebook would, with %pip; any error is the program's.
PROGRAM = """\
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
result = shell.run_cell(sys.argv[1])
sys.exit(0 if result.success and not shell.user_ns.get("_exit_code") else 1)
"""
# What Python shows a reader fails; deprecations of Colab's own packages among themselves are hidden by default.
IMPORTED = """\
import warnings
warnings.simplefilter("error")
warnings.simplefilter("ignore", DeprecationWarning)
import seq2bert.attention, seq2bert.bert, seq2bert.show
"""


def installed_before(root, versions=None):
    """Lines `name==version` of what Colab has of the package's direct dependencies."""
    text = (versions or colab_versions.WRITTEN).read_text(encoding="utf-8")
    there = {canonicalize_name(line.split("==")[0]): line for line in text.splitlines() if "==" in line}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [canonicalize_name(Requirement(one).name) for one in project["dependencies"]]
    return [there[name] for name in names if name in there]


def first_cell_for(notebook, tree):
    """The first code cell of a notebook, with a folder in place of the repository."""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    source = "".join(next(cell for cell in cells if cell["cell_type"] == "code")["source"])
    return re.sub(r'git\+https://[^"]+', f"file://{tree}", source)


def versions_in(python):
    """Versions of everything installed in an environment."""
    command = [python, "-m", "pip", "list", "--format=json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {canonicalize_name(one["name"]): one["version"] for one in listed}


def replaced(before, after):
    """What has another version afterwards, or is gone: name to both versions."""
    return {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", type=Path, default=colab_versions.WRITTEN, help="other constraints")
    arguments = parser.parse_args()
    date, python_of_colab = colab_versions.date_and_python(arguments.versions.read_text(encoding="utf-8"))
    mine = ".".join(map(str, sys.version_info[:2]))
    print(f"Colab's versions of {date}, Python {python_of_colab}; this is Python {mine}.", flush=True)
    lines = installed_before(ROOT, arguments.versions)
    with tempfile.TemporaryDirectory(prefix="colab-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--extra-index-url", TORCH_CPU, "-c", arguments.versions]
        # setuptools: IPython 7 needs it, and Colab has it.
        subprocess.run([*map(str, install), "setuptools", *lines], check=True)
        before = versions_in(python)
        cell = first_cell_for(min((ROOT / "lectures").glob("*.ipynb")), ROOT)
        if subprocess.run([python, "-c", PROGRAM, cell], cwd=folder).returncode != 0:
            sys.exit("The first cell failed; what it said is above.")
        changed = replaced(before, versions_in(python))
        if changed:
            sys.exit(f"The first cell replaced what Colab had: {changed}")
        subprocess.run([python, "-c", IMPORTED], cwd=folder, check=True)
        print(f"The first cell works beside {', '.join(lines)}.")


if __name__ == "__main__":
    main()
