"""What no sentence may do although each of its parts may: repeat a noun, or let *they* mean women.

Grammar and agreement are right without it. It looks at the whole abstract tree, which is drawn from
the top down by parts that do not know each other.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from seq2bert.data.pocket.abstract import (
    Being,
    Both,
    Clause,
    Existence,
    Named,
    NounPhrase,
    Pronoun,
    Sentence,
    agreement_of,
)
from seq2bert.data.pocket.lexicon import Adjective, Name, Noun, Verb

THEY = Pronoun(3, plural=True)


def coherent(item: Sentence | Existence) -> bool:
    """Say whether a sentence can be kept.

    Two faults are looked for. A noun or a name that occurs twice: in "pierre sees pierre", English and French
    would have a reflexive pronoun or mean two people. And *they* or *them* in a sentence of several
    clauses that also names several women or feminine things: *ils* would be wrong where these are
    meant, as in "the girl wants to buy the shirts and the man sells them".
    """
    found = list(parts(item))
    things = [thing for part in found for thing in _named(part)]
    if len(things) > len(set(things)):
        return False
    if THEY not in found or sum(isinstance(part, Clause) for part in found) < 2:
        return True
    groups = [agreement_of(part) for part in found if isinstance(part, NounPhrase | Both)]
    return not any(group.plural and group.feminine for group in groups)


def parts(item: object) -> Iterator[object]:
    """Walk through an abstract tree, down to its words."""
    yield item
    if isinstance(item, tuple):
        for part in item:
            yield from parts(part)
    elif is_dataclass(item) and not isinstance(item, Noun | Name | Adjective | Verb):
        for field in fields(item):
            yield from parts(getattr(item, field.name))


def _named(part: object) -> tuple[object, ...]:
    """Return the noun or the name that a part brings in."""
    match part:
        case NounPhrase(noun=noun):
            return (noun,)
        case Named(name=name):
            return (name,)
        case Being(job=job) if job is not None:
            return (job,)
    return ()
