"""What happens to notebooks on their way, and must cost nothing. Each changes a notebook in place."""

import json

from tests.classroom.normalise.made import is_answer, is_test


def delete_tests(notebook, draw):
    notebook["cells"] = [cell for cell in notebook["cells"] if not is_test(cell) or draw.random() < 0.3]


def edit_tests(notebook, draw):
    for cell in filter(is_test, notebook["cells"]):
        cell["source"] = draw.choice(["assert True", "", "def close(*rest):\n    pass", "1 +", cell["source"] + "\n1"])


def duplicate_tests(notebook, draw):
    _insert(notebook, draw, [_copy(cell) for cell in notebook["cells"] if is_test(cell)])


def retype_tests(notebook, draw):
    for cell in filter(is_test, notebook["cells"]):
        _retype(cell, draw.choice(["markdown", "raw"]))


def change_marks(notebook, draw):
    for cell in notebook["cells"]:
        if marks := cell["metadata"].get("nbgrader"):
            marks.update(points=draw.choice([1000, -1, None, "all"]), locked=False, schema_version=draw.choice([1, 9]))


def delete_texts(notebook, draw):
    notebook["cells"] = [cell for cell in notebook["cells"] if is_answer(cell) or is_test(cell) or draw.random() < 0.5]


def edit_texts(notebook, draw):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and not is_answer(cell):
            cell["source"] = draw.choice([cell["source"] + "\n\nmy notes", "gone", cell["source"].upper()])


def shuffle(notebook, draw):
    draw.shuffle(notebook["cells"])


def retype_answers(notebook, draw):
    for cell in filter(is_answer, notebook["cells"]):
        if cell["cell_type"] == "markdown":
            _retype(cell, draw.choice(["code", "raw"]))
        else:
            _retype(cell, draw.choice(["markdown", "raw"]))
            if cell["cell_type"] == "markdown" and draw.random() < 0.5:
                cell["source"] = f"```python\n{cell['source']}\n```"


def duplicate_answers(notebook, draw):
    _insert(notebook, draw, [_copy(cell) for cell in notebook["cells"] if is_answer(cell)])


def insert_empty_cells(notebook, draw):
    empty = {"cell_type": "markdown", "metadata": {}, "source": " \n"}
    _insert(notebook, draw, [empty, empty | {"cell_type": "raw"}, _as_code(empty | {"source": ""})])


def split_answers(notebook, draw):
    """Cut functions in two, as Ctrl+Shift+minus does: the second part has the same metadata, or none."""
    cells = []
    for cell in notebook["cells"]:
        lines = cell["source"].split("\n")
        inside = [at for at, line in enumerate(lines) if at and line.startswith("    ") and line.strip()]
        if is_answer(cell) and cell["cell_type"] == "code" and inside:
            at = draw.choice(inside)
            metadata = draw.choice([cell["metadata"], {}])
            cells += [cell | {"source": "\n".join(lines[:at])}]
            cells += [_copy(cell) | {"source": "\n".join(lines[at:]), "metadata": metadata}]
        else:
            cells.append(cell)
    notebook["cells"] = cells


def lose_metadata(notebook, draw):
    notebook["metadata"] = {}
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def lose_ids(notebook, draw):
    notebook["nbformat_minor"] = draw.randrange(5)
    for cell in notebook["cells"]:
        cell.pop("id", None)


def renew_ids(notebook, draw):
    for cell in notebook["cells"]:
        cell["id"] = draw.choice([f"{draw.getrandbits(32):08x}", "same", "not valid!", 7, None, ""])


def colab(notebook, draw):
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": [], "name": "Copy of x"}, "kernelspec": {"name": "python3"}}
    for cell in notebook["cells"]:
        cell["metadata"] |= {"id": cell.pop("id", "x") or "x", "colab": {"base_uri": "https://localhost:8080/"}}


def other_kernel(notebook, draw):
    name = draw.choice(["python38", "conda-env-x-py", "ir", "julia-1.9", "", None])
    notebook["metadata"]["kernelspec"] = draw.choice([{"name": name, "display_name": name}, {}, None, []])
    notebook["metadata"]["language_info"] = draw.choice([{"name": "R"}, {"version": 3}, None])


