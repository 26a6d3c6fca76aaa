"""Training in 16 bits: what is computed in them, what stays in 32, and what overflows."""

import dataclasses
import math
from contextlib import nullcontext
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from seq2bert.training import PRECISION_NAMES, TrainingConfig, train
from seq2bert.training.precision import autocast, loss_scaler, precision_of_this_processor

CPU = torch.device("cpu")
CONFIG = TrainingConfig(steps=60, learning_rate=0.02)
HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Batch(NamedTuple):
    inputs: Tensor

    def to(self, device):
        return Batch(self.inputs.to(device))


def batch_at(step):
    return Batch(torch.randn(16, 3, generator=torch.Generator().manual_seed(step)))


def loss_of(model, batch):
    return (model(batch.inputs).float() - batch.inputs.sum(-1, keepdim=True)).square().mean()


def make():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))


def run(model, loss=loss_of, config=CONFIG, **options):
    return train(model, batch_at, loss, dataclasses.replace(config, **options), device=CPU, progress=False)


@pytest.mark.parametrize("precision", HALVES)
def test_products_are_in_16_bits_and_weights_in_32(precision):
    seen = []

    def loss(model, batch):
        seen.append(model(batch.inputs).dtype)
        return loss_of(model, batch)

    model = make()
    run(model, loss, steps=2, precision=precision)
    assert seen == [HALVES[precision]] * 2
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("precision", HALVES)
def test_training_in_16_bits_follows_training_in_32(precision):
    full, half = run(make()), run(make(), precision=precision)
    assert full.loss[-1] < 0.1 * full.loss[0]
    assert_close(half.loss[:10], full.loss[:10], atol=0.02, rtol=0.05)
    assert half.loss[-1] < 0.1 * half.loss[0]
    assert half.loss != full.loss


def test_gradients_of_half_precision_are_scaled_and_scaled_back():
    # The loss itself is 2e-8 times w: its gradient is 0 in float16 unless it is scaled.
    model = nn.Linear(1, 1, bias=False)

    def tiny(model, batch):
        return (model(torch.ones(1, 1)).float() * 2e-8).sum()

    history = train(
        model,
        batch_at,
        tiny,
        TrainingConfig(steps=1, learning_rate=0.1, precision="float16"),
        device=CPU,
        progress=False,
    )
    assert history.gradient_norm == pytest.approx([2e-8], rel=0.05)


def test_a_step_that_overflows_is_left_out_and_the_scale_falls():
    # The slope 10 times the first scale, 65536, is beyond float16's 65504; after some halvings it fits.
    model = nn.Linear(1, 1, bias=False)
    before = model.weight.item()
    places = []

    def steep(model, batch):
        places.append(model.weight.item())
        return (model(torch.ones(1, 1)) * 10).sum().float()

    config = TrainingConfig(steps=8, learning_rate=0.1, schedule="constant", precision="float16")
    history = train(model, batch_at, steep, config, device=CPU, progress=False)
    overflows = [not math.isfinite(norm) for norm in history.gradient_norm]
    assert overflows[0]
    assert not overflows[-1]
    first = overflows.index(False)
    assert places[: first + 1] == [before] * (first + 1)
    assert model.weight.item() < before


def test_a_gradient_that_no_scale_helps_is_an_error():
    model = make()

    def broken(model, batch):
        return (model(batch.inputs) * 0).float().sum().sqrt()

    with pytest.raises(FloatingPointError, match="the norm of the gradient is nan at step 17: try a smaller"):
        run(model, broken, precision="float16")  # 2^16 halved 17 times is below 1


@pytest.mark.parametrize("precision", HALVES)
def test_a_resumed_run_ends_as_if_it_had_not_been_interrupted(tmp_path, precision):
    expected = make()
    whole = run(expected, steps=6, precision=precision)

    def interrupted(model, batch):
        if torch.equal(batch.inputs, batch_at(3).inputs):
            raise KeyboardInterrupt
        return loss_of(model, batch)

    config = dataclasses.replace(CONFIG, steps=6, precision=precision)
    options = {"device": CPU, "progress": False, "checkpoint": tmp_path / "run.pt"}
    assert train(make(), batch_at, interrupted, config, **options).interrupted
    model = make()
    history = train(model, batch_at, loss_of, config, **options)
    assert history.loss == whole.loss
    for one, other in zip(model.parameters(), expected.parameters(), strict=True):
        assert torch.equal(one, other)


def test_full_precision_changes_nothing():
    assert isinstance(autocast("float32", CPU), nullcontext)
    assert [loss_scaler(name, CPU).is_enabled() for name in PRECISION_NAMES] == [False, False, True]


def test_a_precision_that_is_not_known_is_named():
    message = "precision must be one of float32, bfloat16, float16; got 'half'"
    with pytest.raises(ValueError, match=message):
        TrainingConfig(steps=1, learning_rate=1.0, precision="half")
    with pytest.raises(ValueError, match=message):
        autocast("half", CPU)


def test_a_gpu_without_bfloat16_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(ValueError, match="the device cuda:0 cannot compute in bfloat16; use float16 or float32"):
        autocast("bfloat16", torch.device("cuda", 0))


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
        ({"avx2": True}, "float32"),
        ({}, "float32"),
    ],
)
def test_bfloat16_is_for_processors_that_have_it(monkeypatch, has, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)
    assert precision_of_this_processor("bfloat16") == expected
    assert precision_of_this_processor("float16") == "float16"
    assert precision_of_this_processor("float32") == "float32"


def test_where_torch_does_not_tell_it_is_single_precision(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert precision_of_this_processor("bfloat16") == "float32"
