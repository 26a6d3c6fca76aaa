"""Questions about single sentences of the prose, whose answers stand in the prose itself: no label is written by hand.

Sentences to learn from are those of the training documents; sentences to choose settings by and to test on
come from documents that neither the tokenizer nor the checkpoint has seen. Leaves out pairs of sentences.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seq2bert.data.prose import Document, Prose

__all__ = [
    "TASKS",
    "LabelledSentence",
    "SentenceTask",
    "order_task",
    "package_task",
    "section_task",
    "shuffle_words",
]

HELD_OUT_SEED = 0  # which sentences of the held-out documents are asked about: always the same

_SECTIONS = ("summary", "parameters", "returns", "notes")  # the others have too few held-out sentences
_ORDERS = ("as written", "shuffled")
_PLAIN_WORD = re.compile(r"[a-z]+")


class LabelledSentence(NamedTuple):
    """A sentence, and the number of its class."""

    text: str
    label: int


@dataclass(frozen=True)
class SentenceTask:
    """One question about a sentence.

    Attributes
    ----------
    name : str
    classes : tuple of str
        The answers; a label is a place in it.
    train : tuple of LabelledSentence
        All there are, in the order of the text; `draw` takes some.
    validation, test : tuple of LabelledSentence
        As many of each class, so that guessing is right once in ``len(classes)`` times.
    """

    name: str
    classes: tuple[str, ...]
    train: tuple[LabelledSentence, ...]
    validation: tuple[LabelledSentence, ...]
    test: tuple[LabelledSentence, ...]

    def draw(self, count: int, *, seed: int) -> list[LabelledSentence]:
        """Draw training sentences, as many of each class or one more.

        Parameters
        ----------
        count : int
            How many in all.
        seed : int
            Decides which. Those of a smaller count come first in a larger one.

        Returns
        -------
        list of LabelledSentence

        Raises
        ------
        ValueError
            If a class has too few for that.
        """
        return _balanced(self.train, count, n_classes=len(self.classes), seed=seed)


def package_task(prose: Prose, *, n_classes: int = 6, validation: int = 160, test: int = 200) -> SentenceTask:
    """Ask which package a sentence is from.

    Parameters
    ----------
    prose : Prose
    n_classes : int
        How many packages: those with the most training sentences.
    validation, test : int
        Sentences of each class.
    """
    sizes: Counter[str] = Counter()
    for document in prose.train:
        sizes[document.package] += len(document.sentences)
    classes = tuple(sorted(package for package, _ in sizes.most_common(n_classes)))

    def label(document: Document) -> Iterator[LabelledSentence]:
        if document.package in classes:
            yield from (LabelledSentence(text, classes.index(document.package)) for text in document.sentences)

    return _task("package", classes, prose, label, validation, test)


def section_task(prose: Prose, *, validation: int = 240, test: int = 200) -> SentenceTask:
    """Ask which section of a docstring a sentence is from.

    Parameters
    ----------
    prose : Prose
    validation, test : int
        Sentences of each class.
    """

    def label(document: Document) -> Iterator[LabelledSentence]:
        for paragraph in document.paragraphs:
            if paragraph.section in _SECTIONS:
                number = _SECTIONS.index(paragraph.section)
                yield from (LabelledSentence(text, number) for text in paragraph.sentences)

    return _task("section", _SECTIONS, prose, label, validation, test)


def order_task(prose: Prose, *, validation: int = 500, test: int = 1000) -> SentenceTask:
    """Ask whether the words of a sentence are in the order in which they were written.

    A coin decides for each sentence, which is then shown in one order only. Words alone cannot tell.

    Parameters
    ----------
    prose : Prose
    validation, test : int
        Sentences of each class.
    """
    generator = np.random.default_rng(HELD_OUT_SEED)

    def label(document: Document) -> Iterator[LabelledSentence]:
        for text in document.sentences:
            shuffled = shuffle_words(text, generator)
            if shuffled is not None:
                number = int(generator.integers(2))
                yield LabelledSentence((text, shuffled)[number], number)

    return _task("word order", _ORDERS, prose, label, validation, test)


TASKS: dict[str, Callable[[Prose], SentenceTask]] = {
    "package": package_task,
    "section": section_task,
    "word order": order_task,
}
"""By name."""


def shuffle_words(sentence: str, generator: np.random.Generator) -> str | None:
    """Put those words of a sentence that are of small letters only into another order; the rest stays in its place.

    A capital letter or a comma in the wrong place would give the answer away.

    Parameters
    ----------
    sentence : str
        Words separated by spaces.
    generator : Generator
        Decides the order.

    Returns
    -------
    str or None
        None if fewer than four words can move, or chance leaves the sentence as it was.
    """
    words = sentence.split(" ")
    places = [place for place, word in enumerate(words) if _PLAIN_WORD.fullmatch(word)]
    if len(places) < 4:
        return None
    moved = [words[places[number]] for number in generator.permutation(len(places))]
    for place, word in zip(places, moved, strict=True):
        words[place] = word
    shuffled = " ".join(words)
    return None if shuffled == sentence else shuffled


def _task(
    name: str,
    classes: tuple[str, ...],
    prose: Prose,
    label: Callable[[Document], Iterator[LabelledSentence]],
    validation: int,
    test: int,
) -> SentenceTask:
    """Label the documents of each part; of the held-out ones, keep as many sentences of each class."""
    train, valid, tested = (
        tuple(sentence for document in part for sentence in label(document))
        for part in (prose.train, prose.validation, prose.test)
    )
    n_classes = len(classes)
    return SentenceTask(
        name,
        classes,
        train,
        tuple(_balanced(valid, validation * n_classes, n_classes=n_classes, seed=HELD_OUT_SEED)),
        tuple(_balanced(tested, test * n_classes, n_classes=n_classes, seed=HELD_OUT_SEED)),
    )


def _balanced(
    sentences: Sequence[LabelledSentence], count: int, *, n_classes: int, seed: int
) -> list[LabelledSentence]:
    """Shuffle each class, and the classes, then take one of each in turn."""
    generator = np.random.default_rng(seed)
    shuffled = []
    for number in generator.permutation(n_classes):
        own = [sentence for sentence in sentences if sentence.label == number]
        shuffled.append([own[place] for place in generator.permutation(len(own))])
    rounds = -(-count // n_classes)
    short = min(map(len, shuffled))
    if short < rounds:
        raise ValueError(f"count must leave every class enough sentences; got {count}, and a class has {short}")
    return [own[place] for place in range(rounds) for own in shuffled][:count]
