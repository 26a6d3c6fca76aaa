"""Windows: global attention looks at every source position, local attention at a few.

A window gives a boolean part (which keys are inside) and a factor for the weights. Luong's
*local-p* gathers 2D + 1 states; here all states stay in place and the others are masked, so
that no time is saved: the course measures what local attention does, not how fast it can be.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


class GlobalWindow(nn.Module):
    """Every key is inside; the factor is 1."""

    def forward(
        self,
        query: Float[Tensor, "batch target d_query"],
        valid: Bool[Tensor, "batch source"],
        first_step: int,
    ) -> tuple[Bool[Tensor, "batch target source"], Float[Tensor, "batch target source"]]:
        """Return the boolean window and the factor for the weights."""
        inside = valid[:, None, :].expand(-1, query.shape[1], -1)
        return inside, torch.ones_like(inside, dtype=query.dtype)


class MonotonicWindow(nn.Module):
    """Luong's *local-m*: the window of step t is centred on source position t.

    Parameters
    ----------
    width : int
        The half-width D: keys at distance at most D from the centre are inside.

    Raises
    ------
    ValueError
        If ``width`` is below 1.

    References
    ----------
    Luong et al. (2015), arXiv:1508.04025, section 3.2, *monotonic alignment*. Where the target is
    longer than the source we stop the centre at the last source token; the paper does not say.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        _check_width(width)
        self.width = width

    def forward(
        self,
        query: Float[Tensor, "batch target d_query"],
        valid: Bool[Tensor, "batch source"],
        first_step: int,
    ) -> tuple[Bool[Tensor, "batch target source"], Float[Tensor, "batch target source"]]:
        """Return the boolean window and the factor for the weights (1)."""
        steps = torch.arange(first_step, first_step + query.shape[1], device=query.device)
        last = valid.sum(-1, keepdim=True) - 1  # (batch, 1)
        centre = torch.minimum(steps[None, :], last)  # (batch, target)
        inside = _near(centre.to(query.dtype), valid, self.width)
        return inside, torch.ones_like(inside, dtype=query.dtype)


class PredictiveWindow(nn.Module):
    """Luong's *local-p*: the query predicts the centre, and a Gaussian favours it.

    The centre is p = (S - 1) · sigmoid(v · tanh(W q)) for a source of S tokens, and the weight of
    the key at position s is multiplied by exp(-(s - p)² / 2σ²) with σ = D / 2.

    Parameters
    ----------
    d_query : int
    width : int
        The half-width D.

    Raises
    ------
    ValueError
        If ``width`` is below 1.

    References
    ----------
    Luong et al. (2015), section 3.2, equations (9) and (10), *predictive alignment*. The paper
    counts positions from 1 and multiplies by S; we count from 0. As in the paper the product is
    not normalised again, so that rows sum to at most 1.
    """

    def __init__(self, d_query: int, width: int) -> None:
        super().__init__()
        _check_width(width)
        self.width = width
        self.hidden = nn.Linear(d_query, d_query, bias=False)
        self.output = nn.Linear(d_query, 1, bias=False)

    def centres(
        self, query: Float[Tensor, "batch target d_query"], valid: Bool[Tensor, "batch source"]
    ) -> Float[Tensor, "batch target"]:
        """Return the predicted centre of every step, in source positions counted from 0."""
        last = (valid.sum(-1, keepdim=True) - 1).to(query.dtype)  # (batch, 1)
        return last * torch.sigmoid(self.output(torch.tanh(self.hidden(query))).squeeze(-1))

    def forward(
        self,
        query: Float[Tensor, "batch target d_query"],
        valid: Bool[Tensor, "batch source"],
        first_step: int,
    ) -> tuple[Bool[Tensor, "batch target source"], Float[Tensor, "batch target source"]]:
        """Return the boolean window and the Gaussian factor for the weights."""
        centre = self.centres(query, valid)
        positions = torch.arange(valid.shape[1], device=query.device, dtype=query.dtype)
        sigma = self.width / 2  # Luong et al. 2015, section 3.2
        factor = torch.exp(-((positions - centre[..., None]) ** 2) / (2 * sigma**2))
        return _near(centre, valid, self.width), factor


WINDOW_NAMES = ("global", "local-m", "local-p")


def make_window(name: str, *, d_query: int, width: int = 5) -> nn.Module:
    """Build a window by its name.

    Raises
    ------
    ValueError
        If the name is not one of `WINDOW_NAMES`.
    """
    builders: dict[str, Callable[[], nn.Module]] = {
        "global": GlobalWindow,
        "local-m": lambda: MonotonicWindow(width),
        "local-p": lambda: PredictiveWindow(d_query, width),
    }
    if name not in builders:
        raise ValueError(f"window must be one of {', '.join(WINDOW_NAMES)}; got {name!r}")
    return builders[name]()


def _near(
    centre: Float[Tensor, "batch target"], valid: Bool[Tensor, "batch source"], width: int
) -> Bool[Tensor, "batch target source"]:
    """Mark the valid keys at distance at most ``width`` from the centre."""
    positions = torch.arange(valid.shape[1], device=centre.device, dtype=centre.dtype)
    return ((positions - centre.detach()[..., None]).abs() <= width) & valid[:, None, :]


def _check_width(width: int) -> None:
    if width < 1:
        raise ValueError(f"width must be at least 1; got {width}")
