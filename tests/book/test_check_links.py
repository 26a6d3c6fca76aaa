"""The check of links to other sites: which it tries, and what it calls dead."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import requests

from tools.check_links import TRIES, external_links, fault


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
    (tmp_path / "b.html").write_text('<a href="https://one.org/x">1</a><a href="https://own.org/y">2</a>')
    assert external_links(tmp_path, ("https://own.org",)) == {"https://one.org/x": {"a.html", "b.html"}}


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
