"""Live figures in the reader's browser: a click starts them, they answer as models do, and everyone can use them."""

import json
import re
import time
import zipfile

import pytest

from seq2bert.figures.site import SITE
from tests.browser.visits import AXE, HEIGHTS, MORE_RULES, OVERFLOWING, TAGS, Findings, listen
from tests.live.compare import LOGITS, WEIGHTS, differences, draw
from tools.site_offline import FOLDER, NAME

PAGE = "pages/live-figures.html"
CASES = 3  # of each figure; many more are compared in Node
ANSWER = """(figure, given) => JSON.stringify(
  figure.live.answer(given), (_, value) => ArrayBuffer.isView(value) ? [...value] : value
)"""
SMALLEST = 24  # CSS pixels of what a finger is to hit: WCAG 2.2, success criterion 2.5.8

# By view, what a finger tries. The keyboard tries the first slider, or else the second example.
TOUCHED = {
    "dates": "td.can >> nth=30",
    "zoo": "button >> nth=2",
    "softmax": "button >> nth=0",
    "heads": ".tokens button >> nth=2",
    "words": ".tokens button >> nth=3",
}
SHOWN = "figure => figure.querySelector('.live-host').shadowRoot.querySelector('.view').innerText"
# What the Tab key should reach inside a figure, numbered; and where it stands.
STOPS = """figure => {
  const all = figure.querySelector(".live-host").shadowRoot.querySelectorAll("button, input, [tabindex='0']");
  return [...all].filter(one => !one.disabled && one.checkVisibility()).map((one, i) => (one.dataset.stop = i));
}"""
STANDS = "figure => Number(figure.querySelector('.live-host').shadowRoot.activeElement?.dataset.stop ?? -1)"


def start(page, name):
    """Start a figure as a reader does, by a click that says what it loads, and return it."""
    figure = page.locator(f"#live-{name}")
    button = figure.locator(".live-start button")
    size = int(figure.get_attribute("data-bytes"))
    said = re.fullmatch(r"Try it(?: \(loads ([\d.]+) (kB|MB)\))?", button.inner_text())
    unit = {"kB": 1e3, "MB": 1e6, None: 0.0}[said[2]]
    assert abs(float(said[1] or 0) * unit - size) <= 0.05 * size
    button.click()
    page.wait_for_selector(f"#live-{name}.live-running")
    return figure


def changes(figure, operate):
    """Whether what a figure shows is something else after an operation."""
    before = figure.evaluate(SHOWN)
    operate()
    return figure.evaluate(SHOWN) != before


@pytest.mark.parametrize("name", SITE)
def test_it_answers_with_the_golden_values(open_page, name):
    made = SITE[name].make()
    inputs = draw(SITE[name], CASES, f"{name} {time.time_ns()}")
    figure = start(open_page(PAGE), name)
    said = [json.loads(figure.evaluate(ANSWER, one)) for one in inputs]
    result = differences([made.answer(one) for one in inputs], said)
    assert result["numbers"] >= 10 * CASES, inputs
    assert result["different"] == 0, inputs
    assert result["logits"] < LOGITS, inputs
    assert result["weights"] < WEIGHTS, inputs


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("name", SITE)
def test_a_running_figure_obeys_what_pages_obey(open_page, site, axe, name, theme, width):
    page = open_page(PAGE, theme=theme, width=width, has_touch=True)
    found = Findings()
    listen(page, site, found)
    figure = start(page, name)
    page.evaluate(axe)
    assert page.evaluate(AXE, [TAGS, MORE_RULES, f"#live-{name}"]) == []
    assert page.evaluate(OVERFLOWING) == []
    stops = figure.evaluate(STOPS)
    reached = set()
    for _ in range(len(stops)):
        page.keyboard.press("Tab")
        reached.add(figure.evaluate(STANDS))
    assert reached == set(stops)

    def by_key():
        slider = figure.locator("input[type=range]")
        control = (
            slider.first if slider.count() else figure.get_by_role("group", name="Examples").locator("button").nth(1)
        )
        control.focus()
        page.keyboard.press("ArrowRight" if slider.count() else "Enter")

    assert changes(figure, by_key)
    view = json.loads(figure.get_attribute("data-settings"))["view"]
    assert changes(figure, figure.locator(TOUCHED[view]).tap)
    assert (found.console, found.failed, found.elsewhere) == ([], [], [])


