"""What the browser's tests share: the site, served; a browser; a page.

A test of one thing on one page takes `open_page`: `page = open_page("lectures/….html", theme="dark", width=390)`. What
every page must obey is in test_every_page.py.
"""

import subprocess

import pytest

from tests.browser.chromium import CHROMIUM, MISSING, OPTIONS
from tests.browser.site_server import served
from tests.browser.visits import HEIGHTS, PATIENCE
from tools import execute

ROOT = execute.ROOT
HTML = ROOT / "_build" / "site" / "_build" / "html"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.site)
            if CHROMIUM is None and "browser" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def html():
    assert (HTML / "index.html").exists(), "there is no built site: make book"
    return HTML


@pytest.fixture(scope="session")
def site(html):
    """Address at which the built site is served, ending in a slash."""
    with served(html, ROOT) as address:
        yield address


@pytest.fixture(scope="session")
def axe():
    """Source of axe-core, to be evaluated in a page."""
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe-core is not installed: make book"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def names(html):
    """Every page of the site, by its path."""
    found = sorted(str(path.relative_to(html)) for path in html.rglob("*.html"))
    return [name for name in found if not name.startswith("_")]


@pytest.fixture(scope="session")
def commit():
    """What changes with each commit, to choose samples by."""
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip() or "no repository"


@pytest.fixture(scope="session")
def browser():
    """Chromium, through Playwright's synchronous interface."""
    from playwright.sync_api import sync_playwright  # only here: its loop runs in this thread from then on

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def new_context(browser):
    """A window of its own: Playwright's context with these options, patient where the machine is busy."""

    def made(**options):
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        return context

    return made


@pytest.fixture
def open_page(new_context, site):
    """Open a page of the site: `open_page("lectures/….html", theme="dark", width=390)`."""
    contexts = []

    def opened(name, *, theme="light", width=1280, **options):
        viewport = {"width": width, "height": HEIGHTS[width]}
        contexts.append(new_context(viewport=viewport, color_scheme=theme, **options))
        page = contexts[-1].new_page()
        page.goto(site + name)
        return page

    yield opened
    for context in contexts:
        context.close()
