"""Noun phrases and prepositional phrases, written in both languages at once."""

from collections.abc import Callable

from seq2bert.data.pocket.abstract import (
    Agreement,
    Both,
    Named,
    Nominal,
    NounPhrase,
    Place,
    Pronoun,
    Relative,
    agreement_of,
)
from seq2bert.data.pocket.function_words import (
    BEFORE_VOWEL,
    CLITIC_RANK,
    CONJUNCTIONS,
    DETERMINERS,
    NUMBERS,
    OBJECTS,
    POSSESSIVES,
    PREPOSITIONS,
    SUBJECTS,
    Expression,
)
from seq2bert.data.pocket.lexicon import Adjective
from seq2bert.data.pocket.synchronous import Node, Word, leaf, phrase, word

RelativeWriter = Callable[[Relative, Agreement, bool], Node]
"""Writes a relative clause about a noun with this agreement, a human or not; :mod:`clauses` has it."""


def english_word(text: str, *, sure: object = None, possible: tuple[object, ...] = ()) -> Word:
    """Make an English word; *a* becomes *an* before a vowel."""
    return word(text, sure=sure, possible=possible, before_vowel="an" if text == "a" else None)


def french_word(text: str, *, sure: object = None, possible: tuple[object, ...] = (), article: bool = False) -> Word:
    """Make a French function word, with the form that it takes before a vowel."""
    return word(text, sure=sure, possible=possible, before_vowel=BEFORE_VOWEL.get(text), article=article)


def match(label: str, english: str, french: str, *phenomena: str) -> Node:
    """Make a word that has one token in each language."""
    tie = object()
    return leaf(label, english_word(english, sure=tie), french_word(french, sure=tie), *phenomena)


def expression(label: str, item: Expression, *phenomena: str, tie: object = None) -> Node:
    """Make an expression of several words; ``tie`` is what its words may be linked to besides."""
    whole = (object(),) if tie is None else (object(), tie)
    sure_english: dict[int, object] = {}
    sure_french: dict[int, object] = {}
    for pair in item.sure.split():
        i, j = map(int, pair.split("-"))
        sure_french[j] = sure_english.setdefault(i, object())
    english = [english_word(t, sure=sure_english.get(i), possible=whole) for i, t in enumerate(item.english.split())]
    french = [french_word(t, sure=sure_french.get(j), possible=whole) for j, t in enumerate(item.french.split())]
    return leaf(label, english, french, *phenomena)


def nominal(item: Nominal, relative: RelativeWriter, *, role: str = "subject", negated: bool = False) -> Node:
    """Write a nominal.

    Parameters
    ----------
    item : Nominal
    relative : callable
        Writes relative clauses.
    role : str
        ``subject``, ``object`` or ``recipient``; only pronouns look at it.
    negated : bool
        Whether it is the object of a negated verb: *un chat* becomes *de chat*.
    """
    if isinstance(item, Pronoun):
        return pronoun(item, role)
    if isinstance(item, Named):
        return named(item)
    if isinstance(item, Both):
        first, second = nominal(item.first, relative), nominal(item.second, relative)
        row = [first, expression("CC", CONJUNCTIONS["and"]), second]
        return phrase("NP", "coordination", head=first, english=row, french=row)
    return noun_phrase(item, relative, negated=negated)


def pronoun(item: Pronoun, role: str, *, to: object = None) -> Node:
    """Write a pronoun. As object or recipient it is a clitic in French, which the verb phrase puts in place.

    ``to`` is the tie of an English *to* that goes with it.
    """
    tie = object()
    if role == "subject":
        english, french = SUBJECTS[agreement_of(item)]
    else:
        english, french = OBJECTS[agreement_of(item)][0], _clitic(item, role)
    words = english_word(english, sure=tie), french_word(french, sure=tie, possible=() if to is None else (to,))
    inner = leaf("PRON", *words, *([] if role == "subject" else ["clitic"]))
    return phrase("NP", head=inner, english=[inner], french=[inner])


def clitic_rank(item: Pronoun, role: str) -> int:
    """Return where a clitic stands among several: *me*, then *le*, then *lui*."""
    return CLITIC_RANK[_clitic(item, role)]


def _clitic(item: Pronoun, role: str) -> str:
    _, direct, recipient = OBJECTS[agreement_of(item)]
    return direct if role == "object" else recipient


