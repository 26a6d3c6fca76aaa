"""Leave out what other extensions load from elsewhere.

- sphinx-thebe (live code by a remote service) comes with Jupyter Book, is put on every page, declares a constant twice,
  which is an error in the browser's console, and fetches its code from a content network when pressed.
- jupyterquiz falls back to a MathJax from a content network when the page's own has not loaded yet: it gets the
  page's own.
"""

import re

from docutils import nodes

MATHJAX_ELSEWHERE = re.compile(r"https://[\w./@-]+/(?:tex-svg|tex-mml-chtml|tex-chtml)\.js")


def disconnect_thebe(app):
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if not one.handler.__module__.startswith("sphinx_thebe")]


def drop_thebe_files(app, pagename, templatename, context, doctree):
    for kind in ("script_files", "css_files"):
        context[kind] = [one for one in context.get(kind, []) if "thebe" not in str(getattr(one, "filename", one))]


def use_own_mathjax(app, doctree, docname):
    own = "../" * docname.count("/") + "_static/" + app.config.mathjax_path
    for node in list(doctree.findall(nodes.raw)):
        text = node.astext()
        if MATHJAX_ELSEWHERE.search(text):
            node.replace_self(nodes.raw("", MATHJAX_ELSEWHERE.sub(own, text), format=node["format"]))


def setup(app):
    app.connect("builder-inited", disconnect_thebe, priority=1)
    app.connect("html-page-context", drop_thebe_files, priority=999)
    app.connect("doctree-resolved", use_own_mathjax)
    return {"version": "1", "parallel_read_safe": True}
