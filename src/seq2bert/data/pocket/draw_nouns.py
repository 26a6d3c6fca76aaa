"""Random noun phrases that make sense: which nouns, determiners and adjectives go together."""

from collections.abc import Iterable

from seq2bert.data.pocket.abstract import Named, NounPhrase, Place, Pronoun, Relative
from seq2bert.data.pocket.draw_words import WordDrawer
from seq2bert.data.pocket.function_words import NUMBERS, POSSESSIVES
from seq2bert.data.pocket.lexicon import Adjective, Kinds, Noun

HUMAN: Kinds = frozenset({"human"})

SINGULAR = {"the": 8.0, "a": 4.0, "this": 1.5, "own": 4.0, "every": 0.7}
PLURAL = {
    "the": 5.0,
    "bare": 3.0,
    "this": 1.0,
    "own": 2.5,
    "some": 1.5,
    "several": 1.0,
    "many": 1.0,
    "number": 3.0,
    "the number": 0.7,
}
MASS = {"mass": 5.0, "the": 2.0, "own": 1.5, "this": 0.5}
DEFINITE = frozenset({"the", "this", "own"})
INDEFINITE = frozenset({"a", "bare", "mass", "some", "several", "many", "number"})
NEVER_NEGATED = frozenset({"every", "some", "several", "many", "number", "the number"})

SMALL: Kinds = frozenset({"gadget", "food", "cat", "mouse"})
LARGE: Kinds = frozenset({"human", "animal", "vehicle"})
PLACES: dict[str, dict[str, str]] = {  # sort of place: preposition to the kind of noun that it goes with
    "spot": {"on": "surface", "under": "cover"},
    "by": {"behind": "landmark", "near": "landmark", "in front of": "landmark", "next to": "landmark"},
    "inside": {"in": "inside"},
    "venue": {"at": "venue"},
}


