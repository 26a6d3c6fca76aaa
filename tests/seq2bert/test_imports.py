"""Importing does nothing: no seeding, no printing, no folders, no settings."""

import os
import subprocess
import sys
from pathlib import Path

import seq2bert

# Libraries first: what they do when they are imported is not ours.
PROGRAM = """
import importlib, os, pkgutil, random, sys, warnings
from concurrent import futures
import matplotlib.pyplot, numpy, torch
import IPython.display, babel.dates, ipywidgets, jupyterquiz, pooch, requests, sacrebleu, scipy.optimize, scipy.sparse
import scipy.special, tqdm.auto

def settings():
    return (
        torch.get_rng_state().tolist(), torch.initial_seed(), torch.get_num_threads(), torch.get_default_dtype(),
        torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled(),
        random.getstate(), [str(part) for part in numpy.random.get_state()], numpy.get_printoptions(),
        dict(matplotlib.rcParams), matplotlib.pyplot.get_fignums(), warnings.filters[:],
        sys.path[:], dict(os.environ), os.getcwd(),
    )

before = settings()
sys.stdout.flush()
import seq2bert
names = [module.name for module in pkgutil.walk_packages(seq2bert.__path__, "seq2bert.")]
for name in names:
    importlib.import_module(name)
assert len(names) > 30, names
for one, other in zip(before, settings(), strict=True):
    assert str(one) == str(other), (one, other)
"""


def test_importing_every_module_does_nothing(tmp_path):
    home = tmp_path / "empty"
    home.mkdir()
    environment = os.environ | {"SEQ2BERT_CACHE": str(home / "cache"), "OMP_NUM_THREADS": "1"}
    path = [str(Path(seq2bert.__file__).parents[1]), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    result = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr == ""
    assert list(home.iterdir()) == []
