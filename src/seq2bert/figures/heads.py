"""The explorer of heads, of an encoder–decoder and of BERT."""

from collections.abc import Sequence
from typing import Any

from seq2bert.bert import BertForMaskedTokens
from seq2bert.figures.answers import answer_transformer, bert_maps
from seq2bert.figures.figure import LiveFigure
from seq2bert.figures.pictures import beside, heat_map
from seq2bert.figures.weights import describe_reader, prepare_bert
from seq2bert.tokenization import WordPiece
from seq2bert.transformer import TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary

__all__ = ["bert_heads_figure", "heads_figure"]

_LOOK_FOR = (
    "Choose a head, then a token. Which heads look at a neighbour, which at one kind of token, and which rest on "
    "something that seems to mean nothing?"
)
_DATES = ("5 de mayo de 2021", "Saturday, November 28, 1987", "28. listopadu 2043")
_SENTENCES = (
    "The function returns a new array with the same shape.",
    "If the file does not exist, an error is raised.",
)


def heads_figure(
    model: TransformerSeq2Seq,
    *,
    source: Vocabulary,
    target: Vocabulary,
    text: str = _DATES[0],
    examples: Sequence[str] = _DATES,
    label: str = "A date, as people write it",
    max_length: int = 11,
    kind: str = "cross",
    layer: int = -1,
    head: int = 0,
) -> LiveFigure:
    """Show every head of an encoder–decoder, and where each token looks.

    Parameters
    ----------
    model : TransformerSeq2Seq
    source, target : Vocabulary
        Of single characters.
    text, examples, label, max_length
        As for `attention_figure`.
    kind : str
        Which attention is shown first: "encoder", "decoder" or "cross".
    layer, head : int
        Which head is shown first.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If the model has a part that the script does not know.
    """
    names: dict[str, Any] = {"source": source, "target": target, "max_length": max_length}
    data = describe_reader(model, **names)
    model = model.eval()

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        return answer_transformer(model, text=given["text"], **names)

    first = answer({"text": text})
    written = ["start" if token == "<start>" else token for token in first["inputs"]]
    rows = {"encoder": list(text), "decoder": written, "cross": ["·" if t == "<end>" else t for t in first["tokens"]]}
    maps = first["maps"][kind]
    layer %= len(maps)
    columns = written if kind == "decoder" else list(text)
    alt = (
        f"Heat map of head {head + 1} of layer {layer + 1}: the answer {first['text']} and where it looks in “{text}”."
    )
    return LiveFigure(
        view="heads",
        title="Every head of a Transformer that reads dates",
        look_for=_LOOK_FOR,
        alt=alt,
        first={"text": text, "kind": kind, "layer": layer, "head": head, "query": 0},
        options={"label": label, "examples": list(examples), "longest": 40},
        models={"model": data},
        still=beside([heat_map(maps[layer][head], rows=rows[kind], columns=columns)], alt=alt),
        answer=answer,
    )


def bert_heads_figure(
    model: BertForMaskedTokens,
    tokenizer: WordPiece,
    *,
    text: str = _SENTENCES[0],
    examples: Sequence[str] = _SENTENCES,
    label: str = "A sentence",
    layer: int = 0,
    head: int = 0,
    bits: int = 16,
) -> LiveFigure:
    """Show every head of a BERT, and where each piece looks.

    Parameters
    ----------
    model : BertForMaskedTokens
    tokenizer : WordPiece
    text, examples, label
        As for `attention_figure`.
    layer, head : int
        Which head is shown first.
    bits : int
        16, or 4: a quarter of the size, and a model that is not quite the same.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If ``bits`` is neither.
    """
    model, data = prepare_bert(model, tokenizer, bits)

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        return bert_maps(model, tokenizer, text=given["text"])

    first = answer({"text": text})
    tokens = first["tokens"]
    alt = f"Heat map of head {head + 1} of layer {layer + 1} for the pieces {' '.join(tokens)}."
    weights = first["maps"]["encoder"][layer][head]
    return LiveFigure(
        view="heads",
        title="Every head of a BERT",
        look_for=_LOOK_FOR,
        alt=alt,
        first={"text": text, "kind": "encoder", "layer": layer, "head": head, "query": 1},
        options={"label": label, "examples": list(examples), "longest": 200},
        models={"model": data},
        still=beside([heat_map(weights, rows=tokens, columns=tokens, words=True)], alt=alt),
        answer=answer,
    )
