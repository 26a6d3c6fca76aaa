"""Clauses, relative clauses and sentences, written in both languages at once."""

from typing import NamedTuple

from seq2bert.data.pocket.abstract import (
    Agreement,
    Being,
    Clause,
    Existence,
    Relative,
    Sentence,
    agreement_of,
)
from seq2bert.data.pocket.function_words import CONJUNCTIONS, QUESTIONS
from seq2bert.data.pocket.phrases import expression, french_word, match, nominal, place
from seq2bert.data.pocket.synchronous import Node, leaf, phrase, word
from seq2bert.data.pocket.verb_phrases import verb_phrase


class Gap(NamedTuple):
    """What is missing from a clause because it stands before it, as what it agrees with."""

    subject: Agreement | None = None
    object: Agreement | None = None


NO_GAP = Gap()


def write(item: Sentence | Existence) -> Node:
    """Write a sentence with its full stop or question mark."""
    asked, tie = object(), object()
    body = sentence(item, asked=asked) if isinstance(item, Sentence) else existence(item)
    if isinstance(item, Sentence) and item.question is not None:
        mark = leaf("PUNCT", word("?", sure=tie, possible=(asked,)), word("?", sure=tie))
    else:
        mark = match("PUNCT", ".", ".")
    return phrase("ROOT", head=body, english=[body, mark], french=[body, mark])


def sentence(item: Sentence, *, asked: object) -> Node:
    """Write a sentence of one clause or of two; ``asked`` is the tie to *est-ce que*."""
    first = clause(item.clause) if item.question is None else question(item.clause, item.question, asked=asked)
    if item.joined is None:
        return first
    conjunction, second = item.joined
    other = clause(second)
    if conjunction in ("and", "but"):
        row = [first, expression("CC", CONJUNCTIONS[conjunction]), other]
        return phrase("S", "coordination", head=first, english=row, french=row)
    row = [expression("C", CONJUNCTIONS[conjunction]), other]
    row = [first, phrase("SBAR", "subordinate", head=other, english=row, french=row)]
    return phrase("S", head=first, english=row, french=row)


def existence(item: Existence) -> Node:
    """Write "there is" and *il y a*."""
    tie = object()
    there = leaf("EXIST", word("there", sure=tie), [word("il", sure=tie), word("y", sure=tie)])
    be = match("V", "are" if item.nominal.plural else "is", "a")
    row = [there, be, nominal(item.nominal, relative), place(item.place, relative)]
    return phrase("S", "existence", head=be, english=row, french=row)


def relative(item: Relative, antecedent: Agreement, human: bool) -> Node:
    """Write a relative clause; *who/that* is *qui* for a subject, *that* or nothing is *que* for an object."""
    gap = NO_GAP
    if item.gap == "where":
        pronoun = match("REL", "where", "où")
    elif item.gap == "subject":
        pronoun, gap = match("REL", "who" if human else "that", "qui"), Gap(subject=antecedent)
    else:
        pronoun = leaf("REL", (), french_word("que")) if item.bare else match("REL", "that", "que")
        gap = Gap(object=antecedent)
    inner = clause(item.clause, gap)
    return phrase("SBAR", "relative", head=inner, english=[pronoun, inner], french=[pronoun, inner])


def clause(item: Clause, gap: Gap = NO_GAP) -> Node:
    """Write a clause that states something; a gap as subject leaves the verb phrase alone."""
    subject = None if item.subject is None else nominal(item.subject, relative)
    agreement = gap.subject if item.subject is None else agreement_of(item.subject)
    if agreement is None:
        raise ValueError("a clause without a subject must have a gap there")
    verbal = verb_phrase(item, agreement, relative, complement=_complement(item), object_gap=gap.object).whole()
    return phrase("S", head=verbal, english=[subject, verbal], french=[subject, verbal])


def question(item: Clause, kind: str, *, asked: object) -> Node:
    """Write a question: *do* or inversion in English, *est-ce que* in French.

    No English word is *est-ce que*. It may be linked to whatever makes the English sentence a question:
    the word in front of the subject, *what* and its like, and the question mark. The subject of
    "who sleeps ?" and *qui dort ?* stands where subjects do, and "where is paul ?" is *où est paul ?*.
    """
    ask = None if kind == "yes-no" else _asking(kind, asked)
    complement = _complement(item)
    if kind == "who":
        predicate = verb_phrase(item, Agreement(), relative, complement=complement).whole()
        return phrase("S", "question", head=predicate, english=[ask, predicate], french=[ask, predicate])
    if item.subject is None:
        raise ValueError(f"a question of the kind {kind!r} must have a subject")
    subject = nominal(item.subject, relative)
    verbal = verb_phrase(item, agreement_of(item.subject), relative, complement=complement, asked=asked)
    if verbal.first is not None and not verbal.first.french:  # do
        head = phrase("VP", head=verbal.head, english=verbal.english, french=verbal.french)
        english: list[Node | None] = [head]
        french: list[Node | None] = [head]
    else:  # can, must, be: apart from their phrase in English, which is no constituent here
        english, french, head = verbal.english, verbal.french, verbal.head
    if kind == "where" and isinstance(item.predicate, Being):
        return phrase("S", "question", head=head, english=[ask, verbal.first, subject], french=[ask, *french, subject])
    que = leaf("QUESTION", (), [word("est-ce", possible=(asked,)), french_word("que", possible=(asked,))])
    return phrase(
        "S",
        "question",
        head=head,
        english=[ask, verbal.first, subject, *english],
        french=[ask, que, subject, *french],
    )


def _asking(kind: str, asked: object) -> Node:
    """Write *who*, *what*, *where*, *when* or *why*."""
    tie, (english, french) = object(), QUESTIONS[kind]
    return leaf("WH", word(english, sure=tie, possible=(asked,)), french_word(french, sure=tie))


def _complement(item: Clause) -> Node | None:
    """Write the clause after "thinks that"."""
    if isinstance(item.predicate, Being) or item.predicate.complement is None:
        return None
    inner = clause(item.predicate.complement)
    row = [match("C", "that", "que"), inner]
    return phrase("SBAR", "complement", head=inner, english=row, french=row)
