"""BLEU by sacrebleu: how many runs of words an output shares with its reference.

Leaves out several references, chrF and sentence-level scores.
"""

from collections.abc import Sequence

from sacrebleu.metrics import BLEU

from .outputs import check_pairs


def bleu(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """BLEU of a corpus, each output with one reference.

    The tokens count as they are: sacrebleu is told not to split them again (``tokenize="none"``), so
    the score can be compared with others on the same tokens only. Say so with
    :func:`bleu_signature`. Everything else is sacrebleu's default: runs of 1 to 4 tokens with equal
    weights, a penalty for outputs that are too short, case matters, and where no run of a length
    is right, a smoothed count instead of a score of 0.

    Parameters
    ----------
    predictions, references : sequence of token lists
        As many of one as of the other, at least one. A prediction may be empty. Tokens have no spaces.

    Returns
    -------
    float
        From 0 to 100. It counts runs in the whole corpus, so it is not the mean of the scores of the
        sentences; and it is 0 where no output has four tokens.

    Raises
    ------
    TypeError
        If a sentence is a string instead of a list of tokens.
    ValueError
        If there is nothing to compare, the numbers differ, or a token is empty or has a space in it.

    References
    ----------
    Papineni et al. (2002), BLEU: a method for automatic evaluation of machine translation, section 2.
    Post (2018), A call for clarity in reporting BLEU scores, arXiv:1804.08771.
    """
    check_pairs(predictions, references)
    rows = [[_joined(sentence) for sentence in sentences] for sentences in (predictions, references)]
    return _metric().corpus_score(rows[0], [rows[1]]).score


def bleu_signature() -> str:
    """Sacrebleu's own description of :func:`bleu`, with its version, to print beside the score.

    Returns
    -------
    str
        Fields ``name:value`` with bars between them: ``tok:none`` is the tokenisation.
    """
    metric = _metric()
    metric.corpus_score(["a"], [["a"]])  # sacrebleu knows the number of references only after a score
    return str(metric.get_signature())


def _metric() -> BLEU:
    return BLEU(tokenize="none", force=True)  # force: no warning that the text looks tokenised; it is


def _joined(sentence: Sequence[str]) -> str:
    if isinstance(sentence, str):
        raise TypeError(f"sentences must be lists of tokens, not strings; got {sentence!r}")
    for token in sentence:
        if token.split() != [token]:
            raise ValueError(f"tokens must be neither empty nor hold a space; got {token!r}")
    return " ".join(sentence)
