"""What a test asks of a student's object beyond a call, by hand and against autograd."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seq2bert import check
from seq2bert.check import OPERATIONS, arguments_after, error_of, first, gradients, methods, module, seeded


class Elsewhere:
    """A stand-in for a student's function in another process."""

    def run_operation(self, *args, **kwargs):
        return args, kwargs


def test_every_operation_travels_to_where_the_object_is():
    names = {"arguments_after", "error_of", "first", "gradients", "methods", "module", "seeded"}
    assert set(OPERATIONS) == names <= set(check.__all__)
    for name in names:
        assert getattr(check, name)(Elsewhere(), 1, two=2) == ((name, 1), {"two": 2})


def test_what_is_called_by_name_there_is_what_is_called_here():
    assert OPERATIONS["error_of"](lambda: 1 / 0) == error_of(lambda: 1 / 0) == ("ZeroDivisionError", "division by zero")


# error_of, first


def test_an_exception_is_its_type_and_its_message():
    def refuse(length, *, unit):
        if length < 0:
            raise ValueError(f"a length of {length} {unit}")

    assert error_of(refuse, -1, unit="m") == ("ValueError", "a length of -1 m")
    assert error_of(refuse, 1, unit="m") is None


def test_an_exit_is_not_an_exception():
    with pytest.raises(SystemExit):
        error_of(exit)


def test_only_so_many_values_are_taken():
    def squares(start, *, step):
        while True:
            yield start**2
            start += step

    assert first(squares, 3, 1, step=2) == [1, 9, 25]
    assert first(iter, 5, [1, 2]) == [1, 2]
    assert first(range, 0, 10) == []


def test_values_are_kept_as_they_were():
    def growing():
        state = torch.zeros(1)
        while True:
            state += 1
            yield state

    assert [value.item() for value in first(growing, 3)] == [1, 2, 3]


# gradients


def test_gradients_by_hand():  # d(a * b)/da = b, d(a * b)/db = a
    a, b = torch.tensor([2.0, 3.0]), torch.tensor([5.0, 7.0])
    of_a, of_b = gradients(torch.mul, a, b)
    assert of_a.tolist() == [5.0, 7.0]
    assert of_b.tolist() == [2.0, 3.0]
    of_a, of_b = gradients(torch.mul, a, b, upstream=torch.tensor([1.0, 10.0]))
    assert of_a.tolist() == [5.0, 70.0]
    assert of_b.tolist() == [2.0, 30.0]


def test_gradients_agree_with_autograd():
    x, w, g = torch.randn(4, 3), torch.randn(3, 5), torch.randn(4, 5)
    mine = [x.clone().requires_grad_(), w.clone().requires_grad_()]
    (torch.softmax(mine[0] @ mine[1], -1)).backward(g)

    def attend(x, w, *, dim):
        return torch.softmax(x @ w, dim), "weights"

    with torch.no_grad():
        found = gradients(attend, x, w, dim=-1, upstream=g)
    assert_close(found, [leaf.grad for leaf in mine])
    assert not x.requires_grad
    assert not any(gradient.requires_grad for gradient in found)


def test_only_floating_tensors_have_gradients():
    ids = torch.tensor([1, 0])
    found = gradients(lambda table, ids, scale, unused: table[ids] * scale, torch.ones(2, 3), ids, 2.0, torch.ones(1))
    assert [None if gradient is None else gradient.tolist() for gradient in found] == [[[2.0] * 3] * 2, None]
    assert gradients(lambda n: torch.ones(n, requires_grad=True), 3) == []
    assert gradients(lambda x: x > 0, torch.ones(3)) == [None]


@pytest.mark.parametrize("result", [1.0, None, (), [], "x"])
def test_a_gradient_needs_a_tensor(result):
    with pytest.raises(TypeError, match="needs a function that returns a Tensor; got"):
        gradients(lambda x: result, torch.ones(2))


def test_upstream_is_not_broadcast():
    with pytest.raises(ValueError, match=r"upstream needs the shape of the result; got \(3,\) and \(1, 3\)"):
        gradients(lambda x: x[None], torch.ones(3), upstream=torch.ones(3))


# arguments_after, seeded


def fill(x, values, *, by):
    x.fill_(by)
    values.append(by)


def test_arguments_are_seen_as_they_are_after_the_call():
    x, values = torch.zeros(2), [0]
    after, more = arguments_after(fill, x, values, by=3)
    assert (after.tolist(), more) == ([3, 3], [0, 3])
    assert arguments_after(lambda x: x + 1, x)[0].tolist() == [0, 0]


@pytest.mark.parametrize(
    "argument",
    [torch.zeros(2, requires_grad=True), np.zeros(2), [torch.zeros(2)], (np.zeros(2),), {"a": [0]}, {1, 2}],
    ids=lambda argument: type(argument).__name__,
)
def test_no_operation_changes_an_argument(argument):
    def spoil(value):
        if isinstance(value, torch.Tensor | np.ndarray):
            value += 1
        elif isinstance(value, set):
            value.clear()
        else:
            for member in value.values() if isinstance(value, dict) else value:
                member.append(1) if isinstance(member, list) else spoil(member)
        return value

    before = repr(argument)
    assert repr(arguments_after(spoil, argument)[0]) != before
    seeded(spoil, 0, argument)
    methods(lambda: spoil, calls=[("__call__", (argument,))])
    assert error_of(spoil, argument) is None
    assert repr(argument) == before


