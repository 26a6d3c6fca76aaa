"""Multi-head attention: several attentions side by side, each in its own projection.

Dropout on the weights, caches and grouped keys are left out; the Transformer adds them.
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seq2bert.attention.softmax import scaled_dot_product_attention


class MultiHeadAttention(nn.Module):
    """Project, attend in every head, concatenate, project.

    Parameters
    ----------
    d_model : int
        Width of inputs and outputs, a multiple of ``n_heads``.
    n_heads : int

    Raises
    ------
    ValueError
        If ``n_heads`` is below 1 or does not divide ``d_model``.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.2. The paper's projections have no
    bias; ours have, as in torch and BERT.
    """

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        if n_heads < 1 or d_model % n_heads:
            raise ValueError(f"n_heads must be at least 1 and divide d_model; got {n_heads} and {d_model}")
        self.n_heads = n_heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)

    def forward(
        self,
        query: Float[Tensor, "batch query d_model"],
        key: Float[Tensor, "batch key d_model"],
        value: Float[Tensor, "batch key d_model"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "batch query d_model"], Float[Tensor, "batch head query key"]]:
        """Return the output and the weights of every head.

        Parameters
        ----------
        mask : bool Tensor, optional
            True = may attend. Broadcasts to (batch, head, query, key); three axes are read as
            (batch, query, key) and shared by the heads.

        Raises
        ------
        TypeError
            If ``mask`` is not boolean.
        ValueError
            If an input has not three axes, the last of ``d_model``, or the shapes do not fit each other.
        """
        for name, x in (("query", query), ("key", key), ("value", value)):
            if x.dim() != 3 or x.shape[-1] != self.query.in_features:
                raise ValueError(
                    f"{name} needs shape (batch, time, d_model={self.query.in_features}); got {tuple(x.shape)}"
                )
        if mask is not None and mask.dim() == 3:
            mask = mask[:, None]
        context, weights = scaled_dot_product_attention(
            self._split(self.query(query)), self._split(self.key(key)), self._split(self.value(value)), mask
        )
        merged = context.transpose(1, 2).flatten(2)  # (batch, query, head * d_head)
        return self.output(merged), weights

    def _split(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch head time d_head"]:
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