class NounDrawer(WordDrawer):
    """Draws noun phrases."""

    def noun(self, kinds: Kinds, *, avoid: str = "") -> Noun:
        """Draw a noun of one of these kinds, and not of the kind to avoid."""
        return self.one(
            ("noun", kinds, avoid),
            lambda: (n for n in self.profile.lexicon.nouns if n.kinds & kinds and avoid not in n.kinds),
        )

    def named(self) -> Named:
        """Draw a name, sometimes with "my friend"."""
        name = self.one("name", lambda: self.profile.lexicon.names)
        return Named(name, self.random.choice(POSSESSIVES) if self.chance(0.15) else None)

    def noun_phrase(
        self,
        kinds: Kinds,
        *,
        allowed: Iterable[str] | None = None,
        depth: int = 0,
        simple: bool = False,
        singular: bool = False,
        generic: bool = False,
    ) -> NounPhrase:
        """Draw a noun phrase of one of these kinds.

        Parameters
        ----------
        kinds : frozenset of str
        allowed : iterable of str, optional
            Determiners to draw from; all if left out.
        depth : int
            How many clauses may still be nested in it.
        simple : bool
            Without owner, whole or relative clause.
        singular : bool
        generic : bool
            For verbs such as *love*: the whole kind ("apples", *les pommes*) or a definite one.
        """
        allowed = None if allowed is None else frozenset(allowed)
        noun = self.noun(kinds, avoid="" if allowed is None or "own" in allowed else "kin")
        if generic and "human" not in noun.kinds and self.chance(0.6):
            return NounPhrase(noun, "generic", plural="mass" not in noun.kinds)
        if generic:
            allowed = DEFINITE if allowed is None else DEFINITE & allowed
        plural = not singular and not noun.kinds & {"mass", "single"} and self.chance(0.3)
        if depth > 0 and not simple and not noun.kinds & {"mass", "kin"} and self.chance(self.profile.relative):
            relative = self.relative(noun, plural, depth)
            if relative is not None:
                return NounPhrase(noun, "the", plural, relative=relative)
        if "kin" in noun.kinds:
            determiner = "own"
        else:
            table = MASS if "mass" in noun.kinds else PLURAL if plural else SINGULAR
            determiner = self.choose(
                {
                    key: weight
                    for key, weight in table.items()
                    if (allowed is None or key in allowed) and (key != "own" or "own" in noun.kinds)
                }
            )
        before, after = self._adjectives(noun, determiner)
        number = self.random.choice(list(NUMBERS)) if "number" in determiner else None
        if determiner == "own":
            owner = None if simple or not self.chance(self.profile.owner) else self._owner(noun)
            possessives = [key for key in POSSESSIVES if not ("spouse" in noun.kinds and key in ("our", "their"))]
            determiner = "the" if owner else self.random.choice(possessives)
            return NounPhrase(noun, determiner, plural, number, before, after, owner)
        whole = self._whole(noun) if determiner == "the" and not simple else None
        determiner = {"bare": "a", "number": "none", "the number": "the"}.get(determiner, determiner)
        return NounPhrase(noun, determiner, plural, number, before, after, None, whole)

    def relative(self, noun: Noun, plural: bool, depth: int) -> Relative | None:
        """Draw a relative clause about a noun; :mod:`draw_clauses` knows how."""
        raise NotImplementedError

    def place(self, sort: str) -> Place:
        """Draw a place of one of the sorts in :data:`PLACES`."""
        table = PLACES[sort]
        preposition = self.random.choice(list(table))
        return Place(preposition, self.location(frozenset({table[preposition]})))

    def location(self, kinds: Kinds) -> NounPhrase:
        """Draw the noun phrase of a place."""
        return self.noun_phrase(kinds, allowed=DEFINITE, simple=True, singular=True)

    def adjective(self, kinds: Kinds, flag: str = "", *, predicate: bool) -> Adjective | None:
        """Draw an adjective for a thing of these kinds, if there is one."""
        wrong = "attributive" if predicate else "predicate"
        return self.among(
            ("adjective", kinds, flag, predicate),
            lambda: (
                a
                for a in self.profile.lexicon.adjectives
                if a.kinds & kinds and wrong not in a.flags and (not flag or flag in a.flags)
            ),
        )

    def _adjectives(self, noun: Noun, determiner: str) -> tuple[Adjective | None, Adjective | None]:
        if determiner in ("mass", "every") or "kin" in noun.kinds or not self.chance(self.profile.adjective):
            return None, None
        drawn = self.adjective(noun.kinds, predicate=False)
        if drawn is None:
            return None, None
        if not drawn.before:
            return None, drawn
        colours = noun.kinds & {"coloured", "fur"}  # two adjectives: only before a colour is their order sure
        second = self.adjective(colours, predicate=False) if colours and self.chance(0.3) else None
        return drawn, second

    def _owner(self, owned: Noun) -> Named | NounPhrase:
        if self.chance(0.5):
            return self.named()
        while True:
            drawn = self.noun_phrase(HUMAN, allowed=DEFINITE, simple=True, singular=True)
            if drawn.noun is not owned:
                return drawn

    def _whole(self, noun: Noun) -> NounPhrase | None:
        if "part" not in noun.kinds or not self.chance(0.6):
            return None
        kinds = frozenset({"whole"} if noun.kinds & {"door", "window"} else {"walled"})
        return self.noun_phrase(kinds, allowed=DEFINITE, simple=True, singular=True)


def pronouns_for(subject: object) -> dict[Pronoun, float]:
    """Return the object pronouns that a subject may have, with weights; "i see me" would be reflexive."""
    weights = {
        Pronoun(3): 2.0,
        Pronoun(3, feminine=True): 2.0,
        Pronoun(3, plural=True): 2.0,
        Pronoun(1): 1.0,
        Pronoun(2): 1.0,
        Pronoun(1, plural=True): 1.0,
    }
    if not isinstance(subject, Pronoun) or subject.person == 3:
        return weights
    return {pronoun: weight for pronoun, weight in weights.items() if pronoun.person != subject.person}
