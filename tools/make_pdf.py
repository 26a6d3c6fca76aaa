"""Print the book and each lecture as PDF: `make pdf` writes them to _build/pdf.

Chromium prints the built pages with the style sheet for paper (_static/course.css), folds open; pypdf puts the book
together, numbers its pages, and leads links between its pages to the pages themselves. Links that stay outside lead to
the published site. Needs Chromium: `sudo apt-get install chromium`.
"""

import argparse
import re
import sys
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag

import yaml
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from tests.browser.chromium import CHROMIUM, MISSING, OPTIONS
from tests.browser.site_server import served
from tools.set_repository import ROOT, current_address, pages_address

HTML = ROOT / "_build" / "site" / "_build" / "html"
OUTPUT = ROOT / "_build" / "pdf"
BOOK = "seq2bert-book.pdf"
LEFT_OUT = re.compile(r"pages/(api/|instructors/|progress|changelog|contribute|errata|releases)")  # not for paper
PAPER = {"format": "A4", "print_background": True, "tagged": True, "outline": True, "prefer_css_page_size": False}
PAPER["margin"] = {"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"}
FOOTER = (
    '<div style="font: 8pt sans-serif; width: 100%; text-align: center; color: #444">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
READY = """async () => {
  for (const fold of document.querySelectorAll("article details:not(.hide)")) fold.open = true;
  const pictures = [...document.images];
  for (const picture of pictures) picture.loading = "eager";
  await Promise.all(pictures.map(one => one.complete || new Promise(done => { one.onload = one.onerror = done; })));
  await document.fonts.ready;
}"""


def chapters(root):
    """Pages of the book on paper, in the order of _toc.yml, by their path in the site."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    names = [contents["root"]]
    names += [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    return [f"{name}.html" for name in names if not LEFT_OUT.match(name)]


def print_page(browser, address, **options):
    """Bytes of one page as PDF."""
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    context.set_default_timeout(180_000)
    page = context.new_page()
    page.goto(address)
    page.evaluate(READY)
    content = page.pdf(**PAPER, **options)
    context.close()
    return content


def links_of(page):
    """Annotations of a page that lead to an address, each with the address."""
    for reference in page.get("/Annots") or ():
        annotation = reference.get_object()
        action = annotation.get("/A")
        if action is not None and "/URI" in action:
            yield annotation, str(action["/URI"])


def lead_links(writer, address, public, places):
    """Lead links to the server that printed the pages elsewhere: into the book, or to the published site.

    Parameters
    ----------
    writer : PdfWriter
    address, public : str
        Beginnings of the printed and of the published address.
    places : dict
        Number of the page in the book on which a page of the site begins, by its path; empty for a lecture alone.
    """
    for page in writer.pages:
        for annotation, target in list(links_of(page)):
            if not target.startswith(address):
                continue
            name = urldefrag(target).url.removeprefix(address) or "index.html"
            if name in places:
                where = [writer.pages[places[name]].indirect_reference, NameObject("/Fit")]
                annotation[NameObject("/Dest")] = ArrayObject(where)
                del annotation["/A"]
            else:
                action = {"/S": NameObject("/URI"), "/URI": TextStringObject(public + target.removeprefix(address))}
                annotation[NameObject("/A")] = DictionaryObject(
                    {NameObject(key): value for key, value in action.items()}
                )


def number_pages(browser, writer):
    """Print the number of each page of the book below it."""
    count = len(writer.pages)
    sheets = "".join('<div style="break-after: page; height: 1px"></div>' for _ in range(count))
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f"<body>{sheets}</body>")
    plain = {key: value for key, value in PAPER.items() if key not in ("tagged", "outline", "print_background")}
    numbers = PdfReader(
        BytesIO(page.pdf(**plain, display_header_footer=True, header_template=" ", footer_template=FOOTER))
    )
    context.close()
    for position in range(count):
        writer.pages[position].merge_page(numbers.pages[position])
        writer.pages[position].compress_content_streams()  # merging has unpacked them


def title_of(html, name):
    """Title of a page without the site's."""
    text = (html / name).read_text(encoding="utf-8")
    return re.search(r"<title>(.*?)(?: &#8212; .*?)?</title>", text, re.DOTALL)[1].strip()


def write(writer, path, title):
    """Save a document with its title and open its bookmarks."""
    writer.add_metadata({"/Title": title, "/Author": "The authors of From seq2seq to BERT", "/Producer": "pypdf"})
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects()
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write(path)


def make_lecture(browser, address, public, name, title, output):
    """One lecture with its own numbers."""
    content = print_page(
        browser, address + name, display_header_footer=True, header_template=" ", footer_template=FOOTER
    )
    writer = PdfWriter(clone_from=BytesIO(content))
    lead_links(writer, address, public, {})
    write(writer, output / f"{Path(name).stem}.pdf", title)
    return len(writer.pages)


def make_book(browser, address, public, names, html, output):
    """All chapters in one document, with bookmarks and continuous numbers."""
    writer, places = PdfWriter(), {}
    for name in names:
        places[name] = len(writer.pages)
        writer.append(BytesIO(print_page(browser, address + name)), outline_item=title_of(html, name))
    lead_links(writer, address, public, places)
    number_pages(browser, writer)
    write(writer, output / BOOK, title_of(html, "index.html"))
    return len(writer.pages)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lecture", help="only this one, for example 04")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        sys.exit(f"make pdf {MISSING}")
    if not (HTML / "index.html").exists():
        sys.exit("There is no built site: run make book.")
    names = chapters(ROOT)
    lectures = [name for name in names if re.match(rf"lectures/{arguments.lecture or ''}", name)]
    public = pages_address(current_address(ROOT)) + "/"
    with served(HTML, ROOT) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**OPTIONS)
        for name in lectures:
            count = make_lecture(browser, address, public, name, title_of(HTML, name), OUTPUT)
            print(f"  {Path(name).stem}.pdf: {count} pages", flush=True)
        if not arguments.lecture:
            count = make_book(browser, address, public, names, HTML, OUTPUT)
            print(f"{OUTPUT / BOOK}: {count} pages")
        browser.close()


if __name__ == "__main__":
    main()
