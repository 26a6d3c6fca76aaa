"""Learning rates against torch's own schedule."""

import math

import pytest
import torch
import transformers
from torch.testing import assert_close

from seq2bert.training import SCHEDULE_NAMES, TrainingConfig, learning_rate_at, vaswani_peak


def torchs_one_cycle(peak, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=steps)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        if step < steps - 1:
            optimizer.step()
            scheduler.step()
    return rates


def one_cycle(peak, steps):
    return [learning_rate_at(step, schedule="one-cycle", peak=peak, steps=steps) for step in range(steps)]


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 20, 33, 100, 1000])
@pytest.mark.parametrize("peak", [1.0, 3e-3])
def test_one_cycle_agrees_with_torch(peak, steps):
    assert one_cycle(peak, steps) == pytest.approx(torchs_one_cycle(peak, steps), rel=1e-9, abs=1e-15)


def test_one_cycle_by_hand():
    # Ten steps: the peak is at step 0.3 * 10 - 1 = 2; half-way up, at step 1, the mean of start and peak.
    rates = one_cycle(1.0, 10)
    assert rates[0] == pytest.approx(1 / 25)
    assert rates[1] == pytest.approx((1 / 25 + 1) / 2)
    assert rates[2] == pytest.approx(1.0)
    # From step 2 to step 9 down along half a cosine; 4 of these 7 sevenths are done at step 6.
    last = 1 / 250_000
    assert rates[6] == pytest.approx(last + (1 - last) * (1 + math.cos(math.pi * 4 / 7)) / 2)
    assert rates[9] == pytest.approx(last)


def test_after_its_end_the_rate_stays():
    assert learning_rate_at(99, schedule="one-cycle", peak=1.0, steps=10) == pytest.approx(1 / 250_000)


@pytest.mark.parametrize("step", [0, 3, 9])
def test_constant_is_constant(step):
    assert learning_rate_at(step, schedule="constant", peak=0.3, steps=10) == 0.3


def test_the_peak_is_the_largest():
    for steps in (10, 57, 200):
        rates = torch.tensor(one_cycle(0.5, steps))
        turn = int(rates.argmax())
        assert rates.max() <= 0.5
        assert_close(turn / steps, 0.3, atol=1.5 / steps, rtol=0)
        assert torch.all(rates[:turn].diff() > 0)
        assert torch.all(rates[turn:].diff() < 0)


def inverse_square_root(step, warmup=4, peak=1.0):
    return learning_rate_at(step, schedule="inverse-square-root", peak=peak, steps=100, warmup=warmup)


def test_inverse_square_root_by_hand():  # up by quarters; at the 16th step √(4/16)
    assert [inverse_square_root(step) for step in range(4)] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert inverse_square_root(15) == pytest.approx(0.5)
    assert inverse_square_root(0, warmup=1) == 1.0


@pytest.mark.parametrize(("d_model", "warmup"), [(512, 4000), (64, 100)])
def test_with_vaswani_s_peak_it_is_the_paper_s_equation(d_model, warmup):
    for step_number in (1, 2, warmup - 1, warmup, warmup + 1, 10 * warmup):
        expected = d_model**-0.5 * min(step_number**-0.5, step_number * warmup**-1.5)  # equation (3)
        rate = inverse_square_root(step_number - 1, warmup, vaswani_peak(d_model, warmup))
        assert rate == pytest.approx(expected)


def linear(step, steps=10, warmup=3):
    return learning_rate_at(step, schedule="linear", peak=1.0, steps=steps, warmup=warmup)


def test_linear_by_hand():  # up by thirds, then down by eighths; the last of ten steps has 1/8
    assert [linear(step) for step in range(3)] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert [linear(step) for step in range(3, 10)] == pytest.approx([7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    assert linear(10) == linear(99) == 0.0
    assert linear(4, steps=5, warmup=9) == pytest.approx(5 / 9)  # a run that ends before its warm-up does


@pytest.mark.parametrize(("steps", "warmup"), [(10, 3), (100, 1), (57, 57)])
def test_linear_agrees_with_transformers(steps, warmup):  # which counts steps from 0, so its first rate is 0
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = transformers.get_linear_schedule_with_warmup(optimizer, warmup, steps + 1)
    for step in range(steps):
        optimizer.step()
        scheduler.step()
        assert linear(step, steps, warmup) == pytest.approx(optimizer.param_groups[0]["lr"])


@pytest.mark.parametrize("warmup", [None, 0, -3])
@pytest.mark.parametrize("schedule", ["linear", "inverse-square-root"])
def test_a_schedule_without_its_warm_up_is_named(schedule, warmup):
    message = f"the schedule '{schedule}' needs a warmup of at least 1 step; got {warmup}"
    with pytest.raises(ValueError, match=message):
        learning_rate_at(0, schedule=schedule, peak=1.0, steps=10, warmup=warmup)
    with pytest.raises(ValueError, match=message):
        TrainingConfig(steps=1, learning_rate=1.0, schedule=schedule, warmup=warmup)


@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
def test_a_warm_up_that_a_schedule_does_not_have_is_named(schedule):
    message = f"warmup belongs to 'linear' and 'inverse-square-root'; got warmup=5 and '{schedule}'"
    with pytest.raises(ValueError, match=message):
        learning_rate_at(0, schedule=schedule, peak=1.0, steps=10, warmup=5)
    with pytest.raises(ValueError, match=message):
        TrainingConfig(steps=1, learning_rate=1.0, schedule=schedule, warmup=5)


def test_sizes_below_one_are_named():
    with pytest.raises(ValueError, match="d_model and warmup must be at least 1; got 512 and 0"):
        vaswani_peak(512, 0)


def test_an_unknown_schedule_is_named():
    assert SCHEDULE_NAMES == ("constant", "one-cycle", "linear", "inverse-square-root")
    with pytest.raises(
        ValueError, match="schedule must be one of constant, one-cycle, linear, inverse-square-root; got 'cosine'"
    ):
        learning_rate_at(0, schedule="cosine", peak=1.0, steps=10)
