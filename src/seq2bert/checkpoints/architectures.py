"""The models of this package, and the classes of `transformers` that compute the same."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from seq2bert.bert import (
    Bert,
    BertConfig,
    BertForClassification,
    BertForMaskedTokens,
    BertForPretraining,
    BertForSpans,
    BertForTagging,
    MeanPooler,
)

_ARCHITECTURES: dict[type[nn.Module], str] = {
    Bert: "BertModel",
    BertForMaskedTokens: "BertForMaskedLM",
    BertForPretraining: "BertForPreTraining",
    BertForClassification: "BertForSequenceClassification",
    BertForTagging: "BertForTokenClassification",
    BertForSpans: "BertForQuestionAnswering",
}


def architecture(model: nn.Module) -> str:
    """Return the class of `transformers` that computes what this model computes.

    A classifier of the mean of all tokens has none; there it is the class of its encoder.

    Raises
    ------
    TypeError
        If the model is no BERT of this package.
    """
    if type(model) not in _ARCHITECTURES:
        raise TypeError(f"model must be a BERT of this package; got {type(model).__name__}")
    if isinstance(model, BertForClassification) and isinstance(model.pooler, MeanPooler):
        return _ARCHITECTURES[Bert]
    return _ARCHITECTURES[type(model)]


def output_name(model: nn.Module) -> str:
    """Return what published checkpoints call the head of this model's task."""
    return "qa_outputs" if isinstance(model, BertForSpans) else "classifier"


def label_entries(n: int) -> dict[str, Any]:
    """Return the entries of ``config.json`` that say how many classes or tags there are."""
    names = [f"LABEL_{number}" for number in range(n)]
    return {
        "id2label": {str(number): name for number, name in enumerate(names)},
        "label2id": {name: number for number, name in enumerate(names)},
    }


def builder(content: Mapping[str, Any]) -> Callable[[BertConfig], nn.Module]:
    """Return what builds the model that a ``config.json`` names under ``architectures``.

    Raises
    ------
    ValueError
        If it names none of this package's, or says of the labels something else than their names.
    """
    named = content.get("architectures")
    name = named[0] if isinstance(named, list) and len(named) == 1 else None
    labels = content.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}  # where nothing is said, as in transformers
    if not isinstance(labels, Mapping):
        raise ValueError(f"id2label must be an object, with a name for each number of a class or tag; got {labels!r}")
    n = len(labels)
    makers: dict[str, Callable[[BertConfig], nn.Module]] = {
        "BertModel": Bert,
        "BertForMaskedLM": BertForMaskedTokens,
        "BertForPreTraining": BertForPretraining,
        "BertForSequenceClassification": lambda config: BertForClassification(config, n_classes=n),
        "BertForTokenClassification": lambda config: BertForTagging(config, n_tags=n),
        "BertForQuestionAnswering": BertForSpans,
    }
    if not isinstance(name, str) or name not in makers:
        raise ValueError(
            f"architectures must name one of {', '.join(makers)}; got {named!r}: say what to build, as in build=Bert"
        )
    return makers[name]
