"""What is drawn makes sense: laws of the abstract trees, before they are written in either language."""

import dataclasses
import random

import pytest

from seq2bert.data.pocket.abstract import Being, Clause, Doing, Existence, NounPhrase, Pronoun, Sentence
from seq2bert.data.pocket.coherence import parts
from seq2bert.data.pocket.draw_clauses import Frame
from seq2bert.data.pocket.draw_sentences import SentenceDrawer
from seq2bert.data.pocket.profiles import PROFILES


def drawer(size="hard", **changes):
    return SentenceDrawer(dataclasses.replace(PROFILES[size], **changes), random.Random(2))


@pytest.fixture(scope="module")
def items():
    """Sentences in which rare words are as frequent as common ones, and rare constructions are frequent."""
    source = drawer(zipf=0.0, existence=0.2, question=0.3, being=0.3, relative=0.6)
    return [source.sentence() for _ in range(6000)]


def found(items, kind):
    return [part for item in items for part in parts(item) if isinstance(part, kind)]


def doing(items):
    return [clause for clause in found(items, Clause) if isinstance(clause.predicate, Doing)]


def test_nobody_says_that_there_is_his_father(items):
    there = [item.nominal.noun.kinds for item in items if isinstance(item, Existence)]
    assert len(there) > 1000
    assert not [kinds for kinds in there if "kin" in kinds]


def test_a_husband_is_of_one_person_and_every_relative_of_somebody(items):
    nouns = found(items, NounPhrase)
    spouses = [item.determiner for item in nouns if "spouse" in item.noun.kinds and item.owner is None]
    assert set(spouses) == {"my", "your", "his", "her"}
    kin = [item for item in nouns if "kin" in item.noun.kinds]
    assert all(item.owner or item.determiner in ("my", "your", "his", "her", "our", "their") for item in kin)


def test_nothing_follows_an_object_with_a_clause_that_might_belong_to_either(items):
    heavy = [c for c in doing(items) if isinstance(c.predicate.object, NounPhrase) and c.predicate.object.relative]
    assert len(heavy) > 100
    assert {(clause.how, clause.where, clause.when) for clause in heavy} == {(None, None, None)}


def test_love_is_neither_past_nor_denied_with_never(items):
    lasting = [clause for clause in doing(items) if "present" in clause.predicate.verb.flags]
    assert {clause.negation for clause in lasting} == {None, "not"}
    assert {(clause.past, clause.modal, clause.often) for clause in lasting} == {(False, None, None)}


def test_a_participle_never_needs_the_gender_of_the_speaker(items):
    for clause in doing(items):
        if clause.past and clause.predicate.verb.etre and isinstance(clause.subject, Pronoun):
            assert clause.subject.person == 3
        if clause.past and isinstance(clause.predicate.object, Pronoun):
            assert clause.predicate.object.person == 3


def test_nor_does_an_adjective(items):
    for clause in found(items, Clause):
        if isinstance(clause.predicate, Being) and clause.predicate.quality and isinstance(clause.subject, Pronoun):
            quality = clause.predicate.quality
            assert clause.subject.person == 3 or quality.masculine == quality.feminine


def test_what_is_said_of_somebody_is_not_said_before(items):
    said = [c for c in found(items, Clause) if isinstance(c.predicate, Being) and c.predicate.quality and c.subject]
    nouns = [clause.subject for clause in said if isinstance(clause.subject, NounPhrase)]
    assert len(nouns) > 300
    assert {(noun.before, noun.after) for noun in nouns} == {(None, None)}


def test_a_pronoun_is_never_reflexive(items):
    for clause in doing(items):
        subject = clause.subject
        for other in (clause.predicate.object, clause.predicate.recipient):
            if isinstance(subject, Pronoun) and isinstance(other, Pronoun) and subject.person != 3:
                assert other.person != subject.person


def test_questions_ask_for_what_the_clause_does_not_say(items):
    questions = [item for item in items if isinstance(item, Sentence) and item.question]
    assert {item.question for item in questions} == {"yes-no", "who", "what", "where", "when", "why"}
    for item in questions:
        clause = item.clause
        if item.question == "who":
            assert clause.subject is None
        if item.question == "what":
            assert clause.predicate.object is None
            assert clause.predicate.verb.base != "tell"  # "what did he tell to the teacher ?"
        if item.question == "where" and isinstance(clause.predicate, Doing):
            assert clause.where is None
            assert clause.predicate.place is None
        if item.question == "when":
            assert (clause.when, clause.often) == (None, None)
        assert not (isinstance(clause.subject, Pronoun) and clause.subject.person == 1)


def test_an_adjective_fits_its_noun(items):
    for noun in found(items, NounPhrase):
        for adjective in (noun.before, noun.after):
            assert adjective is None or adjective.kinds & noun.noun.kinds
        assert noun.before is None or noun.before.before
        assert noun.after is None or not noun.after.before


def test_clauses_are_nested_as_deep_as_the_size_allows():
    def depth(part):
        below = max((depth(inner) for inner in _inside(part)), default=0)
        return below + isinstance(part, Clause)

    source = drawer(relative=0.9, complement=0.9, question=0.0, existence=0.0, joined=0.0, depth=2)
    assert max(depth(source.sentence()) for _ in range(400)) == 3
    assert max(depth(drawer("easy").sentence()) for _ in range(400)) == 1


def _inside(part):
    values = part if isinstance(part, tuple) else vars(part).values() if dataclasses.is_dataclass(part) else ()
    return [value for value in values if dataclasses.is_dataclass(value) or isinstance(value, tuple)]


def test_a_higher_rank_is_drawn_less_often():
    source = drawer(zipf=2.0)
    names = [source.named().name for _ in range(2000)]
    men = [name for name in source.profile.lexicon.names if not name.feminine]
    counts = [names.count(name) for name in men]
    # weights (rank + 2)^-2: 1/9, 1/16, 1/25, …: the first is drawn 16/9 times as often as the second
    assert counts[0] / counts[1] == pytest.approx(16 / 9, rel=0.25)
    assert counts[0] > counts[1] > counts[2] > counts[-1]


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: drawer().noun(frozenset({"unicorn"})), r"the lexicon must have a word for \('noun', .*unicorn"),
        (lambda: drawer().act(Frame(flag="flies")), "the lexicon must have a verb for .*flies"),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()
