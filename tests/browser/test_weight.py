"""Laws for what a lecture moves before the reader does anything, and for what can be read before a script runs.

Bytes are those of the files, uncompressed; a server that compresses (GitHub Pages does) moves about a quarter of them.
"""

import gzip
import re
import urllib.error
import urllib.request
from urllib.parse import urljoin

import pytest

from tests.browser.site_server import served

BOUND = 700_000  # bytes of the first view of a lecture


@pytest.fixture(scope="module")
def lectures(names):
    found = [name for name in names if name.startswith("lectures/")]
    assert found
    return found


def first_view(new_context, address, name):
    """Bytes of each file that the browser asks for when it opens a page, and compressed as a server would."""
    context = new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address + name, wait_until="networkidle")
    bodies = {answer.url.removeprefix(address): answer.body() for answer in answers}
    context.close()
    sizes = {file: len(body) for file, body in bodies.items()}
    return sizes, sum(len(gzip.compress(body)) for body in bodies.values())


@pytest.fixture(scope="module")
def measured(new_context, site, lectures):
    return {name: first_view(new_context, site, name) for name in lectures}


def test_first_view_of_a_lecture_is_light(measured):
    for name, (sizes, compressed) in measured.items():
        print(
            f"{name}: {sum(sizes.values()) / 1000:.0f} KB in {len(sizes)} files, {compressed / 1000:.0f} KB compressed"
        )
    heavy = {name: sizes for name, (sizes, _) in measured.items() if sum(sizes.values()) >= BOUND}
    assert heavy == {}


def test_figures_wait_for_a_click(measured, html):
    """A page with a live figure loads what offers it, and neither its scripts nor its weights."""
    with_figure = [name for name in measured if 'class="live-figure"' in (html / name).read_text(encoding="utf-8")]
    assert with_figure
    for name in with_figure:
        live = [file for file in measured[name][0] if "/live/" in file]
        assert sorted(file.rpartition("/")[2].partition("?")[0] for file in live) == ["start.js"], name


def test_pictures_below_the_first_view_wait(measured, html):
    """A lecture has more pictures than are loaded at once."""
    for name, (sizes, _) in measured.items():
        there = set(re.findall(r'<img[^>]*src="\.\./(_images/[^"]+)"', (html / name).read_text(encoding="utf-8")))
        loaded = {file for file in sizes if file.startswith("_images/")}
        assert loaded < there, name


def test_a_lecture_reads_without_scripts(new_context, site, lectures):
    """Formulas are drawn, folds open, the menu leads on: nothing of it waits for a script."""
    context = new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for name in lectures:
        page.goto(site + name)
        formulas = page.locator("article math").all()[:20]
        boxes = [formula.bounding_box() for formula in formulas if formula.is_visible()]
        assert boxes, name
        assert all(box["width"] > 3 and box["height"] > 3 for box in boxes), name
        fold = page.locator("article details:not(.hide) > summary").first
        fold.click()
        assert page.locator("article details[open]").count() >= 1, name
    page.locator("nav.bd-docs-nav a[href*='glossary']").click()
    assert page.url.endswith("pages/glossary.html")
    context.close()


def test_no_formula_is_left_as_source(names, html):
    """What Jupyter would typeset in the browser is typeset when the site is built."""
    for name in names:
        page = re.sub(
            r"<(pre|code|script|style|math)\b.*?</\1>", "", (html / name).read_text(encoding="utf-8"), flags=re.DOTALL
        )
        assert re.findall(r"\\[(\[][^<]{1,80}|\$[^$<\s][^$<]{0,80}\\[^$<]{0,80}\$", page) == [], name


def test_the_server_counts_what_is_there(html, root):
    """The measure itself: a file of the site is answered whole, and an address that is none by the page for that."""
    with served(html, root) as address:
        with urllib.request.urlopen(address + "index.html") as answer:
            assert answer.read() == (html / "index.html").read_bytes()
        for wrong in (address + "no-such-page.html", urljoin(address, "/robots.txt")):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(wrong)
