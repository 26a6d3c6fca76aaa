"""What the scripts of live figures compute, computed by the models themselves: first views and golden values.

Answers are plain dicts with the names that the scripts use: ``tokens``, ``logits``, ``weights``, ``maps``.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seq2bert.attention import Attention, weighted_average
from seq2bert.attention.layer import Memory
from seq2bert.bert import BertForMaskedTokens
from seq2bert.recurrent import Seq2Seq
from seq2bert.tokenization import PieceVocabulary, WordPiece
from seq2bert.transformer import TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary

__all__ = ["NOWHERE", "answer_reader", "answer_transformer", "bert_maps", "expect_words"]

NOWHERE = "none"
_MASK = PieceVocabulary.SPECIAL_TOKENS[-1]
Forced = Mapping[int, int | str]


class _ForcedAttention(nn.Module):
    """Attention with some of its rows replaced: by one source position, or by nothing."""

    def __init__(self, attention: Attention, forced: Forced) -> None:
        super().__init__()
        self.attention, self.forced = attention, forced

    def prepare(self, **parts: Tensor) -> Memory:
        """Leave the source as it is."""
        return self.attention.prepare(**parts)

    def forward(self, query: Tensor, memory: Memory, *, first_step: int = 0) -> tuple[Tensor, Tensor]:
        """Attend, then replace the row of this step if it is one of those."""
        _, weights = self.attention(query, memory, first_step=first_step)
        if (forced := self.forced.get(first_step)) is not None:
            weights = torch.zeros_like(weights)
            if isinstance(forced, int):
                weights[..., forced] = 1.0
        return weighted_average(weights, memory.value), weights


@torch.no_grad()
def answer_reader(
    model: Seq2Seq, *, source: Vocabulary, target: Vocabulary, max_length: int, text: str, forced: Forced | None = None
) -> dict[str, Any]:
    """Read a text greedily, step by step.

    Parameters
    ----------
    model : Seq2Seq
        In eval mode.
    source, target : Vocabulary
    max_length : int
        Steps after which the answer is cut, end token included.
    text : str
    forced : mapping of int to int or "none", optional
        Steps whose attention is replaced: by one character of the source, or by nothing (context 0).

    Returns
    -------
    dict
        ``text``, ``tokens``, and for each of them ``logits`` and ``weights``.

    Raises
    ------
    ValueError
        If rows are forced where there is no attention.
    """
    if forced:
        attention = getattr(model.decoder, "attention", None)
        if not isinstance(attention, Attention):
            raise ValueError("forced rows need a decoder with attention; this one has none")
        decoder = copy.copy(model.decoder)  # the reader's model stays as it is
        decoder._modules = model.decoder._modules | {"attention": _ForcedAttention(attention, forced)}
        model = Seq2Seq(model.encoder, decoder)
    state = model.encode(*_one_source(source, text))
    token, rows, looks = target.start_id, [], []
    ids: list[int] = []
    while len(ids) < max_length and token != target.end_id:
        logits, weights, state = model.step(torch.tensor([token]), state)
        token = int(logits.argmax())
        ids.append(token)
        rows.append(logits[0].tolist())
        looks.append(weights[0].tolist())
    return {"text": _written(target, ids), "tokens": _tokens(target, ids), "logits": rows, "weights": looks}


@torch.no_grad()
def answer_transformer(
    model: TransformerSeq2Seq, *, source: Vocabulary, target: Vocabulary, max_length: int, text: str
) -> dict[str, Any]:
    """Read a text greedily; return the weights of every layer and head as well.

    Returns
    -------
    dict
        ``text``, ``tokens``, ``inputs`` (what the decoder read: one token earlier), ``logits``, and ``maps`` with
        ``encoder``, ``decoder`` and ``cross``, each by layer, head, query and key.
    """
    ids, lengths = _one_source(source, text)
    state, token = model.encode(ids, lengths), target.start_id
    written = [token]
    while len(written) <= max_length and token != target.end_id:
        logits, _, state = model.step(torch.tensor([token]), state)
        token = int(logits.argmax())
        written.append(token)
    maps = model.forward_with_weights(ids, lengths, torch.tensor([written[:-1]]))
    return {
        "text": _written(target, written[1:]),
        "tokens": _tokens(target, written[1:]),
        "inputs": _tokens(target, written[:-1]),
        "logits": maps.logits[0].tolist(),
        "maps": {kind: getattr(maps, kind)[0].tolist() for kind in ("encoder", "decoder", "cross")},
    }


@torch.no_grad()
def bert_maps(model: BertForMaskedTokens, tokenizer: WordPiece, *, text: str) -> dict[str, Any]:
    """Return the pieces of a text and the weights of every layer and head."""
    tokens = pieces_of(model, tokenizer, text)
    maps = model.encoder.forward_with_weights(_ids(tokenizer, tokens))
    return {"tokens": tokens, "maps": {"encoder": maps.weights[0].tolist()}}


@torch.no_grad()
def expect_words(
    model: BertForMaskedTokens, tokenizer: WordPiece, *, text: str, hidden: Sequence[int] = ()
) -> dict[str, Any]:
    """Predict what stands at hidden places.

    Parameters
    ----------
    model : BertForMaskedTokens
        In eval mode.
    tokenizer : WordPiece
    text : str
        It may have [MASK] in it.
    hidden : sequence of int
        Further pieces that are hidden, counted with [CLS] as 0.

    Returns
    -------
    dict
        ``tokens``, hidden ones as [MASK]; ``places`` of those; ``logits`` over the vocabulary and the ``best``
        piece at each of them; ``maps``, the weights by layer, head, query and key.
    """
    tokens = [_MASK if i in hidden else token for i, token in enumerate(pieces_of(model, tokenizer, text))]
    ids = _ids(tokenizer, tokens)
    places = [i for i, token in enumerate(tokens) if token == _MASK]
    logits = model.logits(ids)[0, places]
    return {
        "tokens": tokens,
        "places": places,
        "logits": logits.tolist(),
        "best": [tokenizer.vocabulary.pieces[int(best)] for best in logits.argmax(-1)],
        "maps": model.encoder.forward_with_weights(ids).weights[0].tolist(),
    }


def pieces_of(model: BertForMaskedTokens, tokenizer: WordPiece, text: str) -> list[str]:
    """Cut a text and put [CLS] and [SEP] around it, no longer than the model reads."""
    names = tokenizer.vocabulary.pieces
    ids = tokenizer.ids(text)[: model.encoder.config.max_length - 2]
    special = tokenizer.vocabulary
    return [names[special.cls_id], *(names[index] for index in ids), names[special.sep_id]]


def _ids(tokenizer: WordPiece, tokens: Sequence[str]) -> Tensor:
    return torch.tensor([tokenizer.vocabulary.encode(tokens)])


def _one_source(source: Vocabulary, text: str) -> tuple[Tensor, Tensor]:
    ids = source.encode_lossy(text)
    return torch.tensor([ids]), torch.tensor([len(ids)])


def _tokens(vocabulary: Vocabulary, ids: Sequence[int]) -> list[str]:
    return [vocabulary.tokens[index] for index in ids]


def _written(vocabulary: Vocabulary, ids: Sequence[int]) -> str:
    """Join what was written before the end, as the scripts do: nothing is left out."""
    end = list(ids).index(vocabulary.end_id) if vocabulary.end_id in ids else len(ids)
    return "".join(_tokens(vocabulary, ids[:end]))
