"""The words: forms by hand, tables without doubles, and that every word has a use."""

from collections import Counter

import pytest

from seq2bert.data.pocket.draw_clauses import GOALS
from seq2bert.data.pocket.draw_nouns import LARGE, PLACES, SMALL
from seq2bert.data.pocket.function_words import (
    ADVERBS,
    DETERMINERS,
    NUMBERS,
    OBJECTS,
    PREPOSITIONS,
    QUESTIONS,
    SUBJECTS,
)
from seq2bert.data.pocket.lexicon import EASY, HARD, read_adjectives, read_names, read_nouns, read_verbs
from seq2bert.data.pocket.morphology import agree, conjugate, english_past, english_s, french_feminine, french_plural

NOUNS = {noun.english[0]: noun for noun in HARD.nouns}


@pytest.mark.parametrize(
    ("function", "word", "form"),
    [
        (english_s, "cat", "cats"),
        (english_s, "boy", "boys"),
        (english_s, "baby", "babies"),
        (english_s, "box", "boxes"),
        (english_s, "watch", "watches"),
        (english_s, "go", "goes"),
        (english_past, "visit", "visited"),
        (english_past, "close", "closed"),
        (english_past, "carry", "carried"),
        (english_past, "obey", "obeyed"),
        (french_plural, "chat", "chats"),
        (french_plural, "souris", "souris"),
        (french_plural, "voix", "voix"),
        (french_plural, "animal", "animaux"),
        (french_plural, "château", "châteaux"),
        (french_plural, "jeu", "jeux"),
        (french_feminine, "grand", "grande"),
        (french_feminine, "jeune", "jeune"),
        (french_feminine, "courageux", "courageuse"),
        (french_feminine, "fier", "fière"),
        (french_feminine, "vif", "vive"),
    ],
)
def test_a_form_by_hand(function, word, form):
    assert function(word) == form


@pytest.mark.parametrize(
    ("infinitive", "forms"),
    [
        ("parler", "parle parles parle parlons parlent parlé"),
        ("nager", "nage nages nage nageons nagent nagé"),
        ("lancer", "lance lances lance lançons lancent lancé"),
        ("finir", "finis finis finit finissons finissent fini"),
        ("attendre", "attends attends attend attendons attendent attendu"),
    ],
)
def test_a_regular_verb_by_hand(infinitive, forms):
    assert conjugate(infinitive) == tuple(forms.split())


@pytest.mark.parametrize(
    ("participle", "forms"),
    [("vu", "vu vus vue vues"), ("pris", "pris pris prise prises"), ("allé", "allé allés allée allées")],
)
def test_a_participle_agrees_by_hand(participle, forms):
    found = [
        agree(participle, feminine=feminine, plural=plural) for feminine in (False, True) for plural in (False, True)
    ]
    assert found == forms.split()


def test_nouns_are_read_by_hand():
    child, owl = read_nouns("[human]\nchild/children enfant m + own\n[animal own]\nowl *hibou/hiboux m")
    assert (child.english, child.french, child.feminine, child.vowel) == (
        ("child", "children"),
        ("enfant", "enfants"),
        False,
        True,
    )
    assert child.section == "human"
    assert child.kinds == {"human", "own", "child"}
    assert (owl.french, owl.vowel) == (("hibou", "hiboux"), False)
    assert owl.kinds == {"animal", "own", "owl"}


def test_adjectives_are_read_by_hand():
    new, brown = read_adjectives(
        "[before]\nnew | nouveau nouvelle nouvel | job | attributive\n[after]\nbrown | marron | fur | invariable"
    )
    assert (new.masculine, new.feminine, new.bel) == (("nouveau", "nouveaux"), ("nouvelle", "nouvelles"), "nouvel")
    assert (new.before, new.kinds, new.flags) == (True, {"job"}, {"attributive"})
    assert {brown.form(feminine=f, plural=p) for f in (False, True) for p in (False, True)} == {"marron"}
    assert (brown.before, brown.bel) == (False, None)


def test_verbs_are_read_by_hand():
    (verb,) = read_verbs(
        "[object]\nlook+at | voir: vois vois voit voyons voient vu\n | human > animal gadget | pronoun être"
    )
    assert (verb.base, verb.third, verb.past, verb.particle) == ("look", "looks", "looked", ("at",))
    assert (verb.infinitive, verb.present, verb.participle) == (
        "voir",
        ("vois", "vois", "voit", "voyons", "voient"),
        "vu",
    )
    assert (verb.frame, verb.subjects, verb.objects, verb.etre) == ("object", {"human"}, {"animal", "gadget"}, True)


def test_names_are_read_by_hand():
    paul, helene = read_names("[m]\npaul\n[f]\nhélène")
    assert (paul.text, paul.feminine, paul.vowel) == ("paul", False, False)
    assert (helene.text, helene.feminine, helene.vowel) == ("hélène", True, True)


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("horse", "cheval chevaux"),
        ("newspaper", "journal journaux"),
        ("boat", "bateau bateaux"),
        ("son", "fils fils"),
        ("mouse", "souris souris"),
        ("bird", "oiseau oiseaux"),
    ],
)
def test_plurals_that_need_care(word, forms):
    assert NOUNS[word].french == tuple(forms.split())


