"""One training run on several processes, each with its own part of every batch.

``torchrun --nproc-per-node 2 script.py`` starts the script twice; inside, ::

    with process_group() as device:
        train(model, batch_at, loss_of, config, device=device)

Started without torchrun, the same script trains in one process. Sharding the model itself is left out.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from seq2bert.training.device import choose_device


@contextmanager
def process_group() -> Iterator[torch.device]:
    """Join the processes that torchrun started; yield the device of this one.

    A process on a GPU gets the one of its local rank and talks over NCCL, on the CPU over Gloo.
    Without torchrun there is nothing to join.
    """
    if "LOCAL_RANK" not in os.environ:  # torchrun sets it
        yield choose_device()
        return
    device = choose_device()
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


class World:
    """The processes of a run: this one's number, how many there are, and what they tell each other.

    With one process every method gives back what it got.
    """

    def __init__(self) -> None:
        joined = dist.is_available() and dist.is_initialized()
        self.rank = dist.get_rank() if joined else 0
        self.size = dist.get_world_size() if joined else 1

    @property
    def is_first(self) -> bool:
        """Whether this process evaluates, saves and shows progress for all."""
        return self.rank == 0

    def wrap(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Return the model whose backward pass averages gradients over the processes."""
        if self.size == 1:
            return model
        return DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None)

    def share(self, weight: float, device: torch.device) -> float:
        """Return this process's weight divided by the mean of all.

        Losses multiplied by it average to the loss of all items, however unevenly they are spread.
        """
        return weight * self.size / self.sum(torch.tensor(weight, dtype=torch.float64, device=device)).item()

    def sum(self, value: Tensor) -> Tensor:
        """Return the sum over the processes."""
        value = value.detach().clone()
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def from_first(self, value: float, device: torch.device) -> float:
        """Return the first process's number."""
        if self.size == 1:
            return value
        number = torch.tensor(value, dtype=torch.float64, device=device)
        dist.broadcast(number, src=0)
        return number.item()

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all processes, in the order of their numbers."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values
