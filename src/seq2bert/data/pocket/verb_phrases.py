"""Verbs with their auxiliaries, negation and adverbs, in both languages at once.

English has do-support and French has not; French puts pronouns before the verb, *ne … pas* around what
is finite, and a past participle that agrees: with the subject after *être*, after *avoir* with a
direct object that stands before it.
"""

from typing import NamedTuple

from seq2bert.data.pocket.abstract import Agreement, Being, Clause, Doing, Pronoun, agreement_of
from seq2bert.data.pocket.arguments import Arguments, adverbial, arguments
from seq2bert.data.pocket.function_words import (
    AVOIR,
    ETRE,
    MODALS,
    NEGATIONS,
    english_be,
    english_third,
    french_person,
)
from seq2bert.data.pocket.morphology import agree
from seq2bert.data.pocket.phrases import RelativeWriter, adjective, french_word, place
from seq2bert.data.pocket.synchronous import Node, Word, leaf, phrase, word


class VerbPhrase(NamedTuple):
    """A verb phrase in parts: in an English question its first word stands before the subject.

    ``first`` is that word (do, can, is), None where there is none; ``english`` is the rest. ``french`` is
    everything. ``head`` stands for the whole.
    """

    first: Node | None
    english: list[Node | None]
    french: list[Node | None]
    head: Node

    def whole(self) -> Node:
        """Put the parts together, as statements do."""
        return phrase("VP", head=self.head, english=[self.first, *self.english], french=self.french)


def verb_phrase(
    item: Clause,
    agreement: Agreement,
    relative: RelativeWriter,
    *,
    complement: Node | None = None,
    object_gap: Agreement | None = None,
    asked: object = None,
) -> VerbPhrase:
    """Write the verb phrase of a clause.

    Parameters
    ----------
    item : Clause
    agreement : Agreement
        Of the subject.
    relative : callable
        Writes relative clauses.
    complement : Node, optional
        The clause that the verb takes, already written.
    object_gap : Agreement, optional
        Of a direct object that stands before the clause.
    asked : object, optional
        In a question with something before the subject: the tie to *est-ce que*.
    """
    if isinstance(item.predicate, Being):
        return _being(item, item.predicate, agreement, relative, asked)
    tie = object()
    taken = arguments(item, item.predicate, relative, complement=complement, verb=tie)
    if item.modal is None:
        return _finite(item, item.predicate, agreement, taken, object_gap, tie, asked)
    return _modal(item, item.modal, item.predicate, agreement, taken, tie, asked)


def _finite(
    item: Clause,
    predicate: Doing,
    agreement: Agreement,
    taken: Arguments,
    object_gap: Agreement | None,
    tie: object,
    asked: object,
) -> VerbPhrase:
    verb, past, person = predicate.verb, object(), french_person(agreement)
    do = _do(item, agreement, past if item.past else tie, asked)
    inflected = verb.past if item.past else verb.third if english_third(agreement) else verb.base
    english = [word(verb.base if do else inflected, sure=tie), *_particles(predicate, tie)]
    often = adverbial(item.often)
    ne, pas = _negation(item)
    if not item.past:
        main = leaf("V", english, word(verb.present[person], sure=tie))
        french = [ne, *taken.clitics, main, pas, often, taken.well, *taken.french]
        return VerbPhrase(do, [ne, often, main, *taken.english], french, main)
    auxiliary = french_word((ETRE if verb.etre else AVOIR)[person], possible=(tie, past))
    helper = leaf("AUX", (), auxiliary, "past", *(["être"] if verb.etre else []))
    control = agreement if verb.etre else object_gap or _object_before(predicate)
    participle = agree(verb.participle, feminine=control.feminine, plural=control.plural)
    agrees = [] if verb.etre or participle == verb.participle else ["participle"]
    main = leaf("V", english, word(participle, sure=tie), *agrees)
    french = [ne, *taken.clitics, helper, pas, often, taken.well, main, *taken.french]
    return VerbPhrase(do, [ne, often, main, *taken.english], french, main)


def _modal(
    item: Clause, modal: str, predicate: Doing, agreement: Agreement, taken: Arguments, verb: object, asked: object
) -> VerbPhrase:
    """Write can, must and want to. The infinitive's phrase is the head: it says what happens."""
    english = [word(predicate.verb.base, sure=verb), *_particles(predicate, verb)]
    main = leaf("V", english, word(predicate.verb.infinitive, sure=verb))
    row = [*taken.clitics, main, taken.well, *taken.french]
    inner = phrase("VP", head=main, english=[main, *taken.english], french=row)
    tie = object()
    ne, pas = _negation(item)
    french = word(MODALS[modal][french_person(agreement)], sure=tie)
    if modal != "want":
        helper = leaf("MODAL", word(modal, sure=tie, possible=(asked,)), french, "modal")
        return VerbPhrase(helper, [ne, inner], [ne, helper, pas, inner], inner)
    do = _do(item, agreement, tie, asked)
    helper = leaf("MODAL", word("wants" if english_third(agreement) and not do else "want", sure=tie), french, "modal")
    to = leaf("P", word("to", possible=(verb,)))
    return VerbPhrase(do, [ne, helper, to, inner], [ne, helper, pas, inner], inner)


def _being(item: Clause, predicate: Being, agreement: Agreement, relative: RelativeWriter, asked: object) -> VerbPhrase:
    tie, what = object(), None
    be = word(english_be(agreement), sure=tie, possible=(asked,))
    main = leaf("V", be, word(ETRE[french_person(agreement)], sure=tie))
    if predicate.quality is not None:
        quality = adjective(predicate.quality, agreement, attributive=False)
        what = phrase("AP", head=quality, english=[quality], french=[quality])
    elif predicate.place is not None:
        what = place(predicate.place, relative)
    elif predicate.job is not None:
        name = object()
        job = leaf("N", word(predicate.job.english[0], sure=name), word(predicate.job.french[0], sure=name), "job")
        article = leaf("DET", word("a", before_vowel="an"))  # "is a baker", *est boulanger*
        what = phrase("NP", head=job, english=[article, job], french=[job])
    ne, pas = _negation(item)
    often, when = adverbial(item.often), adverbial(item.when)
    return VerbPhrase(main, [ne, often, what, when], [ne, main, pas, often, what, when], main)


def _do(item: Clause, agreement: Agreement, tense: object, asked: object) -> Node | None:
    """Write do, does or did where English needs it; it goes with the French word that has the tense."""
    if item.negation != "not" and asked is None:
        return None
    text = "did" if item.past else "does" if english_third(agreement) else "do"
    return leaf("AUX", word(text, possible=(tense,) if asked is None else (tense, asked)))


def _negation(item: Clause) -> tuple[Node | None, Node | None]:
    """Write *not* or *never* with *ne*, and *pas* or *jamais* apart from them."""
    if item.negation is None:
        return None, None
    tie = object()
    ne = leaf("NEG", word(item.negation, sure=tie), french_word("ne", sure=tie), "negation")
    return ne, leaf("NEG", (), word(NEGATIONS[item.negation], sure=tie))


def _particles(predicate: Doing, tie: object) -> list[Word]:
    return [word(text, possible=(tie,)) for text in predicate.verb.particle]


def _object_before(predicate: Doing) -> Agreement:
    return agreement_of(predicate.object) if isinstance(predicate.object, Pronoun) else Agreement()