ASPIRATE = {"héros", "hibou", "hache"}  # Académie: l'h est dit aspiré


@pytest.mark.parametrize("noun", HARD.nouns, ids=lambda noun: noun.english[0])
def test_a_noun_elides_if_it_sounds_so(noun):
    first = noun.french[0][0]
    assert noun.vowel == (noun.french[0] not in ASPIRATE and first in "aeiouhâéèêîôûœ")


FEMININE = {  # of adjectives that the rules do not cover
    "blanche", "bonne", "belle", "nouvelle", "vieille", "longue", "grosse", "gentille", "jalouse", "fraîche",
    "italienne", "sèche", "inquiète",
}  # fmt: skip


def test_irregular_feminines_are_spelled_out():
    irregular = {
        adjective.feminine[0]
        for adjective in HARD.adjectives
        if adjective.feminine[0] not in (french_feminine(adjective.masculine[0]), adjective.masculine[0])
    }
    assert irregular == FEMININE


REGULAR_ENDINGS = {("e", "es", "e"), ("s", "s", "t"), ("s", "s", "d")}  # je parle, tu parles, il parle; dors; attends


@pytest.mark.parametrize("verb", HARD.verbs, ids=lambda verb: "-".join((verb.base, *verb.particle, verb.frame)))
def test_the_endings_of_a_verb(verb):
    je, tu, il, nous, ils = verb.present
    assert nous.endswith("ons")
    assert ils.endswith(("ent", "ont"))
    assert verb.participle.endswith(("é", "i", "u", "is", "it", "ert", "int"))
    if verb.infinitive == "aller":
        assert (je, tu, il) == ("vais", "vas", "va")
    else:
        endings = (je[-1], tu[-2:] if tu.endswith("es") else tu[-1], il[-1])
        assert endings in REGULAR_ENDINGS
        assert tu in (je, je + "s")


def test_an_english_form_belongs_to_one_word():
    """Otherwise a sentence would have two translations."""
    forms = Counter()
    for noun in HARD.nouns:
        forms.update(set(noun.english))
    forms.update(name.text for name in HARD.names)
    forms.update(adjective.english for adjective in HARD.adjectives)
    for key in {(verb.base, verb.particle, verb.frame): verb for verb in HARD.verbs}:
        forms[" ".join((key[0], *key[1]))] += 1
    closed = {item.english for table in (ADVERBS, PREPOSITIONS) for item in table.values() if item.english}
    closed |= (
        set(NUMBERS)
        | set(QUESTIONS)
        | {english for english, _ in SUBJECTS.values()}
        | {row[0] for row in OBJECTS.values()}
    )
    closed |= {text for row in DETERMINERS.values() for text in (row.singular, row.plural) if text}
    forms.update(closed)
    doubles = {form for form, count in forms.items() if count > 1}
    assert doubles == {"know"}  # somebody (*connaître*) or that something is so (*savoir*): what follows tells


def test_the_easy_words_are_the_first_of_the_hard_ones():
    for kind in ("nouns", "names", "adjectives", "verbs"):
        easy, hard = getattr(EASY, kind), getattr(HARD, kind)
        assert len(easy) < len(hard)
        assert hard[: len(easy)] == easy


@pytest.mark.parametrize("lexicon", [EASY, HARD], ids=["easy", "hard"])
def test_every_noun_has_a_use(lexicon):
    used = SMALL | LARGE | {"job"}
    used |= {kind for verb in lexicon.verbs for kind in verb.subjects | verb.objects}
    used |= {kind for table in PLACES.values() for kind in table.values()} | {kind for _, kind in GOALS.values()}
    used |= {"whole", "walled"}
    assert [noun.english[0] for noun in lexicon.nouns if not noun.kinds & used] == []


@pytest.mark.parametrize("lexicon", [EASY, HARD], ids=["easy", "hard"])
def test_every_adjective_and_every_verb_has_nouns(lexicon):
    kinds = frozenset().union(*(noun.kinds for noun in lexicon.nouns))
    assert [adjective.english for adjective in lexicon.adjectives if not adjective.kinds & kinds] == []
    assert [verb.base for verb in lexicon.verbs if not verb.subjects & kinds] == []
    with_object = [verb for verb in lexicon.verbs if verb.frame in ("object", "give", "to", "into")]
    assert [verb.base for verb in with_object if not verb.objects & kinds] == []


@pytest.mark.parametrize("lexicon", [EASY, HARD], ids=["easy", "hard"])
def test_no_kind_is_misspelled(lexicon):
    """What verbs and adjectives ask for is said of some noun of the larger lexicon."""
    known = frozenset().union(*(noun.kinds for noun in HARD.nouns))
    asked = {kind for verb in lexicon.verbs for kind in verb.subjects | verb.objects}
    asked |= {kind for adjective in lexicon.adjectives for kind in adjective.kinds}
    assert asked - known == set()
