"""Score functions, and the modules that own their weights."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.attention import (
    SCORE_NAMES,
    AdditiveScore,
    ConcatScore,
    CosineScore,
    GeneralScore,
    LocationScore,
    additive_scores,
    concat_scores,
    cosine_scores,
    dot_scores,
    general_scores,
    location_scores,
    make_score,
    scaled_dot_scores,
)

QUERY = torch.tensor([[1.0, 2.0]])
KEYS = torch.tensor([[3.0, 4.0], [5.0, -6.0]])

# By hand: query (1, 2), keys (3, 4) and (5, -6)


def test_dot_by_hand():  # 1*3 + 2*4 = 11; 1*5 - 2*6 = -7
    assert_close(dot_scores(QUERY, KEYS), torch.tensor([[11.0, -7.0]]))


def test_scaled_dot_by_hand():  # divided by √2
    assert_close(scaled_dot_scores(QUERY, KEYS), torch.tensor([[11.0, -7.0]]) / math.sqrt(2))


def test_general_by_hand():  # (1, 2) W = (1*1 + 2*0, 1*10 + 2*100) = (1, 210); then 1*3 + 210*4 and 1*5 - 210*6
    weight = torch.tensor([[1.0, 10.0], [0.0, 100.0]])
    assert_close(general_scores(QUERY, KEYS, weight), torch.tensor([[843.0, -1255.0]]))


def test_concat_by_hand():  # row 1 of W: q0 + k1 = 5, -5; row 2: q1 - k0 = -1, -3; v = (2, 1)
    weight = torch.tensor([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, -1.0, 0.0]])
    expected = [2 * math.tanh(5) + math.tanh(-1), 2 * math.tanh(-5) + math.tanh(-3)]
    assert_close(concat_scores(QUERY, KEYS, weight, torch.tensor([2.0, 1.0])), torch.tensor([expected]))


def test_additive_by_hand():  # the same network, its weight cut between query and key
    weight_query, weight_key = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    expected = [2 * math.tanh(5) + math.tanh(-1), 2 * math.tanh(-5) + math.tanh(-3)]
    scores = additive_scores(QUERY, KEYS, weight_query, weight_key, torch.tensor([2.0, 1.0]))
    assert_close(scores, torch.tensor([expected]))


def test_cosine_by_hand():  # |q| = √5, |k| = 5 and √61; scale 10
    expected = torch.tensor([[10 * 11 / (math.sqrt(5) * 5), 10 * -7 / math.sqrt(5 * 61)]])
    assert_close(cosine_scores(QUERY, KEYS, torch.tensor(10.0)), expected)


def test_location_by_hand():  # W q = (1, 2, 3); two keys see the first two
    weight = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert_close(location_scores(QUERY, weight, 2), torch.tensor([[1.0, 2.0]]))
    assert_close(location_scores(QUERY, weight, 3), torch.tensor([[1.0, 2.0, 3.0]]))


# Agreement with the formula, pair by pair; every size another

D_QUERY, D_KEY, D_HIDDEN, N_QUERY, N_KEY = 4, 6, 7, 3, 5


def drawn(*shape, **options):
    return torch.randn(shape, dtype=torch.float64, **options)


@pytest.mark.parametrize("shape", [(), (2,), (2, 8)])
def test_scores_agree_with_the_formulas_for_one_pair(shape):
    query, key, narrow = drawn(*shape, N_QUERY, D_QUERY), drawn(*shape, N_KEY, D_KEY), drawn(*shape, N_KEY, D_QUERY)
    weight, both, positions = drawn(D_QUERY, D_KEY), drawn(D_HIDDEN, D_QUERY + D_KEY), drawn(9, D_QUERY)
    vector, scale = drawn(D_HIDDEN), torch.tensor(3.0, dtype=torch.float64)
    scores_and_formulas = [
        (dot_scores(query, narrow), lambda q, k, n: (q * n).sum()),
        (scaled_dot_scores(query, narrow), lambda q, k, n: (q * n).sum() / 2),  # √4 = 2
        (general_scores(query, key, weight), lambda q, k, n: q @ (weight @ k)),
        (concat_scores(query, key, both, vector), lambda q, k, n: vector @ torch.tanh(both @ torch.cat([q, k]))),
        (cosine_scores(query, narrow, scale), lambda q, k, n: 3 * F.cosine_similarity(q, n, dim=0)),
    ]
    for scores, formula in scores_and_formulas:
        assert scores.shape == (*shape, N_QUERY, N_KEY)
        for index in itertools.product(*map(range, scores.shape)):
            *batch, i, j = index
            q, k, n = query[(*batch, i)], key[(*batch, j)], narrow[(*batch, j)]
            assert_close(scores[index], formula(q, k, n))
    located = location_scores(query, positions, N_KEY)
    for index in itertools.product(*map(range, located.shape)):
        assert_close(located[index], positions[index[-1]] @ query[index[:-1]])


def test_additive_is_concat_with_its_weight_cut_in_two():
    query, key, vector = drawn(2, N_QUERY, D_QUERY), drawn(2, N_KEY, D_KEY), drawn(D_HIDDEN)
    both = drawn(D_HIDDEN, D_QUERY + D_KEY)
    split = additive_scores(query, key, both[:, :D_QUERY], both[:, D_QUERY:], vector)
    assert_close(split, concat_scores(query, key, both, vector))


def test_additive_agrees_with_three_linear_layers():
    query, key, vector = drawn(2, N_QUERY, D_QUERY), drawn(2, N_KEY, D_KEY), drawn(D_HIDDEN)
    of_query, of_key, weigh = (
        nn.Linear(*sizes, bias=False, dtype=torch.float64)
        for sizes in ((D_QUERY, D_HIDDEN), (D_KEY, D_HIDDEN), (D_HIDDEN, 1))
    )
    weigh.weight.data = vector[None]
    expected = weigh(torch.tanh(of_query(query)[:, :, None] + of_key(key)[:, None])).squeeze(-1)
    assert_close(additive_scores(query, key, of_query.weight, of_key.weight, vector), expected)


def test_general_agrees_with_torch_bilinear():
    query, key = drawn(2, N_QUERY, D_QUERY), drawn(2, N_KEY, D_KEY)
    bilinear = nn.Bilinear(D_QUERY, D_KEY, 1, bias=False, dtype=torch.float64)
    pairs = (
        query[:, :, None].expand(-1, -1, N_KEY, -1).contiguous(),
        key[:, None].expand(-1, N_QUERY, -1, -1).contiguous(),
    )
    assert_close(general_scores(query, key, bilinear.weight[0]), bilinear(*pairs).squeeze(-1))


# Laws


def test_scaling_keeps_the_variance_of_the_scores_near_one():  # Vaswani et al. 2017, footnote 4
    query, key = torch.randn(400, 64), torch.randn(400, 64)
    assert abs(scaled_dot_scores(query, key).var().item() - 1) < 0.1
    assert abs(dot_scores(query, key).var().item() / 64 - 1) < 0.1


def test_general_with_the_identity_is_dot():
    query, key = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    assert_close(general_scores(query, key, torch.eye(4)), dot_scores(query, key))


def test_cosine_sees_directions_only_and_scales():
    query, key = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    scores = cosine_scores(query, key, torch.tensor(1.0))
    assert scores.abs().max() <= 1 + 1e-6
    assert_close(cosine_scores(query * 7, key * 0.1, torch.tensor(1.0)), scores)
    assert_close(cosine_scores(query, key, torch.tensor(2.5)), 2.5 * scores)


def test_a_zero_vector_has_cosine_zero():
    scores = cosine_scores(torch.zeros(1, 4), torch.randn(3, 4), torch.tensor(5.0))
    assert torch.equal(scores, torch.zeros(1, 3))


def test_additive_scores_are_bounded_by_the_vector():
    vector = torch.randn(D_HIDDEN)
    query, key = 100 * torch.randn(3, D_QUERY), 100 * torch.randn(5, D_KEY)
    scores = additive_scores(query, key, torch.randn(D_HIDDEN, D_QUERY), torch.randn(D_HIDDEN, D_KEY), vector)
    assert scores.abs().max() <= vector.abs().sum()


def test_location_knows_no_key():
    query, weight = torch.randn(2, 3, 4), torch.randn(9, 4)
    assert_close(location_scores(query, weight, 5), location_scores(query, weight, 9)[..., :5])


# Gradients against finite differences


def variable(*shape):
    return drawn(*shape, requires_grad=True)


GRADIENTS = {
    "dot": (dot_scores, [(2, 3, 4), (2, 5, 4)]),
    "scaled-dot": (scaled_dot_scores, [(2, 3, 4), (2, 5, 4)]),
    "general": (general_scores, [(2, 3, 4), (2, 5, 6), (4, 6)]),
    "concat": (concat_scores, [(2, 3, 4), (2, 5, 6), (7, 10), (7,)]),
    "additive": (additive_scores, [(2, 3, 4), (2, 5, 6), (7, 4), (7, 6), (7,)]),
    "cosine": (cosine_scores, [(2, 3, 4), (2, 5, 4), ()]),
    "location": (lambda query, weight: location_scores(query, weight, 5), [(2, 3, 4), (9, 4)]),
}


@pytest.mark.parametrize("name", SCORE_NAMES)
def test_gradients_against_finite_differences(name):
    function, shapes = GRADIENTS[name]
    assert gradcheck(function, tuple(variable(*shape) for shape in shapes))


# Modules

D = 4
SAME_WIDTH = ("dot", "scaled-dot", "cosine")


def build(name, **sizes):
    return make_score(name, **{"d_query": D, "d_key": D if name in SAME_WIDTH else 6} | sizes)


FUNCTION_OF = {
    "dot": lambda score, q, k: dot_scores(q, k),
    "scaled-dot": lambda score, q, k: scaled_dot_scores(q, k),
    "general": lambda score, q, k: general_scores(q, k, score.weight),
    "concat": lambda score, q, k: concat_scores(q, k, score.weight, score.vector),
    "additive": lambda score, q, k: additive_scores(q, k, score.weight_query, score.weight_key, score.vector),
    "cosine": lambda score, q, k: cosine_scores(q, k, score.log_scale.exp()),
    "location": lambda score, q, k: location_scores(q, score.weight, k.shape[1]),
}


@pytest.mark.parametrize("name", SCORE_NAMES)
def test_a_module_gives_the_scores_of_its_function(name):
    score = build(name, d_hidden=7, max_source=9)
    query, key = torch.randn(2, 3, D), torch.randn(2, 5, D if name in SAME_WIDTH else 6)
    assert_close(score(query, score.prepare(key)), FUNCTION_OF[name](score, query, key))


@pytest.mark.parametrize("name", SCORE_NAMES)
def test_every_parameter_and_both_inputs_get_a_gradient(name):
    score = build(name)
    query = torch.randn(2, 3, D, requires_grad=True)
    key = torch.randn(2, 5, D if name in SAME_WIDTH else 6, requires_grad=True)
    score(query, score.prepare(key)).sin().sum().backward()
    gradients = {parameter: value.grad for parameter, value in score.named_parameters()}
    gradients["query"] = query.grad
    if name != "location":  # it looks at the number of keys only
        gradients["key"] = key.grad
    for parameter, gradient in gradients.items():
        assert gradient is not None, parameter
        assert gradient.abs().sum() > 0, parameter


SHAPES = {
    "dot": {},
    "scaled-dot": {},
    "general": {"weight": (4, 6)},
    "concat": {"weight": (7, 10), "vector": (7,)},
    "additive": {"weight_query": (7, 4), "weight_key": (7, 6), "vector": (7,)},
    "cosine": {"log_scale": ()},
    "location": {"weight": (9, 4)},
}


@pytest.mark.parametrize("name", SCORE_NAMES)
def test_the_weights_have_the_shapes_of_the_paper(name):
    score = build(name, d_hidden=7, max_source=9)
    assert {key: tuple(value.shape) for key, value in score.state_dict().items()} == SHAPES[name]


@pytest.mark.parametrize(
    ("make", "parameter", "fan_in"),
    [
        (lambda: GeneralScore(d_query=50, d_key=100), "weight", 100),
        (lambda: ConcatScore(d_query=60, d_key=40, d_hidden=50), "weight", 100),
        (lambda: ConcatScore(d_query=2, d_key=3, d_hidden=1000), "vector", 1000),
        (lambda: AdditiveScore(d_query=100, d_key=3, d_hidden=50), "weight_query", 100),
        (lambda: AdditiveScore(d_query=3, d_key=100, d_hidden=50), "weight_key", 100),
        (lambda: AdditiveScore(d_query=2, d_key=3, d_hidden=1000), "vector", 1000),
        (lambda: LocationScore(d_query=100, max_source=50), "weight", 100),
    ],
)
def test_weights_start_uniform_between_plus_and_minus_one_over_the_root_of_the_fan_in(make, parameter, fan_in):
    values = getattr(make(), parameter).detach() * math.sqrt(fan_in)  # uniform between -1 and 1
    assert 0.97 < values.abs().max() <= 1
    assert values.min() < -0.97
    assert values.max() > 0.97
    assert abs(values.mean()) < 0.1


def test_the_scale_of_cosine_starts_where_it_is_told_and_stays_positive():
    assert_close(CosineScore().log_scale.exp(), torch.tensor(5.0))
    assert_close(CosineScore(initial_scale=2.0).log_scale.exp(), torch.tensor(2.0))
    score = CosineScore()
    score.log_scale.data -= 100
    one = torch.ones(1, 1, D)
    assert 0 < score(one, one).item() < 1e-30


def test_sizes_left_out_are_64():
    assert build("additive").vector.shape == (64,)
    assert build("concat").vector.shape == (64,)
    assert build("location").weight.shape == (64, D)


def test_every_name_builds_its_own_class():
    classes = [type(build(name)) for name in SCORE_NAMES]
    assert len(set(classes)) == len(SCORE_NAMES) == 7
    expected = ("dot", "scaleddot", "general", "concat", "additive", "cosine", "location")
    assert tuple(kind.__name__.lower().removesuffix("score") for kind in classes) == expected


# Errors: see also test_errors.py


@pytest.mark.parametrize("name", SAME_WIDTH)
def test_a_score_without_a_matrix_needs_equal_widths(name):
    with pytest.raises(ValueError, match=f"score '{name}' needs d_query equal to d_key; got 4 and 6"):
        make_score(name, d_query=4, d_key=6)


def test_an_unknown_score_is_named():
    with pytest.raises(ValueError, match=r"score must be one of dot, scaled-dot, .*; got 'luong'"):
        make_score("luong", d_query=4, d_key=4)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("function", "options"), [(dot_scores, ()), (scaled_dot_scores, ()), (cosine_scores, (torch.tensor(1.0),))]
)
def test_different_widths_are_named(function, options):
    rule = rf"^{function.__name__} needs query and key of the same last axis; got \(3, 4\) and \(5, 6\)"
    with pytest.raises(ValueError, match=rule):
        function(torch.randn(3, 4), torch.randn(5, 6), *options)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda q, k: general_scores(q, k, torch.ones(5, 6)), r"query needs a last axis of 5 \(rows of weight\)"),
        (lambda q, k: general_scores(q, k, torch.ones(4, 5)), r"key needs a last axis of 5 \(columns of weight\)"),
        (
            lambda q, k: concat_scores(q, k, torch.ones(7, 9), torch.ones(7)),
            r"weight needs d_query \+ d_key = 10 columns; got \(7, 9\)",
        ),
        (
            lambda q, k: concat_scores(q, k, torch.ones(7, 10), torch.ones(8)),
            r"vector needs one entry per row of the weights; got \(8,\) for \(7, 10\)",
        ),
        (
            lambda q, k: additive_scores(q, k, torch.ones(7, 5), torch.ones(7, 6), torch.ones(7)),
            r"query needs a last axis of 5 \(columns of weight_query\)",
        ),
        (
            lambda q, k: additive_scores(q, k, torch.ones(7, 4), torch.ones(7, 5), torch.ones(7)),
            r"key needs a last axis of 5 \(columns of weight_key\)",
        ),
        (
            lambda q, k: additive_scores(q, k, torch.ones(7, 4), torch.ones(8, 6), torch.ones(7)),
            r"vector needs one entry per row of the weights; got \(7,\) for \(7, 4\) and \(8, 6\)",
        ),
        (lambda q, k: location_scores(q, torch.ones(9, 5), 3), r"query needs a last axis of 5 \(columns of weight\)"),
    ],
)
def test_weights_that_do_not_fit_are_named(function, message):
    with pytest.raises(ValueError, match=message):
        function(torch.randn(2, 3, 4), torch.randn(2, 5, 6))


@pytest.mark.error_messages
@pytest.mark.parametrize("name", [name for name in SCORE_NAMES if name != "location"])
@pytest.mark.parametrize("n_keys", [1, 3])
def test_batches_are_not_broadcast(name, n_keys):
    score = build(name)
    key = torch.randn(n_keys, 5, D if name in SAME_WIDTH else 6)
    with pytest.raises(
        ValueError, match=rf"query and key need the same batch axes; got \(2, 3, .*\) and \({n_keys}, 5"
    ):
        score(torch.randn(2, 3, D), score.prepare(key))


@pytest.mark.error_messages
def test_the_additive_module_names_the_width_that_does_not_fit():
    score = AdditiveScore(d_query=4, d_key=6, d_hidden=7)
    with pytest.raises(ValueError, match=r"key needs a last axis of 6 \(columns of weight_key\); got \(2, 5, 4\)"):
        score.prepare(torch.randn(2, 5, 4))
    with pytest.raises(ValueError, match=r"query needs a last axis of 4 \(columns of weight_query\); got \(2, 3, 6\)"):
        score(torch.randn(2, 3, 6), score.prepare(torch.randn(2, 5, 6)))


def test_location_refuses_a_source_that_is_too_long():
    weight = torch.randn(9, 4)
    assert location_scores(torch.randn(2, 3, 4), weight, 9).shape == (2, 3, 9)
    with pytest.raises(ValueError, match="location scores know 9 source positions; got n_keys=10"):
        location_scores(torch.randn(2, 3, 4), weight, 10)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_whose_logarithm_is_no_number_is_named(scale):
    with pytest.raises(ValueError, match=f"initial_scale must be positive and finite; got {scale}"):
        CosineScore(initial_scale=scale)
