"""Laws of the whole corpus, both sizes: splits, links, trees, agreement, elision, word order."""

import dataclasses
import os
import random
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

import seq2bert
from seq2bert.data.pocket import (
    LANGUAGES,
    PHENOMENA,
    SIZES,
    alignment_error_rate,
    corpus_links,
    crosses,
    describe,
    load_pocket,
)
from seq2bert.data.pocket.clauses import write
from seq2bert.data.pocket.coherence import coherent
from seq2bert.data.pocket.draw_sentences import SentenceDrawer
from seq2bert.data.pocket.lexicon import HARD
from seq2bert.data.pocket.profiles import PROFILES
from seq2bert.data.pocket.synchronous import linearise

pytestmark = pytest.mark.without_shapes


@pytest.fixture(scope="module")
def corpora():
    return {size: load_pocket(size) for size in SIZES}


@pytest.fixture(params=SIZES)
def data(corpora, request):
    return corpora[request.param]


@pytest.fixture
def pairs(data):
    return (*data.train[:1500], *data.valid, *data.test)


def draw(size, seed, count, **changes):
    """Pairs as the grammar draws them, repetitions included."""
    drawer = SentenceDrawer(dataclasses.replace(PROFILES[size], **changes), random.Random(seed))
    drawn = []
    while len(drawn) < count:
        item = drawer.sentence()
        if coherent(item):
            drawn.append(linearise(write(item)))
    return drawn


# ---- The corpus as a whole


