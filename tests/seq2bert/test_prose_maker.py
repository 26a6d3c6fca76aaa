"""The command that makes the prose, on a small folder of sources: what it reads, keeps, counts and writes."""

import copy
import json
import lzma
from pathlib import Path

import pytest

from seq2bert.data.prose import read_documents, split_of
from tools import make_prose
from tools.make_prose import Source

FIRST = "The first number is the length of the list."
SECOND = "A second sentence is about the colour of the sea."
THIRD = "This package may not be imported by anybody."
MIT = "Copyright 2026 Somebody\n\nPermission is hereby granted, free of charge, to all.\n"


@pytest.fixture
def sources(tmp_path):
    """A folder as pip leaves it: one package, its metadata, and files that are not read."""
    files = {
        "fake/__init__.py": f'"""{THIRD}"""\nraise RuntimeError("nobody may run this")\n',
        "fake/b.py": f'"""Title.\n\nNotes\n-----\n{SECOND}\n"""\n\ndef f():\n    """{FIRST} {SECOND}"""\n',
        "fake/a/c.py": f'"""{FIRST} No prose.\n\n>>> not_this()\n"""\n',
        "fake/a/empty.py": "x = 1\n",
        "fake/tests/d.py": '"""The sentences of a folder of tests are not read."""\n',
        "fake/test_e.py": '"""The sentences of a test are not read at all."""\n',
        "fake/template.py": "{{ This is a template and not Python. }} x\n",
        "Fake-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Fake\nVersion: 1.0+cpu\n",
        "Fake-1.0.dist-info/licenses/LICENSE": MIT + "\n----\n\nThis binary distribution of Fake bundles others.\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "fake/latin.py").write_bytes(b'"""\xe9 is not UTF-8, so it is not read."""\n')
    return tmp_path


FAKE = (Source("Fake", "1.0", "MIT", "fake"),)


def read(folder):
    return list(make_prose.read_modules("fake", folder / "fake", ("fake",)))


def test_modules_in_the_order_of_their_paths_and_nothing_runs(sources):
    assert [name for _, name, _ in read(sources)] == ["fake", "fake.a.c", "fake.a.empty", "fake.b"]
    assert {package for package, _, _ in read(sources)} == {"fake"}
    assert read(sources)[0][2] == [THIRD]


def test_documents_by_hand(sources):
    """The function of b repeats two sentences; "Title." and "No prose." are too short to be prose."""
    documents, counts = make_prose.make_documents(read(sources))
    assert documents == [
        {"package": "fake", "module": "fake", "paragraphs": [["summary", [THIRD]]]},
        {"package": "fake", "module": "fake.a.c", "paragraphs": [["summary", [FIRST]]]},
        {"package": "fake", "module": "fake.b", "paragraphs": [["notes", [SECOND]]]},
    ]
    assert counts == {"sentences_of_prose": 5, "near_duplicates": 2}


@pytest.fixture
def documents():
    """One document a part; of the test part a sentence stands whole in training, half of another's runs do."""
    part_of = {split_of("p", f"m{number}"): f"m{number}" for number in range(100)}
    text = {
        "train": ["a b c d e f g h"],
        "validation": ["b c d e f"],  # one run of one
        "test": ["b c d e f", "c d e f g x", "x y"],  # one of one; one of two; none of one
    }
    return [
        {"package": "p", "module": part_of[part], "paragraphs": [["summary", sentences]]}
        for part, sentences in text.items()
    ]


def test_held_out_sentences_that_training_has_go_by_hand(documents):
    """They may stand in training before or after; a document with no sentence left goes too."""
    train, _, test = before = copy.deepcopy(documents)
    kept, number = make_prose.without_what_training_has(documents[::-1])
    assert documents == before  # what it was given is as it was
    assert number == 2
    assert kept == [test | {"paragraphs": [["summary", ["c d e f g x", "x y"]]]}, train]


def test_counts_of_parts_by_hand(documents):
    assert make_prose.count_parts(documents) == {
        "documents": 3,
        "train_documents": 1, "train_sentences": 1, "train_words": 8,
        "validation_documents": 1, "validation_sentences": 1, "validation_words": 5,
        "test_documents": 1, "test_sentences": 3, "test_words": 13,
        "words of p": 26,
    }  # fmt: skip


def test_the_same_sources_give_the_same_bytes(sources, tmp_path, capsys):
    written = []
    for name, order in (("one", list), ("two", reversed)):  # in which order things were counted does not matter
        documents, counts = make_prose.make_documents(read(sources))
        make_prose.write(documents, dict(order(counts.items())), tmp_path / name, FAKE)
        written.append([(tmp_path / name / file).read_bytes() for file in ("prose.jsonl.xz", "card.json")])
    assert written[0] == written[1]
    compressed, card = written[0]
    found = read_documents(lzma.decompress(compressed).decode("utf-8").splitlines())
    assert [document.sentences for document in found] == [[THIRD], [FIRST], [SECOND]]
    assert json.loads(card)["sources"][1:] == [{"name": "Fake", "version": "1.0", "licence": "MIT"}]
    assert json.loads(card)["counts"] == {"sentences_of_prose": 5, "near_duplicates": 2}
    assert '"near_duplicates": 2' in capsys.readouterr().out


def test_the_shipped_file_has_the_form_that_this_code_writes(tmp_path, monkeypatch, capsys):
    """Read and written again it is the same text; compressing it as hard as it is shipped would take a minute."""
    text = lzma.decompress((make_prose.FOLDER / "prose.jsonl.xz").read_bytes())
    monkeypatch.setattr(make_prose.lzma, "compress", lambda data, preset: data)
    make_prose.write([json.loads(line) for line in text.decode().splitlines()], {}, tmp_path)
    assert (tmp_path / "prose.jsonl.xz").read_bytes() == text
    written, card = (json.loads((folder / "card.json").read_text()) for folder in (tmp_path, make_prose.FOLDER))
    assert {name: written[name] for name in ("what", "command", "rule")}.items() <= card.items()
    assert written["sources"][1:] == card["sources"][1:]  # the first is the Python that runs this
    capsys.readouterr()


def test_reference_comes_first_then_the_standard_library_then_the_sources(sources, monkeypatch):
    library = sources / "library"
    library.mkdir()
    (library / "wave.py").write_text('"""Waves."""\n')
    monkeypatch.setattr(make_prose, "SOURCES", FAKE)
    monkeypatch.setattr(make_prose.sysconfig, "get_path", lambda name: str(library))
    monkeypatch.setattr(make_prose.pydoc_data.topics, "topics", {"yield": "Y", "assert": "A"})
    assert [module[:2] for module in make_prose.read_texts(sources)] == [
        ("reference", "assert"),
        ("reference", "yield"),
        ("python", "wave"),
        ("fake", "fake"),
        ("fake", "fake.a.c"),
        ("fake", "fake.a.empty"),
        ("fake", "fake.b"),
    ]


def test_notices_are_the_sources_own_up_to_what_is_said_of_binaries(sources):
    text = make_prose.notices(sources, FAKE)
    assert text.startswith(make_prose.NOTICE)
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in text
    rule = "=" * 100
    assert text.endswith(f"{rule}\nFake 1.0 (MIT)\n{rule}\n{MIT}")


def test_a_source_under_another_licence_is_an_error(sources):
    path = sources / "Fake-1.0.dist-info/licenses/LICENSE"
    path.write_text("All rights reserved.")
    with pytest.raises(ValueError, match=r"the licence of Fake 1\.0 must be MIT; its file does not say 'Permission"):
        make_prose.notices(sources, FAKE)
    path.unlink()
    with pytest.raises(ValueError, match=r"the licence of Fake 1\.0 must be MIT"):
        make_prose.notices(sources, FAKE)
    path.with_name("COPYING").write_text(MIT)
    assert make_prose.notices(sources, FAKE).endswith(MIT)


def test_another_version_or_none_is_an_error(sources):
    assert make_prose.distribution_of(FAKE[0], sources).version == "1.0+cpu"
    with pytest.raises(ValueError, match=r"must hold Fake 1\.1; it holds 1\.0$"):
        make_prose.distribution_of(Source("Fake", "1.1", "MIT", "fake"), sources)
    with pytest.raises(ValueError, match=r"must hold Other 1\.0; it holds no version of it$"):
        make_prose.distribution_of(Source("Other", "1.0", "MIT", "other"), sources)


def test_sources_are_installed_at_their_versions_and_alone(monkeypatch):
    calls = []
    monkeypatch.setattr(make_prose.subprocess, "run", lambda command, check: calls.append((command, check)))
    make_prose.install(Path("scratch"))
    ((command, check),) = calls
    assert check
    assert {"--no-deps", "--target", "numpy==2.4.6", "torch==2.13.0", "Twisted==26.10.0"} <= {*command}
    assert len([word for word in command if "==" in str(word)]) == len(make_prose.SOURCES)
