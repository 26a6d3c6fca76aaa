"""The linear map: the results of torch's own, whichever library multiplies."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from seq2bert.transformer.linear import FEWEST_ROWS, SMALLEST_WORK, Linear


@pytest.fixture
def products(monkeypatch):
    """Which library multiplied, in order."""
    names = []
    plain, onednn = F.linear, torch.ops.mkldnn._linear_pointwise
    monkeypatch.setattr(F, "linear", lambda *args: names.append("torch") or plain(*args))
    monkeypatch.setattr(
        torch.ops.mkldnn, "_linear_pointwise", lambda *args: names.append("oneDNN") or onednn(*args), raising=False
    )
    return names


def make(d_in, d_out, bias=True):
    torch.manual_seed(0)
    return Linear(d_in, d_out, bias=bias)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(32, 1), (33,), (2, 3, 10), ()])
def test_agrees_with_torch(shape, bias, products):
    linear = make(260, 700, bias)
    x = torch.randn(*shape, 260)
    expected = torch.nn.functional.linear(x.double(), linear.weight.double(), linear.bias.double() if bias else None)
    products.clear()
    with torch.no_grad():
        assert_close(linear(x), expected.float(), atol=1e-5, rtol=1e-5)
        assert products == ["oneDNN" if shape else "torch"]


@torch.no_grad()
def test_agrees_on_every_other_row_and_in_inference_mode(products):
    linear = make(260, 700)
    x = torch.randn(40, 2, 260)[:, 1]
    with torch.inference_mode():
        inferred = linear(x)
    assert_close(linear(x), inferred)
    assert products == ["oneDNN"] * 2
    assert_close(linear(x), linear(x.contiguous()))
    assert_close(linear(x), x @ linear.weight.T + linear.bias, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(
    ("rows", "d_in", "d_out", "name"),
    [
        (FEWEST_ROWS, 512, SMALLEST_WORK // 512 // FEWEST_ROWS, "oneDNN"),
        (FEWEST_ROWS, 512, SMALLEST_WORK // 512 // FEWEST_ROWS - 1, "torch"),
        (FEWEST_ROWS - 1, 512, SMALLEST_WORK // 512, "torch"),
    ],
)
def test_only_large_products_leave_torch(rows, d_in, d_out, name, products):
    make(d_in, d_out)(torch.randn(rows, d_in))
    assert products == [name]


@torch.no_grad()
def test_a_changed_weight_is_seen():
    linear, x = make(260, 700), torch.randn(40, 260)
    before = linear(x)
    linear.weight.mul_(2.0)
    linear.bias.mul_(2.0)
    assert_close(linear(x), 2 * before)


def test_with_gradients_it_is_torch_s(products):
    linear, x = make(260, 700), torch.randn(40, 260, requires_grad=True)
    linear(x).sum().backward()
    assert products == ["torch"]
    assert_close(x.grad, linear.weight.sum(0).expand(40, -1))


@torch.no_grad()
def test_other_precisions_and_autocast_are_torch_s(products):
    linear, x = make(260, 700), torch.randn(40, 260)
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(x).dtype == torch.bfloat16
    assert linear.double()(x.double()).dtype == torch.float64
    assert products == ["torch"] * 2


@torch.no_grad()
def test_the_switch_of_torch_turns_it_off(products):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch 2.13 warns about graphics cards of Intel that are not there
        with torch.backends.mkldnn.flags(enabled=False):
            make(260, 700)(torch.randn(40, 260))
    assert products == ["torch"]


@torch.no_grad()
def test_where_torch_has_no_onednn_the_product_is_torch_s(products, monkeypatch):
    monkeypatch.setattr(torch.ops, "mkldnn", object())
    make(260, 700)(torch.randn(40, 260))
    assert products == ["torch"]


@pytest.mark.error_messages
@torch.no_grad()
def test_a_wrong_width():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        make(260, 700)(torch.randn(40, 250))
