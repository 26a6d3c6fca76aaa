"""How symbols are marked, and what training leaves behind: an alphabet and a list of merges.

Everything here can be looked at and cut short; nothing learns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .pieces import PieceVocabulary

__all__ = ["Marks", "Merge", "Training"]


@dataclass(frozen=True)
class Marks:
    """How a symbol shows where in its word it stands.

    Attributes
    ----------
    continuation : str
        Stands before every symbol but a word's first; ``##`` in WordPiece.
    end : str
        Stands behind a word's last symbol; ``</w>`` in BPE as first published.

    Raises
    ------
    TypeError
        If a mark is not a string.
    """

    continuation: str = ""
    end: str = ""

    def __post_init__(self) -> None:
        for name in ("continuation", "end"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be a string; got {getattr(self, name)!r}")

    def symbols(self, word: str) -> list[str]:
        """Cut a word into its characters, marked.

        Examples
        --------
        >>> Marks(continuation="##").symbols("low"), Marks(end="</w>").symbols("low")
        (['l', '##o', '##w'], ['l', 'o', 'w</w>'])
        """
        symbols = [character if at == 0 else self.continuation + character for at, character in enumerate(word)]
        if symbols:
            symbols[-1] += self.end
        return symbols

    def join(self, left: str, right: str) -> str:
        """Return the symbol that two neighbours make together."""
        return left + right.removeprefix(self.continuation)

    def merge(self, symbols: Sequence[str], left: str, right: str) -> list[str]:
        """Join two neighbouring symbols wherever they meet, from left to right.

        Examples
        --------
        >>> Marks(continuation="##").merge(["a", "##b", "##b", "##b"], "##b", "##b")
        ['a', '##bb', '##b']
        """
        merged: list[str] = []
        at = 0
        while at < len(symbols):
            together = tuple(symbols[at : at + 2]) == (left, right)
            merged.append(self.join(left, right) if together else symbols[at])
            at += 2 if together else 1
        return merged

    def restore(self, pieces: Iterable[str]) -> str:
        """Put pieces together again, with a blank between words.

        Without marks no one can see where a word ends, and everything sticks together. Special
        tokens stand alone; only ``##`` sticks to them, as it does in ``tokenizers``.

        Examples
        --------
        >>> Marks(continuation="##").restore(["low", "##er", "cost"])
        'lower cost'
        >>> Marks(end="</w>").restore(["low", "er</w>", "cost</w>"])
        'lower cost'
        """
        if self.continuation:
            words = " ".join(pieces).replace(" " + self.continuation, "").split(" ")
            return " ".join(word.removesuffix(self.end) for word in words)
        text = "".join(f" {one} " if one in PieceVocabulary.SPECIAL_TOKENS else self._open(one) for one in pieces)
        return " ".join(text.split())

    def _open(self, piece: str) -> str:
        return piece.removesuffix(self.end) + " " if self.end and piece.endswith(self.end) else piece

    def length(self, symbol: str, *, first: bool) -> int:
        """Return how many characters of its word a symbol stands for.

        Parameters
        ----------
        symbol : str
            With its marks.
        first : bool
            Whether it is the first of its word, and so has no mark in front.
        """
        return len(symbol.removesuffix(self.end)) - (0 if first else len(self.continuation))


@dataclass(frozen=True)
class Merge:
    """One step of training: two neighbouring symbols became one.

    Attributes
    ----------
    left, right, result : str
        The symbols, marks included.
    count : int
        How often the two stood side by side at that moment.
    score : float
        What the pair was chosen for: the count, or the count divided by those of its parts.
    """

    left: str
    right: str
    result: str
    count: int
    score: float


@dataclass(frozen=True)
class Training:
    """What training has found.

    Attributes
    ----------
    alphabet : tuple of str
        The marked characters it began with: plain ones sorted, then those that only marks make.
    merges : tuple of Merge
        In the order in which they were made.
    marks : Marks
        How the symbols are marked.
    """

    alphabet: tuple[str, ...]
    merges: tuple[Merge, ...]
    marks: Marks

    @property
    def pieces(self) -> tuple[str, ...]:
        """Alphabet and results of the merges. No two merges have the same result.

        Two equal stretches of text over whose ends no merge has reached have been cut alike all
        along; so when one of them becomes a piece, all do, and no other pair can make it later.
        """
        return (*self.alphabet, *(merge.result for merge in self.merges))

    def first(self, n_merges: int) -> "Training":
        """Return what training had found after its first merges.

        Parameters
        ----------
        n_merges : int
            Between 0 and the number of merges.

        Returns
        -------
        Training
            The same as if training had stopped there.

        Raises
        ------
        ValueError
            If there are not so many merges.
        """
        if not 0 <= n_merges <= len(self.merges):
            raise ValueError(f"n_merges must be between 0 and {len(self.merges)}; got {n_merges}")
        return replace(self, merges=self.merges[:n_merges])
