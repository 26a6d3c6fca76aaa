"""Leave out scripts that the theme loads and this book does not use.

sphinx-thebe (live code by a remote service) is loaded by Jupyter Book on every page, declares a constant twice, which is an
error in the browser's console, and would fetch its code from a content network when pressed.
"""


def drop_thebe(app, pagename, templatename, context, doctree):
    def wanted(script):
        text = str(getattr(script, "filename", script) or "") + str(getattr(script, "attributes", ""))
        return "thebe" not in text.lower()

    context["script_files"] = [script for script in context.get("script_files", []) if wanted(script)]
    context["css_files"] = [sheet for sheet in context.get("css_files", []) if wanted(sheet)]


def setup(app):
    app.connect("html-page-context", drop_thebe, priority=999)
    return {"version": "1", "parallel_read_safe": True}
