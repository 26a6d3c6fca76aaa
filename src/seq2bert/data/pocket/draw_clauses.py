"""Random clauses that make sense: who does what, to whom, where, when and how."""

from functools import partial
from typing import NamedTuple

from seq2bert.data.pocket.abstract import Both, Clause, Doing, Nominal, NounPhrase, Place, Pronoun
from seq2bert.data.pocket.draw_nouns import (
    DEFINITE,
    HUMAN,
    MASS,
    NEVER_NEGATED,
    PLURAL,
    SINGULAR,
    SMALL,
    NounDrawer,
    pronouns_for,
)
from seq2bert.data.pocket.lexicon import Kinds, Verb

SUBJECTS = {
    Pronoun(3): 2.0,
    Pronoun(3, feminine=True): 2.0,
    Pronoun(3, plural=True): 1.5,
    Pronoun(1): 1.5,
    Pronoun(2): 1.0,
    Pronoun(1, plural=True): 1.0,
}
THEM = Pronoun(3, plural=True)
FRAMES = {"none": 3.0, "object": 9.0, "to": 1.0, "give": 2.0, "goal": 0.7, "source": 0.5, "at": 0.5, "into": 0.6}
GOALS = {"goal": ("to", "venue"), "source": ("from", "venue"), "at": ("at", "venue")}
AS_SUBJECT = frozenset({*SINGULAR, *PLURAL, *MASS}) - {"mass", "bare"}
AS_OBJECT = frozenset({*SINGULAR, *PLURAL, *MASS}) - {"every"}


class Frame(NamedTuple):
    """What is known about a clause before its verb is drawn.

    Attributes
    ----------
    subject, object : frozenset of str or None
        Kinds of the noun that a relative clause is about, as the verb's subject or object.
    question : str or None
        The kind of question.
    flag : str or None
        A flag that the verb must have: where it happens, for clauses about a place.
    """

    subject: Kinds | None = None
    object: Kinds | None = None
    question: str | None = None
    flag: str | None = None

    def fits(self, verb: Verb) -> bool:
        """Say whether a verb can be used."""
        things = verb.objects - HUMAN
        if self.subject is not None and not verb.subjects & self.subject:
            return False
        if self.object is not None and not (verb.frame == "object" and verb.objects & self.object):
            return False
        if self.question == "what":
            askable = things and (verb.frame == "give" or "pronoun" in verb.flags) and "unasked" not in verb.flags
            if not askable:
                return False
        if self.question == "where" and not (verb.frame == "goal" or verb.flags & {"inside", "venue"}):
            return False
        return self.flag is None or self.flag in verb.flags


