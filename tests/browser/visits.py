"""Open pages of the site in a browser, several at a time, and write down what is wrong with each.

One visit is one page in one theme at one width. What a browser says by itself (errors in the console, requests that
failed or went elsewhere), what overflows the window and what axe-core finds is collected; nothing is judged here.
"""

import asyncio
import threading
from dataclasses import dataclass, field

from playwright.async_api import async_playwright

from tests.browser.chromium import OPTIONS

HEIGHTS = {1280: 900, 390: 844}  # a laptop and a phone
PATIENCE = 180_000  # milliseconds for one step: a busy machine is slow, and speed is not what is tested
AT_ONCE = 3  # pages; the browser's own processes use what two cores leave
# The rules of WCAG 2.0 to 2.2, levels A and AA, and those of axe that are no rule of WCAG but good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
MORE_RULES = ["label-content-name-mismatch"]  # level A, and switched off in axe because it is marked experimental

OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(one => {
    if (one.getBoundingClientRect().right <= width + 1) return false;
    for (let up = one; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.position === "fixed") return false;
      if (up !== one && style.overflowX !== "visible") return false;
    }
    return true;
  });
  return wide.slice(0, 5).map(one => one.outerHTML.slice(0, 150)).concat(wide.length ? [] : ["the page itself"]);
}"""

AXE = """async ([tags, more, part]) => {
  const rules = Object.fromEntries(more.map(name => [name, {enabled: true}]));
  const found = await axe.run(part || document, {
    runOnly: {type: "tag", values: tags}, rules, resultTypes: ["violations"], elementRef: false
  });
  return found.violations.flatMap(rule => rule.nodes.map(node => {
    const [first] = node.any.concat(node.all, node.none);
    return `${rule.id}: ${node.target.flat().join(" ")} ${first?.message || ""}`;
  }));
}"""


@dataclass(frozen=True)
class Visit:
    """One page, by its path in the site, in one theme ("light" or "dark") at one width in CSS pixels."""

    page: str
    theme: str
    width: int

    def __str__(self):
        return f"{self.page} {self.theme} {self.width}"


@dataclass
class Findings:
    """What one visit showed."""

    console: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    elsewhere: list = field(default_factory=list)
    overflow: list = field(default_factory=list)
    axe: list = field(default_factory=list)
    theme: str = ""


def listen(page, address, found):
    """Write down what the page complains about and what it asks for in vain."""
    page.on("console", lambda message: message.type in ("error", "warning") and found.console.append(message.text))
    page.on("pageerror", lambda error: found.console.append(str(error)))
    page.on("requestfailed", lambda request: found.failed.append(f"{request.url} {request.failure}"))
    page.on("response", lambda answer: answer.status >= 400 and found.failed.append(f"{answer.url} {answer.status}"))

    def requested(request):
        if not request.url.startswith((address, "data:", "blob:")):
            found.elsewhere.append(request.url)

    page.on("request", requested)


async def _visit(browser, address, visit, axe):
    found = Findings()
    context = await browser.new_context(
        viewport={"width": visit.width, "height": HEIGHTS[visit.width]},
        color_scheme=visit.theme,
        reduced_motion="reduce",
    )
    try:
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        listen(page, address, found)
        await page.goto(address + visit.page, wait_until="load")
        await page.evaluate("document.fonts.ready")
        found.theme = await page.evaluate("document.documentElement.dataset.theme")
        found.overflow = await page.evaluate(OVERFLOWING)
        await page.evaluate(axe)
        found.axe = await page.evaluate(AXE, [TAGS, MORE_RULES, None])
    finally:
        await context.close()
    return found


async def _visit_all(address, visits, axe):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**OPTIONS)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(visit):
            async with places:
                return await _visit(browser, address, visit, axe)

        try:
            return dict(zip(visits, await asyncio.gather(*map(one, visits)), strict=True))
        finally:
            await browser.close()


def make_visits(address, visits, axe):
    """Findings of each visit, as a dict.

    Runs in a thread of its own, because the tests that use Playwright's synchronous interface have a running loop in
    theirs.

    Parameters
    ----------
    address : str
        Where the site is served, ending in a slash.
    visits : list of Visit
    axe : str
        Source of axe-core.
    """
    results = []
    failures = []

    def work():
        try:
            results.append(asyncio.run(_visit_all(address, visits, axe)))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
