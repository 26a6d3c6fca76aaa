"""From a tree with two orders to two sentences, their links and one tree of spans.

Every phrase names its children twice, once in English and once in French order. What depends on the
next word is settled at the end, on the row of words: *a/an*, elision (*le* → *l'*), special forms
(*beau* → *bel*, *ma* → *mon*) and contraction (*à le* → *au*). Knows no grammar beyond that.
"""

from collections.abc import Sequence
from typing import NamedTuple

from seq2bert.data.pocket.tree import Link, PocketPair, Span, Tree

VOWELS = frozenset("aàâeéèêiîoôuûœ")
CONTRACTIONS = {("à", "le"): "au", ("à", "les"): "aux", ("de", "le"): "du", ("de", "les"): "des"}


class Word(NamedTuple):
    """One token before its neighbours are known.

    ``sure`` and ``possible`` are ties: two words of the two languages are linked where they share
    one, surely where it is sure for both. ``before_vowel`` replaces the text before a vowel.
    ``article`` marks the words that *à* and *de* swallow.
    """

    text: str
    sure: tuple[object, ...] = ()
    possible: tuple[object, ...] = ()
    before_vowel: str | None = None
    vowel: bool = False
    article: bool = False


class Node(NamedTuple):
    """A phrase with its children in two orders, or a word (a leaf) with its tokens.

    ``head`` is the number of the head among ``children``; a leaf's head is its first token.
    """

    label: str
    children: tuple["Node", ...] = ()
    english_order: tuple[int, ...] = ()
    french_order: tuple[int, ...] = ()
    head: int = 0
    english: tuple[Word, ...] = ()
    french: tuple[Word, ...] = ()
    phenomena: tuple[str, ...] = ()


def starts_with_vowel(text: str) -> bool:
    """Say whether a word begins with a vowel letter; *h* is for the lexicon to decide."""
    return text[0] in VOWELS


def word(
    text: str,
    *,
    sure: object = None,
    possible: tuple[object, ...] = (),
    before_vowel: str | None = None,
    vowel: bool | None = None,
    article: bool = False,
) -> Word:
    """Make a word with at most one sure tie; whether it starts with a vowel is read off unless given."""
    sounds = text[0] in VOWELS if vowel is None else vowel
    return Word(text, () if sure is None else (sure,), possible, before_vowel, sounds, article)


def leaf(label: str, english: Word | Sequence[Word] = (), french: Word | Sequence[Word] = (), *phenomena: str) -> Node:
    """Make a word of the tree; either language may have no token for it, or several."""
    words = (english,) if isinstance(english, Word) else tuple(english)
    mots = (french,) if isinstance(french, Word) else tuple(french)
    return Node(label, (), (), (), 0, words, mots, phenomena)


def phrase(
    label: str, *phenomena: str, head: Node, english: Sequence[Node | None], french: Sequence[Node | None]
) -> Node:
    """Make a phrase from its children in English and in French order; None stands for nothing."""
    number: dict[int, int] = {}
    children: list[Node] = []
    for row in (english, french):
        for child in row:
            if child is not None and id(child) not in number:
                number[id(child)] = len(children)
                children.append(child)
    orders = [tuple([number[id(child)] for child in row if child is not None]) for row in (english, french)]
    return Node(label, tuple(children), orders[0], orders[1], number[id(head)], (), (), phenomena)


def linearise(root: Node) -> PocketPair:
    """Write both sentences and keep book of where every word went."""
    found: set[str] = set()
    words, spans = _flatten(root, 0)
    english = _adapt(words, None)
    words, spans_french = _flatten(root, 1)
    french = _adapt(_contract(words, spans_french, found), found)
    sure, possible = _links(english, french)
    tree = _tree(root, spans, spans_french, found)
    return PocketPair(
        english=tuple([item.text for item in english]),
        french=tuple([item.text for item in french]),
        sure=sure,
        possible=possible,
        tree=tree,
        phenomena=frozenset(found),
    )