def widgets(notebook, draw):
    state = {"state": {str(n): {"model_name": "X", "state": {"value": n}} for n in range(20)}}
    notebook["metadata"]["widgets"] = draw.choice([{"application/vnd.jupyter.widget-state+json": state}, {}, [], None])


def outputs(notebook, draw):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = draw.choice([[], None, [{"output_type": "error"}], "broken", [None, {"data": {"a": 1}}]])
            cell["execution_count"] = draw.choice([None, 3, "7", [], -1])


def fields(notebook, draw):
    notebook |= {"extra": {"a": [1]}, "nbformat": draw.choice([4, "4", None, 5, 99])}
    for cell in notebook["cells"]:
        cell |= {"collapsed": True, "pinned": [], "attachments": draw.choice([{}, None, [], {"a.png": None}])}


def lists_of_lines(notebook, draw):
    for cell in notebook["cells"]:
        cell["source"] = draw.choice([cell["source"].splitlines(keepends=True), [cell["source"]], cell["source"]])


def other_line_ends(notebook, draw):
    end = draw.choice(["\r\n", "\r"])
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", end)


def format_3(notebook, draw):
    cells = []
    for cell in notebook.pop("cells"):
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            cell = {key: cell[key] for key in ("cell_type", "metadata", "outputs")} | {"input": cell["source"]}
            cell |= {"language": "python", "prompt_number": 1}
        cells.append(cell)
    cut = draw.randrange(len(cells) + 1)
    notebook["worksheets"] = [{"cells": cells[:cut], "metadata": {}}, {"cells": cells[cut:]}]
    notebook |= {"nbformat": draw.choice([2, 3]), "nbformat_minor": 0, "metadata": {"name": ""}}


STRUCTURE = (
    edit_texts, delete_tests, edit_tests, duplicate_tests, retype_tests, change_marks, delete_texts, shuffle,
    retype_answers, duplicate_answers, insert_empty_cells, split_answers, lose_metadata, lose_ids, renew_ids, colab,
)  # fmt: skip
SURFACE = (other_kernel, widgets, outputs, fields, other_line_ends, lists_of_lines)
LOSE_IDS = (lose_ids, renew_ids, format_3, duplicate_answers)


def in_order(chosen):
    """Return mutations in an order in which they can be done."""
    return [mutation for mutation in (*STRUCTURE, *SURFACE, format_3) if mutation in chosen]


def together(chosen):
    """Return mutations in order, without those that harm together.

    What was edited beyond recognition and has lost its id as well is the student's own text, not the release's. The
    halves of a function have to stand beside each other, in this order.
    """
    harm = set()
    if any(mutation in chosen for mutation in LOSE_IDS):
        harm |= {edit_texts}
    if lose_metadata in chosen:
        harm |= {edit_tests}
    if split_answers in chosen:
        harm |= {retype_answers, duplicate_answers, insert_empty_cells}
    return [mutation for mutation in in_order(chosen) if mutation not in harm]


def encoded(notebook, draw):
    """Return the bytes of a notebook as some program writes it."""
    text = json.dumps(
        notebook, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, 1, "\t"]), sort_keys=draw.random() < 0.3
    )
    if draw.random() < 0.3:
        text = text.replace("\n", "\r\n") + draw.choice(["", "\n", "\r\n\r\n", "\0\0"])
    return text.encode(draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]))


def _copy(cell):
    return json.loads(json.dumps(cell)) | {"id": "copy"}


def _insert(notebook, draw, cells):
    for cell in cells:
        notebook["cells"].insert(draw.randrange(len(notebook["cells"]) + 1), dict(cell))


def _as_code(cell):
    return cell | {"cell_type": "code", "outputs": [], "execution_count": None}


def _retype(cell, kind):
    cell.pop("outputs", None)
    cell.pop("execution_count", None)
    cell.update(_as_code(cell) if kind == "code" else {"cell_type": kind})
