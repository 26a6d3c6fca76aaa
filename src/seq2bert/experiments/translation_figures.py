"""What a translation model is measured by: its outputs, and how its attention agrees with a word alignment.

For recurrent models and the Transformer alike. Leaves out the loss, which belongs to the task.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from seq2bert.data.pocket import PocketPair
from seq2bert.experiments.record import Figures
from seq2bert.experiments.sequence_task import SequenceTask, evaluating
from seq2bert.metrics import alignment_error_rate, attention_links, bleu, corpus_links, exact_match
from seq2bert.recurrent import Seq2Seq
from seq2bert.transformer import TransformerSeq2Seq

__all__ = ["LATER", "alignment_errors", "source_maps", "translation_figures"]

LATER = ", one step later"  # behind a map's label: read at the step after the one that writes the word


def translation_figures(
    model: Seq2Seq | TransformerSeq2Seq, task: SequenceTask, pairs: Sequence[tuple[list[int], list[int]]]
) -> Figures:
    """Translate greedily; return exact match and BLEU, and both by thirds of the sources' lengths.

    Returns
    -------
    dict
        ``exact_match``, ``bleu``, and ``by_length``: for the shortest, middle and longest third of the pairs
        their largest number of source tokens and their share of exact matches.
    """
    decoded = task.decode(model, [source for source, _ in pairs]).ids
    targets = [target for _, target in pairs]
    words = task.target_vocabulary.decode
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]))
    thirds = [list(third) for third in np.array_split(order, 3)]
    return {
        "exact_match": exact_match(decoded, targets),
        "bleu": bleu([words(ids) for ids in decoded], [words(ids) for ids in targets]),
        "by_length": [
            [len(pairs[third[-1]][0]), exact_match([decoded[i] for i in third], [targets[i] for i in third])]
            for third in thirds
        ],
    }


def alignment_errors(
    model: Seq2Seq | TransformerSeq2Seq, task: SequenceTask, pairs: Sequence[PocketPair]
) -> dict[str, float]:
    """Measure how far the largest attention weight of each step is from the gold word alignment.

    The model reads the true target. A word's weights may be those of the step that writes it, or those of
    the next step, which reads it.

    Returns
    -------
    dict of str to float
        Alignment error rates of the maps of `source_maps`, by their labels; with `LATER` behind the label
        those of the next step.

    References
    ----------
    Chen et al. (2020), arXiv:2004.14837, section 3: a Transformer's attention fits better at the next step.
    """
    links: dict[str, list[frozenset[tuple[int, int]]]] = {}
    for start in range(0, len(pairs), 200):
        some = pairs[start : start + 200]
        lengths = {"source_lengths": [len(p.english) for p in some], "target_lengths": [len(p.french) for p in some]}
        for label, weights in source_maps(model, task, some).items():
            links.setdefault(label, []).extend(attention_links(weights, **lengths))
            links.setdefault(label + LATER, []).extend(attention_links(weights[:, 1:], **lengths))
    sure, possible = (corpus_links([getattr(pair, name) for pair in pairs]) for name in ("sure", "possible"))
    return {label: alignment_error_rate(corpus_links(found), sure, possible) for label, found in links.items()}


def source_maps(
    model: Seq2Seq | TransformerSeq2Seq, task: SequenceTask, pairs: Sequence[PocketPair]
) -> dict[str, Tensor]:
    """Return a model's attention to the sources while it reads the true targets.

    Returns
    -------
    dict of str to Tensor
        Weights of shape (batch, target, source): "layer 1" is the only attention of a recurrent model, or
        the mean of the heads of a Transformer's first layer; "layer 1, head 1" is one of these heads.
    """
    batch = task.collate(
        [(task.source_vocabulary.encode(p.english), task.target_vocabulary.encode(p.french)) for p in pairs]
    )
    inputs = (batch.source, batch.source_lengths, batch.target_inputs)
    with evaluating(model):
        if isinstance(model, Seq2Seq):
            return {"layer 1": model(*inputs).weights}
        cross = model.forward_with_weights(*inputs).cross  # (batch, layer, head, target, source)
    n_layers, n_heads = cross.shape[1:3]
    maps = {f"layer {i + 1}": cross[:, i].mean(dim=1) for i in range(n_layers)}
    return maps | {f"layer {i + 1}, head {j + 1}": cross[:, i, j] for i in range(n_layers) for j in range(n_heads)}
