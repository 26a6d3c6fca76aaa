"""What a sentence pair is made of: tokens, gold links and one tree over both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Language = Literal["english", "french"]
Span = tuple[int, int]
Link = tuple[int, int]

LANGUAGES: tuple[Language, ...] = ("english", "french")

PHENOMENA = {
    "adjective-order": "an adjective after its French noun",
    "adverb": "an adverb or an expression of time",
    "clitic": "a French pronoun before the verb, an English one after it",
    "complement": "a clause after *that*, *que*",
    "contraction": "*au*, *aux*, *du* or *des* for a preposition and an article",
    "coordination": "*and* or *but*",
    "elision": "an apostrophe before a vowel: *l'*, *d'*, *qu'*, *j'*, *n'*",
    "existence": "*there is*, *il y a*",
    "generic": "a French article where English has none: *aime les pommes*",
    "genitive": "*'s* in English, *de* and the other order in French",
    "job": "no article in French: *est boulanger*",
    "mass": "*du*, *de la*, *de l'* where English has no article",
    "modal": "*can*, *must*, *want to* with an infinitive",
    "negated-article": "*de* for *un*, *une*, *des*, *du* after a negation",
    "negation": "*not* or *never*, *ne … pas* or *ne … jamais*",
    "number": "a number",
    "participle": "a participle after *avoir* that agrees with an object before it",
    "past": "passé composé",
    "possessive": "*his* and *her* look at the owner, *son* and *sa* at what is owned",
    "question": "*do* or inversion in English, *est-ce que* in French",
    "relative": "a relative clause",
    "subordinate": "*because* or *when*",
    "vowel-form": "another form before a vowel: *bel*, *vieil*, *cet*, *mon amie*",
    "être": "passé composé with *être*, whose participle agrees with the subject",
}
"""What can make a pair hard, by the names in :attr:`PocketPair.phenomena`."""


class Tree(NamedTuple):
    """A constituent, in both languages at once.

    The two sentences are two orders of one tree, so every constituent is a run of neighbouring
    tokens in each language; in one of the two it may be empty.

    Parameters
    ----------
    label : str
        Phrases: ``ROOT``, ``S`` (clause), ``SBAR`` (clause with what introduces it), ``VP``, ``NP``,
        ``AP``, ``PP``, ``ADVP``, ``POSS`` (owner). Words: ``N``, ``PN`` (name), ``PRON``, ``DET``, ``NUM``,
        ``A``, ``V``, ``AUX``, ``MODAL``, ``NEG``, ``ADV``, ``P``, ``C`` (subordinator), ``CC``, ``REL``,
        ``WH``, ``QUESTION`` (*est-ce que*), ``EXIST``, ``PUNCT``.
    english, french : (int, int) or None
        First token, and the one after the last; None where the constituent has no token. French
        *au* and *du* stand for a preposition and an article: they count for the preposition.
    english_head, french_head : int or None
        The token that stands for the whole: noun, main verb, preposition.
    children : tuple of Tree
        Empty for words. In the order in which the grammar names them, which is neither language's.
    """

    label: str
    english: Span | None
    french: Span | None
    english_head: int | None
    french_head: int | None
    children: tuple["Tree", ...] = ()

    def span(self, language: Language) -> Span | None:
        """Return the span in one language."""
        return self.english if _checked(language) == "english" else self.french

    def head(self, language: Language) -> int | None:
        """Return the head token in one language."""
        return self.english_head if _checked(language) == "english" else self.french_head

    def nodes(self) -> Iterator["Tree"]:
        """Walk through the tree: this constituent, then all below it."""
        yield self
        for child in self.children:
            yield from child.nodes()

    def heads(self, language: Language) -> tuple[int, ...]:
        """Return, for each token, the token that it depends on.

        The head of a constituent governs the heads of its other children; within a word of several
        tokens (*in front of*), the first governs the rest.

        Parameters
        ----------
        language : str
            ``english`` or ``french``.

        Returns
        -------
        tuple of int
            One a token, counted from 0; −1 for the sentence's own head, its main verb.

        Raises
        ------
        ValueError
            If there is no such language, or this is not the tree of a whole sentence.
        """
        span = self.span(language)
        if span is None or self.label != "ROOT":
            raise ValueError(f"heads are those of a whole sentence; got a constituent {self.label} with span {span}")
        governors = [-1] * span[1]
        for node in self.nodes():
            inside, head = node.span(language), node.head(language)
            if inside is None or head is None:
                continue
            below = (child.head(language) for child in node.children) if node.children else range(*inside)
            for token in below:
                if token is not None and token != head:
                    governors[token] = head
        return tuple(governors)


@dataclass(frozen=True)
class PocketPair:
    """An English sentence, its French translation, and what is known about them.

    Attributes
    ----------
    english, french : tuple of str
        Lower-case tokens, the last one a full stop or a question mark. French elided words keep their
        apostrophe (``l'``), English *'s* is a token.
    sure : frozenset of (int, int)
        Links (English token, French token), both counted from 0, between words that mean the same. A
        French token has at most one; an English one may have several, as *not* has to *ne* and *pas*.
    possible : frozenset of (int, int)
        The sure links, and those of words that only come along: *did* and the auxiliary, *des* and
        its noun, *the* and *au*, *est-ce que* and whatever makes the English sentence a question.
    tree : Tree
        Its root, with the label ``ROOT``.
    phenomena : frozenset of str
        Keys of :data:`PHENOMENA`.

    References
    ----------
    Och and Ney (2003), A systematic comparison of various statistical alignment models, Computational
    Linguistics 29(1), section 5: sure and possible links. Theirs are drawn by people who may
    disagree; ours follow from the grammar.
    """

    english: tuple[str, ...]
    french: tuple[str, ...]
    sure: frozenset[Link]
    possible: frozenset[Link]
    tree: Tree
    phenomena: frozenset[str]

    @cached_property
    def null_english(self) -> frozenset[int]:
        """English tokens without any link, such as the *a* of "he is a baker"."""
        return frozenset(range(len(self.english))) - {i for i, _ in self.possible}

    @cached_property
    def null_french(self) -> frozenset[int]:
        """French tokens without any link, such as the *que* of a relative clause that English leaves out."""
        return frozenset(range(len(self.french))) - {j for _, j in self.possible}


def _checked(language: Language) -> Language:
    if language not in LANGUAGES:
        raise ValueError(f"language must be 'english' or 'french'; got {language!r}")
    return language
