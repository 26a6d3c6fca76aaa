"""Write mathematics as MathML when the site is built, so that it can be read before any script runs.

Temml (from npm) translates; one Node process serves the whole build. Browsers since 2023 draw MathML themselves; the
font comes with the site (tools/site_font.py), and Temml's style sheet mends what browsers do differently. Wide
formulas scroll inside their own box.
"""

import json
import subprocess
from html import escape

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

from tools.install_node_packages import ROOT, find_node

logger = logging.getLogger(__name__)


class Translator:
    """A Node process that answers one line of JSON with another."""

    def __init__(self):
        node = find_node()
        if node is None:
            raise ExtensionError("There is no Node to translate mathematics with: run make book, which installs it.")
        script = ROOT / "tools" / "node" / "mathml.mjs"
        self.process = subprocess.Popen(
            [node, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT
        )

    def __call__(self, tex, *, display):
        """MathML of a formula, and what is wrong with it or None."""
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ExtensionError("The translator of mathematics stopped; is node_modules complete? Run make book.")
        answer = json.loads(line)
        return answer.get("mathml"), answer.get("error")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def translated(writer, node, *, display):
    """MathML of a node, or its source with a warning where it is not valid."""
    tex = node.astext().strip()
    if display and r"\\" in tex and r"\begin{" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    application = writer.builder.app
    if not hasattr(application, "translate_mathematics"):
        application.translate_mathematics = Translator()
    mathml, error = application.translate_mathematics(tex, display=display)
    if error:
        logger.warning("mathematics that cannot be translated: %s: %s", tex, error, location=node, type="mathml")
    return mathml or f"<code>{escape(tex)}</code>"


def visit_math(writer, node):
    writer.body.append(translated(writer, node, display=False))
    raise nodes.SkipNode


def visit_displaymath(writer, node):
    identity = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    writer.body.append(f'<div class="math"{identity}>')
    if node.get("number"):
        writer.body.append(f'<span class="eqno">({node["number"]})</span>')
    writer.body.append(translated(writer, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def stop_translator(app, exception):
    if hasattr(app, "translate_mathematics"):
        app.translate_mathematics.close()


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    app.connect("build-finished", stop_translator)
    return {"version": "1", "parallel_read_safe": True}
