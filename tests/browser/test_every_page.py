"""Laws for every page in a browser: quiet, complete, nothing from elsewhere, nothing too wide, accessible.

`make test` opens each page once in each theme, at one width in the light and at the other in the dark; which goes with
which, and the sample that is opened in all four ways, changes with the commit. `make test-all` opens all in all ways.
"""

import hashlib

import pytest

from tests.browser.chromium import CHROMIUM, MISSING
from tests.browser.visits import Visit, make_visits

SAMPLE = 6  # pages that are opened in both themes at both widths
EVERY_WAY = [(theme, width) for theme in ("light", "dark") for width in (1280, 390)]
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)


def chosen_visits(names, commit):
    """Each page once in each theme, and a sample in every way."""
    order = sorted(names, key=lambda name: hashlib.sha256(f"{commit} {name}".encode()).digest())
    visits = []
    for position, name in enumerate(order):
        ways = EVERY_WAY
        if position >= SAMPLE:
            ways = [("light", 1280), ("dark", 390)] if position % 2 else [("light", 390), ("dark", 1280)]
        visits += [Visit(name, *way) for way in ways]
    return visits


@pytest.fixture(scope="module", params=["chosen", pytest.param("every way", marks=pytest.mark.slow)])
def findings(names, commit, site, axe, request):
    """What the visits showed; in `make test-all` the ways that were not chosen are gone, too."""
    chosen = chosen_visits(names, commit)
    if request.param == "chosen":
        return make_visits(site, chosen, axe)
    rest = {Visit(name, *way) for name in names for way in EVERY_WAY} - set(chosen)
    return make_visits(site, sorted(rest, key=str), axe)


def faults(findings, what):
    """Visits with something to complain about, and what."""
    return {str(visit): getattr(found, what) for visit, found in findings.items() if getattr(found, what)}


def test_every_page_is_seen_in_both_themes_and_at_both_widths(names):
    visits = chosen_visits(names, "a commit")
    for name in names:
        mine = [visit for visit in visits if visit.page == name]
        assert {visit.theme for visit in mine} == {"light", "dark"}
        assert {visit.width for visit in mine} == {1280, 390}
    assert len(visits) == 2 * len(names) + 2 * SAMPLE
    assert visits != chosen_visits(names, "another commit")


@needs_browser
def test_no_page_says_anything_in_the_console(findings):
    assert faults(findings, "console") == {}


@needs_browser
def test_no_request_fails(findings):
    assert faults(findings, "failed") == {}


@needs_browser
def test_nothing_is_requested_from_elsewhere(findings):
    assert faults(findings, "elsewhere") == {}


@needs_browser
def test_no_page_is_wider_than_the_window(findings):
    assert faults(findings, "overflow") == {}


@needs_browser
def test_pages_follow_the_theme_of_the_system(findings):
    assert {str(visit): found.theme for visit, found in findings.items() if found.theme != visit.theme} == {}


@needs_browser
def test_axe_finds_nothing(findings):
    """Grouped by rule and place, because a fault of the theme stands on every page."""
    found = {}
    for visit, seen in findings.items():
        for fault in seen.axe:
            found.setdefault(fault, []).append(str(visit))
    listed = [f"{fault}\n    on {len(visits)}: {', '.join(visits[:3])}" for fault, visits in sorted(found.items())]
    assert not found, "\n" + "\n".join(listed)
