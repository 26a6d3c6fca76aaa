"""The sizes and choices of a Transformer, checked once, in one place."""

from dataclasses import dataclass

from seq2bert.positions import POSITION_NAMES

NORM_NAMES = ("post", "pre")
TIE_NAMES = ("none", "target", "all")
ACTIVATION_NAMES = ("relu", "gelu")


@dataclass(frozen=True)
class TransformerConfig:
    """A Transformer without its vocabularies. The defaults are the base model of Vaswani et al. (2017).

    Attributes
    ----------
    d_model : int
        Width of embeddings and layers.
    n_heads : int
        Heads of every attention; it divides ``d_model``.
    d_ff : int
        Inner width of the feed-forward networks.
    n_encoder_layers, n_decoder_layers : int
        A decoder-only model uses the second number alone.
    n_kv_heads : int, optional
        Heads of keys and values, a divisor of ``n_heads``: 1 is multi-query attention (Shazeer 2019,
        arXiv:1911.02150), others grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245).
        Left out, each head has its own.
    norm : str
        "post": normalise after each residual sum, as the paper does. "pre": before each
        sub-layer and once at the end (Xiong et al. 2020, arXiv:2002.04745).
    positions : str
        One of `seq2bert.positions.POSITION_NAMES`, for both stacks.
    max_length : int
        Number of learned positions.
    largest_distance : int
        Of relative positions.
    dropout : float
        Of sub-layer outputs before the residual sum and of embeddings with positions: the two
        places of section 5.4. The inside of the feed-forward network is not dropped.
    attention_dropout : float
        Of the weights of self-attention, which the paper does not drop and BERT does.
    activation : str
        "relu" (section 3.3) or "gelu".
    tie : str
        Which embeddings share one matrix: "none", "target" (target and output), "all" (source,
        target and output, as section 3.4; one vocabulary).
    norm_epsilon : float
        Added to the variance in layer normalisation.
    causal : bool
        Whether a decoder's token may see earlier tokens only. False is for the experiment that shows
        what the mask is good for.

    Raises
    ------
    ValueError
        If a number is out of its range, a name is unknown, heads do not divide ``d_model``, or the positions
        need an even width and it is odd.
    """

    d_model: int = 512  # Vaswani et al. 2017, table 3, row "base", for all six
    n_heads: int = 8
    d_ff: int = 2048
    n_encoder_layers: int = 6
    n_decoder_layers: int = 6
    dropout: float = 0.1
    n_kv_heads: int | None = None
    norm: str = "post"
    positions: str = "sinusoidal"
    max_length: int = 512
    largest_distance: int = 16  # Shaw et al. 2018, section 4.1
    activation: str = "relu"
    tie: str = "all"
    norm_epsilon: float = 1e-5  # torch's default; the paper names none
    causal: bool = True
    attention_dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("d_model", "n_heads", "d_ff", "max_length", "largest_distance"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        for name in ("n_encoder_layers", "n_decoder_layers"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative; got {getattr(self, name)}")
        if self.d_model % self.n_heads:
            raise ValueError(f"n_heads must divide d_model; got {self.n_heads} and {self.d_model}")
        if self.n_kv_heads is not None and (self.n_kv_heads < 1 or self.n_heads % self.n_kv_heads):
            raise ValueError(
                f"n_kv_heads must be at least 1 and divide n_heads; got {self.n_kv_heads} and {self.n_heads}"
            )
        for name in ("dropout", "attention_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1; got {getattr(self, name)}")
        if not self.norm_epsilon > 0:
            raise ValueError(f"norm_epsilon must be positive; got {self.norm_epsilon}")
        self._check_names()

    def _check_names(self) -> None:
        known = {"norm": NORM_NAMES, "tie": TIE_NAMES, "activation": ACTIVATION_NAMES, "positions": POSITION_NAMES}
        for name, names in known.items():
            if getattr(self, name) not in names:
                raise ValueError(f"{name} must be one of {', '.join(names)}; got {getattr(self, name)!r}")
        if self.positions == "sinusoidal" and self.d_model % 2:
            raise ValueError(f"sinusoidal positions need an even d_model; got {self.d_model}")
        if self.positions == "rotary" and self.d_head % 2:
            raise ValueError(f"rotary positions need an even d_model / n_heads; got {self.d_head}")

    @property
    def d_head(self) -> int:
        """Width of one head."""
        return self.d_model // self.n_heads

    @property
    def key_heads(self) -> int:
        """Number of heads of keys and values."""
        return self.n_heads if self.n_kv_heads is None else self.n_kv_heads


SIZES = {
    "base": TransformerConfig(),  # Vaswani et al. 2017, table 3
    # the same, row "big"; section 6.1 drops .3 for English–German, as here, and .1 for English–French
    "big": TransformerConfig(d_model=1024, n_heads=16, d_ff=4096, dropout=0.3),
    "lecture": TransformerConfig(  # learns dates in half a minute on one core
        d_model=64,
        n_heads=4,
        d_ff=256,
        n_encoder_layers=2,
        n_decoder_layers=2,
        dropout=0.0,
        norm="pre",
        positions="rotary",
        tie="target",
    ),
}
"""Sizes with a name. Change one with `dataclasses.replace`."""
