"""Quizzes and predictions in a browser: every choice is explained, and what was answered is remembered here only."""

import random


def lecture_with_quiz(names, commit):
    return random.Random(commit).choice([name for name in names if name.startswith("lectures/")])


def test_a_right_and_a_wrong_answer_are_told_apart_and_explained(open_page, names, commit):
    page = open_page(lecture_with_quiz(names, commit))
    form = page.locator("form.question:has(input[type=radio])").first
    choices = form.locator("li[data-choice]").evaluate_all("all => all.map(one => one.dataset.correct)")
    told = []
    for position in (choices.index("true"), choices.index("false")):
        choice = form.locator("li[data-choice]").nth(position).get_attribute("data-choice")
        form.locator(f"input[value='{choice}']").check()
        form.get_by_role("button", name="Check").click()
        explained = form.locator(f"li[data-choice='{choice}']")
        explained.wait_for()
        assert len(explained.inner_text()) > 20
        told.append(form.inner_text())
    assert told[0] != told[1]


def test_an_answer_outlives_the_page_and_nothing_is_sent(open_page, names, commit):
    name = lecture_with_quiz(names, commit)
    page = open_page(name)
    sent = []
    page.on("request", lambda request: sent.append(request.method) if request.method != "GET" else None)
    form = page.locator("form.question").first
    form.locator("input").first.check()
    form.get_by_role("button", name="Check").click()
    page.reload()
    assert page.locator("form.question").first.locator("input").first.is_checked()
    assert sent == []
