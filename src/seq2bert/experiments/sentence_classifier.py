"""A BERT that classifies sentences: from a checkpoint or from scratch, trained and scored the same way.

The head reads the mean of all tokens. It is fitted first, on the encoder as it is; then all layers learn.
Leaves out rates of each layer's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from seq2bert.bert import BertConfig, BertEncoder, BertForClassification, start_from_sinusoids
from seq2bert.data.batching import PooledBatches, pad
from seq2bert.experiments.bag_of_words import fit_logistic_regression
from seq2bert.experiments.labelled_prose import LabelledSentence
from seq2bert.experiments.sequence_task import evaluating
from seq2bert.tokenization import WordPiece
from seq2bert.training import History, TrainingConfig, train
from seq2bert.training.precision import autocast
from seq2bert.transformer import Encoded

__all__ = ["DROPOUT", "Example", "SentenceBatch", "SentenceClassification", "classifier_from", "untrained_classifier"]

DROPOUT = 0.1  # Devlin et al. 2019, section A.2; the checkpoint was trained without

Example = tuple[tuple[int, ...], int]
"""Ids of a sentence with [CLS] and [SEP], and its class."""


@dataclass(frozen=True)
class SentenceBatch:
    """A padded batch of sentences with their classes.

    Attributes
    ----------
    tokens : int64 Tensor, shape (batch, time)
    lengths : int64 Tensor, shape (batch,)
        How many tokens of each row are real.
    labels : int64 Tensor, shape (batch,)
    """

    tokens: Int[Tensor, "batch time"]
    lengths: Int[Tensor, " batch"]
    labels: Int[Tensor, " batch"]

    def to(self, device: torch.device | str) -> "SentenceBatch":
        """Return the same batch on another device."""
        return SentenceBatch(self.tokens.to(device), self.lengths.to(device), self.labels.to(device))

    def __len__(self) -> int:
        return len(self.tokens)


def classifier_from(encoder: BertEncoder, *, n_classes: int, seed: int) -> BertForClassification:
    """Return a classifier that starts from the weights of an encoder, with a new head.

    Parameters
    ----------
    encoder : BertEncoder
        A trained one; its weights are copied.
    n_classes : int
    seed : int
        Of the head's weights.
    """
    model = untrained_classifier(encoder.config, n_classes=n_classes, seed=seed)
    model.encoder.load_state_dict(encoder.state_dict())
    return model


def untrained_classifier(config: BertConfig, *, n_classes: int, seed: int) -> BertForClassification:
    """Return a classifier without anything learned; its positions start in order, as those of the pretraining did.

    Parameters
    ----------
    config : BertConfig
        Sizes; dropout becomes `DROPOUT`, but no attention weight is dropped.
    n_classes : int
    seed : int
        Of all weights.
    """
    torch.manual_seed(seed)
    model = BertForClassification(replace(config, dropout=DROPOUT), n_classes=n_classes, pooling="mean")
    start_from_sinusoids(model.encoder.embeddings.positions, config.initial_deviation)
    return model


@dataclass(frozen=True)
class SentenceClassification:
    """How sentences become batches, how a classifier learns from them, and how it is scored.

    Attributes
    ----------
    tokenizer : WordPiece
    longest : int
        Tokens after which a sentence is cut off, [CLS] and [SEP] counted.
    precision : str
        What matrix products are computed in, in training and scoring; see `TrainingConfig`.
    """

    tokenizer: WordPiece
    longest: int = 64
    precision: str = "float32"

    def encode(self, sentences: Sequence[LabelledSentence]) -> list[Example]:
        """Cut sentences into pieces."""
        return [(self.tokenizer.encode(text, max_length=self.longest).ids, label) for text, label in sentences]

    def collate(self, examples: Sequence[Example]) -> SentenceBatch:
        """Pad examples into a batch."""
        tokens, lengths = pad([ids for ids, _ in examples], pad_id=self.tokenizer.vocabulary.pad_id)
        return SentenceBatch(tokens, lengths, torch.tensor([label for _, label in examples]))

    def batches(self, examples: Sequence[Example], *, batch_size: int, seed: int) -> Callable[[int], SentenceBatch]:
        """Return the function from step to batch that `seq2bert.training.train` wants."""
        choose = PooledBatches([len(ids) for ids, _ in examples], batch_size=batch_size, seed=seed)
        return lambda step: self.collate([examples[i] for i in choose(step)])

    def train(
        self,
        model: BertForClassification,
        examples: Sequence[Example],
        *,
        steps: int,
        learning_rate: float,
        batch_size: int,
        seed: int,
        progress: bool = False,
    ) -> History:
        """Train head and all layers in place: a tenth of the steps up to the learning rate, then down to 0.

        Parameters
        ----------
        model : BertForClassification
        examples : sequence of Example
        steps, learning_rate, batch_size
            Of the training.
        seed : int
            Of dropout and of the order of the batches.
        progress : bool
            Show a progress bar.

        References
        ----------
        Devlin et al. (2019), arXiv:1810.04805, section A.2: the schedule; section A.3: what to vary.
        """
        config = TrainingConfig(
            steps=steps,
            learning_rate=learning_rate,
            schedule="linear",
            warmup=max(1, steps // 10),
            precision=self.precision,
            seed=seed,
        )
        batches = self.batches(examples, batch_size=batch_size, seed=seed)
        return train(model, batches, sentence_loss, config, device=torch.device("cpu"), progress=progress)

    def fit_head(self, model: BertForClassification, examples: Sequence[Example], *, penalty: float) -> None:
        """Set the head to the logistic regression on what the encoder says now; the encoder is left alone.

        Every entry of the pooled vectors is first brought to mean 0 and deviation 1 over the examples, and the
        head takes that in: it reads the entries as they are.

        Parameters
        ----------
        model : BertForClassification
            Its head is changed in place.
        examples : sequence of Example
        penalty : float
            See `fit_logistic_regression`.

        References
        ----------
        Kumar et al. (2022), arXiv:2202.10054, "linear probing then full fine-tuning": a random head would bend
        the features while it learns.
        """
        pooled = self._in_eval(model, examples, lambda batch: model.pooler(_encode(model, batch))).double().numpy()
        centre, scale = pooled.mean(0), pooled.std(0) + 1e-6  # an entry that never varies is not blown up
        matrix, bias = fit_logistic_regression(
            (pooled - centre) / scale,
            np.array([label for _, label in examples]),
            n_classes=model.output.out_features,
            penalty=penalty,
        )
        with torch.no_grad():
            model.output.weight.copy_(torch.from_numpy((matrix / scale[:, None]).T))
            model.output.bias.copy_(torch.from_numpy(bias - centre / scale @ matrix))

    def predict(self, model: BertForClassification, examples: Sequence[Example]) -> list[int]:
        """Return the likeliest class of each example, in eval mode."""
        logits = self._in_eval(model, examples, lambda batch: model(batch.tokens, lengths=batch.lengths))
        return logits.argmax(1).tolist()

    def accuracy(self, model: BertForClassification, examples: Sequence[Example]) -> float:
        """Return the share of examples whose likeliest class is theirs."""
        found = self.predict(model, examples)
        return sum(label == guess for (_, label), guess in zip(examples, found, strict=True)) / len(examples)

    def _in_eval(
        self, model: BertForClassification, examples: Sequence[Example], read: Callable[[SentenceBatch], Tensor]
    ) -> Float[Tensor, "example value"]:
        """Return a row for each example, in their order."""
        device = next(model.parameters()).device
        order = sorted(range(len(examples)), key=lambda i: len(examples[i][0]))  # alike in length, little padding
        rows = []
        with evaluating(model), autocast(self.precision, device):
            for start in range(0, len(order), 64):
                batch = self.collate([examples[i] for i in order[start : start + 64]])
                rows.append(read(batch.to(device)).float().cpu())
        return torch.cat(rows)[torch.tensor(order).argsort()]


def _encode(model: BertForClassification, batch: SentenceBatch) -> Encoded:
    return model.encoder(batch.tokens, lengths=batch.lengths)


def sentence_loss(model: torch.nn.Module, batch: SentenceBatch) -> Tensor:
    """Return the mean cross-entropy, in nats."""
    return F.cross_entropy(model(batch.tokens, lengths=batch.lengths).float(), batch.labels)
