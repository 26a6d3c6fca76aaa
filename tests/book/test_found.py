"""Laws for those who find the site by a search engine or a shared link, or by a wrong address."""

import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

import matplotlib.pyplot as plt
import pytest

from tools import draw_social_card
from tools.set_repository import current_address, pages_address

UNLISTED = {"404.html", "search.html", "genindex.html", "py-modindex.html"}


@pytest.fixture(scope="session")
def address(root):
    return pages_address(current_address(root)) + "/"


@pytest.mark.site
def test_the_site_map_lists_every_page(html, pages, address):
    tree = ElementTree.parse(html / "sitemap.xml")
    listed = {tag.text for tag in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    wanted = {address + name for name in pages if name not in UNLISTED}
    assert wanted <= listed
    assert {one.removeprefix(address) for one in listed} <= set(pages)
    assert f"Sitemap: {address}sitemap.xml" in (html / "robots.txt").read_text(encoding="utf-8")


@pytest.mark.site
def test_every_page_says_its_address_and_what_it_is(pages, address):
    described = {}
    for name, page in pages.items():
        if name in UNLISTED:
            continue
        assert page.find("link", rel="canonical")["href"] == address + name
        assert page.find("meta", property="og:url")["content"] == address + name
        assert page.find("meta", property="og:title")["content"], name
        assert page.find("meta", attrs={"name": "description"}), name
        described[name] = page.find("meta", attrs={"name": "description"})["content"]
    lectures = [text for name, text in described.items() if name.startswith("lectures/")]
    assert len(set(lectures)) == len(lectures)


@pytest.mark.site
def test_a_shared_link_shows_the_card(html, pages, address):
    for name, page in pages.items():
        if name in UNLISTED:
            continue
        card = page.find("meta", property="og:image")["content"]
        assert card.startswith(address), name
        assert (html / card.removeprefix(address)).exists(), name
        assert page.find("meta", property="og:image:alt")["content"], name
        assert page.find("meta", attrs={"name": "twitter:card"})["content"] == "summary_large_image", name


def test_the_card_has_the_size_that_services_ask_for(root):
    path = root / draw_social_card.CARD
    height, width = plt.imread(path).shape[:2]
    assert (width, height) == (1200, 630)
    assert path.stat().st_size < 300_000


def test_the_card_shows_the_picture_of_the_landing_page(root, tmp_path):
    """Drawn again it is the committed one, so that it cannot be older than the picture."""
    (tmp_path / "_static").mkdir()
    (tmp_path / draw_social_card.PICTURE).write_bytes((root / draw_social_card.PICTURE).read_bytes())
    drawn, committed = plt.imread(draw_social_card.draw(tmp_path)), plt.imread(root / draw_social_card.CARD)
    assert abs(drawn - committed).mean() < 0.01, "run python -m tools.draw_social_card"


@pytest.mark.site
def test_the_page_for_wrong_addresses_works_at_any_depth(pages, address):
    page = pages["404.html"]
    prefix = urlsplit(address).path
    loaded = [tag["href"] for tag in page.find_all("link", rel="stylesheet")] + [
        tag["src"] for tag in page.find_all("script", src=True)
    ]
    assert loaded
    assert all(one.startswith(prefix) for one in loaded), loaded
    assert any(tag["href"] == f"{prefix}index.html" for tag in page.find_all("a", href=True))


def test_the_citation_names_the_version_of_the_package(root):
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    version = re.search(r'^version = "([^"]+)"', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert re.search(rf"^version: {re.escape(version)}$", citation, re.MULTILINE)
    assert current_address(root) in citation
