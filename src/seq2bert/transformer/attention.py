"""The two attention modules of a Transformer: within a sentence, and from one sentence to another.

Both own weights and reshaping; the mathematics is in `attend`. Keys and values are returned, or
come from outside, so that decoding computes them once per token.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seq2bert.transformer.attend import attend, attend_with_weights
from seq2bert.transformer.cache import KeyValue, extend
from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.linear import Linear
from seq2bert.transformer.scope import Scope


class Memory(NamedTuple):
    """What cross-attention of one layer attends to; ``mask`` is None if no source is padded."""

    key: Float[Tensor, "batch key_head source d_head"]
    value: Float[Tensor, "batch key_head source d_head"]
    mask: Bool[Tensor, "batch 1 1 source"] | None


def _split(x: Float[Tensor, "batch time width"], n_heads: int) -> Float[Tensor, "batch head time d_head"]:
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def _merge(x: Float[Tensor, "batch head time d_head"]) -> Float[Tensor, "batch time width"]:
    return x.transpose(1, 2).flatten(2)


def _projection(d_in: int, *widths: int) -> Linear:
    """Make projections that share their input one matrix, each drawn as if it were alone (Glorot and Bengio 2010)."""
    linear = Linear(d_in, sum(widths))
    for weight in linear.weight.data.split(widths):
        nn.init.xavier_uniform_(weight)
    nn.init.zeros_(linear.bias)
    return linear


class SelfAttention(nn.Module):
    """Queries, keys and values from the same tokens.

    Parameters
    ----------
    config : TransformerConfig
    layer : int
        Number of the layer in its stack, from 0: relative positions have vectors for each.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.2. The three projections are one matrix
    product; they have biases, as in torch and BERT, and unlike the paper's.
    """

    def __init__(self, config: TransformerConfig, layer: int) -> None:
        super().__init__()
        self.n_heads, self.key_heads, self.layer = config.n_heads, config.key_heads, layer
        self.widths = [heads * config.d_head for heads in (config.n_heads, config.key_heads, config.key_heads)]
        self.query_key_value = _projection(config.d_model, *self.widths)
        self.output = _projection(config.d_model, config.d_model)
        self.dropout = config.attention_dropout

    def forward(
        self, x: Float[Tensor, "batch query d_model"], scope: Scope, past: KeyValue | None = None
    ) -> tuple[Float[Tensor, "batch query d_model"], KeyValue]:
        """Return the output, and the keys and values of the past and of these tokens."""
        query, present = self._project(x, scope, past)
        context = attend(query, present.key, present.value, **self._options(query, scope))
        return self.output(_merge(context)), present

    def forward_with_weights(
        self, x: Float[Tensor, "batch query d_model"], scope: Scope, past: KeyValue | None = None
    ) -> tuple[Float[Tensor, "batch query d_model"], Float[Tensor, "batch head query key"], KeyValue]:
        """Return the same output, the weights behind it, and keys and values."""
        query, present = self._project(x, scope, past)
        context, weights = attend_with_weights(query, present.key, present.value, **self._options(query, scope))
        return self.output(_merge(context)), weights, present

    def _options(self, query: Tensor, scope: Scope) -> dict[str, Any]:
        dropout = self.dropout if self.training else 0.0
        bias = scope.bias(query, self.layer)
        return {"mask": scope.mask, "causal": scope.causal, "bias": bias, "dropout": dropout}

    def _project(self, x: Tensor, scope: Scope, past: KeyValue | None) -> tuple[Tensor, KeyValue]:
        query, key, value = self.query_key_value(x).split(self.widths, dim=-1)
        query = scope.rotate(_split(query, self.n_heads))
        key, value = scope.rotate(_split(key, self.key_heads)), _split(value, self.key_heads)
        return query, extend(past, key, value)


class CrossAttention(nn.Module):
    """Queries from the decoder, keys and values from the encoder's output: positions play no part.

    Parameters
    ----------
    config : TransformerConfig

    References
    ----------
    Vaswani et al. (2017), section 3.2.3, first use of attention.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.n_heads, self.key_heads = config.n_heads, config.key_heads
        self.query = _projection(config.d_model, config.d_model)
        self.key_value = _projection(config.d_model, *[config.key_heads * config.d_head] * 2)
        self.output = _projection(config.d_model, config.d_model)

    def prepare(
        self, states: Float[Tensor, "batch source d_model"], mask: Bool[Tensor, "batch 1 1 source"] | None
    ) -> Memory:
        """Compute keys and values of the encoder's output, once per source."""
        key, value = (_split(part, self.key_heads) for part in self.key_value(states).chunk(2, dim=-1))
        if not torch.is_grad_enabled():  # decoding reads them at every step: in one piece that is faster
            key, value = key.contiguous(), value.contiguous()
        return Memory(key, value, mask)

    def forward(self, x: Float[Tensor, "batch query d_model"], memory: Memory) -> Float[Tensor, "batch query d_model"]:
        """Attend to what `prepare` returned."""
        query = _split(self.query(x), self.n_heads)
        return self.output(_merge(attend(query, memory.key, memory.value, mask=memory.mask, causal=False, bias=None)))

    def forward_with_weights(
        self, x: Float[Tensor, "batch query d_model"], memory: Memory
    ) -> tuple[Float[Tensor, "batch query d_model"], Float[Tensor, "batch head query source"]]:
        """Return the same output and the weights behind it."""
        query = _split(self.query(x), self.n_heads)
        context, weights = attend_with_weights(
            query, memory.key, memory.value, mask=memory.mask, causal=False, bias=None
        )
        return self.output(_merge(context)), weights
