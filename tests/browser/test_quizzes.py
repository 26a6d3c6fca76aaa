"""Quizzes, predictions and progress as a reader uses them: by mouse, by keyboard, without scripts, and again later."""

import json

import pytest

from tests.browser.visits import AXE, MORE_RULES, TAGS

LECTURE = "lectures/04-attention-in-seq2seq.html"
PROGRESS = "pages/progress.html"
KEY = "seq2bert:progress:1"
REFUSE = """const set = Storage.prototype.setItem;
Storage.prototype.setItem = function (key, value) {
  if (key.startsWith("seq2bert:")) throw new Error("full");
  set.call(this, key, value);
};"""


@pytest.fixture(scope="module")
def answers(html):
    """Right and wrong places of each question of the lecture, from the page as it is served."""
    from bs4 import BeautifulSoup

    forms = BeautifulSoup((html / LECTURE).read_text(encoding="utf-8"), "lxml").select("form.question")
    marks = [[item["data-correct"] == "true" for item in form.select("li[data-choice]")] for form in forms]
    return [([at for at, yes in enumerate(m) if yes], [at for at, yes in enumerate(m) if not yes]) for m in marks]


def remembered(page):
    return json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "null")


def of_one_answer(page):
    """A question with radio buttons, and its place on the page."""
    kinds = page.locator("form.question").evaluate_all("all => all.map(one => one.querySelector('input').type)")
    return page.locator("form.question").nth(kinds.index("radio")), kinds.index("radio")


def test_a_wrong_choice_is_explained_and_the_right_one_explains_all(open_page, answers):
    page = open_page(LECTURE)
    form, place = of_one_answer(page)
    (right,), wrong = answers[place]
    inputs = form.locator("input")
    inputs.nth(wrong[0]).check()
    form.get_by_role("button", name="Check").click()
    assert form.locator(".explanation:visible").count() == 1
    assert form.locator(".choice").nth(wrong[0]).locator(".explanation").inner_text().startswith("Wrong.")
    assert form.get_by_role("status").inner_text().startswith("Not this one.")
    described = inputs.nth(wrong[0]).get_attribute("aria-describedby")
    assert page.locator(f"[id='{described}']").inner_text() == form.locator(".explanation:visible").inner_text()
    inputs.nth(right).check()
    assert form.locator(".explanation:visible").count() == 0  # a new choice is not judged before it is checked
    form.get_by_role("button", name="Check").click()
    assert form.locator(".explanation:visible").count() == inputs.count()
    assert form.get_by_role("status").inner_text().startswith("Right.")


def test_of_several_answers_it_says_how_many_were_found(open_page, answers):
    page = open_page(LECTURE)
    place = next(at for at, (right, _) in enumerate(answers) if len(right) > 1)
    right, wrong = answers[place]
    form = page.locator("form.question").nth(place)
    for at in (right[0], wrong[0]):
        form.locator("input").nth(at).check()
    form.get_by_role("button", name="Check").click()
    said = form.get_by_role("status").inner_text()
    assert said == f"Not yet: 1 of {len(right)} right answers chosen, 1 wrong."
    form.locator("input").nth(wrong[0]).uncheck()
    for at in right:
        form.locator("input").nth(at).check()
    form.get_by_role("button", name="Check").click()
    assert form.get_by_role("status").inner_text().startswith("Right.")


def test_nothing_chosen_is_said_and_explain_all_is_no_answer(open_page):
    page = open_page(LECTURE)
    form, _ = of_one_answer(page)
    form.get_by_role("button", name="Check").click()
    assert form.get_by_role("status").inner_text() == "Choose an answer first."
    form.get_by_role("button", name="Explain all").click()
    assert form.locator(".explanation:visible").count() == form.locator("input").count()
    assert remembered(page) is None


def test_the_keyboard_alone_answers_a_question(open_page, answers):
    page = open_page(LECTURE)
    form, place = of_one_answer(page)
    (right,), _ = answers[place]
    form.locator("input").first.focus()
    page.keyboard.press("Space")
    for _ in range(right):
        page.keyboard.press("ArrowDown")
    assert form.locator("input").nth(right).is_checked()
    assert form.locator(".explanation:visible").count() == 0  # walking through the choices gives nothing away
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Enter")
    assert form.get_by_role("status").inner_text().startswith("Right.")


