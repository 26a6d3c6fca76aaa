"""The grammar by hand: what each construction looks like in both languages, and which words are linked.

Every expected sentence and every expected link was written down by a person, not copied from the output.
"""

from dataclasses import replace

import pytest

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
)
from seq2bert.data.pocket.clauses import write
from seq2bert.data.pocket.coherence import coherent
from seq2bert.data.pocket.lexicon import HARD
from seq2bert.data.pocket.synchronous import linearise

NOUNS = {noun.english[0]: noun for noun in HARD.nouns}
ADJECTIVES = {adjective.english: adjective for adjective in HARD.adjectives}
VERBS = {(verb.base, *verb.particle, verb.frame): verb for verb in HARD.verbs}
NAMES = {name.text: Named(name) for name in HARD.names}
PAUL, PIERRE, MARIE, ANNE = (NAMES[name] for name in ("paul", "pierre", "marie", "anne"))
ME, YOU, HE, SHE = Pronoun(1), Pronoun(2), Pronoun(3), Pronoun(3, feminine=True)
WE, THEY = Pronoun(1, plural=True), Pronoun(3, plural=True)


def a(adjective):
    return ADJECTIVES[adjective]


def np(noun, determiner="the", **options):
    return NounPhrase(NOUNS[noun], determiner, **options)


def does(subject, verb, object=None, to=None, *, frame=None, place=None, complement=None, **options):
    """A clause about doing something; the verb is its base and its particle."""
    frame = frame or ("give" if object and to else "to" if to else "object" if object else "none")
    return Clause(subject, Doing(VERBS[*verb.split(), frame], object, to, place, complement), **options)


def is_(subject, quality=None, **options):
    place, job = options.pop("place", None), options.pop("job", None)
    return Clause(subject, Being(quality and a(quality), place, job and NOUNS[job]), **options)


def pair_of(item):
    return linearise(write(item if isinstance(item, Sentence | Existence) else Sentence(item)))


def said(item):
    pair = pair_of(item)
    return " ".join(pair.english), " ".join(pair.french)


CAT, DOG = np("cat"), np("dog")

