"""Put live figures on pages: the directive `{live-figure} name`, and in lectures a link that stands alone.

Colab shows no directives, so a lecture links to the figure on the page that gathers all of them, in a paragraph of
its own. Where that paragraph stands, the site shows the figure itself. tools/export_live.py makes the figures.
"""

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util import logging

logger = logging.getLogger(__name__)

GALLERY = "pages/live-figures"
FOLDER = "_live"  # of the figures, in the source tree


def figure_node(app, name, place):
    """The figure as a node, or None and a warning where there is none of that name."""
    path = Path(app.srcdir) / FOLDER / f"{name}.html"
    if not path.exists():
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.html")))
        logger.warning("there is no live figure %r; there are: %s", name, known, location=place, type="live_figures")
        return None
    app.env.note_dependency(str(path))
    node = nodes.raw("", path.read_text(encoding="utf-8"), format="html")
    node["live_figure"] = name
    return node


class LiveFigureDirective(Directive):
    required_arguments = 1
    has_content = False

    def run(self):
        env = self.state.document.settings.env
        node = figure_node(env.app, self.arguments[0], (env.docname, self.lineno))
        return [] if node is None else [node]


def replace_links(app, doctree):
    """Put the figure where a paragraph is nothing but a link to it."""
    address = re.compile(re.escape(f"{app.config.html_baseurl}{GALLERY}.html#live-") + r"([\w-]+)")
    for paragraph in list(doctree.findall(nodes.paragraph)):
        links = [child for child in paragraph.children if isinstance(child, nodes.reference)]
        if len(links) != 1 or paragraph.astext().strip() != links[0].astext().strip():
            continue
        match = address.fullmatch(links[0].get("refuri", ""))
        node = match and figure_node(app, match[1], paragraph)
        if node is not None:
            paragraph.replace_self(node)


def add_files(app, pagename, templatename, context, doctree):
    """Load the starting script and the style on pages with a figure, and nowhere else."""
    if doctree is not None and any("live_figure" in node for node in doctree.findall(nodes.raw)):
        app.add_css_file("live/live.css")
        app.add_js_file("live/start.js", loading_method="defer")


def setup(app):
    app.add_directive("live-figure", LiveFigureDirective)
    app.connect("doctree-read", replace_links)
    app.connect("html-page-context", add_files)
    return {"version": "1", "parallel_read_safe": True}
