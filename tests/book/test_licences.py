"""Every file has a licence, every licence its text, and every source of the prose its notice."""

import json
import re
import tomllib

import pytest

from tools.make_prose import NOTICE, SAYS, SOURCES


@pytest.fixture(scope="module")
def annotations(root):
    return tomllib.loads((root / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]


@pytest.fixture(scope="module")
def prose(root):
    return root / "src/seq2bert/assets/prose"


@pytest.fixture(scope="module")
def card(prose):
    return json.loads((prose / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def notices(prose):
    """What NOTICE.txt says, by the line above each notice."""
    parts = re.split(r"\n={100}\n(.+)\n={100}\n", (prose / "NOTICE.txt").read_text(encoding="utf-8"))
    assert parts[0].strip() == NOTICE.strip()
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def used(annotation):
    return set(re.findall(r"[\w.-]+", annotation["SPDX-License-Identifier"])) - {"AND", "OR", "WITH"}


def of_prose(annotations):
    """The last annotation that names the prose: later ones win."""
    return [annotation for annotation in annotations if any("assets" in path for path in annotation["path"])][-1]


def words(text):
    return " ".join(text.split())


def test_every_licence_has_its_text_and_every_text_is_used(root, annotations):
    texts = {path.stem for path in (root / "LICENSES").iterdir()}
    assert texts == set().union(*map(used, annotations))
    assert (root / "LICENSE").read_text(encoding="utf-8") == (root / "LICENSES/MIT.txt").read_text(encoding="utf-8")


def test_first_annotation_covers_every_file(annotations):
    assert annotations[0]["path"] == "**"


def test_prose_has_the_licences_of_its_sources(annotations, card):
    annotation = of_prose(annotations)
    assert annotation["path"] == ["src/seq2bert/assets/prose/**"]
    assert annotation["precedence"] == "override"
    assert used(annotation) == {source["licence"] for source in card["sources"]}


def test_licences_on_the_card_are_those_that_the_command_checks(card):
    listed = {(source.name, source.version, source.licence) for source in SOURCES}
    assert {(source["name"], source["version"], source["licence"]) for source in card["sources"][1:]} == listed
    assert (card["sources"][0]["name"], card["sources"][0]["licence"]) == ("Python", "PSF-2.0")


def test_every_source_has_a_notice_of_its_licence(card, notices):
    assert list(notices) == [
        f"{source['name']} {source['version']} ({source['licence']})" for source in card["sources"]
    ]
    for source, notice in zip(card["sources"], notices.values(), strict=True):
        assert SAYS[source["licence"]] in words(notice)
        assert re.search(r"copyright", notice, flags=re.IGNORECASE)
        assert "binary distribution of" not in notice


def test_every_holder_named_for_the_prose_is_in_a_notice_and_every_source_has_one(annotations, notices):
    holders = of_prose(annotations)["SPDX-FileCopyrightText"]
    for holder, notice in zip(holders, notices.values(), strict=True):
        name = re.sub(r"^[\d, -]+| and the other authors of .*", "", holder)
        assert name, holder
        assert name.lower() in words(notice).lower(), holder


def test_texts_of_licences_that_are_one_source_are_its_notice(root, notices):
    for licence, source in (("LicenseRef-Matplotlib", "matplotlib"), ("PSF-2.0", "Python")):
        (notice,) = (text for title, text in notices.items() if title.startswith(f"{source} "))
        assert words((root / f"LICENSES/{licence}.txt").read_text(encoding="utf-8")) in words(notice)


def test_no_file_of_the_prose_is_without_a_word_about_it(prose):
    assert {path.name for path in prose.iterdir()} == {"prose.jsonl.xz", "card.json", "NOTICE.txt"}
