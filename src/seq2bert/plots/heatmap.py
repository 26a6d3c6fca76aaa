"""Heat maps of attention weights, laid out alike in every lecture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from seq2bert.plots.style import as_array, new_axes, write_title

VISIBLE_SPACE = "␣"
MOST_OUTLINED_CELLS = 2500  # a heat map with more cells is stored as pixels, not as outlines


def attention_heatmap(
    weights: Any,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    *,
    title: str,
    ax: Axes | None = None,
    maximum: float = 1.0,
    annotate: bool = False,
    xlabel: str = "source",
    ylabel: str = "target",
) -> Axes:
    """Draw weights as a heat map: one row a target token, one column a source token.

    Parameters
    ----------
    weights : array or Tensor, (target, source)
        Attention weights; row ``t`` says where target token ``t`` looks.
    source_tokens, target_tokens : sequence of str
        The labels of the columns and of the rows. A space is drawn as ``␣``.
    title : str
        What to see in the picture.
    ax : Axes, optional
        Where to draw; a new figure of a fitting size otherwise.
    maximum : float
        The weight drawn darkest. It is 1 unless given, so that pictures can be compared.
    annotate : bool
        Also write each weight into its cell. For a few cells only.
    xlabel, ylabel : str
        What the columns and the rows are.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the weights are not a matrix with one row a target token and one column a
        source token.
    """
    weights = as_array(weights)
    expected = (len(target_tokens), len(source_tokens))
    if weights.shape != expected:
        raise ValueError(
            f"weights need one row a target token and one column a source token, so {expected}; got {weights.shape}"
        )
    if ax is None:
        row = 0.21 if not annotate else 0.32
        ax = new_axes(height=max(1.7, row * expected[0] + 1.2))
    outlined = weights.size <= MOST_OUTLINED_CELLS
    image = ax.pcolormesh(
        weights,
        cmap="Blues",
        vmin=0,
        vmax=maximum,
        edgecolors="#E4E4E4" if outlined else "none",
        linewidth=0.4,
        rasterized=not outlined,
    )
    ax.invert_yaxis()
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.tick_params(length=0)
    ax.grid(False)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    write_title(ax, title, taken=4 + max(map(len, target_tokens), default=0))
    longest = max(map(len, source_tokens), default=0)
    upright = longest * len(source_tokens) <= 48  # characters that fit side by side
    ax.set_xticks(np.arange(expected[1]) + 0.5, _visible(source_tokens), rotation=0 if upright else 90)
    ax.set_yticks(np.arange(expected[0]) + 0.5, _visible(target_tokens))
    if annotate:
        _write_weights(ax, weights, maximum)
    ax.figure.colorbar(image, ax=ax, label="weight", pad=0.02, ticks=[0, maximum / 2, maximum])
    return ax


def _visible(tokens: Sequence[str]) -> list[str]:
    return [token.replace(" ", VISIBLE_SPACE) for token in tokens]


def _write_weights(ax: Axes, weights: np.ndarray, maximum: float) -> None:
    for (row, column), weight in np.ndenumerate(weights):
        colour = "white" if weight > 0.55 * maximum else "black"  # on the dark half of the colours
        ax.text(column + 0.5, row + 0.5, f"{weight:.2f}", ha="center", va="center", color=colour)
