"""Small changes to the reference answers, made by mutmut: each is a wrong answer that nobody thought of.

First all mutants of one change. Where an answer is so short that there are fewer than 20, mutants of mutants fill up.
"""

import difflib
import tomllib
from dataclasses import dataclass
from itertools import zip_longest

from mutmut.mutation.file_mutation import create_mutations, deep_replace

__all__ = ["ENOUGH", "SolutionMutant", "mutants_of", "read_survivors"]

ENOUGH = 20
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True, order=True)
class SolutionMutant:
    """A changed answer cell, with the lines before and after, without the blanks around them."""

    line: str
    changed: str
    source: str


def mutants_of(source):
    """Return the mutants of an answer cell whose changes lie between its markers, in the order of the text.

    Raises
    ------
    ValueError
        If a marker is missing.
    """
    if not all(marker in map(str.strip, source.splitlines()) for marker in (BEGIN, END)):
        raise ValueError(f"an answer cell needs the lines {BEGIN!r} and {END!r}")
    found = {mutant.source: mutant for mutant in _changed_once(source, source)}
    level = list(found.values())
    while level and len(found) < ENOUGH:
        before = len(found)
        for batch in zip_longest(*(_changed_once(mutant.source, source) for mutant in level)):
            for deeper in filter(None, batch):
                if len(found) < ENOUGH:
                    found.setdefault(deeper.source, deeper)
        level = list(found.values())[before:]
    return list(found.values())


def _changed_once(source, original):
    module, mutations, _, _ = create_mutations("answer.py", source)
    for mutation in mutations:
        changed = deep_replace(module, mutation.original_node, mutation.mutated_node).code
        mutant = _compare(original, changed)
        if mutant is not None:
            yield mutant


def _compare(original, changed):
    """Return the mutant, or None if something outside the markers differs, or nothing does."""
    before, after = original.splitlines(), changed.splitlines()
    inside = range(_line(before, BEGIN), _line(before, END))
    lines, others = [], []
    for kind, start, stop, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if start not in inside or stop - 1 not in range(inside.start - 1, inside.stop):
            return None
        lines += before[start:stop]
        others += after[first:last]
    if not lines and not others:
        return None
    return SolutionMutant(
        line="\n".join(line.strip() for line in lines),
        changed="\n".join(line.strip() for line in others),
        source=changed,
    )


def _line(lines, marker):
    return next(number for number, line in enumerate(lines) if line.strip() == marker)


def read_survivors(path):
    """Return the survivors that are explained: a dict from (task, line, changed) to the reason."""
    if not path.is_file():
        return {}
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])
    return {(e["task"], e["line"], changed): e["reason"] for e in entries for changed in e["mutants"]}
