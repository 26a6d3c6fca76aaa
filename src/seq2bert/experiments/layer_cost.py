"""L09's costs: operations, memory and time of one layer of attention, recurrence or convolution.

Operations are counted and memory is added up, so both are the same on every machine; time is not. One
precision, one device, and the explicit form of attention: the fused one keeps no weights (L17).
"""

import time
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from seq2bert.attention import MultiHeadAttention

__all__ = [
    "LAYER_NAMES",
    "Layer",
    "convolutions_needed",
    "count_operations",
    "first_influence",
    "make_layer",
    "saved_bytes",
    "time_layer",
]

LAYER_NAMES = ("attention", "recurrent", "convolution")
KERNEL = 3  # positions that one convolution sees


class Layer(nn.Module):
    """One of `LAYER_NAMES`, from (batch, time, d_model) to the same shape.

    Parameters
    ----------
    name : str
    d_model : int
    n_heads : int
        Of attention.

    Raises
    ------
    ValueError
        If the name is unknown.
    """

    def __init__(self, name: str, d_model: int, *, n_heads: int = 4) -> None:
        super().__init__()
        if name not in LAYER_NAMES:
            raise ValueError(f"name must be one of {', '.join(LAYER_NAMES)}; got {name!r}")
        self.name = name
        self.body: nn.Module = {
            "attention": lambda: MultiHeadAttention(d_model, n_heads),
            "recurrent": lambda: nn.GRU(d_model, d_model, batch_first=True),
            "convolution": lambda: nn.Conv1d(d_model, d_model, KERNEL, padding=KERNEL // 2),
        }[name]()

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        """Return one vector a position."""
        if self.name == "attention":
            return self.body(x, x, x)[0]
        if self.name == "recurrent":
            return self.body(x)[0]
        return self.body(x.transpose(1, 2)).transpose(1, 2)


def make_layer(name: str, d_model: int, *, seed: int = 0) -> Layer:
    """Build one of `LAYER_NAMES` with random weights."""
    torch.manual_seed(seed)
    return Layer(name, d_model)


def count_operations(layer: Layer, length: int, d_model: int) -> int:
    """Count the multiplications and additions of the matrix products of one forward pass over one sequence.

    Softmax, gates and biases are left out: they grow like the vectors, not like the products.
    """
    x = torch.zeros(1, length, d_model, requires_grad=True)  # without a gradient, torch takes a fused path
    with FlopCounterMode(display=False) as counter:
        layer(x)
    return counter.get_total_flops()


def saved_bytes(layer: Layer, length: int, d_model: int) -> int:
    """Add up what a forward pass over one sequence keeps for the backward pass, weights of the layer left out."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in layer.parameters()}
    kept: dict[int, int] = {}
    held = []  # while a tensor lives, no other one gets its address

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        layer(torch.zeros(1, length, d_model, requires_grad=True))
    return sum(kept.values())


def time_layer(layer: Layer, lengths: Sequence[int], d_model: int, *, repeats: int) -> list[float]:
    """Return milliseconds of a forward and a backward pass over one sequence, the fastest of a few for each length."""
    best = []
    for length in lengths:
        x = torch.randn(1, length, d_model, generator=torch.Generator().manual_seed(length))
        seconds = []
        for _ in range(repeats + 1):  # the first one warms up
            started = time.perf_counter()
            layer(x).sum().backward()
            seconds.append(time.perf_counter() - started)
        best.append(1e3 * min(seconds[1:]))
    return best


def first_influence(build: Callable[[int], nn.Module], length: int, d_model: int, *, most: int) -> int:
    """Return how many layers it takes until the last position can see the first.

    Parameters
    ----------
    build : callable
        Number of layers to a model of that many, (batch, time, d_model) to the same shape.
    length, d_model : int
    most : int
        Give up beyond this number.

    Raises
    ------
    ValueError
        If ``most`` layers are not enough.
    """
    for number in range(1, most + 1):
        x = torch.randn(1, length, d_model, generator=torch.Generator().manual_seed(0)).requires_grad_()
        (gradient,) = torch.autograd.grad(build(number)(x)[0, -1].sum(), x)
        if bool(gradient[0, 0].any()):
            return number
    raise ValueError(f"most must be large enough; after {most} layers the last position does not see the first")


def convolutions_needed(length: int, d_model: int, *, dilated: bool) -> int:
    """Return how many convolutions it takes until the last of ``length`` positions can see the first.

    They look back: each output sees its own place and ``KERNEL`` - 1 places before it, 1 apart, or
    1, 3, 9, … apart in dilated layers.

    References
    ----------
    Vaswani et al. (2017), section 4: n/k layers of contiguous kernels, log_k(n) of dilated ones.
    """

    def build(number: int) -> nn.Module:
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for i in range(number):
            step = KERNEL**i if dilated else 1
            layers += [
                nn.ConstantPad1d(((KERNEL - 1) * step, 0), 0.0),
                nn.Conv1d(d_model, d_model, KERNEL, dilation=step),
            ]
        return _OverTime(nn.Sequential(*layers))

    return first_influence(build, length, d_model, most=length)


class _OverTime(nn.Module):
    """Let convolutions, which want the time axis last, read vectors with the time axis first."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        """Return one vector a position."""
        return self.body(x.transpose(1, 2)).transpose(1, 2)
