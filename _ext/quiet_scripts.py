"""Leave out what other extensions load on every page and only some pages use, or load from elsewhere.

- sphinx-thebe (live code by a remote service) comes with Jupyter Book, is put on every page, and fetches its code from
  a content network when pressed. It stays only where _config.yml asks for it (`launch_buttons: {thebe: true}`), and on
  pages with code cells. Its entry in the menu is made by header_menus.py; tools/finish_site.py keeps its files.
- Its constants stand on a page twice, which is an error in the browser's console: each script stays once.
- The scripts of tabs and of toggles stay on pages that have tabs or toggles.
"""

import re

TABS = re.compile(r'class="[^"]*\bsd-tab-set\b')
TOGGLES = re.compile(r'class="[^"]*(?<![\w-])(?:toggle|dropdown)(?![\w-])')
CELLS = re.compile(r'class="cell[ "]')
NEEDED_FOR = {
    "thebe": CELLS,
    "design-tabs.js": TABS,
    "togglebutton": TOGGLES,
    "toggleHint": TOGGLES,
    "toggleOpenOnPrint": TOGGLES,
}


def wants_thebe(app):
    return app.config.html_theme_options.get("launch_buttons", {}).get("thebe") is True


def disconnect_thebe(app):
    if not wants_thebe(app):
        for listeners in app.events.listeners.values():
            listeners[:] = [one for one in listeners if not one.handler.__module__.startswith("sphinx_thebe")]


def text_of(file):
    """Address and content of a script or style sheet; Sphinx calls an address that is none both None and ''."""
    return f"{getattr(file, 'filename', file) or ''} {getattr(file, 'attributes', {}).get('body', '')}"


def is_needed(app, file, body):
    """Whether a page with this body uses a script; tools/site_styles.py leaves out unused rules of style sheets."""
    if str(getattr(file, "filename", file)).endswith(".css") and "thebe" not in str(file.filename):
        return True
    text = text_of(file)
    if "thebe" in text and not wants_thebe(app):
        return False
    return all(sign.search(body) for script, sign in NEEDED_FOR.items() if script in text)


def drop_files(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    scripts = {text_of(file): file for file in context.get("script_files", [])}  # each once
    context["script_files"] = [file for file in scripts.values() if is_needed(app, file, body)]
    context["css_files"] = [file for file in context.get("css_files", []) if is_needed(app, file, body)]


def setup(app):
    app.connect("builder-inited", disconnect_thebe, priority=1)
    app.connect("html-page-context", drop_files, priority=999)
    return {"version": "1", "parallel_read_safe": True}
