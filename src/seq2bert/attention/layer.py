"""One attention layer for a decoder: a score, a window, a softmax, an average."""

from typing import Any, NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seq2bert.attention.softmax import masked_softmax, weighted_average
from seq2bert.attention.window import GlobalWindow


class Memory(NamedTuple):
    """What a decoder attends to, prepared once per source.

    ``prepared`` is what the score made of the keys, ``value`` is averaged, ``valid`` marks real tokens.
    """

    prepared: Float[Tensor, "batch source d_prepared"]
    value: Float[Tensor, "batch source d_value"]
    valid: Bool[Tensor, "batch source"]


class Attention(nn.Module):
    """Attend from decoder states to encoder states.

    Parameters
    ----------
    score : nn.Module
        From `make_score`.
    window : nn.Module, optional
        From `make_window`; global if left out.

    References
    ----------
    Bahdanau et al. (2015), equations (5) and (6); Luong et al. (2015), section 3.
    """

    def __init__(self, score: nn.Module, window: nn.Module | None = None) -> None:
        super().__init__()
        self.score: Any = score  # a module with a method of its own, prepare
        self.window = GlobalWindow() if window is None else window

    def prepare(
        self,
        *,
        key: Float[Tensor, "batch source d_key"],
        value: Float[Tensor, "batch source d_value"],
        valid: Bool[Tensor, "batch source"],
    ) -> Memory:
        """Do once per source what depends on the keys alone.

        Raises
        ------
        ValueError
            If key and value disagree in batch or source.
        """
        if key.shape[:2] != value.shape[:2] or key.shape[:2] != valid.shape:
            raise ValueError(
                "key, value and valid need the same batch and source axes; got "
                f"{tuple(key.shape)}, {tuple(value.shape)} and {tuple(valid.shape)}"
            )
        return Memory(self.score.prepare(key), value, valid)

    def forward(
        self,
        query: Float[Tensor, "batch target d_query"],
        memory: Memory,
        *,
        first_step: int = 0,
    ) -> tuple[Float[Tensor, "batch target d_value"], Float[Tensor, "batch target source"]]:
        """Return the context of every target step and the weights behind it.

        Parameters
        ----------
        query : Tensor
            Decoder states, one per target step.
        memory : Memory
            From `prepare`.
        first_step : int
            Number of target steps already done; monotonic windows need it.

        Returns
        -------
        context, weights : Tensor
            Rows of weights sum to 1; to at most 1 for a predictive window; to 0 without a valid key.
        """
        inside, factor = self.window(query, memory.valid, first_step)
        weights = masked_softmax(self.score(query, memory.prepared), inside) * factor
        return weighted_average(weights, memory.value), weights
