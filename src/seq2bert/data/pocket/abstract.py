"""What a sentence says before it is said in either language: the abstract tree.

Its parts are lexical entries, names of function words and features; there is no word order in it and no
agreement. :mod:`phrases` and :mod:`clauses` write it in both languages.
"""

from dataclasses import dataclass
from typing import NamedTuple

from seq2bert.data.pocket.lexicon import Adjective, Name, Noun, Verb


class Agreement(NamedTuple):
    """What verbs, adjectives and participles agree with."""

    person: int = 3
    plural: bool = False
    feminine: bool = False


@dataclass(frozen=True)
class Pronoun:
    """I, you (one friend), he, she, we, they (French *ils*): the subject's, the object's and the recipient's."""

    person: int
    plural: bool = False
    feminine: bool = False


@dataclass(frozen=True)
class Named:
    """A name, or "my friend marie" with the owner's determiner."""

    name: Name
    friend: str | None = None


@dataclass(frozen=True)
class Both:
    """Two of the others, joined by *and*."""

    first: "Nominal"
    second: "Nominal"


@dataclass(frozen=True)
class NounPhrase:
    """A noun and what belongs to it.

    Attributes
    ----------
    noun : Noun
    determiner : str
        A key of :data:`seq2bert.data.pocket.function_words.DETERMINERS`; not looked at with an owner.
    plural : bool
    number : str or None
        A key of :data:`seq2bert.data.pocket.function_words.NUMBERS`.
    before, after : Adjective or None
        Before and after the French noun; both before the English one.
    owner : Nominal or None
        Of "paul 's hat".
    whole : NounPhrase or None
        Of "the door of the house".
    relative : Relative or None
    """

    noun: Noun
    determiner: str = "the"
    plural: bool = False
    number: str | None = None
    before: Adjective | None = None
    after: Adjective | None = None
    owner: "Nominal | None" = None
    whole: "NounPhrase | None" = None
    relative: "Relative | None" = None


Nominal = Pronoun | Named | Both | NounPhrase


@dataclass(frozen=True)
class Place:
    """A preposition, a key of :data:`seq2bert.data.pocket.function_words.PREPOSITIONS`, and its noun."""

    preposition: str
    nominal: Nominal


@dataclass(frozen=True)
class Doing:
    """A verb and what its frame asks for."""

    verb: Verb
    object: Nominal | None = None
    recipient: Nominal | None = None
    place: Place | None = None
    complement: "Clause | None" = None


@dataclass(frozen=True)
class Being:
    """The verb *to be* with one of three: how, where or what somebody is."""

    quality: Adjective | None = None
    place: Place | None = None
    job: Noun | None = None


@dataclass(frozen=True)
class Clause:
    """Who does what; the subject is None where the clause has a gap there.

    Attributes
    ----------
    subject : Nominal or None
    predicate : Doing or Being
    past : bool
        Simple past, French passé composé; else the present of both.
    negation : str or None
        ``not`` or ``never``.
    modal : str or None
        ``can``, ``must`` or ``want``.
    often, how, when : str or None
        Adverbs, keys of :data:`seq2bert.data.pocket.function_words.ADVERBS`.
    where : Place or None
    """

    subject: Nominal | None
    predicate: Doing | Being
    past: bool = False
    negation: str | None = None
    modal: str | None = None
    often: str | None = None
    how: str | None = None
    where: Place | None = None
    when: str | None = None


@dataclass(frozen=True)
class Relative:
    """A clause about a noun.

    Attributes
    ----------
    clause : Clause
        With a gap.
    gap : str
        ``subject``, ``object`` or ``where``.
    bare : bool
        Whether English leaves out *that*.
    """

    clause: Clause
    gap: str
    bare: bool = False


@dataclass(frozen=True)
class Sentence:
    """A statement or a question.

    Attributes
    ----------
    clause : Clause
    question : str or None
        ``yes-no``, ``who``, ``what``, ``where``, ``when`` or ``why``. None for a statement.
    joined : (str, Clause) or None
        A key of :data:`seq2bert.data.pocket.function_words.CONJUNCTIONS` and a second clause.
    """

    clause: Clause
    question: str | None = None
    joined: tuple[str, Clause] | None = None


@dataclass(frozen=True)
class Existence:
    """That there is something somewhere."""

    nominal: NounPhrase
    place: Place


def agreement_of(nominal: Nominal) -> Agreement:
    """Return person, number and gender; mixed company is masculine in French."""
    match nominal:
        case Pronoun(person, plural, feminine):
            return Agreement(person, plural, feminine)
        case Named(name):
            return Agreement(feminine=name.feminine)
        case Both(first, second):
            return Agreement(plural=True, feminine=agreement_of(first).feminine and agreement_of(second).feminine)
    return Agreement(plural=nominal.plural, feminine=nominal.noun.feminine)
