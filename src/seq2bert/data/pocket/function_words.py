"""The closed classes: determiners, numbers, pronouns, prepositions, adverbs, conjunctions, auxiliaries.

In expressions of several words, ``0-1`` says that the first English and the second French word surely
mean the same; every other pair within the expression is a possible link.
"""

from typing import NamedTuple

from seq2bert.data.pocket.abstract import Agreement


class Determiner(NamedTuple):
    """English singular and plural; French masculine, feminine and plural. No text, no word."""

    singular: str
    plural: str
    masculine: str
    feminine: str
    both: str


DETERMINERS = {
    "the": Determiner("the", "the", "le", "la", "les"),
    "a": Determiner("a", "", "un", "une", "des"),  # the plural of "a cat" is "cats", of *un chat* it is *des chats*
    "mass": Determiner("", "", "de le", "de la", ""),  # "water", *de l'eau*
    "generic": Determiner("", "", "le", "la", "les"),  # "loves apples", *aime les pommes*
    "none": Determiner("", "", "", "", ""),
    "this": Determiner("this", "these", "ce", "cette", "ces"),
    "every": Determiner("every", "", "chaque", "chaque", ""),
    "some": Determiner("", "some", "", "", "quelques"),
    "several": Determiner("", "several", "", "", "plusieurs"),
    "many": Determiner("", "many", "", "", "beaucoup de"),
    "my": Determiner("my", "my", "mon", "ma", "mes"),
    "your": Determiner("your", "your", "ton", "ta", "tes"),
    "his": Determiner("his", "his", "son", "sa", "ses"),
    "her": Determiner("her", "her", "son", "sa", "ses"),
    "our": Determiner("our", "our", "notre", "notre", "nos"),
    "their": Determiner("their", "their", "leur", "leur", "leurs"),
}
POSSESSIVES = ("my", "your", "his", "her", "our", "their")

NUMBERS = {"two": "deux", "three": "trois", "four": "quatre", "five": "cinq", "six": "six", "ten": "dix"}

BEFORE_VOWEL = {
    **{word: word[:-1] + "'" for word in ("je", "me", "te", "le", "la", "ne", "de", "que")},
    "ce": "cet",
    "ma": "mon",
    "ta": "ton",
    "sa": "son",
}
"""What a French function word becomes before a vowel."""

SUBJECTS = {  # "they" is always *ils*: a sentence alone does not say more
    Agreement(1): ("i", "je"),
    Agreement(2): ("you", "tu"),
    Agreement(): ("he", "il"),
    Agreement(feminine=True): ("she", "elle"),
    Agreement(1, plural=True): ("we", "nous"),
    Agreement(plural=True): ("they", "ils"),
}

OBJECTS = {  # English; French as direct object and as recipient
    Agreement(1): ("me", "me", "me"),
    Agreement(2): ("you", "te", "te"),
    Agreement(): ("him", "le", "lui"),
    Agreement(feminine=True): ("her", "la", "lui"),
    Agreement(1, plural=True): ("us", "nous", "nous"),
    Agreement(plural=True): ("them", "les", "leur"),
}
CLITIC_RANK = {"me": 0, "te": 0, "nous": 0, "le": 1, "la": 1, "les": 1, "lui": 2, "leur": 2}


class Expression(NamedTuple):
    """English and French words, and which of them surely go together."""

    english: str
    french: str
    sure: str = "0-0"


PREPOSITIONS = {
    "in": Expression("in", "dans"),
    "on": Expression("on", "sur"),
    "under": Expression("under", "sous"),
    "at": Expression("at", "à"),
    "to": Expression("to", "à"),
    "from": Expression("from", "de"),
    "into": Expression("", "dans", ""),  # "enters the house", *entre dans la maison*
    "direct": Expression("", "à", ""),  # "answers the teacher", *répond au professeur*
    "of": Expression("of", "de"),
    "with": Expression("with", "avec"),
    "behind": Expression("behind", "derrière"),
    "near": Expression("near", "près de"),
    "in front of": Expression("in front of", "devant", "1-0"),
    "next to": Expression("next to", "à côté de", "0-1 1-2"),
}

ADVERBS = {
    "often": Expression("often", "souvent"),
    "always": Expression("always", "toujours"),
    "sometimes": Expression("sometimes", "parfois"),
    "already": Expression("already", "déjà"),
    "well": Expression("well", "bien"),
    "slowly": Expression("slowly", "lentement"),
    "today": Expression("today", "aujourd'hui"),
    "now": Expression("now", "maintenant"),
    "yesterday": Expression("yesterday", "hier"),
    "every day": Expression("every day", "tous les jours", "0-0 1-2"),
    "this morning": Expression("this morning", "ce matin", "0-0 1-1"),
    "last night": Expression("last night", "hier soir", "0-0 1-1"),
}

CONJUNCTIONS = {
    "and": Expression("and", "et"),
    "but": Expression("but", "mais"),
    "because": Expression("because", "parce que", "0-0 0-1"),
    "when": Expression("when", "quand"),
}

QUESTIONS = {
    "who": ("who", "qui"),
    "what": ("what", "que"),
    "where": ("where", "où"),
    "when": ("when", "quand"),
    "why": ("why", "pourquoi"),
}

NEGATIONS = {"not": "pas", "never": "jamais"}

AVOIR = ("ai", "as", "a", "avons", "ont")
ETRE = ("suis", "es", "est", "sommes", "sont")
MODALS = {
    "can": ("peux", "peux", "peut", "pouvons", "peuvent"),
    "must": ("dois", "dois", "doit", "devons", "doivent"),
    "want": ("veux", "veux", "veut", "voulons", "veulent"),
}


def french_person(agreement: Agreement) -> int:
    """Return the place of a person in a French present: je, tu, il, nous, ils."""
    if agreement.plural:
        return 3 if agreement.person == 1 else 4
    return agreement.person - 1


def english_third(agreement: Agreement) -> bool:
    """Say whether an English verb takes *s*."""
    return agreement.person == 3 and not agreement.plural


def english_be(agreement: Agreement) -> str:
    """Return am, are or is."""
    if english_third(agreement):
        return "is"
    return "am" if agreement.person == 1 and not agreement.plural else "are"
