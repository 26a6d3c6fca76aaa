"""What the tests of the book share: the tree, its notebooks, the built site."""

import importlib
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from tools import execute

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "site" / "_build" / "html"


def pytest_generate_tests(metafunc):
    if "lecture" in metafunc.fixturenames:
        lectures = execute.find_lectures(ROOT)
        metafunc.parametrize("lecture", lectures, ids=[path.stem for path in lectures])
    if "assignment" in metafunc.fixturenames:
        metafunc.parametrize("assignment", [path.parent.name for path in execute.find_solutions(ROOT)])


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def extension():
    """Import one of the book's Sphinx extensions, by its name."""
    sys.path.insert(0, str(ROOT / "_ext"))
    yield importlib.import_module
    sys.path.remove(str(ROOT / "_ext"))


@pytest.fixture
def notebook(lecture):
    return nbformat.read(lecture, as_version=4)


@pytest.fixture
def executed(lecture):
    path = ROOT / "_build" / "executed" / lecture.name
    assert path.exists(), f"{lecture.name} has not been run: make book"
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="session")
def html():
    assert (HTML / "index.html").exists(), "there is no built site: make book"
    return HTML


@pytest.fixture(scope="session")
def pages(html):
    """Every page of the built site, parsed, by its path in the site."""
    found = {}
    for path in sorted(html.rglob("*.html")):
        name = str(path.relative_to(html))
        if not name.startswith("_static"):
            found[name] = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
    return found
