"""Labels for every token of a sequence: the smallest task on which self-attention can be trained.

One pass gives all labels at once, so there is no decoder, no start token and no decoding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.data.batching import PooledBatches, pad
from seq2bert.losses import sequence_cross_entropy
from seq2bert.transformer import Decoder, Embeddings, Encoder, TransformerConfig

__all__ = ["TagBatch", "TagPair", "Tagger", "TaggingTask"]

TagPair = tuple[list[int], list[int]]


@dataclass(frozen=True)
class TagBatch:
    """A padded batch of sequences with their labels.

    Attributes
    ----------
    tokens : int64 Tensor, shape (batch, time)
    lengths : int64 Tensor, shape (batch,)
        How many tokens of each row are real.
    labels : int64 Tensor, shape (batch, time)
        The padding id where there is no label.
    """

    tokens: Int[Tensor, "batch time"]
    lengths: Int[Tensor, "batch"]
    labels: Int[Tensor, "batch time"]

    def to(self, device: torch.device | str) -> "TagBatch":
        """Return the same batch on another device."""
        return TagBatch(self.tokens.to(device), self.lengths.to(device), self.labels.to(device))

    def __len__(self) -> int:
        return len(self.tokens)


class Tagger(nn.Module):
    """Embeddings, a stack of self-attention layers, and a linear map to labels at each position alone.

    Parameters
    ----------
    config : TransformerConfig
        Of its two numbers of layers, ``n_decoder_layers`` counts if causal, ``n_encoder_layers`` if not.
    n_tokens, n_labels : int
        Sizes of the two vocabularies, special ids included.
    pad_id : int
    causal : bool
        If True, a token sees itself and earlier ones only.
    """

    def __init__(
        self, config: TransformerConfig, *, n_tokens: int, n_labels: int, pad_id: int, causal: bool = False
    ) -> None:
        super().__init__()
        embeddings = Embeddings(n_tokens, pad_id=pad_id, config=config)
        self.stack: Decoder | Encoder = (
            Decoder(embeddings, config, cross=False) if causal else Encoder(embeddings, config)
        )
        self.output = nn.Linear(config.d_model, n_labels)

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time label"]:
        """Return the logits of every token's label; those of padding mean nothing."""
        if isinstance(self.stack, Decoder):  # no real token sees the padding, which comes last
            return self.output(self.stack(tokens, self.stack.start_alone(None))[0])
        return self.output(self.stack(tokens, lengths).states)

    def forward_with_weights(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> tuple[Float[Tensor, "batch time label"], Float[Tensor, "batch layer head time time"]]:
        """Return the same logits, and the attention weights of all layers and heads."""
        if isinstance(self.stack, Decoder):
            states, seen, _ = self.stack.forward_with_weights(tokens, self.stack.start_alone(None))
            return self.output(states), seen.own
        encoded, weights = self.stack.forward_with_weights(tokens, lengths)
        return self.output(encoded.states), weights


@dataclass(frozen=True)
class TaggingTask:
    """Sequences and their labels, to train, choose and test on.

    Attributes
    ----------
    n_tokens, n_labels : int
        Sizes of the two vocabularies, special ids included.
    pad_id : int
        Fills rows of tokens; as a label it means that there is none.
    train, valid, test : sequence of (token ids, label ids)
        As many labels as tokens.
    """

    n_tokens: int
    n_labels: int
    pad_id: int
    train: Sequence[TagPair]
    valid: Sequence[TagPair]
    test: Sequence[TagPair]

    def model(self, config: TransformerConfig, *, causal: bool = False) -> Tagger:
        """Build a model for the vocabularies of the task; weights come from torch's generator."""
        return Tagger(config, n_tokens=self.n_tokens, n_labels=self.n_labels, pad_id=self.pad_id, causal=causal)

    def collate(self, pairs: Sequence[TagPair]) -> TagBatch:
        """Pad pairs into a batch.

        Raises
        ------
        ValueError
            If a sequence has not one label a token.
        """
        for ids, names in pairs:
            if len(ids) != len(names):
                raise ValueError(f"a sequence needs one label a token; got {len(ids)} tokens, {len(names)} labels")
        tokens, lengths = pad([ids for ids, _ in pairs], pad_id=self.pad_id)
        labels, _ = pad([names for _, names in pairs], pad_id=self.pad_id)
        return TagBatch(tokens, lengths, labels)

    def batches(self, *, batch_size: int = 64, seed: int = 0) -> Callable[[int], TagBatch]:
        """Return the function from step to batch that `seq2bert.training.train` wants."""
        choose = PooledBatches([len(tokens) for tokens, _ in self.train], batch_size=batch_size, seed=seed)
        return lambda step: self.collate([self.train[i] for i in choose(step)])

    def loss(self, model: Tagger, batch: TagBatch) -> Tensor:
        """Return the cross-entropy, in nats per label."""
        return sequence_cross_entropy(model(batch.tokens, batch.lengths), batch.labels, pad_id=self.pad_id)

    def mean_loss(self, model: Tagger, pairs: Sequence[TagPair]) -> float:
        """Return the loss on pairs, in eval mode and in nats per label."""
        return self._in_eval(model, pairs)[0]

    def accuracy(self, model: Tagger, pairs: Sequence[TagPair]) -> float:
        """Return the share of labels that get the highest logit, between 0 and 1."""
        return self._in_eval(model, pairs)[1]

    @torch.no_grad()
    def _in_eval(self, model: Tagger, pairs: Sequence[TagPair]) -> tuple[float, float]:
        was_training = model.training
        model.eval()
        batch = self.collate(pairs).to(next(model.parameters()).device)
        logits = model(batch.tokens, batch.lengths)
        labelled = batch.labels != self.pad_id
        right = (logits.argmax(-1) == batch.labels)[labelled]
        loss = sequence_cross_entropy(logits, batch.labels, pad_id=self.pad_id)
        model.train(was_training)
        return loss.item(), right.float().mean().item()
