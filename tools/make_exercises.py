"""Make exercises/ from solutions/: `make exercises`. With --check, say what is stale and change nothing.

Each assignment is released by nbgrader's own converter with the settings of nbgrader_config.py, from a temporary copy
of its notebook alone and with a temporary gradebook: what lies beside the notebook cannot get into the release, and
nothing is left behind. The same solutions give the same bytes.
"""

import argparse
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

import nbformat

from tools import assignment_list

ROOT = Path(__file__).resolve().parent.parent


class ReleaseError(Exception):
    """Why there is no release of an assignment."""


def find_assignments(root):
    """Names of the assignments: the folders of solutions/ that begin with e and two digits."""
    return sorted(path.name for path in (root / "solutions").glob("e[0-9][0-9]-*") if path.is_dir())


def solution_of(root, name):
    """Path of an assignment's notebook with its solutions."""
    return root / "solutions" / name / f"{name}.ipynb"


def release_of(root, name):
    """Path of an assignment's release."""
    return root / "exercises" / name / f"{name}.ipynb"


def settings(root, course):
    """Settings of nbgrader_config.py in `root`, for a course in another folder."""
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(course)
    del config.GenerateAssignment["post_convert_hook"]  # the copy holds nothing to remove
    return config


def releases(root=ROOT, names=None):
    """Wanted content of exercises/, as a dict from path within it to text.

    Raises
    ------
    ReleaseError
        If there is no notebook of the folder's name, or nbgrader refuses it, with what it said.
    """
    names = find_assignments(root) if names is None else names
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        course = Path(folder).resolve()
        for name in names:
            if not solution_of(root, name).is_file():
                raise ReleaseError(f"solutions/{name}/ has no {name}.ipynb: the notebook is named like its folder")
            solution_of(course, name).parent.mkdir(parents=True)
            shutil.copyfile(solution_of(root, name), solution_of(course, name))
        with mock.patch.dict(os.environ, SEQ2BERT_GRADING=str(course / "grading")):
            config = settings(root, course)
            return {f"{name}/{name}.ipynb": convert(course, name, config) for name in names}


def convert(course, name, config):
    """Let nbgrader make the release of one notebook; return its text."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    messages = Messages()
    directory = CourseDirectory(config=config, assignment_id=name)
    converter = GenerateAssignment(coursedir=directory, config=config)
    converter.log = directory.log = messages.logger
    try:
        converter.start()
    except (Exception, SystemExit) as error:
        raise ReleaseError(f"nbgrader makes no release of {name}: {messages.text() or error}") from None
    return nbformat.writes(nbformat.read(release_of(course, name), as_version=4)) + "\n"


class Messages(logging.Handler):
    """Collects what nbgrader complains about."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []
        self.logger = logging.Logger("nbgrader")
        self.logger.addHandler(self)

    def emit(self, record):
        """Keep one message; nbgrader logs tracebacks, of which the last line says why."""
        self.lines.append(record.getMessage().strip())

    def text(self):
        """What was said, each message once."""
        return "\n".join(dict.fromkeys(self.lines))


def stale(root, wanted):
    """Paths in exercises/ that are missing, different, or not wanted; each with the word for it."""
    folder = root / "exercises"
    there = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    there = {name: path for name, path in there.items() if ".ipynb_checkpoints" not in path.parts}
    faults = {name: "missing" for name in wanted if name not in there}
    faults |= {name: "not wanted" for name in there if name not in wanted}
    changed = (name for name in wanted if name in there and there[name].read_text(encoding="utf-8") != wanted[name])
    return dict(sorted((faults | dict.fromkeys(changed, "stale")).items()))


def write(root, wanted):
    """Make exercises/ hold exactly `wanted`; return what changed, as `stale` does."""
    faults, folder = stale(root, wanted), root / "exercises"
    for name, fault in faults.items():
        path = folder / name
        if fault == "not wanted":
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
    return faults


def write_list(root, *, check):
    """Bring the instructors' list of assignments up to date; return whether it was not."""
    path, wanted = root / assignment_list.PAGE, assignment_list.page(root)
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return False
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    arguments = parser.parse_args()
    try:
        wanted = releases()
    except ReleaseError as error:
        sys.exit(str(error))
    faults = (stale if arguments.check else write)(ROOT, wanted)
    faults = {f"exercises/{name}": fault for name, fault in faults.items()}
    if write_list(ROOT, check=arguments.check):
        faults[assignment_list.PAGE] = "stale"
    for name, fault in faults.items():
        print(f"  {name}: {fault if arguments.check else 'removed' if fault == 'not wanted' else 'written'}")
    if arguments.check and faults:
        sys.exit("This does not belong to solutions/. Run make exercises.")
    print(f"exercises/ is up to date: {len(wanted)} assignments")


if __name__ == "__main__":
    main()