STATEMENTS = [
    # Adjectives: most follow the French noun, a few stand before it; both agree in gender and number.
    (does(DOG, "sleep"), "the dog sleeps .", "le chien dort ."),
    (does(np("dog", before=a("small")), "sleep"), "the small dog sleeps .", "le petit chien dort ."),
    (does(np("dog", after=a("black")), "sleep"), "the black dog sleeps .", "le chien noir dort ."),
    (
        does(np("girl", plural=True, before=a("small")), "sleep"),
        "the small girls sleep .",
        "les petites filles dorment .",
    ),
    (
        does(PAUL, "see", np("car", "a", before=a("beautiful"), after=a("white"))),
        "paul sees a beautiful white car .",
        "paul voit une belle voiture blanche .",
    ),
    (
        does(np("nurse", "this", after=a("happy")), "sing"),
        "this happy nurse sings .",
        "cette infirmière heureuse chante .",
    ),
    (is_(np("shirt", plural=True), "white"), "the shirts are white .", "les chemises sont blanches ."),
    (is_(np("hat", plural=True), "beautiful"), "the hats are beautiful .", "les chapeaux sont beaux ."),
    (is_(np("skirt", plural=True), "brown"), "the skirts are brown .", "les jupes sont marron ."),
    # Forms before a vowel.
    (does(np("man", before=a("old")), "leave"), "the old man leaves .", "le vieil homme part ."),
    (does(np("man", plural=True, before=a("old")), "leave"), "the old men leave .", "les vieux hommes partent ."),
    (
        does(PAUL, "go", frame="goal", place=Place("to", np("hospital", before=a("beautiful")))),
        "paul goes to the beautiful hospital .",
        "paul va au bel hôpital .",
    ),
    (does(np("child", "this"), "work"), "this child works .", "cet enfant travaille ."),
    (does(np("child", "this", before=a("small")), "work"), "this small child works .", "ce petit enfant travaille ."),
    (does(np("nurse", "my"), "cry"), "my nurse cries .", "mon infirmière pleure ."),
    (does(np("nurse", "my", before=a("small")), "cry"), "my small nurse cries .", "ma petite infirmière pleure ."),
    (does(replace(MARIE, friend="his"), "cry"), "his friend marie cries .", "son amie marie pleure ."),
    (does(replace(PAUL, friend="her"), "cry"), "her friend paul cries .", "son ami paul pleure ."),
    # Elision, and the h that forbids it.
    (does(ME, "love", np("school")), "i love the school .", "j' aime l' école ."),
    (does(np("hero"), "find", np("axe")), "the hero finds the axe .", "le héros trouve la hache ."),
    (does(HE, "see", np("clock", "a")), "he sees a clock .", "il voit une horloge ."),
    (does(YOU, "see", np("orange", "a")), "you see an orange .", "tu vois une orange ."),
    # Articles.
    (does(PAUL, "drink", np("water", "mass")), "paul drinks water .", "paul boit de l' eau ."),
    (does(PAUL, "drink", np("milk", "mass")), "paul drinks milk .", "paul boit du lait ."),
    (does(PAUL, "eat", np("meat", "mass")), "paul eats meat .", "paul mange de la viande ."),
    (
        does(PAUL, "love", np("apple", "generic", plural=True)),
        "paul loves apples .",
        "paul aime les pommes .",
    ),
    (does(PAUL, "eat", np("apple", "a", plural=True)), "paul eats apples .", "paul mange des pommes ."),
    (
        does(PAUL, "eat", np("apple", "a", plural=True, before=a("good"))),
        "paul eats good apples .",
        "paul mange de bonnes pommes .",
    ),
    (
        does(PAUL, "see", np("umbrella", "many", plural=True)),
        "paul sees many umbrellas .",
        "paul voit beaucoup de parapluies .",
    ),
    (
        does(PAUL, "eat", np("orange", "many", plural=True)),
        "paul eats many oranges .",
        "paul mange beaucoup d' oranges .",
    ),
    (
        does(PAUL, "buy", np("key", "none", plural=True, number="two")),
        "paul buys two keys .",
        "paul achète deux clés .",
    ),
    # Contraction.
    (
        does(PAUL, "come", frame="source", place=Place("from", np("market"))),
        "paul comes from the market .",
        "paul vient du marché .",
    ),
    (
        does(PAUL, "come", frame="source", place=Place("from", np("church"))),
        "paul comes from the church .",
        "paul vient de l' église .",
    ),
    (does(PAUL, "talk", to=np("boy", plural=True)), "paul talks to the boys .", "paul parle aux garçons ."),
    (does(PAUL, "talk", to=np("man")), "paul talks to the man .", "paul parle à l' homme ."),
    (
        is_(DOG, place=Place("next to", np("river"))),
        "the dog is next to the river .",
        "le chien est à côté de la rivière .",
    ),
    (is_(DOG, place=Place("near", np("bridge"))), "the dog is near the bridge .", "le chien est près du pont ."),
    (
        is_(DOG, place=Place("near", np("bridge", plural=True))),
        "the dog is near the bridges .",
        "le chien est près des ponts .",
    ),
    # The genitive turns around.
    (does(np("friend", owner=PAUL), "sleep"), "paul 's friend sleeps .", "l' ami de paul dort ."),
    (
        does(PAUL, "see", np("hat", plural=True, owner=np("boy"), after=a("red"))),
        "paul sees the boy 's red hats .",
        "paul voit les chapeaux rouges du garçon .",
    ),
    (
        does(PAUL, "open", np("door", whole=np("house"))),
        "paul opens the door of the house .",
        "paul ouvre la porte de la maison .",
    ),
    # Negation stands around what is finite; a negated object has de.
    (does(PAUL, "sleep", negation="not"), "paul does not sleep .", "paul ne dort pas ."),
    (does(PAUL, "open", np("box"), negation="never"), "paul never opens the box .", "paul n' ouvre jamais la boîte ."),
    (does(PAUL, "sleep", negation="not", past=True), "paul did not sleep .", "paul n' a pas dormi ."),
    (does(PAUL, "see", np("cat", "a"), negation="not"), "paul does not see a cat .", "paul ne voit pas de chat ."),
    (does(PAUL, "eat", np("egg", "a"), negation="not"), "paul does not eat an egg .", "paul ne mange pas d' œuf ."),
    (
        does(PAUL, "drink", np("water", "mass"), negation="not"),
        "paul does not drink water .",
        "paul ne boit pas d' eau .",
    ),
    (
        does(PAUL, "love", np("dog", "generic", plural=True), negation="not"),
        "paul does not love dogs .",
        "paul n' aime pas les chiens .",
    ),
    (is_(MARIE, "sad", negation="not"), "marie is not sad .", "marie n' est pas triste ."),
    (
        does(PAUL, "leave", modal="want", negation="not"),
        "paul does not want to leave .",
        "paul ne veut pas partir .",
    ),
    (does(PAUL, "leave", modal="can", negation="never"), "paul can never leave .", "paul ne peut jamais partir ."),
    # Clitics, in their order.
    (does(PAUL, "see", HE), "paul sees him .", "paul le voit ."),
    (does(PAUL, "love", SHE), "paul loves her .", "paul l' aime ."),
    (does(PAUL, "see", THEY, negation="not"), "paul does not see them .", "paul ne les voit pas ."),
    (does(PAUL, "talk", to=SHE), "paul talks to her .", "paul lui parle ."),
    (does(PAUL, "talk", to=THEY, past=True), "paul talked to them .", "paul leur a parlé ."),
    (does(PAUL, "answer", to=SHE), "paul answers her .", "paul lui répond ."),
    (does(PAUL, "answer", to=np("teacher")), "paul answers the teacher .", "paul répond au professeur ."),
    (does(PAUL, "give", np("book"), YOU), "paul gives you the book .", "paul te donne le livre ."),
    (does(PAUL, "give", np("book"), MARIE), "paul gives the book to marie .", "paul donne le livre à marie ."),
    (does(PAUL, "give", THEY, ME), "paul gives them to me .", "paul me les donne ."),
    (does(PAUL, "give", THEY, HE), "paul gives them to him .", "paul les lui donne ."),
    (
        does(PAUL, "give", THEY, SHE, past=True, negation="not"),
        "paul did not give them to her .",
        "paul ne les lui a pas donnés .",
    ),
    (does(HE, "help", SHE, modal="must"), "he must help her .", "il doit l' aider ."),
    # Past: être or avoir, and what the participle agrees with.
    (does(MARIE, "leave", past=True), "marie left .", "marie est partie ."),
    (does(np("girl", plural=True), "leave", past=True), "the girls left .", "les filles sont parties ."),
    (does(Both(MARIE, ANNE), "leave", past=True), "marie and anne left .", "marie et anne sont parties ."),
    (does(Both(MARIE, PAUL), "leave", past=True), "marie and paul left .", "marie et paul sont partis ."),
    (does(PAUL, "see", MARIE, past=True), "paul saw marie .", "paul a vu marie ."),
    (does(PAUL, "see", SHE, past=True), "paul saw her .", "paul l' a vue ."),
    (does(MARIE, "see", HE, past=True), "marie saw him .", "marie l' a vu ."),
    (does(PAUL, "talk", to=SHE, past=True), "paul talked to her .", "paul lui a parlé ."),
    # Adverbs: often and well after the finite verb, slowly before the object, days at the end.
    (does(PAUL, "sing", often="often"), "paul often sings .", "paul chante souvent ."),
    (
        does(PAUL, "sing", often="often", negation="not"),
        "paul does not often sing .",
        "paul ne chante pas souvent .",
    ),
    (does(PAUL, "sing", how="well", past=True), "paul sang well .", "paul a bien chanté ."),
    (does(PAUL, "sing", how="well", negation="not"), "paul does not sing well .", "paul ne chante pas bien ."),
    (
        does(PAUL, "eat", np("cake"), how="slowly", past=True),
        "paul ate the cake slowly .",
        "paul a mangé lentement le gâteau .",
    ),
    (does(PAUL, "see", THEY, often="already", past=True), "paul already saw them .", "paul les a déjà vus ."),
    (does(PAUL, "sleep", when="every day"), "paul sleeps every day .", "paul dort tous les jours ."),
    # To be: how, where, what.
    (is_(ANNE, "tired", often="often"), "anne is often tired .", "anne est souvent fatiguée ."),
    (is_(Both(ANNE, MARIE), "happy"), "anne and marie are happy .", "anne et marie sont heureuses ."),
    (is_(MARIE, job="nurse"), "marie is a nurse .", "marie est infirmière ."),
    (is_(PAUL, job="actor", negation="not"), "paul is not an actor .", "paul n' est pas acteur ."),
    (is_(ME, "sick"), "i am sick .", "je suis malade ."),
    (is_(WE, place=Place("in", np("garden", "our"))), "we are in our garden .", "nous sommes dans notre jardin ."),
]