def named(item: Named) -> Node:
    """Write a name, with *my friend* before it or without."""
    tie = object()
    name = leaf("PN", word(item.name.text, sure=tie), word(item.name.text, sure=tie, vowel=item.name.vowel))
    if item.friend is None:
        return phrase("NP", head=name, english=[name], french=[name])
    owner = DETERMINERS[item.friend]
    determiner = match("DET", owner.singular, owner.feminine if item.name.feminine else owner.masculine, "possessive")
    friend = match("N", "friend", "amie" if item.name.feminine else "ami")
    row = [determiner, friend, name]
    return phrase("NP", head=friend, english=row, french=row)


def noun_phrase(item: NounPhrase, relative: RelativeWriter, *, negated: bool) -> Node:
    """Write a noun with its determiner, adjectives, owner, whole and relative clause."""
    tie, agreement = object(), agreement_of(item)
    noun = leaf(
        "N",
        word(item.noun.english[item.plural], sure=tie),
        word(item.noun.french[item.plural], sure=tie, vowel=item.noun.vowel),
    )
    before = None if item.before is None else adjective(item.before, agreement, attributive=True)
    after = None if item.after is None else adjective(item.after, agreement, attributive=True)
    number = None if item.number is None else match("NUM", item.number, NUMBERS[item.number], "number")
    clause = None if item.relative is None else relative(item.relative, agreement, "human" in item.noun.kinds)
    if item.owner is not None:
        article, owner = owned(item.owner, agreement, relative)
        return phrase(
            "NP",
            "genitive",
            head=noun,
            english=[owner, number, before, after, noun, clause],
            french=[article, number, before, noun, after, owner, clause],
        )
    start = determiner(item, tie, negated=negated)
    whole = None if item.whole is None else prepositional("of", nominal(item.whole, relative))
    return phrase(
        "NP",
        head=noun,
        english=[start, number, before, after, noun, whole, clause],
        french=[start, number, before, noun, after, whole, clause],
    )


def adjective(item: Adjective, agreement: Agreement, *, attributive: bool) -> Node:
    """Write an adjective that agrees; *beau* and its like have another form before a noun with a vowel."""
    tie = object()
    _, plural, feminine = agreement
    bel = item.bel if attributive and not plural and not feminine else None
    french = word(item.form(feminine=feminine, plural=plural), sure=tie, before_vowel=bel)
    return leaf(
        "A", word(item.english, sure=tie), french, *(["adjective-order"] if attributive and not item.before else [])
    )


def determiner(item: NounPhrase, noun: object, *, negated: bool) -> Node | None:
    """Write a determiner; words without a counterpart may be linked to the noun."""
    forms = DETERMINERS[item.determiner]
    english = forms.plural if item.plural else forms.singular
    french = forms.both if item.plural else forms.feminine if item.noun.feminine else forms.masculine
    found = []
    if item.determiner in POSSESSIVES:
        found.append("possessive")
    if item.determiner in ("mass", "generic"):
        found.append(item.determiner)
    if item.determiner in ("a", "mass"):
        if negated:
            french = "de"  # *il voit un chat*, *il ne voit pas de chat*
            found.append("negated-article")
        elif item.determiner == "a" and item.plural and item.before is not None:
            french = "de"  # *des chats*, *de petits chats*
    if not english and not french:
        return None
    tie = object()
    english_words = [english_word(english, sure=tie)] if english else []
    french_words: list[Word] = []
    for text in french.split():
        first = bool(english) and not french_words
        article = text in ("le", "les")
        possible = () if first else (tie,) if english else (noun,)
        french_words.append(french_word(text, sure=tie if first else None, possible=possible, article=article))
    return leaf("DET", english_words, french_words, *found)


def owned(owner: Nominal, agreement: Agreement, relative: RelativeWriter) -> tuple[Node, Node]:
    """Write the French article of what is owned, and the owner's phrase with *'s* and *de*."""
    tie = object()
    possessive = leaf("P", word("'s", sure=tie), french_word("de", sure=tie))
    text = "les" if agreement.plural else "la" if agreement.feminine else "le"
    article = leaf("DET", (), french_word(text, possible=(tie,), article=text != "la"))
    person = nominal(owner, relative)
    row = phrase("POSS", head=person, english=[person, possessive], french=[possessive, person])
    return article, row


def prepositional(key: str, inner: Node, *, verb: object = None) -> Node:
    """Write a preposition before its noun; one that English lacks may be linked to the verb."""
    item = PREPOSITIONS[key]
    preposition = expression("P", item, tie=None if item.english else verb)
    return phrase("PP", head=preposition, english=[preposition, inner], french=[preposition, inner])


def place(item: Place, relative: RelativeWriter, *, verb: object = None) -> Node:
    """Write a place."""
    return prepositional(item.preposition, nominal(item.nominal, relative), verb=verb)
