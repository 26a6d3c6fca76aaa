"""Quizzes and predictions on the page: readable without scripts, answered in the reader's browser.

In Jupyter and Colab a quiz is drawn by jupyterquiz, with a script of 38 KB for each question. On the page the recorded
output is replaced by a form with its explanations folded beneath it; the cell's code is left out, because it says which
answers are right. The fold after a *Predict* paragraph gets an id. One script (_static/quizzes.mjs) brings both to life
and is loaded only where there is something to answer. pages/progress lists them all (quiz_progress.py).
"""

import hashlib
import json
import re

from docutils import nodes
from quiz_markup import intro_html, question_html
from sphinx import addnodes
from sphinx.util import logging

logger = logging.getLogger(__name__)

# The name does not end in .js, because Jupyter Book puts every .js under _static on every page.
SCRIPT = "quizzes.mjs"
DATA = re.compile(r"\bvar questions\w+ ?= ?(?=\[)")
FOLD = re.compile(r"<details>\s*<summary>Answer</summary>")


def questions_in(script):
    """The questions of a jupyterquiz script, or an empty list where it holds none."""
    found = DATA.search(script)
    return json.JSONDecoder().raw_decode(script, found.end())[0] if found else []


def without_links(paragraph):
    """The inline nodes of a *Predict* paragraph after that word, with links replaced by their text."""
    copy = paragraph.deepcopy()
    for link in list(copy.findall(lambda node: isinstance(node, nodes.reference | addnodes.pending_xref))):
        link.parent.replace(link, link.children)
    start = next(place for place, node in enumerate(copy.children) if node.astext() == "Predict.")
    return copy.children[start + 1 :]


def lecture_of(docname):
    """Number of a lecture as two digits, or the page's own name."""
    return re.sub(r"^.*/(\d\d(?=-)|[^/]*).*$", r"\1", docname)


def identity(docname, *parts):
    """Short name that stays while the text stays: a changed question is another question."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{lecture_of(docname)}-{digest[:8]}"


def prepare_question(docname, question):
    """A question with its id and its choices in an order that does not give the answer away."""
    answers = question["answers"]
    name = identity(docname, question["question"], *sorted(json.dumps(answer, sort_keys=True) for answer in answers))
    ordered = sorted(answers, key=lambda answer: hashlib.sha256((name + answer["answer"]).encode()).digest())
    return {"id": name, "text": question["question"], "several": question["type"] == "many_choice", "answers": ordered}


def quiz_cells(doctree):
    """Code cells whose output is a quiz, each with its questions."""
    for cell in list(doctree.findall(nodes.container)):
        if cell.get("nb_element") == "cell_code":
            scripts = [raw.astext() for raw in cell.findall(nodes.raw) if "var questions" in raw.astext()]
            questions = [question for script in scripts for question in questions_in(script)]
            if questions:
                yield cell, questions


def replace_quizzes(docname, doctree):
    """Put forms in the place of quiz cells; return what the page asks, in order."""
    cells = list(quiz_cells(doctree))
    asked = [prepare_question(docname, question) for _, questions in cells for question in questions]
    remaining = list(enumerate(asked, start=1))
    for position, (cell, questions) in enumerate(cells):
        mine, remaining = remaining[: len(questions)], remaining[len(questions) :]
        html = intro_html(docname) if position == 0 else ""
        html += "".join(question_html(question, number, len(asked)) for number, question in mine)
        output = nodes.container("", nodes.raw("", html, format="html"), classes=["cell_output"])
        cell.replace_self(nodes.container("", output, classes=["cell", "quiz"]))
    return [{"id": question["id"], "nodes": [nodes.raw("", question["text"], format="html")]} for question in asked]


def name_predictions(docname, doctree):
    """Give the fold after each *Predict* paragraph an id; return the predictions of the page, in order."""
    predictions, paragraph = [], None
    for node in doctree.findall(lambda node: isinstance(node, nodes.paragraph | nodes.raw)):
        if isinstance(node, nodes.paragraph):
            if any(part.astext() == "Predict." for part in node.children if isinstance(part, nodes.strong)):
                paragraph = node
        elif paragraph is not None and FOLD.search(node.astext()):
            inline = without_links(paragraph)
            name = identity(docname, "predict", "".join(part.astext() for part in inline))
            opening = f'<details id="predict-{name}" data-prediction="{name}"><summary>Answer</summary>'
            node.replace_self(nodes.raw("", FOLD.sub(opening, node.astext(), count=1), format="html"))
            predictions.append({"id": name, "nodes": inline})
            paragraph = None
    return predictions


def read_page(app, doctree):
    docname = app.env.docname
    predictions, questions = name_predictions(docname, doctree), replace_quizzes(docname, doctree)
    names = [item["id"] for item in predictions + questions]
    if len(set(names)) < len(names):
        logger.warning("a question stands here twice", location=docname, type="quizzes")
    if names:
        page = {
            "predictions": predictions,
            "questions": questions,
            "title": next(doctree.findall(nodes.title)).astext(),
        }
        app.env.asked_by_page[docname] = page


def prepare_environment(app):
    if not hasattr(app.env, "asked_by_page"):
        app.env.asked_by_page = {}


def forget_page(app, env, docname):
    env.asked_by_page.pop(docname, None)


def load_script(app, pagename, templatename, context, doctree):
    if pagename in app.env.asked_by_page or (doctree is not None and 'id="progress"' in context.get("body", "")):
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app):
    app.setup_extension("quiz_progress")
    app.connect("builder-inited", prepare_environment)
    app.connect("env-purge-doc", forget_page)
    app.connect("doctree-read", read_page)
    app.connect("html-page-context", load_script)
    return {"version": "1", "parallel_read_safe": False}