@pytest.mark.parametrize(("item", "english", "french"), STATEMENTS, ids=[row[1] for row in STATEMENTS])
def test_a_statement_by_hand(item, english, french):
    assert said(item) == (english, french)


QUESTIONS = [
    (Sentence(does(HE, "sleep"), "yes-no"), "does he sleep ?", "est-ce qu' il dort ?"),
    (Sentence(does(PAUL, "sleep", past=True), "yes-no"), "did paul sleep ?", "est-ce que paul a dormi ?"),
    (Sentence(is_(ANNE, "sad"), "yes-no"), "is anne sad ?", "est-ce qu' anne est triste ?"),
    (Sentence(does(PAUL, "sleep", modal="can"), "yes-no"), "can paul sleep ?", "est-ce que paul peut dormir ?"),
    (
        Sentence(does(PAUL, "sleep", modal="want"), "yes-no"),
        "does paul want to sleep ?",
        "est-ce que paul veut dormir ?",
    ),
    (Sentence(does(None, "sleep"), "who"), "who sleeps ?", "qui dort ?"),
    (
        Sentence(does(None, "sleep", past=True, negation="not"), "who"),
        "who did not sleep ?",
        "qui n' a pas dormi ?",
    ),
    (Sentence(does(PAUL, "eat", frame="object"), "what"), "what does paul eat ?", "qu' est-ce que paul mange ?"),
    (
        Sentence(does(SHE, "look for", frame="object", past=True), "what"),
        "what did she look for ?",
        "qu' est-ce qu' elle a cherché ?",
    ),
    (Sentence(does(PAUL, "work"), "where"), "where does paul work ?", "où est-ce que paul travaille ?"),
    (Sentence(is_(np("key", "my", plural=True)), "where"), "where are my keys ?", "où sont mes clés ?"),
    (Sentence(does(PAUL, "leave"), "when"), "when does paul leave ?", "quand est-ce que paul part ?"),
    (
        Sentence(does(SHE, "leave", past=True, negation="not"), "why"),
        "why did she not leave ?",
        "pourquoi est-ce qu' elle n' est pas partie ?",
    ),
]


