"""The book without a network: the archive is the site, it works from any folder, and from the files themselves."""

import io
import zipfile

import pytest

from tests.browser.visits import Visit, make_visits
from tools.site_offline import FOLDER, NAME, make_zip

SOME = ("index.html", "lectures/02-attention-is-a-weighted-average.html", "search.html", "pages/glossary.html")


@pytest.fixture(scope="module")
def unpacked(html, tmp_path_factory):
    folder = tmp_path_factory.mktemp("offline")
    with zipfile.ZipFile(html / NAME) as archive:
        archive.extractall(folder)
    return folder / FOLDER


def test_the_archive_is_the_site(html, unpacked):
    there = {path.relative_to(html).as_posix(): path for path in html.rglob("*") if path.is_file()}
    packed = {path.relative_to(unpacked).as_posix(): path for path in unpacked.rglob("*") if path.is_file()}
    assert set(packed) - set(there) == {"README.txt"}
    assert set(there) - set(packed) == {NAME}
    for name in set(there) & set(packed):
        assert packed[name].read_bytes() == there[name].read_bytes(), name


def test_the_same_site_gives_the_same_bytes():
    files = {"b.html": b"second", "a.html": b"first"}
    again = dict(sorted(files.items()))
    assert make_zip(files) == make_zip(again)
    assert zipfile.ZipFile(io.BytesIO(make_zip(files))).namelist() == [
        FOLDER + n for n in ("README.txt", *sorted(files))
    ]
    assert make_zip(files) != make_zip(files | {"c.html": b"third"})


def test_the_unpacked_site_opens_as_files(new_context, unpacked):
    """No server: what a reader does who opens index.html by a double click."""
    context = new_context(offline=True)
    for name in SOME:
        page = context.new_page()
        said = []
        page.on("console", lambda message, said=said: said.append(message.text) if message.type == "error" else None)
        page.on("requestfailed", lambda request, said=said: said.append(request.url))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.goto((unpacked / name).as_uri())
        assert page.locator("main h1:visible").count() == 1
        assert said == [], name
    context.close()


def test_the_archive_is_offered(html):
    page = (html / SOME[1]).read_text(encoding="utf-8")
    assert f'href="../{NAME}"' in page


def test_a_page_that_asks_for_another_host_is_noticed(html, root, axe, tmp_path, browser):
    """The net under the tests: whatever is loaded from elsewhere fails and is written down."""
    from tests.browser.site_server import served

    picture = "https://example.org/picture.png"
    (tmp_path / "index.html").write_text(
        f'<html lang="en"><title>t</title><main><h1>t</h1><img src="{picture}" alt="">'
    )
    with served(tmp_path, root) as address:
        visit = Visit("index.html", "light", 1280)
        found = make_visits(address, [visit], axe)[visit]
    assert found.elsewhere == [picture]
    assert found.failed
    assert found.console
