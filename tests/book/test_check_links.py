"""The check of links to other sites: which it tries, and what it calls dead."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import requests

from tools import check_links
from tools.check_links import TRIES, external_links, fault, is_own


def answering(*codes):
    """Plays requests.get: one status after another, or an error."""
    rest = list(codes)

    def get(address, **options):
        code = rest.pop(0)
        if isinstance(code, Exception):
            raise code
        return nullcontext(SimpleNamespace(status_code=code))

    get.rest = rest
    return get


def test_links_elsewhere_are_collected_once_with_their_pages(tmp_path):
    (tmp_path / "a.html").write_text('<a href="https://one.org/x#part">1</a><a href="b.html">b</a><a href="#c">c</a>')
    (tmp_path / "b.html").write_text('<a href="https://one.org/x">1</a><a href="https://two.org/y">2</a>')
    assert external_links(tmp_path) == {"https://one.org/x": {"a.html", "b.html"}, "https://two.org/y": {"b.html"}}


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("https://github.com/Owner/course", True),
        ("https://github.com/Owner/course/releases", True),
        ("https://owner.github.io/course/index.html", True),
        ("https://colab.research.google.com/github/Owner/course/blob/main/lectures/02.ipynb", True),
        ("https://mybinder.org/v2/gh/Owner/course/main?urlpath=lab", True),
        ("https://github.com/Owner/course-extras", False),
        ("https://colab.research.google.com/", False),
        ("https://arxiv.org/abs/1706.03762", False),
    ],
)
def test_own_addresses_are_told_from_others(address, own):
    assert is_own(address, "https://github.com/Owner/course") is own


def test_each_address_is_tried_by_one_of_the_two_ways(tmp_path, monkeypatch, capsys):
    own, other = "https://github.com/Owner/course", "https://one.org/x"
    (tmp_path / "a.html").write_text(f'<a href="{own}">1</a><a href="{other}">2</a>')
    monkeypatch.setattr(check_links, "HTML", tmp_path)
    monkeypatch.setattr(check_links, "current_address", lambda root: own)
    monkeypatch.setattr(check_links, "fault", lambda address: "answers 404")
    for options, tried in (([], other), (["--own"], own)):
        monkeypatch.setattr("sys.argv", ["check_links", *options])
        with pytest.raises(SystemExit) as ended:
            check_links.main()
        assert ended.value.code == 1
        assert capsys.readouterr().out == f"{tried}\n    answers 404\n    in a.html\n1 links, 1 dead\n"


@pytest.mark.parametrize("code", [200, 301, 403, 429])
def test_an_answer_or_a_refusal_is_no_fault(code):
    assert fault("https://one.org", get=answering(code)) is None


def test_a_missing_page_is_dead_at_once():
    get = answering(404, 200)
    assert fault("https://one.org", get=get, wait=None) == "answers 404"
    assert get.rest == [200]


def test_a_server_in_trouble_is_asked_again():
    waited = []
    assert fault("https://one.org", get=answering(503, requests.ConnectionError(), 200), wait=waited.append) is None
    assert waited == [10, 20]
    gone = [requests.ConnectionError("no such host")] * TRIES
    assert fault("https://one.org", get=answering(*gone), wait=waited.append) == "ConnectionError: no such host"