@pytest.mark.parametrize(("item", "english", "french"), QUESTIONS, ids=[row[1] for row in QUESTIONS])
def test_a_question_by_hand(item, english, french):
    assert said(item) == (english, french)
    assert "question" in pair_of(item).phenomena


def who(noun, clause, gap, determiner="the", **options):
    bare = options.pop("bare", False)
    return np(noun, determiner, relative=Relative(clause, gap, bare), **options)


NESTED = [
    (
        does(who("man", does(None, "sing"), "subject"), "sleep"),
        "the man who sings sleeps .",
        "l' homme qui chante dort .",
    ),
    (
        does(PAUL, "see", who("dog", is_(None, "black"), "subject")),
        "paul sees the dog that is black .",
        "paul voit le chien qui est noir .",
    ),
    (
        does(PAUL, "see", who("girl", is_(None, "happy"), "subject", plural=True)),
        "paul sees the girls who are happy .",
        "paul voit les filles qui sont heureuses .",
    ),
    (  # the participle agrees with the object before it
        does(MARIE, "love", who("dress", does(HE, "buy", frame="object", past=True), "object", plural=True)),
        "marie loves the dresses that he bought .",
        "marie aime les robes qu' il a achetées .",
    ),
    (
        does(MARIE, "love", who("dress", does(HE, "buy", frame="object", past=True), "object", bare=True)),
        "marie loves the dress he bought .",
        "marie aime la robe qu' il a achetée .",
    ),
    (  # with être, it agrees with what the clause is about
        does(PAUL, "see", who("nurse", does(None, "leave", past=True), "subject")),
        "paul sees the nurse who left .",
        "paul voit l' infirmière qui est partie .",
    ),
    (
        does(PAUL, "love", who("house", does(MARIE, "sing"), "where")),
        "paul loves the house where marie sings .",
        "paul aime la maison où marie chante .",
    ),
    (  # a clause in a clause in a clause
        does(
            who(
                "man", does(who("girl", does(PAUL, "see", frame="object"), "object"), "help", frame="object"), "object"
            ),
            "sleep",
        ),
        "the man that the girl that paul sees helps sleeps .",
        "l' homme que la fille que paul voit aide dort .",
    ),
    (
        does(ANNE, "think", frame="that", complement=does(HE, "sleep", negation="not")),
        "anne thinks that he does not sleep .",
        "anne pense qu' il ne dort pas .",
    ),
    (
        Sentence(does(PAUL, "sleep"), joined=("but", does(MARIE, "work"))),
        "paul sleeps but marie works .",
        "paul dort mais marie travaille .",
    ),
    (
        Sentence(does(PAUL, "work", negation="not"), joined=("because", is_(HE, "tired"))),
        "paul does not work because he is tired .",
        "paul ne travaille pas parce qu' il est fatigué .",
    ),
    (
        Sentence(does(MARIE, "sing"), joined=("when", is_(SHE, "happy"))),
        "marie sings when she is happy .",
        "marie chante quand elle est heureuse .",
    ),
    (
        Existence(np("cat", "a", plural=True, before=a("small")), Place("under", np("table"))),
        "there are small cats under the table .",
        "il y a de petits chats sous la table .",
    ),
]


