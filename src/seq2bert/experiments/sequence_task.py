"""A sequence-to-sequence task: pairs, vocabularies, batches, loss and translation in one place.

Lectures and experiments train through it, so that the recorded runs are the lecture's own code.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seq2bert.data.batching import PooledBatches, SeqBatch, make_batch, pad
from seq2bert.data.dates import DateData, date_vocabularies, encode_pairs
from seq2bert.decoding import Decoding, Hypothesis, beam_decode, greedy_decode
from seq2bert.losses import sequence_cross_entropy
from seq2bert.metrics import exact_match
from seq2bert.recurrent import Seq2Seq
from seq2bert.transformer import TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary

IdPair = tuple[list[int], list[int]]
Model = Seq2Seq | TransformerSeq2Seq


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model in eval mode without gradients for the block, then back in the mode it came in."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


@dataclass(frozen=True)
class SequenceTask:
    """Pairs of id lists to train, choose and test on.

    Models are recurrent ones or Transformers: both encode a source, read a target and make a step.

    Attributes
    ----------
    source_vocabulary, target_vocabulary : Vocabulary
        They agree on the special ids.
    train, valid, test : list of (source ids, target ids)
        Without start and end tokens.
    """

    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    train: Sequence[IdPair]
    valid: Sequence[IdPair]
    test: Sequence[IdPair]

    @classmethod
    def from_tokens(
        cls,
        train: Sequence[tuple[Sequence[str], Sequence[str]]],
        valid: Sequence[tuple[Sequence[str], Sequence[str]]],
        test: Sequence[tuple[Sequence[str], Sequence[str]]],
    ) -> "SequenceTask":
        """Build the vocabularies from the training pairs and encode all three sets.

        Raises
        ------
        ValueError
            If a validation or test pair holds a token that training does not.
        """
        source = Vocabulary.from_sequences(source for source, _ in train)
        target = Vocabulary.from_sequences(target for _, target in train)
        encoded = ([(source.encode(s), target.encode(t)) for s, t in pairs] for pairs in (train, valid, test))
        return cls(source, target, *encoded)

    @classmethod
    def from_dates(cls, data: DateData) -> "SequenceTask":
        """Build the task of reading dates, character by character."""
        source, target = date_vocabularies(data)
        encoded = (
            encode_pairs(pairs, source_vocabulary=source, target_vocabulary=target)
            for pairs in (data.train, data.valid, data.test)
        )
        return cls(source, target, *encoded)

    @property
    def sizes(self) -> dict[str, Any]:
        """What `build_seq2seq` needs to know: ``n_source``, ``n_target`` and ``pad_id``."""
        source, target = self.source_vocabulary, self.target_vocabulary
        return {"n_source": len(source), "n_target": len(target), "pad_id": source.pad_id}

    def collate(self, pairs: Sequence[IdPair]) -> SeqBatch:
        """Pad pairs into a batch."""
        target = self.target_vocabulary
        return make_batch(pairs, pad_id=target.pad_id, start_id=target.start_id, end_id=target.end_id)

    def batches(self, *, batch_size: int = 64, seed: int = 0) -> Callable[[int], SeqBatch]:
        """Return the function from step to batch that `seq2bert.training.train` wants."""
        choose = PooledBatches([len(source) for source, _ in self.train], batch_size=batch_size, seed=seed)
        return lambda step: self.collate([self.train[i] for i in choose(step)])

    def loss(self, model: Model, batch: SeqBatch) -> Tensor:
        """Return the teacher-forced cross-entropy, in nats per target token."""
        logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
        return sequence_cross_entropy(logits, batch.targets, pad_id=self.target_vocabulary.pad_id)

    def smoothed_loss(self, label_smoothing: float) -> Callable[[Any, SeqBatch], Tensor]:
        """Return a loss to train with, like `loss` but with label smoothing."""

        def loss(model: Model, batch: SeqBatch) -> Tensor:
            logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
            pad_id = self.target_vocabulary.pad_id
            return sequence_cross_entropy(logits, batch.targets, pad_id=pad_id, label_smoothing=label_smoothing)

        return loss

    def n_targets(self, batch: SeqBatch) -> float:
        """Return the number of tokens that the loss averages over, for `train` on several processes."""
        return float((batch.targets != self.target_vocabulary.pad_id).sum())

    def decode(self, model: Model, sources: Sequence[Sequence[int]], *, max_length: int | None = None) -> Decoding:
        """Decode greedily, in one batch, in eval mode.

        Parameters
        ----------
        sources : sequence of id lists
        max_length : int, optional
            The longest target of the task and its end token, if left out.
        """
        return self._decode(greedy_decode, model, sources, max_length)

    def search(
        self,
        model: Model,
        sources: Sequence[Sequence[int]],
        *,
        beam_size: int,
        alpha: float = 1.0,
        max_length: int | None = None,
    ) -> list[list[Hypothesis]]:
        """Search with a beam, in one batch, in eval mode; see `seq2bert.decoding.beam_decode`.

        Parameters
        ----------
        sources, max_length
            As for `decode`.
        beam_size, alpha
            As for `beam_decode`.
        """
        return self._decode(beam_decode, model, sources, max_length, beam_size=beam_size, alpha=alpha)

    def _decode(
        self,
        function: Callable[..., Any],
        model: Model,
        sources: Sequence[Sequence[int]],
        max_length: int | None,
        **options: Any,
    ) -> Any:
        if max_length is None:
            max_length = 1 + max(len(target) for pairs in (self.train, self.valid, self.test) for _, target in pairs)
        target = self.target_vocabulary
        device = next(model.parameters()).device
        ids, lengths = pad(sources, pad_id=target.pad_id)
        with evaluating(model):
            return function(
                model.step,
                model.encode(ids.to(device), lengths.to(device)),
                batch_size=len(sources),
                start_id=target.start_id,
                end_id=target.end_id,
                max_length=max_length,
                device=device,
                **options,
            )

    def exact_match(self, model: Model, pairs: Sequence[IdPair]) -> float:
        """Return the share of pairs whose whole target is decoded exactly, between 0 and 1."""
        decoding = self.decode(model, [source for source, _ in pairs])
        return exact_match(decoding.ids, [target for _, target in pairs])

    def mean_loss(self, model: Model, pairs: Sequence[IdPair]) -> float:
        """Return the teacher-forced loss on pairs, in eval mode and in nats per token."""
        device = next(model.parameters()).device
        with evaluating(model):
            return self.loss(model, self.collate(pairs).to(device)).item()
