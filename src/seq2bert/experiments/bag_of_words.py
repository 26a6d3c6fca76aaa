"""The baseline of every text classifier: which words there are, weighted by how rare they are, and a linear map.

Order is lost. Leaves out pairs of words and stemming.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

__all__ = ["BagOfWords", "fit_logistic_regression", "inverse_frequencies", "words_of"]


def words_of(sentence: str) -> list[str]:
    """Return the words of a sentence, in small letters and without punctuation."""
    return re.findall(r"[a-z]+|[0-9]+", sentence.lower())


def inverse_frequencies(sentences: Iterable[str]) -> dict[str, float]:
    """Return ln(number of sentences / number of those with the word) for each word.

    Parameters
    ----------
    sentences : iterable of str
        They need no labels.

    References
    ----------
    Spärck Jones (1972), A statistical interpretation of term specificity and its application in retrieval.
    """
    counts: Counter[str] = Counter()
    number = 0
    for sentence in sentences:
        counts.update(set(words_of(sentence)))
        number += 1
    return {word: math.log(number / count) for word, count in counts.items()}


class BagOfWords:
    """Logistic regression on weighted counts of words, each sentence scaled to length 1.

    Parameters
    ----------
    sentences : sequence of str
        To learn from.
    labels : sequence of int
        Their classes, counted from 0.
    weights : dict
        A weight for each word, as from `inverse_frequencies`; a word that has none counts as absent.
    n_classes : int
    penalty : float
        See `fit_logistic_regression`.

    Raises
    ------
    ValueError
        If sentences and labels differ in number, no sentence has a word with a weight, or the regression
        cannot be fitted.
    """

    def __init__(
        self,
        sentences: Sequence[str],
        labels: Sequence[int],
        *,
        weights: dict[str, float],
        n_classes: int,
        penalty: float,
    ) -> None:
        if len(sentences) != len(labels):
            raise ValueError(f"sentences and labels must be as many; got {len(sentences)} and {len(labels)}")
        known = sorted({word for sentence in sentences for word in words_of(sentence) if word in weights})
        if not known:
            raise ValueError(f"sentences must hold a word that has a weight; got {len(sentences)} without")
        self._places = {word: place for place, word in enumerate(known)}
        self._weights = weights
        self._matrix, self._bias = fit_logistic_regression(
            self.features(sentences), np.asarray(labels), n_classes=n_classes, penalty=penalty
        )

    def features(self, sentences: Sequence[str]) -> csr_matrix:
        """Return one row of length 1 for each sentence, of zeros if it has no word that was learned from."""
        rows, columns, values = [], [], []
        for row, sentence in enumerate(sentences):
            counts = Counter(word for word in words_of(sentence) if word in self._places)
            entries = {word: count * self._weights[word] for word, count in counts.items()}
            length = math.sqrt(sum(value * value for value in entries.values()))
            for word, value in entries.items():
                rows.append(row)
                columns.append(self._places[word])
                values.append(value / length if length > 0 else 0.0)
        return csr_matrix((values, (rows, columns)), shape=(len(sentences), len(self._places)))

    def predict(self, sentences: Sequence[str]) -> Int[ndarray, " sentence"]:
        """Return the likeliest class of each sentence."""
        return (self.features(sentences) @ self._matrix + self._bias).argmax(axis=1)


def fit_logistic_regression(
    features: csr_matrix | Float[ndarray, "sentence feature"],
    labels: Int[ndarray, " sentence"],
    *,
    n_classes: int,
    penalty: float,
) -> tuple[Float[ndarray, "feature label"], Float[ndarray, " label"]]:
    """Minimise the mean cross-entropy plus penalty / 2 times the sum of squared weights.

    Parameters
    ----------
    features, labels
        What is known of each sentence, and its class.
    n_classes : int
    penalty : float
        Above 0, so that there is one best answer. The bias is free.

    Returns
    -------
    matrix, bias : float64 arrays, shapes (feature, label) and (label,)

    Raises
    ------
    ValueError
        If ``penalty`` is not positive, or a label is none of the classes.
    RuntimeError
        If the minimum was not found.
    """
    if not penalty > 0:
        raise ValueError(f"penalty must be positive; got {penalty}")
    if not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"labels must lie between 0 and {n_classes - 1}; got {labels.min()} to {labels.max()}")
    n_sentences, n_features = features.shape
    wanted = np.eye(n_classes)[labels]  # (sentence, label)

    def loss_and_gradient(flat: ndarray) -> tuple[float, ndarray]:
        matrix, bias = np.split(flat.reshape(n_features + 1, n_classes), [n_features])
        scores = features @ matrix + bias
        scores -= scores.max(axis=1, keepdims=True)
        log_shares = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        loss = -(wanted * log_shares).sum() / n_sentences + penalty / 2 * (matrix**2).sum()
        error = (np.exp(log_shares) - wanted) / n_sentences
        return loss, np.concatenate([features.T @ error + penalty * matrix, error.sum(axis=0)[None]]).ravel()

    start = np.zeros((n_features + 1) * n_classes)
    found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "gtol": 1e-5})
    if not found.success:
        raise RuntimeError(f"the regression was not fitted after {found.nit} rounds: {found.message}")
    matrix, bias = np.split(found.x.reshape(n_features + 1, n_classes), [n_features])
    return matrix, bias[0]
