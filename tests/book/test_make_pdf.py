"""The book on paper: its pages, their order, and where links lead. Printing itself is tested in tests/browser."""

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import Fit

from tools.make_pdf import chapters, lead_links, links_of, title_of, write

PRINTED, PUBLIC = "http://127.0.0.1:8000/course/", "https://somebody.github.io/course/"
AREA = (0, 0, 10, 10)


@pytest.fixture
def document():
    """A document of three pages whose first links to these addresses."""

    def made(*addresses):
        writer = PdfWriter()
        for _ in range(3):
            writer.add_blank_page(100, 100)
        for address in addresses:
            writer.add_annotation(0, Link(rect=AREA, url=address))
        return writer

    return made


def addresses(page):
    return [address for _, address in links_of(page)]


def contents(root, *files):
    (root / "_toc.yml").write_text(
        "root: index\nparts:\n- chapters:\n" + "".join(f"  - file: {file}\n" for file in files), encoding="utf-8"
    )
    return chapters(root)


def test_chapters_stand_in_the_order_of_the_contents(tmp_path):
    order = ("pages/syllabus", "lectures/02-b", "lectures/01-a")
    assert contents(tmp_path, *order) == ["index.html", *(f"{name}.html" for name in order)]


@pytest.mark.parametrize("left_out", ["pages/api/seq2bert.masks", "pages/instructors/grading", "pages/errata"])
def test_what_is_not_for_paper_is_left_out(tmp_path, left_out):
    assert contents(tmp_path, "lectures/01-a", left_out) == ["index.html", "lectures/01-a.html"]


def test_the_book_has_every_lecture(root):
    names = chapters(root)
    assert [name for name in names if name.startswith("lectures/")] == [
        f"lectures/{path.stem}.html" for path in sorted((root / "lectures").glob("*.ipynb"))
    ]
    assert len(set(names)) == len(names)


def test_links_are_read_and_jumps_within_a_document_are_none(document):
    writer = document("https://one.org/", "https://two.org/a")
    writer.add_annotation(0, Link(rect=AREA, target_page_index=2, fit=Fit.fit()))
    assert [addresses(page) for page in writer.pages] == [["https://one.org/", "https://two.org/a"], [], []]


def test_a_link_to_a_page_of_the_book_leads_into_it(document):
    writer = document(f"{PRINTED}lectures/04.html#figure", f"{PRINTED}#top")
    lead_links(writer, PRINTED, PUBLIC, {"index.html": 1, "lectures/04.html": 2})
    assert addresses(writer.pages[0]) == []
    places = [reference.get_object()["/Dest"][0] for reference in writer.pages[0]["/Annots"]]
    assert [place.get_object() for place in places] == [writer.pages[2], writer.pages[1]]


def test_a_link_to_another_page_leads_to_the_published_site(document):
    writer = document(f"{PRINTED}pages/api/masks.html#seq2bert", f"{PRINTED}lectures/04.html")
    lead_links(writer, PRINTED, PUBLIC, {})
    assert addresses(writer.pages[0]) == [f"{PUBLIC}pages/api/masks.html#seq2bert", f"{PUBLIC}lectures/04.html"]


def test_a_link_elsewhere_stays(document):
    elsewhere = ("https://arxiv.org/abs/1706.03762", "mailto:somebody@example.org")
    writer = document(*elsewhere)
    lead_links(writer, PRINTED, PUBLIC, {"index.html": 1})
    assert tuple(addresses(writer.pages[0])) == elsewhere


@pytest.mark.parametrize("title", ["4. Attention &#8212; From seq2seq to BERT", "4. Attention", "\n 4. Attention\n"])
def test_the_title_is_that_of_the_page_alone(tmp_path, title):
    (tmp_path / "a.html").write_text(f"<head><title>{title}</title></head>", encoding="utf-8")
    assert title_of(tmp_path, "a.html") == "4. Attention"


def test_a_saved_document_has_a_title_and_opens_its_bookmarks(document, tmp_path):
    write(document(), tmp_path / "new" / "a.pdf", "4. Attention")
    saved = PdfReader(tmp_path / "new" / "a.pdf")
    assert saved.metadata.title == "4. Attention"
    assert saved.page_mode == "/UseOutlines"
    assert len(saved.pages) == 3