@pytest.mark.parametrize(("item", "english", "french"), NESTED, ids=[row[1] for row in NESTED])
def test_a_nested_clause_by_hand(item, english, french):
    assert said(item) == (english, french)


PRESENT = [
    (ME, "je cherche"),
    (YOU, "tu cherches"),
    (HE, "il cherche"),
    (WE, "nous cherchons"),
    (THEY, "ils cherchent"),
]


@pytest.mark.parametrize(("subject", "french"), PRESENT)
def test_the_verb_agrees_with_its_subject(subject, french):
    assert said(does(subject, "look for", PAUL))[1] == f"{french} paul ."


LINKS = [  # sure links, then the possible ones besides: English-French, counted from 0
    # the 0 black 1 dog 2 sleeps 3 . 4 | le 0 chien 1 noir 2 dort 3 . 4
    (does(np("dog", after=a("black")), "sleep"), "0-0 1-2 2-1 3-3 4-4", ""),
    # paul 0 does 1 not 2 sleep 3 . 4 | paul 0 ne 1 dort 2 pas 3 . 4: not is ne and pas, does comes with the verb
    (does(PAUL, "sleep", negation="not"), "0-0 2-1 2-3 3-2 4-4", "1-2"),
    # paul 0 did 1 not 2 sleep 3 . 4 | paul 0 n' 1 a 2 pas 3 dormi 4 . 5: did and sleep share the auxiliary
    (does(PAUL, "sleep", negation="not", past=True), "0-0 2-1 2-3 3-4 4-5", "1-2 3-2"),
    # marie 0 is 1 a 2 nurse 3 . 4 | marie 0 est 1 infirmière 2 . 3: "a" is NULL
    (is_(MARIE, job="nurse"), "0-0 1-1 3-2 4-3", ""),
    # marie 0 loves 1 the 2 dress 3 he 4 bought 5 . 6 | marie 0 aime 1 la 2 robe 3 qu' 4 il 5 a 6 achetée 7 . 8
    (NESTED[4][0], "0-0 1-1 2-2 3-3 4-5 5-7 6-8", "5-6"),  # qu' is NULL
    # paul 0 talks 1 to 2 her 3 . 4 | paul 0 lui 1 parle 2 . 3
    (does(PAUL, "talk", to=SHE), "0-0 1-2 3-1 4-3", "2-1"),
    # paul 0 comes 1 from 2 the 3 market 4 . 5 | paul 0 vient 1 du 2 marché 3 . 4
    (does(PAUL, "come", frame="source", place=Place("from", np("market"))), "0-0 1-1 2-2 4-3 5-4", "3-2"),
    # paul 0 's 1 hat 2 is 3 red 4 . 5 | le 0 chapeau 1 de 2 paul 3 est 4 rouge 5 . 6
    (is_(np("hat", owner=PAUL), "red"), "0-3 1-2 2-1 3-4 4-5 5-6", "1-0"),
    # paul 0 drinks 1 water 2 . 3 | paul 0 boit 1 de 2 l' 3 eau 4 . 5
    (does(PAUL, "drink", np("water", "mass")), "0-0 1-1 2-4 3-5", "2-2 2-3"),
    # paul 0 looks 1 for 2 many 3 keys 4 . 5 | paul 0 cherche 1 beaucoup 2 de 3 clés 4 . 5
    (does(PAUL, "look for", np("key", "many", plural=True)), "0-0 1-1 3-2 4-4 5-5", "2-1 3-3"),
    # what 0 does 1 paul 2 eat 3 ? 4 | qu' 0 est-ce 1 que 2 paul 3 mange 4 ? 5
    (QUESTIONS[7][0], "0-0 2-3 3-4 4-5", "1-1 1-2 1-4 0-1 0-2 4-1 4-2"),
    # where 0 can 1 he 2 sleep 3 ? 4 | où 0 est-ce 1 qu' 2 il 3 peut 4 dormir 5 ? 6
    (Sentence(does(HE, "sleep", modal="can"), "where"), "0-0 1-4 2-3 3-5 4-6", "1-1 1-2 0-1 0-2 4-1 4-2"),
    # paul 0 wants 1 to 2 sleep 3 . 4 | paul 0 veut 1 dormir 2 . 3
    (does(PAUL, "sleep", modal="want"), "0-0 1-1 3-2 4-3", "2-2"),
    # there 0 is 1 a 2 cat 3 in 4 front 5 of 6 the 7 house 8 . 9 | il 0 y 1 a 2 un 3 chat 4 devant 5 la 6 maison 7 . 8
    (
        Existence(np("cat", "a"), Place("in front of", np("house"))),
        "0-0 0-1 1-2 2-3 3-4 5-5 7-6 8-7 9-8",
        "4-5 6-5",
    ),
    # paul 0 sleeps 1 every 2 day 3 . 4 | paul 0 dort 1 tous 2 les 3 jours 4 . 5
    (does(PAUL, "sleep", when="every day"), "0-0 1-1 2-2 3-4 4-5", "2-3 2-4 3-2 3-3"),
    # he 0 works 1 because 2 she 3 is 4 sad 5 . 6 | il 0 travaille 1 parce 2 qu' 3 elle 4 est 5 triste 6 . 7
    (Sentence(does(HE, "work"), joined=("because", is_(SHE, "sad"))), "0-0 1-1 2-2 2-3 3-4 4-5 5-6 6-7", ""),
    # paul 0 enters 1 the 2 house 3 . 4 | paul 0 entre 1 dans 2 la 3 maison 4 . 5
    (does(PAUL, "enter", frame="into", place=Place("into", np("house"))), "0-0 1-1 2-3 3-4 4-5", "1-2"),
    # paul 0 gives 1 them 2 to 3 me 4 . 5 | paul 0 me 1 les 2 donne 3 . 4
    (does(PAUL, "give", THEY, ME), "0-0 1-3 2-2 4-1 5-4", "3-1"),
]


