"""How values cross between a student's process and the tests': JSON, and raw arrays beside it. Never pickles.

A message is one JSON text and a list of byte strings. What JSON has crosses as it is; everything else is an object
with the key ``$``, which names its kind. Arrays stand in the byte strings, and their dtype, shape and length are
checked before anything is built, since the sender may be hostile. What is not in the table below does not cross.

| kind | crosses as |
|---|---|
| None, bool, int, float, str | JSON (NaN and infinities, too) |
| list | JSON list |
| tuple, set, dict, bytes | an object with its members, in order |
| NumPy array or scalar, Tensor | dtype, shape and raw bytes; a Tensor comes from the CPU and without gradients |
| ``torch.dtype`` | its name |
| ``torch.Generator``, ``numpy.random.Generator`` | its state |
| a function of the test | a number, by which the student's process calls back |
"""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

__all__ = ["CannotCross", "Message", "decode", "encode", "pack", "unpack"]

_DEPTH = 50  # containers in containers
_MEMBERS = 2_000_000  # of all containers of a message together
_INTEGERS = frozenset(["int8", "int16", "int32", "int64", "uint8"])
_FLOATS = frozenset(["float16", "float32", "float64", "complex64", "complex128"])
_NUMPY = frozenset(["bool", "uint16", "uint32", "uint64"]) | _INTEGERS | _FLOATS
_TORCH = frozenset(["bool", "bfloat16"]) | _INTEGERS | _FLOATS
_SIZE = struct.Struct(">Q")

Message = tuple[str, list[bytes]]


class CannotCross(TypeError):
    """A value that is not data, or a message that is not well formed."""


def encode(value: Any, callbacks: list[Callable[..., Any]] | None = None) -> Message:
    """Return the message for a value.

    Parameters
    ----------
    value : object
        Of a kind in the table of this module.
    callbacks : list of callable, optional
        Functions found in the value are appended here and cross as their index; without the list they do not cross.

    Raises
    ------
    CannotCross
        If a part of the value is of another kind, or nested too deeply; the message names its type.
    """
    buffers: list[bytes] = []
    return json.dumps(_encode(value, buffers, callbacks, 0)), buffers


def decode(message: Message, call_back: Callable[[int], Callable[..., Any]] | None = None) -> Any:
    """Return the value of a message.

    Parameters
    ----------
    message : (str, list of bytes)
    call_back : callable, optional
        Makes the function that stands for a callback from its index; without it callbacks are refused.

    Raises
    ------
    CannotCross
        If the message is not one that `encode` makes, or larger than what is allowed.
    """
    text, buffers = message
    budget = [_MEMBERS]
    try:
        return _decode(json.loads(text), buffers, call_back, 0, budget)
    except (ValueError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise CannotCross(f"a message that is not well formed: {type(error).__name__}: {error}") from None


def pack(message: Message) -> bytes:
    """Return a message as bytes: how many parts, the length of each, the parts."""
    parts = [message[0].encode("utf-8", "surrogatepass"), *message[1]]
    return b"".join([_SIZE.pack(len(parts)), *(_SIZE.pack(len(part)) for part in parts), *parts])


def unpack(read: Callable[[int], bytes], *, limit: int = 256 * 2**20) -> Message:
    """Read one packed message.

    Parameters
    ----------
    read : callable
        Returns exactly as many bytes as it is asked for; raises EOFError if there are fewer.
    limit : int
        The largest message that is read, in bytes.

    Raises
    ------
    CannotCross
        If it is larger, or has no part, or its text is not UTF-8.
    EOFError
        If the sender is gone.
    """
    (n_parts,) = _SIZE.unpack(read(_SIZE.size))
    if not 1 <= n_parts <= limit // _SIZE.size:
        raise CannotCross(f"a message of {n_parts} parts")
    sizes = [_SIZE.unpack(read(_SIZE.size))[0] for _ in range(n_parts)]
    if sum(sizes) > limit:
        raise CannotCross(f"a message of {sum(sizes)} bytes; at most {limit} are read")
    text, *buffers = [read(size) for size in sizes]
    try:
        return text.decode("utf-8", "surrogatepass"), buffers
    except UnicodeDecodeError as error:
        raise CannotCross(f"a message whose text is not UTF-8: {error}") from None


def _encode(value: Any, buffers: list[bytes], callbacks: list[Callable[..., Any]] | None, depth: int) -> Any:
    if depth > _DEPTH:
        raise CannotCross(f"data nested more than {_DEPTH} deep, or holding itself")

    def members(values: Any) -> list[Any]:
        return [_encode(member, buffers, callbacks, depth + 1) for member in values]

    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, torch.Tensor):
        return _encode_tensor(value, buffers)
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(np.asarray(value), buffers, "array" if isinstance(value, np.ndarray) else "scalar")
    if isinstance(value, bool | int | float | str):  # a subclass: an enumeration, say
        return next(kind for kind in (int, float, str) if isinstance(value, kind))(value)
    if isinstance(value, list):
        return members(value)
    if isinstance(value, tuple):
        return {"$": "tuple", "members": members(value)}
    if isinstance(value, set | frozenset):
        return {"$": "set", "members": members(value)}
    if isinstance(value, dict):
        return {"$": "dict", "members": members([part for pair in value.items() for part in pair])}
    if isinstance(value, bytes | bytearray):
        buffers.append(bytes(value))
        return {"$": "bytes", "buffer": len(buffers) - 1}
    if isinstance(value, torch.dtype):
        return {"$": "dtype", "name": str(value).removeprefix("torch.")}
    if isinstance(value, torch.Generator):
        return {"$": "torch generator", "state": _encode_tensor(value.get_state(), buffers)}
    if isinstance(value, np.random.Generator):
        return {"$": "numpy generator", "state": _encode(value.bit_generator.state, buffers, None, depth + 1)}
    if callbacks is not None and callable(value) and not hasattr(type(value), "run_operation"):
        callbacks.append(value)
        return {"$": "callback", "number": len(callbacks) - 1}
    raise CannotCross(
        f"a {type(value).__name__} is not data: a test can only be given numbers, text, containers, arrays"
    )


