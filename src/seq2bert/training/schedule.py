"""Learning-rate schedules as pure functions of the step."""

import math

SCHEDULE_NAMES = ("constant", "one-cycle")


def learning_rate_at(step: int, *, schedule: str, peak: float, steps: int) -> float:
    """Return the learning rate of one step.

    Parameters
    ----------
    step : int
        Counted from 0.
    schedule : str
        "constant", or "one-cycle": up along a half cosine from peak/25 to the peak in the first
        30% of the steps, then down to peak/250,000.
    peak : float
        The largest learning rate.
    steps : int
        Length of the schedule.

    Raises
    ------
    ValueError
        If the name is not one of `SCHEDULE_NAMES`.

    References
    ----------
    Smith and Topin (2018), arXiv:1708.07120. The numbers are the defaults of torch's ``OneCycleLR``.
    """
    if schedule == "constant":
        return peak
    if schedule != "one-cycle":
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULE_NAMES)}; got {schedule!r}")
    first, last = peak / 25, peak / 25 / 1e4
    turn = 0.3 * steps - 1
    if step <= turn:
        return _half_cosine(first, peak, step / turn)
    return _half_cosine(peak, last, min(1.0, (step - turn) / (steps - 1 - turn)))


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2
