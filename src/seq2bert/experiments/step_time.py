"""What a training step costs, compared between models that take turns.

Processor seconds of one process. Memory, decoding and GPUs are left out.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from seq2bert.data.batching import SeqBatch
from seq2bert.experiments.record import Figures
from seq2bert.recurrent import Decoded, Seq2Seq

__all__ = ["QUARTILES", "OneByOne", "time_steps"]

QUARTILES = ("low", "median", "high")
WARMING_UP = 5  # rounds that are not counted


class OneByOne(Seq2Seq):
    """A model that reads the target a token at a time although it need not: what the loop alone costs."""

    def forward(
        self,
        source: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"],
        target_inputs: Int[Tensor, "batch target"],
    ) -> Decoded:
        """Give the numbers of `Seq2Seq.forward`, more slowly."""
        state, steps = self.encode(source, lengths), []
        for tokens in target_inputs.split(1, dim=1):
            steps.append(self.decoder(tokens, state))
            state = steps[-1].state
        logits, weights = (torch.cat([step[i] for step in steps], dim=1) for i in (0, 1))
        return Decoded(logits, weights, state)


def time_steps(
    models: Mapping[str, nn.Module],
    loss_of: Callable[[Any, SeqBatch], Tensor],
    batch_at: Callable[[int], SeqBatch],
    *,
    rounds: int,
    relative_to: str,
) -> Figures:
    """Train models side by side, one step each in turn, and compare their processor seconds.

    What else the machine does hits the models of a round alike, so that ratios within a round are
    steadier than the times of runs one after another.

    Parameters
    ----------
    models : mapping of str to Module
        Trained in place.
    loss_of, batch_at : callable
        As for `seq2bert.training.train`. All models of a round get the same batch; making it is not counted.
    rounds : int
    relative_to : str
        The model whose step counts as 1.

    Returns
    -------
    dict
        ``milliseconds``: median per step; ``relative_quartiles``: of the ratio within a round.
    """
    optimizers = {name: torch.optim.AdamW(model.parameters(), lr=1e-3) for name, model in models.items()}
    names = list(models)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(WARMING_UP + rounds):
        batch = batch_at(number)
        first = number % len(names)  # nobody is always behind the same neighbour
        for name in names[first:] + names[:first]:
            spent = _time_step(models[name], optimizers[name], loss_of, batch)
            if number >= WARMING_UP:
                seconds[name].append(spent)
    unit = np.array(seconds[relative_to])
    ratios = {name: np.quantile(np.array(values) / unit, [0.25, 0.5, 0.75]) for name, values in seconds.items()}
    return {
        "milliseconds": {name: round(1e3 * float(np.median(values)), 2) for name, values in seconds.items()},
        "relative_quartiles": {name: [round(float(q), 3) for q in quartiles] for name, quartiles in ratios.items()},
    }


def _time_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_of: Callable[[Any, SeqBatch], Tensor],
    batch: SeqBatch,
) -> float:
    started = time.process_time()
    optimizer.zero_grad()
    loss_of(model, batch).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return time.process_time() - started
