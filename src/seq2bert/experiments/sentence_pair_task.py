"""Pairs of sentences as a task: does the second follow the first? Two texts, and what shared pieces tell.

In the prose the second sentence is the next one, or comes from another document. In the phrase book each
English sentence is followed by its French translation, and the second sentence is that, or the translation
of another. Leaves out masking.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from torch import Tensor

from seq2bert.bert import BertForClassification, SentencePair, sentence_pairs
from seq2bert.data.batching import pad
from seq2bert.data.pocket import PocketPair, load_pocket
from seq2bert.data.prose import load_prose
from seq2bert.experiments.sequence_task import evaluating
from seq2bert.tokenization import WordPiece

__all__ = [
    "PairBatch",
    "PairTask",
    "pair_loss",
    "phrase_book_pairs",
    "phrase_book_task",
    "piece_links",
    "prose_pair_task",
]


@dataclass(frozen=True)
class PairBatch:
    """A padded batch of packed pairs.

    Attributes
    ----------
    tokens, segments : int64 Tensor, shape (batch, time)
    lengths, labels : int64 Tensor, shape (batch,)
        Real tokens of each row, and 0 if the second sentence follows the first, 1 if not.
    """

    tokens: Int[Tensor, "batch time"]
    segments: Int[Tensor, "batch time"]
    lengths: Int[Tensor, " batch"]
    labels: Int[Tensor, " batch"]

    def to(self, device: torch.device | str) -> "PairBatch":
        """Return the same batch on another device."""
        moved = (tensor.to(device) for tensor in (self.tokens, self.segments, self.lengths, self.labels))
        return PairBatch(*moved)

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class PairTask:
    """Pairs to learn from and pairs to be scored on.

    Attributes
    ----------
    tokenizer : WordPiece
    train, validation, test : list of SentencePair
        Of texts.
    longest : int
        Tokens of a packed pair after which it is cut off.
    """

    tokenizer: WordPiece
    train: list[SentencePair]
    validation: list[SentencePair]
    test: list[SentencePair]
    longest: int

    def collate(self, pairs: Sequence[SentencePair]) -> PairBatch:
        """Pack and pad pairs."""
        encodings = [
            self.tokenizer.encode(str(pair.first), str(pair.second), max_length=self.longest) for pair in pairs
        ]
        tokens, lengths = pad([encoding.ids for encoding in encodings], pad_id=self.tokenizer.vocabulary.pad_id)
        segments, _ = pad([encoding.segments for encoding in encodings], pad_id=0)
        return PairBatch(tokens, segments, lengths, torch.tensor([pair.label for pair in pairs]))

    def batch(self, step: int, *, batch_size: int, seed: int) -> PairBatch:
        """Return the batch of a step: pairs drawn at random."""
        places = np.random.default_rng([seed, step]).choice(len(self.train), batch_size, replace=False)
        return self.collate([self.train[place] for place in places])

    def accuracy(self, model: BertForClassification, pairs: Sequence[SentencePair]) -> float:
        """Return the share of pairs that the model labels rightly."""
        right = 0
        with evaluating(model):
            for start in range(0, len(pairs), 100):
                batch = self.collate(pairs[start : start + 100])
                logits = model(batch.tokens, segments=batch.segments, lengths=batch.lengths)
                right += int((logits.argmax(1) == batch.labels).sum())
        return right / len(pairs)

    def overlap(self, pair: SentencePair) -> float:
        """Return the number of pieces that both sentences have, over the number that either has."""
        first, second = (set(self.tokenizer.ids(str(text))) for text in (pair.first, pair.second))
        return len(first & second) / max(1, len(first | second))

    def overlap_accuracy(self, pairs: Sequence[SentencePair], *, learn_from: int = 5000) -> float:
        """Say "next" where the overlap reaches a threshold, the best one for training pairs; score that."""
        threshold = _best_threshold(self.train[:learn_from], self.overlap)
        return _threshold_accuracy(pairs, self.overlap, threshold)

    def linked_accuracy(self, pairs: Sequence[SentencePair]) -> float:
        """Say "next" where the pieces are linked well enough, by `piece_links`; the threshold is chosen on validation.

        The pairs that the links are counted on would look better linked than unseen ones.
        """
        links = piece_links(
            [pair for pair in self.train if pair.label == 0], self._pieces, len(self.tokenizer.vocabulary)
        )

        def linked(pair: SentencePair) -> float:
            first, second = self._pieces(pair.first), self._pieces(pair.second)
            if not first or not second:
                return 0.0
            return float(links[np.ix_(first, second)].max(axis=0).mean())

        return _threshold_accuracy(pairs, linked, _best_threshold(self.validation, linked))

    def _pieces(self, text: object) -> list[int]:
        return sorted(set(self.tokenizer.ids(str(text))))


def piece_links(
    pairs: Sequence[SentencePair], pieces_of: Callable[[object], list[int]], n_tokens: int
) -> Float[np.ndarray, "first second"]:
    """Count which pieces of a second sentence go with which of a first one.

    Parameters
    ----------
    pairs : sequence of SentencePair
        True pairs, from which is counted.
    pieces_of : callable
        Text to its different ids.
    n_tokens : int
        Size of the vocabulary.

    Returns
    -------
    array, shape (first, second)
        Dice's coefficient: twice the number of pairs with both pieces, over the sum of the numbers with either
        on its side; between 0 and 1.
    """
    sides = []
    for side in (0, 1):
        ids = [pieces_of(pair[side]) for pair in pairs]
        ends = np.cumsum([0, *map(len, ids)])
        sides.append(csr_array((np.ones(ends[-1]), np.concatenate(ids), ends), shape=(len(pairs), n_tokens)))
    first, second = sides
    both = (first.T @ second).toarray()
    either = first.sum(axis=0)[:, None] + second.sum(axis=0)[None]
    return 2 * both / np.maximum(either, 1)


def _best_threshold(pairs: Sequence[SentencePair], score: Callable[[SentencePair], float]) -> float:
    scores = np.array([score(pair) for pair in pairs])
    follows = np.array([pair.label == 0 for pair in pairs])
    return max(np.unique(scores), key=lambda value: ((scores >= value) == follows).mean())


def _threshold_accuracy(
    pairs: Sequence[SentencePair], score: Callable[[SentencePair], float], threshold: float
) -> float:
    return float(np.mean([(score(pair) >= threshold) == (pair.label == 0) for pair in pairs]))


def phrase_book_pairs(book: Sequence[tuple[str, str]], *, generator: torch.Generator) -> list[SentencePair]:
    """Pair each English sentence with its translation or, as often, with the translation of another.

    Parameters
    ----------
    book : sequence of (str, str)
        At least two sentences, each with its translation.
    generator : torch.Generator

    Returns
    -------
    list of SentencePair
        In the order of the book. Strangers are French, too: otherwise the language would give them away.

    Raises
    ------
    ValueError
        If there are fewer than two sentences.
    """
    if len(book) < 2:
        raise ValueError(f"book must hold two sentences, to draw strangers from; got {len(book)}")
    pairs = []
    for number, (english, french) in enumerate(book):
        if torch.rand((), generator=generator) < 0.5:
            pairs.append(SentencePair(english, french, 0))
        else:
            stranger = int(torch.randint(len(book) - 1, (), generator=generator))
            pairs.append(SentencePair(english, book[stranger + (stranger >= number)][1], 1))
    return pairs


def phrase_book_task(*, pieces: int, seed: int, rounds: int = 4, held_out: int = 1000, longest: int = 64) -> PairTask:
    """Return the easy pocket corpus as a phrase book; ``rounds`` times over, with other strangers each time."""
    pocket = load_pocket("easy")
    book, validation, test = (_texts(part) for part in (pocket.train, pocket.valid, pocket.test))
    tokenizer = WordPiece.train((text for phrase in book for text in phrase), pieces)
    generator = torch.Generator().manual_seed(seed)
    train_pairs = [pair for _ in range(rounds) for pair in phrase_book_pairs(book, generator=generator)]
    fixed = torch.Generator().manual_seed(0)  # held-out pairs are the same for every seed
    choose_on, score_on = (phrase_book_pairs(part, generator=fixed)[:held_out] for part in (validation, test))
    return PairTask(tokenizer, train_pairs, choose_on, score_on, longest)


def prose_pair_task(tokenizer: WordPiece, *, seed: int, held_out: int = 1000, longest: int = 64) -> PairTask:
    """Return the prose as pairs of neighbours and strangers; no document gives to two parts."""
    prose = load_prose()
    parts = []
    for number, documents in enumerate((prose.train, prose.validation, prose.test)):
        generator = torch.Generator().manual_seed(0 if number else seed)
        pairs = sentence_pairs([document.sentences for document in documents], generator=generator)
        order = torch.randperm(len(pairs), generator=generator)
        parts.append([pairs[place] for place in order.tolist()])
    return PairTask(tokenizer, parts[0], parts[1][:held_out], parts[2][:held_out], longest)


def _texts(pairs: Sequence[PocketPair]) -> list[tuple[str, str]]:
    return [(" ".join(pair.english), " ".join(pair.french)) for pair in pairs]


def pair_loss(model: torch.nn.Module, batch: PairBatch) -> Tensor:
    """Return the mean cross-entropy, in nats."""
    return F.cross_entropy(model(batch.tokens, segments=batch.segments, lengths=batch.lengths), batch.labels)
