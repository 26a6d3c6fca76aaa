"""One vector for a whole input: from [CLS], or the mean of all tokens."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seq2bert.bert.config import BertConfig
from seq2bert.bert.initial import initialise
from seq2bert.transformer import Encoded


class Pooler(nn.Module):
    """tanh(W x + b) of the state at [CLS].

    Parameters
    ----------
    config : BertConfig

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3, "C"; the dense layer is that of the paper's code.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model)
        initialise(self, config.initial_deviation)

    def forward(self, encoded: Encoded) -> Float[Tensor, "batch d_model"]:
        """Read the first token's state."""
        return torch.tanh(self.dense(encoded.states[:, 0]))


class MeanPooler(nn.Module):
    """The mean of the states of all real tokens, [CLS] and [SEP] among them. No weights.

    References
    ----------
    Reimers and Gurevych (2019), arXiv:1908.10084, section 3, "MEAN-strategy". Where next-sentence
    prediction was left out, nothing has taught [CLS] to speak for the rest.
    """

    def forward(self, encoded: Encoded) -> Float[Tensor, "batch d_model"]:
        """Average over time."""
        return mean_of_tokens(encoded.states, encoded.mask)


def mean_of_tokens(
    states: Float[Tensor, "batch time d_model"], mask: Bool[Tensor, "batch 1 1 time"] | None
) -> Float[Tensor, "batch d_model"]:
    """Average the states of real tokens; the mask is that of `seq2bert.transformer.Encoded`, None for all."""
    if mask is None:
        return states.mean(1)
    real = mask[:, 0, 0, :, None]  # (batch, time, 1)
    return states.masked_fill(~real, 0.0).sum(1) / real.sum(1)
