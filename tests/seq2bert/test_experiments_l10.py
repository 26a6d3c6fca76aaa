"""L10's experiments on tiny grids: what they measure is right, and their records have every field."""

import json
from itertools import pairwise

import pytest
import torch

from seq2bert.data.dates import load_dates
from seq2bert.experiments import Record, SequenceTask, record, run_experiment
from seq2bert.experiments import transformer_dates as dates
from seq2bert.experiments import transformer_depth as depth
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.losses import sequence_cross_entropy
from seq2bert.training import TrainingConfig, learning_rate_at


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Run jobs in this process, on little data and with few steps."""

    def run_jobs(experiment, jobs, processes):
        return (Record(settings, experiment.run_job(settings)) for settings in jobs)

    monkeypatch.setattr(record, "_run_jobs", run_jobs)
    task = SequenceTask.from_dates(load_dates(n_train=300, n_valid=4, n_test=6))
    for module in (dates, depth):
        monkeypatch.setattr(module, "_task", lambda: task)
        for name, value in {"steps": 3, "rate_steps": 1, "batch_size": 8, "seeds": [0, 1]}.items():
            monkeypatch.setitem(module.CONFIG, name, value)


def run(module, folder):
    path = run_experiment(module.EXPERIMENT, folder=folder, output=folder / "out.json", progress=False)
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_command_knows_them():
    assert {"transformer-dates", "transformer-depth"} <= set(find_experiments())


# Dates -------------------------------------------------------------------------------------------


def test_dates_record(tmp_path, monkeypatch):
    monkeypatch.setitem(dates.CONFIG, "base_seeds", [0, 1, 2])
    record = run(dates, tmp_path)
    rows = record["summary"]["rows"]
    assert list(rows) == list(dates.VARIANTS)
    base = rows[dates.BASE]
    for name, row in rows.items():
        seeds = 3 if name == dates.BASE else 2
        for figure in ("exact_match", "test_loss", "valid_loss", "train_loss", "processor_seconds"):
            assert len(row[figure]) == seeds
        assert row["learning_rate"] in dict(row["rates_tried"])
        if name != dates.BASE:
            difference = (sum(row["test_loss"]) - sum(base["test_loss"][:2])) / 2
            assert difference != 0  # the variant is another model, or another loss
            mean = (sum(row["exact_match"]) - sum(base["exact_match"][:2])) / 2
            assert row["exact_match_minus_base"][0] == pytest.approx(mean)
    assert rows["output not tied"]["parameters"] > base["parameters"]
    assert rows["1 head"]["parameters"] == base["parameters"]
    searched = [run for run in record["runs"] if run["settings"]["part"] == "rate"]
    assert all("exact_match" not in run["figures"] and "test_loss" not in run["figures"] for run in searched)


def test_only_the_named_part_differs():
    models = {name: dates.train_variant(name, learning_rate=1e-3, seed=0, steps=1)[0].config for name in dates.VARIANTS}
    base = vars(models[dates.BASE])
    changed = {
        name: {key: value for key, value in vars(config).items() if value != base[key]}
        for name, config in models.items()
    }
    assert changed == {name: options.get("model", {}) for name, options in dates.VARIANTS.items()}


def test_the_smoothed_loss_is_that_of_the_package():
    model, task, _ = dates.train_variant("label smoothing", learning_rate=1e-3, seed=0, steps=1)
    pad_id, batch = task.target_vocabulary.pad_id, task.collate(task.test)
    logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
    expected = sequence_cross_entropy(logits, batch.targets, pad_id=pad_id, label_smoothing=0.1)
    torch.testing.assert_close(dates.smoothed_loss(0.1, pad_id=pad_id)(model, batch), expected)
    torch.testing.assert_close(dates.smoothed_loss(0.0, pad_id=pad_id)(model, batch), task.loss(model, batch))


# Depth -------------------------------------------------------------------------------------------


def test_depth_record(tmp_path):
    summary = run(depth, tmp_path)["summary"]
    rows = summary["rows"]
    assert [(row["norm"], row["schedule"]) for row in rows] == [
        (norm, schedule) for schedule in depth.SCHEDULES for norm in ("post", "pre")
    ]
    for row in rows:
        for figure in ("exact_match", "test_loss", "processor_seconds"):
            assert len(row[figure]) == 2
        assert [len(curve) for curve in row["loss_curve"]] == [1, 1]
    assert len({row["test_loss"][0] for row in rows}) == len(rows)  # no two combinations are the same
    post, pre = rows[0], rows[1]
    difference = (sum(pre["exact_match"]) - sum(post["exact_match"])) / 2
    assert summary["exact_match_pre_minus_post"]["warm-up, then a fall"][0] == pytest.approx(difference)


def test_the_schedules_are_those_they_are_called():
    rates = {}
    for name, options in depth.SCHEDULES.items():
        config = TrainingConfig(steps=600, learning_rate=1.0, **options)
        rates[name] = [
            learning_rate_at(step, schedule=config.schedule, peak=1.0, steps=600, warmup=config.warmup)
            for step in range(600)
        ]
    assert set(rates["constant"]) == {1.0}
    alone, warm = rates["a fall alone"], rates["warm-up, then a fall"]
    assert all(a > b for a, b in pairwise(alone))
    assert warm.index(1.0) == 199
    assert warm[0] == pytest.approx(1 / 200)
    assert [a / b for a, b in zip(warm[199:], alone[199:], strict=True)] == pytest.approx([200**0.5] * 401)
