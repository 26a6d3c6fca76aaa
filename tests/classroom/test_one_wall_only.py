"""A machine on which the inner wall cannot be built: grading goes on behind the outer one, and doctor says how."""

import subprocess
import sys

import pytest

from classroom import doctor
from classroom.judging import open_sandbox
from classroom.sandbox import Limits, NoSandbox
from classroom.sandbox.bubblewrap import start_template

REFUSED = """
from classroom.sandbox import template, walls
def refused(*_):
    raise OSError("entering namespaces: Operation not permitted")
walls.enter_namespaces = refused
try:
    template._try_wall(inner=True)
except OSError as error:
    print(error, end="")
"""


@pytest.fixture(scope="module")
def why():
    """What the template itself says where the kernel refuses namespaces."""
    return subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def no_inner_wall(monkeypatch, why):
    def start(*, inner=True, **options):
        if inner:
            raise NoSandbox(f"the sandbox does not start: {why}")
        return start_template(inner=inner, **options)

    monkeypatch.setattr("classroom.sandbox.runs.start_template", start)


def test_grading_goes_on_with_the_outer_wall(no_inner_wall, needs_bubblewrap):
    with open_sandbox(Limits()) as sandbox:
        assert sandbox.inner is False


def test_doctor_says_which_wall_stands_and_why(no_inner_wall, needs_bubblewrap):
    finding = doctor._sandbox()
    assert finding.works
    assert finding.says.startswith("only the outer wall stands, so torch is imported for each submission")
    assert "entering namespaces: Operation not permitted" in finding.says


@pytest.mark.parametrize("said", ["setting up uid map: Permission denied", "students' code would see /course"])
def test_nothing_is_graded_if_it_is_not_the_inner_wall(monkeypatch, said):
    asked = []

    def start(*, inner=True, **_):
        asked.append(inner)
        raise NoSandbox(said)

    monkeypatch.setattr("classroom.sandbox.runs.start_template", start)
    with pytest.raises(NoSandbox, match=said):
        open_sandbox(Limits())
    finding = doctor._sandbox()
    assert (finding.works, finding.needed, finding.says.partition(".")[0]) == (False, True, said)
    assert asked == [True, True]


def test_nothing_is_graded_if_neither_wall_stands(monkeypatch, why):
    def start(*, inner=True, **_):
        raise NoSandbox(why if inner else "no user namespaces at all")

    monkeypatch.setattr("classroom.sandbox.runs.start_template", start)
    with pytest.raises(NoSandbox, match="no user namespaces at all"):
        open_sandbox(Limits())
    assert not doctor._sandbox().works
    assert doctor._sandbox().says.startswith("no user namespaces at all. ")


APPARMOR, CLONE = "apparmor_restrict_unprivileged_userns", "unprivileged_userns_clone"


@pytest.mark.parametrize(
    ("files", "container", "advice"),
    [
        ({APPARMOR: "1\n", CLONE: "1\n"}, False, "Ubuntu 24.04 and later restrict user namespaces: give bwrap an AppA"),
        ({APPARMOR: "0\n", CLONE: "0\n"}, False, "sysctl kernel.unprivileged_userns_clone=1"),
        ({APPARMOR: "1\n", CLONE: "0\n"}, True, "Ubuntu 24.04"),  # the first that can be mended
        ({APPARMOR: "0\n", CLONE: "1\n"}, True, "In a container: docker run --security-opt seccomp=unconfined"),
        ({CLONE: "1\n"}, False, "See the instructors' guide, Machines."),
        ({}, True, "In a container"),
        ({}, False, "See the instructors' guide"),
    ],
)
def test_advice_fits_the_machine(tmp_path, monkeypatch, files, container, advice):
    def here(path):
        return tmp_path / str(path).rpartition("/")[2]

    for name, text in files.items():
        here(name).write_text(text, encoding="ascii")
    monkeypatch.setattr(doctor, "Path", here)
    monkeypatch.delenv("container", raising=False)
    if container:
        here(".dockerenv").touch()
    assert doctor._advice().startswith(advice)
    monkeypatch.setenv("container", "podman")  # as Podman says it
    assert ("In a container" in doctor._advice()) == (files.get(APPARMOR) != "1\n" and files.get(CLONE) != "0\n")
