"""From the markup of a docstring to paragraphs of plain words, each with the section that it stands in.

Reads the two common layouts, numpydoc (a title underlined with dashes) and Google's (a title that
ends in a colon), and the parts of reStructuredText that docstrings use. Leaves out code, tables,
formulas and lists of references: what is left should read as English.
"""

import re
from collections.abc import Iterator

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
_ITEM = re.compile(r"(?:[*+•-]|\d{1,2}[.)]|\(?[a-z0-9]\))\s+")
_FIELD = re.compile(r":(param|type|returns?|rtype|raises?|keyword|var)\b[^:]*:\s*")
_ENTRY = re.compile(r"^[*`\w.,\s]+(?:\([^)]*\))?\s*:(?=\s|$)")
_RULE = re.compile(r"^[-=~^+*#'\"_.|: ]{3,}$")

_INLINE = (
    (re.compile(r":[\w:+.-]+:`(?:[^`<]*<)?[~!]?([^`>]*)>?`"), r"\1"),  # :func:`~a.b`
    (re.compile(r"`([^`<]+?)\s*<[^`>]*>`_{0,2}"), r"\1"),  # `text <address>`_
    (re.compile(r"\s*\[[\w.*#-]{1,12}\]_"), ""),  # [1]_
    (re.compile(r"``(.+?)``"), r"\1"),
    (re.compile(r"`([^`]+)`_{0,2}"), r"\1"),
    (re.compile(r"(?<![\w*])\*{1,2}(?=\S)([^*]+?)(?<=\S)\*{1,2}(?![\w*])"), r"\1"),
    (re.compile(r"\|(\w+)\|"), r"\1"),
)


def paragraphs(docstring: str) -> list[tuple[str, str]]:
    """Split a docstring into paragraphs without markup.

    Parameters
    ----------
    docstring : str
        With its indentation removed, as :func:`docstrings` gives it.

    Returns
    -------
    list of (section, text)
        The section is ``"summary"`` before the first title, else a value of `SECTIONS`. Texts have
        single spaces and no line breaks.
    """
    found = []
    for section, lines in _sections(docstring.expandtabs().splitlines()):
        found += [(section, _plain(text)) for text in _blocks(lines, entries=section in _WITH_ENTRIES)]
    return found


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    section: str | None = "summary"
    body: list[str] = []
    skip = False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        title = line.strip().rstrip(":").lower()
        underlined = bool(re.fullmatch(r"[-=~^]{3,}", following.strip())) and bool(line.strip())
        google = line.rstrip().endswith(":") and title in SECTIONS and following.startswith(" ")
        if skip:
            skip = False
        elif underlined or google:
            if section:
                yield section, body
            section, body, skip = SECTIONS.get(title, "notes"), [], underlined
        else:
            body.append(line)
    if section:
        yield section, body


def _blocks(lines: list[str], *, entries: bool) -> Iterator[str]:
    """Yield the paragraphs of one section; code, tables and directives are jumped over."""
    paragraph: list[str] = []
    skip_deeper: int | None = None  # indentation of what opened a block of code
    skip_output = False
    for line in [*lines, ""]:
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if skip_deeper is not None and (not text or indent > skip_deeper):
            continue
        skip_deeper = None
        skip_output = bool(text) and (skip_output or text.startswith(">>>"))
        directive = re.match(r"\.\.\s+([\w-]+)::", text)
        field = _FIELD.match(text)
        opens = not text or _ITEM.match(text) or field or directive or _RULE.match(text) or text.startswith("..")
        if paragraph and (opens or skip_output or (entries and indent == 0)):
            joined, paragraph = " ".join(paragraph), []
            if joined.endswith("::"):
                skip_deeper = last_indent
                if text and indent > last_indent:
                    yield joined.removesuffix("::").rstrip() + ":"
                    continue
            yield re.sub(r"\s*::$", ":", joined)
            if skip_deeper is not None and not text:
                continue
            skip_deeper = None
        if not text or skip_output or _RULE.match(text):
            continue
        if text.startswith(".."):
            skip_deeper = None if directive and directive[1] in _PROSE_DIRECTIVES else indent
            continue
        if entries and indent == 0:
            text = _ENTRY.sub("", text).strip() if _ENTRY.match(text) else text
            if not text or not re.search(r"\s\w+\s", text):
                continue
        text = _FIELD.sub("", _ITEM.sub("", text, count=1) if _ITEM.match(text) else text)
        if entries and re.match(r"^[*\w]+(\s\([^)]*\))?:\s", text):
            text = text.split(":", 1)[1].strip()
        paragraph.append(text)
        last_indent = indent


def _plain(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return " ".join(text.replace("\\ ", "").split())
