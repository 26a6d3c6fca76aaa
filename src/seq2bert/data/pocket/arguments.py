"""What a verb takes: objects, recipients, goals, and the adverbs and places that follow."""

from typing import NamedTuple

from seq2bert.data.pocket.abstract import Clause, Doing, Pronoun
from seq2bert.data.pocket.function_words import ADVERBS
from seq2bert.data.pocket.phrases import (
    RelativeWriter,
    clitic_rank,
    expression,
    nominal,
    place,
    prepositional,
    pronoun,
)
from seq2bert.data.pocket.synchronous import Node, leaf, phrase, word


class Arguments(NamedTuple):
    """What follows the English verb; what stands before, near and after the French one.

    ``well`` is the one manner adverb that stands before a French participle.
    """

    english: list[Node | None]
    clitics: list[Node]
    well: Node | None
    french: list[Node | None]


def arguments(
    item: Clause, predicate: Doing, relative: RelativeWriter, *, complement: Node | None, verb: object
) -> Arguments:
    """Write all that goes with a verb; ``verb`` is its tie, for the words that only one language needs."""
    clitics: list[tuple[int, Node]] = []
    thing = None
    if predicate.object is not None:
        thing = nominal(predicate.object, relative, role="object", negated=item.negation is not None)
        if isinstance(predicate.object, Pronoun):
            clitics.append((clitic_rank(predicate.object, "object"), thing))
    shifted = thing is not None and not clitics  # "gives him the book", but "gives them to him"
    recipient = None
    if isinstance(predicate.recipient, Pronoun):
        with_to = not shifted and "direct" not in predicate.verb.flags
        recipient = _recipient(predicate.recipient, with_to=with_to)
        clitics.append((clitic_rank(predicate.recipient, "recipient"), recipient))
    elif predicate.recipient is not None:
        key = "direct" if "direct" in predicate.verb.flags else "to"
        recipient = prepositional(key, nominal(predicate.recipient, relative), verb=verb)
        shifted = False
    goal = None if predicate.place is None else place(predicate.place, relative, verb=verb)
    where = None if item.where is None else place(item.where, relative)
    how, when = adverbial(item.how), adverbial(item.when)
    before = [node for _, node in sorted(clitics, key=lambda clitic: clitic[0])]
    after = [node for node in (thing, recipient) if not any(node is clitic for clitic in before)]
    return Arguments(
        english=[*((recipient, thing) if shifted else (thing, recipient)), goal, how, complement, where, when],
        clitics=before,
        well=how if item.how == "well" else None,
        french=[None if item.how == "well" else how, *after, goal, complement, where, when],
    )


def adverbial(key: str | None) -> Node | None:
    """Write an adverb or an adverbial phrase, if there is one."""
    if key is None:
        return None
    item = ADVERBS[key]
    return expression("ADVP" if " " in item.english else "ADV", item, "adverb")


def _recipient(item: Pronoun, *, with_to: bool) -> Node:
    """Write "him" or "to him", *lui*."""
    if not with_to:
        return pronoun(item, "recipient")
    tie = object()
    person = pronoun(item, "recipient", to=tie)
    to = leaf("P", word("to", possible=(tie,)))
    return phrase("PP", head=to, english=[to, person], french=[person])
