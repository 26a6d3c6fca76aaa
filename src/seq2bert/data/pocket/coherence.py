"""What no sentence may do although each of its parts may: repeat a noun, or let *they* mean women.

Grammar and agreement are right without it. It looks at the whole abstract tree, which is drawn from
the top down by parts that do not know each other.
"""

from collections.abc import Iterator

from seq2bert.data.pocket.abstract import (
    Being,
    Both,
    Clause,
    Doing,
    Existence,
    Named,
    NounPhrase,
    Place,
    Pronoun,
    Relative,
    Sentence,
    agreement_of,
)

THEY = Pronoun(3, plural=True)
_WITH_PARTS = (Sentence, Existence, Clause, Relative, Doing, Being, Both, Named, NounPhrase, Place)


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
    elif isinstance(item, _WITH_PARTS):
        for part in vars(item).values():
            if part:
                yield from parts(part)


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