def links(text):
    return {tuple(map(int, link.split("-"))) for link in text.split()}


@pytest.mark.parametrize(("item", "sure", "besides"), LINKS, ids=[said(row[0])[0] for row in LINKS])
def test_links_by_hand(item, sure, besides):
    pair = pair_of(item)
    assert pair.sure == links(sure)
    assert pair.possible == links(sure) | links(besides)


def test_words_without_a_counterpart():
    assert pair_of(is_(MARIE, job="nurse")).null_english == {2}
    assert pair_of(is_(MARIE, job="nurse")).null_french == set()
    assert pair_of(NESTED[4][0]).null_french == {4}


def test_a_tree_by_hand():
    # the 0 black 1 dog 2 sleeps 3 . 4 | le 0 chien 1 noir 2 dort 3 . 4
    root = pair_of(does(np("dog", after=a("black")), "sleep")).tree
    spans = {node.label: (node.english, node.french) for node in root.nodes()}
    assert spans == {
        "ROOT": ((0, 5), (0, 5)),
        "S": ((0, 4), (0, 4)),
        "NP": ((0, 3), (0, 3)),
        "DET": ((0, 1), (0, 1)),
        "A": ((1, 2), (2, 3)),
        "N": ((2, 3), (1, 2)),
        "VP": ((3, 4), (3, 4)),
        "V": ((3, 4), (3, 4)),
        "PUNCT": ((4, 5), (4, 5)),
    }
    assert root.heads("english") == (2, 2, 3, -1, 3)
    assert root.heads("french") == (1, 3, 1, -1, 3)
    noun_phrase = root.children[0].children[0]
    assert (noun_phrase.span("english"), noun_phrase.head("english"), noun_phrase.head("french")) == ((0, 3), 2, 1)


