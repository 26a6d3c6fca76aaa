"""Attention in NumPy: the vectors worked out before, laws, and agreement with torch and autograd."""

import inspect
import warnings

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from seq2bert import attention
from seq2bert.numpy_attention import (
    additive_attention,
    additive_gradients,
    additive_scores,
    batch_additive_attention,
    batch_multiplicative_attention,
    central_differences,
    entropy,
    kernel_regression,
    multiplicative_attention,
    multiplicative_gradients,
    multiplicative_scores,
    softmax,
    softmax_gradient,
)

# The example of the notebook "ContextAware", which lecture 2 grew from.
DECODER_STATE = np.array([[7.0, 11.0, 4.0]]).T
ENCODER_STATES = np.array(
    [[1.0, 5, 11, 4, -4], [7, 4, 1, 2, 2], [8, 12, 2, 11, 5], [-9, 0, 1, 8, 12]],
).T
W = np.array([[-0.78, -0.97, -1.09, -1.79, 0.24], [0.04, -0.27, -0.98, -0.49, 0.52], [1.08, 0.91, -0.99, 2.04, -0.15]])
V = np.array([[-0.35, -0.58, 0.07, 1.39, -0.79, -1.78, -0.35]]).T
W_ENC = np.array(
    [
        [-1.34, -0.1, -0.38, 0.12, -0.34],
        [-1.0, 1.28, 0.49, -0.41, -0.32],
        [-0.39, -1.38, 1.26, 1.21, 0.15],
        [-0.18, 0.04, 1.36, -1.18, -0.53],
        [-0.23, 0.96, 1.02, 0.39, -1.26],
        [-1.27, 0.89, -0.85, -0.01, -1.19],
        [0.46, -0.12, -0.86, -0.93, -0.4],
    ]
)
W_DEC = np.array(
    [
        [-1.62, -0.02, -0.39],
        [0.43, 0.61, -0.23],
        [-1.5, -0.43, -0.91],
        [-0.14, 0.03, 0.05],
        [0.85, 0.51, 0.63],
        [0.39, -0.42, 1.34],
        [-0.47, -0.31, -1.34],
    ]
)
D_DECODER, D_ENCODER, D_HIDDEN, N_KEYS = 3, 5, 7, 4  # all different, so that swapped axes fail


def example(seed, scale=1.0):
    """Random inputs of the example's sizes: decoder state, encoder states, W, v, W_enc, W_dec."""
    rng = np.random.default_rng(seed)
    shapes = [
        (D_DECODER, 1),
        (D_ENCODER, N_KEYS),
        (D_DECODER, D_ENCODER),
        (D_HIDDEN, 1),
        (D_HIDDEN, D_ENCODER),
        (D_HIDDEN, D_DECODER),
    ]
    return [rng.normal(size=shape, scale=scale) for shape in shapes]


# --- by hand ---------------------------------------------------------------------------------------


def test_scores_ln_3_and_0_give_three_quarters_and_one_quarter():
    assert_allclose(softmax(np.log([3.0, 1.0]), axis=0), [0.75, 0.25])


def test_half_the_temperature_squares_the_ratio():  # 3:1 becomes 9:1
    assert_allclose(softmax(np.log([3.0, 1.0]), axis=0, temperature=0.5), [0.9, 0.1])


def test_a_weighted_average_by_hand():  # scores ln 3 and 0: 3/4 * 8 + 1/4 * 4 = 7
    context, weights = multiplicative_attention(
        np.array([[1.0]]), np.array([[8.0, 4.0]]), np.array([[np.log(3) / 4]])
    )  # scores 2 ln 3 and ln 3, a difference of ln 3
    assert_allclose(weights, [[0.75, 0.25]])
    assert_allclose(context, [[7.0]])


def test_the_multiplicative_vector_of_the_example():
    scores = multiplicative_scores(DECODER_STATE, ENCODER_STATES, W)
    assert_allclose(scores, [[-343.61, -57.67, -197.14, -12.55]], atol=1e-9)
    context, _ = multiplicative_attention(DECODER_STATE, ENCODER_STATES, W)
    assert_allclose(context, [[-9], [0], [1], [8], [12]], atol=1e-4)


def test_the_additive_vector_of_the_example():
    context, weights = additive_attention(DECODER_STATE, ENCODER_STATES, V, W_ENC, W_DEC)
    assert_allclose(context.T, [[4.6451, 6.6373, 3.1160, 6.2104, 3.0629]], atol=1e-4)
    assert_allclose(weights.sum(), 1)
    assert_allclose(np.abs(V).sum(), 5.31)


def test_a_negative_weight_has_no_entropy():
    with pytest.raises(ValueError, match=r"weights must not be negative; got -0\.25"):
        entropy(np.array([[1.0, 0.25], [0.0, -0.25]]), axis=0)


