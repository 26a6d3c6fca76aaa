"""Print what each lecture's last run cost: wall and processor seconds, and peak memory.

Printed, not asserted: seconds depend on the machine and on what else it does. The goal is 60 s of wall time on two
quiet cores.
"""

import argparse
import json
from pathlib import Path

from tools import execute

ROOT = Path(__file__).resolve().parent.parent
GOAL = 60  # seconds of wall time


def lines(root, number=None):
    """The table, line by line."""
    yield f"{'lecture':<44}{'wall':>9}{'processor':>12}{'peak memory':>14}"
    for lecture in execute.find_lectures(root, number):
        path = root / "_build" / "executed" / f"{lecture.stem}.json"
        if not path.exists():
            yield f"{lecture.stem:<44}{'not run yet':>21}"
            continue
        figures = json.loads(path.read_text())
        over = "  over the goal of 60 s" if figures["wall_seconds"] > GOAL else ""
        memory = f"{figures['peak_bytes'] / 1024**2:.0f} MB"
        wall, processor = f"{figures['wall_seconds']:.1f} s", f"{figures['processor_seconds']:.1f} s"
        yield f"{lecture.stem:<44}{wall:>9}{processor:>12}{memory:>14}{over}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lecture", help="only this number, for example 04")
    print("\n".join(lines(ROOT, parser.parse_args().lecture)))
