"""The sizes and choices of a BERT, and the published ones by name."""

from dataclasses import dataclass, replace

from seq2bert.transformer import ACTIVATION_NAMES, TransformerConfig


@dataclass(frozen=True)
class BertConfig:
    """An encoder with its vocabulary. The defaults are BERT-Base, uncased.

    Attributes
    ----------
    n_tokens : int
        Size of the vocabulary.
    d_model : int
        Width of embeddings and layers; H in the paper.
    n_heads : int
        Heads of every attention, a divisor of ``d_model``; A in the paper.
    d_ff : int
        Inner width of the feed-forward networks; 4H in the paper.
    n_layers : int
        L in the paper.
    max_length : int
        Number of learned positions, so the longest input in tokens.
    n_segments : int
        Kinds of segment: first and second sentence.
    dropout : float
        Of embeddings and of what each sub-layer writes.
    attention_dropout : float
        Of attention weights.
    head_dropout : float, optional
        Of what a classifier reads; left out, ``dropout``.
    activation : str
        "gelu", with the exact Gaussian distribution function, or "relu".
    norm_epsilon : float
        Added to the variance in layer normalisation.
    pad_id : int
        Id of the padding token, whose embedding gets no gradient from where padding stands.
    initial_deviation : float
        Of the normal distribution that weights are drawn from, cut at two deviations.

    Raises
    ------
    ValueError
        If a number is out of range, or the activation unknown.

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, sections 3 and A.2; the numbers that the paper leaves out are
    those of its code (google-research/bert, modeling.py). That code now approximates GELU by a tanh; here it is
    exact, as in the ``transformers`` library.
    """

    n_tokens: int = 30_522
    d_model: int = 768
    n_heads: int = 12
    d_ff: int = 3072
    n_layers: int = 12
    max_length: int = 512
    n_segments: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.1
    head_dropout: float | None = None
    activation: str = "gelu"
    norm_epsilon: float = 1e-12  # of the paper's code
    pad_id: int = 0
    initial_deviation: float = 0.02  # of the paper's code

    def __post_init__(self) -> None:
        for name in ("n_tokens", "d_model", "n_heads", "d_ff", "n_layers", "max_length", "n_segments"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.d_model % self.n_heads:
            raise ValueError(f"n_heads must divide d_model; got {self.n_heads} and {self.d_model}")
        for name in ("dropout", "attention_dropout", "head_dropout"):
            if getattr(self, name) is not None and not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1; got {getattr(self, name)}")
        for name in ("norm_epsilon", "initial_deviation"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if self.activation not in ACTIVATION_NAMES:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATION_NAMES)}; got {self.activation!r}")
        if not 0 <= self.pad_id < self.n_tokens:
            raise ValueError(f"pad_id must lie between 0 and {self.n_tokens - 1}; got {self.pad_id}")

    @property
    def dropout_of_heads(self) -> float:
        """What a classifier's input is dropped with."""
        return self.dropout if self.head_dropout is None else self.head_dropout

    def layer_config(self) -> TransformerConfig:
        """Return the same choices for the Transformer's layers."""
        return TransformerConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            d_ff=self.d_ff,
            n_encoder_layers=self.n_layers,
            n_decoder_layers=0,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            norm="post",
            positions="learned",
            max_length=self.max_length,
            activation=self.activation,
            norm_epsilon=self.norm_epsilon,
        )


def _small(n_layers: int, d_model: int) -> BertConfig:
    return BertConfig(n_layers=n_layers, d_model=d_model, n_heads=d_model // 64, d_ff=4 * d_model)


_BASE = BertConfig()
_LARGE = BertConfig(n_layers=24, d_model=1024, n_heads=16, d_ff=4096)  # Devlin et al. 2019, section 3

SIZES = {
    "base-uncased": _BASE,
    "base-cased": replace(_BASE, n_tokens=28_996),
    "large-uncased": _LARGE,
    "large-cased": replace(_LARGE, n_tokens=28_996),
    "base-multilingual-uncased": replace(_BASE, n_tokens=105_879),
    "base-multilingual-cased": replace(_BASE, n_tokens=119_547),
    "base-chinese": replace(_BASE, n_tokens=21_128),
    # Turc et al. 2019, arXiv:1908.08962, section 3 and their code: every pair, uncased
    **{f"L-{n}_H-{width}": _small(n, width) for n in (2, 4, 6, 8, 10, 12) for width in (128, 256, 512, 768)},
    "tiny": _small(2, 128),
    "mini": _small(4, 256),
    "small": _small(4, 512),
    "medium": _small(8, 512),
}
"""Published sizes by name. Change one with `dataclasses.replace`."""
