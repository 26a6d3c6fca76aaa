"""Attention in its two forms: equal to each other, to torch's, and to that of transformers."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.testing import assert_close
from transformers import BloomConfig, LlamaConfig
from transformers.models.bloom.modeling_bloom import BloomAttention, build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding

from seq2bert.attention import MultiHeadAttention
from seq2bert.masks import causal_mask, length_mask
from seq2bert.positions import make_positions
from seq2bert.transformer import CrossAttention, SelfAttention, TransformerConfig, attend, attend_with_weights
from seq2bert.transformer.scope import decoder_scope, encoder_scope, valid_keys

D_MODEL, N_HEADS, D_HEAD, TIME = 24, 6, 4, 5
LENGTHS = torch.tensor([5, 3])


def config(**options):
    sizes = {"d_model": D_MODEL, "n_heads": N_HEADS, "d_ff": 7, "dropout": 0.0, "positions": "none"}
    return TransformerConfig(**(sizes | options))


def positions_of(options):
    return make_positions(options.positions, d_model=D_MODEL, n_heads=N_HEADS, n_layers=1, max_length=30)


def scope_of(options, *, causal=False, lengths=None):
    if causal:
        scope, _ = decoder_scope(
            positions_of(options), n_new=TIME, n_read=0, gap=None, causal=True, device=torch.device("cpu")
        )
        return scope
    mask = None if lengths is None else valid_keys(lengths, TIME)
    return encoder_scope(positions_of(options), mask, torch.arange(TIME)[None])


def with_random_biases(module):
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter)
    return module


def draw(n_queries, n_keys, key_heads=N_HEADS, dtype=torch.float32, **options):
    shapes = [(N_HEADS, n_queries), (key_heads, n_keys), (key_heads, n_keys)]
    return [torch.randn(2, *shape, D_HEAD, dtype=dtype, **options) for shape in shapes]


def mask_of(kind, n_queries, n_keys):
    return {
        "none": None,
        "keys": length_mask(torch.tensor([n_keys, 2]), n_keys)[:, None, None],
        "pairs": torch.rand(1, 1, n_queries, n_keys) < 0.5,
        "nothing for one": torch.arange(n_queries).view(1, 1, -1, 1).expand(2, 1, -1, n_keys) != 1,
    }[kind]


# The two forms


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("kind", ["none", "keys", "pairs", "nothing for one"])
@pytest.mark.parametrize("key_heads", [1, 2, 6])
@pytest.mark.parametrize(("n_queries", "causal"), [(4, False), (TIME, True), (1, False)])
def test_both_forms_give_the_same_context_and_gradients(n_queries, causal, key_heads, kind, biased):
    n_keys = TIME if causal else 7
    inputs = draw(n_queries, n_keys, key_heads, requires_grad=True)
    bias = torch.randn(2, N_HEADS, n_queries, n_keys) if biased else None
    options = {"mask": mask_of(kind, n_queries, n_keys), "causal": causal, "bias": bias}
    context, weights = attend_with_weights(*inputs, **options)
    fused = attend(*inputs, **options)
    assert_close(fused, context, atol=1e-5, rtol=1e-5)
    slope = torch.randn_like(context)
    for one, other in zip(
        torch.autograd.grad(context, inputs, slope), torch.autograd.grad(fused, inputs, slope), strict=True
    ):
        assert_close(one, other, atol=1e-5, rtol=1e-5)
    sums = weights.sum(-1)
    assert torch.all(((sums - 1).abs() < 1e-5) | (sums == 0))


@pytest.mark.parametrize("function", [attend, lambda *args, **options: attend_with_weights(*args, **options)[0]])
@pytest.mark.parametrize("biased", [False, True])
def test_a_query_that_may_attend_to_nothing_gets_nothing(function, biased):
    query, key, value = draw(3, 5, requires_grad=True)
    mask = torch.ones(2, 1, 3, 5, dtype=torch.bool)
    mask[1, :, 2] = False
    bias = torch.randn(1, N_HEADS, 3, 5) if biased else None
    context = function(query, key, value, mask=mask, causal=False, bias=bias)
    assert torch.all(context[1, :, 2] == 0)
    assert torch.all(context[0] != 0)
    context.sum().backward()
    assert all(x.grad.isfinite().all() for x in (query, key, value))


@pytest.mark.parametrize("function", [attend, lambda *args, **options: attend_with_weights(*args, **options)[0]])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("kind", ["none", "keys"])
@pytest.mark.parametrize(("n_queries", "causal"), [(7, False), (7, True), (1, False)])
def test_dropout_falls_on_weights(n_queries, causal, kind, biased, function):
    # The values are the unit vectors, so a context is its row of weights: each entry is 0 or doubled.
    query, key, _ = draw(n_queries, 7)
    value = torch.eye(7).expand(2, N_HEADS, 7, 7)
    query, key = (torch.cat([x, torch.zeros(*x.shape[:3], 3)], dim=-1) for x in (query, key))  # as wide as the values
    bias = torch.randn(2, N_HEADS, n_queries, 7) if biased else None
    options = {"mask": mask_of(kind, n_queries, 7), "causal": causal, "bias": bias}
    whole, weights = attend_with_weights(query, key, value, **options)
    dropped = function(query, key, value, dropout=0.5, **options)
    kept = dropped != 0
    assert_close(dropped[kept], 2 * whole[kept], atol=1e-5, rtol=1e-5)
    share = kept.sum() / (whole != 0).sum()
    assert 0.3 < share < 0.7
    assert_close(weights, attend_with_weights(query, key, value, dropout=0.5, **options)[1])  # before dropout


@pytest.mark.parametrize("kind", ["none", "keys", "pairs", "nothing for one"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("causal", [False, True])
def test_half_precision_is_close_to_single(causal, dtype, kind):
    inputs = draw(TIME, TIME, 2)
    options = {"mask": mask_of(kind, TIME, TIME), "causal": causal, "bias": None}
    halves = attend(*[x.to(dtype) for x in inputs], **options)
    assert halves.dtype == dtype
    assert_close(halves.float(), attend(*inputs, **options), atol=0.05, rtol=0.05)


@pytest.mark.parametrize("key_heads", [1, 2, 3])
@pytest.mark.parametrize("n_queries", [1, 4])
def test_a_group_of_heads_shares_keys_and_values(key_heads, n_queries):
    query, key, value = draw(n_queries, 7, key_heads)
    context, weights = attend_with_weights(query, key, value, mask=None, causal=False, bias=None)
    fused = attend(query, key, value, mask=None, causal=False, bias=None)
    for head in range(N_HEADS):
        shared = head // (N_HEADS // key_heads)
        scores = query[:, head] @ key[:, shared].transpose(1, 2) / D_HEAD**0.5
        assert_close(weights[:, head], scores.softmax(-1))
        assert_close(context[:, head], scores.softmax(-1) @ value[:, shared])
        assert_close(fused[:, head], scores.softmax(-1) @ value[:, shared], atol=1e-6, rtol=1e-5)


def test_gradients_against_finite_differences():
    inputs = draw(3, 4, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(1, N_HEADS, 3, 4, dtype=torch.float64, requires_grad=True)
    mask = mask_of("keys", 3, 4)
    for function in (attend, lambda *args, **options: attend_with_weights(*args, **options)[0]):
        assert gradcheck(lambda q, k, v, b: function(q, k, v, mask=mask, causal=False, bias=b), (*inputs, bias))  # noqa: B023


@pytest.mark.parametrize("positions", ["none", "rotary", "alibi", "relative"])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("key_heads", [None, 2])
def test_a_module_s_two_methods_agree(positions, causal, key_heads):
    options = config(positions=positions, n_kv_heads=key_heads)
    attention, x = with_random_biases(SelfAttention(options, 0)), torch.randn(2, TIME, D_MODEL)
    scope = scope_of(options, causal=causal, lengths=LENGTHS)
    output, present = attention(x, scope)
    same, weights, same_present = attention.forward_with_weights(x, scope)
    assert_close(output, same, atol=1e-5, rtol=1e-5)
    assert_close(present, same_present)
    assert weights.shape == (2, N_HEADS, TIME, TIME)
    assert torch.all(weights.triu(1) == 0) if causal else torch.all(weights[1, ..., 3:] == 0)


# Agreement with torch and with the course's own


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ["none", "padding", "causal"])
def test_self_attention_agrees_with_torch(kind, training):
    options = config()
    ours = with_random_biases(SelfAttention(options, 0)).train(training)
    theirs = nn.MultiheadAttention(D_MODEL, N_HEADS, batch_first=True).train(training)
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = (
        ours.query_key_value.weight.data,
        ours.query_key_value.bias.data,
    )
    theirs.out_proj.load_state_dict(ours.output.state_dict())
    x = torch.randn(2, TIME, D_MODEL)
    masks = {"padding": {"key_padding_mask": ~length_mask(LENGTHS, TIME)}, "causal": {"attn_mask": ~causal_mask(TIME)}}
    expected, expected_weights = theirs(x, x, x, average_attn_weights=False, **masks.get(kind, {}))
    scope = scope_of(options, causal=kind == "causal", lengths=LENGTHS if kind == "padding" else None)
    output, weights, _ = ours.forward_with_weights(x, scope)
    assert_close(ours(x, scope)[0], expected, atol=1e-5, rtol=0)
    assert_close(output, expected, atol=1e-5, rtol=0)
    assert_close(weights, expected_weights, atol=1e-5, rtol=0)


@pytest.mark.parametrize("lengths", [None, torch.tensor([4, 2])])
def test_cross_attention_agrees_with_the_course_s_multi_head_attention(lengths):
    ours = with_random_biases(CrossAttention(config()))
    theirs = MultiHeadAttention(D_MODEL, N_HEADS)
    weight, bias = ours.key_value.weight.data.chunk(2), ours.key_value.bias.data.chunk(2)
    theirs.query.load_state_dict(ours.query.state_dict())
    theirs.output.load_state_dict(ours.output.state_dict())
    for projection, w, b in zip((theirs.key, theirs.value), weight, bias, strict=True):
        projection.load_state_dict({"weight": w, "bias": b})
    x, states = torch.randn(2, TIME, D_MODEL), torch.randn(2, 4, D_MODEL)
    mask = None if lengths is None else valid_keys(lengths, 4)
    memory = ours.prepare(states, mask)
    expected, expected_weights = theirs(x, states, states, mask)
    output, weights = ours.forward_with_weights(x, memory)
    assert_close(ours(x, memory), expected, atol=1e-5, rtol=0)
    assert_close(output, expected, atol=1e-5, rtol=0)
    assert_close(weights, expected_weights, atol=1e-5, rtol=0)


# Agreement with transformers


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("key_heads", [1, 2, 3, 6])
@pytest.mark.parametrize("causal", [True, False])
def test_rotary_attention_in_groups_agrees_with_llama(key_heads, causal, training):
    options = config(positions="rotary", n_kv_heads=key_heads)
    ours = with_random_biases(SelfAttention(options, 0)).train(training)
    llama = LlamaConfig(
        hidden_size=D_MODEL,
        num_attention_heads=N_HEADS,
        num_key_value_heads=key_heads,
        attention_bias=True,
        attn_implementation="eager",
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
    )
    theirs = LlamaAttention(llama, layer_idx=0).train(training)
    projections = (theirs.q_proj, theirs.k_proj, theirs.v_proj)
    for projection, weight, bias in zip(
        projections,
        ours.query_key_value.weight.data.split(ours.widths),
        ours.query_key_value.bias.data.split(ours.widths),
        strict=True,
    ):
        projection.load_state_dict({"weight": weight, "bias": bias})
    theirs.o_proj.load_state_dict(ours.output.state_dict())
    x, places = torch.randn(2, TIME, D_MODEL), torch.arange(TIME)[None]
    allowed = causal_mask(TIME)[None, None] if causal else length_mask(LENGTHS, TIME)[:, None, None]
    additive = torch.zeros(2, 1, TIME, TIME).masked_fill(~allowed, torch.finfo(torch.float32).min)
    expected, _ = theirs(x, position_embeddings=LlamaRotaryEmbedding(llama)(x, places), attention_mask=additive)
    scope = scope_of(options, causal=causal, lengths=LENGTHS)
    assert_close(ours(x, scope)[0], expected, atol=1e-5, rtol=0)
    assert_close(ours.forward_with_weights(x, scope)[0], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("training", [True, False])
def test_alibi_attention_agrees_with_bloom(training):
    options = config(positions="alibi")
    ours = with_random_biases(SelfAttention(options, 0)).train(training)
    bloom = BloomConfig(hidden_size=D_MODEL, n_head=N_HEADS, hidden_dropout=0.0, attention_dropout=0.0)
    theirs = BloomAttention(bloom, layer_idx=0).train(training)
    by_head = [part.unflatten(0, (N_HEADS, D_HEAD)) for part in ours.query_key_value.weight.data.chunk(3)]
    theirs.query_key_value.weight.data = torch.stack(by_head, dim=1).flatten(0, 2)  # head, then query, key and value
    by_head = [part.unflatten(0, (N_HEADS, D_HEAD)) for part in ours.query_key_value.bias.data.chunk(3)]
    theirs.query_key_value.bias.data = torch.stack(by_head, dim=1).flatten()
    theirs.dense.load_state_dict(ours.output.state_dict())
    x, valid = torch.randn(2, TIME, D_MODEL), length_mask(LENGTHS, TIME)
    alibi = build_alibi_tensor(valid.long(), N_HEADS, torch.float32)
    mask = torch.zeros(2, 1, TIME, TIME).masked_fill(~causal_mask(TIME), torch.finfo(torch.float32).min)
    expected, _ = theirs(x, residual=torch.zeros_like(x), alibi=alibi, attention_mask=mask)
    scope = scope_of(options, causal=True)
    for output in (ours(x, scope)[0], ours.forward_with_weights(x, scope)[0]):
        assert_close(output[valid], expected[valid], atol=1e-5, rtol=0)