def test_a_generator_is_copied_too():
    for generator, roll in (
        (torch.Generator().manual_seed(1), lambda generator: torch.rand(3, generator=generator).tolist()),
        (np.random.default_rng(1), lambda generator: generator.random(3).tolist()),
    ):
        once = seeded(roll, 0, generator)
        assert seeded(roll, 0, generator) == once == roll(generator)
        assert roll(generator) != once


def test_all_global_generators_are_seeded():
    def roll():
        return torch.rand(()).item(), np.random.rand(), random.random()  # noqa: NPY002

    once = seeded(roll, 3)
    assert seeded(roll, 3) == once
    assert all(one != other for one, other in zip(once, seeded(roll, 4), strict=True))
    torch.manual_seed(3)
    assert once[0] == torch.rand(()).item()


# methods, module


class Cache:
    def __init__(self, start, *, step=1):
        self.keys = torch.full((1,), start)
        self.step = step

    def append(self, key):
        self.keys += key * self.step
        return self.keys

    def __call__(self):
        return self.keys


def test_methods_are_called_in_turn_on_one_object():
    results = methods(Cache, 5.0, step=2, calls=[("append", (1.0,)), ("append", (10.0,)), ("__call__", ())])
    assert [result.item() for result in results] == [7.0, 27.0, 27.0]


@pytest.mark.error_messages
def test_the_arguments_of_a_method_are_a_tuple():
    with pytest.raises(TypeError, match="the arguments of append must be a tuple; got Tensor"):
        methods(Cache, 5.0, calls=[("append", torch.ones(1))])


class Scaled(nn.Module):
    def __init__(self, d_in, d_out, *, frozen=False):
        super().__init__()
        self.linear = nn.Linear(d_in, d_out, bias=False)
        self.unused = nn.Parameter(torch.ones(2))
        self.dropout = nn.Dropout(0.5)
        self.linear.weight.requires_grad_(not frozen)

    def forward(self, x, *rest):
        return self.dropout(self.linear(x)), rest


def test_a_module_by_hand():  # [1, 2] times [[3, 4]] transposed is 11; d(11 * 10)/dw = 10 * [1, 2]
    state = {"linear.weight": torch.tensor([[3.0, 4.0]]), "unused": torch.zeros(2)}
    call = (torch.tensor([1.0, 2.0]), "more")
    found = module(Scaled, 2, 1, call=call, state=state, upstream=torch.tensor([10.0]))
    assert found["output"][0].tolist() == [11.0]
    assert found["output"][1] == ("more",)
    assert {name: value.tolist() for name, value in found["parameters"].items()} == {
        "linear.weight": [[3.0, 4.0]],
        "unused": [0.0, 0.0],
    }
    assert found["gradients"]["linear.weight"].tolist() == [[10.0, 20.0]]
    assert found["gradients"]["unused"] is None
    assert not found["output"][0].requires_grad
    assert not found["parameters"]["linear.weight"].requires_grad


def test_a_module_agrees_with_torch():
    x = torch.randn(5, 4)
    torch.manual_seed(7)
    reference = nn.Linear(4, 3)
    reference(x).sum().backward()
    found = module(nn.Linear, 4, 3, call=(x,), seed=7)
    assert_close(found["output"], reference(x).detach())
    assert_close(found["parameters"], {name: value.detach() for name, value in reference.named_parameters()})
    assert_close(found["gradients"], {name: value.grad for name, value in reference.named_parameters()})


def test_a_module_is_evaluated_unless_it_trains():
    call = (torch.ones(64),)
    trained, again, other = (module(Scaled, 64, 64, call=call, training=True, seed=seed) for seed in (0, 0, 1))
    zeros = (trained["output"][0] == 0).sum().item()
    assert 10 < zeros < 54
    assert not (module(Scaled, 64, 64, call=call)["output"][0] == 0).any()
    assert torch.equal(trained["output"][0], again["output"][0])
    assert not torch.equal(trained["output"][0], other["output"][0])


def test_what_a_call_draws_does_not_depend_on_the_weights_drawn_before():
    def build(n):
        torch.rand(n)
        return nn.Dropout(0.5)

    few, many = (module(build, n, call=(torch.ones(64),), training=True, seed=5)["output"] for n in (0, 3))
    assert torch.equal(few, many)
    torch.manual_seed(5)
    assert torch.equal(few, nn.functional.dropout(torch.ones(64), 0.5))


def test_a_frozen_parameter_has_no_gradient():
    found = module(Scaled, 2, 1, frozen=True, call=(torch.ones(2),))
    assert found["gradients"] == {"linear.weight": None, "unused": None}


def test_every_weight_of_the_state_must_fit():
    with pytest.raises(RuntimeError, match="Missing key"):
        module(Scaled, 2, 1, call=(torch.ones(2),), state={"linear.weight": torch.ones(1, 2)})


@pytest.mark.error_messages
def test_a_module_is_called_on_a_tuple():
    with pytest.raises(TypeError, match="call must be a tuple; got Tensor"):
        module(Scaled, 2, 1, call=torch.ones(1, 2))


def test_what_a_students_code_raises_comes_through():
    for operation in (gradients, arguments_after):
        with pytest.raises(ZeroDivisionError):
            operation(lambda x: 1 / 0, torch.ones(1))
    with pytest.raises(ZeroDivisionError):
        seeded(lambda: 1 / 0, 0)
