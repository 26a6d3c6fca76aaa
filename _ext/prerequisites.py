"""The map of prerequisites, drawn from the paragraph *Prerequisites* of each lecture.

The directive `prerequisite-map` draws the lectures as boxes, each below what it needs. A line leads from a lecture to
one that needs it, unless another way through the map says so already. `prerequisite-table` has every need in words.
"""

import re
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

LECTURE = re.compile(r"lectures/(\d\d-[\w-]+?)(?:\.(?:html|ipynb))?$")
WIDTH, HEIGHT, GAP_X, GAP_Y = 158, 56, 12, 30  # of a box and between boxes, in pixels; two boxes fit on a phone


class prerequisite_map(nodes.General, nodes.Element):
    """Stands where the map will be."""


class prerequisite_table(nodes.General, nodes.Element):
    """Stands where the table will be."""


def read_prerequisites(app, doctree):
    """Keep a lecture's paragraph and the lectures that it links to."""
    docname = app.env.docname
    if not LECTURE.search(docname):
        return
    for paragraph in doctree.findall(nodes.paragraph):
        if paragraph.astext().startswith("Prerequisites."):
            addresses = [node.get("refuri", "") for node in paragraph.findall(nodes.reference)]
            needs = [f"lectures/{match[1]}" for match in map(LECTURE.search, addresses) if match]
            app.env.prerequisites[docname] = {
                "title": re.sub(r"^L0*(\d+)\b", r"\1.", next(doctree.findall(nodes.title)).astext()),
                "needs": sorted(set(needs) - {docname}),
                "paragraph": paragraph.deepcopy(),
            }
            return


def depths(needs):
    """How many lectures lie above each, on the longest way; raises where lectures need each other in a circle.

    Examples
    --------
    >>> depths({"a": [], "b": ["a"], "c": ["a", "b"]})
    {'a': 0, 'b': 1, 'c': 2}
    """
    found = {}

    def depth(name, path=()):
        if name in path:
            raise ValueError(f"lectures need each other: {' -> '.join([*path, name])}")
        if name not in found:
            found[name] = max((1 + depth(needed, (*path, name)) for needed in needs[name]), default=0)
        return found[name]

    return {name: depth(name) for name in needs}


def direct_needs(needs):
    """Needs without those that follow from another need.

    Examples
    --------
    >>> direct_needs({"a": [], "b": ["a"], "c": ["a", "b"]})
    {'a': [], 'b': ['a'], 'c': ['b']}
    """

    def behind(name):
        return {name}.union(*(behind(needed) for needed in needs[name]))

    direct = {}
    for name, needed in needs.items():
        implied = {far for one in needed for nearer in needs[one] for far in behind(nearer)}
        direct[name] = [one for one in needed if one not in implied]
    return direct


def wrapped(title, length=20):
    """A title in at most two lines."""
    words, lines = title.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= length and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def places(needs):
    """Left upper corner of each box, and the size of the picture."""
    rows = {}
    for name, depth in sorted(depths(needs).items()):
        rows.setdefault(depth, []).append(name)
    width = max(len(row) for row in rows.values()) * (WIDTH + GAP_X) + GAP_X
    corners = {}
    for depth, row in rows.items():
        left = (width - len(row) * (WIDTH + GAP_X) + GAP_X) / 2
        for position, name in enumerate(row):
            corners[name] = (left + position * (WIDTH + GAP_X), GAP_X + depth * (HEIGHT + GAP_Y))
    return corners, width, len(rows) * (HEIGHT + GAP_Y) - GAP_Y + 2 * GAP_X


