"""The encoder: one annotation per source token, and one vector for the sentence."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2bert.masks import length_mask
from seq2bert.recurrent.cell import make_cell


class Encoded(NamedTuple):
    """What the encoder makes of a batch of sources.

    ``states`` is one annotation per token (0 at padding), ``final`` the sentence vector: the last
    state of the forward direction and, if there is one, the first of the backward direction.
    """

    states: Float[Tensor, "batch source d_state"]
    final: Float[Tensor, "batch d_state"]
    valid: Bool[Tensor, "batch source"]


class Encoder(nn.Module):
    """Embed the source and read it in one or both directions.

    Parameters
    ----------
    vocab_size : int
    d_embedding, d_hidden : int
        ``d_hidden`` is the width of one direction.
    pad_id : int
        Its embedding stays 0. Padding is packed away, so that the backward direction starts at
        the last real token.
    cell : str
        One of `CELL_NAMES`.
    bidirectional : bool
        ``d_state`` is twice ``d_hidden`` if True.
    n_layers : int

    References
    ----------
    Bahdanau et al. (2015), arXiv:1409.0473, section 3.2: h = [→h; ←h].
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        d_embedding: int,
        d_hidden: int,
        pad_id: int,
        cell: str = "lstm",
        bidirectional: bool = True,
        n_layers: int = 1,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_embedding, padding_idx=pad_id)
        self.cell = make_cell(cell, d_embedding, d_hidden, num_layers=n_layers, bidirectional=bidirectional)
        self.n_directions = 2 if bidirectional else 1
        self.d_state = d_hidden * self.n_directions

    def forward(self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]) -> Encoded:
        """Encode a padded batch.

        Parameters
        ----------
        source : integer Tensor, shape (batch, source)
        lengths : integer Tensor, shape (batch,)
            Number of real tokens of each row, at least 1.

        Raises
        ------
        ValueError
            If the batch is empty, a source has no token, or ``lengths`` does not fit ``source``.
        """
        return self.encode_embedded(self.embed(source, lengths), lengths)

    def embed(
        self, source: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch source d_embedding"]:
        """Look up the embeddings, after checking the batch.

        Raises
        ------
        ValueError
            As for `forward`.
        """
        if source.shape[0] == 0 or source.shape[1] == 0:
            raise ValueError(f"source must hold at least one sentence of one token; got shape {tuple(source.shape)}")
        if lengths.shape != source.shape[:1]:
            raise ValueError(f"lengths needs shape ({source.shape[0]},), one per source; got {tuple(lengths.shape)}")
        if int(lengths.min()) < 1:
            raise ValueError(f"every source needs at least one token; got a length of {int(lengths.min())}")
        return self.embedding(source)

    def encode_embedded(
        self, embedded: Float[Tensor, "batch source d_embedding"], lengths: Int[Tensor, " batch"]
    ) -> Encoded:
        """Encode embeddings: for gradients with respect to the input."""
        length = embedded.shape[1]
        valid = length_mask(lengths, length)
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, last = self.cell(packed)
        states, _ = pad_packed_sequence(outputs, batch_first=True, total_length=length)
        hidden = last[0] if isinstance(last, tuple) else last  # (layer * direction, batch, d_hidden)
        final = torch.cat(list(hidden[-self.n_directions :]), dim=-1)
        return Encoded(states, final, valid)
