"""Forward and backward of one batch: ours against torch's and transformers' encoder–decoders.

python -m benchmarks.training
"""

import argparse
import functools
import json
from pathlib import Path

import torch

from benchmarks.contenders import CONTENDERS, PAD, Sizes, make_batch
from benchmarks.measure import Task, alternate, peak_memory, print_table
from seq2bert.losses import sequence_cross_entropy
from seq2bert.training.precision import PRECISION_NAMES, autocast


def make_task(name: str, device: torch.device, *, batch: int, time: int, padded: bool, precision: str) -> Task:
    """Return what is timed: logits, loss, gradients of one batch."""
    torch.manual_seed(0)
    model = CONTENDERS[name](Sizes()).to(device).train()
    data = make_batch(Sizes(), batch=batch, time=time, padded=padded, seed=0, device=device)

    def step() -> None:
        model.zero_grad()
        with autocast(precision, device):
            loss = sequence_cross_entropy(model(data), data.labels, pad_id=PAD)
        loss.backward()

    return step


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--time", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=PRECISION_NAMES, default="float32")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device, figures = torch.device(arguments.device), {}
    for padded in (False, True):
        options = {"batch": arguments.batch, "time": arguments.time, "padded": padded}
        make = functools.partial(make_task, precision=arguments.precision, **options)
        tasks = {name: make(name, device) for name in CONTENDERS}
        rows = alternate(tasks, rounds=arguments.rounds, relative_to="ours", device=device)
        for name in rows:
            rows[name]["parameters"] = sum(p.numel() for p in CONTENDERS[name](Sizes()).parameters())
            rows[name]["peak_mib"] = peak_memory(make, name, device, arguments.threads)
        title = f"Forward and backward, batch {arguments.batch} × {arguments.time}, {'padded' if padded else 'full'}"
        print_table(title, rows)
        figures[title] = rows
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
