"""What of the classroom works on this machine, and how to get the rest."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classroom.course import Course, CourseError
from classroom.sandbox import Limits, NoSandbox, Sandbox
from classroom.sandbox.cgroup import Group

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    Parameters
    ----------
    name : str
    works : bool
    needed : bool
        Whether grading needs it.
    says : str
        What was found, and what to do if it does not work.
    """

    name: str
    works: bool
    needed: bool
    says: str


def examine(folder: Path | str = ".") -> list[Finding]:
    """Try everything, in the order in which to mend it."""
    checks: list[Callable[[], Finding]] = [
        _system,
        _bubblewrap,
        _sandbox,
        _groups,
        lambda: _course(folder),
        lambda: _release(folder),
        lambda: _module("nbgrader", "the gradebook's format", "pip install 'seq2bert[instructor]'", needed=True),
        lambda: _gradebook(folder),
        lambda: _module("distributed", "grading on many machines", "pip install 'seq2bert[cluster]'", needed=False),
        lambda: _module("psycopg", "a gradebook in PostgreSQL", "pip install 'seq2bert[cluster]'", needed=False),
    ]
    return [check() for check in checks]


def _system() -> Finding:
    name = platform.system()
    if name == "Linux":
        return Finding("system", True, True, f"Linux {platform.release()}, Python {platform.python_version()}")
    route = {
        "Darwin": "macOS has no such sandbox: grade in a Linux container or virtual machine (Docker Desktop, Colima)",
        "Windows": "Windows has no such sandbox: grade in WSL 2, where everything here works",
    }.get(name, "the sandbox needs Linux: grade in a container or a virtual machine")
    return Finding("system", False, True, f"{name}: {route}")


def _bubblewrap() -> Finding:
    path = shutil.which("bwrap")
    if path:
        return Finding("bubblewrap", True, True, path)
    return Finding("bubblewrap", False, True, "not installed: apt-get install bubblewrap (or dnf, pacman, zypper)")


def _sandbox() -> Finding:
    try:
        with Sandbox(Limits()):
            return Finding(
                "sandbox", True, True, "both walls stand: one import of torch for all submissions of a worker"
            )
    except NoSandbox as error:
        inner = str(error)
    except OSError as error:
        inner = f"{type(error).__name__}: {error}"
    if "inner wall" in inner:
        try:
            with Sandbox(Limits(), inner=False):
                says = f"only the outer wall stands, so torch is imported for each submission or test ({inner})"
                return Finding("sandbox", True, True, f"{says}. {_advice()}")
        except NoSandbox as error:
            inner = str(error)
    return Finding("sandbox", False, True, f"{inner}. {_advice()}")


def _advice() -> str:
    """Return what usually keeps a user namespace from being made."""
    for path, wanted, advice in (
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "0",
            "Ubuntu 24.04 and later restrict user namespaces: give bwrap an AppArmor profile that allows them, "
            "or sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("/proc/sys/kernel/unprivileged_userns_clone", "1", "sysctl kernel.unprivileged_userns_clone=1"),
    ):
        try:
            if Path(path).read_text(encoding="ascii").strip() != wanted:
                return advice
        except OSError:
            continue
    if Path("/.dockerenv").exists() or "container" in os.environ:
        return "In a container: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …"
    return "See the instructors' guide, Machines."


def _groups() -> Finding:
    group = Group(2**30, 64)
    try:
        if group.bounds_memory:
            return Finding("memory", True, False, "control groups bound the memory of a whole submission")
    finally:
        group.close()
    return Finding(
        "memory",
        False,
        False,
        "no control group can be made: each process has a bound, a submission as many as it may have processes. "
        "systemd-run --user --scope -p Delegate=yes … gives one",
    )


def _course(folder: Path | str) -> Finding:
    try:
        course = Course.open(folder)
    except CourseError as error:
        return Finding("course", False, True, str(error))
    seed = "a private seed" if course.seed_file.exists() else "no private seed: classroom init makes one"
    return Finding("course", True, True, f"{course.root}, {len(course.assignments())} assignments, {seed}")


def _release(folder: Path | str) -> Finding:
    try:
        course = Course.open(folder)
    except CourseError as error:
        return Finding("release", False, True, str(error))
    names = course.assignments()
    without = [name for name in names if not (course.release / name / f"{name}.ipynb").is_file()]
    if without:
        return Finding("release", False, True, f"make exercises writes what lacks: {', '.join(without)}")
    return Finding("release", True, True, f"{len(names)} assignments have one, in {course.release}")


def _gradebook(folder: Path | str) -> Finding:
    if not importlib.util.find_spec("nbgrader"):
        return Finding("gradebook", False, True, "nbgrader is not installed")
    from classroom.gradebook import open_gradebook

    try:
        course = Course.open(folder)
        if course.db_url.startswith("sqlite") and not (course.work / "gradebook.db").exists():
            return Finding("gradebook", True, True, "none yet: classroom init makes it")
        with open_gradebook(course) as gradebook:
            people, names = len(gradebook.students), len(gradebook.assignments)
    except CourseError as error:
        return Finding("gradebook", False, True, str(error))
    return Finding("gradebook", True, True, f"{names} assignments, {people} students")


def _module(name: str, what: str, how: str, *, needed: bool) -> Finding:
    if importlib.util.find_spec(name):
        return Finding(name, True, needed, f"installed: {what}")
    return Finding(name, False, needed, f"not installed, for {what}: {how} (Python: {sys.executable})")
