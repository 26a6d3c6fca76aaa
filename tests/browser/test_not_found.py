"""The page for a wrong address, shown as deep as somebody may mistype: it looks like the site and leads back to it."""

import pytest

from tests.browser.visits import HEIGHTS

DEEP = "a/b/none.html"
SHEETS = "[...document.styleSheets].map(one => [one.href, one.cssRules.length])"
LOOK = """["body", "article h1", ".bd-sidebar-primary"].map(one => {
  const {fontFamily, fontSize, color, backgroundColor} = getComputedStyle(document.querySelector(one));
  return [one, fontFamily, fontSize, color, backgroundColor];
})"""


@pytest.fixture
def lost(new_context):
    """An empty window, and what goes wrong in it."""
    context = new_context(viewport={"width": 1280, "height": HEIGHTS[1280]}, color_scheme="light")
    page, faults = context.new_page(), []
    page.on("response", lambda answer: answer.status >= 400 and faults.append(f"{answer.url} {answer.status}"))
    page.on("requestfailed", lambda request: faults.append(f"{request.url} {request.failure}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page, faults
    context.close()


def test_a_deep_wrong_address_shows_a_page_of_the_site(lost, site):
    page, faults = lost
    assert page.goto(site + DEEP, wait_until="networkidle").status == 404
    assert faults == [f"{site}{DEEP} 404"]
    assert page.locator("article h1").inner_text().startswith("Page not found")
    sheets = page.evaluate(SHEETS)
    assert sheets
    assert all(address.startswith(site) and rules for address, rules in sheets), sheets
    look = page.evaluate(LOOK)
    page.goto(f"{site}pages/how-to-use.html")
    assert page.evaluate(LOOK) == look


def test_it_leads_home(lost, site):
    page, faults = lost
    page.goto(site + DEEP)
    page.locator("a[href$='/index.html']:visible").first.click()
    page.wait_for_url(f"{site}index.html")
    assert faults == [f"{site}{DEEP} 404"]
    assert page.locator("article h1").count() == 1
