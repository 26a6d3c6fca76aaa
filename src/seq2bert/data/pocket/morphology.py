"""Inflection: the rules that the lexicon relies on. What they get wrong is spelled out in the lexicon.

English has noun plural, third person and past; French noun and adjective plural, feminine, the
present tense and agreement of the participle. Everything else (future, imperfect, subjunctive, …)
is left out of the language.
"""

PERSONS = ("je", "tu", "il", "nous", "ils")  # *vous* is left out: English "you" is always *tu*


def english_s(word: str) -> str:
    """Add the *s* of the plural and of the third person.

    >>> [english_s(word) for word in ("key", "story", "watch", "go")]
    ['keys', 'stories', 'watches', 'goes']
    """
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def english_past(verb: str) -> str:
    """Make the past of a regular verb.

    >>> [english_past(verb) for verb in ("walk", "arrive", "cry", "play")]
    ['walked', 'arrived', 'cried', 'played']
    """
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "ed"


def french_plural(word: str) -> str:
    """Make the plural of a noun or of an adjective.

    >>> [french_plural(word) for word in ("chat", "gâteau", "cheval", "heureux")]
    ['chats', 'gâteaux', 'chevaux', 'heureux']
    """
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith("al"):
        return word[:-1] + "ux"
    return word + ("x" if word.endswith(("eau", "eu")) else "s")


def french_feminine(adjective: str) -> str:
    """Make the feminine of an adjective.

    >>> [french_feminine(adjective) for adjective in ("petit", "jeune", "heureux", "cher")]
    ['petite', 'jeune', 'heureuse', 'chère']
    """
    for masculine, feminine in (("e", "e"), ("eux", "euse"), ("er", "ère"), ("if", "ive")):
        if adjective.endswith(masculine):
            return adjective.removesuffix(masculine) + feminine
    return adjective + "e"


def agree(participle: str, *, feminine: bool, plural: bool) -> str:
    """Make a participle agree.

    >>> agree("allé", feminine=True, plural=True), agree("pris", feminine=False, plural=True)
    ('allées', 'pris')
    """
    if feminine:
        return participle + ("es" if plural else "e")
    return french_plural(participle) if plural else participle


def conjugate(infinitive: str) -> tuple[str, ...]:
    """Conjugate a regular verb: the present for :data:`PERSONS`, then the participle.

    >>> conjugate("manger")[3:], conjugate("finir")[2:4], conjugate("vendre")[2]
    (('mangeons', 'mangent', 'mangé'), ('finit', 'finissons'), 'vend')
    """
    stem, group = infinitive[:-2], infinitive[-2:]
    if group == "er":
        before_o = {"g": stem + "e", "c": stem[:-1] + "ç"}.get(stem[-1], stem)
        return stem + "e", stem + "es", stem + "e", before_o + "ons", stem + "ent", stem + "é"
    if group == "ir":
        return stem + "is", stem + "is", stem + "it", stem + "issons", stem + "issent", stem + "i"
    return stem + "s", stem + "s", stem, stem + "ons", stem + "ent", stem + "u"
