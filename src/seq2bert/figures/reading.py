"""Figures of recurrent readers of dates: one with its attention to change, and several side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from seq2bert.figures.answers import answer_reader
from seq2bert.figures.figure import LiveFigure
from seq2bert.figures.pictures import beside, heat_map
from seq2bert.figures.weights import describe_reader
from seq2bert.recurrent import Seq2Seq
from seq2bert.vocabulary import Vocabulary

__all__ = ["attention_figure", "score_figure"]

_LONGEST_ANSWER = 11  # YYYY-MM-DD and the end
_EXAMPLES = ("5 de mayo de 2021", "Saturday, November 28, 1987", "28. listopadu 2043", "3 гру 1999")
_DISPUTED = ("2008 giugno 7", "21 října, 2009", "Saturday, November 28, 1987", "30.04.23")  # not all readers agree
_FORMULAS = {
    "dot": "q · k",
    "scaled-dot": "q · k / √d",
    "general": "qᵀ W k",
    "concat": "v · tanh(W [q; k])",
    "additive": "v · tanh(W q + U k)",
    "cosine": "β cos(q, k)",
    "location": "W q, one entry a place",
}


def attention_figure(
    model: Seq2Seq,
    *,
    source: Vocabulary,
    target: Vocabulary,
    text: str = _EXAMPLES[0],
    examples: Sequence[str] = _EXAMPLES,
    label: str = "A date, as people write it",
    max_length: int = _LONGEST_ANSWER,
) -> LiveFigure:
    """Type a source, see the attention; force a row of it or take it away, and see what changes.

    Parameters
    ----------
    model : Seq2Seq
        With attention to the whole source; one recurrent layer.
    source, target : Vocabulary
        Of single characters.
    text : str
        The first source.
    examples : sequence of str
        Others to choose from.
    label : str
        What is to be typed.
    max_length : int
        Steps after which an answer is cut, end token included.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If the model has a part that the script does not know, or no attention.

    Examples
    --------
    ``attention_figure(model, source=task.source_vocabulary, target=task.target_vocabulary)``
    """
    data = describe_reader(model, source=source, target=target, max_length=max_length)
    if data.settings.get("score") is None:
        raise ValueError("attention_figure needs a recurrent model with attention; this one has none to show")
    names: dict[str, Any] = {"source": source, "target": target, "max_length": max_length}
    model = model.eval()

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        forced = {int(step): value for step, value in given.get("forced", {}).items()}
        return answer_reader(model, text=given["text"], forced=forced, **names)

    first = answer({"text": text})
    alt = f"Heat map: a row for each character of the answer {first['text']}, a column for each of “{text}”."
    return LiveFigure(
        view="dates",
        title="A reader of dates and its attention",
        look_for="Type a date and see the heat map form. Then force a row to look elsewhere, or nowhere: which "
        "characters of the answer change, and which stay?",
        alt=alt,
        first={"text": text},
        options={"label": label, "examples": list(examples)},
        models={"reader": data},
        still=beside([heat_map(first["weights"], rows=_rows(first), columns=list(text))], alt=alt),
        answer=answer,
    )


def score_figure(
    models: Mapping[str, Seq2Seq],
    *,
    source: Vocabulary,
    target: Vocabulary,
    text: str = _DISPUTED[0],
    examples: Sequence[str] = _DISPUTED,
    label: str = "A date, as people write it",
    max_length: int = _LONGEST_ANSWER,
) -> LiveFigure:
    """Read the same source with several models and show their weights side by side.

    Parameters
    ----------
    models : mapping of str to Seq2Seq
        By name; those named like a score function get its formula.
    source, target, text, examples, label, max_length
        As for `attention_figure`.

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If a model has a part that the script does not know.
    """
    names: dict[str, Any] = {"source": source, "target": target, "max_length": max_length}
    data = {name: describe_reader(model, **names) for name, model in models.items()}

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        return {name: answer_reader(model.eval(), text=given["text"], **names) for name, model in models.items()}

    first = answer({"text": text})
    parts = [
        heat_map(one["weights"], rows=_rows(one), columns=list(text), title=f"{name}: {one['text']}", cell=12)
        for name, one in first.items()
    ]
    alt = f"Heat maps of {len(models)} readers of “{text}”: {', '.join(first)}. " + " ".join(
        f"{name} reads {one['text']}." for name, one in first.items()
    )
    return LiveFigure(
        view="zoo",
        title="The same date, every score function",
        look_for="Type a date. Rows sum to one in every map, and most answers agree: which maps are sharp, which are "
        "blurred, and which depends only on where something is written, not on what?",
        alt=alt,
        first={"text": text},
        options={"label": label, "examples": list(examples), "formulas": _FORMULAS},
        models=data,
        still=beside(parts, alt=alt, columns=2),
        answer=answer,
    )


def _rows(answer: dict[str, Any]) -> list[str]:
    return ["·" if token == "<end>" else token for token in answer["tokens"]]
