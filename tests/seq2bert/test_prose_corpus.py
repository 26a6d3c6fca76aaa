"""The shipped corpus: what its card says, the split by document, and what the held-out part shares with training."""

import dataclasses
import json
import lzma
import re
from collections import Counter
from importlib.resources import files

import pytest

from seq2bert.data.prose import (
    LARGEST_SHARE_SEEN,
    Document,
    NearDuplicates,
    Paragraph,
    corpus,
    is_prose,
    load_prose,
    prose_card,
    read_documents,
    runs_of_words,
    share_seen,
    split_of,
)

PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def prose():
    return load_prose()


def sentences_of(documents):
    return [sentence for document in documents for sentence in document.sentences]


def test_documents_by_hand():
    lines = ['{"package": "p", "module": "p.m", "paragraphs": [["summary", ["One.", "Two."]], ["notes", ["Three."]]]}']
    (document,) = read_documents(lines)
    paragraphs = (Paragraph("summary", ("One.", "Two.")), Paragraph("notes", ("Three.",)))
    assert document == Document("p", "p.m", paragraphs)
    assert document.sentences == ["One.", "Two.", "Three."]
    assert read_documents([]) == []


def test_documents_are_frozen(prose):
    document = prose.train[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        document.module = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        document.paragraphs[0].section = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        prose.test = ()
    assert hash(document) == hash(dataclasses.replace(document))


def test_split_by_hand():
    """What ``printf python/ast | sha256sum`` begins with; of the rests modulo 20, 0 is test and 1 validation."""
    assert 0xFD2C67F0998720E7 % 20 == 11
    assert split_of("python", "ast") == "train"
    assert 0x14C7BFEE63CDDE9C % 20 == 0
    assert split_of("reference", "return") == "test"
    assert 0xE00B511D9A6D51C5 % 20 == 1
    assert split_of("reference", "continue") == "validation"


def test_split_depends_on_both_names_and_gives_near_nine_tenths_to_training():
    counts = Counter(split_of("p", f"m{number}") for number in range(20_000))
    for part, expected in (("train", 18_000), ("validation", 1_000), ("test", 1_000)):
        assert abs(counts[part] - expected) < 4 * (20_000 * 0.05 * 0.95) ** 0.5  # four standard deviations
    other = [split_of("q", f"m{number}") for number in range(200)]
    assert other != [split_of("p", f"m{number}") for number in range(200)]


def test_no_document_is_in_two_parts_and_each_is_where_its_names_put_it(prose):
    names = [(document.package, document.module) for part in PARTS for document in getattr(prose, part)]
    assert len(set(names)) == len(names)
    for part in PARTS:
        assert {split_of(document.package, document.module) for document in getattr(prose, part)} == {part}


def test_shares_are_near_nine_tenths_and_twice_a_twentieth(prose):
    total = sum(len(getattr(prose, part)) for part in PARTS)
    for part, share in zip(PARTS, (0.9, 0.05, 0.05), strict=True):
        assert abs(len(getattr(prose, part)) / total - share) < 0.01
        assert {document.package for document in getattr(prose, part)} >= {"python", "scipy", "torch", "reference"}


@pytest.mark.without_shapes
def test_card_counts_what_is_in_the_file(prose):
    counts, expected = prose_card()["counts"], Counter()
    for part in PARTS:
        documents = getattr(prose, part)
        expected["documents"] += len(documents)
        expected[f"{part}_documents"] = len(documents)
        expected[f"{part}_sentences"] = len(sentences_of(documents))
        expected[f"{part}_words"] = sum(len(sentence.split()) for sentence in sentences_of(documents))
        for document in documents:
            expected[f"words of {document.package}"] += sum(len(sentence.split()) for sentence in document.sentences)
    measured = ("sentences_of_prose", "near_duplicates", "held_out_sentences_mostly_in_train")  # not in the file
    assert {name: count for name, count in counts.items() if name not in measured} == dict(expected)
    found, *left_out = (counts[name] for name in measured)
    assert found - sum(left_out) == sum(expected[f"{part}_sentences"] for part in PARTS)


@pytest.mark.without_shapes
def test_no_held_out_sentence_was_seen_in_training(prose):
    seen = {run for sentence in sentences_of(prose.train) for run in runs_of_words(sentence)}
    for part in PARTS[1:]:
        sentences = sentences_of(getattr(prose, part))
        assert [sentence for sentence in sentences if share_seen(sentence, seen) > LARGEST_SHARE_SEEN] == []


@pytest.mark.without_shapes
def test_every_sentence_was_new_when_it_came(prose):
    """The rule of near-duplicates, over the whole corpus in its own order."""
    compressed = (files("seq2bert") / "assets/prose/prose.jsonl.xz").read_bytes()
    documents = read_documents(lzma.decompress(compressed).decode().splitlines())
    assert {*documents} == {*prose.train, *prose.validation, *prose.test}
    sentences = sentences_of(documents)
    assert NearDuplicates().keep(sentences) == sentences


@pytest.mark.without_shapes
def test_every_sentence_is_prose_with_single_spaces(prose):
    for part in PARTS:
        for sentence in sentences_of(getattr(prose, part)):
            assert is_prose(sentence), sentence
            assert sentence == " ".join(sentence.split())


def test_sections_are_the_documented_ones_and_no_paragraph_is_empty(prose):
    found = Counter(paragraph.section for document in prose.train for paragraph in document.paragraphs)
    assert set(found) == {"summary", "parameters", "attributes", "returns", "raises", "notes"}
    assert set(found) == set(re.findall(r'``"(\w+)"``', Paragraph.__doc__))
    assert all(paragraph.sentences for part in PARTS for doc in getattr(prose, part) for paragraph in doc.paragraphs)


def test_text_is_in_the_order_of_the_source(prose):
    """The return statement, in the language reference."""
    (topic,) = (document for document in prose.test if (document.package, document.module) == ("reference", "return"))
    assert [" ".join(sentence.split()[:4]) for sentence in topic.sentences] == [
        "If an expression list",
        "In a generator function,",
        "The returned value (if",
        "In an asynchronous generator",
        'A non-empty "return" statement',
    ]


@pytest.mark.error_messages
def test_a_changed_file_is_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "assets/prose"
    folder.mkdir(parents=True)
    (folder / "prose.jsonl.xz").write_bytes(b"changed")
    (folder / "card.json").write_text(json.dumps(prose_card()))
    monkeypatch.setattr(corpus, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=r"was changed: its sha256 is [0-9a-f]{64}, not " + prose_card()["sha256"]):
        load_prose.__wrapped__()


def test_card_says_where_the_text_is_from():
    card = prose_card()
    assert {"what", "command", "sha256", "rule", "sources", "counts"} == set(card)
    assert {tuple(source) for source in card["sources"]} == {("name", "version", "licence")}
    named = {source["name"].lower() for source in card["sources"]} | {"reference"}
    assert {name.removeprefix("words of ") for name in card["counts"] if name.startswith("words of")} == named
