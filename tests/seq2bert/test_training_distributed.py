"""Two processes on Gloo give the result of one process with both batches."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from seq2bert.training import process_group, train
from seq2bert.training.distributed import World

SCRIPT = Path(__file__).with_name("distributed_script.py")
SPEC = importlib.util.spec_from_file_location("distributed_script", SCRIPT)
script = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)


def torchrun(folder, *, processes=2, steps=100, checkpoint="-", fails=False):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [*command, str(SCRIPT), str(folder), str(steps), str(checkpoint)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode != 0) is fails, done.stderr
    return done.stderr if fails else [torch.load(folder / f"{rank}.pt") for rank in range(processes)]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What two processes end with."""
    return torchrun(tmp_path_factory.mktemp("two") / "whole")


def test_two_processes_are_one_with_the_doubled_batch(two):
    model = script.make_model()
    history = train(
        model,
        lambda step: script.collate(script.pairs_at(2 * step) + script.pairs_at(2 * step + 1)),
        script.loss_of,
        script.CONFIG,
        device=torch.device("cpu"),
        progress=False,
    )
    assert_close(two[0]["loss"], history.loss, atol=1e-5, rtol=1e-5)
    for name, value in model.state_dict().items():
        # A key's bias adds the same to all scores of a query: its gradient is 0 but for rounding, and Adam
        # makes full steps even of that.
        if not name.endswith("key_value.bias"):
            assert_close(two[0]["model"][name], value, atol=1e-5, rtol=1e-4)


def test_processes_agree(two):
    first, second = two
    assert first["loss"] == second["loss"]
    assert first["evaluations"] == second["evaluations"]
    assert [done for done, _ in first["evaluations"]] == [3, 6]
    assert_close(first["model"], second["model"], atol=0, rtol=0)


def test_batches_of_different_sizes_are_weighed():  # else the test above could not tell a mean from a mean of means
    counts = [script.n_targets(script.collate(script.pairs_at(number))) for number in range(12)]
    assert all(one != other for one, other in zip(counts[::2], counts[1::2], strict=True))


def test_stopped_and_started_again_they_end_the_same(tmp_path, two):
    checkpoint = tmp_path / "run.pt"
    stopped = torchrun(tmp_path / "stopped", steps=5, checkpoint=checkpoint)
    assert len(stopped[0]["loss"]) == 5
    resumed = torchrun(tmp_path / "resumed", checkpoint=checkpoint)  # from step 4, the last one saved
    for one, other in zip(resumed, two, strict=True):
        assert one["loss"] == other["loss"]
        assert one["evaluations"] == other["evaluations"]
        assert_close(one["model"], other["model"], atol=0, rtol=0)
    message = torchrun(tmp_path / "alone", processes=1, checkpoint=checkpoint, fails=True)
    assert "processes was 2 and is now 1" in message


def test_without_torchrun_there_is_one_process(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with process_group() as device:
        assert device.type in ("cpu", "cuda", "mps")
        assert not torch.distributed.is_initialized()
    world, model = World(), torch.nn.Linear(1, 1)
    assert (world.rank, world.size, world.is_first) == (0, 1, True)
    assert world.wrap(model, torch.device("cpu")) is model
    assert world.share(3.0, torch.device("cpu")) == 1.0
    assert world.from_first(2.5, torch.device("cpu")) == 2.5
    assert world.gather("x") == ["x"]


def test_a_gpu_is_taken_by_its_local_rank_and_spoken_to_over_nccl(monkeypatch):
    calls = []
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr("seq2bert.training.distributed.choose_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "set_device", calls.append)
    monkeypatch.setattr(torch.distributed, "init_process_group", calls.append)
    monkeypatch.setattr(torch.distributed, "destroy_process_group", lambda: calls.append("left"))
    group = process_group()
    assert group.__enter__() == torch.device("cuda", 3)
    assert calls == [torch.device("cuda", 3), "nccl"]
    assert not group.__exit__(ZeroDivisionError, ZeroDivisionError(), None)  # an error passes, after the group is left
    assert calls[-1] == "left"
