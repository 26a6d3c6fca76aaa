"""The book on paper, printed from the built site: whole, with answers unfolded and links that lead somewhere.

What needs no browser is in tests/book/test_make_pdf.py.
"""

import re
import unicodedata

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tools.make_pdf import links_of, make_book, make_lecture, title_of

pytestmark = pytest.mark.slow
PUBLIC = "https://somebody.github.io/course/"
LECTURE = "lectures/02-attention-is-a-weighted-average.html"
FIRST = "lectures/00-before-we-start.html"
FOOT = 40  # points: higher than the number of a page
NEXT = "lectures/04-attention-in-seq2seq.html"


def letters(text):
    """The letters of a text, ligatures taken apart: a line may break between any two of them."""
    return re.sub(r"[\W\d_]", "", unicodedata.normalize("NFKC", text))


def lowest(page):
    """The lowest words of a sheet, above its number; the order in which they were drawn is another one."""
    found = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: found.append((cm[1] * tm[4] + cm[3] * tm[5] + cm[5], text)))
    seen = [(round(height), text) for height, text in found if text.strip() and height > FOOT]
    return "".join(text for height, text in seen if height == min(seen)[0])


def unfolded(page):
    """How each paragraph begins that is folded away on the page, formulas left out; a sheet may end within one."""
    found = page.select("article details:not(.hide) p")
    starts = {letters(one.get_text())[:40] for one in found if not one.select("math")}
    return {start for start in starts if len(start) == 40}


def on_paper(name, html, site, browser, folder):
    """A printed lecture."""
    count = make_lecture(browser, site, PUBLIC, name, title_of(html, name), folder)
    document = PdfReader(folder / name.split("/")[1].replace(".html", ".pdf"))
    assert len(document.pages) == count
    return document


@pytest.fixture(scope="module")
def lecture(html, site, browser, tmp_path_factory):
    """One lecture on paper."""
    return on_paper(LECTURE, html, site, browser, tmp_path_factory.mktemp("pdf"))


def targets(document):
    return [address for page in document.pages for _, address in links_of(page)]


def test_a_lecture_has_numbered_pages(lecture):
    count = len(lecture.pages)
    assert count > 1
    for number, page in enumerate(lecture.pages, 1):
        assert f"{number} / {count}" in page.extract_text()


def test_no_heading_is_left_at_the_foot_of_a_page(html, site, browser, tmp_path):
    """Between this lecture's last heading and its quiz lies a cell that paper does not show."""
    soup = BeautifulSoup((html / FIRST).read_text(encoding="utf-8"), "lxml")
    headings = {letters(one.get_text()) for one in soup.select("article :is(h2, h3)")}
    pages = on_paper(FIRST, html, site, browser, tmp_path).pages
    last = [letters(lowest(page)) for page in pages]
    assert len(headings) > 10
    assert [line for line in last if line and any(heading.endswith(line) for heading in headings)] == []


def test_answers_are_unfolded(lecture, html):
    wanted = unfolded(BeautifulSoup((html / LECTURE).read_text(encoding="utf-8"), "lxml"))
    assert wanted
    printed = letters("".join(page.extract_text() for page in lecture.pages))
    assert {one for one in wanted if one not in printed} == set()


def test_no_link_leads_to_the_server_that_printed(lecture):
    found = targets(lecture)
    assert any(address.startswith(f"{PUBLIC}lectures/") for address in found)
    assert [address for address in found if "127.0.0.1" in address or "localhost" in address] == []


def test_the_book_has_bookmarks_and_leads_from_page_to_page(html, site, browser, tmp_path):
    names = [LECTURE, NEXT]
    count = make_book(browser, site, PUBLIC, names, html, tmp_path)
    (path,) = tmp_path.glob("*.pdf")
    document = PdfReader(path)
    assert len(document.pages) == count
    marks = [one for one in document.outline if not isinstance(one, list)]
    assert [one.title for one in marks] == [title_of(html, name) for name in names]
    starts = [document.get_destination_page_number(one) for one in marks]
    assert starts[0] == 0 < starts[1]
    assert [one for one in targets(document) if "127.0.0.1" in one or one.startswith(PUBLIC + NEXT)] == []
    assert f"{count} / {count}" in document.pages[-1].extract_text()
