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
NEXT = "lectures/04-attention-in-seq2seq.html"


def letters(text):
    """The letters of a text, ligatures taken apart: a line may break between any two of them."""
    return re.sub(r"[\W\d_]", "", unicodedata.normalize("NFKC", text))


def unfolded(page):
    """How each paragraph begins that is folded away on the page, formulas left out; a sheet may end within one."""
    found = page.select("article details:not(.hide) p")
    starts = {letters(one.get_text())[:40] for one in found if not one.select("math")}
    return {start for start in starts if len(start) == 40}


@pytest.fixture(scope="module")
def lecture(html, site, browser, tmp_path_factory):
    """One lecture on paper."""
    folder = tmp_path_factory.mktemp("pdf")
    count = make_lecture(browser, site, PUBLIC, LECTURE, title_of(html, LECTURE), folder)
    document = PdfReader(folder / LECTURE.split("/")[1].replace(".html", ".pdf"))
    assert len(document.pages) == count
    return document


def targets(document):
    return [address for page in document.pages for _, address in links_of(page)]


def test_a_lecture_has_numbered_pages(lecture):
    count = len(lecture.pages)
    assert count > 1
    for number, page in enumerate(lecture.pages, 1):
        assert f"{number} / {count}" in page.extract_text()


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
