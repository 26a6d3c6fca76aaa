"""`nbgrader validate` from Python: run a notebook, return what nbgrader says of it and the notebook as it ran.

Run as a program on one notebook it prints the same as JSON; tests/book starts two at a time. The kernel is the one in
which lectures run: the wheel and what it depends on, nothing else.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

from tools import lecture_environment
from tools.execute import THREADS

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 90  # seconds for a cell


def verdict(path, *, run):
    """What nbgrader's validator says of a notebook, and the notebook; with `run` it is executed first."""
    from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, Execute
    from nbgrader.validator import Validator
    from traitlets.config import Config

    seen = []

    class Keep(Execute if run else CheckCellMetadata):
        """Keeps the notebook as the validator has it."""

        def preprocess(self, nb, resources):
            seen.append(super().preprocess(nb, resources)[0])
            return seen[-1], resources

    config = Config()
    config.Execute.timeout = TIMEOUT
    config.Execute.kernel_name = lecture_environment.KERNEL
    steps = [CheckCellMetadata, ClearOutput, Keep] if run else [Keep]
    return Validator(config=config, preprocessors=steps).validate(str(path)), seen[-1]


def run_all(paths, environment, *, jobs=2):
    """Run and validate notebooks, each in an empty folder and a process of its own; in the order of `paths`."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda path: run_one(path, environment), paths))


def run_one(path, environment):
    """Run and validate one notebook; return (what nbgrader says, the notebook as it ran)."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MPLBACKEND")}
    variables |= dict.fromkeys(THREADS, "1") | {"JUPYTER_PATH": str(environment / "jupyter")}
    with tempfile.TemporaryDirectory(prefix="assignment-") as folder:
        work = Path(folder) / path.name
        work.write_bytes(path.read_bytes())
        command = [sys.executable, "-m", "tools.validate_assignments", str(work)]
        result = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, errors="replace")
    if result.returncode != 0:
        raise RuntimeError(f"{path.name} could not be validated:\n{result.stdout}{result.stderr}")
    answer = json.loads(result.stdout.splitlines()[-1])
    return answer["says"], nbformat.from_dict(answer["notebook"])


def main():
    says, notebook = verdict(Path(sys.argv[1]).absolute(), run=True)
    print(json.dumps({"says": says, "notebook": notebook}))


if __name__ == "__main__":
    main()
