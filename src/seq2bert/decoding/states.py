"""Choosing rows of a model's state, whatever the model."""

from typing import Any

from jaxtyping import Int
from torch import Tensor


def select_rows(state: Any, rows: Int[Tensor, " row"]) -> Any:
    """Return the state that holds the given rows of the batch, in this order; a row may come more than once.

    Parameters
    ----------
    state : nested tuples, named tuples, lists and dicts
        Every tensor in it has the batch axis first. What is not a tensor stays as it is.
    rows : integer Tensor

    Returns
    -------
    The same kind of state, with ``len(rows)`` sentences.
    """
    if isinstance(state, Tensor):
        return state.index_select(0, rows)
    if isinstance(state, tuple) and hasattr(state, "_fields"):  # a named tuple
        return type(state)(*(select_rows(part, rows) for part in state))
    if isinstance(state, (tuple, list)):
        return type(state)(select_rows(part, rows) for part in state)
    if isinstance(state, dict):
        return {name: select_rows(part, rows) for name, part in state.items()}
    return state
