"""Windows: which keys local attention sees, and how it favours those at the centre."""

import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.attention import WINDOW_NAMES, GlobalWindow, MonotonicWindow, PredictiveWindow, make_window
from seq2bert.masks import length_mask

VALID = length_mask(torch.tensor([6, 3, 1]), 6)
QUERY = torch.zeros(3, 4, 2)


def rows(inside):
    """Write a boolean window as one string a step, for example '.##...'."""
    return ["".join("#" if yes else "." for yes in row) for row in inside.tolist()]


# Global


def test_a_global_window_holds_every_valid_key():
    inside, factor = GlobalWindow()(QUERY, VALID, 0)
    assert torch.equal(inside, VALID[:, None].expand(3, 4, 6))
    assert torch.equal(factor, torch.ones(3, 4, 6))


# Monotonic (local-m)


def test_local_m_by_hand():  # D = 1: the window of step t is t - 1, t, t + 1
    inside, factor = MonotonicWindow(1)(QUERY, VALID, 0)
    assert rows(inside[0]) == ["##....", "###...", ".###..", "..###."]
    assert torch.equal(factor, torch.ones(3, 4, 6))


def test_the_centre_of_local_m_stops_at_the_last_token():  # three tokens: the centre is 0, 1, 2, 2
    inside, _ = MonotonicWindow(1)(QUERY, VALID, 0)
    assert rows(inside[1]) == ["##....", "###...", ".##...", ".##..."]
    assert rows(inside[2]) == ["#....."] * 4


@pytest.mark.parametrize("first_step", [1, 2, 7])
def test_local_m_goes_on_where_it_stopped(first_step):
    window = MonotonicWindow(2)
    whole, _ = window(torch.zeros(3, 12, 2), VALID, 0)
    part, _ = window(QUERY, VALID, first_step)
    assert torch.equal(part, whole[:, first_step : first_step + 4])


@pytest.mark.parametrize("width", [1, 2, 5, 100])
def test_every_step_of_local_m_sees_a_key(width):
    inside, _ = MonotonicWindow(width)(torch.zeros(3, 20, 2), VALID, 0)
    assert torch.all(inside.sum(-1) >= 1)
    assert torch.all(inside.sum(-1) <= 2 * width + 1)
    assert not torch.any(inside & ~VALID[:, None])
    if width == 100:
        assert torch.equal(inside, VALID[:, None].expand(3, 20, 6))


# Predictive (local-p)


def predicting(centre_share, d_query=1, width=2):
    """A window that predicts ``centre_share`` of the way where the query is 1, half of it where it is 0."""
    window = PredictiveWindow(d_query, width)
    window.hidden.weight.data.fill_(math.atanh(0.5))  # the hidden layer says 1/2
    window.output.weight.data.fill_(2 * math.log(centre_share / (1 - centre_share)))  # the output logit(centre_share)
    return window


def test_local_p_by_hand():
    # Six tokens, sigmoid = 0.7: p = (6 - 1) * 0.7 = 3.5. D = 2: the window is 1.5 … 5.5. σ = 1: factors
    # exp(-(s - 3.5)² / 2) for s = 0 … 5, also outside the window, where the mask makes the weight 0.
    query, valid = torch.ones(1, 1, 1), torch.ones(1, 6, dtype=torch.bool)
    window = predicting(0.7)
    assert_close(window.centres(query, valid), torch.tensor([[3.5]]))
    inside, factor = window(query, valid, 0)
    assert rows(inside[0]) == ["..####"]
    assert_close(factor[0, 0], torch.tensor([-12.25, -6.25, -2.25, -0.25, -0.25, -2.25]).div(2).exp())


def test_sigma_is_half_the_width():  # D = 4, σ = 2: the factor at distance 2 is exp(-1/2)
    query, valid = torch.zeros(1, 1, 1), torch.ones(1, 5, dtype=torch.bool)
    _, factor = predicting(0.75, width=4)(query, valid, 0)  # the query is 0: sigmoid = 1/2, p = 2
    assert_close(factor[0, 0], torch.tensor([-4.0, -1.0, 0.0, -1.0, -4.0]).div(8).exp())


