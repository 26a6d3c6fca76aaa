"""Intervals over seeds, and a live figure beside the recorded ones."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

SPREADS = 3  # how many recorded ranges a floor lies below the recorded mean, at least


class Interval(NamedTuple):
    """A mean over seeds and its confidence interval."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float], *, level: float = 0.95) -> Interval:
    """Return the mean and Student's t interval.

    Parameters
    ----------
    values : sequence of float
        One figure per seed, at least two.
    level : float
        Coverage, between 0 and 1.

    Raises
    ------
    ValueError
        If there are fewer than two values, one is not finite, or ``level`` is not between 0 and 1.
    """
    array = np.asarray(values, dtype=float)
    if array.size < 2:
        raise ValueError(f"values must hold at least two figures, one per seed; got {array.size}")
    if not np.isfinite(array).all():
        raise ValueError(f"values must be finite; got {array.tolist()}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}")
    half = stdtrit(array.size - 1, (1 + level) / 2) * array.std(ddof=1) / np.sqrt(array.size)
    return Interval(float(array.mean()), float(array.mean() - half), float(array.mean() + half))


def paired_interval(first: Sequence[float], second: Sequence[float], *, level: float = 0.95) -> Interval:
    """Return the mean of first - second over the same seeds, and its interval.

    An interval that holds 0 means: not distinguishable at these seeds.

    Raises
    ------
    ValueError
        If the two differ in length, or hold fewer than two figures.
    """
    if len(first) != len(second):
        raise ValueError(f"first and second need the same seeds; got {len(first)} and {len(second)} figures")
    return interval((np.asarray(first, dtype=float) - np.asarray(second, dtype=float)).tolist(), level=level)


def live_sentence(
    name: str,
    value: float,
    recorded: Sequence[float],
    *,
    floor: float | None = None,
    ceiling: float | None = None,
    digits: int = 3,
) -> str:
    """Check a live figure against its bound, and say how it compares with the recorded ones.

    Parameters
    ----------
    name : str
        What is measured, as the sentence calls it.
    value : float
        The live figure.
    recorded : sequence of float
        At least five seeds of the same run.
    floor, ceiling : float
        Exactly one of them: the bound that the page enforces. It lies at least three times the
        range of the recorded figures away from their mean, so that chance does not cross it.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        One or two sentences of Markdown.

    Raises
    ------
    ValueError
        If the bound is missing, given twice, infinite, or too near to the recorded figures.
    AssertionError
        If the live figure is on the wrong side of the bound, or not finite.
    """
    if floor is not None and ceiling is None:
        word, bound, side = "floor", floor, 1
    elif ceiling is not None and floor is None:
        word, bound, side = "ceiling", ceiling, -1
    else:
        raise ValueError(f"live_sentence needs exactly one of floor and ceiling; got {floor} and {ceiling}")
    if math.isinf(bound):
        raise ValueError(f"the {word} for {name} must be a number that can be missed; got {bound}")
    if len(recorded) < 5:
        raise ValueError(f"recorded must hold at least five seeds; got {len(recorded)}")
    low, high = min(recorded), max(recorded)
    mean = sum(recorded) / len(recorded)
    margin = side * (mean - bound)
    if not margin >= SPREADS * (high - low):
        raise ValueError(
            f"the bound {bound} for {name} must lie {SPREADS} recorded ranges from the mean {mean:.{digits}f} "
            f"(range {high - low:.{digits}f}); it lies {margin:.{digits}f} away"
        )
    if not math.isfinite(value) or side * (value - bound) < 0:
        raise AssertionError(f"{name} is {value:.{digits}f}; the {word} is {bound}")
    text = (
        f"{name[0].upper()}{name[1:]}, live: **{value:.{digits}f}**. Recorded over {len(recorded)} seeds: "
        f"{low:.{digits}f} to {high:.{digits}f}; the {word} that this page enforces is {bound}."
    )
    if not low <= value <= high:
        text += " The live figure lies outside the recorded range and on the right side of its bound."
    return text
