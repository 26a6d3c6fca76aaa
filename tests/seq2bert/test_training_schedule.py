"""Learning rates against torch's own schedule."""

import math

import pytest
import torch
from torch.testing import assert_close

from seq2bert.training import SCHEDULE_NAMES, learning_rate_at


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


def test_an_unknown_schedule_is_named():
    assert SCHEDULE_NAMES == ("constant", "one-cycle")
    with pytest.raises(ValueError, match="schedule must be one of constant, one-cycle; got 'cosine'"):
        learning_rate_at(0, schedule="cosine", peak=1.0, steps=10)
