"""Create or complete the virtual environment that `make book` and `make test` use.

Standard library only: it runs before anything is installed, under whatever Python the reader has. A second run with
the same requirements returns at once (a stamp in the environment). It never replaces a torch that is good enough: a
GPU user installs their own build first. It does not install system packages.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
MINIMUM_PYTHON = (3, 11)
MINIMUM_TORCH = (2, 4)  # the lower bound of pyproject.toml; tests/book/test_setup.py compares the two
NEEDED_BYTES = 3 * 1024**3  # 1.4 GB installed with the CPU build of torch, and as much again while pip unpacks
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SHOWN = ("Collecting", "Installing collected", "ERROR", "error")  # of pip's lines: enough to see that it moves
STAMP = "seq2bert-environment.json"


class SetupError(Exception):
    """What stands between the reader and an environment, in words that say what to do."""


def check_python(version):
    """Raise where this Python is too old to run the course."""
    if tuple(version[:2]) < MINIMUM_PYTHON:
        raise SetupError(
            "The course needs Python {}.{} or newer; this is Python {}.{}.\n"
            "Install a newer one and name it: make book PYTHON=python3.12".format(*MINIMUM_PYTHON, *version[:2])
        )


def check_disk(folder, needed=NEEDED_BYTES):
    """Raise where the disk that holds `folder` has less than `needed` bytes left."""
    folder = Path(folder).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SetupError(
            f"The disk that holds {folder} has {free / 1024**3:.1f} GB left; the environment needs "
            f"{needed / 1024**3:.0f} GB while it is installed.\n"
            "Make room, or put the environment on another disk: make book VENV=/another/disk/venv"
        )


def explain_pip_failure(output):
    """Say in one line what a failed pip call most likely ran into."""
    text = output.lower()
    if "no space left" in text or "errno 28" in text:
        return "The disk is full. Make room (about 3 GB) and run the same command again."
    network = ["connectionerror", "newconnectionerror", "name resolution", "nameresolutionerror", "timed out"]
    network += ["network is unreachable", "connection refused", "proxyerror", "sslerror", "from versions: none"]
    if any(sign in text for sign in network):
        return (
            "pip cannot reach a package index. Check the network, or pip's own configuration (pip config list), "
            "and run the same command again; what was downloaded is kept in pip's cache."
        )
    return "pip could not install the packages; its last lines are above."


def environment_python(venv):
    """Path of the interpreter inside a virtual environment."""
    return Path(venv) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_pip(python, *arguments, check=True):
    """Run pip in the environment, showing the lines that say where it is; return (success, output)."""
    command = [str(python), "-m", "pip", *arguments]
    lines = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, errors="replace"
    ) as process:
        for line in process.stdout:
            lines.append(line)
            if check and line.startswith(SHOWN):
                print("    " + line.rstrip()[:110], flush=True)
    output = "".join(lines)
    if process.returncode != 0 and check:
        print("".join(lines[-20:]), flush=True)
        raise SetupError(explain_pip_failure(output))
    return process.returncode == 0, output


def installed_version(python, distribution):
    """Version of a distribution in the environment, or None."""
    code = (
        "import importlib.metadata as m, sys\ntry: print(m.version(sys.argv[1]))\nexcept m.PackageNotFoundError: pass\n"
    )
    result = subprocess.run([str(python), "-c", code, distribution], capture_output=True, text=True, check=True)
    return result.stdout.strip() or None


def good_enough(version, minimum=MINIMUM_TORCH):
    """Whether a version such as '2.13.0+cu126' meets a lower bound such as (2, 4)."""
    return version is not None and tuple(int(part) for part in version.split("+")[0].split(".")[:2]) >= minimum


def fingerprint(extras):
    """Hash of everything that decides what is installed."""
    import tomllib  # not at the top: an old Python must get as far as check_python

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = json.dumps([settings["build-system"], settings["project"], sorted(extras)], sort_keys=True)
    parts = [CONSTRAINTS.read_text(encoding="utf-8"), requirements, sys.version, str(ROOT)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stamped_fingerprint(stamp):
    """The fingerprint of the last complete set-up, or None where there was none."""
    try:
        return json.loads(stamp.read_text(encoding="utf-8")).get("fingerprint")
    except (FileNotFoundError, ValueError):  # not there, or cut off by an interruption
        return None


def constraints_for(torch_version, folder):
    """Write the constraints, with the torch that is already there in place of the tested one."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    if torch_version is not None:
        lines = [line for line in lines if not line.startswith("torch==")] + [f"torch=={torch_version}"]
    path = Path(folder) / "constraints.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def install_torch(python, constraints):
    """Install torch: the CPU build from PyTorch's own index, or whatever pip's configuration offers."""
    tested = next(line for line in constraints.read_text().splitlines() if line.startswith("torch=="))
    print(f"  {tested}: trying the CPU build of {TORCH_CPU_INDEX}", flush=True)
    quick = ["--retries", "0", "--timeout", "15", "--index-url", TORCH_CPU_INDEX]
    # --no-deps: the rest comes from the reader's own index, under the constraints.
    done, _ = run_pip(python, "install", "--no-deps", *quick, tested, check=False)
    if not done:
        print("  not reachable or not built for this machine; taking torch from pip's configured index", flush=True)
        run_pip(python, "install", "--no-deps", tested)


def set_up(venv, extras):
    """Make `venv` hold the course's package (editable) with `extras`, under the constraints."""
    check_python(sys.version_info)
    venv = Path(venv)
    stamp, wanted = venv / STAMP, fingerprint(extras)
    python = environment_python(venv)
    if python.exists() and stamped_fingerprint(stamp) == wanted:
        return False
    if not python.exists() or installed_version(python, "pip") is None:  # or its creation was interrupted
        check_disk(venv)
        print(f"Creating the environment {venv}", flush=True)
        result = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True)
        if result.returncode != 0:
            raise SetupError(
                f"Python could not create a virtual environment:\n{(result.stdout + result.stderr).strip()}\n"
                "On Debian and Ubuntu the missing part is a package: apt install python3-venv"
            )
    torch_version = installed_version(python, "torch")
    if not good_enough(torch_version):
        check_disk(venv)
        torch_version = None
    with tempfile.TemporaryDirectory() as folder:
        constraints = constraints_for(torch_version, folder)
        if torch_version is None:
            install_torch(python, constraints)
        else:
            print(f"Keeping the torch that is there: {torch_version}", flush=True)
        print("Installing the package and its tools", flush=True)
        run_pip(python, "install", "-c", str(constraints), "-e", f".[{','.join(extras)}]")
    stamp.write_text(json.dumps({"fingerprint": wanted, "torch": installed_version(python, "torch")}) + "\n")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", default=".venv")
    extras = "book,test,instructor,cluster"
    parser.add_argument("--extras", default=extras, help="comma-separated extras of pyproject.toml")
    arguments = parser.parse_args()
    try:
        if set_up(arguments.venv, arguments.extras.split(",")):
            print(f"Environment ready: {arguments.venv}")
    except SetupError as error:
        sys.exit(f"\n{error}")
    except OSError as error:
        sys.exit(f"\nThe environment could not be written: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The same command goes on from here.")


if __name__ == "__main__":
    main()
