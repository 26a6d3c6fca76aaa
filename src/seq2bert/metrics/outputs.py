"""How good an output is, by comparing it token by token.

Strings count as sequences of characters. An empty input is an error everywhere: the mean of nothing is
not a score.
"""

from collections.abc import Sequence

from jaxtyping import Float, Int
from torch import Tensor


def exact_match(predictions: Sequence[Sequence], references: Sequence[Sequence]) -> float:
    """Share of predictions that equal their reference from beginning to end.

    Parameters
    ----------
    predictions, references : sequence of strings or of token lists
        As many of one as of the other, at least one. A tuple counts as the list of its tokens.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If there is nothing to compare, or the numbers differ.
    TypeError
        If a string is compared with tokens: the two are never equal.
    """
    check_pairs(predictions, references)
    matches = 0
    for prediction, reference in zip(predictions, references, strict=True):
        if isinstance(prediction, str) != isinstance(reference, str):
            raise TypeError(
                "predictions and references must both hold strings or both hold tokens; "
                f"got {type(prediction).__name__} and {type(reference).__name__}"
            )
        matches += list(prediction) == list(reference)
    return matches / len(references)


def edit_distance(a: Sequence, b: Sequence) -> int:
    """Smallest number of insertions, deletions and substitutions that turn ``a`` into ``b``.

    Parameters
    ----------
    a, b : sequence
        Strings or token lists; either may be empty.

    Returns
    -------
    int
        From 0 (equal) to the length of the longer one.

    References
    ----------
    Wagner and Fischer (1974), The string-to-string correction problem, algorithm X, all costs 1.
    """
    row = list(range(len(b) + 1))  # row[j]: distance from the part of `a` read so far to b[:j]
    for i, token in enumerate(a, start=1):
        above, row = row, [i]
        for j, other in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (token != other)))
    return row[-1]


def mean_edit_distance(predictions: Sequence[Sequence], references: Sequence[Sequence]) -> float:
    """Mean of :func:`edit_distance` over pairs; it tells a near miss from a wrong answer.

    Parameters and errors are those of :func:`exact_match`.

    Returns
    -------
    float
        Edits a pair, 0 or more.
    """
    check_pairs(predictions, references)
    return sum(map(edit_distance, predictions, references)) / len(references)


def token_accuracy(
    logits: Float[Tensor, "batch target vocab"], targets: Int[Tensor, "batch target"], *, pad_id: int
) -> float:
    """Share of target tokens that got the highest logit; padding does not count.

    Under teacher forcing each token is predicted from the *right* earlier ones, so this is higher
    than what decoding alone would reach.

    Parameters
    ----------
    logits, targets : Tensor
        Shapes in the signature.
    pad_id : int
        The target id to leave out.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If the shapes disagree, or every target is padding.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            "logits (batch, target, vocab) and targets (batch, target) need the same first two axes; "
            f"got {tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    counts = targets != pad_id
    if not counts.any():
        raise ValueError(f"targets must hold at least one token that is not padding; got {tuple(targets.shape)}")
    return (logits.argmax(dim=-1) == targets)[counts].float().mean().item()


def check_pairs(predictions: Sequence, references: Sequence) -> None:
    """Check that there are as many predictions as references, and at least one.

    Raises
    ------
    ValueError
        If not.
    """
    if len(predictions) == 0 or len(predictions) != len(references):
        raise ValueError(
            "predictions and references must be equally many and at least one; "
            f"got {len(predictions)} and {len(references)}"
        )
