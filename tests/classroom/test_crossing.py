"""What crosses between the two processes, and that a hostile message is refused before anything is built."""

import ast
import enum
import json
import math
from collections import Counter, OrderedDict, defaultdict, namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import classroom
from classroom import crossing
from classroom.crossing import CannotCross, decode, encode, pack, unpack

TORCH_DTYPES = [getattr(torch, name) for name in sorted(crossing._TORCH)]


def there(value):
    """Return what arrives of a value that is sent through bytes."""
    return decode(unpack(reader(pack(encode(value)))))


def reader(data):
    position = 0

    def read(n):
        nonlocal position
        if position + n > len(data):
            raise EOFError("no more")
        position += n
        return data[position - n : position]

    return read


def bits(tensor):
    tensor = tensor.detach().contiguous()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def same(one, other):
    """Whether two values have the same types and the same values, NaN included, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return repr(one) == repr(other)  # with the sign of zero
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and bits(one) == bits(other)
    return one == other


# what crosses

KEYS = st.one_of(st.booleans(), st.integers(), st.text(), st.binary(), st.tuples(st.integers(), st.text()))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.sets(KEYS), st.frozensets(KEYS)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
    ),
    max_leaves=20,
)


@given(TREES)
@settings(max_examples=150, deadline=None)
def test_data_arrives_as_it_was(value):
    assert same(there(value), value)


@given(npst.arrays(st.sampled_from(sorted(crossing._NUMPY)), npst.array_shapes(min_dims=0, max_dims=4, min_side=0)))
@settings(max_examples=150, deadline=None)
def test_arrays_and_their_scalars_arrive_as_they_were(array):
    assert same(there(array), array)
    assert same(there(array.T), np.ascontiguousarray(array.T) if array.ndim else array)
    for scalar in array.flat[:1]:
        assert same(there(scalar), scalar)


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 3), (2, 1, 4)])
def test_tensors_arrive_as_they_were(dtype, shape):
    tensor = torch.randint(0, 2, shape).to(dtype)
    assert same(there(tensor), tensor)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(12.0).reshape(3, 4).T,
        torch.arange(12.0)[::3],
        torch.ones(1).expand(2, 3),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([1 + 2j]).conj().imag,
        torch.tensor([math.nan, math.inf, -0.0]),
        torch.arange(12.0).bfloat16().reshape(3, 4).T,
        torch.zeros(2, 0, 3, dtype=torch.bfloat16),
    ],
)
def test_tensors_arrive_whatever_their_storage(tensor):
    arrived = there(tensor)
    assert same(arrived, tensor.resolve_conj().resolve_neg())
    assert arrived.is_contiguous()


def test_a_tensor_arrives_as_a_copy_without_gradients():
    weight = torch.nn.Parameter(torch.ones(2))
    arrived = there({"weight": weight * 2, "itself": weight})
    assert type(arrived["itself"]) is torch.Tensor
    assert not any(tensor.requires_grad for tensor in arrived.values())
    arrived["itself"] += 1  # can be written
    assert weight.tolist() == [1, 1]


def test_an_array_can_be_written_where_it_arrives():
    array = np.zeros(2)
    arrived = there(array)
    arrived += 1
    assert array.tolist() == [0, 0]


@pytest.mark.parametrize("order", [">", "<"])
def test_the_order_of_bytes_does_not_matter(order):
    arrived = there(np.array([1, 256, -2], dtype=f"{order}i4"))
    assert arrived.dtype == np.int32
    assert arrived.dtype.isnative
    assert arrived.tolist() == [1, 256, -2]


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=str)
def test_a_dtype_arrives_as_itself(dtype):
    assert there(dtype) is dtype


def test_a_torch_generator_goes_on_where_it_was():
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    arrived = there(generator)
    assert torch.equal(torch.randn(7, generator=arrived), torch.randn(7, generator=generator))


def test_a_numpy_generator_goes_on_where_it_was():
    generator = np.random.default_rng(3)
    generator.integers(10, size=3, dtype=np.int32)  # leaves half of a number over
    arrived = there(generator)
    assert np.array_equal(arrived.integers(99, size=5, dtype=np.int32), generator.integers(99, size=5, dtype=np.int32))
    assert np.array_equal(arrived.normal(size=4), generator.normal(size=4))


def test_functions_cross_as_numbers():
    callbacks = []
    message = encode({"args": (abs, [max]), "kwargs": {"key": abs}}, callbacks)
    assert callbacks == [abs, max, abs]
    assert decode(message, call_back=str) == {"args": ("0", ["1"]), "kwargs": {"key": "2"}}


Pair = namedtuple("Pair", "one two")


class Colour(enum.IntEnum):
    RED = 3


class Word(str, enum.Enum):  # noqa: UP042 (str() of it is "Word.ONE")
    ONE = "one"


def test_a_subclass_arrives_as_its_base():
    ordered = OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    for value, plain in [
        (Pair(1, 2), (1, 2)),
        (Colour.RED, 3),
        (Word.ONE, "one"),
        (np.str_("x"), "x"),
        (np.bytes_(b"x"), b"x"),
        (bytearray(b"x"), b"x"),
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (ordered, {"b": 2, "a": 1}),
        (np.ma.array([1.0, 2.0], mask=[True, False]), np.array([1.0, 2.0])),
        (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
    ]:
        assert same(there(value), plain), value


# what lies


class Text(str):
    def __str__(self):
        return "a lie"

    __repr__ = __format__ = encode = __str__


class Whole(int):
    def __int__(self):
        return 99

    __index__ = __trunc__ = __int__


class Broken(float):
    def __float__(self):
        return 99.0


class Row(list):
    def __iter__(self):
        return iter([99])

    def __len__(self):
        return 10**9


class Both(tuple):
    __slots__ = ()

    def __iter__(self):
        return iter([99])


class Table(dict):
    def items(self):
        return [("a lie", 99)]

    keys = values = __iter__ = items


class Bag(set):
    def __iter__(self):
        return iter([99])


class Grid(np.ndarray):
    def __array__(self, *_args, **_kwargs):
        return np.array([99])

    def tobytes(self, *_args):
        return b"a lie"


class Wrapped(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return 99


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Text("x"), "x"),
        (Whole(3), 3),
        (Broken(3.0), 3.0),
        (Row([1, 2]), [1, 2]),
        (Both((1, 2)), (1, 2)),
        (Table(a=1), {"a": 1}),
        (Bag({1}), {1}),
        (np.array([1.0, 2.0]).view(Grid), np.array([1.0, 2.0])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_is_not_asked_what_it_holds(value, plain):
    assert same(there([value]), [plain])
    if type(value).__hash__ is not None:
        assert same(list(there({value: 1})), [plain])


def test_a_tensor_that_answers_for_itself_arrives_plain_or_not_at_all():
    with pytest.raises((CannotCross, AttributeError, TypeError)):
        encode(torch.ones(2).as_subclass(Wrapped))


# what does not cross


class Handle:
    def run_operation(self):
        pass

    def __call__(self):
        pass


def itself():
    value = []
    value.append(value)
    return value


def wide():  # 2 ** 40 members, of 40 lists
    value = [0, 0]
    for _ in range(40):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (object(), "a object is not data"),
        (1j, "a complex is not data"),
        (range(3), "a range is not data"),
        ({"a": 1}.keys(), "a dict_keys is not data"),
        ((x for x in "ab"), "a generator is not data"),
        (math, "a module is not data"),
        (abs, "a builtin_function_or_method is not data"),
        ([{"a": (torch.nn.Linear(1, 1),)}], "a Linear is not data"),
        (Pair, "a type is not data"),
        (torch.device("cpu"), "a device is not data"),
        (np.array(["a"]), "an array of <U1"),
        (np.array([None]), "an array of object"),
        (np.array([(1, 2)], dtype=[("a", int), ("b", int)]), "an array of"),
        (np.longdouble(1), "an array of"),
        (np.datetime64("2020-01-01"), "an array of datetime64"),
        (torch.eye(2).to_sparse(), "a Tensor of torch.float32, torch.sparse_coo"),
        (torch.ones(2, device="meta"), "a Tensor of torch.float32, torch.strided, meta"),
        (torch.ones(2).to(torch.float8_e4m3fn), "a Tensor of torch.float8_e4m3fn"),
        (np.zeros((1,) * 17), "an array of 17 axes"),
        (torch.zeros((1,) * 17), "an array of 17 axes"),
        (np.random.Generator(np.random.MT19937(0)), "a Generator is not data"),
        (np.random.Generator(np.random.Philox(0)), "a Generator is not data"),
        (np.random.RandomState(0), "a RandomState is not data"),
        (itself(), "nested more than 50 deep, or holding itself"),
        (wide(), "more than 1000000 members"),
        ([0] * 1_000_001, "more than 1000000 members"),
        ("x" * (crossing.LIMIT_OF_TEXT + 1), "at most 33554432 cross"),
        (10**5000, "a value that cannot be written"),
        (torch.zeros(1).expand(2**14, 2**14), "arrays of more than"),
        ([torch.zeros(2**25, dtype=torch.uint8)] * 8, "arrays of more than"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 99 else "",
)
def test_other_things_do_not_cross(value, what):
    with pytest.raises(CannotCross, match=what):
        encode(value)


def test_a_handle_is_no_callback():
    with pytest.raises(CannotCross, match="a Handle is not data"):
        encode([Handle()], [])


def test_the_deepest_data_that_cross():
    value = 0
    for _ in range(50):
        value = (value,)
    assert there(value) == value
    with pytest.raises(CannotCross, match="nested"):
        encode([value])
    generator = np.random.default_rng(0)
    for _ in range(47):
        generator = [generator]
    there(generator)


# hostile messages


def array_of(buffers=(b"\0" * 8,), **changes):
    tree = {"$": "array", "dtype": "float32", "shape": [2]} | changes
    return json.dumps({key: value for key, value in tree.items() if value != "absent"}), list(buffers)


def plain(tree, *buffers):
    return json.dumps(tree), list(buffers)


STATE = np.random.default_rng(0).bit_generator.state
SIZES = [[-1], [-2, -1], [3], [2, 2], [], [2.0], [True, 2], ["2"], [[2]], [10**30], [2**62, 0], [0] * 17, [2, None]]
HOSTILE = {
    **{f"a shape of {shape}": array_of(shape=shape) for shape in [*SIZES, 2, "2", None, {"0": 2}, {"$": "tuple"}]},
    **{f"empty, and a shape of {shape}": array_of([b""], shape=shape) for shape in ([0, 2**62], [10**30, 0], [0, -1])},
    **{f"a Tensor of {shape}": array_of(shape=shape, **{"$": "tensor"}) for shape in SIZES},
    **{f"a key {key} left out": array_of(**{key: "absent"}) for key in ("dtype", "shape", "$")},
    **{
        f"a dtype of {dtype}": array_of(dtype=dtype)
        for dtype in ("object", "O", "U2", "float128", "bfloat16", "V4", "M8[s]", "float", "f4", "", [], {}, None, 3)
    },
    **{
        f"a Tensor's dtype of {dtype}": array_of(dtype=dtype, **{"$": "tensor"})
        for dtype in ("uint16", "qint8", "load")
    },
    "an array of a dtype that NumPy lacks": array_of([b"\0" * 4], dtype="bfloat16"),
    "a Tensor of a dtype that does not cross": array_of([b"\0" * 4], dtype="uint16", **{"$": "tensor"}),
    "a scalar with axes": array_of(**{"$": "scalar"}),
    "no bytes": array_of([]),
    "bytes too few": array_of([b"\0" * 7]),
    "bytes left over": array_of([b"\0" * 8, b"x"]),
    "bytes named twice": plain([{"$": "bytes"}, {"$": "bytes"}], b"x"),
    "bytes left over by a number": plain(1, b"x"),
    "a negative index": plain({"$": "bytes", "buffer": -1}),
    "an unknown kind": plain({"$": "object", "members": []}),
    "a kind that is no text": plain({"$": ["tuple"], "members": []}),
    "a kind of null": plain({"$": None}),
    "an object without a kind": plain({"members": []}),
    "a dict as JSON writes it": plain({"a": 1}),
    "members that are no list": plain({"$": "tuple", "members": "ab"}),
    "members that are a dict": plain({"$": "tuple", "members": {"$": "tuple", "members": []}}),
    "no members": plain({"$": "set"}),
    "a list as a key": plain({"$": "dict", "members": [[], 1]}),
    "a list in a set": plain({"$": "set", "members": [[]]}),
    "an array in a set": plain({"$": "set", "members": [{"$": "array", "dtype": "int8", "shape": [0]}]}, b""),
    "a key without a value": plain({"$": "dict", "members": ["a", 1, "b"]}),
    "a key twice": plain({"$": "dict", "members": ["a", 1, "a", 2]}),
    "a key twice in another type": plain({"$": "dict", "members": [1, 1, True, 2]}),
    "a member twice": plain({"$": "frozenset", "members": [1, 1.0]}),
    "a dtype that is another name of torch": plain({"$": "dtype", "name": "load"}),
    "a dtype that is no text": plain({"$": "dtype", "name": ["int8"]}),
    "a callback where there are none": plain({"$": "callback", "number": 0}),
    "text that is no JSON": ("{", []),
    "no text": ("", []),
    "two values": ("1 2", []),
    "a whole number of a million digits": ("9" * 10**6, []),
    "lists in lists": ("[" * 51 + "]" * 51, []),
    "lists in lists in lists": ("[" * 10**6 + "]" * 10**6, []),
    "tuples in tuples": ('{"$":"tuple","members":[' * 51 + "]}" * 51, []),
    "too many members": ("[" + "0," * 10**6 + "0]", []),
    "too many members in all": ("[" + ",".join(["[" + "0," * 999 + "0]"] * 1001) + "]", []),
    "too many characters": ('"' + "x" * crossing.LIMIT_OF_TEXT + '"', []),
    "a torch generator of nothing": plain({"$": "torch generator", "state": {"dtype": "uint8", "shape": [0]}}, b""),
    "a torch generator of zeros": plain(
        {"$": "torch generator", "state": {"dtype": "uint8", "shape": [5056]}}, b"\0" * 5056
    ),
    "a torch generator of floats": plain(
        {"$": "torch generator", "state": {"dtype": "float32", "shape": [1]}}, b"\0" * 4
    ),
    "a torch generator of a number": plain({"$": "torch generator", "state": 3}),
    "a numpy generator of a number": plain({"$": "numpy generator", "state": 3}),
    "a numpy generator of a list": plain({"$": "numpy generator", "state": ["bit_generator"]}),
    **{
        f"a numpy generator with {changes}": (
            json.dumps({"$": "numpy generator", "state": json.loads(encode(STATE | changes)[0])}),
            [],
        )
        for changes in (
            {"bit_generator": "MT19937"},
            {"state": 3},
            {"state": {"state": "x", "inc": 1}},
            {"state": {"state": -1, "inc": 1}},
            {"state": {"state": 2**128, "inc": 1}},
            {"has_uint32": 10**30},
            {"uinteger": -1},
        )
    },
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
def test_a_message_that_is_not_well_formed_is_refused(message):
    with pytest.raises(CannotCross):
        decode(message)


def test_the_messages_above_are_refused_for_what_is_wrong_with_them():
    """Without the fault each of the arrays and generators would be read."""
    assert decode(array_of()).tolist() == [0.0, 0.0]
    assert decode(array_of(**{"$": "tensor"})).tolist() == [0.0, 0.0]
    assert decode(plain({"$": "numpy generator", "state": json.loads(encode(STATE)[0])})).random() >= 0
    assert decode(("[" * 50 + "]" * 50, [])) == decode(encode(decode(("[" * 50 + "]" * 50, []))))
    assert len(decode(("[" + "0," * 999_999 + "0]", []))) == 1_000_000


@pytest.mark.parametrize("number", [0.0, True, "0", None, [0]])
def test_the_number_of_a_callback_is_a_whole_number(number):
    with pytest.raises(CannotCross):
        decode(plain({"$": "callback", "number": number}), call_back=str)


@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_a_truth_value_is_none_or_one(kind):
    arrived = decode(array_of([b"\0\2\xff"], dtype="bool", shape=[3], **{"$": kind}))
    assert (arrived + 0).tolist() == [0, 1, 1]
    assert int(arrived.sum()) == 2


KINDS = ["tuple", "set", "frozenset", "dict", "bytes", "array", "scalar", "tensor", "dtype", "callback"]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 2**65), st.floats(), st.sampled_from(sorted(crossing._TORCH))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries(
            {"$": st.sampled_from(KINDS)},
            optional={"members": inner, "dtype": inner, "shape": inner, "name": inner, "state": inner, "number": inner},
        ),
    ),
    max_leaves=12,
)


@given(JSON, st.lists(st.binary(max_size=16), max_size=3))
@settings(max_examples=400, deadline=None)
def test_whatever_is_sent_is_data_or_refused(tree, buffers):
    try:
        value = decode((json.dumps(tree), buffers))
    except CannotCross:
        return
    encode(value)  # it is data


# packed messages


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.binary(max_size=20), max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_packed_message_is_read_whole_and_no_further(text, buffers):
    data = pack((text, buffers))
    read = reader(data + b"next")
    assert unpack(read) == (text, buffers)
    assert read(4) == b"next"


def test_half_a_character_crosses():
    assert there("\ud800") == "\ud800"


def test_bytes_that_end_too_early_are_noticed():
    data = pack(("text", [b"bytes"]))
    for length in range(len(data)):
        with pytest.raises(EOFError):
            unpack(reader(data[:length]))


def words(*numbers):
    return b"".join(number.to_bytes(8, "big") for number in numbers)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (words(0), "a message of 0 parts"),
        (words(10**6 + 1) + b"\0" * 8 * (10**6 + 1), "a message of 1000001 parts"),
        (words(2**64 - 1), "parts"),
        (words(1, 2**63), "at most 268435456 are read"),
        (words(2, 2**28, 1), "a message of 268435457 bytes"),
        (words(1, 1) + b"\xff", "not UTF-8"),
        (words(1, 3) + "\ud800".encode("utf-8", "surrogatepass"), "not UTF-8"),
    ],
)
def test_lengths_are_checked_before_anything_is_read(data, what):
    asked = []
    read = reader(data)

    def watched(n):
        asked.append(n)
        return read(n)

    with pytest.raises(CannotCross, match=what):
        unpack(watched)
    assert max(asked) <= 16


def test_a_limit_can_be_lower():
    data = pack(("x" * 20, [b"y" * 20]))
    assert unpack(reader(data), limit=40) == ("x" * 20, [b"y" * 20])
    with pytest.raises(CannotCross, match="a message of 40 bytes; at most 39 are read"):
        unpack(reader(data), limit=39)
    with pytest.raises(CannotCross, match="a message of 2 parts"):
        unpack(reader(data), limit=8)


# never pickles


@pytest.mark.parametrize("path", sorted(Path(classroom.__file__).parent.rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_is_ever_unpickled(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    assert not imported & {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not called & {"np.load", "numpy.load", "torch.load", "np.fromfile", "torch.jit.load"}
