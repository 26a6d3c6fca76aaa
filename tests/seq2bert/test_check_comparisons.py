"""Comparisons of the exercises: what passes, and every sentence that a student can read when something does not."""

import math
import re

import numpy as np
import pytest
import torch

from seq2bert.check import close, equal, same_shape

NAN, INF = math.nan, math.inf
TENSOR_DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def message(comparison, *arguments, **options):
    with pytest.raises(AssertionError) as caught:
        comparison(*arguments, "the hint", **options)
    first, second = str(caught.value).split("\n")
    assert first == "the hint"
    return second


# close


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1, 1.0),
        (True, 1),
        (np.float32(0.1), 0.1),
        ([1, (2, 3.0)][1], [2, 3]),
        ([torch.tensor([1.0, 2.0]), np.array([3, 4])], [[1, 2], (3, 4)]),
        (torch.tensor([[1.0, 2.0]], requires_grad=True) * 2, np.array([[2.0, 4.0]])),
        ([torch.ones(2, requires_grad=True)], torch.ones(1, 2)),
        (torch.tensor([1, 2]), [1.0, 2.0]),
        ([INF, -INF, 0.0], [INF, -INF, 0.0]),
        ([], np.zeros(0)),
        (torch.zeros(0, 3), np.zeros((0, 3))),
    ],
)
def test_the_same_numbers_in_another_form_are_close(actual, expected):
    close(actual, expected, "the hint")
    close(expected, actual, "the hint")


@pytest.mark.parametrize("dtype", TENSOR_DTYPES)
def test_every_floating_dtype_is_compared_by_value(dtype):
    close(torch.tensor([0.5, -2.0], dtype=dtype), [0.5, -2.0], "the hint")
    assert message(close, torch.tensor([0.5, 3.0], dtype=dtype), [0.5, -2.0]).startswith("at [1] yours is 3,")


def test_the_tolerance_is_absolute_plus_relative():  # |difference| <= 0.5 + 0.1 * 10 = 1.5
    close([11.5, 8.5], [10.0, 10.0], "the hint", rtol=0.1, atol=0.5)
    assert message(close, [11.5, 8.4], [10.0, 10.0], rtol=0.1, atol=0.5) == (
        "at [1] yours is 8.4, expected 10; 1 of 2 values differ"
    )


@pytest.mark.parametrize(
    ("actual", "expected", "sentence"),
    [
        (1.5, 2.0, "yours is 1.5, expected 2"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.5], [9.0, 4.0]], "at [1, 0] yours is 3, expected 9; 2 of 4 values differ"),
        ([1.0, NAN], [1.0, 2.0], "at [1] yours is nan, expected 2; 1 of 2 values differ"),
        ([9.0, NAN], [1.0, 2.0], "at [1] yours is nan, expected 2; 2 of 2 values differ"),
        ([1.0, NAN], [1.0, NAN], "at [1] yours is nan, expected nan; 1 of 2 values differ"),
        (5.0, INF, "yours is 5, expected inf"),
        (INF, 5.0, "yours is inf, expected 5"),
        (INF, -INF, "yours is inf, expected -inf"),
        ([0.0, -1e9], [0.0, -INF], "at [1] yours is -1e+09, expected -inf; 1 of 2 values differ"),
        ([7.0, -1e9], [0.0, -INF], "at [1] yours is -1e+09, expected -inf; 2 of 2 values differ"),
    ],
)
def test_a_difference_is_shown_where_it_is_largest(actual, expected, sentence):
    assert message(close, actual, expected) == sentence


def test_two_numbers_that_look_alike_are_shown_in_full():
    sentence = message(close, 1.00000002, 1.00000001, rtol=0.0, atol=1e-9)
    assert sentence == "yours is 1.0000000200000001, expected 1.0000000099999999"


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (None, "yours is None: is a return missing?"),
        ([[1.0], [2.0, 3.0]], "yours has rows of different lengths"),
        ([torch.ones(2), torch.ones(3)], "yours has rows of different lengths"),
        ("ten", "yours is not made of real numbers: it is 'ten' (str)"),
        ([1.0, None], "yours is not made of real numbers: it is [1.0, None] (list)"),
        ({"a": 1.0}, "yours is not made of real numbers: it is {'a': 1.0} (dict)"),
        (np.array([1j]), "yours is not made of real numbers: it is array([0.+1.j]) (ndarray)"),
        ([1.0, 2.0], "yours has shape (2,), expected (1, 2)"),
        (np.ones((2, 1)), "yours has shape (2, 1), expected (1, 2)"),
        (1.0, "yours has shape (), expected (1, 2)"),
        (torch.zeros(0, 2), "yours has shape (0, 2), expected (1, 2)"),
    ],
)
def test_what_cannot_be_compared_is_named(actual, sentence):
    assert message(close, actual, [[1.0, 2.0]]) == sentence


@pytest.mark.parametrize("expected", [None, "ten", [[1], [2, 3]]])
def test_a_mistake_of_the_test_is_not_blamed_on_the_student(expected):
    with pytest.raises(TypeError, match=r"^the expected value (is|has)"):
        close(1.0, expected, "the hint")


