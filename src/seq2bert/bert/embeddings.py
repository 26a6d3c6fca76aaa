"""BERT's input: token, segment and position embeddings, summed and normalised."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.bert.config import BertConfig
from seq2bert.positions import LearnedPositions


class BertEmbeddings(nn.Module):
    """LayerNorm(token + segment + position), then dropout. All three tables are learned.

    Parameters
    ----------
    config : BertConfig

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3 and figure 2. Positions run over the whole input, pairs
    included. Normalisation and dropout are those of the paper's code. Nothing is multiplied by √d_model.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.n_tokens, config.d_model, padding_idx=config.pad_id)
        self.segments = nn.Embedding(config.n_segments, config.d_model)
        self.positions = LearnedPositions(config.d_model, config.max_length)
        self.norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, tokens: Int[Tensor, "batch time"], *, segments: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time d_model"]:
        """Return the first layer's input.

        Raises
        ------
        ValueError
            If an id has no row, or the input is longer than the table of positions.
        """
        try:
            summed = self.tokens(tokens) + self.segments(segments)
        except IndexError as error:  # asked for only now: looking at every id would cost each batch
            raise ValueError(
                f"tokens must lie between 0 and {self.tokens.num_embeddings - 1} and segments between 0 and "
                f"{self.segments.num_embeddings - 1}; got {_range(tokens)} and {_range(segments)}"
            ) from error
        places = torch.arange(tokens.shape[1], device=tokens.device)[None]
        return self.dropout(self.norm(self.positions.add_to_embeddings(summed, places)))


def _range(ids: Tensor) -> str:
    return f"{int(ids.min())} to {int(ids.max())}"
