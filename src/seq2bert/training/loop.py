"""The training loop: seed, device, schedule, clipping, progress bar, history, checkpoints."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from seq2bert.training.checkpoint import load_checkpoint, read_checkpoint, save_checkpoint
from seq2bert.training.device import choose_device, random_states, restore_random_states, seed_everything
from seq2bert.training.interrupt import interrupts_held
from seq2bert.training.schedule import SCHEDULE_NAMES, learning_rate_at


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. Adam with decoupled weight decay, clipped gradients.

    Attributes
    ----------
    steps : int
        Number of updates.
    learning_rate : float
        The largest one of the schedule.
    schedule : str
        One of `SCHEDULE_NAMES`.
    betas, weight_decay : float
        Of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101).
    clip : float
        Largest norm of the gradient of all parameters together (Pascanu et al. 2013, arXiv:1211.5063, section 3.2).
    seed : int
        For what is random while training (dropout, say). The weights were drawn before.
    evaluate_every : int
        Steps between evaluations; 0 for one at the end only.
    checkpoint_every : int
        Steps between checkpoints, if a path is given to `train`.
    """

    steps: int
    learning_rate: float
    schedule: str = "one-cycle"
    betas: tuple[float, float] = (0.9, 0.98)  # Vaswani et al. 2017, section 5.3
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 0
    evaluate_every: int = 0
    checkpoint_every: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:  # so written, it catches NaN too
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if not self.weight_decay >= 0 or self.evaluate_every < 0:
            raise ValueError(
                "weight_decay and evaluate_every must not be negative; "
                f"got {self.weight_decay} and {self.evaluate_every}"
            )
        if self.schedule not in SCHEDULE_NAMES:
            raise ValueError(f"schedule must be one of {', '.join(SCHEDULE_NAMES)}; got {self.schedule!r}")


@dataclass
class History:
    """What happened while training.

    Attributes
    ----------
    loss, learning_rate, gradient_norm : list of float
        One entry per step; the norm is the one before clipping.
    evaluations : list of (int, float)
        Number of steps done, and what ``evaluate`` returned.
    seconds, processor_seconds : float
        Spent on training steps; evaluation is not counted.
    interrupted : bool
        True if the user stopped the run before its end.
    """

    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0
    interrupted: bool = False

    @property
    def steps_done(self) -> int:
        """Number of updates made."""
        return len(self.loss)


def train(
    model: nn.Module,
    batch_at: Callable[[int], Any],
    loss_of: Callable[[Any, Any], Tensor],
    config: TrainingConfig,
    *,
    evaluate: Callable[[Any], float] | None = None,
    checkpoint: str | Path | None = None,
    device: torch.device | None = None,
    progress: bool = True,
) -> History:
    """Train a model in place.

    Parameters
    ----------
    model : nn.Module
        Moved to the device. It is left in the mode it came in.
    batch_at : callable
        Step number to batch. A pure function: the same step gives the same batch, so that a
        resumed run sees what an uninterrupted one would have seen. A batch has ``.to(device)``.
    loss_of : callable
        Model and batch to a loss with no axes.
    config : TrainingConfig
    evaluate : callable, optional
        Model (in eval mode) to a number. Whether and how often it is called changes nothing in the training.
    checkpoint : path, optional
        Where to save; if the file is there, training goes on from it.
    device : torch.device, optional
        From `choose_device`; a GPU if there is one, if left out.
    progress : bool
        Show a progress bar.

    Returns
    -------
    History
        Also after an interruption (Ctrl-C, or the stop button of a notebook): the model keeps what
        it has learned, and the checkpoint is up to date. Resumed from there, it ends with the same
        numbers as without the interruption.

    Raises
    ------
    FloatingPointError
        If the loss or its gradient is not finite; the message names the step. The weights are
        those from before that step.
    ValueError
        If the checkpoint does not fit the model or the config.
    """
    device = choose_device() if device is None else device
    model.to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay
    )
    seed_everything(config.seed)
    history = History()
    if checkpoint is not None and Path(checkpoint).exists():
        history = _resume(checkpoint, model, optimizer, config)
    run = _Run(model, optimizer, config, history, device, random_states(device))
    was_training = model.training
    bar = tqdm(total=config.steps, initial=history.steps_done, disable=not progress, unit="step")
    try:
        _evaluate_if_due(run, evaluate)  # the run may have been stopped just before it
        for step in range(history.steps_done, config.steps):
            _update(run, batch_at, loss_of)
            bar.update()
            if step % 20 == 0:
                bar.set_postfix(loss=f"{history.loss[-1]:.4f}", refresh=False)
            _evaluate_if_due(run, evaluate)
            done = step + 1
            if checkpoint is not None and (done % config.checkpoint_every == 0 or done == config.steps):
                _save(run, checkpoint)
    except KeyboardInterrupt:
        history.interrupted = True
        if checkpoint is not None:
            _save(run, checkpoint)
    finally:
        bar.close()
        model.train(was_training)
    return history


