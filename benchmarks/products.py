"""The linear maps of one decoding step and of the encoder: MKL, as torch has it, against oneDNN, as ours has it.

    python -m benchmarks.products

Prints the name of the processor, since the answer depends on it.
"""

import argparse
import functools
import platform
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.contenders import Sizes
from benchmarks.measure import alternate, print_table

PLAIN, ONEDNN = "torch, F.linear", "oneDNN"


def _repeat(function: object, times: int) -> None:
    for _ in range(times):
        function()


def _onednn(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    names = [line for line in path.read_text().splitlines() if line.startswith("model name")] if path.exists() else []
    return names[0].split(":")[1].strip() if names else platform.processor()


@torch.no_grad()
def main() -> None:
    """Check that both give the same numbers, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(_processor())
    d_model, d_ff, n_tokens = Sizes.d_model, Sizes.d_ff, Sizes.n_tokens
    shapes = [(d_model, d_model), (d_model, 3 * d_model), (d_model, d_ff), (d_ff, d_model), (d_model, n_tokens)]
    for rows in (1, 8, 16, 32, 2048):
        for d_in, d_out in shapes:
            x, weight, bias = torch.randn(rows, d_in), torch.randn(d_out, d_in), torch.randn(d_out)
            torch.testing.assert_close(F.linear(x, weight, bias), _onednn(x, weight, bias), atol=1e-3, rtol=1e-4)
            times = max(1, 2048 // rows // 4)
            tasks = {
                name: functools.partial(_repeat, functools.partial(function, x, weight, bias), times)
                for name, function in {PLAIN: F.linear, ONEDNN: _onednn}.items()
            }
            table = alternate(tasks, rounds=arguments.rounds, relative_to=PLAIN, device=torch.device("cpu"))
            print_table(f"{times} × ({rows}, {d_in}) to ({rows}, {d_out})", table)


if __name__ == "__main__":
    main()
