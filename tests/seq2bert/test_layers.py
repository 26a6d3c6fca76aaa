"""The order of modules: each imports only from modules above its own."""

import ast
from pathlib import Path

import pytest

import seq2bert

ROOT = Path(seq2bert.__file__).parent

ORDER = (
    ("vocabulary", "tokenization"),
    ("data",),
    ("masks", "positions"),
    ("attention", "numpy_attention"),
    ("recurrent",),
    ("transformer",),
    ("bert",),
    ("language_models",),
    ("checkpoints",),
    ("vision",),
    ("losses", "metrics", "decoding"),
    ("training",),
    ("explain",),
    ("experiments",),
    ("plots", "figures"),
    ("show", "check"),
)
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
WITHOUT_TORCH = {"vocabulary", "tokenization", "numpy_attention"}


def imported_modules(source: str, package: str) -> set[str]:
    """Full names of the modules that a module's source imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from seq2bert import x` names the module x; from anywhere else the module is enough
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "seq2bert" else {module}
    return found


def faults(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Say which imports of a module of seq2bert the order forbids."""
    own = module.split(".")[1]
    package = module if is_package else module.rpartition(".")[0]
    found = []
    for name in sorted(imported_modules(source, package)):
        parts = name.split(".")
        if parts[0] == "classroom":
            found.append(f"{module} imports {name}: the course needs nothing of the classroom")
        elif parts[0] == "torch" and own in WITHOUT_TORCH:
            found.append(f"{module} imports {name}: it does without torch")
        elif parts[0] == "seq2bert" and len(parts) > 1 and parts[1] != own and LEVEL[parts[1]] >= LEVEL[own]:
            found.append(f"{module} imports {name}, which is not above it")
    return found


def all_modules() -> dict[str, Path]:
    paths = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")
    return {".".join(["seq2bert", *path.relative_to(ROOT).with_suffix("").parts]): path for path in paths}


@pytest.mark.parametrize("module", all_modules())
def test_a_module_imports_only_from_above(module):
    path = all_modules()[module]
    is_package = path.name == "__init__.py"
    name = module.removesuffix(".__init__")
    assert name.split(".")[1] in LEVEL, f"{name} has no place in the order"
    assert faults(path.read_text(encoding="utf-8"), name, is_package=is_package) == []


def test_the_package_itself_imports_nothing():
    assert imported_modules((ROOT / "__init__.py").read_text(encoding="utf-8"), "seq2bert") == set()


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from seq2bert.training import train", "seq2bert.attention.layer"),
        ("import seq2bert.training.loop", "seq2bert.losses"),
        ("from seq2bert import training", "seq2bert.data.dates"),
        ("from seq2bert.losses import x", "seq2bert.metrics"),
        ("def f():\n    from seq2bert.show import say", "seq2bert.plots.heatmap"),
        ("from ..training import train", "seq2bert.attention.layer"),
        ("from .. import training", "seq2bert.attention.layer"),
        ("import classroom", "seq2bert.show"),
        ("import torch.nn", "seq2bert.vocabulary"),
    ],
)
def test_a_forbidden_import_is_found(source, module):
    assert len(faults(source, module)) == 1


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from seq2bert.vocabulary import Vocabulary", "seq2bert.data.dates"),
        ("from seq2bert.attention.softmax import masked_softmax", "seq2bert.attention.layer"),
        ("from .softmax import masked_softmax", "seq2bert.attention.layer"),
        ("from ..masks import causal_mask", "seq2bert.attention.layer"),
        ("import torch, math, seq2bert", "seq2bert.masks"),
    ],
)
def test_an_allowed_import_is_not(source, module):
    assert faults(source, module) == []


def test_a_relative_import_in_a_package_is_resolved():
    assert faults("from .softmax import x", "seq2bert.attention", is_package=True) == []
    assert len(faults("from ..training import x", "seq2bert.attention", is_package=True)) == 1
