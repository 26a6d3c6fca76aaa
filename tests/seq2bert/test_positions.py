"""Six schemes of positions: values by hand, laws of distance, agreement with transformers."""

import math

import pytest
import torch
from torch.testing import assert_close
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb as rotate_neighbours
from transformers.models.gptj.modeling_gptj import create_sinusoidal_positions
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from seq2bert.positions import (
    POSITION_NAMES,
    AlibiPositions,
    LearnedPositions,
    Positions,
    RelativePositions,
    RotaryPositions,
    SinusoidalPositions,
    alibi_bias,
    alibi_slopes,
    clipped_distances,
    make_positions,
    rotate_pairs,
    sinusoids,
)

D_MODEL, N_HEADS, D_HEAD, N_LAYERS = 12, 3, 4, 2
SIZES = {"d_model": D_MODEL, "n_heads": N_HEADS, "n_layers": N_LAYERS, "max_length": 40}
ABSOLUTE = ("sinusoidal", "learned")
RELATIVE = ("relative", "rotary", "alibi")


def scores(scheme, query, key, query_places, key_places):
    """Scores of an attention layer: each side is turned by its own places, then the bias is added."""
    query = scheme.rotate(query, scheme.prepare(query_places, query_places))
    key = scheme.rotate(key, scheme.prepare(key_places, key_places))
    prepared = scheme.prepare(query_places, key_places)
    bias = scheme.score_bias(query, prepared, layer=1)
    result = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return result if bias is None else result + bias


def draw(n_queries=5, n_keys=7):
    return torch.randn(2, N_HEADS, n_queries, D_HEAD), torch.randn(2, N_HEADS, n_keys, D_HEAD)


# By hand


def test_sinusoids_by_hand():  # d = 4: angles pos / 1 and pos / 100
    encoded = sinusoids(torch.tensor([0, 3]), 4)
    expected = [[0.0, 1.0, 0.0, 1.0], [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]]
    assert_close(encoded, torch.tensor(expected))


def test_a_pair_turns_by_a_right_angle():  # (a, b) -> (-b, a)
    x = torch.tensor([[1.0, 5.0, 2.0, 7.0]])  # pairs (1, 2) and (5, 7)
    turned = rotate_pairs(x, torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]]))  # the first turns, the other stays
    assert_close(turned, torch.tensor([[-2.0, 5.0, 1.0, 7.0]]))


def test_rotary_by_hand():  # d_head = 2: one pair, angle = position
    scheme = RotaryPositions(2)
    places = torch.tensor([[0, 1]])
    turned = scheme.rotate(torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]]), scheme.prepare(places, places))
    assert_close(turned[0, 0], torch.tensor([[1.0, 0.0], [math.cos(1), math.sin(1)]]))


@pytest.mark.parametrize(
    ("n_heads", "powers"),
    [
        (1, [-8]),
        (2, [-4, -8]),
        (4, [-2, -4, -6, -8]),
        (3, [-4, -8, -2]),
        (6, [-2, -4, -6, -8, -1, -3]),
    ],
)
def test_slopes_by_hand(n_heads, powers):
    assert_close(alibi_slopes(n_heads), 2.0 ** torch.tensor(powers, dtype=torch.float32))


def test_alibi_by_hand():  # slopes 1/16 and 1/256 behind, 1/256 and 1/16 ahead; query at 2, keys at 0, 2, 3
    bias = alibi_bias(torch.tensor([[2]]), torch.tensor([[0, 2, 3]]), alibi_slopes(2))
    assert_close(bias, -torch.tensor([[[[2 / 16, 0, 1 / 256]], [[2 / 256, 0, 1 / 16]]]]))


def test_distances_are_cut_by_hand():
    rows = clipped_distances(torch.tensor([[5]]), torch.tensor([[0, 3, 4, 5, 6, 9]]), largest=2)
    assert rows.tolist() == [[[0, 0, 1, 2, 3, 4]]]


def test_shaw_s_scores_by_a_loop():
    scheme = RelativePositions(D_HEAD, n_layers=N_LAYERS, largest=2)
    query, key = draw()
    query_places, key_places = torch.tensor([[2, 3, 4, 5, 6]]), torch.arange(7)[None]
    result = scores(scheme, query, key, query_places, key_places)
    for i, m in enumerate(query_places[0].tolist()):
        for j, n in enumerate(key_places[0].tolist()):
            vector = scheme.table[1, max(-2, min(2, n - m)) + 2]
            expected = (query[:, :, i] * (key[:, :, j] + vector)).sum(-1) / math.sqrt(D_HEAD)  # equation (4)
            assert_close(result[:, :, i, j], expected)


# Laws