def test_a_row_that_looks_nowhere_answers_as_the_model_does(open_page):
    """By the keyboard alone: to the first row's button, Enter, and Enter again."""
    made = SITE["attention"].make()
    figure = start(open_page(PAGE), "attention")
    said = figure.locator(".answer")
    free = made.answer(made.first)["text"]
    assert said.inner_text() == free
    for forced in ({"0": "none"}, {}):
        figure.get_by_role("button", name="look nowhere").first.press("Enter")
        assert said.inner_text() == made.answer(made.first | {"forced": forced})["text"]
        assert ("Without: " + free in figure.evaluate(SHOWN)) == bool(forced)


def test_a_finger_moves_where_a_row_looks(open_page):
    """Cells are narrower than a finger on a phone; the buttons that move a choice to its neighbour are not."""
    made = SITE["attention"].make()
    figure = start(open_page(PAGE, width=390, has_touch=True), "attention")
    further = figure.get_by_role("button", name="further right")
    assert not further.is_visible()
    figure.locator("td.can").nth(3).tap()
    for column in (3, 4, 5):
        chosen = figure.locator("td.can").evaluate_all("all => all.findIndex(one => one.ariaSelected === 'true')")
        assert chosen == column
        expected = made.answer(made.first | {"forced": {"0": column}})["text"]
        assert figure.locator(".answer").inner_text() == expected
        box = further.bounding_box()
        assert min(box["width"], box["height"]) >= SMALLEST
        further.tap()
    assert "Row 1 looks at" in figure.evaluate(SHOWN)


@pytest.mark.parametrize("width", [1280, 390])
def test_who_types_sees_another_answer(open_page, width):
    """The figure says its answer to a date, for screen readers, too."""
    page = open_page(PAGE, width=width)
    types_a_date(start(page, "attention"), SITE["attention"].make())


def types_a_date(figure, made):
    """Type a date into a figure, and wait for the answer of its model."""
    text = draw(SITE["attention"], 1, "a date")[0]["text"]
    expected = made.answer({"text": text})["text"]
    answer = figure.locator("[role=status]", has_text=expected)  # a locator looks into the shadow tree, too
    assert answer.count() == 0
    figure.locator("input[type=text]").first.fill(text)
    answer.wait_for(state="attached")


@pytest.mark.parametrize("dark", ["", "<script>document.documentElement.setAttribute('theme', 'dark')</script>"])
def test_a_page_of_its_own_works_from_a_file(new_context, axe, tmp_path, dark):
    """What a notebook shows of a reader's own model, here with nothing around it, and as Colab's dark theme has it."""
    made = SITE["attention"].make()
    path = tmp_path / "figure.html"
    made.save(str(path))
    path.write_text(path.read_text(encoding="utf-8").replace("<head>", "<head>" + dark), encoding="utf-8")
    context = new_context(offline=True, viewport={"width": 390, "height": HEIGHTS[390]})
    page = context.new_page()
    found = Findings()
    listen(page, path.as_uri(), found)
    page.goto(path.as_uri())
    page.evaluate(axe)
    assert page.evaluate(AXE, [TAGS, MORE_RULES, "figure"]) == []
    types_a_date(page.locator("figure"), made)
    assert (found.console, found.failed, found.elsewhere) == ([], [], [])
    context.close()


def test_a_figure_of_the_archive_works_from_files(new_context, html, tmp_path):
    """Unpacked and opened by a double click: a page may not fetch there, and has its weights as a script."""
    with zipfile.ZipFile(html / NAME) as archive:
        archive.extractall(tmp_path)
    context = new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / FOLDER / PAGE).as_uri())
    types_a_date(start(page, "attention"), SITE["attention"].make())
    context.close()


def test_paper_and_readers_without_scripts_have_the_picture(open_page):
    page = open_page(PAGE)
    figure = start(page, "attention")
    still, host = figure.locator(".live-still"), figure.locator(".live-host")
    assert (still.is_visible(), host.is_visible()) == (False, True)
    page.emulate_media(media="print")
    assert (still.is_visible(), host.is_visible()) == (True, False)
    page = open_page(PAGE, java_script_enabled=False)
    for name in SITE:
        assert page.locator(f"#live-{name} .live-still svg").is_visible()
        assert "With scripts" in page.locator(f"#live-{name}").inner_text()