def test_entropy_by_hand():  # one key: 0; four equal: ln 4; halves on two of three: ln 2
    assert_allclose(entropy(np.array([1.0, 0.0]), axis=0), 0)
    assert_allclose(entropy(np.full((2, 4), 0.25), axis=1), np.log([4, 4]))
    assert_allclose(entropy(np.array([[0.5], [0.5], [0.0]]), axis=0), np.log([2]))


def test_kernel_regression_by_hand():
    # At distance 0 and 2 with width 1 the scores are 0 and -2: the ratio of the weights is e².
    estimate, weights = kernel_regression(np.array([0.0]), np.array([0.0, 2.0]), np.array([1.0, 0.0]), width=1.0)
    assert_allclose(weights[0, 0] / weights[0, 1], np.e**2)
    assert_allclose(estimate, weights[:, 0])


# --- laws ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_weights_sum_to_one_along_the_axis_that_was_named(axis):
    weights = softmax(np.random.default_rng(0).normal(size=(2, 3, 4)), axis=axis)
    assert_allclose(weights.sum(axis=axis), 1)
    assert (weights > 0).all()


def test_adding_a_constant_to_all_scores_changes_nothing_even_a_large_one():
    scores = np.random.default_rng(1).normal(size=(3, 4))
    assert_allclose(softmax(scores + 1e6, axis=1), softmax(scores, axis=1), rtol=1e-8)


@pytest.mark.parametrize("scores", [[1000.0, 0.0], [-1000.0, -2000.0], [1e300, -1e300]])
def test_large_scores_neither_overflow_nor_give_nan(scores):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_allclose(softmax(np.array(scores), axis=0), [1, 0])