@dataclass
class _Run:
    """A run under way; ``random`` is the state of the random generators after its last whole step."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    config: TrainingConfig
    history: History
    device: torch.device
    random: list[Tensor]


def _update(run: _Run, batch_at: Callable[[int], Any], loss_of: Callable[[Any, Any], Tensor]) -> None:
    """Make one step: batch, forward, backward, clip, update. Interrupted, it is made or not, never half."""
    started, processor = time.perf_counter(), time.process_time()
    history, config, step = run.history, run.config, run.history.steps_done
    rate = learning_rate_at(step, schedule=config.schedule, peak=config.learning_rate, steps=config.steps)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    loss = loss_of(run.model.train(), batch_at(step).to(run.device))
    value = _finite("loss", loss.item(), step, rate)
    run.optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(run.model.parameters(), config.clip)
    norm_value = _finite("norm of the gradient", norm.item(), step, rate)
    with interrupts_held():
        run.optimizer.step()
        run.random = random_states(run.device)
        history.loss.append(value)
        history.learning_rate.append(rate)
        history.gradient_norm.append(norm_value)
        history.seconds += time.perf_counter() - started
        history.processor_seconds += time.process_time() - processor


def _finite(name: str, value: float, step: int, rate: float) -> float:
    if not math.isfinite(value):
        raise FloatingPointError(f"the {name} is {value} at step {step}: try a smaller learning rate than {rate:.3g}")
    return value


def _evaluate_if_due(run: _Run, evaluate: Callable[[Any], float] | None) -> None:
    history, every, done = run.history, run.config.evaluate_every, run.history.steps_done
    due = done == run.config.steps or (every > 0 and done > 0 and done % every == 0)
    if evaluate is None or not due or done in (number for number, _ in history.evaluations):
        return
    run.model.eval()
    with torch.no_grad():
        history.evaluations.append((done, float(evaluate(run.model))))
    restore_random_states(run.random, run.device)  # an evaluation takes no random numbers from the training


def _save(run: _Run, checkpoint: str | Path) -> None:
    restore_random_states(run.random, run.device)  # a step that was begun draws its numbers again
    progress = {"history": asdict(run.history), "config": asdict(run.config)}
    save_checkpoint(checkpoint, run.model, run.optimizer, progress)


def _resume(
    checkpoint: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, config: TrainingConfig
) -> History:
    saved = read_checkpoint(checkpoint)["progress"]  # the model stays as it is if the config is another
    ours = asdict(config)
    theirs = saved["config"] | {"betas": tuple(saved["config"]["betas"])}
    different = [name for name in ours if theirs.get(name) != ours[name]]
    if different:
        pairs = ", ".join(f"{name} was {theirs.get(name)} and is now {ours[name]}" for name in different)
        raise ValueError(f"the checkpoint {checkpoint} was made with another config: {pairs}")
    history = History(**load_checkpoint(checkpoint, model, optimizer)["history"])
    history.evaluations = [(steps, value) for steps, value in history.evaluations]
    history.interrupted = False
    return history
