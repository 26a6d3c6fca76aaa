"""Random inputs of test cells, and what a notebook prints."""

import hashlib

import numpy as np
import pytest
import torch

from seq2bert.check import array, different_sizes, draw, passed, tensor, when_answered
from seq2bert.check.inputs import DRAW


@pytest.fixture(autouse=True)
def _published_draw(monkeypatch):
    monkeypatch.delenv(DRAW, raising=False)


def numbers(task):
    return draw(task).random(4).tolist()


def test_a_task_draws_the_same_each_time():
    assert numbers("e02-additive") == numbers("e02-additive")


def test_tasks_draw_differently():
    assert numbers("e02-additive") != numbers("e02-dot")


def test_the_graders_seed_changes_every_task(monkeypatch):
    tasks = ["e02-additive", "e02-dot"]
    published = [numbers(task) for task in tasks]
    monkeypatch.setenv(DRAW, "secret")
    assert all(numbers(task) != before for task, before in zip(tasks, published, strict=True))
    assert numbers("e02-dot") == numbers("e02-dot")
    monkeypatch.setenv(DRAW, "")
    assert [numbers(task) for task in tasks] == published


def test_seed_and_task_are_kept_apart(monkeypatch):
    monkeypatch.setenv(DRAW, "a")
    of_one = numbers("bc")
    monkeypatch.setenv(DRAW, "ab")
    assert numbers("c") != of_one


def test_the_published_draw_is_the_same_on_every_machine():  # the first 128 bits of a hash, as one number
    seed = int(hashlib.sha256(b":e02-additive").hexdigest()[:32], 16)
    assert numbers("e02-additive") == np.random.default_rng(seed).random(4).tolist()


@pytest.mark.error_messages
def test_a_draw_needs_a_task():
    with pytest.raises(ValueError, match="needs the name of a task"):
        draw("")


def test_sizes_are_different_and_in_range():
    seen = set()
    for seed in range(30):
        sizes = different_sizes(np.random.default_rng(seed), 4, 3, 6)
        assert sorted(sizes) == [3, 4, 5, 6]
        assert all(type(size) is int for size in sizes)
        seen.add(tuple(sizes))
    assert len(seen) > 5  # in random order
    assert different_sizes(np.random.default_rng(0), 0) == []
    assert len(set(different_sizes(np.random.default_rng(0), 8))) == 8  # 2 to 9


@pytest.mark.error_messages
@pytest.mark.parametrize("n", [-1, 5])
def test_more_sizes_than_there_are_are_refused(n):
    with pytest.raises(ValueError, match=f"from 3 to 6 there are no {n} different numbers"):
        different_sizes(np.random.default_rng(0), n, 3, 6)


def test_arrays_and_tensors_hold_the_same_normal_values():
    drawn = array(np.random.default_rng(3), 2000, 2)
    same = tensor(np.random.default_rng(3), 2000, 2)
    assert (drawn.dtype, same.dtype) == (np.float64, torch.float32)
    assert np.array_equal(drawn.astype(np.float32), same.numpy())
    assert abs(drawn.mean()) < 0.05
    assert abs(drawn.std() - 1) < 0.05
    assert array(np.random.default_rng(3)).shape == tensor(np.random.default_rng(3)).shape == ()


def test_a_passed_check_says_that_more_will_run(capsys):
    passed("e02-dot")
    assert capsys.readouterr().out.startswith("e02-dot: the checks that you see here pass. More run")


def test_without_an_answer_the_notebook_goes_on(capsys):
    def missing():
        raise NotImplementedError("not answered yet")

    when_answered(missing)
    assert "first answer the task above" in capsys.readouterr().out
    when_answered(lambda: print("a figure"))
    assert capsys.readouterr().out == "a figure\n"


def test_another_error_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        when_answered(lambda: 1 / 0)
