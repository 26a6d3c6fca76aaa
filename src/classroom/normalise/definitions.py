"""What a code cell defines, needs and leaves unanswered, from its syntax alone: nothing is run.

Cells come from students: they may not be Python, may hold IPython's commands, and may be made to break a parser.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

from classroom.cells import free_names

__all__ = ["additions", "defined", "is_stub", "needed", "parsed", "plain", "unfenced"]

_LONGEST = 500_000  # characters; a longer cell is looked at line by line
_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)  # what ast says of hostile text
# Each works line by line, in linear time.
_COMMAND = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
_CAPTURED = re.compile(r"^([ \t]*\w[\w, ]*=[ \t]*)[%!].*$", re.MULTILINE)
_DEFINES = re.compile(
    r"^(?:(?:async[ \t]+)?def[ \t]+(\w+)|class[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=(?!=))", re.MULTILINE
)
_FENCE = re.compile(r"\A\s*(?:```|~~~)[^\n]*\n(.*?)\n?(?:```|~~~)\s*\Z", re.DOTALL)
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def plain(source: str) -> str:
    """Return a source as it is compared: without blank lines and space at line ends."""
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip())


def unfenced(source: str) -> str:
    """Return what stands between the fences of a Markdown cell that is one block of code; else the source."""
    found = _FENCE.match(source)
    return found.group(1) if found else source


@lru_cache(maxsize=2000)
def parsed(source: str) -> ast.Module | None:
    """Return the tree of a cell, IPython's commands left out; None if it is no Python. It is kept: change nothing."""
    if len(source) > _LONGEST:
        return None
    for text in (source, _COMMAND.sub(r"\1pass", _CAPTURED.sub(r"\1None", source))):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # escapes such as "\d" are the student's business
                return ast.parse(text)
        except _NOT_PYTHON:
            continue
    return None


def defined(source: str, *, imports: bool = False) -> frozenset[str]:
    """Return the names that a cell defines at its top level: functions, classes, variables; and imports if wanted.

    A cell that is no Python is read line by line, so that an answer with a syntax error is still found.
    """
    tree = parsed(source)
    if tree is None:
        return frozenset(name for found in _DEFINES.findall(source) for name in found if name)
    return frozenset(name for statement in _statements(tree.body) for name in _names(statement, imports))


def needed(source: str) -> frozenset[str]:
    """Return the names that a cell uses and does not define; none if it is no Python."""
    tree = parsed(source)
    if tree is None:
        return frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return frozenset(free_names(ast.unparse(tree)))
    except _NOT_PYTHON:
        return frozenset()


def is_stub(source: str, stub: str, names: Iterable[str]) -> bool:
    """Whether a cell defines names only as the release's cell does; docstrings, comments and layout do not count."""
    if plain(source) in ("", plain(stub)):
        return True
    tree, empty = parsed(source), parsed(stub)
    if tree is None or empty is None:
        return False
    bodies = {name: _body(empty, name) for name in names}
    mine = {name: _body(tree, name) for name in bodies}
    there = [name for name in bodies if mine[name]]
    return bool(there) and all(mine[name] == bodies[name] for name in there)


def additions(source: str, original: str) -> str:
    """Return the statements of a changed cell that the original does not have; empty if there are none."""
    tree, before = parsed(source), parsed(original)
    if tree is None or before is None:
        return ""
    known = {_dump(statement) for statement in before.body}
    lines = source.split("\n")
    kept = [statement for statement in tree.body if _dump(statement) not in known]
    return "\n".join("\n".join(lines[_first(statement) - 1 : statement.end_lineno]) for statement in kept)


def _first(statement: ast.stmt) -> int:
    """Return the first line of a statement, its decorators among them."""
    return min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements that run when the cell runs: also those under if, try and with."""
    pending = list(reversed(body))
    while pending:
        statement = pending.pop()
        yield statement
        if not isinstance(statement, _Definition):
            inner = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
            inner += [handler.body for handler in getattr(statement, "handlers", [])]
            pending += [each for part in inner for each in part if isinstance(each, ast.stmt)]


def _names(statement: ast.stmt, imports: bool) -> Iterator[str]:
    if isinstance(statement, _Definition):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] * bool(statement.value)
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
    elif imports and isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).split(".")[0] for alias in statement.names)


def _body(tree: ast.Module, name: str) -> str:
    """Return what is compared of the last definition of a name; empty if there is none."""
    found = [statement for statement in _statements(tree.body) if name in _names(statement, imports=False)]
    if not found:
        return ""
    last = found[-1]
    if not isinstance(last, _Definition):
        return _dump(last)
    return "\n".join(map(_dump, _without_docstrings(last)))


def _without_docstrings(definition: ast.AST) -> list[ast.stmt]:
    """Return the statements of a definition; those of a class's methods in place of the methods."""
    statements: list[ast.stmt] = list(getattr(definition, "body", []))
    first = statements[0] if statements else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        statements = statements[1:]
    if isinstance(definition, ast.ClassDef):
        return [
            each
            for inner in statements
            for each in (_without_docstrings(inner) if isinstance(inner, _Definition) else [inner])
        ]
    return statements


def _dump(statement: ast.AST) -> str:
    try:
        return ast.dump(statement)
    except RecursionError:
        return f"nested too deeply, line {getattr(statement, 'lineno', 0)}"
