"""Laws for every lecture, read from the notebook as it is committed."""

import ast
import importlib
import pkgutil
import re

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt

import seq2bert
from tools.first_cell import TAGS, first_cell
from tools.set_repository import current_address, current_branch, pages_address

LONGEST_CELL = 20  # lines; STYLE: what fits on a screen beside its output
ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def without_code(markdown):
    """Markdown without its code blocks and code spans, where anything may stand."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL))


def headings(notebook):
    return re.findall(r"^#+ +(.*)$", without_code(prose(notebook)), flags=re.MULTILINE)


def tree_of(notebook):
    transform = TransformerManager().transform_cell
    return ast.parse("\n".join(transform(cell.source) for cell in code_cells(notebook)))


def exported_names():
    """Public functions, classes and constants that the package itself defines for lectures.

    Test cells of assignments import from seq2bert.check, which has everyday names (first, draw); no lecture does.
    """
    names = set()
    for module in pkgutil.walk_packages(seq2bert.__path__, "seq2bert."):
        if module.name.endswith("__main__") or f"{module.name}.".startswith("seq2bert.check."):
            continue
        loaded = importlib.import_module(module.name)
        for name in getattr(loaded, "__all__", None) or vars(loaded):
            value = getattr(loaded, name, None)
            if not name.startswith("_") and str(getattr(value, "__module__", "")).startswith("seq2bert"):
                names.add(name)
    return names


def test_committed_without_outputs(notebook):
    for cell in code_cells(notebook):
        assert not cell.outputs
        assert cell.execution_count is None


def test_format_and_kernel(notebook):
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert notebook.metadata.kernelspec.language == "python"
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


def test_first_code_cell_is_the_same_everywhere(notebook, root):
    cell = code_cells(notebook)[0]
    assert cell.source == first_cell(current_address(root), current_branch(root))
    assert cell.metadata.tags == TAGS


def test_cells_fit_on_a_screen(notebook):
    long = {cell.id: len(cell.source.splitlines()) for cell in code_cells(notebook)}
    assert not {name: lines for name, lines in long.items() if lines > LONGEST_CELL}


def test_plain_markdown_without_roles_or_directives(notebook):
    """Colab renders CommonMark with tables and mathematics, and shows everything else as it is typed."""
    text = prose(notebook)
    assert not re.findall(r"\{[a-z][\w:-]*\}`", text), "MyST role"
    assert not re.findall(r"^[ \t]*(?:```|:::|~~~)[ \t]*\{", text, flags=re.MULTILINE), "MyST directive"
    assert not re.findall(r"^\([\w-]+\)=\s*$", text, flags=re.MULTILINE), "MyST target"
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert ":::" not in rendered


def test_links_are_absolute(notebook):
    """A relative link works on the page and is dead in Colab."""
    targets = re.findall(r"\]\(([^)\s]+)", without_code(prose(notebook)))
    targets += re.findall(r'href="([^"]+)"', prose(notebook))
    assert [target for target in targets if not target.startswith("https://")] == []


def test_links_to_the_course_use_its_address(notebook, root):
    for target in re.findall(r"https://[\w.-]+\.github\.io/[^)\s\"]*", prose(notebook)):
        if "/seq2bert" in target or "lectures/" in target:
            assert target.startswith(pages_address(current_address(root)) + "/")


def test_arxiv_links_are_in_the_bibliography(notebook, root):
    listed = set(ARXIV.findall((root / "references.bib").read_text(encoding="utf-8")))
    cited = set(ARXIV.findall(prose(notebook)))
    assert cited, "a lecture names its sources"
    assert cited - listed == set()


def test_figures_have_caption_name_and_description(notebook, lecture):
    for cell in code_cells(notebook):
        settings = cell.metadata.get("mystnb", {})
        if "figure" in settings:
            assert settings["figure"]["caption"].strip()
            assert settings["figure"]["name"].startswith(f"fig-{lecture.stem[:2]}-")
            assert len(settings["image"]["alt"]) >= 30, "the alt text says what the figure shows"


def test_every_picture_is_a_figure_with_a_description(executed):
    for cell in code_cells(executed):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if kinds & {"image/svg+xml", "image/png"}:
            settings = cell.metadata.get("mystnb", {})
            assert settings.get("image", {}).get("alt"), f"cell {cell.id} shows a picture without alt text"
            assert settings.get("figure", {}).get("caption"), f"cell {cell.id} shows a picture without a caption"


def test_equation_numbers(notebook, lecture):
    """Numbered (4.1), (4.2) … in order, and every reference points at one of them."""
    text = prose(notebook)
    number = str(int(lecture.stem[:2]))
    tags = re.findall(r"\\tag\{([^}]*)\}", text)
    assert tags == [f"{number}.{position}" for position in range(1, len(tags) + 1)]
    referred = re.findall(r"\bequations? \((\d+\.\d+)\)", text, flags=re.IGNORECASE)
    assert {one for one in referred if one.split(".")[0] == number} <= set(tags)


def test_displays_of_several_lines_use_cr(notebook):
    r"""Sphinx puts a display with \\ into `split`, where a tag is an error on the page; \cr it leaves alone."""
    displays = re.findall(r"\$\$(.*?)\$\$", without_code(prose(notebook)), flags=re.DOTALL)
    assert [one for one in displays if r"\\" in one] == []


def test_redefines_nothing_that_the_package_exports(notebook):
    defined = set()
    for node in tree_of(notebook).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    assert defined & exported_names() == set()


def test_does_not_use_what_test_cells_use(notebook):
    assert [cell.id for cell in code_cells(notebook) if re.search(r"seq2bert\.check\b", cell.source)] == []


def test_rhythm_from_title_to_references(notebook):
    titles = headings(notebook)
    assert notebook.cells[0].source.startswith("# ")
    for word in ("Summary", "Quiz", "References"):
        assert any(word.lower() in title.lower() for title in titles), f"no section called {word}"
    assert "<details>" in prose(notebook), "at least one prediction with its answer folded"
    assert "Prerequisites" in prose(notebook) or "prerequisites" in prose(notebook).lower()


def test_quiz_explains_every_choice(executed):
    """At least three questions, and each answer has its feedback: read from what the page shows."""
    scripts = [
        str(output.get("data", {}).get("application/javascript", ""))
        for cell in code_cells(executed)
        for output in cell.outputs
    ]
    questions = [one for one in scripts if '"question"' in one]
    assert sum(one.count('"question"') for one in questions) >= 3
    for one in questions:
        assert one.count('"feedback"') >= one.count('"correct"') > 0


def test_ran_without_warnings_or_errors(executed):
    """Standard error on a page is noise to a reader, and often a warning that something is wrong."""
    for cell in code_cells(executed):
        assert cell.execution_count is not None
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", f"cell {cell.id}: {output.get('text', '')[:300]}"


@pytest.mark.parametrize("text", ["{ref}`x`", "```{note}\nx\n```", "(target)=\n"])
def test_the_rules_see_what_they_forbid(text):
    notebook = type("Notebook", (), {"cells": [type("Cell", (), {"cell_type": "markdown", "source": text})]})
    with pytest.raises(AssertionError):
        test_plain_markdown_without_roles_or_directives(notebook)
