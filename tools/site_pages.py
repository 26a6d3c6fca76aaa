"""Edit the pages that Sphinx wrote: what the theme loads and nobody needs, pictures that wait, names of controls.

Everything here changes text that templates of the theme wrote, one rule for each fault; a rule that finds nothing to
change on any page stops the build, so that none outlives the fault it mends.
"""

import posixpath
import re
from html import unescape
from urllib.parse import unquote, urlsplit

# Scripts that the theme puts on every page: icons (drawn when the site is built), Bootstrap (for menus and hints that
# ours and the browser's replace), hints to load early what is loaded anyway, and the index of the search, which the
# page of the search loads itself.
NEEDLESS = re.compile(
    r'[ \t]*<script\b[^>]*src="[^"]*scripts/(?:fontawesome|bootstrap)\.js[^"]*"[^>]*></script>\n?'
    r'|[ \t]*<link rel="preload" as="script"[^>]*>\n?'
)
SEARCH = re.compile(
    r'[ \t]*<script\b[^>]*src="[^"]*(?:_static/searchtools\.js|_static/language_data\.js|searchindex\.js)[^"]*"[^>]*>'
    r"</script>\n?"
)
PICTURE = re.compile(r"<img\b[^>]*>")
SIZE = re.compile(rb'<svg\b[^>]*?\bviewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', re.DOTALL)


def without_needless_scripts(name, page):
    page = NEEDLESS.sub("", page)
    return page if name == "search.html" else SEARCH.sub("", page)


def with_deferred_scripts(name, page):
    """Scripts in the head do not hold up the page; those of the search stay as they are, and the options they read."""
    if name == "search.html":
        return page
    return re.sub(r'<script (src="(?![^"]*documentation_options\.js)[^"]+")>', r"<script defer \1>", page)


# In both themes the code's own colour, or no glyph at all: marking them doubles the size of a page.
UNCOLOURED = re.compile(r'<span class="(?:n|p|w|x)">([^<]*)</span>')
EMPTY = re.compile(r"<span></span>")
NARROW = 40  # characters of code that fit on a phone
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)


def with_plain_code(page):
    """Code without marks that change nothing, and neighbours of one colour marked once."""

    def plain(match):
        code = EMPTY.sub("", UNCOLOURED.sub(r"\1", match[0]))
        code = re.sub(r'<span class="([a-z0-9]+)">([^<]*)</span>(?:<span class="\1">([^<]*)</span>)+', joined, code)
        return "\n".join(map(with_indent, code.split("\n"))) if "<span" in code else code

    return CODE.sub(plain, page)


def with_indent(line):
    """A long line of code, wrapped so that what does not fit is indented below it (course.css)."""
    text = unescape(re.sub(r"<[^>]*>", "", line))
    opening = line.startswith("<pre>")
    if len(text) <= NARROW or line.endswith("</pre>"):
        return line
    indent = min(len(text) - len(text.lstrip(" ")), 24)
    start = "<pre>" if opening else ""
    return f'{start}<span class="i{indent}">{line.removeprefix("<pre>")}</span>'


def joined(match):
    return f'<span class="{match[1]}">{re.sub(r"<[^>]*>", "", match[0])}</span>'


def with_patient_pictures(name, page, read):
    """Pictures in the article are loaded when they come near the window, and keep their place until then.

    Parameters
    ----------
    name, page : str
        Path in the site, and its text.
    read : callable
        Gives the bytes of a file of the site by its path.
    """
    start = page.find('<article class="bd-article">')

    def patient(match):
        tag = match[0]
        source = re.search(r'\bsrc="([^"]+)"', tag)[1]
        if match.start() < start or source.startswith("data:") or "loading=" in tag:
            return tag
        size = ""
        if source.endswith(".svg") and not re.search(r"\b(width|height)=", tag):
            found = SIZE.search(read(resolved(name, source))[:2000])
            size = f' width="{float(found[1]):.0f}" height="{float(found[2]):.0f}"' if found else ""
        return f'<img loading="lazy" decoding="async"{size}{tag[4:]}'

    return PICTURE.sub(patient, page)


def resolved(name, address):
    """Path in the site of what a page addresses.

    The page for wrong addresses is shown at any depth, so its addresses begin at the host; what it loads is static.
    """
    path = unquote(urlsplit(address).path)
    if path.startswith("/"):
        return path[path.index("_static/") :]
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


# Faults of the theme: a pattern and what stands there instead. A visible text belongs to the name of its control (WCAG
# 2.5.3), every part of a page lies in a landmark, and a control has a name.
MENDED = (
    # the button shows its name; the shortcut beside it is shown to the eye and told to no one else
    (r'(<button class="btn search-button-field [^>]*?) aria-label="Search"', r"\1"),
    (r'<span class="search-button__kbd-shortcut">', '<span class="search-button__kbd-shortcut" aria-hidden="true">'),
    # the fold over hidden code says in its own text what it does
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'<div id="pst-primary-sidebar" ', '<div id="pst-primary-sidebar" role="region" aria-label="The book" '),
    # the empty corner of a table heads nothing
    (r"<th\b[^>]*>\s*(?:<p>\s*</p>)?\s*</th>", "<td></td>"),
    # the role is deprecated, and its list may only hold items
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # the fold beside a link to a page with pages below it
    (r">([^<>]+)</a><details( open[^>]*)?><summary>", r'>\1</a><details\2><summary aria-label="Pages below: \1">'),
)


def with_mended_theme(page, mended):
    """The page without the theme's faults; `mended` is a set that collects the patterns that were found."""
    for fault, cure in MENDED:
        page, times = re.subn(fault, cure, page)
        if times:
            mended.add(fault)
    return page
