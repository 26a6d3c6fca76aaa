"""Quizzes, predictions and the page of one's progress, on the built pages and in the extension that makes them."""

import json
import re
import subprocess
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from docutils import nodes
from docutils.utils import new_document

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "_static" / "quizzes.mjs"


@pytest.fixture
def quizzes(extension):
    return extension("quizzes")


def recorded_questions(executed):
    """What the lecture's run gave to jupyterquiz, read without the extension."""
    found = []
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            script = output.get("data", {}).get("application/javascript", "")
            match = re.search(r"var questions\w+=(\[.*?\]);\n", script)
            if match:
                found += json.loads(match[1])
    return found


# ── on the built pages ──


@pytest.mark.site
def test_every_question_is_a_form_that_reads_without_scripts(pages, lecture, executed):
    forms = pages[f"lectures/{lecture.stem}.html"].select("form.question")
    recorded = recorded_questions(executed)
    assert len(forms) == len(recorded) >= 3
    for form, question in zip(forms, recorded, strict=True):
        legend = form.fieldset.legend
        assert " ".join(legend.get_text().split()).endswith(" ".join(_unescaped(question["question"]).split()))
        kind = "radio" if question["type"] == "multiple_choice" else "checkbox"
        fields = form.select("input[name=choice]")
        assert {field["type"] for field in fields} == {kind}
        explained = form.select("details li[data-choice]")
        assert len(fields) == len(explained) == len(question["answers"])
        wanted = {_unescaped(answer["answer"]): answer for answer in question["answers"]}
        for field, item in zip(fields, explained, strict=True):
            answer = wanted.pop(form.find("label", attrs={"for": field["id"]}).get_text())
            assert item["data-correct"] == str(answer["correct"]).lower()
            assert " ".join(_unescaped(answer["feedback"]).split()) in " ".join(item.get_text().split())
        assert wanted == {}


def _unescaped(markup):
    return unescape(re.sub(r"<[^>]+>", "", markup))


@pytest.mark.site
def test_no_page_tells_the_answers_in_code_or_carries_the_library(pages, lecture):
    page = str(pages[f"lectures/{lecture.stem}.html"])
    assert "jupyterquiz" not in page.lower().replace("jupyterquiz_", "")
    assert "--jq-" not in page
    assert not re.search(r"\bquestionsquiz\w+", page)
    assert '>right</span><span class="p">(' not in page  # the function by which lectures mark right choices


@pytest.mark.site
def test_the_right_choice_is_not_always_the_first(pages):
    first = Counter()
    for name, page in pages.items():
        if name.startswith("lectures/"):
            for form in page.select("form.question"):
                first[form.select_one("li[data-choice]")["data-correct"]] += 1
    assert first["true"] < 0.6 * first.total()


@pytest.mark.site
def test_every_folded_answer_is_a_prediction_with_a_name(pages, lecture):
    folds = pages[f"lectures/{lecture.stem}.html"].select("article details")
    answers = [fold for fold in folds if fold.summary and fold.summary.get_text() == "Answer"]
    assert answers
    assert all(fold.get("data-prediction") and fold["id"] == f"predict-{fold['data-prediction']}" for fold in answers)


@pytest.mark.site
def test_the_progress_page_lists_exactly_what_there_is(pages):
    asked = {"questions": [], "predictions": []}
    for name, page in sorted(pages.items()):
        if name.startswith("lectures/"):
            asked["questions"] += [(name, form["data-question"]) for form in page.select("form.question")]
            asked["predictions"] += [(name, fold["data-prediction"]) for fold in page.select("[data-prediction]")]
    progress = pages["pages/progress.html"]
    for kind, prefix in (("question", "question"), ("prediction", "predict")):
        items = progress.select(f"li[data-{kind}-state]")
        listed = [(item.a["href"].removeprefix("../").split("#")[0], item[f"data-{kind}-state"]) for item in items]
        assert listed == asked[f"{kind}s"]
        assert [item.a["href"].split("#")[1] for item in items] == [f"{prefix}-{name}" for _, name in listed]
        assert len({name for _, name in listed}) == len(listed)
        assert all(item.a.get_text(strip=True) for item in items)
    shown = [int(tag.get_text().split()[0]) for tag in progress.select("[data-count=questions]")]
    assert sum(shown) == len(asked["questions"])


