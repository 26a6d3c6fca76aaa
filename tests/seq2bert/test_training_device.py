"""Choosing the device, seeding, and the states of the random generators."""

import random

import numpy as np
import pytest
import torch

from seq2bert.training import choose_device, seed_everything
from seq2bert.training.device import random_states, restore_random_states


def pretend(monkeypatch, *, cuda, mps):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_a_gpu_is_taken_if_there_is_one(monkeypatch, cuda, mps, expected):
    pretend(monkeypatch, cuda=cuda, mps=mps)
    assert choose_device() == torch.device(expected)


def test_the_preferred_device_is_taken_if_it_is_there(monkeypatch):
    pretend(monkeypatch, cuda=True, mps=False)
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "meta"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(monkeypatch, name):
    pretend(monkeypatch, cuda=False, mps=False)
    with pytest.raises(ValueError, match=f"device '{name}' is not available on this machine; it has cpu"):
        choose_device(name)
    pretend(monkeypatch, cuda=True, mps=False)
    with pytest.raises(ValueError, match="device 'mps' is not available on this machine; it has cuda, cpu"):
        choose_device("mps")


def test_a_device_that_torch_does_not_know_is_named():
    with pytest.raises(ValueError, match="device must be a name that torch knows; got 'abacus'"):
        choose_device("abacus")


def test_all_three_generators_are_seeded():
    def draw(seed):
        seed_everything(seed)
        return random.random(), float(np.random.rand()), torch.rand(1).item()  # noqa: NPY002 - the global one is meant

    one, same, other = draw(1), draw(1), draw(2)
    assert one == same
    assert all(a != b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_named(seed):
    with pytest.raises(ValueError, match=rf"seed must lie between 0 and 2\*\*32 - 1; got {seed}"):
        seed_everything(seed)


def test_the_largest_and_the_smallest_seed_are_accepted():
    seed_everything(0)
    seed_everything(2**32 - 1)


def test_restored_states_give_the_same_numbers_again():
    states = random_states(torch.device("cpu"))
    before = torch.rand(3)
    restore_random_states(states, torch.device("cpu"))
    assert torch.equal(torch.rand(3), before)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_the_device_s_own_generator_is_kept_too(monkeypatch, name):
    set_to = []
    module = getattr(torch, name)
    monkeypatch.setattr(module, "get_rng_state", lambda *_: torch.tensor([7], dtype=torch.uint8))
    monkeypatch.setattr(module, "set_rng_state", lambda state, *_: set_to.append(state.tolist()))
    states = random_states(torch.device(name))
    assert len(states) == 2
    restore_random_states(states, torch.device(name))
    assert set_to == [[7]]
    restore_random_states(states, torch.device("cpu"))  # another device: only the CPU's
    restore_random_states(states[:1], torch.device(name))
    assert set_to == [[7]]
