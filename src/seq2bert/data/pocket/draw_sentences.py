"""Random sentences: statements, questions, relative and other nested clauses."""

from dataclasses import replace

from seq2bert.data.pocket.abstract import (
    Being,
    Clause,
    Doing,
    Existence,
    Nominal,
    NounPhrase,
    Pronoun,
    Relative,
    Sentence,
    agreement_of,
)
from seq2bert.data.pocket.draw_clauses import ClauseDrawer, Frame
from seq2bert.data.pocket.draw_nouns import DEFINITE, HUMAN, INDEFINITE, LARGE, SMALL
from seq2bert.data.pocket.lexicon import Adjective, Kinds, Noun

PERSON: Kinds = frozenset({"human", "basic"})  # what is said of a name or a pronoun can be said of anybody
DESCRIBED: Kinds = frozenset({"animal", "clothing", "vehicle", "building", "furniture", "gadget", "food", "drink"})
QUESTIONS = {"yes-no": 4.0, "who": 1.5, "what": 1.5, "where": 1.5, "when": 1.0, "why": 1.5}


class SentenceDrawer(ClauseDrawer):
    """Draws whole sentences, and what is nested in them."""

    def sentence(self) -> Sentence | Existence:
        """Draw a sentence."""
        profile = self.profile
        if self.chance(profile.existence):
            return self.existence()
        if self.chance(profile.question):
            return self.question()
        if self.chance(profile.complement):
            return Sentence(self.believing(profile.depth))
        if self.chance(profile.joined):
            return self.joined()
        return Sentence(self.statement(profile.depth))

    def statement(self, depth: int) -> Clause:
        """Draw a clause about being or about doing something."""
        if self.chance(self.profile.being):
            return self.being(depth=depth)
        return self.act(Frame(), depth=depth)

    def question(self) -> Sentence:
        """Draw a question; at most one clause is nested in it."""
        depth = min(1, self.profile.depth)
        if self.chance(self.profile.being):
            if self.chance(0.5):
                return Sentence(self.being(asked=True), "yes-no")
            subject = self.named() if self.chance(0.3) else self.noun_phrase(SMALL | LARGE, allowed=DEFINITE)
            return Sentence(Clause(subject, Being()), "where")
        if self.chance(self.profile.complement / 3):
            return Sentence(self.believing(depth, asked=True), "yes-no")
        kind = self.choose(QUESTIONS)
        return Sentence(self.act(Frame(question=kind), depth=depth), kind)

    def existence(self) -> Existence:
        """Draw "there is …"."""
        nominal = self.noun_phrase(self.random.choice((SMALL, LARGE)), allowed=INDEFINITE, simple=True)
        return Existence(nominal, self.place(self._sort(nominal.noun.kinds)))

    def joined(self) -> Sentence:
        """Draw two clauses side by side, the second sometimes a reason or an occasion of the first."""
        conjunction = self.random.choice(("and", "but", "because", "when"))
        if conjunction in ("and", "but"):
            first, second = self.statement(1), self.statement(0)
            while second.subject == first.subject:
                second = self.statement(0)
            return Sentence(first, joined=(conjunction, second))
        named = self.chance(0.4)
        subject = self.named() if named else _plain(self.noun_phrase(HUMAN, allowed=DEFINITE, singular=True))
        lexicon = self.profile.lexicon
        verb = self.one("effort", lambda: (v for v in lexicon.verbs if "effort" in v.flags))
        flag = "cause" if conjunction == "because" else "mood"
        quality = self.one(flag, lambda: (a for a in lexicon.adjectives if flag in a.flags))
        same = Pronoun(3, feminine=agreement_of(subject).feminine)
        main = Clause(subject, Doing(verb), negation="not" if conjunction == "because" else None)
        return Sentence(main, joined=(conjunction, Clause(same, Being(quality=quality))))

    def believing(self, depth: int, *, asked: bool = False) -> Clause:
        """Draw "… thinks that …"."""
        verbs = self.profile.lexicon.verbs
        verb = self.one(
            ("that", asked),
            lambda: (v for v in verbs if v.frame == "that" and (not asked or "negatable" in v.flags)),
        )
        # *ne pense pas que* and *espère que* (of now) would ask for moods and tenses that are left out.
        negation = None
        if not asked and "negatable" in verb.flags:
            negation = self.negation(lasting="present" in verb.flags)
        subject = self.subject(HUMAN, definite=True, asked=asked)
        inner = self.statement(depth - 1)
        while inner.subject == subject or (verb.base == "hope" and not inner.past):
            inner = self.statement(depth - 1)
        return Clause(subject, Doing(verb, complement=inner), negation=negation)

    def being(self, *, depth: int = 0, asked: bool = False) -> Clause:
        """Draw a clause about how, where or what somebody or something is."""
        negation = None if asked or not self.chance(self.profile.negation) else "not"
        sort = self.choose({"quality": 6.0, "place": 3.0, "job": 2.0})
        if sort == "job":
            return self._job(negation)
        if sort == "place":
            subject = self._subject(SMALL | LARGE, depth=depth, asked=asked)
            kinds = subject.noun.kinds if isinstance(subject, NounPhrase) else HUMAN
            return Clause(subject, Being(place=self.place(self._sort(kinds))), negation=negation)
        while True:
            subject = _plain(self._subject(DESCRIBED, depth=depth, asked=asked))
            quality = self._quality(subject)
            if quality is not None:
                return self._state(subject, quality, negation)

    def relative(self, noun: Noun, plural: bool, depth: int) -> Relative | None:
        """Draw a relative clause about a noun."""
        gap = self.choose({"subject": 5.0, "object": 4.0, "where": 1.0})
        if gap == "subject":
            quality = self.adjective(noun.kinds, predicate=True) if self.chance(0.25) else None
            if quality is not None:
                return Relative(Clause(None, Being(quality=quality)), gap)
            clause = self.doing(Frame(subject=noun.kinds), depth=depth - 1)
        elif gap == "object":
            clause = self.doing(Frame(object=noun.kinds), depth=depth - 1)
        else:
            sort = "inside" if "inside" in noun.kinds else "venue" if "venue" in noun.kinds else None
            clause = None if sort is None else self.doing(Frame(flag=sort), depth=depth - 1)
        if clause is None:
            return None
        bare = gap == "object" and isinstance(clause.subject, Pronoun) and self.chance(0.5)
        return Relative(clause, gap, bare)

    def _state(self, subject: Nominal, quality: Adjective, negation: str | None) -> Clause:
        often = when = None
        if "mood" in quality.flags and negation is None:
            if self.chance(0.15):
                often = self.random.choice(("often", "always", "sometimes"))
            elif self.chance(0.2):
                when = self.random.choice(("today", "now"))
        return Clause(subject, Being(quality=quality), negation=negation, often=often, when=when)

    def _job(self, negation: str | None) -> Clause:
        noun = self.noun(frozenset({"job"}))
        if self.chance(0.4):
            return Clause(Pronoun(3, feminine=noun.feminine), Being(job=noun), negation=negation)
        subject = self.named()
        while subject.name.feminine != noun.feminine:
            subject = self.named()
        return Clause(subject, Being(job=noun), negation=negation)

    def _subject(self, kinds: Kinds, *, depth: int, asked: bool) -> Nominal:
        """Draw a person or a definite thing."""
        if self.chance(0.5):
            return self.subject(HUMAN, depth=depth, definite=True, asked=asked)
        return self.noun_phrase(kinds, allowed=DEFINITE, depth=depth)

    def _quality(self, subject: Nominal) -> Adjective | None:
        """Draw what can be said of a subject; the speaker and the one spoken to have no gender here."""
        if not isinstance(subject, NounPhrase):
            quality = self.adjective(PERSON, predicate=True)
            personal = isinstance(subject, Pronoun) and subject.person != 3
            return None if quality is None or (personal and quality.masculine != quality.feminine) else quality
        if subject.relative is not None and isinstance(subject.relative.clause.predicate, Being):
            return None  # "the man who is old is young"
        return self.adjective(subject.noun.kinds, predicate=True)

    def _sort(self, kinds: Kinds) -> str:
        """Draw a sort of place where something of these kinds can be."""
        if kinds & SMALL:
            return "spot"
        if "vehicle" in kinds:
            return "by"
        return self.random.choice(("by", "inside", "venue") if kinds & HUMAN else ("by", "inside"))


def _plain(item: Nominal) -> Nominal:
    """Take the adjectives from a noun of which something is said: "the happy man is happy"."""
    return replace(item, before=None, after=None) if isinstance(item, NounPhrase) else item
