"""From the markup of a docstring to paragraphs of plain words, each with the section that it stands in.

Reads the two common layouts, numpydoc (a title underlined with dashes) and Google's (a title that
ends in a colon), and the parts of reStructuredText that docstrings use. Leaves out code, tables,
formulas and lists of references: what is left should read as English.

Does not handle, and stays so because the shipped corpus was made so:

- ``.. note:: text`` loses the text on its first line;
- a role with a title, ``:ref:`title <target>```, gives its target;
- a type of several words, ``x : int or None``, stays in front of its description;
- a type with a colon in a Google entry leaves its rest in front of the description;
- Google entries without an empty line between them are one paragraph;
- under an unindented ``Example::`` that follows entries the remarks between the code are read.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

__all__ = ["SECTIONS", "paragraphs"]

SECTIONS = {
    "parameters": "parameters",
    "other parameters": "parameters",
    "args": "parameters",
    "arguments": "parameters",
    "keyword args": "parameters",
    "attributes": "attributes",
    "returns": "returns",
    "return": "returns",
    "yields": "returns",
    "raises": "raises",
    "warns": "raises",
    "notes": "notes",
    "note": "notes",
    "warnings": "notes",
    "warning": "notes",
    "examples": "",
    "example": "",
    "see also": "",
    "references": "",
    "methods": "",
}
"""What a section is called in docstrings, and what it is called here; ``""`` is left out."""

_WITH_ENTRIES = {"parameters", "attributes", "returns", "raises"}  # "name : type", and below it what it is
_PROSE_DIRECTIVES = {"note", "warning", "tip", "important", "caution", "attention", "hint", "admonition"}

_UNDERLINE = re.compile(r"[-=~^]{3,}")
_RULE = re.compile(r"^[-=~^+*#'\"_.|: ]{3,}$")
_DIRECTIVE = re.compile(r"\.\.\s+([\w-]+)::")
_ITEM = re.compile(r"^(?:[*+•-]|\d{1,2}[.)]|\(?[a-z0-9]\))\s+")
_FIELD = re.compile(r"^:(param|type|returns?|rtype|raises?|keyword|var)\b[^:]*:\s*")
_ENTRY = re.compile(r"^[*`\w.,\s]+(?:\([^)]*\))?\s*:(?=\s|$)")  # numpydoc: "name : type"
_GOOGLE_ENTRY = re.compile(r"[*\w]+(?:\s\([^)]*\))?:\s")  # "name (type): what it is"

_INLINE = (
    (re.compile(r":[\w:+.-]+:`(?:[^`<]*<)?[~!]?([^`>]*)>?`"), r"\1"),  # :func:`~a.b`
    (re.compile(r"`([^`<]+?)\s*<[^`>]*>`_{0,2}"), r"\1"),  # `text <address>`_
    (re.compile(r"\s*\[[\w.*#-]{1,12}\]_"), ""),  # [1]_
    (re.compile(r"``(.+?)``"), r"\1"),
    (re.compile(r"`([^`]+)`_{0,2}"), r"\1"),
    (re.compile(r"(?<![\w*])\*{1,2}(?=\S)([^*]+?)(?<=\S)\*{1,2}(?![\w*])"), r"\1"),
    (re.compile(r"\|(\w+)\|"), r"\1"),
)

_BREAK = (0, "")  # where a paragraph ends


def paragraphs(docstring: str) -> list[tuple[str, str]]:
    """Split a docstring into paragraphs without markup.

    Parameters
    ----------
    docstring : str
        With its indentation removed, as :func:`~seq2bert.data.prose.docstrings` gives it.

    Returns
    -------
    list of (section, text)
        The section is ``"summary"`` before the first title, else a value of `SECTIONS`; titles that
        are not listed there are ``"notes"``. Texts have
        single spaces and no line breaks.
    """
    return [
        (section, text)
        for section, lines in _sections(docstring.expandtabs().splitlines())
        for block in _blocks(lines, entries=section in _WITH_ENTRIES)
        if (text := _without_markup(block))
    ]


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Cut at titles; an unknown title opens notes."""
    section, body = "summary", list[str]()
    for line, following in pairwise([*lines, ""]):
        title = line.strip().rstrip(":").lower()
        underlined = title and _UNDERLINE.fullmatch(following.strip())
        google = title in SECTIONS and line.rstrip().endswith(":") and following.startswith(" ")
        if underlined or google:
            if section:
                yield section, body
            section, body = SECTIONS.get(title, "notes"), []
        else:
            body.append(line)
    if section:
        yield section, body


def _without_code(lines: list[str], *, entries: bool) -> Iterator[tuple[int, str]]:
    """Yield indentation and text of every line that may be prose, and breaks in place of the others.

    Jumps over what is deeper than a line that ends in ``::`` or than a directive whose content is
    not prose, over doctests until the next empty line, and over rules of tables.
    """
    opener: int | None = None  # indentation of what opened a block of code
    doctest = False
    for line in lines:
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if opener is not None and (not text or indent > opener):
            yield _BREAK
            continue
        opener = None
        doctest = bool(text) and (doctest or text.startswith(">>>"))
        directive = _DIRECTIVE.match(text)
        if doctest or _RULE.match(text):
            yield _BREAK
        elif text.startswith(".."):
            opener = None if directive and directive[1] in _PROSE_DIRECTIVES else indent
            yield _BREAK
        else:
            opener = indent if text.endswith("::") and not (entries and indent == 0) else None
            yield indent, text


def _blocks(lines: list[str], *, entries: bool) -> Iterator[str]:
    """Join lines to paragraphs: an empty line, a list item, a field or, if there are any, an entry begins one."""
    block: list[str] = []
    for indent, text in [*_without_code(lines, entries=entries), _BREAK]:
        entry = entries and indent == 0
        if block and (not text or entry or _ITEM.match(text) or _FIELD.match(text)):
            yield re.sub(r"\s*::$", ":", " ".join(block))
            block = []
        if words := _without_label(text, entry=entry, entries=entries):
            block.append(words)


def _without_label(text: str, *, entry: bool, entries: bool) -> str:
    """Take away the mark of an item, the name of a field, or the name and type of an entry."""
    if entry:
        text = _ENTRY.sub("", text).strip()
        if not re.search(r"\s\w+\s", text):
            return ""  # a name or a type, no text
    text = _FIELD.sub("", _ITEM.sub("", text))
    return text.split(":", 1)[1].strip() if entries and _GOOGLE_ENTRY.match(text) else text


def _without_markup(text: str) -> str:
    """Take away roles, links, footnotes and emphasis, and keep the words."""
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return " ".join(text.replace("\\ ", "").split())