class ClauseDrawer(NounDrawer):
    """Draws clauses about doing something."""

    def verb(self, frame: Frame) -> Verb | None:
        """Draw a verb, its frame first; None if no verb fits."""
        left = dict(FRAMES)
        while left:
            name = self.choose(left)
            found = self.among(("verb", name, frame), partial(self._fitting, name, frame))
            if found is not None:
                return found
            del left[name]
        return None

    def _fitting(self, name: str, frame: Frame) -> list[Verb]:
        return [verb for verb in self.profile.lexicon.verbs if verb.frame == name and frame.fits(verb)]

    def act(self, frame: Frame, *, depth: int = 0) -> Clause:
        """Draw a clause as :meth:`doing` does, where some verb must fit."""
        drawn = self.doing(frame, depth=depth)
        if drawn is None:
            raise ValueError(f"the lexicon must have a verb for {frame}")
        return drawn

    def doing(self, frame: Frame, *, depth: int = 0) -> Clause | None:
        """Draw a clause; None if no verb fits what is known.

        Parameters
        ----------
        frame : Frame
        depth : int
            How many clauses may still be nested in it.
        """
        verb = self.verb(frame)
        if verb is None:
            return None
        subject = None
        negation = self.negation(frame.question, lasting="present" in verb.flags)
        if frame.subject is None and frame.question != "who":
            definite = negation is not None or frame.question is not None
            subject = self.subject(verb.subjects, depth=depth, definite=definite, asked=frame.question is not None)
        speaker = isinstance(subject, Pronoun) and subject.person != 3  # no gender, so no participle that agrees
        never_past = "present" in verb.flags or (verb.etre and speaker)
        past = not never_past and self.chance(0.85 if "happens" in verb.flags else self.profile.past)
        modal = None
        if not past and not verb.flags & {"present", "happens"} and self.chance(self.profile.modal):
            modal = self.random.choice(("can", "must", "want"))
        predicate = self._arguments(verb, frame, subject, depth=depth, past=past, negated=negation is not None)
        heavy = isinstance(predicate.object, NounPhrase) and predicate.object.relative is not None
        how = None if heavy else self._how(verb, negation, modal)
        often = None if how or negation else self._often(verb, frame, past=past, modal=modal)
        where = None if heavy or frame.flag or frame.question == "where" else self._where(verb, predicate)
        timeless = "present" in verb.flags or ("happens" in verb.flags and not past)
        quiet = heavy or often or timeless or negation == "never" or frame.question == "when"
        when = None if quiet or (where and self.chance(0.7)) else self._when(past=past, modal=modal)
        return Clause(subject, predicate, past, negation, modal, often, how, where, when)

    def negation(self, question: str | None = None, *, lasting: bool = False) -> str | None:
        """Draw *not*, *never* or nothing; of the questions only *why* and *who* have it.

        ``lasting`` is for verbs such as *love* and *know*, which go ill with *never*.
        """
        if question not in (None, "why", "who") or not self.chance(self.profile.negation):
            return None
        return "not" if lasting or question is not None or self.chance(0.75) else "never"

    def subject(self, kinds: Kinds, *, depth: int = 0, definite: bool = False, asked: bool = False) -> Nominal:
        """Draw a subject; the speaker does not ask about himself."""
        if "human" in kinds and (kinds == HUMAN or self.chance(0.8)):
            sort = self.choose({"pronoun": 24 * self.profile.pronoun, "name": 5.0, "noun": 8.0, "both": 0.8})
            if sort == "pronoun":
                return self.choose({p: w for p, w in SUBJECTS.items() if not (asked and p.person == 1)})
            if sort == "name":
                return self.named()
            if sort == "both":
                return self._both()
            kinds = HUMAN
        return self.noun_phrase(kinds, allowed=DEFINITE if definite else AS_SUBJECT, depth=depth)

    def _both(self) -> Nominal:
        first = self.named()
        while True:
            second = self.named() if self.chance(0.5) else self.noun_phrase(HUMAN, allowed=DEFINITE, simple=True)
            if getattr(second, "name", None) is not first.name:
                return Both(first, second)

    def _arguments(
        self, verb: Verb, frame: Frame, subject: Nominal | None, *, depth: int, past: bool, negated: bool
    ) -> Doing:
        if verb.frame in GOALS and frame.question != "where":
            preposition, kind = GOALS[verb.frame]
            return Doing(verb, place=Place(preposition, self.location(frozenset({kind}))))
        if verb.frame == "into":
            return Doing(verb, place=Place("into", self.location(verb.objects)))
        thing = recipient = None
        if verb.frame in ("object", "give") and frame.object is None and frame.question != "what":
            thing = self._object(verb, subject, depth=depth, past=past, negated=negated)
        if verb.frame == "give":
            recipient = self._recipient(HUMAN, subject)
        elif verb.frame == "to":
            recipient = self._recipient(verb.objects, subject)
        return Doing(verb, thing, recipient)

    def _object(self, verb: Verb, subject: Nominal | None, *, depth: int, past: bool, negated: bool) -> Nominal:
        if verb.frame == "give":
            if self.chance(self.profile.pronoun / 3):
                return THEM
        elif "pronoun" in verb.flags and self.chance(self.profile.pronoun):
            if "human" not in verb.objects:
                return THEM
            return self.choose({p: w for p, w in pronouns_for(subject).items() if not past or p.person == 3})
        if verb.frame == "object" and verb.objects >= HUMAN and self.chance(0.25):
            return self.named()
        allowed = AS_OBJECT - NEVER_NEGATED if negated else AS_OBJECT
        return self.noun_phrase(
            verb.objects, allowed=allowed, depth=depth, simple=verb.frame == "give", generic="generic" in verb.flags
        )

    def _recipient(self, kinds: Kinds, subject: Nominal | None) -> Nominal:
        sort = self.choose({"pronoun": 5.0, "name": 2.0, "noun": 4.0})
        if sort == "pronoun":
            return self.choose(pronouns_for(subject))
        if sort == "name" and kinds >= HUMAN:
            return self.named()
        return self.noun_phrase(kinds, allowed=DEFINITE, simple=True)

    def _how(self, verb: Verb, negation: str | None, modal: str | None) -> str | None:
        if "well" in verb.flags and modal is None and self.chance(0.25):
            return "well"
        return "slowly" if "slowly" in verb.flags and negation is None and self.chance(0.25) else None

    def _often(self, verb: Verb, frame: Frame, *, past: bool, modal: str | None) -> str | None:
        if modal or "present" in verb.flags or frame.question == "when" or not self.chance(0.2):
            return None
        if not past:
            return self.random.choice(("often", "always", "sometimes"))
        return None if frame.question else "already"

    def _where(self, verb: Verb, predicate: Doing) -> Place | None:
        sorts = sorted(verb.flags & {"inside", "venue"})
        thing = predicate.object
        if "spot" in verb.flags and isinstance(thing, NounPhrase) and thing.noun.kinds & SMALL:
            sorts.append("spot")
        return self.place(self.random.choice(sorts)) if sorts and self.chance(0.3) else None

    def _when(self, *, past: bool, modal: str | None) -> str | None:
        if not self.chance(0.25):
            return None
        if past:
            return self.random.choice(("yesterday", "this morning", "last night"))
        return self.random.choice(("today", "now", "every day") if modal else ("today", "every day", "every day"))
