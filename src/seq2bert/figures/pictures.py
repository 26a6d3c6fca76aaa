"""Still pictures of live figures, as SVG: what print shows, and readers without scripts.

Colours are the page's own (custom properties with fallbacks), so that a picture follows light and dark.
Matplotlib is left out on purpose: its files have fixed colours and are ten times as large.
"""

import html
from collections.abc import Sequence

__all__ = ["bars", "beside", "heat_map"]

_HEAT = "var(--live-heat,#0072b2)"
_INK = "var(--pst-color-text-base,var(--jp-content-font-color1,#1f2328))"
_EMPTY = "var(--pst-color-surface,var(--jp-layout-color1,#f5f6f8))"
_FONT = "ui-monospace,Menlo,Consolas,monospace"
_SHADES = 20
CELL = 24  # units of the SVG, about pixels


def heat_map(
    weights: Sequence[Sequence[float]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str = "",
    words: bool = False,
    cell: int = CELL,
) -> tuple[str, int, int]:
    """Draw weights between 0 and 1, one path for each of twenty shades.

    Parameters
    ----------
    weights : sequence of rows
    rows, columns : sequence of str
        Labels; a space is drawn as ``␣``.
    title : str
        Above the picture.
    words : bool
        Whether labels are words: they get more room, and those of columns stand upright.
    cell : int
        Width and height of a cell.

    Returns
    -------
    group, width, height : str, int, int
        An SVG group and its size.
    """
    size = max(9, min(14, cell * 0.6))
    left = max((len(label) for label in rows), default=1) * size * 0.62 + 8 if words else cell
    above = (max((len(label) for label in columns), default=1) * size * 0.62 + 8 if words else cell) + 22 * bool(title)
    paths = [""] * (_SHADES + 1)
    for y, row in enumerate(weights):
        for x, weight in enumerate(row):
            paths[round(weight * _SHADES)] += f"M{x} {y}h1v1h-1z"
    width, height = len(columns), len(rows)
    inner = f'<path fill="{_EMPTY}" d="M0 0h{width}v{height}h-{width}z"/>'
    inner += "".join(
        f'<path fill="{_HEAT}" opacity="{shade / _SHADES:g}" d="{path}"/>'
        for shade, path in enumerate(paths)
        if shade and path
    )
    group = f'<g transform="translate({left:g} {above:g}) scale({cell})">{inner}</g>'
    if title:
        group += _text(title, 0, 14, 14, anchor="start", weight="600")
    for x, label in enumerate(columns):
        at = left + (x + 0.5) * cell
        group += _text(label, at, above - 6, size, turned=words)
    for y, label in enumerate(rows):
        at = above + (y + 0.5) * cell + size * 0.35
        group += _text(label, left - 6 if words else left / 2, at, size, anchor="end" if words else "middle")
    return group, round(max(left + width * cell, len(title) * 8.6)), round(above + height * cell)


def bars(names: Sequence[str], weights: Sequence[float], *, width: int = 480) -> tuple[str, int, int]:
    """Draw weights between 0 and 1 as bars with their names and values."""
    left, right, step = max(map(len, names)) * 9 + 12, 56, 26
    group = ""
    for number, (name, weight) in enumerate(zip(names, weights, strict=True)):
        y = number * step
        room = width - left - right
        group += _text(name, 0, y + 17, 14, anchor="start")
        group += f'<rect x="{left}" y="{y + 3}" width="{room}" height="18" rx="2" fill="{_EMPTY}"/>'
        group += f'<rect x="{left}" y="{y + 3}" width="{room * weight:.1f}" height="18" rx="2" fill="{_HEAT}"/>'
        group += _text(f"{100 * weight:.0f} %", width, y + 17, 13, anchor="end")
    return group, width, len(names) * step


def beside(parts: Sequence[tuple[str, int, int]], *, alt: str, columns: int = 1, gap: int = 24) -> str:
    """Lay out groups in rows of several and make a picture of them.

    Parameters
    ----------
    parts : sequence of (group, width, height)
    alt : str
        What the picture shows.
    columns : int
        How many stand in a row.
    gap : int
        Between them.

    Returns
    -------
    str
        An SVG element.
    """
    rows = [parts[start : start + columns] for start in range(0, len(parts), columns)]
    widths = [max(row[i][1] for row in rows if i < len(row)) for i in range(min(columns, len(parts)))]
    inner, y = "", 0
    for row in rows:
        x = 0
        for (group, _, _), width in zip(row, widths, strict=False):
            inner += f'<g transform="translate({x} {y})">{group}</g>'
            x += width + gap
        y += max(height for _, _, height in row) + gap
    width, height = sum(widths) + gap * (len(widths) - 1), y - gap
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(alt)}" '
        f'viewBox="0 0 {width} {height}" style="display:block;width:100%;max-width:{width}px;height:auto">{inner}</svg>'
    )


def _text(
    text: str,
    x: float | int,
    y: float | int,
    size: float | int,
    *,
    anchor: str = "middle",
    weight: str = "400",
    turned: bool = False,
) -> str:
    if turned:
        place, anchor = f'transform="translate({x + size * 0.35:g} {y:g}) rotate(-90)"', "start"
    else:
        place = f'x="{x:g}" y="{y:g}"'
    return (
        f'<text {place} font-size="{size:g}" font-family="{_FONT}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{_INK}">{html.escape("␣" if text == " " else text)}</text>'
    )
