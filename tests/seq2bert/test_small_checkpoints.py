"""The checkpoints that live figures run: small enough, as good as their cards say, made by the commands named there."""

import json

import pytest
import torch

from seq2bert.attention import SCORE_NAMES
from seq2bert.checkpoints import file_sha256, load_bert, shipped_folder, weights_file
from seq2bert.experiments import Record, date_readers, load_result, pretrain, pretrain_small, small_date_readers
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.date_readers import load_date_reader, reader_files
from seq2bert.experiments.small_date_readers import small_reader_folder
from seq2bert.tokenization import WordPiece

SMALL_BERT = shipped_folder().with_name(pretrain_small.SMALL)


def card_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCORE_NAMES)
def test_a_small_reader_reads_unseen_dates_as_its_card_says(name):
    model, task = load_date_reader(name, small_reader_folder())
    weights, card = reader_files(name, small_reader_folder())
    figures = card_of(card)["figures"]
    assert figures == load_result("date-readers-small")["summary"][name]
    assert file_sha256(weights) == card_of(card)["sha256"]
    assert card_of(card)["command"] == "python -m seq2bert.experiments date-readers-small"
    assert sum(parameter.numel() for parameter in model.parameters()) == figures["parameters"]
    assert task.exact_match(model, task.test) == pytest.approx(figures["test_exact_match"], abs=0.003)
    assert figures["test_exact_match"] > (0.95 if name == "location" else 0.98)


def test_all_small_readers_fit_in_half_a_megabyte_of_weights():
    folder = small_reader_folder()
    assert {path.stem for path in folder.iterdir()} == set(SCORE_NAMES)
    parameters = sum(card_of(reader_files(name, folder)[1])["figures"]["parameters"] for name in SCORE_NAMES)
    assert 2 * parameters < 5e5


def test_small_readers_differ_in_widths_and_steps_alone(monkeypatch, tmp_path):
    experiment = find_experiments()["date-readers-small"]
    jobs = experiment.plan([])
    usual = {job["reader"]: job for job in date_readers.EXPERIMENT.plan([])}
    for job in jobs:
        assert {**usual[job["reader"]], "widths": job["widths"], "steps": job["steps"]} == job
    monkeypatch.setattr(date_readers, "train_reader", lambda settings, folder, made: (settings, folder, made))
    assert small_date_readers.train_small_reader(jobs[0], tmp_path) == (jobs[0], tmp_path, "date-readers-small")
    assert experiment.summarise([Record(jobs[0], {"parameters": 3})]) == {"dot": {"parameters": 3}}


def test_the_small_bert_is_what_its_card_says():
    card = card_of(SMALL_BERT / "card.json")
    assert card["sha256"] == file_sha256(weights_file(SMALL_BERT))
    assert card["command"] == "python -m seq2bert.experiments pretrain-small"
    assert card["settings"] == {**pretrain_small.CONFIG, "seed": 0}
    (run,) = load_result("pretrain-small")["runs"]
    assert run["figures"] == card["figures"]
    model = load_bert(SMALL_BERT).model
    assert sum(parameter.numel() for parameter in model.encoder.parameters()) == card["figures"]["parameters"]
    assert weights_file(SMALL_BERT).stat().st_size < 2.5e6


def test_both_berts_have_the_same_pieces():
    vocabularies = [WordPiece.load(folder).vocabulary for folder in (SMALL_BERT, shipped_folder())]
    assert vocabularies[0] == vocabularies[1]


def test_the_small_bert_does_better_than_counting_neighbours():
    for part in ("validation", "test"):
        scores = card_of(SMALL_BERT / "card.json")["figures"][part]
        others = [value for name, value in scores.items() if name not in ("loss", "accuracy", "hidden tokens")]
        assert scores["accuracy"] > max(others) > 0


def test_the_small_pretraining_is_the_large_one_with_other_settings(monkeypatch, tmp_path):
    experiment = find_experiments()["pretrain-small"]
    (job,) = experiment.plan([])
    assert set(job) == {*pretrain.CONFIG, "seed"}
    monkeypatch.setattr(pretrain, "pretrain", lambda settings, folder, **names: (settings, folder, names))
    made = {"made": "bert-prose-small", "experiment": "pretrain-small"}
    assert pretrain_small.pretrain_small(job, tmp_path) == (job, tmp_path, made)


def test_a_word_by_hand():
    loaded = load_bert(SMALL_BERT)
    tokenizer = WordPiece.load(SMALL_BERT)
    ids = torch.tensor([tokenizer.encode("If [MASK] file does not exist, an error is raised.").ids])
    with torch.no_grad():
        best = loaded.model.logits(ids)[0, 2].argmax()
    assert tokenizer.vocabulary.pieces[int(best)] == "the"
