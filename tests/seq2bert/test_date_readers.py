"""The shipped readers of dates: each is there, reads as well as its card says, and keeps its alphabet."""

import json

import pytest
import torch
from torch.testing import assert_close

from seq2bert.attention import SCORE_NAMES
from seq2bert.checkpoints import file_sha256
from seq2bert.data.dates import date_vocabularies, load_dates
from seq2bert.experiments import Record, date_readers, load_result
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.date_readers import EXPERIMENT, READERS, load_date_reader, reader_files


def card_of(name, folder=None):
    return json.loads(reader_files(name, folder)[1].read_text(encoding="utf-8"))


# What is shipped ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
def test_a_shipped_reader_reads_unseen_dates_as_its_card_says(name):
    model, task = load_date_reader(name)
    assert not model.training
    figures = card_of(name)["figures"]
    assert figures == load_result("date-readers")["summary"][name]
    assert sum(parameter.numel() for parameter in model.parameters()) == figures["parameters"]
    # Another processor may round otherwise, and three of a thousand dates stand on the edge.
    assert task.exact_match(model, task.test) == pytest.approx(figures["test_exact_match"], abs=0.003)


def test_what_is_shipped_has_its_checksums_and_fits_in_3_mb():
    paths = [path for name in READERS for path in reader_files(name)]
    assert {path.name for path in paths} == {path.name for path in paths[0].parent.iterdir()}
    assert sum(path.stat().st_size for path in paths) < 3e6
    for name in READERS:
        assert file_sha256(reader_files(name)[0]) == card_of(name)["sha256"]


def test_every_score_function_is_shipped_and_the_better_ones_read_nearly_all():
    assert set(READERS) == {"none", *SCORE_NAMES, "additive, Bahdanau order", "transformer"}
    exact = {name: card_of(name)["figures"]["test_exact_match"] for name in READERS}
    assert exact["none"] < 0.2
    assert all(value > 0.98 for name, value in exact.items() if name not in ("none", "location"))


def test_a_date_by_hand():
    model, task = load_date_reader("dot")
    decoding = task.decode(model, [task.source_vocabulary.encode("14 July 1989")])
    assert "".join(task.target_vocabulary.decode(decoding.ids[0])) == "1989-07-14"


# How they are made -------------------------------------------------------------------------------


@pytest.fixture
def trained(monkeypatch):
    """Train nothing: an untrained reader of the dot product, whose alphabet lacks most characters."""
    task = date_readers.SequenceTask.from_dates(load_dates(n_train=30, n_valid=1, n_test=1))
    torch.manual_seed(0)
    model = date_readers._untrained("dot", task, {})
    monkeypatch.setattr(date_readers, "_train", lambda settings: (model, task))
    return model, task


SETTINGS = {"reader": "dot", "learning_rate": 0.02, "seed": 0}


def test_what_was_saved_is_what_is_tested(trained, tmp_path, monkeypatch):
    tested = []

    def exact_match(task, model, pairs):
        tested.append((model, pairs == task.test))
        return 0.25

    monkeypatch.setattr(date_readers.SequenceTask, "exact_match", exact_match)
    figures = date_readers.train_reader(SETTINGS, tmp_path)
    (model, on_test_dates), original = tested[0], trained[0].state_dict()
    assert on_test_dates
    assert any(not torch.equal(tensor, original[name]) for name, tensor in model.state_dict().items())
    assert_close(model.state_dict(), {name: tensor.half().float() for name, tensor in original.items()}, atol=0, rtol=0)
    assert figures["test_exact_match"] == 0.25
    card = card_of("dot", tmp_path / "date-readers")
    assert card["figures"] == figures
    assert card["settings"] == SETTINGS


def test_a_reader_keeps_the_alphabet_that_it_was_trained_with(trained, tmp_path):
    date_readers.train_reader(SETTINGS, tmp_path)
    task = load_date_reader("dot", tmp_path / "date-readers")[1]
    assert task.source_vocabulary == trained[1].source_vocabulary
    assert task.target_vocabulary == trained[1].target_vocabulary
    assert len(task.source_vocabulary) < len(date_vocabularies(load_dates())[0])
    assert len(task.test) == len(task.valid) == 1000


@pytest.mark.parametrize("name", ["cosine", "transformer"])
def test_training_follows_the_tables(name, monkeypatch):
    few = date_readers.SequenceTask.from_dates(load_dates(n_train=300, n_valid=4, n_test=4))
    monkeypatch.setattr(date_readers, "_task", lambda: few)
    monkeypatch.setattr(date_readers.transformer_dates, "_task", lambda: few)
    monkeypatch.setitem(date_readers.CONFIG, "steps", 2)
    monkeypatch.setitem(date_readers.transformer_dates.CONFIG, "steps", 2)
    jobs = ({"reader": name, "learning_rate": 0.01, "seed": seed} for seed in (0, 0, 1))
    first, again, other = (date_readers._train(job)[0].state_dict() for job in jobs)
    assert_close(first, again, atol=0, rtol=0)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_the_plan_takes_each_rate_from_its_table():
    assert find_experiments()["date-readers"] is EXPERIMENT
    plan = EXPERIMENT.plan([])
    assert [job["reader"] for job in plan] == list(READERS)
    rates = {job["reader"]: job["learning_rate"] for job in plan}
    assert rates["location"] == load_result("dates-zoo")["summary"]["rows"]["location"]["learning_rate"]
    row = load_result("transformer-dates")["summary"]["rows"]["as it is"]
    assert rates["transformer"] == row["learning_rate"] != rates["dot"]
    records = [Record(job, {"test_exact_match": job["learning_rate"]}) for job in plan]
    assert EXPERIMENT.summarise(records)["location"] == {"test_exact_match": rates["location"]}


@pytest.mark.error_messages
def test_an_unknown_reader_is_named():
    with pytest.raises(ValueError, match=r"name must be one of none; dot; .*; transformer; got 'luong'"):
        load_date_reader("luong")


@pytest.mark.error_messages
def test_a_reader_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"dot\.json"):
        load_date_reader("dot", tmp_path)