def test_temperature_goes_from_argmax_to_uniform():
    scores = np.array([0.3, 1.0, 0.9])
    assert_allclose(softmax(scores, axis=0, temperature=1e-3), [0, 1, 0], atol=1e-12)
    assert_allclose(softmax(scores, axis=0, temperature=1e6), np.full(3, 1 / 3), atol=1e-6)
    spread = [entropy(softmax(scores, axis=0, temperature=t), axis=0) for t in (0.1, 0.5, 1.0, 2.0, 8.0)]
    assert (np.diff(spread) > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_additive_scores_stay_below_the_sum_of_absolute_values(seed):
    decoder_state, encoder_states, _, v, W_enc, W_dec = example(seed, scale=20.0)
    scores = additive_scores(decoder_state, encoder_states, v, W_enc, W_dec)
    assert np.abs(scores).max() <= np.abs(v).sum()


def attend(kind, decoder_state, encoder_states, W, v, W_enc, W_dec):
    if kind == "multiplicative":
        return multiplicative_attention(decoder_state, encoder_states, W)
    return additive_attention(decoder_state, encoder_states, v, W_enc, W_dec)


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_permuting_the_states_permutes_the_weights_and_keeps_the_context(kind):
    decoder_state, encoder_states, *weights_of_scores = example(2)
    order = np.array([2, 0, 3, 1])
    context, weights = attend(kind, decoder_state, encoder_states, *weights_of_scores)
    permuted_context, permuted_weights = attend(kind, decoder_state, encoder_states[:, order], *weights_of_scores)
    assert_allclose(permuted_weights, weights[:, order])
    assert_allclose(permuted_context, context)


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_the_context_lies_between_the_smallest_and_the_largest_state(kind):
    inputs = example(3)
    context, _ = attend(kind, *inputs)
    assert (inputs[1].min(axis=1) <= context[:, 0]).all()
    assert (context[:, 0] <= inputs[1].max(axis=1)).all()


def test_kernel_regression_goes_from_the_nearest_point_to_the_mean():
    key, value = np.array([0.0, 1.0, 3.0]), np.array([5.0, 1.0, 3.0])
    query = np.array([0.2, 2.9])
    assert_allclose(kernel_regression(query, key, value, width=0.01)[0], [5, 3])
    assert_allclose(kernel_regression(query, key, value, width=1e4)[0], [3, 3], rtol=1e-6)


def test_the_gradient_of_scores_sums_to_zero():
    rng = np.random.default_rng(4)
    weights = softmax(rng.normal(size=(2, 5)), axis=1)
    assert_allclose(softmax_gradient(weights, rng.normal(size=(2, 5)), axis=1).sum(axis=1), 0, atol=1e-15)


def test_nothing_changes_its_arguments():
    inputs = example(5)
    copies = [array.copy() for array in inputs]
    decoder_state, encoder_states, W, v, W_enc, W_dec = inputs
    gradient = np.ones((D_ENCODER, 1))
    multiplicative_gradients(decoder_state, encoder_states, W, context_gradient=gradient)
    additive_gradients(decoder_state, encoder_states, v, W_enc, W_dec, context_gradient=gradient)
    central_differences(lambda x: float((x**2).sum()), W)
    for array, copy in zip(inputs, copies, strict=True):
        assert (array == copy).all()


# --- agreement -------------------------------------------------------------------------------------


@pytest.mark.error_messages
def test_central_differences_refuse_integers():  # adding 1e-5 to an integer would change nothing
    with pytest.raises(TypeError, match="at must hold floating-point numbers; got int64"):
        central_differences(lambda y: float((y**3).sum()), np.array([1, 2], dtype=np.int64))


def test_central_differences_of_a_cubic():  # the gradient of the sum of x³ is 3x²
    x = np.array([[1.0, -2.0, 0.5]])
    assert_allclose(central_differences(lambda y: float((y**3).sum()), x), 3 * x**2, rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_gradients_agree_with_autograd_and_with_central_differences(kind, seed):
    decoder_state, encoder_states, W, v, W_enc, W_dec = example(seed, scale=0.5)
    names = ["decoder_state", "encoder_states", *(["W"] if kind == "multiplicative" else ["v", "W_enc", "W_dec"])]
    inputs = [decoder_state, encoder_states, *([W] if kind == "multiplicative" else [v, W_enc, W_dec])]
    upstream = np.random.default_rng(seed + 100).normal(size=(D_ENCODER, 1))
    forward = multiplicative_attention if kind == "multiplicative" else additive_attention
    backward = multiplicative_gradients if kind == "multiplicative" else additive_gradients
    by_hand = backward(*inputs, context_gradient=upstream)
    assert by_hand._fields == tuple(names)

    tensors = [torch.tensor(array, requires_grad=True) for array in inputs]
    if kind == "multiplicative":
        s, h, w = tensors
        scores = s.T @ w @ h
    else:
        s, h, vector, enc, dec = tensors
        scores = vector.T @ torch.tanh(enc @ h + dec @ s)
    loss = (torch.tensor(upstream) * (h @ torch.softmax(scores, dim=1).T)).sum()
    loss.backward()
    for position, name in enumerate(names):
        gradient = getattr(by_hand, name)
        assert_allclose(gradient, tensors[position].grad.numpy(), rtol=1e-10, atol=1e-14)

        def loss_at(array, position=position):
            changed = [*inputs[:position], array, *inputs[position + 1 :]]
            return float((upstream * forward(*changed)[0]).sum())

        assert_allclose(gradient, central_differences(loss_at, inputs[position]), rtol=1e-6, atol=1e-9)


BATCH, N_QUERIES, D_VALUE = 2, 6, 8


def batch_example(seed):
    rng = np.random.default_rng(seed)
    query = rng.normal(size=(BATCH, N_QUERIES, D_DECODER))
    key = rng.normal(size=(BATCH, N_KEYS, D_ENCODER))
    value = rng.normal(size=(BATCH, N_KEYS, D_VALUE))
    return query, key, value


def test_the_batch_is_the_matrix_version_sentence_by_sentence():
    query, key, _ = batch_example(0)
    _, _, W, v, W_enc, W_dec = example(0)
    several = batch_multiplicative_attention(query, key, key, W=W)
    network = batch_additive_attention(query, key, key, v=v[:, 0], W_key=W_enc, W_query=W_dec)
    for b in range(BATCH):
        for q in range(N_QUERIES):
            column = query[b, q][:, None]
            for (context, weights), expected in [
                (several, multiplicative_attention(column, key[b].T, W)),
                (network, additive_attention(column, key[b].T, v, W_enc, W_dec)),
            ]:
                assert_allclose(context[b, q], expected[0][:, 0])
                assert_allclose(weights[b, q], expected[1][0])


@pytest.mark.parametrize("seed", range(3))
def test_the_batch_versions_agree_with_the_torch_versions(seed):
    query, key, value = batch_example(seed)
    _, _, W, v, W_enc, W_dec = example(seed)
    q, k, x = (torch.tensor(array) for array in (query, key, value))
    scores = attention.general_scores(q, k, torch.tensor(W))
    weights = attention.masked_softmax(scores)
    context, own = batch_multiplicative_attention(query, key, value, W=W)
    assert_allclose(own, weights.numpy())
    assert_allclose(context, attention.weighted_average(weights, x).numpy())

    scores = attention.additive_scores(q, k, torch.tensor(W_dec), torch.tensor(W_enc), torch.tensor(v[:, 0]))
    weights = attention.masked_softmax(scores)
    context, own = batch_additive_attention(query, key, value, v=v[:, 0], W_key=W_enc, W_query=W_dec)
    assert_allclose(own, weights.numpy())
    assert_allclose(context, attention.weighted_average(weights, x).numpy())


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_softmax_agrees_with_torch(temperature):
    scores = np.random.default_rng(7).normal(size=(2, 3, 5), scale=5)
    for axis in (0, 1, 2):
        expected = torch.softmax(torch.tensor(scores) / temperature, dim=axis).numpy()
        assert_allclose(softmax(scores, axis=axis, temperature=temperature), expected)


def test_a_gaussian_kernel_is_dot_product_attention_when_the_keys_are_equally_long():
    angles = np.array([0.1, 0.9, 2.0, 4.0])
    key = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    query = np.array([[0.3, -1.2]])
    distances = ((query[:, None] - key) ** 2).sum(axis=2)
    assert_allclose(
        softmax(-distances / (2 * 0.4**2), axis=1),
        softmax(query @ key.T, axis=1, temperature=0.4**2),
    )


# --- errors ----------------------------------------------------------------------------------------

VECTOR = np.ones(3)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: softmax(VECTOR, axis=0, temperature=0.0), "temperature must be a positive number; got 0.0"),
        (lambda: softmax(VECTOR, axis=0, temperature=float("nan")), "temperature must be a positive number"),
        (lambda: softmax(VECTOR, axis=0, temperature=float("inf")), "temperature must be a positive number"),
        (lambda: softmax(VECTOR, axis=1), r"axis must be an axis of the scores; got axis=1 for scores of shape \(3,\)"),
        (lambda: softmax(VECTOR, axis=-2), "got axis=-2"),
        (lambda: softmax(np.ones((2, 0)), axis=1), r"at least one score along axis 1; got shape \(2, 0\)"),
        (lambda: multiplicative_scores(VECTOR, ENCODER_STATES, W), r"decoder_state must be one column.*\(3,\)"),
        (lambda: multiplicative_scores(DECODER_STATE.T, ENCODER_STATES, W), r"one column.*got \(1, 3\)"),
        (lambda: multiplicative_scores(DECODER_STATE, ENCODER_STATES, W.T), r"\(d_decoder, d_encoder\) = \(3, 5\)"),
        (lambda: multiplicative_scores(DECODER_STATE, ENCODER_STATES.T, W), r"= \(3, 4\); got \(3, 5\)"),
        (lambda: additive_scores(ENCODER_STATES, DECODER_STATE, V, W_ENC, W_DEC), r"one column.*got \(5, 4\)"),
        (lambda: additive_scores(DECODER_STATE, ENCODER_STATES, V.T, W_ENC, W_DEC), r"v needs the shape \(1, 1\)"),
        (lambda: additive_scores(DECODER_STATE, ENCODER_STATES, V, W_DEC, W_ENC), r"W_enc needs .*\(7, 5\).*\(7, 3\)"),
        (lambda: additive_scores(DECODER_STATE, ENCODER_STATES, V, W_ENC, W_ENC), r"W_dec needs .*\(7, 3\).*\(7, 5\)"),
        (
            lambda: multiplicative_gradients(DECODER_STATE, ENCODER_STATES, W, context_gradient=DECODER_STATE),
            r"context_gradient needs the shape of the context, \(5, 1\); got \(3, 1\)",
        ),
        (lambda: kernel_regression(VECTOR, VECTOR, VECTOR, width=0.0), "width must be positive; got 0.0"),
        (lambda: kernel_regression(VECTOR, VECTOR, np.ones(2), width=1.0), r"one value a key.*\(3,\).*\(2,\)"),
    ],
)
def test_an_error_names_the_argument_the_rule_and_the_sizes(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query": np.ones((6, 3))}, r"query needs three axes, batch first; got \(6, 3\)"),
        ({"query": np.ones((1, 6, 3))}, "the same batch size"),
        ({"value": np.ones((2, 5, 8))}, r"one value a key; got key \(2, 4, 5\) and value \(2, 5, 8\)"),
        ({"query": np.ones((2, 6, 4))}, r"got \(3, 5\)|W_query needs the shape \(7, 4\); got \(7, 3\)"),
    ],
)
def test_batch_errors(changed, message):
    query, key, value = batch_example(0)
    _, _, W, v, W_enc, W_dec = example(0)
    inputs = {"query": query, "key": key, "value": value, **changed}
    with pytest.raises(ValueError, match=message):
        batch_multiplicative_attention(**inputs, W=W)
    with pytest.raises(ValueError, match=message):
        batch_additive_attention(**inputs, v=v[:, 0], W_key=W_enc, W_query=W_dec)


def test_the_softmax_has_no_default_axis():
    axis = inspect.signature(softmax).parameters["axis"]
    assert axis.default is inspect.Parameter.empty
    assert axis.kind is inspect.Parameter.KEYWORD_ONLY
