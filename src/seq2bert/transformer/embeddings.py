"""Token embeddings: scaled, with positions added, and the matrices that they may share."""

import math

from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.positions import Positions
from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.linear import Linear


class Embeddings(nn.Module):
    """Look up tokens, multiply by √d_model, add positions, drop.

    Parameters
    ----------
    n_tokens : int
        Size of the vocabulary.
    pad_id : int
        Its row is 0 at the start and gets no gradient from here.
    config : TransformerConfig

    Raises
    ------
    ValueError
        If ``pad_id`` lies outside the vocabulary.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, sections 3.4 (scaling), 3.5 (sum) and 5.4 (dropout).
    The paper names no initial values; N(0, 1/d_model) is that of its code (tensor2tensor) and gives
    scaled embeddings of unit variance.
    """

    def __init__(self, n_tokens: int, *, pad_id: int, config: TransformerConfig) -> None:
        super().__init__()
        if not 0 <= pad_id < n_tokens:
            raise ValueError(f"pad_id must lie between 0 and {n_tokens - 1}; got {pad_id}")
        self.table = nn.Embedding(n_tokens, config.d_model, padding_idx=pad_id)
        nn.init.normal_(self.table.weight, std=config.d_model**-0.5)
        self.table.weight.data[pad_id] = 0.0
        self.scale = math.sqrt(config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, tokens: Int[Tensor, "batch time"], positions: Positions, places: Int[Tensor, "#batch time"]
    ) -> Float[Tensor, "batch time d_model"]:
        """Return the first layer's input; ``places`` are the positions of the tokens."""
        return self.dropout(positions.add_to_embeddings(self.table(tokens) * self.scale, places))


def output_layer(n_tokens: int, config: TransformerConfig, embeddings: Embeddings | None) -> Linear:
    """Return the linear map to logits; with ``embeddings`` it is their matrix, transposed.

    References
    ----------
    Press and Wolf (2017), arXiv:1608.05859; Vaswani et al. (2017), section 3.4. No bias.
    """
    linear = Linear(config.d_model, n_tokens, bias=False)
    if embeddings is None:
        nn.init.xavier_uniform_(linear.weight)
    else:
        linear.weight = embeddings.table.weight
    return linear


def final_norm(config: TransformerConfig) -> nn.Module:
    """Return what follows the last layer: with pre-norm, the sum of all sub-layers is still to be normalised."""
    if config.norm == "pre":
        return nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
    return nn.Identity()
