"""Turn the absolute links between lectures into links inside the built site.

Notebooks link to each other by the site's public address, because that is what works in Colab. In the built site such
a link becomes a relative one, so that the folder works from any place and with the network off. A link to a page that
does not exist is a warning, and the build treats warnings as errors. Anchors are checked on the built pages
(tests/book).
"""

import re
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)


def local_target(app, docname, address):
    """Relative address of a page of this site, or None where there is no such page."""
    rest = urlsplit(address[len(app.config.html_baseurl) :])
    target = rest.path.removesuffix(".html") or app.config.root_doc
    if target not in app.env.all_docs:
        return None
    fragment = f"#{rest.fragment}" if rest.fragment else ""
    return (app.builder.get_relative_uri(docname, target) + fragment) or "#"


def make_local(app, doctree, docname):
    base = app.config.html_baseurl
    if app.builder.format != "html":
        return

    def replaced(address, node):
        target = local_target(app, docname, address)
        if target is None:
            logger.warning(
                "link to a page that is not part of the site: %s", address, location=node, type="local_links"
            )
        return target or address

    for node in doctree.findall(nodes.reference):
        if node.get("refuri", "").startswith(base):
            node["refuri"] = replaced(node["refuri"], node)
            node["internal"] = True
    pattern = re.compile(r'(<a\b[^>]*\bhref=")(' + re.escape(base) + r'[^"]*)"')
    for node in list(doctree.findall(nodes.raw)):
        if "html" in node.get("format", "") and base in node.astext():
            text = pattern.sub(lambda match: f'{match[1]}{replaced(match[2], node)}"', node.astext())  # noqa: B023
            node.replace_self(nodes.raw("", text, format="html"))


def setup(app):
    app.connect("doctree-resolved", make_local)
    return {"version": "1", "parallel_read_safe": True}
