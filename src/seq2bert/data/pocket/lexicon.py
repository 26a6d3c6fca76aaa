"""Words with their two languages, their forms and the kinds of things they go with.

The tables are in :mod:`nouns`, :mod:`rare_nouns`, :mod:`verbs` and :mod:`adjectives`; this file reads them. An English
form belongs to one word only, so that a sentence has one translation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seq2bert.data.pocket import adjectives, nouns, rare_nouns, verbs
from seq2bert.data.pocket.morphology import (
    conjugate,
    english_past,
    english_s,
    french_feminine,
    french_plural,
)
from seq2bert.data.pocket.synchronous import starts_with_vowel

Kinds = frozenset[str]


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun: singular and plural in both languages, gender, heading in the table, kinds.

    Its English singular is one of the kinds, so that a verb can ask for it.
    """

    english: tuple[str, str]
    french: tuple[str, str]
    feminine: bool
    vowel: bool
    section: str
    kinds: Kinds


@dataclass(frozen=True, eq=False)
class Name:
    """A first name, the same in both languages."""

    text: str
    feminine: bool
    vowel: bool


@dataclass(frozen=True, eq=False)
class Adjective:
    """An adjective: French masculine and feminine, singular and plural, and the kinds of noun it fits.

    ``bel`` is the masculine singular before a vowel, where there is one; ``before`` says that it
    stands before the French noun.
    """

    english: str
    masculine: tuple[str, str]
    feminine: tuple[str, str]
    bel: str | None
    before: bool
    kinds: Kinds
    flags: Kinds

    def form(self, *, feminine: bool, plural: bool) -> str:
        """Return the French form that agrees."""
        return (self.feminine if feminine else self.masculine)[plural]


@dataclass(frozen=True, eq=False)
class Verb:
    """A verb with its frame: what it takes, and the kinds of subject and object that make sense.

    Attributes
    ----------
    base, third, past : str
        English forms.
    particle : tuple of str
        What follows the English verb, such as *at* in *look at*.
    infinitive, present, participle
        French forms; the present for je, tu, il, nous, ils.
    frame : str
        ``none``, ``object``, ``to`` (somebody, *à* in French), ``give`` (something to somebody),
        ``goal``, ``source``, ``into``, ``at`` (a place), ``that`` (a clause).
    subjects, objects : frozenset of str
    flags : frozenset of str
    """

    base: str
    third: str
    past: str
    particle: tuple[str, ...]
    infinitive: str
    present: tuple[str, ...]
    participle: str
    frame: str
    subjects: Kinds
    objects: Kinds
    flags: Kinds

    @property
    def etre(self) -> bool:
        """Whether the past is made with *être*."""
        return "être" in self.flags


def _rows(table: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each line cut at its bars, after the section that it stands in; indented lines continue."""
    section = ""
    for line in table.strip().replace("\n ", " ").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        else:
            yield section, [part.strip() for part in line.split("|")]


def read_nouns(table: str) -> tuple[Noun, ...]:
    """Read lines such as ``child/children enfant m + own`` under a heading with their kinds."""
    read = []
    for section, (line,) in _rows(table):
        words, _, extra = line.partition("+")
        english, french, gender = words.split()
        singular, _, plural = english.partition("/")
        un, _, des = french.lstrip("*").partition("/")
        vowel = not french.startswith("*") and (starts_with_vowel(un) or un.startswith("h"))
        numbers = (singular, plural or english_s(singular)), (un, des or french_plural(un))
        kinds = section.split()
        read.append(Noun(*numbers, gender == "f", vowel, kinds[0], frozenset((singular, *kinds, *extra.split()))))
    return tuple(read)


def read_adjectives(table: str) -> tuple[Adjective, ...]:
    """Read lines such as ``beautiful | beau belle bel | building clothing | flags``."""
    read = []
    for section, (english, french, kinds, *flags) in _rows(table):
        un, une, bel = (*french.split(), "", "")[:3]
        same = flags == ["invariable"]
        une = un if same else une or french_feminine(un)
        plurals = (un, une) if same else ("bleus" if un == "bleu" else french_plural(un), french_plural(une))
        forms = (un, plurals[0]), (une, plurals[1])
        read.append(
            Adjective(
                english,
                *forms,
                bel or None,
                section == "before",
                frozenset(kinds.split()),
                frozenset(flag for part in flags for flag in part.split()),
            )
        )
    return tuple(read)


def read_verbs(table: str) -> tuple[Verb, ...]:
    """Read lines such as ``see saw | voir: vois vois voit voyons voient vu | human > animal | flags``."""
    read = []
    for section, (english, french, kinds, *flags) in _rows(table):
        forms, _, particle = english.partition("+")
        base, past = (*forms.split(), "")[:2]
        infinitive, _, irregular = french.partition(":")
        conjugated = tuple(irregular.split()) or conjugate(infinitive)
        subjects, _, objects = kinds.partition(">")
        read.append(
            Verb(
                base=base,
                third=english_s(base),
                past=past or english_past(base),
                particle=tuple(particle.split()),
                infinitive=infinitive,
                present=conjugated[:5],
                participle=conjugated[5],
                frame=section,
                subjects=frozenset(subjects.split()),
                objects=frozenset(objects.split()),
                flags=frozenset(flag for part in flags for flag in part.split()),
            )
        )
    return tuple(read)


def read_names(table: str) -> tuple[Name, ...]:
    """Read names under ``[m]`` and ``[f]``."""
    return tuple(
        Name(text, section == "f", starts_with_vowel(text) or text.startswith("h"))
        for section, (line,) in _rows(table)
        for text in line.split()
    )


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words of one size of the corpus, common ones first."""

    nouns: tuple[Noun, ...]
    names: tuple[Name, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[Verb, ...]


EASY = Lexicon(
    read_nouns(nouns.EASY), read_names(nouns.EASY_NAMES), read_adjectives(adjectives.EASY), read_verbs(verbs.EASY)
)
HARD = Lexicon(
    (*EASY.nouns, *read_nouns(rare_nouns.HARD)),
    (*EASY.names, *read_names(rare_nouns.HARD_NAMES)),
    (*EASY.adjectives, *read_adjectives(adjectives.HARD)),
    (*EASY.verbs, *read_verbs(verbs.HARD)),
)
