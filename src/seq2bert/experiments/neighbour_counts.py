"""What counting gets: guess a hidden token from its neighbours alone. The baselines of masked-token prediction.

The neighbours are the true ones, also where the model's own are hidden: the baselines are told more.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

BASELINES = ("unigram", "bigram", "two-sided trigram")


@dataclass(frozen=True)
class NeighbourCounts:
    """The most frequent token of the training text, after a token, and between two tokens.

    Attributes
    ----------
    n_tokens : int
        Size of the vocabulary.
    anywhere : int
    after : int64 array, shape (vocab,)
        Where a token was never followed by another, ``anywhere``.
    pairs : int64 array, shape (pairs,)
        Left and right neighbour, as left × vocab + right, sorted.
    between : int64 array, shape (pairs,)
    """

    n_tokens: int
    anywhere: int
    after: np.ndarray
    pairs: np.ndarray
    between: np.ndarray

    def guess(
        self, windows: Int[Tensor, "batch time"], chosen: Bool[Tensor, "batch time"]
    ) -> dict[str, Int[Tensor, " chosen"]]:
        """Return what each baseline would write at the chosen places.

        Parameters
        ----------
        windows : int64 Tensor
            With nothing hidden; the first and the last token of a row are never chosen.
        chosen : bool Tensor, shape (batch, time)

        Returns
        -------
        dict
            Names of `BASELINES` to guesses, in the order of ``windows[chosen]``. A pair of neighbours
            that was never seen is answered by the left one alone.

        Raises
        ------
        ValueError
            If the first or the last token of a row is chosen: it has one neighbour.
        """
        if bool(chosen[:, [0, -1]].any()):
            raise ValueError("chosen must leave out the first and the last token of every row; got one of them")
        row, place = (axis.numpy() for axis in chosen.nonzero(as_tuple=True))
        ids = windows.numpy()
        left, right = ids[row, place - 1], ids[row, place + 1]
        bigram = self.after[left]
        wanted = left * self.n_tokens + right
        at = np.minimum(np.searchsorted(self.pairs, wanted), len(self.pairs) - 1)
        trigram = np.where(self.pairs[at] == wanted, self.between[at], bigram)
        guesses = (np.full_like(left, self.anywhere), bigram, trigram)
        return {name: torch.from_numpy(guess) for name, guess in zip(BASELINES, guesses, strict=True)}


def count_neighbours(ids: np.ndarray, n_tokens: int) -> NeighbourCounts:
    """Count a training text; among equally frequent tokens the smallest id wins.

    Parameters
    ----------
    ids : int64 array, shape (tokens,)
        At least three.
    n_tokens : int

    Returns
    -------
    NeighbourCounts

    Raises
    ------
    ValueError
        If there are fewer than three tokens.
    """
    if len(ids) < 3:
        raise ValueError(f"ids must hold at least three tokens; got {len(ids)}")
    anywhere = int(np.bincount(ids, minlength=n_tokens).argmax())
    keys, best = _most_frequent(ids[:-1], ids[1:], n_tokens)
    after = np.full(n_tokens, anywhere, dtype=np.int64)
    after[keys] = best
    pairs, between = _most_frequent(ids[:-2] * n_tokens + ids[2:], ids[1:-1], n_tokens)
    return NeighbourCounts(n_tokens, anywhere, after, pairs, between)


def _most_frequent(contexts: np.ndarray, tokens: np.ndarray, n_tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the contexts, sorted, and the token that is most frequent in each."""
    events, counts = np.unique(contexts * n_tokens + tokens, return_counts=True)
    context, token = np.divmod(events, n_tokens)
    order = np.lexsort((token, -counts, context))  # by context, then most frequent, then smallest id
    keys, first = np.unique(context[order], return_index=True)
    return keys, token[order][first]
