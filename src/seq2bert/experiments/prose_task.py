"""Pretraining on the course's prose: subwords, windows, model and score, the same for the lecture and the long run."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seq2bert.bert import (
    BertConfig,
    BertForMaskedTokens,
    Masking,
    PretrainingBatch,
    TokenStream,
    held_out_batches,
    start_from_frequencies,
    start_from_sinusoids,
)
from seq2bert.data.prose import Document, load_prose
from seq2bert.experiments.neighbour_counts import BASELINES, count_neighbours
from seq2bert.tokenization import WordPiece

WINDOW = 128  # tokens
HELD_OUT_SEED = 1  # what is hidden of the held-out text, always the same


@dataclass(frozen=True)
class ProseTask:
    """The prose as tokens.

    Attributes
    ----------
    tokenizer : WordPiece
        Trained on the training documents only.
    train, validation, test : TokenStream
    """

    tokenizer: WordPiece
    train: TokenStream
    validation: TokenStream
    test: TokenStream

    def masking(self, rate: float = 0.15) -> Masking:
        """Return the rule of masking for this vocabulary; [UNK] is never chosen, it cannot be learned."""
        vocabulary = self.tokenizer.vocabulary
        return Masking(len(vocabulary), vocabulary.mask_id, tuple(sorted(vocabulary.special_ids)), rate=rate)

    def held_out(self, part: str, *, batch_size: int = 32) -> list[PretrainingBatch]:
        """Return all of ``"validation"`` or ``"test"`` in windows, 15% hidden as in the paper."""
        stream: TokenStream = getattr(self, part)
        return held_out_batches(stream, self.masking(), length=WINDOW, batch_size=batch_size, seed=HELD_OUT_SEED)


def prose_task(tokenizer: WordPiece | None = None, *, size: int = 4000) -> ProseTask:
    """Cut the prose into subwords.

    Parameters
    ----------
    tokenizer : WordPiece, optional
        Left out, one is trained on the training documents.
    size : int
        Pieces of the one that is trained.

    Returns
    -------
    ProseTask
    """
    prose = load_prose()
    if tokenizer is None:
        tokenizer = WordPiece.train((sentence for document in prose.train for sentence in document.sentences), size)
    return ProseTask(
        tokenizer,
        *(token_stream(tokenizer, documents) for documents in (prose.train, prose.validation, prose.test)),
    )


def token_stream(tokenizer: WordPiece, documents: tuple[Document, ...]) -> TokenStream:
    """Turn documents into one row of tokens."""
    vocabulary = tokenizer.vocabulary
    ids = ([tokenizer.ids(sentence) for sentence in document.sentences] for document in documents)
    return TokenStream(ids, cls_id=vocabulary.cls_id, sep_id=vocabulary.sep_id)


def start_model(config: BertConfig, task: ProseTask, *, seed: int) -> BertForMaskedTokens:
    """Return an untrained model that knows how frequent each token is and in which order places come.

    Both starts are ours; they save the first minutes of a short pretraining.
    """
    torch.manual_seed(seed)
    model = BertForMaskedTokens(config)
    counts = torch.from_numpy(np.bincount(task.train.ids, minlength=config.n_tokens)).float()
    start_from_frequencies(model.masked_tokens.bias, counts)
    start_from_sinusoids(model.encoder.embeddings.positions, config.initial_deviation)
    return model


def masked_token_loss(model: torch.nn.Module, batch: PretrainingBatch) -> Tensor:
    """Return the mean cross-entropy, in nats, at the chosen places."""
    return F.cross_entropy(model(batch.tokens, chosen=batch.chosen).float(), batch.targets)


@torch.no_grad()
def score_masked_tokens(model: torch.nn.Module, batches: list[PretrainingBatch]) -> dict[str, float]:
    """Return mean loss, in nats, and accuracy over all chosen places of the batches."""
    device = next(model.parameters()).device
    loss = right = count = 0.0
    for batch in batches:
        here = batch.to(device)
        logits = model(here.tokens, chosen=here.chosen).float()
        loss += F.cross_entropy(logits, here.targets, reduction="sum").item()
        right += (logits.argmax(-1) == here.targets).sum().item()
        count += len(here.targets)
    return {"loss": loss / count, "accuracy": right / count}


def score_baselines(task: ProseTask, batches: list[PretrainingBatch]) -> dict[str, float]:
    """Return the accuracy of counting neighbours at the same places."""
    counts = count_neighbours(task.train.ids, len(task.tokenizer.vocabulary))
    right = dict.fromkeys(BASELINES, 0)
    for batch in batches:
        windows = batch.tokens.clone()
        windows[batch.chosen] = batch.targets
        for name, guesses in counts.guess(windows, batch.chosen).items():
            right[name] += int((guesses == batch.targets).sum())
    total = sum(len(batch.targets) for batch in batches)
    return {name: number / total for name, number in right.items()}
