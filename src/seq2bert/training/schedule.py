"""Learning-rate schedules as pure functions of the step."""

import math

SCHEDULE_NAMES = ("constant", "one-cycle", "linear", "inverse-square-root")
_WITH_WARMUP = ("linear", "inverse-square-root")


def check_schedule(schedule: str, warmup: int | None) -> None:
    """Raise unless the schedule is known and ``warmup`` belongs to it.

    Raises
    ------
    ValueError
        If the name is not one of `SCHEDULE_NAMES`, if "linear" or "inverse-square-root" has no warm-up
        of one step at least, or if another schedule has one.
    """
    if schedule not in SCHEDULE_NAMES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULE_NAMES)}; got {schedule!r}")
    if schedule in _WITH_WARMUP:
        if warmup is None or warmup < 1:
            raise ValueError(f"the schedule {schedule!r} needs a warmup of at least 1 step; got {warmup}")
    elif warmup is not None:
        raise ValueError(
            f"warmup belongs to {' and '.join(map(repr, _WITH_WARMUP))}; got warmup={warmup} and {schedule!r}"
        )


def learning_rate_at(step: int, *, schedule: str, peak: float, steps: int, warmup: int | None = None) -> float:
    """Return the learning rate of one step.

    Parameters
    ----------
    step : int
        Counted from 0.
    schedule : str
        "constant"; "one-cycle": up along a half cosine from peak/25 to the peak in the first
        30% of the steps, then down to peak/250,000; "linear": up in a straight line to the peak at the end of
        the warm-up, then down in another that would reach 0 one step after the last;
        "inverse-square-root": up likewise, then down with the square root of the number of steps.
    peak : float
        The largest learning rate.
    steps : int
        Length of the schedule; "inverse-square-root" does not need it.
    warmup : int, optional
        Number of steps up; for "linear" and "inverse-square-root" only.

    Raises
    ------
    ValueError
        See `check_schedule`.

    References
    ----------
    Smith and Topin (2018), arXiv:1708.07120, for the cycle; its shape and numbers are the defaults of torch's
    ``OneCycleLR``.
    Devlin et al. (2019), arXiv:1810.04805, section A.2: "linear". The paper does not say where it ends. Its
    code falls from step 0 on and only replaces the first steps by the warm-up, so that the rate jumps there.
    Vaswani et al. (2017), arXiv:1706.03762, section 5.3, equation (3): its peak is `vaswani_peak`.
    """
    check_schedule(schedule, warmup)
    if schedule == "constant":
        return peak
    if warmup is not None:
        number = step + 1  # the papers count from 1
        if schedule == "linear":
            return peak * min(number / warmup, max(0.0, (steps - step) / max(1, steps - warmup + 1)))
        return peak * min(number / warmup, math.sqrt(warmup / number))
    first, last = peak / 25, peak / 25 / 1e4
    turn = 0.3 * steps - 1
    if step <= turn:
        return _half_cosine(first, peak, step / turn)
    return _half_cosine(peak, last, min(1.0, (step - turn) / (steps - 1 - turn)))


def vaswani_peak(d_model: int, warmup: int) -> float:
    """Return the largest learning rate of the paper's schedule, (d_model · warmup)^-½.

    Raises
    ------
    ValueError
        If ``d_model`` or ``warmup`` is below 1.

    References
    ----------
    Vaswani et al. (2017), section 5.3, equation (3), at step_num = warmup_steps.
    """
    if d_model < 1 or warmup < 1:
        raise ValueError(f"d_model and warmup must be at least 1; got {d_model} and {warmup}")
    return (d_model * warmup) ** -0.5


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2
