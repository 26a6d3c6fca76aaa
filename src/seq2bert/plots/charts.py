"""Curves with the range of their seeds, and bars."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from seq2bert.plots.style import COLOURS, as_array, new_axes, write_title


def curves(
    x: Any,
    runs: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    title: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw one curve a method: the mean of its seeds, over a band from lowest to highest.

    The band is the range of the seeds and no confidence interval: with three seeds an
    interval would say more than is known.

    Parameters
    ----------
    x : array, (point,)
        The horizontal axis, shared by all curves.
    runs : mapping of str to array
        A label and its values: ``(seed, point)``, or ``(point,)`` for one run and no band.
    xlabel, ylabel, title : str
        Title: what to see.
    ax : Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a run has not one value a point.
    """
    x = as_array(x)
    ax = new_axes() if ax is None else ax
    few = len(x) <= 25  # with more points the markers hide the line
    for name, values in runs.items():
        values = np.atleast_2d(as_array(values))
        if values.ndim != 2 or values.shape[1] != len(x):
            raise ValueError(
                f"run {name!r} needs one value for each of the {len(x)} points of x, as (seed, point) "
                f"or (point,); got {values.shape}"
            )
        (line,) = ax.plot(x, values.mean(0), label=name, markevery=1 if few else max(1, len(x) // 8))
        if len(values) > 1:
            ax.fill_between(x, values.min(0), values.max(0), color=line.get_color(), alpha=0.2, linewidth=0)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    write_title(ax, title, taken=4)
    if len(runs) > 1:
        ax.legend()
    return ax


def bars(
    values: Mapping[str, Any],
    *,
    xlabel: str,
    title: str,
    ylabel: str = "",
    ax: Axes | None = None,
    number: str = "{:.2f}",
) -> Axes:
    """Draw one horizontal bar a label, the first on top; long labels have their room.

    Parameters
    ----------
    values : mapping of str to float or sequence of float
        A number a label, or one number a seed: then the bar is their mean and every seed is
        drawn as a dot.
    xlabel, ylabel, title : str
        What the length of a bar is, what the labels are, what to see.
    ax : Axes, optional
        Where to draw; a new figure otherwise.
    number : str
        How the value is written beside its bar.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no bar.
    """
    if not values:
        raise ValueError("values need at least one bar; got none")
    seeds = [np.atleast_1d(as_array(value)) for value in values.values()]
    means = [float(runs.mean()) for runs in seeds]
    ax = new_axes(height=0.32 * len(means) + 1.1) if ax is None else ax
    places = list(range(len(means)))
    ax.barh(places, means, height=0.68, color=COLOURS[0])
    low = min(0.0, *(runs.min() for runs in seeds))
    high = max(0.0, *(runs.max() for runs in seeds))
    span = (high - low) or 1.0
    for place, mean, runs in zip(places, means, seeds, strict=True):
        if len(runs) > 1:
            ax.plot(runs, np.full(len(runs), place), "o", color="black", markersize=3.5, linestyle="none")
        end = max(runs.max(), 0.0) if mean >= 0 else min(runs.min(), 0.0)
        side = 1 if mean >= 0 else -1
        ax.text(
            end + side * 0.02 * span,
            place,
            number.format(mean),
            va="center",
            ha="left" if mean >= 0 else "right",
        )
    ax.set_yticks(places, list(values))
    ax.invert_yaxis()
    # Room for the numbers, on the side where a bar ends.
    ax.set_xlim(low - 0.2 * span if low < 0 else 0.0, high + 0.2 * span if high > 0 or low == 0 else 0.0)
    ax.grid(False, axis="y")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    write_title(ax, title, taken=2 + max(map(len, values)))
    return ax