def test_what_is_long_is_cut():
    sentence = message(close, ["x" * 500], [1.0])
    assert sentence.endswith("... (list)")
    assert len(sentence) < 200


# equal


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (None, None),
        (2, 2.0),
        (np.int64(2), 2),
        (torch.tensor(2), 2),
        (np.bool_(True), True),
        ("a", np.str_("a")),
        (b"a", b"a"),
        ([1, (2, [3])], (1, [2, (3,)])),
        (torch.tensor([[1, 2]]), [[1, 2]]),
        ([[True, False]], np.array([[True, False]])),
        (np.array([1, 2]), torch.tensor([1, 2])),
        ([np.array([1]), torch.tensor(2)], [[1], 2]),
        (torch.tensor([1.5], requires_grad=True), [1.5]),
        ({"a": [1], "b": None}, {"b": None, "a": (1,)}),
        ({1, 2}, frozenset([2, 1])),
        ((), []),
        ([], torch.zeros(0)),
        (torch.int64, torch.int64),
    ],
)
def test_the_same_values_in_another_container_are_equal(actual, expected):
    equal(actual, expected, "the hint")
    equal(expected, actual, "the hint")


@pytest.mark.parametrize(
    ("actual", "expected", "sentence"),
    [
        (None, 0, "yours is None, expected 0"),
        (1, True, "yours is 1, expected True"),
        (True, 1.0, "yours is True, expected 1.0"),
        ("1", 1, "yours is '1', expected 1"),
        (b"a", "a", "yours is b'a', expected 'a'"),
        (NAN, NAN, "yours is nan, expected nan"),
        (torch.int32, torch.int64, "yours is torch.int32, expected torch.int64"),
        ([1, [2, 3]], [1, [2, 4]], "at [1, 1] yours is 3, expected 4"),
        ([1, 2, 3], [1, 2], "yours has 3 members, expected 2: [1, 2, 3]"),
        ([[1], []], [[1], [2]], "at [1] yours has 0 members, expected 1: []"),
        ([1, 9], [1, 2, 3], "at [1] yours is 9, expected 2"),
        (3, [3], "yours is 3, expected [3]"),
        ({"a": 1}, {"b": 1}, "yours has the keys ['a'], expected ['b']"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "at ['a', 1] yours is 2, expected 3"),
        ({"a": 1}.keys(), {"a"}, "yours is dict_keys(['a']), expected {'a'}"),
        ({1}, {2}, "yours is {1}, expected {2}"),
        ({1}, [1], "yours is {1}, expected [1]"),
        (np.array([[1, 2], [3, 4]]), np.array([[1, 2], [5, 6]]), "at [1, 0] yours is 3, expected 5"),
        (torch.tensor([1, 0]), torch.tensor([True, False]), "yours is made of int64, expected bool"),
        (torch.tensor([1, 0]), [True, False], "at [0] yours is 1, expected True"),
        (np.zeros((2, 3)), torch.zeros(3, 2), "yours has shape (2, 3), expected (3, 2)"),
        ([np.zeros(2)], [np.zeros(3)], "at [0] yours has shape (2,), expected (3,)"),
        (torch.tensor([1, 2]), 1, "yours is array([1, 2]), expected 1"),
        (np.array([None, 1], dtype=object), np.array([None, 2], dtype=object), "at [1] yours is 1, expected 2"),
    ],
)
def test_the_first_difference_is_shown(actual, expected, sentence):
    assert message(equal, actual, expected) == sentence


# same_shape


@pytest.mark.parametrize(
    ("actual", "shape"),
    [
        (1.5, ()),
        ([[1, 2, 3]], (1, 3)),
        ([torch.ones(2, requires_grad=True)] * 3, [3, 2]),
        (np.zeros((0, 4)), (0, 4)),
        (torch.zeros(2, 3), torch.Size([2, 3])),
        (torch.ones(2, 3, dtype=torch.bfloat16, requires_grad=True), (2, 3)),
    ],
)
def test_a_shape_is_that_of_arrays_tensors_and_lists(actual, shape):
    same_shape(actual, shape, "the hint")


@pytest.mark.parametrize(
    ("actual", "sentence"),
    [
        (torch.zeros(3, 2), "yours has shape (3, 2), expected (2, 3)"),
        ([1, 2, 3], "yours has shape (3,), expected (2, 3)"),
        (None, "yours is None: is a return missing?"),
        ([[1], [2, 3]], "yours has rows of different lengths"),
        ("text", "yours has no shape: it is 'text' (str)"),
        ({"a": 1}, "yours has no shape: it is {'a': 1} (dict)"),
    ],
)
def test_another_shape_is_shown_beside_the_expected_one(actual, sentence):
    assert message(same_shape, actual, (2, 3)) == sentence


def test_a_function_has_no_shape():
    assert re.fullmatch(r"yours has no shape: it is <function .*> \(function\)", message(same_shape, message, ()))
