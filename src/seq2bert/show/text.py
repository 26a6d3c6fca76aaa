"""Source code, sentences with computed numbers, and tables."""

import html
import inspect
import re
import textwrap
from collections.abc import Sequence
from typing import Any

from IPython.display import Markdown, display


def show_source(*objects: Any) -> None:
    """Display the source of functions, classes or modules, highlighted.

    Parameters
    ----------
    *objects
        Anything with source: what the package runs is what the reader sees.
    """
    for thing in objects:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(thing))).rstrip()
        module = inspect.getmodule(thing)
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", source)), default=0))
        origin = getattr(module, "__name__", "") if module is not None else ""
        heading = f"From `{origin}`:\n\n" if origin not in ("", "__main__") else ""
        display(Markdown(f"{heading}{fence}python\n{source}\n{fence}"))


def say(text: str) -> None:
    """Display a sentence whose numbers the notebook computed.

    Parameters
    ----------
    text : str
        Markdown, usually an f-string. Common indentation is removed.
    """
    display(Markdown(textwrap.dedent(text).strip()))


def table(rows: Sequence[Sequence[object]], *, columns: Sequence[str], caption: str) -> None:
    """Display a table that follows the theme of the page and scrolls where it is narrow.

    Parameters
    ----------
    rows : sequence of rows
        Cells as strings or numbers; a float is written with four significant digits.
        Text between backticks is set as code.
    columns : sequence of str
        The headings.
    caption : str
        What the table shows.

    Raises
    ------
    ValueError
        If a row has not one cell a column.
    """
    rows = [list(row) for row in rows]
    for index, row in enumerate(rows):
        if len(row) != len(columns):
            raise ValueError(f"row {index} needs {len(columns)} cells, one a column; got {len(row)}")
    cells = [[_cell(value) for value in row] for row in rows]
    right = [all(_is_number(row[i]) for row in cells) for i in range(len(columns))]
    align = ["right" if numeric else "left" for numeric in right]
    head = "".join(
        f'<th scope="col" style="text-align:{side}">{inline(name)}</th>'
        for side, name in zip(align, columns, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="text-align:{side}">{inline(c)}</td>' for side, c in zip(align, row, strict=True))
        + "</tr>"
        for row in cells
    )
    # pandas' class: the theme of the site and JupyterLab know how to show it, light and dark.
    page = (
        '<div style="overflow-x:auto"><table class="dataframe">'
        f"<caption>{inline(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    plain = "\n".join("\t".join(row) for row in [[caption], list(columns), *cells])
    display({"text/html": page, "text/plain": plain}, raw=True)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-−+]?[\d.,]+(e[-+]?\d+)?\s*[%×s]?|–|", text.strip()) is not None


def inline(text: str) -> str:
    """Escape HTML, then set what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
