"""The score functions as modules: they own the weights.

A module has two methods. ``prepare(key)`` does the work that depends on the keys alone, once per
source; ``forward(query, prepared)`` gives the scores. A decoder that goes step by step calls the
first once and the second at every step.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seq2bert.attention.scores import (
    _additive_from_projected,
    _check_width,
    concat_scores,
    cosine_scores,
    dot_scores,
    general_scores,
    location_scores,
    scaled_dot_scores,
)


class DotScore(nn.Module):
    """q · k; no weights. Query and key need the same width. See `dot_scores`."""

    def prepare(self, key: Float[Tensor, "batch source d"]) -> Float[Tensor, "batch source d"]:
        """Return what the scores need of the keys: the keys."""
        return key

    def forward(
        self, query: Float[Tensor, "batch target d"], prepared: Float[Tensor, "batch source d"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        return dot_scores(query, prepared)


class ScaledDotScore(DotScore):
    """q · k / √d; no weights. See `scaled_dot_scores`."""

    def forward(
        self, query: Float[Tensor, "batch target d"], prepared: Float[Tensor, "batch source d"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        return scaled_dot_scores(query, prepared)


class CosineScore(DotScore):
    """β cos(q, k) with a learned β > 0, kept positive as exp of a parameter. See `cosine_scores`.

    Graves et al. (2014) let the network emit β at every step; here it is one learned number.

    Parameters
    ----------
    initial_scale : float
        β at the start.

    Raises
    ------
    ValueError
        If it is not a positive, finite number.
    """

    def __init__(self, *, initial_scale: float = 5.0) -> None:
        super().__init__()
        if not (initial_scale > 0 and math.isfinite(initial_scale)):
            raise ValueError(f"initial_scale must be positive and finite; got {initial_scale}")
        self.log_scale = nn.Parameter(torch.tensor(math.log(initial_scale)))

    def forward(
        self, query: Float[Tensor, "batch target d"], prepared: Float[Tensor, "batch source d"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        return cosine_scores(query, prepared, self.log_scale.exp())


class GeneralScore(DotScore):
    """qᵀ W k with a learned W. See `general_scores`."""

    def __init__(self, *, d_query: int, d_key: int) -> None:
        super().__init__()
        self.weight = _uniform(d_query, d_key, fan_in=d_key)

    def forward(
        self, query: Float[Tensor, "batch target d_query"], prepared: Float[Tensor, "batch source d_key"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        return general_scores(query, prepared, self.weight)


class ConcatScore(DotScore):
    """v · tanh(W [q; k]), pair by pair. See `concat_scores`."""

    def __init__(self, *, d_query: int, d_key: int, d_hidden: int) -> None:
        super().__init__()
        self.weight = _uniform(d_hidden, d_query + d_key, fan_in=d_query + d_key)
        self.vector = _uniform(d_hidden, fan_in=d_hidden)

    def forward(
        self, query: Float[Tensor, "batch target d_query"], prepared: Float[Tensor, "batch source d_key"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        return concat_scores(query, prepared, self.weight, self.vector)


class AdditiveScore(nn.Module):
    """v · tanh(W_q q + W_k k). See `additive_scores`."""

    def __init__(self, *, d_query: int, d_key: int, d_hidden: int) -> None:
        super().__init__()
        self.weight_query = _uniform(d_hidden, d_query, fan_in=d_query)
        self.weight_key = _uniform(d_hidden, d_key, fan_in=d_key)
        self.vector = _uniform(d_hidden, fan_in=d_hidden)

    def prepare(self, key: Float[Tensor, "batch source d_key"]) -> Float[Tensor, "batch source d_hidden"]:
        """Project the keys once for all queries: W_k k."""
        _check_width(key, self.weight_key.shape[1], "key", "columns of weight_key")
        return key @ self.weight_key.T

    def forward(
        self, query: Float[Tensor, "batch target d_query"], prepared: Float[Tensor, "batch source d_hidden"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        _check_width(query, self.weight_query.shape[1], "query", "columns of weight_query")
        return _additive_from_projected(query @ self.weight_query.T, prepared, self.vector)


class LocationScore(DotScore):
    """The first entries of W q, one per source position; the keys give only their number. See `location_scores`."""

    def __init__(self, *, d_query: int, max_source: int) -> None:
        super().__init__()
        self.weight = _uniform(max_source, d_query, fan_in=d_query)

    def forward(
        self, query: Float[Tensor, "batch target d_query"], prepared: Float[Tensor, "batch source d_key"]
    ) -> Float[Tensor, "batch target source"]:
        """Return the scores."""
        return location_scores(query, self.weight, prepared.shape[-2])


SCORE_NAMES = ("dot", "scaled-dot", "general", "concat", "additive", "cosine", "location")


def make_score(name: str, *, d_query: int, d_key: int, d_hidden: int = 64, max_source: int = 64) -> nn.Module:
    """Build a score module by its name.

    Parameters
    ----------
    name : str
        One of `SCORE_NAMES`.
    d_query, d_key : int
        Widths of queries and keys. Dot, scaled dot and cosine need them equal.
    d_hidden : int
        Width of the hidden layer of concat and additive.
    max_source : int
        Number of positions that the location score knows.

    Raises
    ------
    ValueError
        If the name is unknown, or a score without a weight matrix gets two different widths.
    """
    if name in ("dot", "scaled-dot", "cosine") and d_query != d_key:
        raise ValueError(f"score {name!r} needs d_query equal to d_key; got {d_query} and {d_key}")
    builders: dict[str, Callable[[], nn.Module]] = {
        "dot": DotScore,
        "scaled-dot": ScaledDotScore,
        "general": lambda: GeneralScore(d_query=d_query, d_key=d_key),
        "concat": lambda: ConcatScore(d_query=d_query, d_key=d_key, d_hidden=d_hidden),
        "additive": lambda: AdditiveScore(d_query=d_query, d_key=d_key, d_hidden=d_hidden),
        "cosine": CosineScore,
        "location": lambda: LocationScore(d_query=d_query, max_source=max_source),
    }
    if name not in builders:
        raise ValueError(f"score must be one of {', '.join(SCORE_NAMES)}; got {name!r}")
    return builders[name]()


def _uniform(*shape: int, fan_in: int) -> nn.Parameter:
    """Return a parameter drawn from ±1/√fan_in, as torch's own Linear does."""
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))