@pytest.mark.parametrize(("size", "n_train"), [("easy", 12_000), ("hard", 5_000)])
def test_the_numbers_of_pairs_are_those_promised(corpora, size, n_train):
    data = corpora[size]
    assert (len(data.train), len(data.valid), len(data.test)) == (n_train, 600, 1_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_occurs_twice(data, language):
    sentences = [getattr(pair, language) for part in (data.train, data.valid, data.test) for pair in part]
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_validation_and_test_occurs_in_training(data, language):
    known = {token for pair in data.train for token in getattr(pair, language)}
    unknown = {token for pair in (*data.valid, *data.test) for token in getattr(pair, language)} - known
    assert unknown == set()


def test_the_same_seed_gives_the_same_pairs_and_another_others(corpora):
    assert load_pocket("hard", seed=0) == corpora["hard"]
    other = load_pocket("hard", seed=1)
    assert other.train != corpora["hard"].train
    shared = {pair.english for pair in other.train} & {pair.english for pair in corpora["hard"].train}
    assert 0 < len(shared) < len(other.train) / 2  # short sentences come back


PROGRAM = """
import random
from seq2bert.data.pocket.clauses import write
from seq2bert.data.pocket.draw_sentences import SentenceDrawer
from seq2bert.data.pocket.profiles import PROFILES
from seq2bert.data.pocket.synchronous import linearise
drawer = SentenceDrawer(PROFILES["hard"], random.Random(5))
for _ in range(100):
    pair = linearise(write(drawer.sentence()))
    print(ascii((pair.english, pair.french, sorted(pair.sure), sorted(pair.possible), sorted(pair.phenomena))))
"""


def test_the_order_of_sets_does_not_matter():
    outputs = set()
    for hash_seed in ("1", "2"):
        path = str(Path(seq2bert.__file__).parents[1])
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
        command = [sys.executable, "-c", PROGRAM]
        outputs.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == 100


@pytest.mark.parametrize("size", SIZES)
def test_an_english_sentence_has_one_translation(size):
    translations, repeated = defaultdict(set), 0
    for pair in draw(size, seed=1, count=4000, zipf=4.0):  # few words, so that sentences come back
        repeated += pair.english in translations
        translations[pair.english].add(pair.french)
    assert repeated > 200
    assert [found for found in translations.values() if len(found) > 1] == []


def test_easy_has_about_250_words_and_one_clause(corpora):
    data = corpora["easy"]
    assert 220 <= describe(data).english_types <= 280
    for pair in (*data.train, *data.valid, *data.test):
        clauses = [node for node in pair.tree.nodes() if node.label == "S"]
        assert len(clauses) == 1
        assert not pair.phenomena & {"relative", "complement", "subordinate"}


def test_hard_has_nested_clauses_rare_words_and_few_pairs(corpora):
    easy, hard = describe(corpora["easy"]), describe(corpora["hard"])

    def depth(node):
        return (node.label == "S") + max(map(depth, node.children), default=0)

    depths = [depth(pair.tree) for pair in corpora["hard"].test]
    assert sum(deep >= 2 for deep in depths) > len(depths) / 3
    assert max(depths) == 4  # three clauses nested in the main one
    assert hard.english_types > 3 * easy.english_types
    assert hard.english_rare > hard.english_types / 10
    assert hard.train < easy.train / 2


def test_sentences_have_the_length_that_their_size_allows(corpora):
    for size, data in corpora.items():
        longest = PROFILES[size].max_tokens
        lengths = [
            len(row) for part in (data.train, data.valid, data.test) for p in part for row in (p.english, p.french)
        ]
        assert min(lengths) >= 3
        assert max(lengths) == longest == describe(data).longest


def test_a_description_by_definition(corpora):
    data = corpora["easy"]
    found = describe(data)
    assert (found.train, found.valid, found.test) == (12_000, 600, 1_000)
    assert found.not_monotone == sum(crosses(pair.sure) for pair in data.test) / 1000
    assert found.not_monotone > 0.7  # most easy pairs cannot be translated word by word from left to right
    assert found.english_types == len({token for pair in data.train for token in pair.english})
    assert found.french_types == len({token for pair in data.train for token in pair.french})
    assert found.sure == sum(len(pair.sure) for pair in data.test) / 1000
    assert found.possible == sum(len(pair.possible) for pair in data.test) / 1000
    assert found.phenomena["negation"] == sum("negation" in pair.phenomena for pair in data.test) / 1000
    assert list(found.phenomena.values()) == sorted(found.phenomena.values(), reverse=True)
    assert 0.3 < found.diagonal_error < 0.4


def test_the_smallest_error_is_reached_by_the_gold_links(data):
    """One link for each French token: its sure one, else a possible one, else a wrong one."""
    chosen, sure, possible = [], [], []
    for pair in data.test:
        links = set()
        for j in range(len(pair.french)):
            candidates = [*sorted(pair.sure), *sorted(pair.possible), *((i, j) for i in range(len(pair.english)))]
            links.add(next(link for link in candidates if link[1] == j))
        chosen.append(links)
        sure.append(pair.sure)
        possible.append(pair.possible)
    rate = alignment_error_rate(corpus_links(chosen), corpus_links(sure), corpus_links(possible))
    assert rate == pytest.approx(describe(data).smallest_error)


def test_every_phenomenon_occurs_in_the_hard_corpus_and_has_a_name(corpora):
    found = {name for pair in corpora["hard"].train for name in pair.phenomena}
    assert found == set(PHENOMENA)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("medium",), {}, ValueError, "size must be one of 'easy', 'hard'; got 'medium'"),
        (("easy",), {"seed": -1}, ValueError, "seed must not be negative; got -1"),
        (("easy",), {"seed": 1.0}, TypeError, "seed must be an integer; got float"),
        (("easy",), {"seed": True}, TypeError, "seed must be an integer; got bool"),
    ],
)
def test_errors_name_the_problem(arguments, options, error, message):
    with pytest.raises(error, match=message):
        load_pocket(*arguments, **options)


# ---- Links


def test_links_are_inside_the_sentences_and_sure_ones_are_possible(pairs):
    for pair in pairs:
        assert pair.sure <= pair.possible
        assert all(0 <= i < len(pair.english) and 0 <= j < len(pair.french) for i, j in pair.possible)


def test_a_french_token_has_at_most_one_sure_link(pairs):
    for pair in pairs:
        french = [j for _, j in pair.sure]
        assert len(french) == len(set(french))