@pytest.mark.site
def test_the_script_is_loaded_only_where_there_is_something_to_answer(pages):
    loading = {name for name, page in pages.items() if page.select_one("script[src*='quizzes.mjs']")}
    needing = {name for name, page in pages.items() if page.select_one("form.question, [data-prediction], #progress")}
    assert loading == needing
    assert len(loading) > 5


# ── the extension ──


def quiz_cell(questions):
    """A code cell of a notebook as MyST-NB leaves it, with a quiz as its output."""
    script = f"<script>\n(function () {{\nvar questionsquiz0a={json.dumps(questions)};\nif (a) {{}}\n</script>"
    return nodes.container("", nodes.raw("", script, format="html"), nb_element="cell_code")


QUESTION = {
    "question": "What does <code>softmax</code> of equal scores give?",
    "type": "multiple_choice",
    "answers": [
        {"answer": "equal weights", "correct": True, "feedback": "Yes: nothing prefers one."},
        {"answer": "one weight of 1", "correct": False, "feedback": "That is an argmax; a ] or }; ends nothing."},
    ],
}


def test_a_quiz_cell_becomes_a_form(quizzes):
    document = new_document("page")
    document += quiz_cell([QUESTION])
    asked = quizzes.replace_quizzes("lectures/04-a-lecture", document)
    assert [item["id"] for item in asked] == [quizzes.prepare_question("lectures/04-a-lecture", QUESTION)["id"]]
    html = "".join(raw.astext() for raw in document.findall(nodes.raw))
    assert "a ] or }; ends nothing." in html
    assert "<script" not in html
    assert "<code>softmax</code>" in html


def test_a_name_stays_with_the_words_and_goes_with_them(quizzes):
    name = quizzes.prepare_question("lectures/04-a", QUESTION)["id"]
    assert name.startswith("04-")
    other_order = QUESTION | {"answers": QUESTION["answers"][::-1]}
    assert quizzes.prepare_question("lectures/04-a", other_order)["id"] == name
    reworded = QUESTION | {"question": "What do equal scores give?"}
    assert quizzes.prepare_question("lectures/04-a", reworded)["id"] != name


def test_both_orders_give_the_same_choices_in_the_same_places(quizzes):
    other_order = QUESTION | {"answers": QUESTION["answers"][::-1]}
    places = [quizzes.prepare_question("lectures/04-a", one)["answers"] for one in (QUESTION, other_order)]
    assert places[0] == places[1]


def test_a_fold_belongs_to_the_prediction_before_it(quizzes):
    document = new_document("page")
    link = nodes.reference("", "here", refuri="https://example.org")
    document += nodes.paragraph("", "", nodes.strong("", "Predict."), nodes.Text(" How many? See "), link)
    document += nodes.raw("", "<details><summary>Answer</summary>\n", format="html")
    document += nodes.paragraph("", "Four.")
    document += nodes.raw("", "<details><summary>Answer</summary>\n", format="html")  # nothing was asked
    document += nodes.raw("", "<details><summary>More</summary>\n", format="html")
    (prediction,) = quizzes.name_predictions("lectures/09-b", document)
    assert "".join(node.astext() for node in prediction["nodes"]) == " How many? See here"
    assert not any(node.next_node(nodes.reference, include_self=True) for node in prediction["nodes"])
    folds = [raw.astext() for raw in document.findall(nodes.raw)]
    assert f'data-prediction="{prediction["id"]}"' in folds[0]
    assert "data-prediction" not in folds[1] + folds[2]


# ── the script ──


def test_the_script_is_small_and_sends_nothing():
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.encode()) < 12_000
    assert not re.search(r"https?:|fetch\(|XMLHttpRequest|sendBeacon|WebSocket|cookie|innerHTML", text)


def test_the_script_is_correct_javascript(tmp_path):
    copy = tmp_path / "quizzes.js"  # a plain script, as the pages load it
    copy.write_bytes(SCRIPT.read_bytes())
    result = subprocess.run(["node", "--check", str(copy)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
