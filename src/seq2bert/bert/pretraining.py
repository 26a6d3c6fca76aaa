"""The two pretraining tasks: which token was masked, and does the second sentence follow the first."""

from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2bert.bert.config import BertConfig
from seq2bert.bert.encoder import BertEncoder
from seq2bert.bert.initial import initialise
from seq2bert.bert.pooling import Pooler
from seq2bert.transformer.layers import ACTIVATIONS


class MaskedTokenHead(nn.Module):
    """Logits of the vocabulary at given states: dense, GELU, LayerNorm, then the token embeddings transposed.

    Parameters
    ----------
    config : BertConfig

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3.1, task 1; the layer before the softmax and the bias
    are those of the paper's code (run_pretraining.py, ``get_masked_lm_output``).
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model)
        self.norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        self.bias = nn.Parameter(self.dense.weight.new_zeros(config.n_tokens))
        self.activation = ACTIVATIONS[config.activation]
        initialise(self, config.initial_deviation)

    def forward(
        self, states: Float[Tensor, "*batch d_model"], *, embeddings: Float[Tensor, "vocab d_model"]
    ) -> Float[Tensor, "*batch vocab"]:
        """Score every token of the vocabulary; ``embeddings`` is the matrix of the token embeddings."""
        x = self.activation(self.dense(states))
        x = self.norm(x.to(self.norm.weight.dtype))  # under autocast, normalise in full precision
        return F.linear(x, embeddings, self.bias)


class BertForMaskedTokens(nn.Module):
    """The encoder and the head for masked tokens, without a pooler.

    Parameters
    ----------
    config : BertConfig
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertEncoder(config)
        self.masked_tokens = MaskedTokenHead(config)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        chosen: Bool[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "chosen vocab"]:
        """Return logits at the chosen positions only: the costly product with the vocabulary is made nowhere else.

        Parameters
        ----------
        chosen : bool Tensor
            True where a prediction is wanted. Rows of the result are in the order of ``tokens[chosen]``.
        tokens, segments, lengths : Tensor
            As for `BertEncoder`.
        """
        states = self.encoder(tokens, segments=segments, lengths=lengths).states
        return self.masked_tokens(states[chosen], embeddings=self.encoder.embeddings.tokens.weight)

    def logits(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch time vocab"]:
        """Return logits at every position."""
        states = self.encoder(tokens, segments=segments, lengths=lengths).states
        return self.masked_tokens(states, embeddings=self.encoder.embeddings.tokens.weight)


class PretrainingOutput(NamedTuple):
    """Logits of both tasks at the positions asked for; class 0 of ``next_sentence`` means that it follows."""

    tokens: Float[Tensor, "chosen vocab"]
    next_sentence: Float[Tensor, "batch 2"]


class PretrainingLogits(NamedTuple):
    """Logits of both tasks at every position; class 0 of ``next_sentence`` means that it follows."""

    tokens: Float[Tensor, "batch time vocab"]
    next_sentence: Float[Tensor, "batch 2"]


class BertForPretraining(nn.Module):
    """Encoder, pooler and the heads of both tasks: what the published checkpoints hold.

    Parameters
    ----------
    config : BertConfig

    References
    ----------
    Devlin et al. (2019), section 3.1 and figure 1, left.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertEncoder(config)
        self.pooler = Pooler(config)
        self.masked_tokens = MaskedTokenHead(config)
        self.next_sentence = nn.Linear(config.d_model, 2)
        initialise(self.next_sentence, config.initial_deviation)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        chosen: Bool[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> PretrainingOutput:
        """Return the logits of both tasks, those of tokens at the chosen positions only."""
        encoded = self.encoder(tokens, segments=segments, lengths=lengths)
        scores = self.masked_tokens(encoded.states[chosen], embeddings=self.encoder.embeddings.tokens.weight)
        return PretrainingOutput(scores, self.next_sentence(self.pooler(encoded)))

    def logits(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> PretrainingLogits:
        """Return the logits of both tasks at every position."""
        encoded = self.encoder(tokens, segments=segments, lengths=lengths)
        scores = self.masked_tokens(encoded.states, embeddings=self.encoder.embeddings.tokens.weight)
        return PretrainingLogits(scores, self.next_sentence(self.pooler(encoded)))
