"""L12's comparison with `tokenizers` and `transformers`: our vocabulary in their hands, and all the prose.

Lectures do not need these libraries: their ids are recorded as a digest, and the lecture compares its own with it.
Since version 5 the usual `BertTokenizer` of `transformers` is `tokenizers` inside; for a second algorithm this
asks the one written in Python, from BERT's first release, that `transformers` carries as `BertTokenizerLegacy`.
Also recorded: the vocabulary that `tokenizers` itself learns under the name of WordPiece.
"""

import hashlib
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from seq2bert.data.prose import Document, load_prose
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.tokenization import WordPiece, count_words

__all__ = ["CASES", "EXPERIMENT", "digest_of_ids", "sentences_of"]

CASES = {"uncased": True, "cased": False}
"""The two ways to treat capitals, with the value of ``lowercase``."""

CONFIG = {"pieces": 4000, "min_count": 2}


def sentences_of(documents: Iterable[Document]) -> list[str]:
    """Return the sentences of some documents, in order."""
    return [sentence for document in documents for sentence in document.sentences]


def digest_of_ids(rows: Iterable[Sequence[int]]) -> str:
    """Return a sha256 that is the same only for the same ids in the same order.

    Parameters
    ----------
    rows : iterable of sequences of int
        The ids of each sentence.

    Returns
    -------
    str
        Of the text that has a line a sentence, and a blank between two ids.
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(" ".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()


def compare_with_libraries(settings: Settings) -> Figures:
    """Give both libraries the vocabulary of ``WordPiece`` and count the sentences with other ids."""
    from tokenizers import BertWordPieceTokenizer  # an optional library
    from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

    lowercase = CASES[settings["case"]]
    prose = load_prose()
    train = sentences_of(prose.train)[:: settings["every"]]
    held_out = sentences_of(prose.validation + prose.test)[:: settings["every"]]
    sentences = train + held_out
    ours = WordPiece.train(train, settings["pieces"], lowercase=lowercase, min_count=settings["min_count"])
    rows = [ours.ids(sentence) for sentence in sentences]
    with TemporaryDirectory() as folder:
        ours.save(folder)
        fast = BertWordPieceTokenizer(str(Path(folder) / "vocab.txt"), lowercase=lowercase)
        published = BertTokenizerLegacy.from_pretrained(folder)
    theirs = {
        "tokenizers": [one.ids for one in fast.encode_batch(sentences, add_special_tokens=False)],
        "transformers": published(sentences, add_special_tokens=False)["input_ids"],
    }
    learned = BertWordPieceTokenizer(lowercase=lowercase)
    learned.train_from_iterator(
        train, vocab_size=settings["pieces"], min_frequency=settings["min_count"], show_progress=False
    )
    words = count_words(held_out, ours.cleaning)
    cut = learned.encode_batch(held_out, add_special_tokens=False)
    return {
        "sentences": len(sentences),
        "ids": sum(map(len, rows)),
        "different": {name: sum(a != b for a, b in zip(rows, found, strict=True)) for name, found in theirs.items()},
        "sha256": {name: digest_of_ids(found) for name, found in theirs.items()},
        "versions": {name: version(name) for name in theirs},
        "pieces_per_word": sum(len(one.ids) for one in cut) / words.total(),
        "shared_pieces": len(set(learned.get_vocab()) & set(ours.vocabulary.pieces)),
    }


def plan(_: list[Record]) -> list[Settings]:
    """All sentences, with capitals and without; nothing is drawn at random."""
    return [{"case": case, "every": 1, "seed": 0} | CONFIG for case in CASES]


def summarise(records: list[Record]) -> Figures:
    """Return the figures of each case."""
    return {record.settings["case"]: record.figures for record in records}


EXPERIMENT = Experiment(
    name="subword-agreement",
    description="L12: our WordPiece against tokenizers and transformers on all the prose",
    plan=plan,
    run_job=compare_with_libraries,
    config=CONFIG,
    summarise=summarise,
)
