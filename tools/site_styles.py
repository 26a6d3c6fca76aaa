"""One style sheet in place of nine: the theme's, the extensions' and ours, without rules that no page uses.

The theme's alone is 397 KB, most of it Bootstrap for things that this site has not. PurgeCSS (from npm) leaves out what
neither a page nor a script names.
"""

import json
import posixpath
import re
import subprocess

from tools.site_pages import resolved

SHEET = re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"]+)"[^>]*>\n?')
URL = re.compile(r"""url\(\s*(['"]?)(?!data:|https?:|#)([^'")]+)\1\s*\)""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PLACE = "_static/site.css"
IMPORTED = ("_static/basic.css",)  # by the theme's


def sheets_of(name, page):
    """Style sheets of a page, by their path in the site, in order."""
    return [resolved(name, found) for found in SHEET.findall(page)]


def all_sheets(pages):
    """Style sheets of all pages, in the order of the page that has most of them."""
    order = []
    for sheets in sorted((sheets_of(name, page) for name, page in pages.items()), key=len, reverse=True):
        for sheet in sheets:
            if sheet not in order:
                order.append(sheet)
    return order


def with_imports(sheet, files):
    """Text of a style sheet with the ones that it imports in their place."""

    def imported(match):
        return with_imports(posixpath.normpath(posixpath.join(posixpath.dirname(sheet), match[1])), files)

    return re.sub(r"""@import\s+(?:url\()?['"]([^'"]+)['"]\)?;""", imported, files[sheet].decode())


def moved(css, old, new=PLACE):
    """The style sheet at `old` with addresses that are right at `new`."""

    def address(match):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(old), match[2]))
        return f'url("{posixpath.relpath(target, posixpath.dirname(new))}")'

    return URL.sub(address, css)


def purged(css, pages, scripts, node):
    """The rules of `css` that a page or a script may use.

    Parameters
    ----------
    css : str
    pages, scripts : list of str
        Texts in which class names are looked for.
    node : str
        Path of Node.
    """
    request = json.dumps({"css": css, "html": pages, "scripts": scripts})
    command = [node, "tools/node/purge.mjs"]
    result = subprocess.run(command, input=request, capture_output=True, encoding="utf-8", check=True)
    text = COMMENT.sub("", result.stdout)
    return re.sub(r"\n\s*\n+", "\n", re.sub(r"[ \t]+", " ", text)).strip() + "\n"


def with_one_sheet(name, page, version):
    """The page with one link in place of all its style sheets; pages for wrong addresses keep absolute ones."""
    first = SHEET.search(page)
    if first is None:
        return page
    prefix = first[1].split("_static/")[0]
    link = f'  <link rel="stylesheet" href="{prefix}{PLACE}?v={version}">\n'
    return page[: first.start()] + link + SHEET.sub("", page[first.start() :])
