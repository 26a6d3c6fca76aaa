"""Whatever happened to a notebook on its way, the same comes out: the release with the student's answers."""

import random

import nbformat
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.classroom.normalise import mutations
from tests.classroom.normalise.made import ASSIGNMENTS, SMALL, filled, handed_in, normalised

EVERY = (*mutations.STRUCTURE, *mutations.SURFACE, mutations.format_3)
DEALT = st.lists(st.sampled_from(EVERY), max_size=9, unique=True)


def mutated(name, chosen, seed):
    draw = random.Random(seed)
    notebook = handed_in(name)
    for mutation in mutations.together(chosen):
        mutation(notebook, draw)
    return mutations.encoded(notebook, draw)


def check(name, content):
    notebook, repairs = normalised(content, name)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in filled(name).cells]
    assert notebook == filled(name)
    assert not [repair for repair in repairs if repair.kind in ("missing", "helper")]


@pytest.mark.parametrize("name", [*ASSIGNMENTS, SMALL])
def test_an_untouched_notebook_needs_no_repair(name):
    notebook, repairs = normalised(handed_in(name), name)
    assert (notebook, repairs) == (filled(name), [])


@pytest.mark.parametrize("mutation", EVERY, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_each_mutation_costs_nothing(name, mutation):
    check(name, mutated(name, [mutation], seed=EVERY.index(mutation)))


@settings(phases=[Phase.generate], max_examples=120, deadline=None, derandomize=True)
@given(st.sampled_from(ASSIGNMENTS), DEALT, st.integers(0, 2**32))
def test_any_combination_costs_nothing(name, chosen, seed):
    check(name, mutated(name, chosen, seed))


@settings(phases=[Phase.generate], max_examples=30, deadline=None, derandomize=True)
@given(st.sampled_from(ASSIGNMENTS), DEALT, st.integers(0, 2**32), st.integers(1, 4))
def test_normalising_twice_is_normalising_once(name, chosen, seed, helpers):
    """Also with code and text of the student's own between the cells."""
    draw = random.Random(seed)
    notebook = handed_in(name)
    for mutation in mutations.together(chosen):
        mutation(notebook, draw)
    cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    for number in range(helpers):
        code = {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "source": f"def own_{number}():\n    return {number}",
        }
        text = {"cell_type": "markdown", "metadata": {}, "source": f"own text {number}"}
        cells.insert(draw.randrange(len(cells) + 1), draw.choice([code, text]))
    once, _ = normalised(mutations.encoded(notebook, draw), name)
    twice, _ = normalised(nbformat.writes(once).encode(), name)
    assert [cell.source for cell in twice.cells] == [cell.source for cell in once.cells]
    assert twice == once
