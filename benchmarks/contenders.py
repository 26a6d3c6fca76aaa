"""The same encoder–decoder from four hands: ours, torch's, and two of transformers.

All have the same width, heads, depth, inner width, activation and vocabulary, one matrix for source,
target and output, post-norm, and no dropout (each has it in other places). What differs by design: Bart has
learned positions and normalises its embeddings; torch's module brings no embeddings, so ours stand around it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import BartConfig, BartForConditionalGeneration, MarianConfig, MarianMTModel

from seq2bert.positions import sinusoids
from seq2bert.transformer import TransformerConfig, TransformerSeq2Seq

PAD, START = 0, 1


@dataclass(frozen=True)
class Sizes:
    """What all contenders share."""

    d_model: int = 256
    n_heads: int = 4
    d_ff: int = 1024
    n_layers: int = 3  # in each stack
    n_tokens: int = 2000
    longest: int = 128


@dataclass(frozen=True)
class Batch:
    """Token ids; ``lengths`` counts the real ones of each source."""

    source: Tensor
    lengths: Tensor
    target: Tensor
    labels: Tensor

    @property
    def valid(self) -> Tensor:
        """True at real source tokens."""
        return torch.arange(self.source.shape[1], device=self.source.device) < self.lengths[:, None]


def make_batch(sizes: Sizes, *, batch: int, time: int, padded: bool, seed: int, device: torch.device) -> Batch:
    """Draw a batch; padded, lengths are uniform from half of ``time`` to ``time``."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(2, sizes.n_tokens, (2, batch, time + 1), generator=generator)
    lengths = torch.full((batch,), time)
    if padded:
        lengths = torch.randint(time // 2, time + 1, (batch,), generator=generator)
        lengths[0] = time
    beyond = torch.arange(time) >= lengths[:, None]
    source, target, labels = ids[0, :, :-1], ids[1, :, :-1], ids[1, :, 1:]
    parts = (source.masked_fill(beyond, PAD), lengths, target.masked_fill(beyond, PAD), labels.masked_fill(beyond, PAD))
    return Batch(*(part.to(device) for part in parts))


class Ours(nn.Module):
    """The course's."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        config = TransformerConfig(
            d_model=sizes.d_model,
            n_heads=sizes.n_heads,
            d_ff=sizes.d_ff,
            n_encoder_layers=sizes.n_layers,
            n_decoder_layers=sizes.n_layers,
            dropout=0.0,
        )
        self.model = TransformerSeq2Seq(config, n_source=sizes.n_tokens, n_target=sizes.n_tokens, pad_id=PAD)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits."""
        return self.model(batch.source, batch.lengths, batch.target).logits


class OursExplicit(Ours):
    """The course's, with all attention weights."""

    def forward(self, batch: Batch) -> Tensor:
        """Return logits."""
        return self.model.forward_with_weights(batch.source, batch.lengths, batch.target).logits


class Torch(nn.Module):
    """``nn.Transformer`` between embeddings and logits."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.table = nn.Embedding(sizes.n_tokens, sizes.d_model, padding_idx=PAD)
        nn.init.normal_(self.table.weight, std=sizes.d_model**-0.5)
        self.model = nn.Transformer(
            sizes.d_model,
            sizes.n_heads,
            sizes.n_layers,
            sizes.n_layers,
            sizes.d_ff,
            dropout=0.0,
            batch_first=True,
        )
        self.model.encoder.norm = self.model.decoder.norm = None  # post-norm needs no other at the end
        self.scale = math.sqrt(sizes.d_model)
        self.register_buffer("positions", sinusoids(torch.arange(sizes.longest), sizes.d_model), persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits."""
        source, target = (
            self.table(ids) * self.scale + self.positions[: ids.shape[1]] for ids in (batch.source, batch.target)
        )
        padding = None if bool(batch.valid.all()) else ~batch.valid
        future = nn.Transformer.generate_square_subsequent_mask(target.shape[1], device=target.device)
        if padding is not None:  # torch asks for masks of one kind
            padding = torch.zeros_like(padding, dtype=future.dtype).masked_fill(padding, -math.inf)
        states = self.model(
            source,
            target,
            tgt_mask=future,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
            tgt_is_causal=True,
        )
        return states @ self.table.weight.T


def _shared_options(sizes: Sizes) -> dict[str, object]:
    names = {"encoder_layers": sizes.n_layers, "decoder_layers": sizes.n_layers}
    names |= {"encoder_attention_heads": sizes.n_heads, "decoder_attention_heads": sizes.n_heads}
    names |= {"encoder_ffn_dim": sizes.d_ff, "decoder_ffn_dim": sizes.d_ff, "d_model": sizes.d_model}
    return names | {
        "vocab_size": sizes.n_tokens,
        "max_position_embeddings": sizes.longest,
        "activation_function": "relu",
        "dropout": 0.0,
        "scale_embedding": True,
        "pad_token_id": PAD,
        "bos_token_id": START,
        "eos_token_id": None,
        "forced_eos_token_id": None,
        "decoder_start_token_id": START,
    }


class Marian(nn.Module):
    """Marian of transformers: the paper's model."""

    attention = "sdpa"

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        config = MarianConfig(**_shared_options(sizes), attn_implementation=self.attention)
        self.model = MarianMTModel(config)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits."""
        return self.model(
            input_ids=batch.source, attention_mask=batch.valid, decoder_input_ids=batch.target, use_cache=False
        ).logits


class MarianEager(Marian):
    """Marian with attention by the formula."""

    attention = "eager"


class Bart(nn.Module):
    """Bart of transformers."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        config = BartConfig(**_shared_options(sizes), attn_implementation="sdpa")
        self.model = BartForConditionalGeneration(config)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits."""
        return self.model(
            input_ids=batch.source, attention_mask=batch.valid, decoder_input_ids=batch.target, use_cache=False
        ).logits


CONTENDERS = {
    "ours": Ours,
    "ours, with weights": OursExplicit,
    "nn.Transformer": Torch,
    "Marian, SDPA": Marian,
    "Marian, eager": MarianEager,
    "Bart, SDPA": Bart,
}


@torch.no_grad()
def copy_marian(theirs: MarianMTModel, ours: TransformerSeq2Seq) -> None:
    """Give ours the weights of a Marian model, and Marian our order of sines and cosines."""
    ours.encoder.embeddings.table.weight.copy_(theirs.model.shared.weight)
    for stack in (theirs.model.encoder, theirs.model.decoder):
        table = stack.embed_positions.weight
        table.copy_(sinusoids(torch.arange(len(table)), table.shape[1]))
    for one, other in zip(theirs.model.encoder.layers, ours.encoder.layers, strict=True):
        _copy_self_attention(one.self_attn, other.attention)
        _copy_rest(one, other)
    for one, other in zip(theirs.model.decoder.layers, ours.decoder.layers, strict=True):
        _copy_self_attention(one.self_attn, other.attention)
        _copy_rest(one, other)
        cross, source = other.cross_attention, one.encoder_attn
        cross.query.load_state_dict(source.q_proj.state_dict())
        _copy_joined((source.k_proj, source.v_proj), cross.key_value)
        cross.output.load_state_dict(source.out_proj.state_dict())
        other.cross_residual.norm.load_state_dict(one.encoder_attn_layer_norm.state_dict())


def _copy_joined(parts: tuple[nn.Linear, ...], joined: nn.Linear) -> None:
    joined.weight.copy_(torch.cat([part.weight for part in parts]))
    joined.bias.copy_(torch.cat([part.bias for part in parts]))


def _copy_self_attention(theirs: nn.Module, ours: nn.Module) -> None:
    _copy_joined((theirs.q_proj, theirs.k_proj, theirs.v_proj), ours.query_key_value)
    ours.output.load_state_dict(theirs.out_proj.state_dict())


def _copy_rest(theirs: nn.Module, ours: nn.Module) -> None:
    ours.attention_residual.norm.load_state_dict(theirs.self_attn_layer_norm.state_dict())
    ours.feed_forward.inner.load_state_dict(theirs.fc1.state_dict())
    ours.feed_forward.outer.load_state_dict(theirs.fc2.state_dict())
    ours.feed_forward_residual.norm.load_state_dict(theirs.final_layer_norm.state_dict())