def test_not_and_never_are_two_french_words(pairs):
    seen = 0
    for pair in pairs:
        for i, token in enumerate(pair.english):
            if token in ("not", "never"):
                words = {pair.french[j] for k, j in pair.sure if k == i}
                assert words in ({"ne", "pas"}, {"n'", "pas"}) if token == "not" else words <= {"ne", "n'", "jamais"}
                assert len(words) == 2
                seen += 1
    assert seen > 100


def test_words_with_content_in_both_languages_are_surely_linked(pairs):
    for pair in pairs:
        for node in pair.tree.nodes():
            if node.label in ("N", "PN", "A", "V", "MODAL", "PUNCT", "PRON", "NUM"):
                assert (node.english_head, node.french_head) in pair.sure


def test_only_what_one_language_lacks_is_without_a_link(corpora, data):
    english = {pair.english[i] for pair in (*data.train, *data.test) for i in pair.null_english}
    french = {pair.french[j] for pair in (*data.train, *data.test) for j in pair.null_french}
    assert english == ({"a", "an"} if data is corpora["hard"] else {"a"})  # "is a baker", "is an actor"
    assert french == ({"que", "qu'"} if data is corpora["hard"] else set())  # of "the hat he bought"


# ---- Trees


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_leaves_are_exactly_the_tokens(pairs, language):
    for pair in pairs:
        spans = [node.span(language) for node in pair.tree.nodes() if not node.children]
        tokens = sorted(token for span in spans if span for token in range(*span))
        assert tokens == list(range(len(getattr(pair, language))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_constituent_is_a_run_of_tokens_made_of_its_children(pairs, language):
    for pair in pairs:
        assert pair.tree.label == "ROOT"
        assert pair.tree.span(language) == (0, len(getattr(pair, language)))
        for node in pair.tree.nodes():
            below = sorted(child.span(language) for child in node.children if child.span(language))
            if node.children and below:
                assert (below[0][0], below[-1][1]) == node.span(language)
                assert all(left[1] == right[0] for left, right in pairwise(below))
            span, head = node.span(language), node.head(language)
            assert (span is None) == (head is None)
            assert span is None or span[0] <= head < span[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_token_depends_on_another_and_in_the_end_on_the_main_verb(pairs, language):
    for pair in pairs:
        heads = pair.tree.heads(language)
        assert len(heads) == len(getattr(pair, language))
        assert [token for token, head in enumerate(heads) if head == -1] == [pair.tree.head(language)]
        for token in range(len(heads)):
            steps = 0
            while token != -1:
                token, steps = heads[token], steps + 1
                assert steps <= len(heads)


# ---- English and French

VOWELS = "aàâeéèêiîoôuûœ"
ASPIRATE = {"héros", "hibou", "hiboux", "hache", "haches"}


def sounds_like_a_vowel(token):
    return token[0] in VOWELS or (token[0] == "h" and token not in ASPIRATE)


def neighbours(pair, language="french"):
    return pairwise(getattr(pair, language))


def test_tokens_are_lower_case_and_an_apostrophe_ends_a_french_one(pairs):
    for pair in pairs:
        assert all(token == token.lower() and token.split() == [token] for token in pair.english + pair.french)
        assert all("'" not in token[:-1] for token in pair.french if token != "aujourd'hui")
        assert all("'" not in token or token == "'s" for token in pair.english)
        assert pair.english[-1] == pair.french[-1]
        assert pair.english[-1] in (".", "?")


def test_elision_before_a_vowel_and_only_there(pairs):
    elided = 0
    for pair in pairs:
        for token, following in neighbours(pair):
            if token.endswith("'"):
                assert sounds_like_a_vowel(following), pair.french
                elided += 1
            if token in ("je", "me", "te", "le", "la", "ne", "de", "que", "ce", "ma", "ta", "sa", "du", "au"):
                assert not sounds_like_a_vowel(following), pair.french
            if token in ("cet", "bel", "nouvel", "vieil"):
                assert sounds_like_a_vowel(following), pair.french
            if token in ("beau", "nouveau"):
                assert not sounds_like_a_vowel(following), pair.french
    assert elided > 1000


def test_a_preposition_swallows_its_article(pairs):
    for pair in pairs:
        assert not {("à", "le"), ("à", "les"), ("de", "le"), ("de", "les")} & set(neighbours(pair)), pair.french


def test_a_or_an(pairs):
    for pair in pairs:
        for token, following in neighbours(pair, "english"):
            if token in ("a", "an"):
                assert (token == "an") == (following[0] in "aeiou"), pair.english


def test_ne_never_stands_without_pas_or_jamais(pairs):
    for pair in pairs:
        ne = sum(token in ("ne", "n'") for token in pair.french)
        assert ne == sum(token in ("pas", "jamais") for token in pair.french)
        assert ne == sum(token in ("not", "never") for token in pair.english)


ALL = {(feminine, plural) for feminine in (False, True) for plural in (False, True)}
SINGULAR, PLURAL = {(False, False), (True, False)}, {(False, True), (True, True)}
MASCULINE, FEMININE = {(False, False)}, {(True, False)}  # in the singular; the plural shows no gender
DETERMINERS = {  # gender and number that a determiner may have
    text: possible
    for texts, possible in (
        ("le, un, ce, cet, du", MASCULINE),
        ("la, une, cette, ma, ta, sa, de la", FEMININE),
        ("l', mon, ton, son, notre, leur, chaque, de l'", SINGULAR),
        ("les, des, ces, mes, tes, ses, nos, leurs, quelques, plusieurs, beaucoup de, beaucoup d'", PLURAL),
        ("de, d'", ALL),
    )
    for text in texts.split(", ")
}


def forms():
    """Gender and number of every form of a noun or an adjective, from the lexicon."""
    found = defaultdict(set)
    for noun in HARD.nouns:
        for plural in (False, True):
            found[noun.french[plural]].add((noun.feminine, plural))
    for adjective in HARD.adjectives:
        for feminine, plural in ALL:
            found[adjective.form(feminine=feminine, plural=plural)].add((feminine, plural))
        if adjective.bel:
            found[adjective.bel].add((False, False))
    found["amie"].add((True, False))
    for name in HARD.names:
        found[name.text].add((name.feminine, False))
    return found


FORMS = forms()


def fits(node, pair):
    """Gender and number that the French words of a leaf may have; None if it says nothing about them."""
    if node.french is None or node.children:
        return None
    text = " ".join(pair.french[slice(*node.french)])
    if node.label == "DET":
        return DETERMINERS[text]
    return FORMS[text] if node.label in ("N", "PN", "A") else None


def test_article_adjective_and_noun_agree(pairs):
    agreeing = 0
    for pair in pairs:
        for node in pair.tree.nodes():
            if node.label != "NP":
                continue
            common = set(ALL)
            words = [possible for child in node.children if (possible := fits(child, pair)) is not None]
            for possible in words:
                common &= possible
            assert common, pair.french
            agreeing += len(words) > 1
    assert agreeing > 1000


def test_what_follows_to_be_agrees_with_the_subject(pairs):
    agreeing = 0
    for pair in pairs:
        for node in pair.tree.nodes():
            labels = {child.label: child for child in node.children}
            if node.label != "S" or not {"NP", "VP"} <= set(labels):
                continue
            adjectives = [kid.children[0] for kid in labels["VP"].children if kid.label == "AP"]
            heads = [kid for kid in labels["NP"].children if kid.label in ("N", "PN")]
            if adjectives and heads:
                assert FORMS[pair.french[heads[0].french_head]] & fits(adjectives[0], pair), pair.french
                agreeing += 1
    assert agreeing > 20


def test_an_adjective_stands_where_its_kind_does(pairs):
    before = {adjective.english for adjective in HARD.adjectives if adjective.before}
    seen = 0
    for pair in pairs:
        for node in pair.tree.nodes():
            nouns = [child for child in node.children if child.label == "N"]
            for child in node.children:
                if node.label == "NP" and child.label == "A" and nouns:
                    english, french = pair.english[child.english_head], child.french_head
                    assert child.english_head < nouns[0].english_head
                    assert (french < nouns[0].french_head) == (english in before)
                    assert ("adjective-order" in pair.phenomena) or english in before
                    seen += 1
    assert seen > 500
