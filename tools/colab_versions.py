"""Write `tools/colab-versions.txt`: the versions that Colab has installed, as constraints for pip.

Google publishes them in https://github.com/googlecolab/backend-info as `pip-freeze.txt`. Give that file, the day of its
last change and its Python: `python -m tools.colab_versions pip-freeze.txt 2026-08-19 3.13`. Packages that Colab has
from a file of its own keep their version; those that have no version in the list are left out.
"""

import argparse
import re
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "tools" / "colab-versions.txt"
HEADER = """\
# The versions that Colab had installed on {date}, under Python {python}: constraints for trying the first cell.
# Source: pip-freeze.txt of https://github.com/googlecolab/backend-info. Written by tools/colab_versions.py.
"""
PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;+]+)(?:\+\S+)?")
WHEEL = re.compile(r"([A-Za-z0-9._-]+) @ \S*/[A-Za-z0-9._]+-(\d[^\s+-]*)(?:\+[^\s-]+)?-\S+\.whl\S*")


def constraints_of(freeze):
    """Lines `name==version` of what `pip freeze` printed, without local suffixes such as +cpu."""
    lines = (line.strip() for line in unquote(freeze).splitlines())
    matches = (PINNED.fullmatch(line) or WHEEL.fullmatch(line) for line in lines)
    return [f"{match[1]}=={match[2]}" for match in matches if match]


def date_and_python(text):
    """Day and Python of a file that this tool wrote."""
    match = re.match(r"# The versions that Colab had installed on (\d{4}-\d\d-\d\d), under Python ([\d.]+):", text)
    return match[1], match[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("freeze", type=Path, help="Colab's pip-freeze.txt")
    parser.add_argument("date", help="day of its last change, for example 2026-08-19")
    parser.add_argument("python", help="Colab's Python, for example 3.13")
    arguments = parser.parse_args()
    lines = constraints_of(arguments.freeze.read_text(encoding="utf-8"))
    text = HEADER.format(date=arguments.date, python=arguments.python) + "\n".join(lines) + "\n"
    WRITTEN.write_text(text, encoding="utf-8")
    print(f"{WRITTEN.relative_to(ROOT)}: {len(lines)} versions")


if __name__ == "__main__":
    main()