def _flatten(root: Node, language: int) -> tuple[list[Word], dict[int, Span]]:
    """List the words of one language from left to right, and the span of every leaf, by its id."""
    words: list[Word] = []
    spans: dict[int, Span] = {}

    def visit(node: Node) -> None:
        children = node.children
        if children:
            for number in node.french_order if language else node.english_order:
                visit(children[number])
            return
        own = node.french if language else node.english
        if own:
            spans[id(node)] = len(words), len(words) + len(own)
            words.extend(own)

    visit(root)
    return words, spans


def _contract(words: list[Word], spans: dict[int, Span], found: set[str]) -> list[Word]:
    """Let prepositions swallow articles, and move the spans along, in place."""
    gone = []
    for number, item in enumerate(words[:-1]):
        article = words[number + 1]
        if not article.article or (item.text, article.text) not in CONTRACTIONS:
            continue
        if article.before_vowel is not None and words[number + 2].vowel:
            continue  # *de l'eau*
        merged = CONTRACTIONS[item.text, article.text]
        words[number] = Word(merged, item.sure, (*item.possible, *article.sure, *article.possible))
        gone.append(number + 1)
    if not gone:
        return words
    found.add("contraction")
    moved = [sum(number < position for number in gone) for position in range(len(words) + 1)]
    for key, (start, stop) in list(spans.items()):
        spans[key] = start - moved[start], stop - moved[stop]
        if spans[key][0] == spans[key][1]:
            del spans[key]
    return [item for number, item in enumerate(words) if number not in gone]


def _adapt(words: list[Word], found: set[str] | None) -> list[Word]:
    """Put the form before a vowel where a vowel follows; note what French did."""
    for number, item in enumerate(words[:-1]):
        if item.before_vowel is not None and words[number + 1].vowel:
            words[number] = item._replace(text=item.before_vowel)
            if found is not None:
                found.add("elision" if item.before_vowel.endswith("'") else "vowel-form")
    return words


def _links(english: list[Word], french: list[Word]) -> tuple[frozenset[Link], frozenset[Link]]:
    sure, possible = set(), set()
    holders: dict[object, list[tuple[int, bool]]] = {}
    for i, item in enumerate(english):
        for tie in item.sure:
            holders.setdefault(tie, []).append((i, True))
        for tie in item.possible:
            holders.setdefault(tie, []).append((i, False))
    for j, item in enumerate(french):
        for tie in item.sure:
            for i, surely in holders.get(tie, ()):
                possible.add((i, j))
                if surely:
                    sure.add((i, j))
        for tie in item.possible:
            for i, _ in holders.get(tie, ()):
                possible.add((i, j))
    return frozenset(sure), frozenset(possible)


def _tree(node: Node, english: dict[int, Span], french: dict[int, Span], found: set[str]) -> Tree:
    found.update(node.phenomena)
    if not node.children:
        spans = english.get(id(node)), french.get(id(node))
        first = [None if span is None else span[0] for span in spans]
        return Tree(node.label, spans[0], spans[1], first[0], first[1])
    children = tuple([_tree(child, english, french, found) for child in node.children])
    head = children[node.head]
    ordered = [children[number] for number in node.english_order]
    span, token = _cover([child.english for child in ordered]), head.english_head
    if token is None:  # the head has no token here: the first of its sisters that has one stands in
        token = next((child.english_head for child in children if child.english is not None), None)
    ordered = [children[number] for number in node.french_order]
    span_french, token_french = _cover([child.french for child in ordered]), head.french_head
    if token_french is None:
        token_french = next((child.french_head for child in children if child.french is not None), None)
    return Tree(node.label, span, span_french, token, token_french, children)


def _cover(spans: list[Span | None]) -> Span | None:
    """Return from where the first begins to where the last ends."""
    there = [span for span in spans if span is not None]
    return (there[0][0], there[-1][1]) if there else None
