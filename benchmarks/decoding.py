"""Greedy decoding of 64 tokens: ours with and without cache against ``generate`` with and without cache.

    python -m benchmarks.decoding

Ours has Marian's weights; that all four write the same tokens is checked before anything is timed.
"""

import argparse
import functools
import json
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.contenders import START, Batch, Marian, Ours, Sizes, copy_marian, make_batch
from benchmarks.measure import Task, alternate, peak_memory, print_table
from seq2bert.decoding import greedy_decode

NAMES = ("ours, cache", "generate, cache", "ours, recomputing", "generate, recomputing")


def make_task(name: str, device: torch.device, *, batch: int, time: int, padded: bool) -> Task:
    """Return what is timed: encoding a batch and decoding it; the task returns the tokens."""
    torch.manual_seed(0)
    theirs, ours = Marian(Sizes()).to(device).eval(), Ours(Sizes()).to(device).eval()
    for parameter in theirs.parameters():  # untrained and sure of its tokens, so that rounding does not choose them
        if parameter.dim() > 1 and parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.1)
    copy_marian(theirs.model, ours.model)
    data = make_batch(Sizes(), batch=batch, time=time, padded=padded, seed=1, device=device)
    if name.startswith("generate"):
        return functools.partial(_generate, theirs, data, time, use_cache=name.endswith(", cache"))
    return functools.partial(_decode_cached if name == "ours, cache" else _decode_recomputing, ours, data, time)


def _generate(theirs: Marian, data: Batch, time: int, *, use_cache: bool) -> list[list[int]]:
    options = {"max_new_tokens": time, "num_beams": 1, "do_sample": False, "use_cache": use_cache}
    with torch.no_grad():
        return theirs.model.generate(data.source, attention_mask=data.valid.long(), **options)[:, 1:].tolist()


def _decode_cached(ours: Ours, data: Batch, time: int) -> list[list[int]]:
    with torch.no_grad():
        state = ours.model.encode(data.source, data.lengths)
    return _greedy(ours.model.step, state, data, time)


def _decode_recomputing(ours: Ours, data: Batch, time: int) -> list[list[int]]:
    """Compute the whole prefix anew at each step; the source is encoded once, as ``generate`` does."""
    with torch.no_grad():
        start = ours.model.encode(data.source, data.lengths)

    def step(tokens: Tensor, prefix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        prefix = torch.cat([prefix, tokens[:, None]], dim=1)
        states, _ = ours.model.decoder(prefix, start)
        logits = ours.model.output(states[:, -1])
        return logits, logits[:, :0], prefix

    return _greedy(step, data.source[:, :0], data, time)


def _greedy(step: object, state: object, data: Batch, time: int) -> list[list[int]]:
    options = {"batch_size": len(data.source), "start_id": START, "end_id": -1, "max_length": time}
    return greedy_decode(step, state, **options, device=data.source.device).ids


def main() -> None:
    """Check that all write the same, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--time", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device, figures = torch.device(arguments.device), {}
    for batch in (1, 32):
        for padded in (False, True) if batch > 1 else (False,):
            make = functools.partial(make_task, batch=batch, time=arguments.time, padded=padded)
            tasks = {name: make(name, device) for name in NAMES}
            written = {name: tasks[name]() for name in NAMES}
            if any(tokens != written[NAMES[0]] for tokens in written.values()):
                raise AssertionError("the contenders write different tokens, so their times cannot be compared")
            rows = alternate(tasks, rounds=arguments.rounds, relative_to=NAMES[0], device=device)
            for name in NAMES:
                rows[name]["peak_mib"] = peak_memory(make, name, device, arguments.threads)
            title = f"Decoding {arguments.time} tokens, batch {batch}, {'padded' if padded else 'full'}"
            print_table(title, rows)
            figures[title] = rows
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
