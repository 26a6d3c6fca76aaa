"""The two sizes of the corpus: which words, how often what, how many pairs."""

from dataclasses import dataclass

from seq2bert.data.pocket.lexicon import EASY, HARD, Lexicon


@dataclass(frozen=True)
class Profile:
    """How to draw sentences.

    Attributes
    ----------
    lexicon : Lexicon
    zipf : float
        The word of rank r is drawn with a weight of (r + 2) to minus this power: 0 draws all alike.
        The law is that of Zipf in the form of Mandelbrot (1953).
    n_train, n_valid, n_test : int
        How many pairs.
    max_tokens : int
        Longest sentence in either language.
    depth : int
        How many clauses may be nested in the main one.
    relative, complement, joined : float
        Probability of a relative clause on a noun that can have one, of a clause after "thinks that"
        as the main clause, of two clauses side by side.
    question, existence, being : float
        Probability of each kind of sentence; the rest are statements about doing something.
    negation, modal, past : float
        Probability where it can be.
    adjective, owner, pronoun : float
        Probability of an adjective and of an owner with *'s* at a noun, of a pronoun instead of an object (and, in
        proportion, of a subject).
    monotone : float
        Probability that a pair without crossing links is kept.
    """

    lexicon: Lexicon
    zipf: float
    n_train: int
    n_valid: int
    n_test: int
    max_tokens: int
    depth: int
    relative: float
    complement: float
    joined: float
    question: float
    existence: float
    being: float
    negation: float
    modal: float
    past: float
    adjective: float
    owner: float
    pronoun: float
    monotone: float


PROFILES = {
    "easy": Profile(
        lexicon=EASY,
        zipf=0.0,
        n_train=12_000,
        n_valid=600,
        n_test=1_000,
        max_tokens=16,
        depth=0,
        relative=0.0,
        complement=0.0,
        joined=0.0,
        question=0.15,
        existence=0.03,
        being=0.1,
        negation=0.3,
        modal=0.15,
        past=0.45,
        adjective=0.45,
        owner=0.25,
        pronoun=0.3,
        monotone=0.3,
    ),
    "hard": Profile(
        lexicon=HARD,
        zipf=1.8,
        n_train=5_000,
        n_valid=600,
        n_test=1_000,
        max_tokens=30,
        depth=3,
        relative=0.55,
        complement=0.35,
        joined=0.3,
        question=0.15,
        existence=0.03,
        being=0.1,
        negation=0.3,
        modal=0.15,
        past=0.5,
        adjective=0.4,
        owner=0.25,
        pronoun=0.2,
        monotone=1.0,
    ),
}
