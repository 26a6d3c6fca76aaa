"""The training loop: the same numbers twice, interrupted or not; what it records; what it refuses."""

import dataclasses
import linecache
import math
import os
import signal
import sys
import threading
import time
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from seq2bert.training import History, TrainingConfig, choose_device, learning_rate_at, load_checkpoint, loop, train
from seq2bert.training.checkpoint import save_checkpoint
from seq2bert.training.interrupt import interrupts_held

CPU = torch.device("cpu")
CONFIG = TrainingConfig(steps=7, learning_rate=0.05, evaluate_every=2, checkpoint_every=3)


@pytest.fixture(autouse=True)
def _interruptions_arrive():
    """A program that a shell starts in the background ignores Ctrl-C, and so would these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Batch(NamedTuple):
    inputs: Tensor
    targets: Tensor

    def to(self, device):
        return Batch(self.inputs.to(device), self.targets.to(device))


def batch_at(step):
    generator = torch.Generator().manual_seed(step)
    inputs = torch.randn(4, 3, generator=generator)
    return Batch(inputs, inputs.sum(-1, keepdim=True))


def loss_of(model, batch):
    return (model(batch.inputs) - batch.targets).square().mean()


def evaluate(model):
    """An evaluation that draws random numbers, as sampling would."""
    assert not model.training
    assert not torch.is_grad_enabled()
    return loss_of(model, batch_at(999)).item() + 1e-3 * torch.rand(1).item()


def make(seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))  # dropout: random numbers while training


def run(model, config=CONFIG, *, batches=batch_at, loss=loss_of, evaluation=evaluate, **options):
    return train(model, batches, loss, config, evaluate=evaluation, device=CPU, progress=False, **options)


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def numbers(history):
    """All that a history holds but the times."""
    fields = dataclasses.asdict(history)
    return {name: fields[name] for name in ("loss", "learning_rate", "gradient_norm", "evaluations")}


def assert_same_end(model, history, expected_model, expected_history):
    assert torch.equal(weights(model), weights(expected_model))
    assert numbers(history) == numbers(expected_history)
    assert not history.interrupted


# What happens in a step


def test_two_steps_by_hand():
    # Loss w², gradient 2w, clipped to 1. Adam's first step is the learning rate times the sign, whatever the
    # gradient; the decay takes 0.1 * 0.01 * w first: 3 -> 3 - 0.003 - 0.1 = 2.897. The second step sees the clipped
    # gradient 1 again, so that both moments are still those of a constant gradient 1: 2.897 - 0.002897 - 0.1.
    model = nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(3.0)
    config = TrainingConfig(steps=2, learning_rate=0.1, schedule="constant", weight_decay=0.01, clip=1.0)
    history = run(model, config, loss=lambda model, _: model.weight.square().sum(), evaluation=None)
    assert_close(model.weight.item(), 2.897 - 0.002897 - 0.1, atol=1e-6, rtol=0)
    assert_close(history.loss, [9.0, 2.897**2], atol=1e-5, rtol=0)
    assert_close(history.gradient_norm, [6.0, 2 * 2.897], atol=1e-5, rtol=0)  # before clipping
    assert history.learning_rate == [0.1, 0.1]


def test_agrees_with_a_loop_of_torch():
    model, reference = make(), make()
    history = run(model, evaluation=None)
    optimizer = torch.optim.AdamW(reference.parameters(), lr=1.0, betas=(0.9, 0.98), weight_decay=0.01)
    torch.manual_seed(CONFIG.seed)
    for step in range(CONFIG.steps):
        optimizer.param_groups[0]["lr"] = learning_rate_at(step, schedule="one-cycle", peak=0.05, steps=7)
        loss = loss_of(reference.train(), batch_at(step))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(reference.parameters(), 1.0)
        optimizer.step()
        assert history.loss[step] == loss.item()
    assert torch.equal(weights(model), weights(reference))


@pytest.mark.parametrize(("clip", "expected"), [(10.0, [3.0, 4.0]), (5.0, [3.0, 4.0]), (1.0, [0.6, 0.8])])
def test_clipping_by_hand(clip, expected, monkeypatch):  # gradient (3, 4) of norm 5
    seen = []
    step = torch.optim.AdamW.step
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: seen.append(model.weight.grad[0].clone()) or step(self))
    model = nn.Linear(2, 1, bias=False)
    config = TrainingConfig(steps=1, learning_rate=0.1, clip=clip)
    history = run(model, config, loss=lambda m, _: (m.weight * torch.tensor([3.0, 4.0])).sum(), evaluation=None)
    assert_close(seen, [torch.tensor(expected)], atol=1e-5, rtol=0)
    assert_close(history.gradient_norm, [5.0])


def test_settings_reach_the_optimiser(monkeypatch):
    made = []
    adam = torch.optim.AdamW
    monkeypatch.setattr(torch.optim, "AdamW", lambda *args, **options: made.append(options) or adam(*args, **options))
    run(make(), TrainingConfig(steps=1, learning_rate=0.3, betas=(0.5, 0.6), weight_decay=0.7))
    assert made == [{"lr": 0.3, "betas": (0.5, 0.6), "weight_decay": 0.7}]


def test_what_the_history_holds():
    history = run(make())
    assert history.steps_done == 7
    assert len(history.loss) == len(history.learning_rate) == len(history.gradient_norm) == 7
    expected = [learning_rate_at(step, schedule="one-cycle", peak=0.05, steps=7) for step in range(7)]
    assert history.learning_rate == expected
    assert [done for done, _ in history.evaluations] == [2, 4, 6, 7]
    assert history.seconds > 0
    assert history.processor_seconds > 0
    assert not history.interrupted


@pytest.mark.parametrize(
    ("every", "expected"), [(0, [7]), (7, [7]), (3, [3, 6, 7]), (1, [1, 2, 3, 4, 5, 6, 7]), (9, [7])]
)
def test_evaluations_come_when_they_are_due_and_at_the_end(every, expected):
    history = run(make(), dataclasses.replace(CONFIG, evaluate_every=every))
    assert [done for done, _ in history.evaluations] == expected


def test_the_last_evaluation_is_of_the_model_that_is_returned():
    model = make()
    history = run(model, evaluation=lambda m: loss_of(m, batch_at(999)).item())
    assert history.evaluations[-1][1] == loss_of(model.eval(), batch_at(999)).item()


def test_seconds_leave_out_the_evaluation():
    history = run(make(), evaluation=lambda model: time.sleep(0.02) or 0.0)
    assert history.seconds < 4 * 0.02


@pytest.mark.parametrize("training", [True, False])
def test_the_model_comes_back_in_its_mode(training):
    modes = []
    model = make().train(training)
    run(model, loss=lambda model, batch: modes.append(model.training) or loss_of(model, batch))
    assert model.training is training
    assert modes == [True] * 7  # also after an evaluation
    with pytest.raises(RuntimeError, match="stop"):
        run(model, batches=lambda step: (_ for _ in ()).throw(RuntimeError("stop")))
    assert model.training is training


def test_model_and_batches_are_moved_to_the_device(monkeypatch):
    devices = []

    class Moved(Batch):
        def to(self, device):
            devices.append(device)
            return self

    moved = []
    model = make()
    monkeypatch.setattr(model, "to", moved.append)
    run(model, batches=lambda step: Moved(*batch_at(step)))
    assert devices == [CPU] * 7
    assert moved == [CPU]


def test_the_device_left_out_is_the_best_one(monkeypatch):
    asked = []
    monkeypatch.setattr(loop, "choose_device", lambda: asked.append(True) or CPU)
    train(make(), batch_at, loss_of, CONFIG, progress=False)
    assert asked == [True]
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize("progress", [True, False])
def test_the_progress_bar_is_shown_only_if_wanted(progress, capsys):
    train(make(), batch_at, loss_of, CONFIG, device=CPU, progress=progress)
    shown = capsys.readouterr()
    assert ("7/7" in shown.err) is progress
    assert shown.out == ""


def test_the_loss_falls():
    model = nn.Linear(3, 1)
    history = run(model, TrainingConfig(steps=150, learning_rate=0.1), evaluation=None)
    assert history.loss[-1] < 1e-3 < history.loss[0]


# The same numbers


def test_the_same_seed_gives_the_same_numbers_twice():
    one, other = make(), make()
    history, again = run(one), run(other)
    assert_same_end(one, history, other, again)


def test_another_seed_gives_other_numbers():  # dropout
    assert run(make()).loss != run(make(), dataclasses.replace(CONFIG, seed=1)).loss


def test_evaluating_changes_nothing_in_the_training():
    one, other, third = make(), make(), make()
    often = run(one, dataclasses.replace(CONFIG, evaluate_every=1))
    never = run(other, evaluation=None)
    once = run(third, dataclasses.replace(CONFIG, evaluate_every=0))
    assert often.loss == never.loss == once.loss
    assert torch.equal(weights(one), weights(other))
    assert torch.equal(weights(one), weights(third))


def test_a_checkpoint_changes_nothing_in_the_training(tmp_path):
    one, other = make(), make()
    assert_same_end(one, run(one, checkpoint=tmp_path / "run.pt"), other, run(other))


# Interrupted


def interrupting(function, at):
    """The function, but its call number ``at`` (from 0) is interrupted."""
    calls = []

    def called(*args):
        calls.append(args)
        if len(calls) == at + 1:
            raise KeyboardInterrupt
        return function(*args)

    return called


@pytest.mark.parametrize("step", range(7))
def test_an_interrupted_run_keeps_what_it_has_learned(step):
    model, expected = make(), make()
    history = run(model, batches=interrupting(batch_at, step))
    assert history.interrupted
    assert history.steps_done == step
    whole = run(expected)
    assert history.loss == whole.loss[:step]
    assert history.evaluations == [pair for pair in whole.evaluations if pair[0] <= step]
    partly = make()
    history = run(partly, loss=interrupting(loss_of, step))
    assert torch.equal(weights(model), weights(partly))
    assert torch.equal(weights(model), weights(make())) is (step == 0)
    assert not torch.equal(weights(model), weights(expected))


@pytest.mark.parametrize("place", ["batches", "loss", "evaluation"])
@pytest.mark.parametrize("at", range(7))
def test_a_resumed_run_ends_as_if_it_had_not_been_interrupted(tmp_path, place, at):
    expected = make()
    whole = run(expected)
    function = {"batches": batch_at, "loss": loss_of, "evaluation": evaluate}[place]
    history = run(make(), checkpoint=tmp_path / "run.pt", **{place: interrupting(function, at)})
    assert history.interrupted is (place != "evaluation" or at < 4)  # there are only four evaluations
    model = make(seed=5)  # other weights: all come from the checkpoint
    assert_same_end(model, run(model, checkpoint=tmp_path / "run.pt"), expected, whole)


def test_interrupted_again_and_again(tmp_path):
    expected = make()
    whole = run(expected)
    for runs in range(1, 7):  # each run makes one step and is interrupted in the next
        history = run(make(seed=runs), loss=interrupting(loss_of, 1), checkpoint=tmp_path / "run.pt")
        assert history.interrupted
        assert history.steps_done == runs
    model = make(seed=5)
    assert_same_end(model, run(model, checkpoint=tmp_path / "run.pt"), expected, whole)


def interrupt_at_line(number):
    """Send this process a real interruption before the line of the loop that is run as ``number``.

    Lines that begin with ``with`` do not count: the tracer stops there also between a block and its
    clean-up, where Python itself lets no interruption in.
    """
    lines = 0

    def trace(frame, event, _):
        nonlocal lines
        if frame.f_code.co_filename != loop.__file__:
            return None
        if event == "line" and not linecache.getline(loop.__file__, frame.f_lineno).lstrip().startswith("with "):
            lines += 1
            if lines == number:
                signal.raise_signal(signal.SIGINT)
        return trace

    return trace


def run_traced(trace, *args, **options):
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return run(*args, **options)
    finally:
        sys.settrace(before)


def test_a_run_may_be_interrupted_at_every_line(tmp_path):
    config = TrainingConfig(steps=2, learning_rate=0.05, evaluate_every=1, checkpoint_every=1)
    expected = make()
    whole = run(expected, config)
    number, interrupted = 0, 0
    while True:
        number += 1
        path = tmp_path / f"{number}.pt"
        try:
            history = run_traced(interrupt_at_line(number), make(), config, checkpoint=path)
        except KeyboardInterrupt:  # before the first step began, or after the last one was saved
            history = None
        if history is not None and not history.interrupted:
            break  # there are fewer lines than this
        interrupted += 1
        model = make()
        assert_same_end(model, run(model, config, checkpoint=path), expected, whole)
    assert interrupted > 60


def test_an_interruption_waits_until_the_update_is_whole(monkeypatch, tmp_path):
    step = torch.optim.AdamW.step

    def interrupted_step(self):
        signal.raise_signal(signal.SIGINT)
        return step(self)

    expected = make()
    whole = run(expected)
    with monkeypatch.context() as patched:
        patched.setattr(torch.optim.AdamW, "step", interrupted_step)
        history = run(make(), checkpoint=tmp_path / "run.pt")
    assert history.interrupted
    assert history.steps_done == 1
    model = make()
    assert_same_end(model, run(model, checkpoint=tmp_path / "run.pt"), expected, whole)


def test_a_finished_run_is_not_run_again(tmp_path):
    expected = make()
    whole = run(expected, checkpoint=tmp_path / "run.pt")
    model = make(seed=5)
    refuse = interrupting(batch_at, 0)
    assert_same_end(model, run(model, batches=refuse, checkpoint=tmp_path / "run.pt"), expected, whole)


@pytest.mark.parametrize(("every", "expected"), [(3, [3, 6, 7]), (7, [7]), (100, [7])])
def test_checkpoints_are_written_when_they_are_due_and_at_the_end(tmp_path, monkeypatch, every, expected):
    written = []
    save = loop.save_checkpoint
    monkeypatch.setattr(
        loop,
        "save_checkpoint",
        lambda path, model, optimizer, progress: (
            written.append(len(progress["history"]["loss"])) or save(path, model, optimizer, progress)
        ),
    )
    run(make(), dataclasses.replace(CONFIG, checkpoint_every=every), checkpoint=tmp_path / "run.pt")
    assert written == expected


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(make())
    run(make(), batches=interrupting(batch_at, 2))
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path):
    expected = make()
    whole = run(expected)

    def killed(step):
        if step == 5:
            raise MemoryError
        return batch_at(step)

    with pytest.raises(MemoryError):
        run(make(), batches=killed, checkpoint=tmp_path / "run.pt")
    first = []
    model = make(seed=5)
    history = run(model, batches=lambda step: first.append(step) or batch_at(step), checkpoint=tmp_path / "run.pt")
    assert first[0] == 3
    assert_same_end(model, history, expected, whole)


# The block that cannot be interrupted


def test_interruptions_are_held_and_then_come():
    done = []

    def block():
        with interrupts_held():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("held")
        done.append("after")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == ["held"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_an_interruption_nothing_happens():
    with interrupts_held():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_passes_and_the_handler_is_put_back():
    with pytest.raises(ZeroDivisionError), interrupts_held():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_can_train():
    model, expected = make(), make()
    whole = run(expected)
    histories = []
    thread = threading.Thread(target=lambda: histories.append(run(model)))
    thread.start()
    thread.join()
    assert_same_end(model, histories[0], expected, whole)


@pytest.mark.skipif(os.name == "nt", reason="signals of another process need POSIX")
def test_the_user_s_own_handler_is_called():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with interrupts_held():
            os.kill(os.getpid(), signal.SIGINT)
            assert seen == []
        assert seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


# Errors


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_named_and_the_weights_stay(value):
    model, expected = make(), make()

    def broken(model, batch):
        loss = loss_of(model, batch)
        return loss * value if torch.equal(batch.inputs, batch_at(3).inputs) else loss

    with pytest.raises(FloatingPointError, match=rf"the loss is {value} at step 3: try a smaller learning rate than"):
        run(model, loss=broken)
    run(expected, batches=interrupting(batch_at, 3))
    assert torch.equal(weights(model), weights(expected))


def test_a_gradient_that_is_not_finite_is_named_and_the_weights_stay():
    model = make()
    before = weights(model)

    def steep(model, batch):  # the square root of 0: the value is 0, its slope infinite
        return (weights_of(model) * 0).sum().sqrt()

    def weights_of(model):
        return torch.cat([parameter.flatten() for parameter in model.parameters()])

    with pytest.raises(FloatingPointError, match="the norm of the gradient is nan at step 0: try a smaller learning"):
        run(model, loss=steep)
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be at least 1; got 0"),
        ({"steps": -3}, "steps must be at least 1; got -3"),
        ({"checkpoint_every": 0}, "checkpoint_every must be at least 1; got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be positive; got 0.0"),
        ({"learning_rate": -0.1}, "learning_rate must be positive; got -0.1"),
        ({"learning_rate": math.nan}, "learning_rate must be positive; got nan"),
        ({"clip": 0.0}, "clip must be positive; got 0.0"),
        ({"weight_decay": -0.5}, "weight_decay and evaluate_every must not be negative; got -0.5 and 2"),
        ({"weight_decay": math.nan}, "weight_decay and evaluate_every must not be negative; got nan and 2"),
        ({"evaluate_every": -1}, "weight_decay and evaluate_every must not be negative; got 0.01 and -1"),
        (
            {"schedule": "cosine"},
            "schedule must be one of constant, one-cycle, linear, inverse-square-root; got 'cosine'",
        ),
    ],
)
def test_settings_out_of_range_are_named(options, message):
    with pytest.raises(ValueError) as caught:
        dataclasses.replace(CONFIG, **options)
    assert str(caught.value) == message


def test_settings_at_the_edge_are_accepted():
    TrainingConfig(steps=1, learning_rate=1e-9, clip=math.inf, weight_decay=0.0, evaluate_every=0, checkpoint_every=1)


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CONFIG.steps = 3


def test_a_seed_out_of_range_is_named():
    with pytest.raises(ValueError, match=r"seed must lie between 0 and 2\*\*32 - 1; got -1"):
        run(make(), dataclasses.replace(CONFIG, seed=-1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 9}, "steps was 7 and is now 9"),
        ({"learning_rate": 0.1, "seed": 3}, "learning_rate was 0.05 and is now 0.1, seed was 0 and is now 3"),
        ({"betas": (0.9, 0.999)}, r"betas was \(0.9, 0.98\) and is now \(0.9, 0.999\)"),
    ],
)
def test_a_checkpoint_of_another_config_is_named_and_the_model_left_alone(tmp_path, options, message):
    run(make(), checkpoint=tmp_path / "run.pt")
    model = make(seed=5)
    with pytest.raises(ValueError, match=rf"run\.pt was made with another config: {message}$"):
        run(model, dataclasses.replace(CONFIG, **options), checkpoint=tmp_path / "run.pt")
    assert torch.equal(weights(model), weights(make(seed=5)))


@pytest.mark.parametrize(
    ("progress", "message"),
    [({}, "no config, no history, no random, no scaler"), ({"config": {}, "scaler": {}}, "no history, no random")],
)
def test_a_checkpoint_that_was_saved_by_something_else_is_named(tmp_path, progress, message):
    model = make()
    save_checkpoint(tmp_path / "run.pt", model, torch.optim.AdamW(model.parameters()), progress)
    with pytest.raises(ValueError, match=rf"run\.pt is not one of `train`: it has {message}$"):
        run(model, checkpoint=tmp_path / "run.pt")


def test_a_damaged_checkpoint_stops_the_run_before_it_begins(tmp_path):
    (tmp_path / "run.pt").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(ValueError, match=r"run\.pt is damaged or not a checkpoint"):
        run(make(), checkpoint=tmp_path / "run.pt")
    assert (tmp_path / "run.pt").read_bytes() == b"PK\x03\x04 half a file"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match=r"cannot write the checkpoint .*run\.pt"):
        run(make(), checkpoint=tmp_path / "file" / "run.pt")


def test_a_history_starts_empty():
    one = History()
    one.loss.append(1.0)
    assert History().loss == []
    assert History().steps_done == 0
    assert one.steps_done == 1


def test_a_checkpoint_can_be_read_on_its_own(tmp_path):
    model = make()
    run(model, checkpoint=tmp_path / "run.pt")
    other = make(seed=5)
    progress = load_checkpoint(tmp_path / "run.pt", other, torch.optim.AdamW(other.parameters()))
    assert torch.equal(weights(model), weights(other))
    assert progress["config"] == dataclasses.asdict(CONFIG)