def test_an_article_that_a_preposition_swallows_is_not_in_the_tree():
    # paul 0 comes 1 from 2 the 3 market 4 . 5 | paul 0 vient 1 du 2 marché 3 . 4
    root = pair_of(does(PAUL, "come", frame="source", place=Place("from", np("market")))).tree
    (article,) = [node for node in root.nodes() if node.label == "DET"]
    (preposition,) = [node for node in root.nodes() if node.label == "P"]
    assert (article.english, article.french, article.french_head) == ((3, 4), None, None)
    assert (preposition.english, preposition.french) == ((2, 3), (2, 3))


PHENOMENA = [
    (does(np("dog", after=a("black")), "sleep"), {"adjective-order"}),
    (does(np("dog", before=a("small")), "sleep"), set()),
    (does(PAUL, "sleep", negation="not"), {"negation"}),
    (does(PAUL, "see", SHE, past=True), {"past", "clitic", "participle", "elision"}),
    (does(PAUL, "see", HE, past=True), {"past", "clitic", "elision"}),  # *vu* looks as if it did not agree
    (does(MARIE, "leave", past=True), {"past", "être"}),
    (does(PAUL, "see", np("cat", "a"), negation="not"), {"negation", "negated-article"}),
    (does(PAUL, "talk", to=np("boy")), {"contraction"}),
    (does(PAUL, "see", np("hat", owner=MARIE)), {"genitive"}),
    (does(np("man", before=a("old")), "leave"), {"vowel-form"}),
    (is_(MARIE, job="nurse"), {"job"}),
]


@pytest.mark.parametrize(("item", "names"), PHENOMENA, ids=[said(row[0])[0] for row in PHENOMENA])
def test_what_is_hard_about_a_pair_by_hand(item, names):
    assert pair_of(item).phenomena == names


def test_what_does_not_go_together():
    boys, girls = np("boy", plural=True), np("girl", plural=True)
    assert coherent(Sentence(does(PAUL, "see", MARIE)))
    assert not coherent(Sentence(does(PAUL, "see", PAUL)))
    assert not coherent(Sentence(does(np("boy"), "see", np("hat", owner=np("boy", "this")))))
    assert not coherent(Sentence(does(np("nurse"), "think", frame="that", complement=is_(MARIE, job="nurse"))))
    # *ils* may mean boys, but not girls
    assert coherent(Sentence(does(boys, "think", frame="that", complement=does(THEY, "sleep"))))
    assert not coherent(Sentence(does(girls, "think", frame="that", complement=does(THEY, "sleep"))))
    assert coherent(Sentence(does(np("girl"), "think", frame="that", complement=does(THEY, "sleep"))))
    assert not coherent(Sentence(does(PAUL, "see", girls), joined=("and", does(MARIE, "see", THEY))))
    assert coherent(Sentence(does(PAUL, "see", girls), joined=("and", does(MARIE, "see", HE))))
    assert coherent(Sentence(does(girls, "see", THEY)))  # in one clause they are others


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: write(Sentence(does(None, "sleep"))), "a clause without a subject must have a gap there"),
        (lambda: write(Sentence(does(None, "sleep"), "why")), "a question of the kind 'why' must have a subject"),
        (lambda: pair_of(does(PAUL, "sleep")).tree.heads("german"), "must be 'english' or 'french'; got 'german'"),
        (
            lambda: pair_of(does(PAUL, "sleep")).tree.children[0].heads("french"),
            "a whole sentence; got a constituent S",
        ),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()
