"""One step of training: batch, forward, backward, clip, update."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seq2bert.training.config import History, TrainingConfig
from seq2bert.training.device import random_states
from seq2bert.training.distributed import World
from seq2bert.training.interrupt import interrupts_held
from seq2bert.training.precision import autocast
from seq2bert.training.schedule import learning_rate_at


@dataclass
class Run:
    """A run under way.

    ``wrapped`` is the model, or what averages its gradients over several processes; ``random`` is the
    state of the random generators after the last whole step.
    """

    model: nn.Module
    wrapped: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    config: TrainingConfig
    history: History
    device: torch.device
    world: World
    random: list[Tensor]


def update(
    run: Run,
    batch_at: Callable[[int], Any],
    loss_of: Callable[[Any, Any], Tensor],
    weight_of: Callable[[Any], float],
) -> None:
    """Make one step. Interrupted, it is made or not, never half."""
    started, processor = time.perf_counter(), time.process_time()
    history, config, step = run.history, run.config, run.history.steps_done
    rate = learning_rate_at(
        step, schedule=config.schedule, peak=config.learning_rate, steps=config.steps, warmup=config.warmup
    )
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    batch = batch_at(step * run.world.size + run.world.rank).to(run.device)
    with autocast(config.precision, run.device):
        loss = loss_of(run.wrapped.train(), batch)
    if run.world.size > 1:
        loss = loss * run.world.share(weight_of(batch), run.device)
    value = _finite("loss", run.world.sum(loss).item() / run.world.size, step, rate)
    run.optimizer.zero_grad()
    run.scaler.scale(loss).backward()
    run.scaler.unscale_(run.optimizer)
    norm = nn.utils.clip_grad_norm_(run.model.parameters(), config.clip).item()
    if not run.scaler.is_enabled() or run.scaler.get_scale() < 1:  # else the scaler leaves this step out
        _finite("norm of the gradient", norm, step, rate)
    with interrupts_held():
        run.scaler.step(run.optimizer)
        run.scaler.update()
        run.random = random_states(run.device)
        history.loss.append(value)
        history.learning_rate.append(rate)
        history.gradient_norm.append(norm)
        history.seconds += time.perf_counter() - started
        history.processor_seconds += time.process_time() - processor


def _finite(name: str, value: float, step: int, rate: float) -> float:
    if not math.isfinite(value):
        raise FloatingPointError(f"the {name} is {value} at step {step}: try a smaller learning rate than {rate:.3g}")
    return value
