"""Laws for the built site: it stands alone, its links lead somewhere, and it shows what was run."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tools import execute
from tools.build_site import api_pages
from tools.finish_site import wants_live_code
from tools.set_repository import current_address, current_branch, pages_address

pytestmark = pytest.mark.site

# Attributes by which a browser fetches something without being asked.
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
}
FETCHED_LINKS = {
    "stylesheet",
    "preload",
    "prefetch",
    "modulepreload",
    "icon",
    "shortcut icon",
    "manifest",
    "preconnect",
}
ELSEWHERE = re.compile(r"^(?:https?:)?//")


@pytest.fixture(scope="session")
def prefix(root):
    """Path of the published site on its host."""
    return urlsplit(pages_address(current_address(root)) + "/").path


def is_elsewhere(address):
    return bool(ELSEWHERE.match(address.strip()))


def target_of(html, name, address, prefix):
    """File that an address leads to; the page for wrong addresses is shown at any depth and uses absolute ones."""
    path = unquote(urlsplit(address).path)
    if name == "404.html" and path.startswith(prefix):
        return (html / path.removeprefix(prefix)).resolve()
    return ((html / name).parent / path).resolve()


def loads(page):
    """Addresses that a browser fetches when it opens the page."""
    for name, attribute in LOADS.items():
        for tag in page.find_all(name):
            if tag.get(attribute):
                yield tag[attribute]
    for tag in page.find_all("link"):
        if set(tag.get("rel", [])) & FETCHED_LINKS or " ".join(tag.get("rel", [])) in FETCHED_LINKS:
            yield tag["href"]
    for tag in page.find_all(srcset=True):
        yield from (part.split()[0] for part in tag["srcset"].split(","))
    for tag in page.find_all(style=True):
        yield from re.findall(r"url\(['\"]?([^'\")]+)", tag["style"])
    for tag in page.find_all("style"):
        yield from re.findall(r"(?:url\(|@import )['\"]?([^'\")]+)", tag.get_text())


def test_pages_load_nothing_from_elsewhere(pages):
    found = {name: [one for one in loads(page) if is_elsewhere(one)] for name, page in pages.items()}
    assert {name: addresses for name, addresses in found.items() if addresses} == {}


def test_scripts_in_pages_load_nothing_from_elsewhere(pages):
    pattern = re.compile(r"https?://[^\s'\"<>]+\.(?:m?js|css|woff2?|wasm|json)\b")
    for name, page in pages.items():
        for script in page.find_all("script"):
            live_code = script.get_text().startswith("const THEBE_JS_URL")  # loaded when somebody chooses it
            if script.get("type") != "application/ld+json" and not live_code:
                assert pattern.findall(script.get_text()) == [], name


def test_style_sheets_load_nothing_from_elsewhere(html):
    for path in html.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        addresses = re.findall(r"(?:url\(|@import )\s*['\"]?([^'\")]+)", text)
        assert [one for one in addresses if is_elsewhere(one)] == [], path


def test_script_files_load_nothing_from_elsewhere(html, pages):
    """Links in comments are no loads, nor is the address that a script only mentions."""
    used = {
        urlsplit(one).path.split("_static/")[-1] for page in pages.values() for one in loads(page) if "_static/" in one
    }
    pattern = re.compile(
        r"(?:import\(|fetch\(|importScripts\(|\.src ?= ?|\.open\(['\"]GET['\"], ?)['\"`]https?://[^'\"`]+"
    )
    for name in sorted(name for name in used if name.endswith("js")):
        assert pattern.findall((html / "_static" / name).read_text(encoding="utf-8")) == [], name


def test_what_pages_load_is_there(html, pages, prefix):
    for name, page in pages.items():
        for address in loads(page):
            if not address.startswith("data:"):
                assert target_of(html, name, address, prefix).exists(), f"{name} loads {address}"


def test_links_lead_somewhere(html, pages, prefix):
    anchors = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    for name in anchors:
        anchors[name] |= {tag["name"] for tag in pages[name].find_all("a", attrs={"name": True})}
    dead = []
    for name, page in pages.items():
        for tag in page.find_all("a", href=True):
            address, fragment = urldefrag(tag["href"])
            if urlsplit(address).scheme or (not address and not fragment):
                continue
            target = target_of(html, name, address, prefix) if address else (html / name).resolve()
            inside = str(target.relative_to(html.resolve())) if target.is_relative_to(html.resolve()) else None
            missing = inside in anchors and fragment and unquote(fragment) not in anchors[inside]
            if inside is None or not target.exists() or missing:
                dead.append((name, tag["href"]))
    assert dead == []


def test_links_within_the_site_are_relative(pages, root):
    """The built folder works from any place."""
    base = pages_address(current_address(root)) + "/"
    for name, page in pages.items():
        article = page.find("article") or page
        assert [tag["href"] for tag in article.find_all("a", href=True) if tag["href"].startswith(base)] == [], name


def test_pictures_have_alternative_text(pages):
    for name, page in pages.items():
        for tag in page.find_all("img"):
            decorative = tag.get("role") == "presentation" or "logo" in " ".join(tag.get("class", []))
            assert tag.get("alt") or decorative, f"{name}: {tag}"


def test_pages_have_a_language_a_title_and_one_heading(pages):
    for name, page in pages.items():
        assert page.html.get("lang") == "en", name
        assert page.title.get_text().strip(), name
        if name not in ("search.html", "genindex.html", "py-modindex.html"):
            assert len((page.find("article") or page).find_all("h1")) == 1, name


def test_mathematics_is_there_before_scripts_run(html, pages, lecture, notebook):
    """Every formula of the text is MathML on the page, in a font that comes with the site."""
    page = pages[f"lectures/{lecture.stem}.html"]
    formulas = page.select("article math")
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    displayed = re.findall(r"\$\$.+?\$\$", prose, flags=re.DOTALL)
    assert len([formula for formula in formulas if formula.get("display") == "block"]) == len(displayed)
    assert len(formulas) > 0
    assert not [tag for tag in page.find_all("script", src=True) if "mathjax" in tag["src"].lower()]
    assert "STIXTwoMath.woff2" in (html / "_static/site.css").read_text(encoding="utf-8")
    assert (html / "_static/STIXTwoMath.woff2").read_bytes().startswith(b"wOF2")


def test_no_formula_is_left_as_it_was_typed(pages):
    """What a cell writes is no place for formulas: the page shows their dollars."""
    left = {}
    for name, page in pages.items():
        texts = [
            text for text in page.find_all(string=True) if not text.find_parent(["pre", "code", "script", "style"])
        ]
        if found := re.findall(r"\$[^$\n]+\$", "\n".join(texts)):
            left[name] = found
    assert left == {}


def test_no_widget_scripts_and_no_dead_widgets(pages):
    for name, page in pages.items():
        text = str(page)
        assert "application/vnd.jupyter.widget" not in text, name
        assert "require.min.js" not in text, name


def test_live_code_is_there_where_it_is_asked_for_and_no_trace_of_it_elsewhere(html, pages, root):
    asked = wants_live_code(root)
    for name, page in pages.items():
        wanted = asked and name.startswith("lectures/")
        assert ("thebe" in str(page).lower()) == wanted, name
        assert (page.select_one("details.menu button") is not None) == wanted, name
    assert (html / "_static" / "sphinx-thebe.js").exists() == asked


def test_colab_and_download_buttons(html, pages, lecture, root):
    page = pages[f"lectures/{lecture.stem}.html"]
    repository = current_address(root).removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{repository}/blob/{current_branch(root)}/lectures/{lecture.name}"
    addresses = [tag["href"] for tag in page.find_all("a", href=True)]
    assert colab in addresses
    assert f"../_sources/lectures/{lecture.name}" in addresses
    assert (html / "_sources" / "lectures" / lecture.name).read_bytes() == lecture.read_bytes()


def test_pages_without_code_offer_no_colab(pages):
    for name, page in pages.items():
        if not name.startswith("lectures/"):
            assert not [tag for tag in page.find_all("a", href=True) if "colab.research" in tag["href"]], name


def test_one_search_field_and_an_index(html, pages):
    for name, page in pages.items():
        assert len(page.select("form.bd-search")) == 1 or name == "search.html", name
    index = (html / "searchindex.js").read_text(encoding="utf-8")
    assert "attention" in index
    assert "perplex" in index


def test_figures_carry_the_number_of_their_lecture(pages, lecture, executed):
    page = pages[f"lectures/{lecture.stem}.html"]
    numbers = [tag.get_text(strip=True) for tag in page.select("figure .caption-number")]
    captioned = [cell for cell in executed.cells if "figure" in cell.metadata.get("mystnb", {})]
    assert numbers == [f"Fig. {int(lecture.stem[:2])}.{position}" for position in range(1, len(captioned) + 1)]


def test_page_shows_the_outputs_of_the_run(pages, lecture, executed):
    """Every code cell with an output has one on the page."""
    page = pages[f"lectures/{lecture.stem}.html"]
    shown = [cell for cell in executed.cells if cell.cell_type == "code" and cell.outputs]
    hidden = {"remove-cell", "remove-output", "remove_cell", "remove_output"}
    expected = [cell for cell in shown if not hidden & set(cell.metadata.get("tags", []))]
    assert len(page.select("div.cell_output")) == len(expected)
    assert not re.search(r"Traceback \(most recent call last\)", page.get_text())


def test_executed_from_what_is_in_the_tree(root):
    package = execute.package_hash(root)
    for lecture in execute.find_lectures(root):
        assert execute.is_current(lecture, package, root / "_build" / "executed"), f"{lecture.name}: make book"


def test_every_module_has_its_page(root, pages):
    for name in api_pages(root / "src" / "seq2bert"):
        page = pages[f"pages/api/{Path(name).stem}.html"]
        assert page.select("dl.py"), name


def test_bibliography_lists_every_reference(root, pages):
    keys = re.findall(r"^@\w+\{([^,]+),", (root / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(pages["pages/bibliography.html"].select("div.citation")) == len(set(keys)) == len(keys)
