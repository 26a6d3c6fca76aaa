"""The course's style: colours, sizes, deterministic files, and new axes as wide as the page."""

import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib_inline.backend_inline import set_matplotlib_formats

# Okabe and Ito's palette without its yellow, which disappears on white, the palest last.
# https://jfly.uni-koeln.de/color/
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

WIDTH = 5.0  # inches; 11-point text on it is still 10 pixels high on a 350-pixel column

STYLE: Any = {
    "figure.figsize": (WIDTH, 3.2),
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "savefig.bbox": "tight",
    "axes.facecolor": "white",
    "axes.prop_cycle": cycler(color=COLOURS) + cycler(marker=MARKERS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine draws the same
    "font.size": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "seq2bert",  # ids in the file depend on its content, not on the clock
}


def use_course_style() -> None:
    """Use the course's style from here on, with figures as SVG where there is a notebook.

    Outside IPython only matplotlib's parameters change.
    """
    plt.rcParams.update(STYLE)
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def new_axes(*, height: float = 3.2) -> Axes:
    """Make a figure as wide as the page, with one pair of axes.

    Parameters
    ----------
    height : float
        In inches.

    Returns
    -------
    Axes
    """
    return new_axes_row(1, height=height)[0]


def new_axes_row(columns: int, *, height: float = 3.2) -> list[Axes]:
    """Make a figure as wide as the page, with several axes side by side.

    Parameters
    ----------
    columns : int
        How many. Two is what a phone can show.
    height : float
        In inches.

    Returns
    -------
    list of Axes
    """
    _, axes = plt.subplots(1, columns, figsize=(WIDTH, height), layout="constrained", squeeze=False)
    return list(axes[0])


def write_title(ax: Axes, title: str, *, taken: int = 0) -> None:
    """Write a title over the axes, in as many lines as it needs.

    Parameters
    ----------
    ax : Axes
    title : str
        What to see.
    taken : int
        Characters of the width that labels beside the axes need.
    """
    place = ax.get_subplotspec()
    columns = 1 if place is None else place.get_gridspec().ncols
    # 58 characters of 11 points fit on the width of the page.
    ax.set_title(textwrap.fill(title, max(16, 58 // columns - taken)), loc="left")


def as_array(values: Any) -> np.ndarray:
    """Return a float array, whether NumPy, torch or a list came in."""
    if hasattr(values, "detach"):  # a Tensor, perhaps on another device, perhaps half precision
        values = values.detach().float().cpu().numpy()
    return np.asarray(values, dtype=float)