def _encode_array(array: np.ndarray, buffers: list[bytes], kind: str) -> dict[str, Any]:
    if array.dtype.name not in _NUMPY:
        raise CannotCross(f"an array of {array.dtype} is not data that crosses")
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    buffers.append(little.tobytes())
    return {"$": kind, "dtype": array.dtype.name, "shape": list(array.shape), "buffer": len(buffers) - 1}


def _encode_tensor(tensor: torch.Tensor, buffers: list[bytes]) -> dict[str, Any]:
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in _TORCH or tensor.layout != torch.strided:
        raise CannotCross(f"a Tensor of {tensor.dtype}, {tensor.layout}, is not data that crosses")
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    array = tensor.view(torch.int16).numpy() if name == "bfloat16" else tensor.numpy()
    buffers.append(array.tobytes())
    return {"$": "tensor", "dtype": name, "shape": list(tensor.shape), "buffer": len(buffers) - 1}


def _decode(
    tree: Any, buffers: list[bytes], call_back: Callable[[int], Any] | None, depth: int, budget: list[int]
) -> Any:
    if depth > _DEPTH:
        raise CannotCross(f"data nested more than {_DEPTH} deep")

    def members(values: Any) -> list[Any]:
        if not isinstance(values, list):
            raise CannotCross("a container without a list of members")
        budget[0] -= len(values)
        if budget[0] < 0:
            raise CannotCross(f"more than {_MEMBERS} members")
        return [_decode(member, buffers, call_back, depth + 1, budget) for member in values]

    if isinstance(tree, list):
        return members(tree)
    if not isinstance(tree, dict):
        return tree
    match tree["$"]:
        case "tuple":
            return tuple(members(tree["members"]))
        case "set":
            return set(_hashable(members(tree["members"])))
        case "dict":
            flat = members(tree["members"])
            return dict(zip(_hashable(flat[::2]), flat[1::2], strict=True))
        case "bytes":
            return buffers[tree["buffer"]]
        case "array" | "scalar" | "tensor" as kind:
            return _decode_array(tree, buffers, kind)
        case "dtype" if tree["name"] in _TORCH:
            return getattr(torch, tree["name"])
        case "torch generator":
            generator = torch.Generator()
            try:
                return generator.set_state(_decode_array(tree["state"], buffers, "tensor"))
            except (RuntimeError, TypeError) as error:
                raise CannotCross(f"the state of a generator that torch refuses: {error}") from None
        case "numpy generator":
            return _numpy_generator(_decode(tree["state"], buffers, None, depth + 1, budget))
        case "callback" if call_back is not None and isinstance(tree["number"], int):
            return call_back(tree["number"])
    raise CannotCross(f"a value of the kind {tree['$']!r}, which is not allowed here")


def _decode_array(tree: dict[str, Any], buffers: list[bytes], kind: str) -> Any:
    name, shape, buffer = tree["dtype"], tree["shape"], buffers[tree["buffer"]]
    if name not in (_TORCH if kind == "tensor" else _NUMPY):
        raise CannotCross(f"an array of {name!r}")
    if not (isinstance(shape, list) and len(shape) <= 16 and all(type(size) is int and size >= 0 for size in shape)):
        raise CannotCross(f"an array of the shape {shape!r}")
    stored = np.dtype("int16" if name == "bfloat16" else name).newbyteorder("<")
    n_values = 1
    for size in shape:  # of Python's integers, which do not overflow
        n_values *= size
    if n_values * stored.itemsize != len(buffer):
        raise CannotCross(f"an array of shape {tuple(shape)} and {name} with {len(buffer)} bytes")
    array = np.frombuffer(buffer, stored).astype(stored.newbyteorder("=")).reshape(shape)
    if name == "bool":
        array = array.view(np.uint8) != 0  # a byte of 2 would be neither
    if kind == "scalar":
        return array[()]
    if kind == "array":
        return array
    tensor = torch.from_numpy(array)
    return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor


def _hashable(values: list[Any]) -> list[Any]:
    for value in values:
        try:
            hash(value)
        except TypeError:
            raise CannotCross(f"a {type(value).__name__} as a key or a member of a set") from None
    return values


def _numpy_generator(state: Any) -> np.random.Generator:
    kinds = {
        kind.__name__: kind for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox)
    }
    try:
        generator = kinds[state["bit_generator"]]()
        generator.state = state
    except (TypeError, KeyError, ValueError) as error:
        raise CannotCross(f"the state of a generator that NumPy refuses: {error}") from None
    return np.random.Generator(generator)
