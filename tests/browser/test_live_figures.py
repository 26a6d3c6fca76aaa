"""Live figures in the reader's browser: a click starts them, and they answer as the models do."""

import json
import time

import pytest

from seq2bert.figures.site import SITE
from tests.live.compare import LOGITS, WEIGHTS, differences, draw

PAGE = "pages/live-figures.html"
CASES = 3  # of each figure; many more are compared in Node
ANSWER = """(figure, given) => JSON.stringify(
  figure.live.answer(given), (_, value) => ArrayBuffer.isView(value) ? [...value] : value
)"""


def start(page, name):
    """Start a figure as a reader does, and return it."""
    figure = page.locator(f"#live-{name}")
    figure.get_by_role("button", name="Try it").click()
    page.wait_for_selector(f"#live-{name}.live-running")
    return figure


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


@pytest.mark.parametrize("width", [1280, 390])
def test_who_types_sees_another_answer(open_page, width):
    """The figure says its answer to a date, for screen readers, too."""
    page = open_page(PAGE, width=width)
    figure = start(page, "attention")
    text = draw(SITE["attention"], 1, "a date")[0]["text"]
    expected = SITE["attention"].make().answer({"text": text})["text"]
    answer = figure.locator("[role=status]", has_text=expected)  # a locator looks into the shadow tree, too
    assert answer.count() == 0
    figure.locator("input[type=text]").first.fill(text)
    answer.wait_for(state="attached")
