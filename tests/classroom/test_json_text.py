"""JSON of a hostile sender is refused before it is built, and in one pass."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.json_text import read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def marks(value):
    """Lists, objects and the commas between their members."""
    if isinstance(value, list | dict):
        members = list(value.values() if isinstance(value, dict) else value)
        return 1 + max(len(members) - 1, 0) + sum(map(marks, members))
    return 0


@given(VALUES)
def test_what_fits_is_read_and_one_mark_less_refuses_it(value):
    text = json.dumps(value)
    assert read_json(text, marks(value)) == value
    if marks(value):
        with pytest.raises(ValueError, match="at most"):
            read_json(text, marks(value) - 1)


@pytest.mark.parametrize("part", ["[],", '"\\', "{", '"', "\\", ',"\\"'])
def test_a_hostile_text_takes_one_pass(part):
    def seconds(n):
        began = time.process_time()
        with pytest.raises((ValueError, RecursionError)):
            read_json(part * n, 1000)
        return time.process_time() - began

    assert seconds(1_000_000) < 5.0  # a quadratic scan takes hours