def test_answers_and_notes_are_there_again_and_on_the_page_of_progress(open_page, answers):
    page = open_page(LECTURE)
    form, place = of_one_answer(page)
    (right,), _ = answers[place]
    name = form.get_attribute("data-question")
    form.locator("input").nth(right).check()
    form.get_by_role("button", name="Check").click()
    note = page.get_by_label("Your prediction").first
    note.fill("143, I think")
    fold = page.locator("details[data-prediction]").first
    fold.locator("summary").click()
    page.wait_for_function(f"localStorage.getItem('{KEY}').includes('\"opened\":true')")
    prediction = fold.get_attribute("data-prediction")
    assert remembered(page) == {
        "version": 1,
        "questions": {name: {"chosen": [right], "right": True}},
        "predictions": {prediction: {"note": "143, I think", "opened": True}},
    }
    page.reload()
    form, _ = of_one_answer(page)
    assert form.locator("input").nth(right).is_checked()
    assert form.get_by_role("status").inner_text().startswith("Right.")
    assert page.get_by_label("Your prediction").first.input_value() == "143, I think"
    page.goto(page.url.replace(LECTURE, PROGRESS))
    section = page.locator(".progress-page", has=page.locator(f"[data-question-state='{name}']"))
    assert "1 of 6 quiz questions answered rightly, 1 of 20 predictions compared" in section.inner_text()
    assert page.locator(f"[data-question-state='{name}'] .state").text_content() == "(right)"
    section.locator("summary").click()
    section.locator(f"[data-prediction-state='{prediction}'] a").click()
    assert page.url.endswith(f"{LECTURE}#predict-{prediction}")


def test_progress_is_saved_loaded_and_erased(open_page, tmp_path):
    page = open_page(PROGRESS)
    item = page.locator("[data-question-state]").first.get_attribute("data-question-state")
    mine = {"version": 1, "questions": {item: {"chosen": [0], "right": True}}, "predictions": {}}
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [KEY, json.dumps(mine)])
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert json.loads(saved.read_text()) == mine
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase all").click()
    assert remembered(page) is None
    assert page.locator("#progress-total").inner_text().startswith("All lectures: 0 of ")
    load(page, saved)
    assert remembered(page) == mine
    assert page.locator("#progress-total").inner_text().startswith("All lectures: 1 of ")


def load(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load from a file").click()
    said = page.locator("#progress-said")
    said.evaluate("one => { one.textContent = ''; }")
    chooser.value.set_files(path)
    page.wait_for_function("document.getElementById('progress-said').textContent !== ''")


@pytest.mark.parametrize(
    "content",
    [
        "no progress",
        "[]",
        '{"version": 2, "questions": {}, "predictions": {}}',
        '{"version": 1, "questions": {"a": 3}}',
    ],
)
def test_a_file_of_something_else_changes_nothing(open_page, tmp_path, content):
    page = open_page(PROGRESS)
    before = page.locator("#progress-total").inner_text()
    (tmp_path / "other.json").write_text(content)
    load(page, tmp_path / "other.json")
    assert page.locator("#progress-total").inner_text() == before
    assert (remembered(page) or {"questions": {}})["questions"] == {}


def test_what_a_file_holds_is_shown_as_text(open_page, tmp_path):
    page = open_page(PROGRESS)
    name = page.locator("[data-prediction-state]").first.get_attribute("data-prediction-state")
    hostile = "<img src=x onerror=document.title='caught'>"
    content = {"version": 1, "questions": {}, "predictions": {name: {"note": hostile, "opened": True}}}
    (tmp_path / "hostile.json").write_text(json.dumps(content))
    load(page, tmp_path / "hostile.json")
    page.goto(page.url.replace(PROGRESS, "lectures/00-before-we-start.html"))
    assert page.get_by_label("Your prediction").first.input_value() == hostile
    assert page.title() != "caught"


def test_storage_that_is_refused_or_broken_stops_nothing(open_page, answers):
    page = open_page(LECTURE)
    page.evaluate("key => localStorage.setItem(key, '{broken')", KEY)
    page.add_init_script(REFUSE)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.reload()
    form, place = of_one_answer(page)
    (right,), _ = answers[place]
    form.locator("input").nth(right).check()
    form.get_by_role("button", name="Check").click()
    assert form.get_by_role("status").inner_text().startswith("Right.")
    assert errors == []


def test_without_scripts_questions_read_and_explanations_unfold(open_page):
    page = open_page(LECTURE, java_script_enabled=False)
    form = page.locator("form.question").first
    assert form.locator("fieldset > legend").is_visible()
    assert form.locator("label:visible").count() >= 3
    assert form.get_by_role("button").count() == 0
    assert not form.locator("li[data-choice]").first.is_visible()
    form.locator("summary").click()
    assert form.locator("li[data-choice]:visible").count() == form.locator("label").count()
    page.locator("details[data-prediction] summary").first.click()
    assert page.locator("details[data-prediction]").first.evaluate("one => one.open")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_answered_questions_are_accessible_and_fit(open_page, axe, theme, width):
    page = open_page(LECTURE, theme=theme, width=width)
    for form in page.locator("form.question").all():
        form.locator("input").first.check()
        form.get_by_role("button", name="Check").click()
    page.locator("details[data-prediction] summary").first.click()
    page.get_by_label("Your prediction").first.fill("A long prediction that needs more than one line. " * 6)
    page.evaluate(axe)
    ours = {"include": [["form.question"], [".prediction-note"]]}  # the rest is seen by test_every_page.py
    assert page.evaluate(AXE, [TAGS, MORE_RULES, ours]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    note = page.get_by_label("Your prediction").first
    assert note.evaluate("one => one.scrollHeight <= one.clientHeight + 2")  # it grows with its text
