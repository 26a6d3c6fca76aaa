"""The tool that breaks the package, and its list of survivors. mutmut itself is not run here: it takes long."""

import ast
import tomllib

import pytest

from tools import mutants
from tools.mutants import Mutant

SHOWN = """# seq2bert.masks.x_key_mask__mutmut_3: survived
--- src/seq2bert/masks.py
+++ src/seq2bert/masks.py
@@ -1,3 +1,3 @@
 def key_mask(valid):
-    return valid[:, None, :]
+    return valid[:, None]

"""


def test_a_change_is_read_from_what_mutmut_shows():
    mutant = Mutant("seq2bert.masks.key_mask", "return valid[:, None, :]", "return valid[:, None]")
    assert mutants.read_change("seq2bert.masks.x_key_mask__mutmut_3", SHOWN) == mutant


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("seq2bert.masks.x__private__mutmut_1", "seq2bert.masks._private"),
        ("seq2bert.attention.layer.xǁAttentionǁforward__mutmut_12", "seq2bert.attention.layer.Attention.forward"),
        ("seq2bert.attention.layer.xǁAttentionǁ__init____mutmut_2", "seq2bert.attention.layer.Attention.__init__"),
    ],
)
def test_a_name_of_mutmut_names_a_function_or_a_method(name, function):
    assert mutants.read_change(name, SHOWN).function == function


def test_statuses_are_read():
    text = "    seq2bert.masks.x_a__mutmut_1: killed\n    seq2bert.masks.x_a__mutmut_2: no tests\n"
    statuses = {"seq2bert.masks.x_a__mutmut_1": "killed", "seq2bert.masks.x_a__mutmut_2": "no tests"}
    assert mutants.read_statuses(text) == statuses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 of 0"),
        ("  x_a__mutmut_1: killed\n  x_a__mutmut_2: segfault\n", "1 of 2 mutants undecided: x_a__mutmut_2"),
    ],
)
def test_a_run_that_decided_nothing_or_not_all_is_no_result(text, message):
    with pytest.raises(SystemExit, match=message):
        mutants.read_statuses(text)


def test_the_summary_keeps_what_was_killed_apart_from_what_ran_out_of_time():
    statuses = dict(zip("abcdef", ["killed"] * 3 + ["timeout", "survived", "no tests"], strict=True))
    text = mutants.summary(statuses)
    assert text.startswith("6 mutants, 3 killed, 1 ran out of time twice")
    assert text.endswith("2 survive")


def test_only_survivors_and_the_list_together_are_right():
    one, other = Mutant("f", "a + b", "a - b"), Mutant("g", "x", "None")
    assert mutants.compare({one, other}, {one, other}) == []
    [*_, survives] = mutants.compare({one, other}, {other})
    assert survives == 'reason = ""'
    assert mutants.compare({one}, {one, other}) == [
        "tests/mutants.toml names one that no longer survives: g: x becomes None"
    ]


def test_a_new_survivor_is_printed_as_an_entry_of_the_list():
    new = Mutant("f", 'a = "×"', "a = None")
    [entry] = tomllib.loads("\n".join(mutants.compare({new}, set())))["survivor"]
    assert entry == {"function": "f", "line": 'a = "×"', "mutants": ["a = None"], "reason": ""}


@pytest.mark.parametrize("lost", ["function", "line", "mutants", "reason"])
def test_an_entry_without_a_part_is_refused(tmp_path, lost):
    entry = {"function": '"f"', "line": '"a"', "mutants": '["b", "c"]', "reason": '"equal"'}
    path = tmp_path / "mutants.toml"
    path.write_text("\n".join(["[[survivor]]", *(f"{name} = {value}" for name, value in entry.items())]))
    assert mutants.read_explained(path) == [Mutant("f", "a", "b"), Mutant("f", "a", "c")]
    del entry[lost]
    path.write_text("\n".join(["[[survivor]]", *(f"{name} = {value}" for name, value in entry.items())]))
    with pytest.raises(ValueError, match="an entry needs function, line, mutants and reason"):
        mutants.read_explained(path)


def test_the_list_holds_for_the_modules_that_were_mutated():
    mutant = Mutant("seq2bert.attention.layer.Attention.forward", "a", "b")
    assert mutants.belongs(mutant, ["masks", "attention"])
    assert not mutants.belongs(mutant, ["masks", "att"])


def test_every_default_module_has_sources_and_tests(root):
    for module in mutants.MODULES:
        [source] = mutants.sources_of(root, module)
        assert list(root.glob(source))
    names = mutants.tests_of(root, mutants.MODULES)
    assert {"test_masks.py", "test_losses.py", "test_multihead.py", "test_attention_softmax.py"} < {*names}
    assert all((root / "tests" / "seq2bert" / name).exists() for name in names)


def test_a_module_that_is_not_there_is_named(root):
    with pytest.raises(SystemExit, match="seq2bert has no module 'mask'"):
        mutants.sources_of(root, "mask")
    with pytest.raises(SystemExit, match="no test file is named after mask"):
        mutants.tests_of(root, ["mask"])


def test_the_copy_has_its_settings(root, tmp_path):
    folder = tmp_path / "copy"
    mutants.prepare(root, folder, ["masks"])
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["mutmut"]["only_mutate"] == ["src/seq2bert/masks.py"]
    assert "error" in project["tool"]["pytest"]["ini_options"]["filterwarnings"]
    assert (folder / "src/seq2bert/masks.py").read_bytes() == (root / "src/seq2bert/masks.py").read_bytes()
    for test in project["tool"]["mutmut"]["pytest_add_cli_args_test_selection"]:
        assert (folder / test).exists()


def functions_of(path):
    """Qualified name to source, whitespace at the ends of lines left out, of every function in a file."""
    text = path.read_text(encoding="utf-8")

    def visit(node, prefix):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef):
                if isinstance(child, ast.FunctionDef):
                    lines = ast.get_source_segment(text, child).splitlines()
                    yield prefix + child.name, " ".join(line.strip() for line in lines)
                yield from visit(child, f"{prefix}{child.name}.")

    return dict(visit(ast.parse(text), ""))


def test_every_survivor_of_the_list_stands_in_the_package(root):
    explained = mutants.read_explained(mutants.EXPLAINED)
    assert explained
    assert len(set(explained)) == len(explained), "a mutant stands there twice"
    source = {
        ".".join([*path.relative_to(root / "src").with_suffix("").parts, name]): text
        for path in sorted((root / "src" / "seq2bert").rglob("*.py"))
        for name, text in functions_of(path).items()
    }
    for mutant in explained:
        assert mutant.line in source[mutant.function], mutant
        assert mutant.changed != mutant.line