def test_the_edge_of_local_p_belongs_to_the_window():  # p = 2, D = 2: all of 0 … 4 and nothing else
    query, valid = torch.zeros(1, 1, 1), torch.ones(1, 7, dtype=torch.bool)
    valid[0, 5:] = False
    inside, _ = predicting(0.75)(query, valid, 0)
    assert rows(inside[0]) == ["#####.."]
    inside, _ = predicting(0.75, width=1)(query, valid, 0)
    assert rows(inside[0]) == [".###..."]


def test_the_centre_depends_on_the_tokens_that_are_there_not_on_the_padding():
    window = PredictiveWindow(2, 1)
    query = torch.randn(3, 4, 2)
    centres = window.centres(query, VALID)
    share = torch.sigmoid(window.output(torch.tanh(window.hidden(query))))[..., 0]
    assert_close(centres, torch.tensor([[5.0], [2.0], [0.0]]) * share)
    alone = window.centres(query[1:2], torch.ones(1, 3, dtype=torch.bool))
    assert_close(centres[1:2], alone)


def test_the_centre_stays_on_the_source_and_every_step_sees_a_key():
    window = PredictiveWindow(2, 1)
    query = 100 * torch.randn(3, 50, 2)
    centres = window.centres(query, VALID)
    assert torch.all(centres >= 0)
    assert torch.all(centres <= torch.tensor([[5.0], [2.0], [0.0]]))
    inside, factor = window(query, VALID, 0)
    assert torch.all(inside.sum(-1) >= 1)
    assert not torch.any(inside & ~VALID[:, None])
    assert torch.all((factor > 0) & (factor <= 1))


def test_the_step_does_not_matter_to_local_p():
    window, query = PredictiveWindow(2, 1), torch.randn(3, 4, 2)
    for one, other in zip(window(query, VALID, 0), window(query, VALID, 9), strict=True):
        assert torch.equal(one, other)


def test_gradients_of_the_factor_against_finite_differences():
    window = PredictiveWindow(2, 3).double()
    query = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda query, *_: window(query, VALID, 0)[1], (query, *window.parameters()))
    assert not window(query, VALID, 0)[0].requires_grad


# All


@pytest.mark.parametrize("name", WINDOW_NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_window_is_a_mask_and_a_factor_of_the_type_of_the_query(name, dtype):
    window = make_window(name, d_query=2, width=2).to(dtype)
    inside, factor = window(QUERY.to(dtype), VALID, 3)
    assert inside.shape == factor.shape == (3, 4, 6)
    assert inside.dtype == torch.bool
    assert factor.dtype == dtype


@pytest.mark.parametrize("name", WINDOW_NAMES)
def test_a_source_without_tokens_has_an_empty_window(name):
    valid = torch.zeros(3, 6, dtype=torch.bool)
    inside, factor = make_window(name, d_query=2)(QUERY, valid, 0)
    assert not inside.any()
    assert torch.isfinite(factor).all()


def test_windows_are_built_by_name():
    assert WINDOW_NAMES == ("global", "local-m", "local-p")
    classes = [type(make_window(name, d_query=2)) for name in WINDOW_NAMES]
    assert classes == [GlobalWindow, MonotonicWindow, PredictiveWindow]
    assert make_window("local-m", d_query=2).width == make_window("local-p", d_query=2).width == 5
    assert make_window("local-m", d_query=2, width=3).width == make_window("local-p", d_query=2, width=3).width == 3
    sizes = {key: tuple(value.shape) for key, value in make_window("local-p", d_query=7).state_dict().items()}
    assert sizes == {"hidden.weight": (7, 7), "output.weight": (1, 7)}  # no bias in the paper


def test_an_unknown_window_is_named():
    with pytest.raises(ValueError, match="window must be one of global, local-m, local-p; got 'local'"):
        make_window("local", d_query=2)


@pytest.mark.parametrize("width", [0, -1])
@pytest.mark.parametrize("name", ["local-m", "local-p"])
def test_a_window_needs_a_width(name, width):
    with pytest.raises(ValueError, match=f"width must be at least 1; got {width}"):
        make_window(name, d_query=2, width=width)