def map_svg(lectures, address_of):
    """The map as inline SVG whose colours are the theme's.

    Parameters
    ----------
    lectures : dict
        From the name of each lecture to a dict with ``title`` and ``needs``.
    address_of : callable
        Gives the address of a lecture's page.
    """
    needs = {name: [need for need in item["needs"] if need in lectures] for name, item in lectures.items()}
    corners, width, height = places(needs)
    lines, boxes = [], []
    for name, direct in direct_needs(needs).items():
        for need in direct:
            (x1, y1), (x2, y2) = corners[need], corners[name]
            start, end = (x1 + WIDTH / 2, y1 + HEIGHT), (x2 + WIDTH / 2, y2 - 5)
            middle = (start[1] + end[1]) / 2
            lines.append(
                f'<path data-from="{need}" data-to="{name}" marker-end="url(#arrow)" d="M{start[0]:g} {start[1]:g} '
                f'C{start[0]:g} {middle:g} {end[0]:g} {middle:g} {end[0]:g} {end[1]:g}"/>'
            )
    for name, (x, y) in corners.items():
        rows = wrapped(lectures[name]["title"])
        first = y + HEIGHT / 2 + 5 - 9 * (len(rows) - 1)
        text = "".join(
            f'<tspan x="{x + WIDTH / 2:g}" y="{first + 18 * place:g}">{escape(row)}</tspan>'
            for place, row in enumerate(rows)
        )
        boxes.append(
            f'<a href="{escape(address_of(name))}"><rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
            f"<text>{text}</text></a>"
        )
    return (
        f'<div class="prerequisite-map"><svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        'role="group" aria-label="Map of prerequisites: each lecture is a box below the lectures that it needs; '
        'the table after it says the same in words.">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>' + "".join(lines) + "".join(boxes) + "</svg></div>\n"
    )


def table_nodes(app, lectures, docname):
    """What each lecture needs, in its own words."""
    rows = [
        nodes.raw(
            "", '<table class="table"><thead><tr><th>Lecture</th><th>It needs</th></tr></thead><tbody>', format="html"
        )
    ]
    for name, item in sorted(lectures.items()):
        address = app.builder.get_relative_uri(docname, name)
        opening = f'<tr><th scope="row"><a href="{address}">{escape(item["title"])}</a></th><td>'
        parts = item["paragraph"].deepcopy().children
        start = next(place for place, part in enumerate(parts) if part.astext() == "Prerequisites.")
        words = nodes.inline("", "", *parts[start + 1 :])
        for node in words.findall(nodes.reference):
            match = LECTURE.search(node["refuri"])
            if match:
                node["refuri"], node["internal"] = app.builder.get_relative_uri(docname, f"lectures/{match[1]}"), True
        rows += [nodes.raw("", opening, format="html"), words, nodes.raw("", "</td></tr>", format="html")]
    return [*rows, nodes.raw("", "</tbody></table>\n", format="html")]


def fill(app, doctree, docname):
    lectures = app.env.prerequisites
    for node in list(doctree.findall(prerequisite_map)):
        svg = map_svg(lectures, lambda name: app.builder.get_relative_uri(docname, name))
        node.replace_self(nodes.raw("", svg, format="html"))
    for node in list(doctree.findall(prerequisite_table)):
        filled = table_nodes(app, lectures, docname)
        node.parent.replace(node, filled)
        if any(part.next_node(nodes.math, include_self=True) for part in filled):
            app.env.get_domain("math").data["has_equations"][docname] = True  # counted when pages are read


class Map(SphinxDirective):
    node = prerequisite_map

    def run(self):
        self.env.pages_with_prerequisites.add(self.env.docname)
        return [self.node()]


class Table(Map):
    node = prerequisite_table


def prepare_environment(app):
    for name, empty in (("prerequisites", dict), ("pages_with_prerequisites", set)):
        if not hasattr(app.env, name):
            setattr(app.env, name, empty())


def forget(app, env, docname):
    env.prerequisites.pop(docname, None)


def write_again(app, env):
    return sorted(env.pages_with_prerequisites & set(env.found_docs))


def setup(app):
    app.add_node(prerequisite_map)
    app.add_node(prerequisite_table)
    app.add_directive("prerequisite-map", Map)
    app.add_directive("prerequisite-table", Table)
    app.connect("builder-inited", prepare_environment)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-read", read_prerequisites)
    app.connect("env-updated", write_again)
    app.connect("doctree-resolved", fill, priority=400)  # before mathematics and links are made ready for the page
    return {"version": "1", "parallel_read_safe": False}
