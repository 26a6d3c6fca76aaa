"""Files that are no notebook are named for what they are; whatever is one is read; nothing takes long or much."""

import ast
import json

import pytest

from classroom.normalise import NotASubmission, reading
from classroom.normalise.definitions import defined
from classroom.normalise.release import Release
from tests.classroom.normalise.made import (
    ANSWERS,
    ASSIGNMENTS,
    SMALL,
    answers_of,
    filled,
    handed_in,
    kinds,
    normalised,
    raw,
    release_of,
)

MIB = 2**20


def code(source):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}


def with_cells(*cells):
    notebook = handed_in()
    return notebook | {"cells": [*notebook["cells"], *cells]}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n\0\0", "is empty"),
        (b"\xef\xbb\xbf", "is no notebook"),
        (b"PK\3\4...", "it is a zip archive"),
        (b"%PDF-1.7", "it is a PDF"),
        (b"\x1f\x8b\x08", "it is packed by gzip"),
        (b"Rar!\x1a\x07\x01", "it is a RAR archive"),
        (b"7z\xbc\xaf'\x1c", "it is a 7-Zip archive"),
        (b"<!DOCTYPE html><html>", "downloaded as HTML"),
        (b"import torch\nx = 1", "it is Python source"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> x\n', "merge conflict"),
        (b"hello", "it is not JSON"),
        (b"[]", "no list of cells"),
        (b"3", "no list of cells"),
        (b"NaN", "no list of cells"),
        (b"{}", "no list of cells"),
        (b'{"cells": {}}', "no list of cells"),
        (b'{"cells": null, "worksheets": {}}', "no list of cells"),
        (b'{"cells": []}', "without any text"),
        (b'{"cells": [null, 1, [], {}]}', "without any text"),
        (b'{"worksheets": [{"cells": 3}, 4]}', "without any text"),
        (b'{"cells": [{"source": "x"}]}', "no cell of it belongs to this assignment"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"cells": ' + b"1" * 5000 + b"}", "broken"),
        (b"\xff\xfe\x00\x00", "is no notebook"),
        (b"\x80\x81{", "it is not JSON"),
    ],
)
def test_what_is_no_notebook_is_named(content, why):
    with pytest.raises(NotASubmission, match=why):
        normalised(content)


def test_every_cut_of_a_notebook_is_named():
    whole = raw(handed_in())
    for length in range(0, len(whole), 101):
        with pytest.raises(NotASubmission, match=r"broken or cut off|is empty"):
            normalised(whole[:length])


def test_a_notebook_of_another_assignment_is_named_with_its_marks():
    with pytest.raises(NotASubmission, match="its cells are marked e02-additive"):
        normalised(handed_in("e02-attention-by-hand"))
    with pytest.raises(NotASubmission, match="no cell of it belongs to this assignment"):
        normalised(handed_in(SMALL), "e02-attention-by-hand")


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("theirs", ASSIGNMENTS)
def test_no_assignment_is_taken_for_another(theirs, marked):
    """Imports, first lines of written answers and places are the same in several; without marks a name may be."""
    notebook = handed_in(theirs)
    if not marked:  # Colab keeps no marks
        notebook = notebook | {"cells": [{**cell, "id": "x", "metadata": {}} for cell in notebook["cells"]]}
    there = set().union(
        *(defined("".join(cell["source"])) for cell in notebook["cells"] if cell["cell_type"] == "code")
    )
    for own in ASSIGNMENTS:
        names = set().union(*(answer.names for answer in Release(release_of(own)).answers.values()))
        if own != theirs and (marked or not names & there):
            with pytest.raises(NotASubmission, match="no cell of it belongs to this assignment"):
                normalised(notebook, own)


def test_of_a_key_that_comes_twice_the_last_counts_as_everywhere():
    text = raw(handed_in()).decode()
    assert normalised(('{"cells": [], ' + text[1:]).encode())[0] == filled(SMALL)


def test_numbers_that_are_none_do_no_harm():
    text = raw(handed_in()).decode().replace('"execution_count": 1', '"execution_count": NaN')
    assert normalised(text.replace('"nbformat_minor": 5', '"nbformat_minor": -Infinity').encode())[0] == filled(SMALL)


@pytest.mark.parametrize("source", [None, 3, True, {}, {"a": 1}, [], [1, None, {}], ""])
def test_a_source_that_is_no_text_is_an_answer_that_is_missing_or_a_stub(source):
    notebook = handed_in()
    for cell in notebook["cells"]:
        if cell["source"] == filled(SMALL).cells[4].source:
            cell["source"] = source
    result, _ = normalised(notebook)
    assert result.cells[4].source == release_of(SMALL).cells[4].source
    assert result.cells[7].source == filled(SMALL).cells[7].source


