"""Tokens to ids and back: one object owns the order of the tokens and the four special ones.

Does not split text: the caller passes a sequence of tokens (a string counts as a sequence of
characters). Imports no torch; ids are plain integers.
"""

from collections.abc import Iterable, Sequence

__all__ = ["Vocabulary"]


class Vocabulary:
    """A fixed list of tokens; a token's id is its place in the list.

    Parameters
    ----------
    tokens : sequence of str
        The regular tokens, without repetition. The special tokens ``<pad>``, ``<start>``,
        ``<end>`` and ``<unk>`` are put in front of them.

    Attributes
    ----------
    tokens : tuple of str
        Every token, the special ones included, in the order of their ids.

    Raises
    ------
    TypeError
        If a token is not a string.
    ValueError
        If there is no token, or one of them is repeated, empty or special.

    Examples
    --------
    >>> letters = Vocabulary("abc")
    >>> letters.encode("cab", end=True)
    [6, 4, 5, 2]
    >>> "".join(letters.decode([6, 4, 5, 2]))
    'cab'
    """

    SPECIAL_TOKENS = ("<pad>", "<start>", "<end>", "<unk>")

    def __init__(self, tokens: Sequence[str]) -> None:
        regular = tuple(tokens)
        if not regular:
            raise ValueError("tokens must name at least one regular token; got none")
        for position, token in enumerate(regular):
            if not isinstance(token, str):
                raise TypeError(
                    f"tokens must be strings; got {token!r} ({type(token).__name__}) at position {position}"
                )
            if token == "" or token in self.SPECIAL_TOKENS:
                raise ValueError(
                    f"tokens must be neither empty nor one of {', '.join(self.SPECIAL_TOKENS)}; "
                    f"got {token!r} at position {position}"
                )
        self.tokens: tuple[str, ...] = self.SPECIAL_TOKENS + regular
        self._id_of = {token: index for index, token in enumerate(self.tokens)}
        if len(self._id_of) < len(self.tokens):
            repeated = sorted({token for token in regular if regular.count(token) > 1})
            raise ValueError(f"tokens must not repeat; got {', '.join(map(repr, repeated))} more than once")

    @classmethod
    def from_sequences(cls, sequences: Iterable[Iterable[str]]) -> "Vocabulary":
        """Collect the tokens of some sequences, sorted, so that their order does not matter.

        Parameters
        ----------
        sequences : iterable of iterables of str
            Training data only: a token met first in the test data is unknown by right.

        Returns
        -------
        Vocabulary
            Every token of the sequences, once.
        """
        return cls(sorted({token for sequence in sequences for token in sequence}))

    @property
    def pad_id(self) -> int:
        """Id of ``<pad>``, which fills a batch up to its longest sequence."""
        return self._id_of["<pad>"]

    @property
    def start_id(self) -> int:
        """Id of ``<start>``, the decoder's first input."""
        return self._id_of["<start>"]

    @property
    def end_id(self) -> int:
        """Id of ``<end>``, the last target."""
        return self._id_of["<end>"]

    @property
    def unknown_id(self) -> int:
        """Id of ``<unk>``, which stands for every token that the vocabulary lacks."""
        return self._id_of["<unk>"]

    @property
    def regular_tokens(self) -> tuple[str, ...]:
        """The tokens without the special ones: what the constructor was given."""
        return self.tokens[len(self.SPECIAL_TOKENS) :]

    def encode(self, tokens: Sequence[str], *, start: bool = False, end: bool = False) -> list[int]:
        """Turn tokens into ids; a token that the vocabulary lacks is an error.

        Parameters
        ----------
        tokens : sequence of str
            A string counts as the sequence of its characters.
        start, end : bool
            Whether to put ``<start>`` in front and ``<end>`` behind.

        Returns
        -------
        list of int
            One id a token, plus the two asked for.

        Raises
        ------
        ValueError
            If a token is unknown; the message names it and its position.
        """
        for position, token in enumerate(tokens):
            if token not in self._id_of:
                raise ValueError(
                    f"unknown token {token!r} at position {position} of {len(tokens)}: "
                    f"it is not among the {len(self)} tokens of this vocabulary"
                )
        return self.encode_lossy(tokens, start=start, end=end)

    def encode_lossy(self, tokens: Sequence[str], *, start: bool = False, end: bool = False) -> list[int]:
        """Turn tokens into ids; a token that the vocabulary lacks becomes ``<unk>``.

        Parameters and result are those of :meth:`encode`.
        """
        ids = [self._id_of.get(token, self.unknown_id) for token in tokens]
        return [self.start_id] * start + ids + [self.end_id] * end

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Turn ids into tokens, up to the first ``<end>``, without ``<pad>`` and ``<start>``.

        Parameters
        ----------
        ids : iterable of int
            One sequence, for example a decoder's output.

        Returns
        -------
        list of str
            The tokens; ``<unk>`` stays, so that a reader sees where something was lost.

        Raises
        ------
        ValueError
            If an id lies outside the vocabulary.
        """
        tokens = []
        for index in map(int, ids):
            if not 0 <= index < len(self):
                raise ValueError(f"ids must be between 0 and {len(self) - 1}; got {index}")
            if index == self.end_id:
                break
            if index not in (self.pad_id, self.start_id):
                tokens.append(self.tokens[index])
        return tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._id_of

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.regular_tokens)} regular tokens and {len(self.SPECIAL_TOKENS)} special)"
