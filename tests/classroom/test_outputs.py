"""What is kept of what a cell shows, whatever its process sends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.sandbox.outputs import MOST, Room

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["output_type", "text", "data", "traceback", "ename", "evalue", "image/png"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
TYPES = st.sampled_from(["stream", "display_data", "error", "other"])


OUTPUTS = st.builds(
    lambda said, kind: said | {"output_type": kind},
    st.dictionaries(st.sampled_from(["text", "data", "traceback", "ename", "evalue"]), ANYTHING),
    TYPES,
)


@given(st.lists(OUTPUTS) | ANYTHING)
def test_whatever_comes_what_is_kept_can_be_written(said):
    kept = Room(100).keep(said)
    json.dumps(kept, ensure_ascii=False).encode()
    assert {output["output_type"] for output in kept} <= {"stream", "display_data", "error"}


def test_what_is_of_the_form_stays():
    said = [
        {"output_type": "stream", "name": "stderr", "text": "printed"},
        {
            "output_type": "display_data",
            "data": {"text/plain": "3", "application/javascript": "x"},
            "metadata": {"a": 1},
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["line 1", "line 2"]},
    ]
    assert Room(100).keep(said) == [
        {"output_type": "stream", "name": "stdout", "text": "printed"},
        {"output_type": "display_data", "data": {"text/plain": "3"}, "metadata": {}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["line 1\nline 2"]},
    ]


@pytest.mark.parametrize("said", [None, 3, "text", {"output_type": "stream"}, [3], [["stream"]], [{}]])
def test_what_is_not_of_the_form_is_left_out(said):
    assert Room(100).keep(said) == []


def test_there_is_room_for_so_much_of_a_cell_and_of_a_submission():
    room = Room(100, total=1000)
    (output,) = room.keep([{"output_type": "stream", "text": "x" * 10_000}])
    assert len(output["text"]) <= 200
    kept = [output for _ in range(20) for output in room.keep([{"output_type": "stream", "text": "x" * 100}])]
    assert sum(len(output["text"]) for output in kept) <= 800
    shown = [{"output_type": "display_data", "data": {"text/plain": "3"}}] * 500
    assert len(Room(100).keep(shown)) <= MOST + 2


@pytest.mark.parametrize(
    "empty",
    [
        {"output_type": "stream", "text": ""},
        {"output_type": "display_data", "data": {"text/plain": ""}},
        {"output_type": "error", "ename": "", "evalue": "", "traceback": []},
        {"output_type": "error", "ename": "x" * 200, "evalue": "", "traceback": []},
    ],
)
def test_outputs_without_text_take_room_too(empty):
    """A notebook of a thousand cells would show twenty of them in each."""
    room = Room(100, total=4000)
    assert sum(len(room.keep([empty] * 20)) for _ in range(100)) <= 20
