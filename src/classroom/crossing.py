"""How values cross between a student's process and the tests': JSON, and raw arrays beside it. Never pickles.

A message is one JSON text and a list of byte strings. What JSON has crosses as it is; everything else is an object
with the key ``$``, which names its kind. Arrays stand in the byte strings, in the order in which the text names them,
and their dtype, shape and length are checked before anything is built, since the sender may be hostile. What is not in
the table below does not cross.

| kind | crosses as |
|---|---|
| None, bool, int, float, str | JSON (NaN and infinities, too) |
| list | JSON list |
| tuple, set, frozenset, dict, bytes | an object with its members, in order |
| NumPy array or scalar, Tensor | dtype, shape and raw bytes; a Tensor comes from the CPU and without gradients |
| ``torch.dtype`` | its name |
| ``torch.Generator``, the generator of ``numpy.random.default_rng`` | its state |
| a function of the test | a number, by which the student's process calls back |

A subclass crosses as its base class.
"""

import itertools
import json
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
import torch

from classroom.json_text import read_json

__all__ = ["LIMIT", "LIMIT_OF_TEXT", "CannotCross", "Message", "decode", "encode", "pack", "unpack"]

LIMIT = 256 * 2**20  # bytes of a message
LIMIT_OF_TEXT = 32 * 2**20  # characters of its text: read as JSON, they take thirty times as much memory
_DEPTH = 50  # containers in containers
_MEMBERS = 1_000_000  # of all containers of a message together
_AXES = 16
_SIZE = struct.Struct(">Q")
_INTEGERS = frozenset(["int8", "int16", "int32", "int64", "uint8"])
_FLOATS = frozenset(["float16", "float32", "float64", "complex64", "complex128"])
_NUMPY = frozenset(["bool", "uint16", "uint32", "uint64"]) | _INTEGERS | _FLOATS
_TORCH = frozenset(["bool", "bfloat16"]) | _INTEGERS | _FLOATS
_SCALARS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
)
_CONTAINERS: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}

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
        If a part of the value is of another kind, or nested too deeply, or the value is too large; the message names
        the part's type.
    """
    encoder = _Encoder(callbacks)
    try:
        text = json.dumps(encoder.encode(value, 0))
    except ValueError as error:  # a whole number of more digits than Python writes
        raise CannotCross(f"a value that cannot be written: {error}") from None
    if len(text) > LIMIT_OF_TEXT:
        raise CannotCross(f"data of {len(text)} characters; at most {LIMIT_OF_TEXT} cross")
    return text, encoder.buffers


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
    if len(text) > LIMIT_OF_TEXT:
        raise CannotCross(f"a message of {len(text)} characters; at most {LIMIT_OF_TEXT} are read")
    decoder = _Decoder(buffers, call_back)
    try:
        value = decoder.decode(read_json(text, 4 * _MEMBERS), 0)  # an array has four marks
    except CannotCross:
        raise
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError) as error:
        raise CannotCross(f"a message that is not well formed: {type(error).__name__}: {error}") from None
    if next(decoder.buffers, None) is not None:
        raise CannotCross("a message with bytes that nothing in it names")
    return value


def pack(message: Message) -> bytes:
    """Return a message as bytes: how many parts, the length of each, the parts."""
    parts = [message[0].encode("utf-8"), *message[1]]
    return b"".join([_SIZE.pack(len(parts)), *(_SIZE.pack(len(part)) for part in parts), *parts])


def unpack(read: Callable[[int], bytes], *, limit: int = LIMIT) -> Message:
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
        If it is larger, or has no part, or its text is not UTF-8. What the sender writes next cannot be read then.
    EOFError
        If the sender is gone.
    """
    (n_parts,) = _SIZE.unpack(read(_SIZE.size))
    if not 1 <= n_parts <= min(_MEMBERS, limit // _SIZE.size):
        raise CannotCross(f"a message of {n_parts} parts")
    sizes = [size for (size,) in _SIZE.iter_unpack(read(n_parts * _SIZE.size))]
    if sum(sizes) > limit:
        raise CannotCross(f"a message of {sum(sizes)} bytes; at most {limit} are read")
    text, *buffers = [read(size) for size in sizes]
    try:
        return text.decode("utf-8"), buffers
    except UnicodeDecodeError as error:
        raise CannotCross(f"a message whose text is not UTF-8: {error}") from None


class _Encoder:
    """One value on its way out: the byte strings so far, and what may still be added."""

    def __init__(self, callbacks: list[Callable[..., Any]] | None) -> None:
        self.callbacks = callbacks
        self.buffers: list[bytes] = []
        self.members_left = _MEMBERS
        self.bytes_left = LIMIT - LIMIT_OF_TEXT

    def encode(self, value: Any, depth: int) -> Any:
        """Return what stands for the value in the text."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray | np.generic) and not isinstance(value, str | bytes):
            return self._array(np.asarray(value), "array" if isinstance(value, np.ndarray) else "scalar")
        for kind, plain in _SCALARS:  # subclasses: an enumeration, say. Their own methods are not asked
            if isinstance(value, kind):
                return plain(value)
        for name, kind in _CONTAINERS.items():
            if isinstance(value, kind):
                members = self._members(kind.__iter__(value), kind.__len__(value), depth)
                return members if kind is list else {"$": name, "members": members}
        if isinstance(value, dict):
            pairs = (OrderedDict if isinstance(value, OrderedDict) else dict).items(value)
            return {"$": "dict", "members": self._members(itertools.chain(*pairs), 2 * dict.__len__(value), depth)}
        if isinstance(value, bytes | bytearray):
            self._append(len(value), lambda: bytes(value))
            return {"$": "bytes"}
        if isinstance(value, torch.dtype):
            return {"$": "dtype", "name": str(value).removeprefix("torch.")}
        if isinstance(value, torch.Generator):
            return {"$": "torch generator", "state": self._tensor(value.get_state())}
        if isinstance(value, np.random.Generator) and type(value.bit_generator) is np.random.PCG64:
            return {"$": "numpy generator", "state": self.encode(value.bit_generator.state, depth + 1)}
        if self.callbacks is not None and callable(value) and not hasattr(type(value), "run_operation"):
            self.callbacks.append(value)
            return {"$": "callback", "number": len(self.callbacks) - 1}
        raise CannotCross(
            f"a {type(value).__name__} is not data: only numbers, text, containers, arrays and Tensors cross"
        )

    def _members(self, values: Iterator[Any], n: int, depth: int) -> list[Any]:
        if depth >= _DEPTH:
            raise CannotCross(f"data nested more than {_DEPTH} deep, or holding itself")
        self.members_left -= n
        if self.members_left < 0:
            raise CannotCross(f"data of more than {_MEMBERS} members")
        return [self.encode(member, depth + 1) for member in values]

    def _array(self, array: np.ndarray, kind: str) -> dict[str, Any]:
        if array.dtype.name not in _NUMPY:
            raise CannotCross(f"an array of {array.dtype} is not data that crosses")
        self._check_axes(array.ndim)
        self._append(array.nbytes, lambda: array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return {"$": kind, "dtype": array.dtype.name, "shape": list(array.shape)}

    def _tensor(self, tensor: torch.Tensor) -> dict[str, Any]:
        name = str(tensor.dtype).removeprefix("torch.")
        if name not in _TORCH or tensor.layout != torch.strided or tensor.is_meta:
            raise CannotCross(f"a Tensor of {tensor.dtype}, {tensor.layout}, {tensor.device}, is not data that crosses")
        self._check_axes(tensor.dim())

        def raw() -> bytes:
            plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
            return (plain.view(torch.int16) if name == "bfloat16" else plain).numpy().tobytes()

        self._append(tensor.numel() * tensor.element_size(), raw)
        return {"$": "tensor", "dtype": name, "shape": list(tensor.shape)}

    def _check_axes(self, n: int) -> None:
        if n > _AXES:
            raise CannotCross(f"an array of {n} axes; at most {_AXES} cross")

    def _append(self, size: int, raw: Callable[[], bytes]) -> None:
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise CannotCross(f"arrays of more than {LIMIT - LIMIT_OF_TEXT} bytes")
        self.buffers.append(raw())


class _Decoder:
    """One message on its way in: the byte strings that are left, and how many members it may still have."""

    def __init__(self, buffers: list[bytes], call_back: Callable[[int], Callable[..., Any]] | None) -> None:
        self.buffers = iter(buffers)  # each is used once, so that a short text cannot ask for more memory than was sent
        self.call_back = call_back
        self.members_left = _MEMBERS

    def decode(self, tree: Any, depth: int) -> Any:
        """Return the value that a part of the text stands for."""
        if isinstance(tree, list):
            return self._members(tree, depth)
        if not isinstance(tree, dict):
            return tree
        match tree["$"]:
            case "tuple":
                return tuple(self._members(tree["members"], depth))
            case "set" | "frozenset" as kind:
                members = self._members(tree["members"], depth)
                return _all_of((set if kind == "set" else frozenset)(members), len(members))
            case "dict":
                flat = self._members(tree["members"], depth)
                return _all_of(dict(zip(flat[::2], flat[1::2], strict=True)), len(flat) // 2)
            case "bytes":
                return self._buffer()
            case "array" | "scalar" | "tensor" as kind:
                return self._array(tree, kind)
            case "dtype" if tree["name"] in _TORCH:
                return getattr(torch, tree["name"])
            case "torch generator":
                return _torch_generator(self._array(tree["state"], "tensor"))
            case "numpy generator":
                return _numpy_generator(self.decode(tree["state"], depth + 1))
            case "callback" if self.call_back is not None and type(tree["number"]) is int:
                return self.call_back(tree["number"])
        raise CannotCross(f"a value of the kind {tree['$']!r:.40}, which is not allowed here")

    def _members(self, trees: Any, depth: int) -> list[Any]:
        if not isinstance(trees, list):
            raise CannotCross("a container without a list of members")
        if depth >= _DEPTH:
            raise CannotCross(f"a message nested more than {_DEPTH} deep")
        self.members_left -= len(trees)
        if self.members_left < 0:
            raise CannotCross(f"a message of more than {_MEMBERS} members")
        return [self.decode(tree, depth + 1) for tree in trees]

    def _buffer(self) -> bytes:
        buffer = next(self.buffers, None)
        if buffer is None:
            raise CannotCross("a message that names more bytes than it has")
        return buffer

    def _array(self, tree: dict[str, Any], kind: str) -> Any:
        name, shape, buffer = tree["dtype"], tree["shape"], self._buffer()
        if name not in (_TORCH if kind == "tensor" else _NUMPY):
            raise CannotCross(f"an array of {name!r:.40}")
        most = 0 if kind == "scalar" else _AXES
        if not (isinstance(shape, list) and len(shape) <= most and all(type(n) is int and n >= 0 for n in shape)):
            raise CannotCross(f"a {kind} of the shape {shape!r:.80}")
        stored = np.dtype("int16" if name == "bfloat16" else name).newbyteorder("<")
        n_values = 1
        for size in shape:  # of Python's integers, which do not overflow
            n_values *= size
        if n_values * stored.itemsize != len(buffer):
            raise CannotCross(f"an array of shape {shape!r:.80} and {name} with {len(buffer)} bytes")
        if name == "bool":
            flat = np.frombuffer(buffer, np.uint8) != 0  # a byte of 2 would be neither
        else:
            flat = np.frombuffer(buffer, stored).astype(stored.newbyteorder("="))
        array = flat.reshape(shape)
        if kind != "tensor":
            return array[()] if kind == "scalar" else array
        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor


def _all_of(container: Any, n: int) -> Any:
    """Return the set or dict, if the `n` members that were sent for it are all different."""
    if len(container) != n:
        raise CannotCross("a member or a key that is there twice")
    return container


def _torch_generator(state: torch.Tensor) -> torch.Generator:
    try:
        return torch.Generator().set_state(state)
    except RuntimeError as error:
        _refuse_state(error)


def _numpy_generator(state: Any) -> np.random.Generator:
    # Only PCG64, which default_rng makes: others hold an index into their state, which NumPy does not check.
    generator = np.random.PCG64(0)
    try:
        generator.state = state
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        _refuse_state(error)
    return np.random.Generator(generator)


def _refuse_state(error: Exception) -> NoReturn:
    raise CannotCross(f"the state of a generator that is none: {type(error).__name__}: {error}") from None
