"""The training loop: seed, device, schedule, clipping, progress bar, history, checkpoints."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from seq2bert.training.checkpoint import load_checkpoint, read_checkpoint, save_checkpoint
from seq2bert.training.config import History, TrainingConfig
from seq2bert.training.device import choose_device, random_states, restore_random_states, seed_everything
from seq2bert.training.distributed import World
from seq2bert.training.precision import loss_scaler
from seq2bert.training.step import Run, update


def train(
    model: nn.Module,
    batch_at: Callable[[int], Any],
    loss_of: Callable[[Any, Any], Tensor],
    config: TrainingConfig,
    *,
    evaluate: Callable[[Any], float] | None = None,
    weight_of: Callable[[Any], float] = lambda batch: 1.0,
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
        Process r of n (see `process_group`) gets the batches r, n + r, 2n + r, …
    loss_of : callable
        Model and batch to a loss with no axes.
    config : TrainingConfig
    evaluate : callable, optional
        Model (in eval mode) to a number. Whether and how often it is called changes nothing in the training.
    weight_of : callable
        Batch to the number of items that its loss averages over. Several processes weigh their losses
        by it, so that each item counts the same wherever it is; one process does not call it.
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
        numbers as without the interruption. Several processes cannot agree on where they were
        stopped: they save nothing then, and go on from their last checkpoint.

    Raises
    ------
    FloatingPointError
        If the loss or its gradient is not finite; the message names the step. The weights are
        those from before that step.
    ValueError
        If the checkpoint was not saved here, does not fit the model, the config or the number of processes, or
        the device cannot compute in the precision asked for.
    """
    device = choose_device() if device is None else device
    model.to(device)
    world = World()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay
    )
    scaler = loss_scaler(config.precision, device)
    seed_everything(config.seed + world.rank)  # each process drops other units
    run = Run(model, model, optimizer, scaler, config, History(), device, world, random_states(device))
    if checkpoint is not None and Path(checkpoint).exists():
        _resume(run, checkpoint)
    run.wrapped, history = world.wrap(model, device), run.history
    was_training = model.training
    bar = tqdm(total=config.steps, initial=history.steps_done, disable=not (progress and world.is_first), unit="step")
    try:
        _evaluate_if_due(run, evaluate)  # the run may have been stopped just before it
        for step in range(history.steps_done, config.steps):
            update(run, batch_at, loss_of, weight_of)
            bar.update()
            if step % 20 == 0:
                bar.set_postfix(loss=f"{history.loss[-1]:.4f}", refresh=False)
            _evaluate_if_due(run, evaluate)
            done = step + 1
            if checkpoint is not None and (done % config.checkpoint_every == 0 or done == config.steps):
                _save(run, checkpoint)
    except KeyboardInterrupt:
        history.interrupted = True
        if checkpoint is not None and world.size == 1:
            _save(run, checkpoint)
    finally:
        bar.close()
        model.train(was_training)
    return history


def _evaluate_if_due(run: Run, evaluate: Callable[[Any], float] | None) -> None:
    history, every, done = run.history, run.config.evaluate_every, run.history.steps_done
    due = done == run.config.steps or (every > 0 and done > 0 and done % every == 0)
    if evaluate is None or not due or done in (number for number, _ in history.evaluations):
        return
    value = 0.0
    if run.world.is_first:
        run.model.eval()
        with torch.no_grad():
            value = float(evaluate(run.model))
    history.evaluations.append((done, run.world.from_first(value, run.device)))
    restore_random_states(run.random, run.device)  # an evaluation takes no random numbers from the training


def _save(run: Run, checkpoint: str | Path) -> None:
    restore_random_states(run.random, run.device)  # a step that was begun draws its numbers again
    progress = {
        "history": asdict(run.history),
        "config": asdict(run.config),
        "scaler": run.scaler.state_dict(),
        "random": run.world.gather(run.random),
    }
    if run.world.is_first:
        save_checkpoint(checkpoint, run.model, run.optimizer, progress)


def _resume(run: Run, checkpoint: str | Path) -> None:
    saved = read_checkpoint(checkpoint)["progress"]  # the model stays as it is if the config is another
    missing = [name for name in ("config", "history", "random", "scaler") if name not in saved]
    if missing:
        raise ValueError(f"the checkpoint {checkpoint} is not one of `train`: it has no {', no '.join(missing)}")
    ours = asdict(run.config) | {"processes": run.world.size}
    theirs = saved["config"] | {"betas": tuple(saved["config"]["betas"]), "processes": len(saved["random"])}
    different = [name for name in ours if theirs.get(name) != ours[name]]
    if different:
        pairs = ", ".join(f"{name} was {theirs.get(name)} and is now {ours[name]}" for name in different)
        raise ValueError(f"the checkpoint {checkpoint} was made with another config: {pairs}")
    run.history = History(**load_checkpoint(checkpoint, run.model, run.optimizer)["history"])
    run.history.evaluations = [(steps, value) for steps, value in run.history.evaluations]
    run.history.interrupted = False
    run.scaler.load_state_dict(saved["scaler"])
    run.random = saved["random"][run.world.rank]
    restore_random_states(run.random, run.device)
