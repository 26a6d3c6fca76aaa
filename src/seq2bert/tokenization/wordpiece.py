"""WordPiece: a word is cut from the left into the longest pieces that the vocabulary has.

Leaves out the linear-time algorithm of Song et al. (2021): words are short and each is cut once.
"""

from collections.abc import Iterable
from pathlib import Path

from .cleaning import Cleaning
from .files import read_cleaning, read_pieces, write_config, write_pieces
from .merges import Marks, Training
from .pieces import PieceVocabulary
from .statistics import count_words
from .subwords import SubwordTokenizer
from .training import BY_COUNT, MIN_COUNT, learn_merges

__all__ = ["WORDPIECE_MARKS", "WordPiece"]

WORDPIECE_MARKS = Marks(continuation="##")

_LONGEST_WORD = 100  # characters; max_input_chars_per_word of transformers and tokenizers (200 in the first code)


class WordPiece(SubwordTokenizer):
    """The tokenizer of BERT.

    Parameters
    ----------
    vocabulary : PieceVocabulary
        Pieces that continue a word begin with ``##``.
    cleaning : Cleaning, optional
        The default is that of uncased models.

    Examples
    --------
    >>> pieces = [*PieceVocabulary.SPECIAL_TOKENS, "un", "##aff", "##able", "##a"]
    >>> WordPiece(PieceVocabulary(pieces)).tokenize("Unaffable unable table")
    ['un', '##aff', '##able', 'un', '##able', '[UNK]']

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3; Wu et al. (2016), arXiv:1609.08144, section 4.1.
    """

    def __init__(self, vocabulary: PieceVocabulary, cleaning: Cleaning | None = None) -> None:
        super().__init__(vocabulary, marks=WORDPIECE_MARKS, cleaning=Cleaning() if cleaning is None else cleaning)
        self._longest_piece = max(map(len, vocabulary.pieces))

    @classmethod
    def from_training(cls, training: Training, cleaning: Cleaning | None = None) -> "WordPiece":
        """Make the tokenizer that a training with ``##`` has found; special tokens come first.

        Raises
        ------
        ValueError
            If the training marked its symbols otherwise.
        """
        if training.marks != WORDPIECE_MARKS:
            raise ValueError(f"training must have used {WORDPIECE_MARKS}; got {training.marks}")
        return cls(PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, *training.pieces]), cleaning)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        size: int,
        *,
        lowercase: bool = Cleaning.lowercase,
        score: str = BY_COUNT,
        min_count: int = MIN_COUNT,
        alphabet_limit: int | None = None,
    ) -> "WordPiece":
        """Learn a vocabulary from texts.

        Parameters
        ----------
        texts : iterable of str
            Training data only.
        size : int
            Pieces to have, the five special ones included. There are fewer when the texts are too
            small for so many.
        lowercase : bool
            Whether to lower-case and strip accents.
        score, min_count, alphabet_limit
            As for :func:`~seq2bert.tokenization.learn_merges`.

        Returns
        -------
        WordPiece
            Special tokens first, then the alphabet, then the pieces in the order they were made.

        Raises
        ------
        ValueError
            If ``size`` is too small for the special tokens and the alphabet.
        """
        cleaning = Cleaning(lowercase=lowercase)
        training = learn_merges(
            count_words(texts, cleaning),
            size=size,
            reserved=len(PieceVocabulary.SPECIAL_TOKENS),
            marks=WORDPIECE_MARKS,
            score=score,
            min_count=min_count,
            alphabet_limit=alphabet_limit,
        )
        return cls.from_training(training, cleaning)

    def cut(self, word: str) -> list[tuple[str, int]]:
        """Cut a word greedily from the left; ``[UNK]`` for all of it if that fails.

        Parameters
        ----------
        word : str
            One clean word.

        Returns
        -------
        list of (str, int)
            Pieces, and how many characters each stands for. A word of more than 100 characters
            is unknown, as in ``tokenizers`` (the code published with BERT allows 200).
        """
        unknown = [(self.vocabulary.pieces[self.vocabulary.unknown_id], len(word))]
        if len(word) > _LONGEST_WORD:
            return unknown
        pieces = []
        start = 0
        while start < len(word):
            mark = self.marks.continuation if start > 0 else ""
            end = min(len(word), start + self._longest_piece)
            while end > start and mark + word[start:end] not in self.vocabulary:
                end -= 1
            if end == start:
                return unknown
            pieces.append((mark + word[start:end], end - start))
            start = end
        return pieces

    @property
    def continuation_ids(self) -> frozenset[int]:
        """Ids of the pieces that continue a word: what whole-word masking hides with the piece before."""
        return frozenset(
            index
            for index, piece in enumerate(self.vocabulary.pieces)
            if piece.startswith(self.marks.continuation) and len(piece) > len(self.marks.continuation)
        )

    def save(self, folder: Path | str) -> None:
        """Write ``vocab.txt`` and ``tokenizer_config.json``, as published models have them.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        """
        write_pieces(Path(folder), self.vocabulary)
        write_config(Path(folder), self.cleaning, tokenizer_class="BertTokenizer")

    @classmethod
    def load(cls, folder: Path | str) -> "WordPiece":
        """Read what :meth:`save` has written, or the folder of a published BERT.

        Parameters
        ----------
        folder : path
            With ``vocab.txt``, or else ``tokenizer.json``; and ``tokenizer_config.json`` if letters
            keep their case.

        Returns
        -------
        WordPiece

        Raises
        ------
        FileNotFoundError
            If there is neither.
        ValueError
            If a file does not say what it should.
        """
        return cls(PieceVocabulary(read_pieces(Path(folder))), read_cleaning(Path(folder)))
