"""The linear map of every layer, multiplied by the faster of the two libraries that torch carries.

torch leaves float32 products to MKL, which on processors of other makers than Intel does not use the widest
vector instructions; oneDNN does. `python -m benchmarks.products` measures both. Training stays with MKL:
the operation used here has no backward pass. oneDNN compiles code for each new number of rows and keeps it
(about half a MiB each, for at most 1024 of them), which decoding, always of as many rows as sentences, needs once.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

# Below this much work, calling oneDNN costs more than it saves; with few rows, so does rearranging the matrix for it.
SMALLEST_WORK = 2**21  # multiplications
FEWEST_ROWS = 16


class Linear(nn.Linear):
    """A linear map: `torch.nn.Linear`, with the same weights and, up to rounding, the same results.

    Without gradients, on a CPU and in single precision, large products are left to oneDNN.
    `torch.backends.mkldnn.flags(enabled=False)` turns that off.
    """

    def forward(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, "*batch d_out"]:
        """Return x Wᵀ + b."""
        if self._suits_onednn(x):
            return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")
        return F.linear(x, self.weight, self.bias)

    def _suits_onednn(self, x: Tensor) -> bool:
        return (
            x.numel() >= FEWEST_ROWS * self.in_features
            and x.numel() * self.out_features >= SMALLEST_WORK
            and not torch.is_grad_enabled()
            and x.dtype == self.weight.dtype == torch.float32
            and x.device.type == "cpu"
            and x.shape[-1] == self.in_features  # if not, torch says so better
            and not torch.is_autocast_enabled("cpu")
            and bool(torch.backends.mkldnn.enabled)
            and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        )
