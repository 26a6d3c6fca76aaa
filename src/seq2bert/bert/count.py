"""How many parameters a BERT has, by formula: no model is built."""

from seq2bert.bert.config import BertConfig


def parameter_count(
    config: BertConfig,
    *,
    pooler: bool = True,
    masked_tokens: bool = False,
    next_sentence: bool = False,
    n_outputs: int = 0,
) -> int:
    """Return the number of weights and biases of an encoder with some heads.

    Parameters
    ----------
    config : BertConfig
    pooler : bool
        The dense layer over [CLS]; the paper's 110M and 340M count it.
    masked_tokens : bool
        The head that predicts masked tokens. Its output matrix is that of the token embeddings and counts once.
    next_sentence : bool
        The head that predicts whether the second sentence follows the first.
    n_outputs : int
        Outputs of a linear classifier: classes, tags, or 2 for spans; 0 for none.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If ``n_outputs`` is negative.

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3. With ``masked_tokens`` and ``next_sentence`` these are
    the 4.4, 11.3, 29.1, 41.7 and 110.1 million of Turc et al. (2019)'s release.
    """
    if n_outputs < 0:
        raise ValueError(f"n_outputs must not be negative; got {n_outputs}")
    width, norm = config.d_model, 2 * config.d_model
    square = _linear(width, width)
    embeddings = (config.n_tokens + config.max_length + config.n_segments) * width + norm
    attention = 4 * square + norm  # query, key, value, output
    feed_forward = _linear(width, config.d_ff) + _linear(config.d_ff, width) + norm
    return (
        embeddings
        + config.n_layers * (attention + feed_forward)
        + pooler * square
        + masked_tokens * (square + norm + config.n_tokens)
        + next_sentence * _linear(width, 2)
        + _linear(width, n_outputs)
    )


def _linear(d_in: int, d_out: int) -> int:
    return (d_in + 1) * d_out
