"""Intervals over seeds, and the sentence about a live figure."""

import math

import numpy as np
import pytest
from scipy import stats

from seq2bert.experiments import interval, live_sentence, paired_interval


def test_interval_by_hand():
    # Two values, 1 and 3: mean 2, standard deviation √2, standard error 1. Student's t with one degree
    # of freedom is the Cauchy distribution, whose 97.5% point is tan(0.475 π) = 12.7062.
    found = interval([1.0, 3.0])
    assert found.mean == 2.0
    assert found.high - 2 == pytest.approx(math.tan(0.475 * math.pi))
    assert 2 - found.low == pytest.approx(math.tan(0.475 * math.pi))


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_interval_agrees_with_scipy(level):
    values = np.random.default_rng(0).normal(size=7)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(level)
    assert interval(values.tolist(), level=level) == pytest.approx((values.mean(), low, high))


def test_paired_interval_agrees_with_scipy():
    generator = np.random.default_rng(1)
    first, second = generator.normal(size=5), generator.normal(size=5)
    low, high = stats.ttest_rel(first, second).confidence_interval()
    assert paired_interval(first.tolist(), second.tolist()) == pytest.approx(((first - second).mean(), low, high))


def test_pairing_removes_what_the_seeds_share():
    first = [0.1, 0.5, 0.9]
    second = [0.0, 0.4, 0.8]  # always 0.1 less
    assert paired_interval(first, second) == pytest.approx((0.1, 0.1, 0.1))
    apart = interval(first)
    assert apart.low < 0 < apart.high


RECORDED = [0.990, 0.992, 0.994, 0.996, 0.998]  # mean 0.994, range 0.008: a floor is 0.970 at most


def test_a_live_figure_inside_the_recorded_range():
    text = live_sentence("exact match", 0.995, RECORDED, floor=0.97)
    assert text == (
        "Exact match, live: **0.995**. Recorded over 5 seeds: 0.990 to 0.998; "
        "the floor that this page enforces is 0.97."
    )


@pytest.mark.parametrize("value", [0.980, 1.0])
def test_a_live_figure_outside_the_recorded_range_is_said_to_be(value):
    text = live_sentence("exact match", value, RECORDED, floor=0.95)
    assert text.endswith("The live figure lies outside the recorded range and on the right side of its bound.")


def test_a_ceiling_works_the_other_way():
    losses = [0.010, 0.011, 0.012, 0.013, 0.014]
    assert "the ceiling that this page enforces is 0.1." in live_sentence("loss", 0.013, losses, ceiling=0.1)
    assert "outside" in live_sentence("loss", 0.09, losses, ceiling=0.1)
    with pytest.raises(AssertionError, match=r"loss is 0\.11; the ceiling is 0\.1"):
        live_sentence("loss", 0.11, losses, ceiling=0.1, digits=2)


def test_a_live_figure_below_the_floor_fails_the_page():
    with pytest.raises(AssertionError, match=r"exact match is 0\.949; the floor is 0\.95"):
        live_sentence("exact match", 0.949, RECORDED, floor=0.95)
    assert "0.950" in live_sentence("exact match", 0.95, RECORDED, floor=0.95)  # the bound itself is allowed


@pytest.mark.parametrize("bound", ["floor", "ceiling"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_live_figure_that_is_not_a_number_fails_the_page(bound, value):
    with pytest.raises(AssertionError, match=f"loss is {value}"):
        live_sentence("loss", value, [0.5] * 5, **{bound: 0.5})


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("recorded", "bounds", "message"),
    [
        (RECORDED, {}, "exactly one of floor and ceiling; got None and None"),
        (RECORDED, {"floor": 0.5, "ceiling": 1.5}, "exactly one of floor and ceiling; got 0.5 and 1.5"),
        (RECORDED[:4], {"floor": 0.5}, "at least five seeds; got 4"),
        (RECORDED, {"floor": 0.971}, "must lie 3 recorded ranges from the mean 0.994"),
        (RECORDED, {"ceiling": 1.017}, "must lie 3 recorded ranges from the mean 0.994"),
        ([*RECORDED, math.nan], {"floor": 0.5}, "must lie 3 recorded ranges from the mean nan"),
        (RECORDED, {"floor": -math.inf}, "the floor for exact match must be a number that can be missed; got -inf"),
        (RECORDED, {"ceiling": math.inf}, "the ceiling for exact match must be a number that can be missed; got inf"),
    ],
)
def test_a_bound_must_be_given_once_and_far_enough(recorded, bounds, message):
    with pytest.raises(ValueError, match=message):
        live_sentence("exact match", 0.995, recorded, **bounds)


@pytest.mark.error_messages
def test_intervals_need_seeds():
    with pytest.raises(ValueError, match="at least two figures, one per seed; got 1"):
        interval([1.0])
    with pytest.raises(ValueError, match=r"values must be finite; got \[1\.0, nan\]"):
        interval([1.0, math.nan])
    with pytest.raises(ValueError, match="the same seeds; got 2 and 3 figures"):
        paired_interval([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.error_messages
@pytest.mark.parametrize("level", [0.0, 1.0, 95, math.nan])
def test_a_level_is_a_share(level):
    with pytest.raises(ValueError, match=f"level must lie between 0 and 1; got {level}"):
        interval([1.0, 2.0], level=level)
