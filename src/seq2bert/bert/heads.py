"""BERT for a task: a class for each input, a tag for each token, or a span of the input.

Leaves out multiple choice. Losses are the caller's: the heads return logits.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2bert.bert.config import BertConfig
from seq2bert.bert.encoder import BertEncoder
from seq2bert.bert.initial import initialise
from seq2bert.bert.pooling import MeanPooler, Pooler

POOLING_NAMES = ("cls", "mean")


class BertForClassification(nn.Module):
    """One answer for a sentence or, with segments, for a pair of sentences: pool, drop, linear.

    Parameters
    ----------
    config : BertConfig
    n_classes : int
        1 for a number, such as a similarity.
    pooling : str
        "cls": `Pooler`, as the paper does. "mean": `MeanPooler`.

    Raises
    ------
    ValueError
        If there is no class, or the pooling is unknown.

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, sections 3.2 and 4.1, figure 4, a and b.
    """

    def __init__(self, config: BertConfig, *, n_classes: int, pooling: str = "cls") -> None:
        super().__init__()
        _check_positive("n_classes", n_classes)
        if pooling not in POOLING_NAMES:
            raise ValueError(f"pooling must be one of {', '.join(POOLING_NAMES)}; got {pooling!r}")
        self.encoder = BertEncoder(config)
        self.pooler = Pooler(config) if pooling == "cls" else MeanPooler()
        self.dropout = nn.Dropout(config.dropout_of_heads)
        self.output = _output(config, n_classes)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch class"]:
        """Return one row of logits for each input; arguments as for `BertEncoder`."""
        pooled = self.pooler(self.encoder(tokens, segments=segments, lengths=lengths))
        return self.output(self.dropout(pooled))


class BertForTagging(nn.Module):
    """One tag for each token: drop, linear. Which pieces of a word count is the caller's choice.

    Parameters
    ----------
    config : BertConfig
    n_tags : int

    Raises
    ------
    ValueError
        If there is no tag.

    References
    ----------
    Devlin et al. (2019), section 5.3 and figure 4, d: the tag of a word is that of its first piece.
    """

    def __init__(self, config: BertConfig, *, n_tags: int) -> None:
        super().__init__()
        _check_positive("n_tags", n_tags)
        self.encoder = BertEncoder(config)
        self.dropout = nn.Dropout(config.dropout_of_heads)
        self.output = _output(config, n_tags)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch time tag"]:
        """Return logits at every token; those at padding mean nothing."""
        return self.output(self.dropout(self.encoder(tokens, segments=segments, lengths=lengths).states))


class SpanLogits(NamedTuple):
    """For each token, how likely a span begins and ends there; values at padding mean nothing."""

    start: Float[Tensor, "batch time"]
    end: Float[Tensor, "batch time"]


class BertForSpans(nn.Module):
    """Where in the input the answer stands: two scores for each token, no dropout.

    Parameters
    ----------
    config : BertConfig

    References
    ----------
    Devlin et al. (2019), section 4.2, "S" and "E", and figure 4, c; the biases are those of its code.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertEncoder(config)
        self.output = _output(config, 2)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        *,
        segments: Int[Tensor, "batch time"] | None = None,
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> SpanLogits:
        """Return logits of both ends."""
        both = self.output(self.encoder(tokens, segments=segments, lengths=lengths).states)
        return SpanLogits(both[..., 0], both[..., 1])


class Spans(NamedTuple):
    """The first and the last token of the best span of each input, and its score."""

    start: Int[Tensor, " batch"]
    end: Int[Tensor, " batch"]
    score: Float[Tensor, " batch"]


def best_spans(logits: SpanLogits, *, allowed: Bool[Tensor, "batch time"], longest: int) -> Spans:
    """Return the span with the largest sum of its two scores.

    Parameters
    ----------
    logits : SpanLogits
    allowed : bool Tensor
        True where a span may begin and end: the real tokens of the text, not the question's.
    longest : int
        Number of tokens of the longest span that counts.

    Returns
    -------
    Spans

    Raises
    ------
    ValueError
        If ``longest`` is below 1, ``allowed`` has another shape, or an input has no token that is allowed.

    References
    ----------
    Devlin et al. (2019), section 4.2: the maximum of S·T_i + E·T_j with j ≥ i.
    """
    _check_positive("longest", longest)
    if allowed.shape != logits.start.shape or not bool(allowed.any(1).all()):
        raise ValueError(
            f"allowed needs shape {tuple(logits.start.shape)} and a True in each row; "
            f"got {tuple(allowed.shape)} with {allowed.sum(-1).tolist()}"
        )
    time = allowed.shape[1]
    scores = logits.start[:, :, None] + logits.end[:, None, :]  # (batch, start, end)
    in_order = torch.ones(time, time, dtype=torch.bool, device=allowed.device).triu().tril(longest - 1)
    valid = in_order & allowed[:, :, None] & allowed[:, None, :]
    score, best = scores.masked_fill(~valid, -torch.inf).flatten(1).max(dim=1)
    return Spans(best // time, best % time, score)


def _output(config: BertConfig, width: int) -> nn.Linear:
    linear = nn.Linear(config.d_model, width)
    initialise(linear, config.initial_deviation)
    return linear


def _check_positive(name: str, number: int) -> None:
    if number < 1:
        raise ValueError(f"{name} must be at least 1; got {number}")
