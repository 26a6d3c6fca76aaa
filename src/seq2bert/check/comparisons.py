"""Comparisons that teach: a hint, the shapes, and the place where two values differ most."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

__all__ = ["CheckFailed", "close", "equal", "same_shape"]


class CheckFailed(AssertionError):
    """A comparison failed: the hint of whoever wrote the test, and what was seen.

    Parameters
    ----------
    hint, seen : str
    """

    def __init__(self, hint: str, seen: str) -> None:
        super().__init__(f"{hint}\n{seen}")
        self.hint = hint


MISSING = "is None: is a return missing?"
RAGGED = "has rows of different lengths"


def close(actual: Any, expected: Any, hint: str, *, rtol: float = 1e-4, atol: float = 1e-5) -> None:
    """Check that numbers are equal up to rounding.

    Parameters
    ----------
    actual, expected : number, array, Tensor or nested list of them
        Of any shape and dtype; gradients are not followed.
    hint : str
        What is probably wrong and what to try.
    rtol, atol : float
        As in `numpy.isclose`: ``|actual − expected| ≤ atol + rtol |expected|``.

    Raises
    ------
    CheckFailed
        With the hint, if `actual` is not made of real numbers, has another shape, or is too far away somewhere; an
        infinity is only near itself, and NaN near nothing. The message names the place of the largest difference.
    TypeError
        If `expected` is not made of real numbers.
    """
    theirs = _numbers(expected)
    if isinstance(theirs, str):
        raise TypeError(f"the expected value {theirs}")
    mine = _numbers(actual)
    if isinstance(mine, str):
        raise CheckFailed(hint, f"yours {mine}")
    _compare_shapes(mine.shape, theirs.shape, hint)
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        differences = np.where(mine == theirs, 0.0, np.abs(mine - theirs))
    allowed = atol + rtol * np.where(np.isinf(theirs), 0.0, np.abs(theirs))
    wrong = ~(differences <= allowed)  # also where the difference is not a number
    if wrong.any():
        worst = int(np.argmax(differences - allowed))  # the first NaN, if there is one
        place = tuple(map(int, np.unravel_index(worst, mine.shape)))
        texts = f"{mine[place]:.6g}", f"{theirs[place]:.6g}"
        if texts[0] == texts[1] != "nan":  # they differ after the sixth digit
            texts = f"{mine[place]:.17g}", f"{theirs[place]:.17g}"
        many = f"; {int(wrong.sum())} of {mine.size} values differ" if mine.size > 1 else ""
        raise CheckFailed(hint, f"{_where(place)}yours is {texts[0]}, expected {texts[1]}{many}")


def equal(actual: Any, expected: Any, hint: str) -> None:
    """Check that two values are the same: whole numbers, truth values, text, and containers of them.

    Parameters
    ----------
    actual, expected : int, bool, str, list, tuple, dict, set, array or Tensor
        Of any shape. A list, a tuple and an array with the same members are equal, and so are 2 and 2.0. A truth
        value and a number are not. NaN equals nothing.
    hint : str
        What is probably wrong and what to try.

    Raises
    ------
    CheckFailed
        With the hint and the first place that differs.
    """
    difference = _difference(actual, expected, ())
    if difference is not None:
        raise CheckFailed(hint, difference)


def same_shape(actual: Any, shape: Sequence[int], hint: str) -> None:
    """Check the shape of an array, a Tensor or a nested list.

    Parameters
    ----------
    actual : number, array, Tensor or nested list of them
        A number has the shape ().
    shape : sequence of int
        What its shape must be.
    hint : str
        What is probably wrong and what to try.

    Raises
    ------
    CheckFailed
        With the hint and both shapes, or what `actual` is if it has no shape.
    """
    if actual is None:
        raise CheckFailed(hint, f"yours {MISSING}")
    if isinstance(actual, str | bytes | dict | set | frozenset) or callable(actual):
        raise CheckFailed(hint, f"yours has no shape: it is {_kind(actual)}")
    try:
        seen = actual.shape if hasattr(actual, "shape") else np.shape(_without_tensors(actual))
    except ValueError:
        raise CheckFailed(hint, f"yours {RAGGED}") from None
    _compare_shapes(seen, tuple(shape), hint)


def _compare_shapes(seen: tuple[int, ...], wanted: tuple[int, ...], hint: str) -> None:
    if tuple(seen) != tuple(wanted):
        raise CheckFailed(hint, f"yours has shape {tuple(seen)}, expected {tuple(wanted)}")


def _numbers(value: Any) -> np.ndarray | str:
    """Return the value as an array of 64-bit floats, or what is wrong with it."""
    if value is None:
        return MISSING
    try:
        array = np.asarray(_without_tensors(value))
    except ValueError:
        return RAGGED
    if array.dtype.kind not in "buif":
        return f"is not made of real numbers: it is {_kind(value)}"
    return array.astype(np.float64)


def _without_tensors(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        return (value.double() if value.is_floating_point() else value).numpy()
    if isinstance(value, list | tuple):
        return [_without_tensors(member) for member in value]
    return value


def _difference(mine: Any, theirs: Any, place: tuple[Any, ...]) -> str | None:
    """Return a sentence about the first difference, or None."""
    mine, theirs = _plain(mine), _plain(theirs)
    if isinstance(theirs, np.ndarray) and isinstance(mine, list | tuple):
        theirs = theirs.tolist()
    elif isinstance(mine, np.ndarray) and isinstance(theirs, list | tuple):
        mine = mine.tolist()
    if isinstance(theirs, np.ndarray) and isinstance(mine, np.ndarray):
        return _array_difference(mine, theirs, place)
    if isinstance(theirs, list | tuple) and isinstance(mine, list | tuple):
        for number, (one, other) in enumerate(zip(mine, theirs, strict=False)):
            if (found := _difference(one, other, (*place, number))) is not None:
                return found
        if len(mine) != len(theirs):
            return f"{_where(place)}yours has {len(mine)} members, expected {len(theirs)}: {_short(mine)}"
        return None
    if isinstance(theirs, dict) and isinstance(mine, dict):
        if mine.keys() != theirs.keys():
            return f"{_where(place)}yours has the keys {_short(list(mine))}, expected {_short(list(theirs))}"
        found_all = (_difference(mine[key], theirs[key], (*place, key)) for key in theirs)
        return next((found for found in found_all if found is not None), None)
    if isinstance(theirs, set | frozenset) and isinstance(mine, set | frozenset):
        same = mine == theirs
    else:
        same = _comparable(mine, theirs) and bool(mine == theirs)
    return None if same else f"{_where(place)}yours is {_short(mine)}, expected {_short(theirs)}"


def _array_difference(mine: np.ndarray, theirs: np.ndarray, place: tuple[Any, ...]) -> str | None:
    if mine.shape != theirs.shape:
        return f"{_where(place)}yours has shape {mine.shape}, expected {theirs.shape}"
    if (mine.dtype.kind == "b") != (theirs.dtype.kind == "b"):
        return f"{_where(place)}yours is made of {mine.dtype}, expected {theirs.dtype}"
    different = np.argwhere(mine != theirs)
    if len(different) == 0:
        return None
    at = tuple(map(int, different[0]))
    return f"{_where((*place, *at))}yours is {_short(_plain(mine[at]))}, expected {_short(_plain(theirs[at]))}"


def _plain(value: Any) -> Any:
    """Return a Tensor as an array, an array of no axes or a NumPy scalar as a Python one."""
    value = _without_tensors(value) if isinstance(value, torch.Tensor) else value
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def _comparable(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, bool) != isinstance(theirs, bool):
        return False
    numbers = (int, float)
    return type(mine) is type(theirs) or (isinstance(mine, numbers) and isinstance(theirs, numbers))


def _where(place: tuple[Any, ...]) -> str:
    return f"at [{', '.join(map(repr, place))}] " if place else ""


def _kind(value: Any) -> str:
    return f"{_short(value)} ({type(value).__name__})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
