"""The figure of softmax, temperature and scaling; it has no model."""

import math
from collections.abc import Sequence
from typing import Any

import torch

from seq2bert.figures.figure import LiveFigure
from seq2bert.figures.pictures import bars, beside

__all__ = ["softmax_figure"]

_SCORES = (1.2, 0.6, 0.0, -0.5, -1.3)


def softmax_figure(
    scores: Sequence[float] = _SCORES, *, temperature: float = 1.0, d: int = 64, scaled: bool = False
) -> LiveFigure:
    """Show what temperature and width do to the weights of a few keys.

    Parameters
    ----------
    scores : sequence of float
        Scores divided by √d: of variance 1 if the components of query and key are independent, of variance 1.
    temperature : float
    d : int
        Number of components; a power of 2 from 1 to 512.
    scaled : bool
        Whether scores are divided by √d.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If there is no score, or temperature or d is not positive.
    """
    if not scores or temperature <= 0 or d < 1:
        raise ValueError(f"scores, a positive temperature and d are needed; got {scores}, {temperature} and {d}")
    first = {"scores": list(scores), "temperature": temperature, "d": d, "scaled": scaled}
    weights = _answer(first)["weights"]
    keys = [f"key {number}" for number in range(1, 1 + len(scores))]
    values = ", ".join(f"{weight:.2f}" for weight in weights)
    alt = (
        f"Bars: the weights of {len(scores)} keys are {values}, with d = {d}, {'' if scaled else 'not '}divided by √d."
    )
    return LiveFigure(
        view="softmax",
        title="Softmax, temperature and scaling",
        look_for="Widen d without dividing: what happens to the weights, and to the gradient? Then divide by √d. "
        "Which temperature does the same as the division?",
        alt=alt,
        first=first,
        options={"keys": keys},
        models={},
        still=beside([bars(keys, weights)], alt=alt),
        answer=_answer,
    )


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    scores = torch.tensor(given["scores"], dtype=torch.float64)
    logits = scores * (1 if given["scaled"] else math.sqrt(given["d"])) / given["temperature"]
    weights = torch.softmax(logits, -1)
    return {
        "logits": logits.tolist(),
        "weights": weights.tolist(),
        "entropy": float(torch.special.entr(weights).sum()),
        "gradient": float((weights * (1 - weights)).max()),
    }
