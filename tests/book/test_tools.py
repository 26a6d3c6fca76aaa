"""The tools that run lectures and assemble the site."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbformat import v4

from tools import execute
from tools.build_site import SiteError, api_pages, with_outputs, write_tree
from tools.lecture_environment import EnvironmentFault, run_pip


def save(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=list(cells), metadata=metadata), path)
    return path


def run_nbval(root, notebook, *options):
    """Run a notebook as tools/execute.py does, in this environment."""
    command = [sys.executable, "-m", "pytest", "-c", str(root / "tools" / "nbval.ini"), f"--rootdir={notebook.parent}"]
    command += ["-p", "nbval.plugin", "-p", "tools.record_outputs", "--nbval-lax", "--nbval-current-env", "-q"]
    command += [f"--record-to={notebook.parent / 'executed'}", "-p", "no:cacheprovider", *options, str(notebook)]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, env=dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    )


def test_outputs_survive(root, tmp_path):
    code = [
        "print('one')\nprint('two')",
        "from IPython.display import HTML, SVG, Javascript, Markdown, display\ndisplay(Markdown('**bold**'))",
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))\n"
        "display(HTML('<b>b</b>'))\ndisplay(Javascript('1'))",
        "6 * 7",
    ]
    notebook = save(tmp_path / "a.ipynb", v4.new_markdown_cell("# A"), *map(v4.new_code_cell, code))
    result = run_nbval(root, notebook)
    assert result.returncode == 0, result.stdout
    cells = [cell for cell in nbformat.read(tmp_path / "executed" / "a.ipynb", 4).cells if cell.cell_type == "code"]
    assert cells[0].outputs[0].text == "one\ntwo\n"
    assert cells[1].outputs[0].data["text/markdown"] == "**bold**"
    kinds = [set(output.data) - {"text/plain"} for output in cells[2].outputs]
    assert kinds == [{"image/svg+xml"}, {"text/html"}, {"application/javascript"}]
    assert cells[3].outputs[0].data["text/plain"] == "42"
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]
    assert (tmp_path / "executed" / "a.json").exists()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1 / 0"], "ZeroDivisionError"),
        (["# NBVAL_SKIP\n1"], "every cell of a lecture must run"),
        (["import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass", "1"], "ran out of time"),
        (["from IPython.display import clear_output\nprint(1)\nclear_output()"], "a static page cannot show"),
    ],
    ids=["error", "skipped", "timed out and swallowed", "clears its output"],
)
def test_what_did_not_run_does_not_pass(root, tmp_path, cells, message):
    notebook = save(tmp_path / "a.ipynb", *map(v4.new_code_cell, cells))
    result = run_nbval(root, notebook, "--nbval-cell-timeout=3")
    assert result.returncode != 0
    assert message in result.stdout
    assert not (tmp_path / "executed" / "a.ipynb").exists()


@pytest.fixture
def tree(root, tmp_path):
    """A small tree with one lecture and one module."""
    for name in ("execute.py", "record_outputs.py", "lecture_environment.py"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        (tmp_path / "tools" / name).write_bytes((root / "tools" / name).read_bytes())
    (tmp_path / "src" / "seq2bert").mkdir(parents=True)
    (tmp_path / "src" / "seq2bert" / "masks.py").write_text("")
    (tmp_path / "constraints.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    save(tmp_path / "lectures" / "01-a.ipynb", v4.new_markdown_cell("# A"), v4.new_code_cell("1"))
    return tmp_path


def stamp(tree):
    return execute.stamp_of(tree / "lectures" / "01-a.ipynb", execute.package_hash(tree))


@pytest.mark.parametrize(
    "name", ["src/seq2bert/masks.py", "constraints.txt", "pyproject.toml", "tools/record_outputs.py"]
)
def test_a_lecture_runs_again_when_what_it_stands_on_changed(tree, name):
    before = stamp(tree)
    (tree / name).write_text("# changed\n")
    assert stamp(tree) != before


def test_a_lecture_runs_again_when_its_code_changed_and_not_when_its_prose_did(tree):
    before = stamp(tree)
    save(tree / "lectures" / "01-a.ipynb", v4.new_markdown_cell("# Another title"), v4.new_code_cell("1"))
    assert stamp(tree) == before
    save(tree / "lectures" / "01-a.ipynb", v4.new_markdown_cell("# A"), v4.new_code_cell("2"))
    assert stamp(tree) != before


def test_a_broken_package_does_not_leave_old_outputs_in_place(tree):
    executed = tree / "_build" / "executed"
    lecture = tree / "lectures" / "01-a.ipynb"
    save(executed / lecture.name)
    (executed / "01-a.stamp").write_text(stamp(tree))
    assert execute.is_current(lecture, execute.package_hash(tree), executed)
    (tree / "src" / "seq2bert" / "masks.py").write_text("1 / 0\n")
    assert not execute.is_current(lecture, execute.package_hash(tree), executed)


def test_new_prose_gets_the_outputs_of_the_run(tree):
    ran = v4.new_code_cell("1", execution_count=1, outputs=[v4.new_output("stream", text="1")])
    save(tree / "executed" / "01-a.ipynb", v4.new_markdown_cell("# Old"), ran)
    text = with_outputs(tree / "lectures" / "01-a.ipynb", tree / "executed").decode()
    notebook = nbformat.reads(text, 4)
    assert notebook.cells[0].source == "# A"
    assert notebook.cells[1].outputs[0].text == "1"


def test_outputs_of_other_code_are_refused(tree):
    save(tree / "executed" / "01-a.ipynb", v4.new_code_cell("2"))
    with pytest.raises(SiteError, match="changed since it ran"):
        with_outputs(tree / "lectures" / "01-a.ipynb", tree / "executed")


def test_tree_holds_exactly_the_files_and_keeps_times(tmp_path):
    write_tree({"a/b.md": b"1", "c.md": b"2"}, tmp_path)
    time = (tmp_path / "a" / "b.md").stat().st_mtime_ns
    write_tree({"a/b.md": b"1", "d.md": b"3"}, tmp_path)
    assert (tmp_path / "a" / "b.md").stat().st_mtime_ns == time
    assert not (tmp_path / "c.md").exists()
    assert (tmp_path / "d.md").read_bytes() == b"3"


def test_api_pages_follow_the_package(tmp_path):
    package = tmp_path / "seq2bert"
    (package / "attention").mkdir(parents=True)
    (package / "masks.py").write_text("")
    (package / "attention" / "__init__.py").write_text("from .softmax import masked_softmax\n")
    (package / "attention" / "softmax.py").write_text("")
    (package / "attention" / "more.py").write_text("")
    pages = api_pages(package)
    assert set(pages) == {"seq2bert.attention.md", "seq2bert.masks.md"}
    modules = [line.split(":: ")[1] for line in pages["seq2bert.attention.md"].splitlines() if "automodule" in line]
    assert modules == ["seq2bert.attention", "seq2bert.attention.more"]


def test_lectures_are_found_by_number(tree):
    assert [path.stem for path in execute.find_lectures(tree, "1")] == ["01-a"]
    with pytest.raises(SystemExit, match=r"no lecture 2 in lectures/; there are: 01\."):
        execute.find_lectures(tree, "2")


def test_a_lecture_that_cannot_be_read_is_named_before_any_is_run(tree, monkeypatch):
    """Git leaves such a file behind when two branches changed the same cell."""
    (tree / "lectures" / "02-b.ipynb").write_text("<<<<<<< HEAD\n{}\n")
    monkeypatch.setattr(execute, "run_notebook", None)
    with pytest.raises(SystemExit, match=r"02-b\.ipynb cannot be read as a notebook: Notebook does not appear"):
        execute.execute(tree, execute.find_lectures(tree), jobs=1, threads=1)


def test_what_pip_said_is_kept(tmp_path):
    command = [sys.executable, "-c", "print('torch is missing'); raise SystemExit(1)"]
    with pytest.raises(EnvironmentFault, match=r"lacks something:\ntorch is missing"):
        run_pip(command, "The environment lacks something")
    run_pip([sys.executable, "-c", ""], "nothing")
