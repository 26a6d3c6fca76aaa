"""The command ``python -m seq2bert.experiments``."""

import argparse
import importlib
import pkgutil
from pathlib import Path

import seq2bert.experiments
from seq2bert.experiments.record import Experiment, run_experiment


def find_experiments() -> dict[str, Experiment]:
    """Import every module of this package that defines ``EXPERIMENT``; return them by name."""
    modules = [
        importlib.import_module(f"seq2bert.experiments.{module.name}")
        for module in pkgutil.iter_modules(seq2bert.experiments.__path__)
        if not module.name.startswith("_")
    ]
    experiments = [module.EXPERIMENT for module in modules if hasattr(module, "EXPERIMENT")]
    return {experiment.name: experiment for experiment in experiments}


def main(arguments: list[str] | None = None) -> None:
    """Run one experiment, or list them."""
    experiments = find_experiments()
    parser = argparse.ArgumentParser(prog="python -m seq2bert.experiments", description=__doc__)
    parser.add_argument("name", choices=sorted(experiments), nargs="?", help="which one; left out: list them")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side, one thread each (default 1)")
    parser.add_argument(
        "--folder", type=Path, default=Path("experiments-work"), help="where unfinished runs wait to be resumed"
    )
    parser.add_argument("--output", type=Path, help="where to write the result (default: the package's assets/results)")
    options = parser.parse_args(arguments)
    if options.name is None:
        for name, experiment in sorted(experiments.items()):
            print(f"{name:24} {experiment.description}")
        return
    path = run_experiment(
        experiments[options.name], folder=options.folder, output=options.output, processes=options.jobs
    )
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
