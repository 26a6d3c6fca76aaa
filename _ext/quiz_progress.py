"""The list of all questions and predictions, lecture by lecture: the body of pages/progress.

Written by the directive `question-list`. Without scripts it is a table of contents of what there is to answer;
_static/quizzes.mjs fills in what this browser remembers.
"""

from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

CONTROLS = """<div id="progress-controls" hidden>
<p id="progress-total"></p>
<p class="progress-buttons"><button type="button" id="progress-export">Save as a file</button>
<button type="button" id="progress-import">Load from a file</button>
<button type="button" id="progress-reset">Erase all</button></p>
<input type="file" id="progress-file" accept="application/json,.json" aria-label="File with saved progress" hidden>
<p id="progress-said" role="status"></p>
</div>
<noscript><p>This browser runs no scripts, so nothing is remembered. The list below says what there is.</p></noscript>
"""


class question_list(nodes.General, nodes.Element):
    """Stands where the list will be."""


class QuestionList(SphinxDirective):
    def run(self):
        self.env.lists_of_questions.add(self.env.docname)
        return [question_list()]


def raw(html):
    return nodes.raw("", html, format="html")


def item_nodes(address, kind, item):
    """A link to a question or a prediction, under its own words."""
    anchor = {"questions": "question", "predictions": "predict"}[kind] + "-" + item["id"]
    words = nodes.inline("", "", *(node.deepcopy() for node in item["nodes"]))
    return [raw(f'<li data-{kind[:-1]}-state="{item["id"]}"><a href="{address}#{anchor}">'), words, raw("</a></li>\n")]


def page_nodes(address, page):
    """One lecture: its title, how much there is, and the folded lists."""
    counts, lists = [], []
    for kind, word in (("questions", "quiz questions"), ("predictions", "predictions")):
        if page[kind]:
            counts.append(f'<span data-count="{kind}">{len(page[kind])} {word}</span>')
            items = [node for item in page[kind] for node in item_nodes(address, kind, item)]
            lists += [raw(f"<h3>{word.capitalize()}</h3><ol>"), *items, raw("</ol>")]
    head = (
        f'<section class="progress-page"><h2><a href="{address}">{escape(page["title"])}</a></h2>'
        f'<p class="progress-counts">{", ".join(counts)}</p><details><summary>Show them</summary>'
    )
    return [raw(head), *lists, raw("</details></section>\n")]


def fill_lists(app, doctree, docname):
    for node in list(doctree.findall(question_list)):
        filled = [raw(f'<div id="progress">\n{CONTROLS}')]
        for name, page in sorted(app.env.asked_by_page.items()):  # lectures begin with their number
            filled += page_nodes(app.builder.get_relative_uri(docname, name), page)
        node.parent.replace(node, [*filled, raw("</div>\n")])
        mathematics = any(part.next_node(nodes.math, include_self=True) for part in filled)
        app.env.get_domain("math").data["has_equations"][docname] |= mathematics  # counted when pages are read


def write_again(app, env):
    """The list belongs to all pages: it is written again whenever anything was read."""
    return sorted(env.lists_of_questions & set(env.found_docs))


def prepare_environment(app):
    if not hasattr(app.env, "lists_of_questions"):
        app.env.lists_of_questions = set()


def setup(app):
    app.add_node(question_list)
    app.add_directive("question-list", QuestionList)
    app.connect("builder-inited", prepare_environment)
    app.connect("doctree-resolved", fill_lists, priority=400)  # before mathematics is made ready for the page
    app.connect("env-updated", write_again)
    return {"version": "1", "parallel_read_safe": False}
