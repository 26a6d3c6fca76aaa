"""Break the package on purpose and list what the tests do not see.

mutmut makes mutants, one small change each, and runs the tests that call the changed function until one fails. Those
that no test kills are compared with `tests/mutants.toml`, where each has its reason. It works on a copy of package and
tests in _build/mutants. It leaves out what mutmut leaves out: code outside functions, functions with a decorator, and
the text of f-strings.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "tests" / "mutants.toml"
MODULES = ("attention", "masks", "losses")
TESTS_OF_ALL = ("test_errors.py",)
ALSO_TESTS_OF = {"attention": ["test_multihead.py"]}  # besides test_attention_*.py
DETECTED = ("killed", "timeout")


@dataclass(frozen=True, order=True)
class Mutant:
    """A change of one function: its line or lines as they are, and as mutmut wrote them."""

    function: str
    line: str
    changed: str


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=MODULES, metavar="NAME", help="default: attention masks losses")
    parser.add_argument("--tests", nargs="+", metavar="FILE", help="of tests/seq2bert; default: those named after NAME")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    folder = ROOT / "_build" / "mutants"
    prepare(ROOT, folder, arguments.modules, arguments.tests)
    mutmut(folder, "run", "--max-children", str(arguments.processes))
    statuses = read_statuses(mutmut(folder, "results", "--all", "true", capture=True))
    if slow := [name for name, status in statuses.items() if status == "timeout"]:  # on a busy machine nothing is known
        mutmut(folder, "run", "--max-children", "1", *slow)
        statuses = read_statuses(mutmut(folder, "results", "--all", "true", capture=True))
    surviving = {
        read_change(name, mutmut(folder, "show", name, capture=True))
        for name, status in statuses.items()
        if status not in DETECTED
    }
    explained = {mutant for mutant in read_explained(EXPLAINED) if belongs(mutant, arguments.modules)}
    print("\n" + summary(statuses))
    faults = compare(surviving, explained)
    print("\n".join(faults) or "Every survivor is explained in tests/mutants.toml.")
    sys.exit(bool(faults))


def prepare(root, folder, modules, tests=None):
    """Copy the package and its tests into the folder, with settings for mutmut."""
    sources = [source for module in modules for source in sources_of(root, module)]
    tests = tests_of(root, modules) if tests is None else tests
    shutil.rmtree(folder, ignore_errors=True)
    no_caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(root / "src" / "seq2bert", folder / "src" / "seq2bert", ignore=no_caches)
    shutil.copytree(root / "tests" / "seq2bert", folder / "tests" / "seq2bert", ignore=no_caches)
    shutil.copy(root / "tests" / "conftest.py", folder / "tests")
    settings = {
        "source_paths": ["src"],
        "only_mutate": sources,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not slow"],
        "pytest_add_cli_args_test_selection": [f"tests/seq2bert/{name}" for name in tests],
        "process_isolation": "forkserver",  # torch has threads, and a fork does not copy them
        "timeout_constant": 5.0,  # seconds, times 15: only what never ends is to run out of time
        "use_git_change_detection": False,  # the folder is always new
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    ours = (root / "pyproject.toml").read_text(encoding="utf-8")
    text = "\n".join([ours, "[tool.mutmut]", *lines, ""])
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def sources_of(root, module):
    """The files of a module of the package, such as masks, attention or data.dates."""
    place = f"src/seq2bert/{module.replace('.', '/')}"
    if (root / f"{place}.py").exists():
        return [f"{place}.py"]
    if (root / place).is_dir():
        return [f"{place}/*.py"]
    sys.exit(f"seq2bert has no module {module!r}")


def tests_of(root, modules):
    """The test files that concern the modules, by name."""
    names = {*TESTS_OF_ALL}
    for module in modules:
        name = module.rpartition(".")[2]
        folder = root / "tests" / "seq2bert"
        found = [path.name for pattern in (f"test_{name}.py", f"test_{name}_*.py") for path in folder.glob(pattern)]
        found += ALSO_TESTS_OF.get(module, [])
        if not found:
            sys.exit(f"no test file is named after {module}; name them: --tests test_….py")
        names.update(found)
    return sorted(names)


def mutmut(folder, *command, capture=False):
    """Run a command of mutmut in the folder, on one thread a process; return what it wrote if captured."""
    program = Path(sysconfig.get_path("scripts")) / "mutmut"
    result = subprocess.run(
        [program, *command],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE if capture else None,
        text=True,
    )
    if result.returncode != 0:
        sys.exit(f"{result.stdout or ''}mutmut {command[0]} failed; its last lines are above")
    return result.stdout


def read_statuses(text):
    """Name and status of each mutant, from `mutmut results`."""
    lines = [line.strip().rpartition(": ") for line in text.splitlines() if "__mutmut_" in line]
    statuses = {name: status for name, _, status in lines}
    undecided = [name for name, status in statuses.items() if status not in (*DETECTED, "survived", "no tests")]
    if undecided or not statuses:
        sys.exit(f"mutmut left {len(undecided)} of {len(statuses)} mutants undecided: {', '.join(undecided)}")
    return statuses


def summary(statuses):
    """How many mutants there were, and what became of them."""
    killed, late = (sum(status == wanted for status in statuses.values()) for wanted in DETECTED)
    return (
        f"{len(statuses)} mutants, {killed} killed, {late} ran out of time twice (which counts as killed, but says "
        f"something on a quiet machine only), {len(statuses) - killed - late} survive"
    )


def read_change(name, diff):
    """The mutant behind a name of mutmut's, from `mutmut show`.

    A name is seq2bert.masks.x_key_mask__mutmut_1, or for a method
    seq2bert.attention.layer.xǁAttentionǁforward__mutmut_2; the numbers shift when a function is edited, so the change
    itself identifies the mutant.
    """
    module, _, function = name.rpartition("__mutmut_")[0].rpartition(".")
    function = function[2:].replace("ǁ", ".")
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Mutant(f"{module}.{function}", before, after)


def read_explained(path):
    """The mutants of the committed list. Each entry has a function, a line, its mutants and the reason."""
    mutants = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", []):
        if set(entry) != {"function", "line", "mutants", "reason"} or not entry["reason"].strip():
            raise ValueError(f"{path.name}: an entry needs function, line, mutants and reason; got {entry}")
        mutants += [Mutant(entry["function"], entry["line"], changed) for changed in entry["mutants"]]
    return mutants


def belongs(mutant, modules):
    """Whether a mutant is one of these modules'."""
    return any(mutant.function.startswith(f"seq2bert.{module}.") for module in modules)


def compare(surviving, explained):
    """What is wrong, line by line; new survivors as entries to explain."""
    faults = []
    for mutant in sorted(surviving - explained):
        faults += ["", "# survives, and tests/mutants.toml does not say why", "[[survivor]]"]
        faults += [f"{name} = {json.dumps(getattr(mutant, name), ensure_ascii=False)}" for name in ("function", "line")]
        faults += [f"mutants = [{json.dumps(mutant.changed, ensure_ascii=False)}]", 'reason = ""']
    for mutant in sorted(explained - surviving):
        change = f"{mutant.line} becomes {mutant.changed}"
        faults.append(f"tests/mutants.toml names one that no longer survives: {mutant.function}: {change}")
    return faults


if __name__ == "__main__":
    main()
