"""Random letters to copy or to reverse: the task on which L01 measures distance, order and length."""

from collections.abc import Callable
from functools import cache

from seq2bert.data.keyed import TokenPair, copy_sequences, reverse_sequences
from seq2bert.experiments.sequence_task import IdPair, SequenceTask

__all__ = ["MAKERS", "letters_of_length", "letters_task"]

MAKERS: dict[str, Callable[..., list[TokenPair]]] = {"copy": copy_sequences, "reverse": reverse_sequences}

UNSEEN = 5  # from this length on there are 26**5 sequences and more: chance repeats hardly any of training
N_TRAIN, N_VALID, N_TEST = 20_000, 400, 400


@cache
def letters_task(kind: str, *, max_length: int) -> SequenceTask:
    """Build the task of copying or reversing random letters.

    Parameters
    ----------
    kind : str
        One of `MAKERS`.
    max_length : int
        Training has all lengths from 2 to this one, equally often. Validation and test start at 5:
        shorter sequences would mostly be ones that training has shown.

    Raises
    ------
    ValueError
        If the kind is unknown, or ``max_length`` is below 5.
    """
    make = _maker(kind)
    return SequenceTask.from_tokens(
        make(N_TRAIN, min_length=2, max_length=max_length, seed=1),
        make(N_VALID, min_length=UNSEEN, max_length=max_length, seed=2),
        make(N_TEST, min_length=UNSEEN, max_length=max_length, seed=3),
    )


def letters_of_length(task: SequenceTask, kind: str, length: int, *, n: int) -> list[IdPair]:
    """Draw test pairs of one length, longer than any in training if need be.

    Raises
    ------
    ValueError
        If the kind is unknown, or ``n`` or ``length`` is below 1.
    """
    pairs = _maker(kind)(n, min_length=length, max_length=length, seed=1000 + length)
    return [(task.source_vocabulary.encode(s), task.target_vocabulary.encode(t)) for s, t in pairs]


def _maker(kind: str) -> Callable[..., list[TokenPair]]:
    if kind not in MAKERS:
        raise ValueError(f"kind must be one of {', '.join(MAKERS)}; got {kind!r}")
    return MAKERS[kind]
