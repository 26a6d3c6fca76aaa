"""What a test asks of a student's object beyond a call: gradients, exceptions, iterators, methods, modules.

Each operation runs where the object lives and gives back data. In a notebook that is here. When a grader runs the
tests in another process, the object is a handle with a method ``run_operation(name, *args, **kwargs)``, and the
operation travels to the process that holds the object. So a test never touches the object itself.

Arguments and results are copies without gradients: in a notebook, too, an operation changes nothing of the test's.
What a student's code raises comes through, except in `error_of`.
"""

import copy
import functools
import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["OPERATIONS", "arguments_after", "error_of", "first", "gradients", "methods", "module", "seeded"]

OPERATIONS: dict[str, Callable[..., Any]] = {}  # by name, as the process that holds the objects finds them


def _operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a function whose first argument is a student's object, and let it travel to where that object is."""
    name = function.__name__
    OPERATIONS[name] = function

    @functools.wraps(function)
    def here_or_there(subject: Any, /, *args: Any, **kwargs: Any) -> Any:
        if hasattr(type(subject), "run_operation"):
            return subject.run_operation(name, *args, **kwargs)
        return function(subject, *_copy(args), **_copy(kwargs))

    return here_or_there


@_operation
def error_of(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> tuple[str, str] | None:
    """Return the exception that the call raises.

    Returns
    -------
    (str, str) or None
        The type's name and the message; None if the call raises nothing.
    """
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


@_operation
def first(function: Callable[..., Any], n: int, /, *args: Any, **kwargs: Any) -> list[Any]:
    """Return the first values of the iterable that the call returns.

    Parameters
    ----------
    function : callable
        Returns an iterable, which need not end.
    n : int
        How many values are taken.

    Returns
    -------
    list
        Of length `n`, or shorter if the iterable ends before.
    """
    return [_copy(value) for value in itertools.islice(function(*args, **kwargs), n)]


@_operation
def gradients(
    function: Callable[..., Any], /, *args: Any, upstream: Tensor | None = None, **kwargs: Any
) -> list[Tensor | None]:
    """Return the gradients of ``(result * upstream).sum()`` with respect to the floating tensors among `args`.

    Parameters
    ----------
    function : callable
        Returns a Tensor, or a tuple whose first member is one.
    upstream : Tensor, optional
        Of the result's shape; ones if it is not given.

    Returns
    -------
    list of Tensor or None
        In the order of `args`, each of its argument's shape; None where the result does not depend on the argument.

    Raises
    ------
    TypeError
        If the function returns no Tensor.
    ValueError
        If the result has another shape than `upstream`.
    """
    leaves = [_leaf(argument) for argument in args]
    wanted = [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.requires_grad]
    with torch.enable_grad():
        total = _total(function(*leaves, **kwargs), upstream)
    if not (wanted and total.requires_grad):
        return [None] * len(wanted)
    return list(torch.autograd.grad(total, wanted, allow_unused=True))


@_operation
def arguments_after(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> list[Any]:
    """Return the positional arguments as they are after the call: unchanged, unless the function writes into them."""
    function(*args, **kwargs)
    return [_copy(argument) for argument in args]


@_operation
def seeded(function: Callable[..., Any], seed: int, /, *args: Any, **kwargs: Any) -> Any:
    """Call after seeding the global generators of torch, NumPy and Python.

    Parameters
    ----------
    function : callable
        May draw from the global generators.
    seed : int
        From 0 to 2³² − 1.

    Returns
    -------
    object
        What the call returns.
    """
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (a student may use the global generator)
    random.seed(seed)
    return _copy(function(*args, **kwargs))


@_operation
def methods(
    factory: Callable[..., Any], /, *init: Any, calls: Sequence[tuple[str, tuple[Any, ...]]], **init_kwargs: Any
) -> list[Any]:
    """Build ``factory(*init, **init_kwargs)``, then call its methods in turn.

    Parameters
    ----------
    calls : list of (str, tuple)
        The method's name and its arguments; ``"__call__"`` calls the object itself.

    Returns
    -------
    list
        What each call returned, as it was at that time.

    Raises
    ------
    TypeError
        If the arguments of a call are no tuple.
    """
    for name, args in calls:
        _check_tuple(args, f"the arguments of {name}")
    subject = factory(*init, **init_kwargs)
    return [_copy(getattr(subject, name)(*args)) for name, args in calls]


@_operation
def module(
    factory: Callable[..., nn.Module],
    /,
    *init: Any,
    call: tuple[Any, ...],
    state: dict[str, Tensor] | None = None,
    seed: int = 0,
    training: bool = False,
    upstream: Tensor | None = None,
    **init_kwargs: Any,
) -> dict[str, Any]:
    """Build a module and call it.

    Parameters
    ----------
    call : tuple
        The arguments of the call.
    state : dict from str to Tensor, optional
        Weights to load; every name must fit.
    seed : int
        Of the initial weights, and of what the call draws.
    training : bool
        Whether the module trains (dropout) or is evaluated.
    upstream : Tensor, optional
        As in `gradients`.

    Returns
    -------
    dict
        "output"; "parameters", a dict from name to Tensor; "gradients", of the sum of output times upstream, a dict
        from name to Tensor or None.

    Raises
    ------
    TypeError
        If `call` is no tuple, or the module returns no Tensor.
    RuntimeError
        If `state` has other names or shapes than the module.
    ValueError
        If the result has another shape than `upstream`.
    """
    _check_tuple(call, "call")
    torch.manual_seed(seed)
    built = factory(*init, **init_kwargs)
    if state is not None:
        built.load_state_dict(state, strict=True)
    built.train(training)
    torch.manual_seed(seed)
    with torch.enable_grad():
        output = built(*call)
        named = dict(built.named_parameters())
        total = _total(output, upstream)
    found: Sequence[Tensor | None] = [None] * len(named)
    if total.requires_grad:
        wanted = [parameter for parameter in named.values() if parameter.requires_grad]
        found_of = dict(zip(map(id, wanted), torch.autograd.grad(total, wanted, allow_unused=True), strict=True))
        found = [found_of.get(id(parameter)) for parameter in named.values()]
    return {
        "output": _copy(output),
        "parameters": {name: _copy(parameter) for name, parameter in named.items()},
        "gradients": dict(zip(named, found, strict=True)),
    }


def _leaf(argument: Any) -> Any:
    if isinstance(argument, Tensor) and argument.is_floating_point():
        return argument.detach().clone().requires_grad_()
    return argument


def _total(result: Any, upstream: Tensor | None) -> Tensor:
    """Return the scalar that is differentiated."""
    tensor = result[0] if isinstance(result, tuple | list) and result else result
    if not isinstance(tensor, Tensor):
        raise TypeError(f"a gradient needs a function that returns a Tensor; got {type(tensor).__name__}")
    if upstream is None:
        return tensor.sum()
    if upstream.shape != tensor.shape:
        raise ValueError(
            f"upstream needs the shape of the result; got {tuple(upstream.shape)} and {tuple(tensor.shape)}"
        )
    return (tensor * upstream).sum()


def _check_tuple(args: Any, name: str) -> None:
    if not isinstance(args, tuple | list):
        raise TypeError(f"{name} must be a tuple; got {type(args).__name__}")


def _copy(value: Any) -> Any:
    """Return a copy that later writing does not change: tensors detached, containers anew, functions as they are."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [_copy(member) for member in value]
    if isinstance(value, tuple):
        return tuple(_copy(member) for member in value)
    if isinstance(value, dict):
        return {key: _copy(member) for key, member in value.items()}
    if isinstance(value, torch.Generator):
        return torch.Generator(value.device).set_state(value.get_state())
    return copy.deepcopy(value) if isinstance(value, set | np.random.Generator) else value
