"""Build the environment in which lectures run: the wheel and what it depends on, and nothing else.

The wheel is built from the tree and installed by pip into an empty virtual environment. Its dependencies are not
installed a second time (that would cost a minute and more than a gigabyte): they are linked from the environment that
runs this file, for exactly those distributions that the wheel's own metadata asks for, directly or through another,
without extras. `pip check` then confirms that nothing is missing. A lecture that imports anything else fails here as
it would in Colab.
"""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
KERNEL = "seq2bert-lectures"


class EnvironmentFault(Exception):
    """Why there is no environment for the lectures, with what pip said."""


def build_wheel(root, folder):
    """Build the package's wheel into `folder` and return its path."""
    # From a copy: setuptools leaves build/ behind, and files that a later commit removed would be packed from it again.
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(root / "src", Path(copy) / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, copy)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        run_pip([*command, "--wheel-dir", str(folder), copy], "The package's wheel could not be built")
    return next(Path(folder).glob("*.whl"))


def run_pip(command, failure):
    """Run pip in silence; if it fails, say what failed and what pip said."""
    result = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if result.returncode != 0:
        raise EnvironmentFault(f"{failure}:\n{(result.stdout + result.stderr).strip()}")


def dependency_closure(requirements):
    """Distributions that `requirements` need here, directly or through another; as a dict from name to distribution."""
    found, seen = {}, set()
    pending = [Requirement(text) for text in requirements]
    pending = [
        requirement for requirement in pending if not requirement.marker or requirement.marker.evaluate({"extra": ""})
    ]
    while pending:
        requirement = pending.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in seen:
            continue
        seen.add(key)
        distribution = importlib.metadata.distribution(requirement.name)
        found[key[0]] = distribution
        children = [Requirement(text) for text in distribution.requires or ()]
        extras = ["", *requirement.extras]
        pending += [c for c in children if not c.marker or any(c.marker.evaluate({"extra": e}) for e in extras)]
    return found


def link_distribution(distribution, site_packages):
    """Link what one distribution installed, by the first part of each of its paths."""
    tops = {Path(file).parts[0] for file in distribution.files or ()}
    for top in sorted(tops - {"..", "__pycache__"}):
        source, link = Path(distribution.locate_file(top)), site_packages / top
        if source.exists() and not link.exists():
            link.symlink_to(source.resolve(), target_is_directory=source.is_dir())


def create(folder, root=ROOT):
    """Make the environment in `folder` anew and return the interpreter's path."""
    folder = Path(folder).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    python = folder / "venv" / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout
    site_packages = Path(answer.strip())

    wheel = build_wheel(root, folder)
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    # --no-deps first, then links: pip must never be able to replace a file through a link.
    run_pip([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], "The wheel could not be installed")
    metadata = next(site_packages.glob("seq2bert-*.dist-info")) / "METADATA"
    wheel_metadata = importlib.metadata.PathDistribution(metadata.parent)
    for distribution in dependency_closure(wheel_metadata.requires).values():
        link_distribution(distribution, site_packages)
    run_pip([*pip, "check"], "The wheel asks for something that the environment lacks")

    kernel = folder / "jupyter" / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    specification = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "The wheel and its dependencies",
        "language": "python",
    }
    (kernel / "kernel.json").write_text(json.dumps(specification, indent=1) + "\n")
    return python


if __name__ == "__main__":
    print(create(ROOT / "_build" / "lecture_environment"))
