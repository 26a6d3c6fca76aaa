"""Live code by a remote service is optional: off as the course comes, and complete where _config.yml asks for it."""

from types import SimpleNamespace

import jinja2
import pytest
from bs4 import BeautifulSoup

from tools.finish_site import read_site, wants_live_code
from tools.set_repository import current_address, current_branch

SETTINGS = pytest.mark.parametrize("asked", [False, True])
SCRIPT = SimpleNamespace(filename="_static/sphinx-thebe.js", attributes={"async": "async"})
CONSTANTS = SimpleNamespace(filename=None, attributes={"body": 'const THEBE_JS_URL = "https://example.org/thebe.js"'})
AGAIN = SimpleNamespace(filename="", attributes=CONSTANTS.attributes)  # as Sphinx lists it a second time
STYLES = SimpleNamespace(filename="_static/sphinx-thebe.css", attributes={})
OTHERS = SimpleNamespace(filename="_static/course.js", attributes={})
CODE = '<div class="cell docutils container"><pre>1 + 1</pre></div>'


@pytest.fixture
def application(root):
    """Plays Sphinx: what the extensions ask of it."""

    def made(asked):
        options = {"repository_url": current_address(root), "repository_branch": current_branch(root)}
        options["launch_buttons"] = {"thebe": asked}
        return SimpleNamespace(config=SimpleNamespace(html_theme_options=options, offline_zip="book.zip"))

    return made


def menus(extension, root, app, source):
    """The menus of a page made from `source`, drawn by the book's template."""
    context = {"sourcename": source, "content_root": "../", "pathto": lambda name, kind: f"../{name}"}
    extension("header_menus").add_menus(app, source.split(".")[0], "page.html", context, None)
    empty = jinja2.FunctionLoader(
        lambda name: "" if name.endswith(("switcher.html", "button.html", "bar.html")) else None
    )
    loader = jinja2.ChoiceLoader([empty, jinja2.FileSystemLoader(root / "_templates")])
    page = jinja2.Environment(loader=loader).get_template("article-header-buttons.html").render(context)
    return BeautifulSoup(page, "lxml")


def test_the_course_comes_without(root):
    assert wants_live_code(root) is False


@SETTINGS
def test_the_setting_is_read(tmp_path, asked):
    (tmp_path / "_config.yml").write_text(f"launch_buttons:\n  thebe: {str(asked).lower()}\n", encoding="utf-8")
    assert wants_live_code(tmp_path) is asked


@SETTINGS
def test_files_are_published_where_they_are_asked_for(tmp_path, asked):
    names = {f"_static/{name}" for name in ("sphinx-thebe.js", "sphinx-thebe.css", "course.js", "course.js.map")}
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    _, files = read_site(tmp_path, live_code=asked)
    assert set(files) == {name for name in names if ("thebe" not in name or asked) and not name.endswith(".map")}


@SETTINGS
@pytest.mark.parametrize("body", [CODE, '<p>A table <span class="cellar"></span> and no code.</p>'])
def test_pages_with_code_load_it_where_it_is_asked_for(extension, application, asked, body):
    context = {"body": body, "script_files": [CONSTANTS, SCRIPT, AGAIN, OTHERS], "css_files": [STYLES]}
    extension("quiet_scripts").drop_files(application(asked), "page", "page.html", context, None)
    wanted = asked and body == CODE
    assert context["script_files"] == ([AGAIN, SCRIPT, OTHERS] if wanted else [OTHERS])  # constants declared once
    assert context["css_files"] == ([STYLES] if wanted else [])


@SETTINGS
def test_the_menu_of_a_lecture_has_it_where_it_is_asked_for(extension, application, root, asked):
    page = menus(extension, root, application(asked), "lectures/02-attention.ipynb")
    assert [link.get_text() for link in page.select("details.menu a")][:2] == ["Colab", "Binder"]
    buttons = page.select("details.menu button")
    assert [(one["type"], one["onclick"]) for one in buttons] == [("button", "initThebeSBT()")] * asked
    assert all(one.get_text() for one in buttons)


def test_pages_without_code_never_have_it(extension, application, root):
    page = menus(extension, root, application(True), "pages/glossary.md")
    assert page.select("details.menu a")
    assert not page.select("details.menu button")
