"""Laws for readers without a mouse: the keyboard reaches every control, and where it is can be seen."""

import random

import pytest

# What a reader may want to operate and can see. A fold's content counts once the fold is open; one radio button of a
# group is enough, the arrow keys reach the others.
CONTROLS = """() => {
  const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const seen = new Set();
  return [...document.querySelectorAll(controls)].filter(one => {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({visibilityProperty: true})) return false;
    if (one.type === "radio") {
      const group = (one.form?.id || "") + one.name;
      if (seen.has(group)) return false;
      seen.add(group);
    }
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }).map((one, index) => { one.dataset.control = index; return one.outerHTML.slice(0, 160); });
}"""

# Which control has the focus, and whether a reader sees that: something about its frame, colour or place has changed.
LOOK = """one => { const s = getComputedStyle(one);
  return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.color,
          s.textDecorationLine, s.textDecorationThickness].join("|"); }"""
FOCUSED = """() => { const one = document.activeElement;
  if (!one || one === document.body) return null;
  const look = (LOOK);
  const now = look(one);
  one.blur();
  const before = look(one);
  one.focus();
  return {control: one.dataset.control ?? null, visible: now !== before, html: one.outerHTML.slice(0, 160)};
}""".replace("LOOK", LOOK)


def walk(page, limit):
    """Press Tab until the focus has gone round; return what it stood on."""
    stops = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (stops and stop["control"] == stops[0]["control"]):
            break
        stops.append(stop)
    return stops


@pytest.mark.parametrize("width", [1280, 390])
def test_tab_reaches_every_control_and_shows_where_it_is(open_page, names, commit, width):
    chance = random.Random(f"{commit} {width}")
    lectures = [name for name in names if name.startswith("lectures/")]
    others = [name for name in names if name not in lectures]
    for name in ("index.html", chance.choice(lectures), chance.choice(others)):
        page = open_page(name, width=width, reduced_motion="reduce")
        page.wait_for_load_state("load")
        page.wait_for_timeout(500)  # the theme and ours mark boxes that scroll
        controls = page.evaluate(CONTROLS)
        stops = walk(page, 2 * len(controls) + 20)
        reached = {stop["control"] for stop in stops}
        missed = [html for index, html in enumerate(controls) if str(index) not in reached]
        assert missed == [], name
        assert [stop["html"] for stop in stops if not stop["visible"]] == [], name


def test_the_first_stop_skips_to_the_text(open_page):
    page = open_page("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_menu_opens_and_closes_by_keyboard(open_page):
    page = open_page("index.html")
    page.locator("details.menu > summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.menu[open] a").first.is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details.menu[open]").count() == 0
    assert page.evaluate("document.activeElement.matches('details.menu > summary')")


def test_the_theme_changes_by_keyboard_and_stays(open_page):
    page = open_page("index.html")
    page.locator("button.theme-switch-button").focus()
    page.keyboard.press("Enter")
    chosen = page.evaluate("document.documentElement.dataset.mode")
    assert chosen in ("light", "dark")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.mode") == chosen
    assert page.locator("button.theme-switch-button .theme-switch:visible").count() == 1


def test_the_side_bars_open_on_a_phone_by_keyboard(open_page):
    page = open_page("pages/glossary.html", width=390)
    page.locator("button.primary-toggle").focus()
    page.keyboard.press("Enter")
    assert page.locator("dialog[open] nav.bd-docs-nav").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
