"""Quizzes and predictions in a browser: every choice is explained, and what was answered is remembered here only."""

import random

from bs4 import BeautifulSoup


def lecture_with_quiz(names, commit):
    return random.Random(commit).choice([name for name in names if name.startswith("lectures/")])


def right_choices(html, name):
    """For the first question of a page with one right answer: its id, and which choices are right."""
    page = BeautifulSoup((html / name).read_text(encoding="utf-8"), "lxml")
    form = next(form for form in page.select("form.question") if form.select("input[type=radio]"))
    return form["id"], [item["data-correct"] == "true" for item in form.select("li[data-choice]")]


def test_a_right_and_a_wrong_answer_are_told_apart_and_explained(open_page, html, names, commit):
    name = lecture_with_quiz(names, commit)
    identity, right = right_choices(html, name)
    assert right.count(True) == 1
    page = open_page(name)
    form = page.locator(f"#{identity}")
    for position in (right.index(False), right.index(True)):
        form.locator("input").nth(position).check()
        form.get_by_role("button", name="Check").click()
        choice = form.locator(".choice").nth(position)
        assert ("right" if right[position] else "wrong") in choice.get_attribute("class").split()
        assert len(choice.locator(".explanation").inner_text()) > 20
        assert form.get_by_role("status").inner_text().startswith("Right" if right[position] else "Not this one")
    assert form.locator(".explanation:visible").count() == len(right)


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