@pytest.mark.parametrize(
    "metadata", [None, 1, [], "x", {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": ["x"], "grade": {}}}]
)
def test_broken_metadata_costs_nothing(metadata):
    notebook = handed_in()
    for cell in notebook["cells"]:
        cell["metadata"] = metadata
        cell["id"] = {"no": "id"}
        cell["attachments"] = {"a": {"image/png": 3}, "b": "x"}
    assert normalised(notebook)[0] == filled(SMALL)


def test_halves_of_characters_and_controls_do_not_stop_it():
    notebook = with_cells(code("x = '\ud800'"), {"cell_type": "markdown", "metadata": {}, "source": "\0\x1b[2J\u202e"})
    result, _ = normalised(notebook)
    assert next(cell.source for cell in result.cells if cell.id == "added-1") == "x = '\ufffd'"
    json.dumps(result, ensure_ascii=False).encode()


def test_pictures_in_a_written_answer_are_kept_and_bounded(monkeypatch):
    notebook = handed_in()
    notebook["cells"][-1]["attachments"] = {"a.png": {"image/png": "aGk="}}
    assert normalised(notebook)[0].cells[-1].attachments == {"a.png": {"image/png": "aGk="}}
    monkeypatch.setattr("classroom.normalise._LARGEST_ATTACHMENTS", 3)
    result, repairs = normalised(notebook)
    assert "attachments" not in result.cells[-1]
    assert ("attachment", "e99-slowness") in kinds(repairs)


@pytest.mark.parametrize(
    ("limit", "notebook"),
    [
        ("_MOST_CELLS", with_cells(*[code("")] * 1000)),
        ("_MOST_TEXT", with_cells(code("#" + "a" * 1_000_000))),
        ("_MOST_VALUES", with_cells(*[code("")] * 1000)),
        ("LARGEST", with_cells(code("#" + "a" * 1_000_000))),
    ],
)
def test_each_bound_refuses_what_is_beyond_and_only_that(monkeypatch, limit, notebook):
    """Without its bound each is read."""
    for other in ("_MOST_CELLS", "_MOST_TEXT", "_MOST_VALUES", "LARGEST"):
        monkeypatch.setattr(reading, other, 10**9)
    assert answers_of(normalised(notebook)[0]) == answers_of(filled(SMALL))
    size = {"_MOST_CELLS": 1010, "_MOST_VALUES": 5000, "_MOST_TEXT": 10**6, "LARGEST": 10**6}[limit]
    monkeypatch.setattr(reading, limit, size - 1)
    with pytest.raises(NotASubmission, match=r"at most|more than"):
        normalised(notebook)


def test_an_ordinary_notebook_is_far_below_the_bounds():
    text = raw(handed_in("e13-pretraining-bert")).decode()
    assert sum(map(text.count, "[{,")) * 100 < reading._MOST_VALUES
    assert len(text) * 10 < reading._MOST_TEXT
    assert len(handed_in("e13-pretraining-bert")["cells"]) * 10 < reading._MOST_CELLS


@pytest.mark.parametrize(
    "cells",
    [
        [code("if 1: pass"), *[code("elif b: pass")] * 900],  # each joins what was before it
        [code("x = (")] * 900,
        [code("elif b: pass")] * 900,
        [code("\n".join(f"def double(): return {n}" for n in range(3000)))] * 4,
        [code(f"def f{n}(): return f{n + 1}()") for n in range(900)],
        [code("(" * 90 + ")" * 90)] * 900,
        [code("-" * 400_000 + "1")] * 2,
        [{"cell_type": "markdown", "metadata": {}, "source": "```\n```" + " " * 400_000 + "x"}] * 2,
    ],
    ids=["chain", "open", "parts", "same name", "each needs the next", "brackets", "signs", "fences"],
)
def test_hostile_cells_are_parsed_a_few_times_each(monkeypatch, cells):
    """Counted in characters that go to the parser, for time is not the same on two machines."""
    parse, counted = ast.parse, []

    def counting(source, *rest, **options):
        counted.append(len(source))
        return parse(source, *rest, **options)

    monkeypatch.setattr(ast, "parse", counting)
    notebook = with_cells(*cells)
    result, _ = normalised(notebook)
    assert answers_of(result)["e99-sums-answer"].endswith(ANSWERS["e99-sums-answer"])
    assert sum(counted) < 60 * sum(len(cell["source"]) for cell in notebook["cells"])
