"""The readers that a live figure runs side by side: small enough, and as good as their cards say."""

import json

import pytest

from seq2bert.attention import SCORE_NAMES
from seq2bert.checkpoints import file_sha256
from seq2bert.experiments import Record, date_readers, load_result, small_date_readers
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.date_readers import load_date_reader, reader_files
from seq2bert.experiments.small_date_readers import small_reader_folder


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
    monkeypatch.setattr(
        date_readers, "train_reader", lambda settings, folder, made: {"asked": (settings, folder, made)}
    )
    asked = small_date_readers.train_small_reader(jobs[0], tmp_path)["asked"]
    assert asked == (jobs[0], tmp_path, "date-readers-small")
    assert experiment.summarise([Record(jobs[0], {"parameters": 3})]) == {"dot": {"parameters": 3}}
