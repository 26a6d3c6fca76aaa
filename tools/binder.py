"""Write `binder/requirements.txt` and `binder/runtime.txt`: what Binder installs, from the tested versions.

Binder builds an environment of its own and knows neither constraints nor extras. It gets what the package needs,
directly or through another package, each in the version of constraints.txt, torch for processors only, and the package
itself from the repository.
"""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lecture_environment import dependency_closure

ROOT = Path(__file__).resolve().parent.parent
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
HEADER = "# For Binder. Written by `python -m tools.binder` from constraints.txt; a test says when it is old.\n"
GPU_ONLY = re.compile(r"nvidia-|cuda-|triton$")  # a build of torch for GPUs asks for them


def pinned(root):
    """Versions of constraints.txt by canonical name."""
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def requirements(root):
    """Text of requirements.txt."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = pinned(root)
    names = {canonicalize_name(name) for name in dependency_closure(project["dependencies"])}
    names |= {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    lines = [f"{name}=={versions[name]}" for name in sorted(names) if not GPU_ONLY.match(name)]
    return HEADER + f"--extra-index-url {TORCH_CPU}\n" + "\n".join(lines) + "\n.\n"


def files(root):
    """Binder's files by path."""
    return {"binder/requirements.txt": requirements(root), "binder/runtime.txt": "python-3.11\n"}


def main():
    for name, text in files(ROOT).items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{name}: {len(text.splitlines())} lines")


if __name__ == "__main__":
    main()
