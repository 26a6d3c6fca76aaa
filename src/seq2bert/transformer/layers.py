"""The layers of encoder and decoder: sub-layers, each with a residual sum, normalisation and dropout."""

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from seq2bert.transformer.attention import CrossAttention, Memory, SelfAttention
from seq2bert.transformer.cache import KeyValue
from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.linear import Linear
from seq2bert.transformer.scope import Scope

# In place: the backward pass of the linear map before it does not need what it wrote.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu_, "gelu": F.gelu}


class Residual(nn.Module):
    """What stands around a sub-layer: ``leave(x, sublayer(enter(x)))``.

    Post-norm: LayerNorm(x + dropout(sublayer(x))). Pre-norm: x + dropout(sublayer(LayerNorm(x))).

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, sections 3.1 and 5.4; Xiong et al. (2020),
    arXiv:2002.04745, figure 1.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        self.dropout = nn.Dropout(config.dropout)
        self.pre = config.norm == "pre"

    def enter(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        """Return what the sub-layer reads."""
        return self.norm(x) if self.pre else x

    def leave(
        self, x: Float[Tensor, "batch time d_model"], output: Float[Tensor, "batch time d_model"]
    ) -> Float[Tensor, "batch time d_model"]:
        """Add what the sub-layer wrote."""
        total = x + self.dropout(output)
        return total if self.pre else self.norm(total)


class FeedForward(nn.Module):
    """Two linear maps with an activation between, at each position alone.

    References
    ----------
    Vaswani et al. (2017), section 3.3, equation (2).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.inner = Linear(config.d_model, config.d_ff)
        self.outer = Linear(config.d_ff, config.d_model)
        self.activation = ACTIVATIONS[config.activation]
        for linear in (self.inner, self.outer):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        """Return f(x W₁ + b₁) W₂ + b₂ for the activation f; the paper's is f(z) = max(0, z), "relu"."""
        return self.outer(self.activation(self.inner(x)))


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward. With a causal scope and a past, the layer of a decoder-only model.

    Parameters
    ----------
    config : TransformerConfig
    layer : int
        Its number in the stack, from 0.

    References
    ----------
    Vaswani et al. (2017), section 3.1 and figure 1, left.
    """

    def __init__(self, config: TransformerConfig, layer: int) -> None:
        super().__init__()
        self.attention = SelfAttention(config, layer)
        self.attention_residual = Residual(config)
        self.feed_forward = FeedForward(config)
        self.feed_forward_residual = Residual(config)

    def forward(
        self, x: Float[Tensor, "batch time d_model"], scope: Scope, past: KeyValue | None = None
    ) -> tuple[Float[Tensor, "batch time d_model"], KeyValue]:
        """Return the output, and the keys and values of the past and of these tokens."""
        attended, present = self.attention(self.attention_residual.enter(x), scope, past)
        x = self.attention_residual.leave(x, attended)
        x = self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))
        return x, present

    def forward_with_weights(
        self, x: Float[Tensor, "batch time d_model"], scope: Scope, past: KeyValue | None = None
    ) -> tuple[Float[Tensor, "batch time d_model"], Float[Tensor, "batch head time key"], KeyValue]:
        """Return the same output, the weights of self-attention, and keys and values."""
        attended, weights, present = self.attention.forward_with_weights(self.attention_residual.enter(x), scope, past)
        x = self.attention_residual.leave(x, attended)
        x = self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))
        return x, weights, present


class DecoderLayer(nn.Module):
    """Causal self-attention, cross-attention, feed-forward.

    Parameters
    ----------
    config : TransformerConfig
    layer : int
        Its number in the stack, from 0.

    References
    ----------
    Vaswani et al. (2017), section 3.1 and figure 1, right.
    """

    def __init__(self, config: TransformerConfig, layer: int) -> None:
        super().__init__()
        self.attention = SelfAttention(config, layer)
        self.attention_residual = Residual(config)
        self.cross_attention = CrossAttention(config)
        self.cross_residual = Residual(config)
        self.feed_forward = FeedForward(config)
        self.feed_forward_residual = Residual(config)

    def forward(
        self,
        x: Float[Tensor, "batch time d_model"],
        scope: Scope,
        past: KeyValue | None,
        memory: Memory,
    ) -> tuple[Float[Tensor, "batch time d_model"], KeyValue]:
        """Return the output, and the keys and values of the past and of these tokens."""
        attended, present = self.attention(self.attention_residual.enter(x), scope, past)
        x = self.attention_residual.leave(x, attended)
        x = self.cross_residual.leave(x, self.cross_attention(self.cross_residual.enter(x), memory))
        x = self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))
        return x, present

    def forward_with_weights(
        self,
        x: Float[Tensor, "batch time d_model"],
        scope: Scope,
        past: KeyValue | None,
        memory: Memory,
    ) -> tuple[
        Float[Tensor, "batch time d_model"],
        Float[Tensor, "batch head time key"],
        Float[Tensor, "batch head time source"],
        KeyValue,
    ]:
        """Return the same output, the weights of self- and of cross-attention, and keys and values."""
        attended, weights, present = self.attention.forward_with_weights(self.attention_residual.enter(x), scope, past)
        x = self.attention_residual.leave(x, attended)
        crossed, cross_weights = self.cross_attention.forward_with_weights(self.cross_residual.enter(x), memory)
        x = self.cross_residual.leave(x, crossed)
        x = self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))
        return x, weights, cross_weights, present
