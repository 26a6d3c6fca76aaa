"""The figure of masked words: hide pieces of a sentence and see what a BERT expects there."""

from collections.abc import Sequence
from typing import Any

import torch

from seq2bert.bert import BertForMaskedTokens
from seq2bert.figures.answers import expect_words
from seq2bert.figures.figure import LiveFigure
from seq2bert.figures.pictures import bars, beside
from seq2bert.figures.weights import prepare_bert
from seq2bert.tokenization import WordPiece

__all__ = ["words_figure"]

_BEST = 8
_SENTENCES = (
    "The function returns a new array with the same shape.",
    "If the file does not exist, an error is raised.",
    "The default value of this parameter is none.",
)


def words_figure(
    model: BertForMaskedTokens,
    tokenizer: WordPiece,
    *,
    text: str = _SENTENCES[0],
    hidden: Sequence[int] = (3,),
    examples: Sequence[str] = _SENTENCES,
    label: str = "A sentence",
    bits: int = 16,
) -> LiveFigure:
    """Hide pieces of a sentence and show what the model expects there.

    Parameters
    ----------
    model : BertForMaskedTokens
    tokenizer : WordPiece
    text : str
        The first sentence; [MASK] may stand in it.
    hidden : sequence of int
        Pieces that are hidden first, counted with [CLS] as 0.
    examples, label
        As for `attention_figure`.
    bits : int
        16, or 4: a quarter of the size, and a model that is not quite the same.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If nothing is hidden at first, or ``bits`` is neither of the two.
    """
    model, data = prepare_bert(model, tokenizer, bits)

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        return expect_words(model, tokenizer, text=given["text"], hidden=given.get("hidden", ()))

    first = answer({"text": text, "hidden": hidden})
    if not first["places"]:
        raise ValueError(f"hidden must name a piece of the text; got {list(hidden)} and {len(first['tokens'])} pieces")
    weights, order = torch.tensor(first["logits"][-1]).softmax(-1).sort(descending=True)
    names = [tokenizer.vocabulary.pieces[int(index)] for index in order[:_BEST]]
    said = ", ".join(f"{name} {100 * weight:.0f} %" for name, weight in zip(names, weights[:3].tolist(), strict=False))
    alt = f"Bars: what is expected at the hidden piece of “{' '.join(first['tokens'])}”: {said}."
    return LiveFigure(
        view="words",
        title="Masked words, predicted by BERT",
        look_for="Hide one piece, then its neighbours too: how fast does the prediction turn into a guess? Compare "
        "words that grammar decides with words that only the meaning does.",
        alt=alt,
        first={"text": text, "hidden": list(hidden)},
        options={"label": label, "examples": list(examples)},
        models={"model": data},
        still=beside([bars(names, weights[:_BEST].tolist())], alt=alt),
        answer=answer,
    )
