"""L15's comparison with `transformers`: the same folder read by both, and what a real encoder makes of sentences.

No lecture imports transformers, so what it computed is recorded; the lecture compares its own numbers with it.
"""

from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from seq2bert.bert import Bert, BertForMaskedTokens
from seq2bert.checkpoints import load_bert, minilm_folder, shipped_folder
from seq2bert.data.batching import pad
from seq2bert.data.prose import load_prose
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sentence_retrieval import mean_vectors, neighbours_of, retrieval_scores

__all__ = ["EXPERIMENT", "PRECISIONS", "SENTENCE", "compare_with_transformers", "first_values"]

SENTENCE = "If any given Futures are duplicated, they will be returned once."
"""The running sentence of the course's fourth part."""

PRECISIONS = ("float32", "float64")
CONFIG = {"sentences": 64, "shown": 6}


def first_values(output: Tensor, number: int) -> list[float]:
    """Return the first values of the last row: enough to see whether two outputs are the same."""
    return [float(value) for value in output[-1, :number]]


def compare_with_transformers(settings: Settings) -> Figures:
    """Give the same padded sentences to both and take the largest difference of any output."""
    shipped = settings["model"] == "shipped"
    folder = shipped_folder() if shipped else minilm_folder()
    build = BertForMaskedTokens if shipped else Bert
    test = load_prose().test
    sentences = [sentence for document in test for sentence in document.sentences][: settings["sentences"]]
    tokenizer = load_bert(folder, build).tokenizer
    rows = [tokenizer.encode(sentence, max_length=128).ids for sentence in [*sentences, SENTENCE]]
    tokens, lengths = pad(rows, pad_id=tokenizer.vocabulary.pad_id)
    figures: Figures = {"sentences": len(rows), "versions": {"transformers": version("transformers")}}
    for precision in PRECISIONS:
        ours = _ours(folder, build, precision, tokens, lengths)
        theirs = _theirs(folder, precision, tokens, lengths, masked_tokens=shipped)
        real = (torch.arange(tokens.shape[1]) < lengths[:, None])[..., None]
        figures[precision] = {
            "largest_difference": float(((ours - theirs) * real).abs().max()),
            "largest_value": float((theirs * real).abs().max()),
            "last_sentence": first_values(theirs[-1, : lengths[-1]], settings["shown"]),
        }
    if not shipped:
        first, second = zip(*neighbours_of(test), strict=True)
        encoder = load_bert(folder, Bert).model.encoder
        vectors = (mean_vectors(encoder, tokenizer, part) for part in (first, second))
        figures["retrieval"] = retrieval_scores(*vectors)
    return figures


@torch.no_grad()
def _ours(folder: Path, build: type, precision: str, tokens: Tensor, lengths: Tensor) -> Tensor:
    model = load_bert(folder, build, precision=precision).model
    if isinstance(model, BertForMaskedTokens):
        return model.logits(tokens, lengths=lengths)
    return model(tokens, lengths=lengths).states


@torch.no_grad()
def _theirs(folder: Path, precision: str, tokens: Tensor, lengths: Tensor, *, masked_tokens: bool) -> Tensor:
    from transformers import BertForMaskedLM, BertModel  # an optional library

    kind = BertForMaskedLM if masked_tokens else BertModel
    model = kind.from_pretrained(folder, dtype=getattr(torch, precision)).eval()
    mask = torch.arange(tokens.shape[1]) < lengths[:, None]
    output = model(tokens, attention_mask=mask.long())
    return output.logits if masked_tokens else output.last_hidden_state


def _plan(_: list[Record]) -> list[Settings]:
    return [{"model": name, "seed": 0} | CONFIG for name in ("shipped", "minilm")]


def _summarise(records: list[Record]) -> Figures:
    return {record.settings["model"]: record.figures for record in records}


EXPERIMENT = Experiment(
    name="checkpoint-agreement",
    description="L15: our BERT against transformers on the same folders; a real encoder on sentences",
    plan=_plan,
    run_job=compare_with_transformers,
    config=CONFIG,
    summarise=_summarise,
)