@pytest.mark.parametrize("name", RELATIVE)
def test_scores_depend_on_distance_only(name):
    scheme = make_positions(name, **SIZES)
    query, key = draw()
    query_places, key_places = torch.arange(5)[None], torch.arange(7)[None]
    here = scores(scheme, query, key, query_places, key_places)
    there = scores(scheme, query, key, query_places + 23, key_places + 23)
    assert_close(here, there, atol=1e-4, rtol=1e-4)
    apart = scores(scheme, query, key, query_places + 3, key_places)
    assert not torch.allclose(here, apart, atol=1e-3)


@pytest.mark.parametrize("name", RELATIVE)
def test_each_sentence_may_stand_elsewhere(name):
    scheme = make_positions(name, **SIZES)
    query, key = draw()
    starts = torch.tensor([[4], [0]])
    both = scores(scheme, query, key, starts + torch.arange(5), starts + torch.arange(7))
    for row in range(2):
        one = scores(
            scheme,
            query[row:][:1],
            key[row:][:1],
            starts[row:][:1] + torch.arange(5),
            starts[row:][:1] + torch.arange(7),
        )
        assert_close(both[row : row + 1], one)


@pytest.mark.parametrize("name", POSITION_NAMES)
def test_an_offset_reads_on_where_the_others_stopped(name):
    scheme = make_positions(name, **SIZES)
    embedded, places = torch.randn(2, 9, D_MODEL), torch.arange(9)[None]
    whole = scheme.add_to_embeddings(embedded, places)
    assert_close(scheme.add_to_embeddings(embedded[:, 6:], places[:, 6:]), whole[:, 6:])
    query, key = draw(9, 9)
    whole = scores(scheme, query, key, places, places)
    assert_close(scores(scheme, query[:, :, 6:], key, places[:, 6:], places), whole[:, :, 6:], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", POSITION_NAMES)
def test_what_each_scheme_touches(name):
    scheme = make_positions(name, **SIZES)
    embedded, places = torch.randn(2, 5, D_MODEL), torch.arange(1, 6)[None]
    query, _ = draw()
    prepared = scheme.prepare(places, places)
    assert torch.equal(scheme.add_to_embeddings(embedded, places), embedded) is (name not in ABSOLUTE)
    assert torch.equal(scheme.rotate(query, prepared), query) is (name != "rotary")
    bias = scheme.score_bias(query, prepared, layer=0)
    assert (bias is not None) is scheme.biased is (name in ("relative", "alibi"))


def test_turning_keeps_lengths():
    scheme = RotaryPositions(D_HEAD)
    query, _ = draw()
    places = torch.arange(100, 105)[None]
    assert_close(scheme.rotate(query, scheme.prepare(places, places)).norm(dim=-1), query.norm(dim=-1))


def test_layers_have_vectors_of_their_own_and_heads_share_them():
    scheme = RelativePositions(D_HEAD, n_layers=N_LAYERS, largest=2)
    assert scheme.table.shape == (2, 5, D_HEAD)
    query = torch.randn(2, 1, 5, D_HEAD).expand(-1, N_HEADS, -1, -1)
    places = torch.arange(5)[None]
    first, second = (scheme.score_bias(query, scheme.prepare(places, places), layer=layer) for layer in (0, 1))
    assert_close(first[:, 0], first[:, 2])
    assert not torch.allclose(first, second)


def test_learned_positions_start_as_large_as_sinusoids():
    table = make_positions("learned", d_model=32, n_heads=4, n_layers=1, max_length=500).table.weight
    waves = sinusoids(torch.arange(500), 32)
    assert table.square().mean().item() == pytest.approx(waves.square().mean().item(), rel=0.05)  # 4 deviations


def test_relative_vectors_start_alike_whatever_the_number_of_layers():
    """Glorot's bound for a matrix of 201 by 32 is √(6/233) in every layer."""
    for n_layers in (1, 5):
        table = RelativePositions(32, n_layers=n_layers, largest=100).table
        for vectors in table:
            assert vectors.abs().max().item() == pytest.approx(math.sqrt(6 / 233), rel=0.01)


def test_only_what_is_learned_is_saved():
    kept = {name: sorted(make_positions(name, **SIZES).state_dict()) for name in POSITION_NAMES}
    assert kept == {name: [] for name in POSITION_NAMES} | {"learned": ["table.weight"], "relative": ["table"]}


def test_far_positions_are_told_apart_in_half_precision():
    # In 16 bits the angles themselves would be the same: bfloat16 cannot write 2049.
    embedded = torch.zeros(1, 2, D_MODEL, dtype=torch.bfloat16)
    added = SinusoidalPositions(D_MODEL).to(torch.bfloat16).add_to_embeddings(embedded, torch.tensor([[2048, 2049]]))
    assert added.dtype == torch.bfloat16
    assert_close(added.float(), sinusoids(torch.tensor([[2048, 2049]]), D_MODEL), atol=0.01, rtol=0)
    scheme = RotaryPositions(D_HEAD).to(torch.bfloat16)
    turned = scheme.rotate(
        torch.ones(1, 1, 2, D_HEAD, dtype=torch.bfloat16), scheme.prepare(*[torch.tensor([[2048, 2049]])] * 2)
    )
    assert turned.dtype == torch.bfloat16
    assert not torch.equal(turned[:, :, 0], turned[:, :, 1])


# Agreement


@pytest.mark.parametrize("start", [0, 17])
def test_rotary_agrees_with_llama(start):
    config = LlamaConfig(
        hidden_size=D_MODEL,
        num_attention_heads=N_HEADS,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
    )
    places = torch.arange(start, start + 5)[None]
    query, key = draw(5, 5)
    expected_query, expected_key = apply_rotary_pos_emb(query, key, *LlamaRotaryEmbedding(config)(query, places))
    scheme = RotaryPositions(D_HEAD)
    prepared = scheme.prepare(places, places)
    assert_close(scheme.rotate(query, prepared), expected_query, atol=1e-5, rtol=0)
    assert_close(scheme.rotate(key, prepared), expected_key, atol=1e-5, rtol=0)


def test_rotary_of_halves_is_rotary_of_neighbours_in_another_order():
    # GPT-J turns components (2i, 2i + 1), as the paper does; ours turn (i, i + d/2).
    query, _ = draw()
    places = torch.arange(5)[None]
    scheme = RotaryPositions(D_HEAD)
    ours = scheme.rotate(query, scheme.prepare(places, places))
    order = torch.tensor([0, 2, 1, 3])  # halves (0, 1 | 2, 3) become neighbours (0, 2), (1, 3)
    sine, cosine = create_sinusoidal_positions(5, D_HEAD)[None].chunk(2, dim=-1)
    theirs = rotate_neighbours(query[..., order].transpose(1, 2), sine, cosine).transpose(1, 2)
    assert_close(ours[..., order], theirs)


@pytest.mark.parametrize("n_heads", [1, 3, 4, 6, 8, 12])
def test_alibi_agrees_with_bloom(n_heads):
    # Bloom adds slope * key position; a softmax does not see what is constant in a row, here slope * query position.
    theirs = build_alibi_tensor(torch.ones(1, 6), n_heads, torch.float32)  # (head, 1, key)
    places = torch.arange(6)[None]
    ours = alibi_bias(places, places, alibi_slopes(n_heads))[0]
    past = torch.ones(6, 6, dtype=torch.bool).tril()
    expected = theirs.expand(-1, 6, -1).masked_fill(~past, -torch.inf).softmax(-1)
    assert_close(ours.masked_fill(~past, -torch.inf).softmax(-1), expected, atol=1e-6, rtol=1e-5)


# Errors


@pytest.mark.parametrize("name", ["rope", "", "Rotary"])
def test_an_unknown_scheme_is_named(name):
    with pytest.raises(ValueError, match=f"positions must be one of none, sinusoidal, .*, alibi; got '{name}'"):
        make_positions(name, **SIZES)


@pytest.mark.parametrize("n_heads", [0, 5])
def test_heads_that_do_not_divide_the_width_are_named(n_heads):
    with pytest.raises(ValueError, match=f"n_heads must be at least 1 and divide d_model; got {n_heads} and 12"):
        make_positions("none", **(SIZES | {"n_heads": n_heads}))


@pytest.mark.parametrize(
    "make", [SinusoidalPositions, RotaryPositions, lambda width: sinusoids(torch.arange(3), width)]
)
@pytest.mark.parametrize("width", [0, 5])
def test_an_odd_width_is_named(make, width):
    with pytest.raises(
        ValueError, match=f"width must be even and at least 2, since frequencies come in pairs; got {width}"
    ):
        make(width)


@pytest.mark.parametrize(("places", "span"), [([[3, 4]], "3 to 4"), ([[-1, 0]], "-1 to 0")])
def test_a_position_without_a_learned_vector_is_named(places, span):
    scheme = LearnedPositions(D_MODEL, 4)
    message = rf"learned positions run from 0 to 3 \(max_length - 1\); got {span}"
    with pytest.raises(ValueError, match=message):
        scheme.add_to_embeddings(torch.zeros(1, 2, D_MODEL), torch.tensor(places))


def test_sizes_below_one_are_named():
    with pytest.raises(ValueError, match="max_length must be at least 1; got 0"):
        LearnedPositions(D_MODEL, 0)
    with pytest.raises(ValueError, match="largest and n_layers must be at least 1; got 0 and 2"):
        RelativePositions(D_HEAD, n_layers=2, largest=0)
    with pytest.raises(ValueError, match="n_heads must be at least 1; got 0"):
        alibi_slopes(0)


def test_the_base_is_no_positions():
    assert type(make_positions("none", **SIZES)) is Positions
    assert isinstance(make_positions("alibi", **SIZES), AlibiPositions)
