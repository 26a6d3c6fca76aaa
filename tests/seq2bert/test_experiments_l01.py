"""L01's experiments on tiny grids: what they measure is right, and their records have every field."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seq2bert.experiments import Record, bottleneck, gradient_distance, letters, record, remedies, run_experiment
from seq2bert.experiments import dates_without_attention as dates
from seq2bert.experiments import training_mistakes as mistakes
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, rates_wanted, table_runs
from seq2bert.recurrent import build_seq2seq


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Run jobs in this process, on little data and with few steps."""

    def run_jobs(experiment, jobs, processes, folder):
        return (Record(settings, experiment.run_job(settings)) for settings in jobs)

    monkeypatch.setattr(record, "_run_jobs", run_jobs)
    monkeypatch.setattr(letters, "N_TRAIN", 200)
    for module in (bottleneck, gradient_distance, mistakes):
        monkeypatch.setitem(module.CONFIG, "steps", 2)
    for module in (bottleneck, gradient_distance, remedies):
        monkeypatch.setitem(module.CONFIG, "first_rates", [1e-3, 2e-3])
    for module in (bottleneck, gradient_distance, remedies, mistakes, dates):
        monkeypatch.setitem(module.CONFIG, "seeds", [0, 1])
    caches = (letters.letters_task, remedies._task, dates._task)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def run(module, folder):
    path = run_experiment(module.EXPERIMENT, folder=folder, output=folder / "out.json", progress=False)
    return json.loads(path.read_text(encoding="utf-8"))["summary"]


def keep(monkeypatch, module, name, wanted):
    monkeypatch.setitem(module.CONFIG, name, {key: module.CONFIG[name][key] for key in wanted})


# Learning rates ----------------------------------------------------------------------------------


def test_rates_by_hand():
    first = [1e-3, 2e-3, 4e-3]
    assert rates_wanted({}, first) == first
    assert rates_wanted({1e-3: 3.0, 2e-3: 1.0}, first) == first  # one of the first is still missing
    assert rates_wanted({1e-3: 3.0, 2e-3: 1.0, 4e-3: 2.0}, first) == first  # the best has neighbours: done
    assert rates_wanted({1e-3: 3.0, 2e-3: 2.0, 4e-3: 1.0}, first) == [*first, 8e-3]
    assert rates_wanted({1e-3: 1.0, 2e-3: 2.0, 4e-3: 3.0}, first) == [5e-4, *first]
    assert rates_wanted({5e-4: 1.0, 1e-3: 2.0}, [1e-3]) == [5e-4, 1e-3]  # the smallest there is
    assert rates_wanted({4e-2: 2.0, 8e-2: 1.0}, [4e-2]) == [4e-2, 8e-2]  # the largest
    assert rates_wanted({4e-2: 2.0, 8e-2: 1.0}, [4e-2], largest_rate=0.2) == [4e-2, 8e-2, 0.16]
    assert rates_wanted({8e-2: 2.0, 0.16: 1.0}, [8e-2], largest_rate=0.2) == [8e-2, 0.16]


def test_seeds_come_after_the_best_rate_of_their_own_variant():
    a, b = {"variant": "a"}, {"variant": "b"}
    options = {"first_rates": [1e-3, 2e-3, 4e-3], "rate_seed": 9, "seeds": [0, 1]}
    jobs = plan_tuned([a, b], [], **options)
    assert len(jobs) == 6
    assert {job["part"] for job in jobs} == {"rate"}
    assert {job["seed"] for job in jobs} == {9}
    losses = {"a": [3.0, 1.0, 2.0], "b": [1.0, 0.5, 0.1]}  # b's best lies at the end
    records = [Record(job, {"valid_loss": losses[job["variant"]][i % 3]}) for i, job in enumerate(jobs)]
    later = plan_tuned([a, b], records, **options)
    table = [job for job in later if job["part"] == "table"]
    assert table == [{"part": "table", "variant": "a", "learning_rate": 2e-3, "seed": seed} for seed in (0, 1)]
    assert {"part": "rate", "variant": "b", "learning_rate": 8e-3, "seed": 9} in later
    records += [Record(job, {}) for job in reversed(table)]
    assert [run.settings["seed"] for run in table_runs(records, a)] == [0, 1]
    assert table_runs(records, b) == []
    assert chosen_rates(records, a) == {"learning_rate": 2e-3, "rates_tried": [[1e-3, 3.0], [2e-3, 1.0], [4e-3, 2.0]]}


# Letters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["copy", "reverse"])
def test_letters_are_copied_or_reversed(kind):
    task = letters.letters_task(kind, max_length=7)
    assert {len(source) for source, _ in task.train} == set(range(2, 8))
    assert min(len(source) for source, _ in [*task.valid, *task.test]) == 5
    for source, target in [*task.train, *letters.letters_of_length(task, kind, 9, n=3)]:
        assert target == (source if kind == "copy" else source[::-1])  # both vocabularies hold the same letters


@pytest.mark.error_messages
def test_an_unknown_kind_is_named():
    message = "kind must be one of copy, reverse; got 'sort'"
    with pytest.raises(ValueError, match=message):
        letters.letters_task("sort", max_length=7)
    with pytest.raises(ValueError, match=message):
        letters.letters_of_length(letters.letters_task("copy", max_length=5), "sort", 9, n=4)
    with pytest.raises(ValueError, match="got 5 and 4"):
        letters.letters_task("copy", max_length=4)


def test_lengths_beyond_training_are_drawn():
    task = letters.letters_task("copy", max_length=5)
    assert [len(source) for source, _ in letters.letters_of_length(task, "copy", 9, n=4)] == [9] * 4


# Gradient and distance ---------------------------------------------------------------------------


@pytest.mark.parametrize("score", [None, "dot"])
def test_gradients_agree_with_central_differences(score):
    task = letters.letters_task("copy", max_length=6)
    model = build_seq2seq(
        **task.sizes, score=score, bidirectional=False, d_embedding=3, d_encoder=2, d_decoder=4
    ).double()
    norms = gradient_distance.gradient_by_distance(model, task, length=3, n=2, seed=5)

    generator = torch.Generator().manual_seed(5)  # the same letters, drawn in the same order
    source = 4 + torch.randint(26, (2, 3), generator=generator)
    target = 4 + torch.randint(26, (2,), generator=generator)
    embedded = model.encoder.embedding(source).detach()

    def loss(moved):
        state = model.decoder.start(model.encoder.encode_embedded(moved, torch.tensor([3, 3])))
        logits = model.decoder(torch.full((2, 1), task.target_vocabulary.start_id), state).logits[:, 0]
        return F.cross_entropy(logits, target, reduction="sum").item()

    gradient = torch.zeros_like(embedded)
    for place in np.ndindex(*embedded.shape):
        step = torch.zeros_like(embedded)
        step[place] = 1e-5
        gradient[place] = (loss(embedded + step) - loss(embedded - step)) / 2e-5
    expected = [(gradient[0, i].norm() + gradient[1, i].norm()).item() / 2 for i in (2, 1, 0)]  # last token first
    assert norms.tolist() == pytest.approx(expected, rel=1e-5)


def test_factor_by_hand():  # 8, 4, 2, 1 halves at every step; entries outside the range do not count
    assert gradient_distance.factor_per_step([99.0, 8.0, 4.0, 2.0, 1.0, 99.0], first=1, last=5) == pytest.approx(0.5)
    assert gradient_distance.factor_per_step([3.0] * 5, first=0, last=5) == pytest.approx(1.0)


@pytest.mark.error_messages
@pytest.mark.parametrize("norm", [0.0, float("nan")])
def test_a_norm_without_a_logarithm_is_named(norm):
    with pytest.raises(ValueError, match=rf"norms must be positive from 1 to 3; got \[{norm}, 1\.0\]"):
        gradient_distance.factor_per_step([1.0, norm, 1.0, 0.0], first=1, last=3)


def test_an_open_forget_gate_lets_the_gradient_reach_farther():
    task = letters.letters_task("copy", max_length=6)
    factors = []
    for bias in (0.0, 1.0, 5.0):
        model = gradient_distance.build_variant("LSTM", task, seed=0)
        before = {name: value.clone() for name, value in model.encoder.cell.named_parameters()}
        gradient_distance.open_forget_gate(model.encoder, bias=bias)
        width = model.encoder.cell.hidden_size
        after = dict(model.encoder.cell.named_parameters())
        changed = {name: (after[name] != before[name]).nonzero()[:, 0].tolist() for name in before}
        assert set(changed["bias_ih_l0"]) | set(changed["bias_hh_l0"]) <= set(range(width, 2 * width))
        assert changed["weight_ih_l0"] == changed["weight_hh_l0"] == []
        norms = gradient_distance.gradient_by_distance(model, task, length=20, n=8, seed=0).tolist()
        factors.append(gradient_distance.factor_per_step(norms, first=3, last=15))
    # sigma(0), sigma(1) and sigma(5) are 0.5, 0.73 and 0.99; what the gates pass on besides adds to them.
    assert 0.5 < factors[0] < factors[1] - 0.1 < factors[2] - 0.2
    assert factors[2] > 0.9


def test_gradient_record(tmp_path, monkeypatch):
    names = ["RNN", "LSTM, forget bias 1", "LSTM, dot attention"]
    keep(monkeypatch, gradient_distance, "variants", names)
    for name, value in {
        "n_sequences": 4,
        "lengths": [10, 12],
        "trained_lengths": [5, 6],
        "trained_seeds": [0, 1],
    }.items():
        monkeypatch.setitem(gradient_distance.CONFIG, name, value)
    rows = run(gradient_distance, tmp_path)["rows"]
    assert list(rows) == names
    for row in rows.values():
        assert [len(norms) for norms in row["initial"]["norms"]] == [40, 40]
        assert [len(middles) for middles in row["initial"]["median_by_length"]] == [2, 2]
        mean, low, high = row["initial"]["factor_interval"]
        assert low < mean < high
        assert mean == pytest.approx(sum(row["initial"]["factor"]) / 2)
        assert [len(norms) for norms in row["trained"]["norms"]] == [6, 6]
        assert [len(needed) for needed in row["trained"]["needed_by_length"]] == [2, 2]
        assert row["trained"]["needed_by_length"][0][-1] == row["trained"]["norms"][0][-1]
        assert row["trained"]["learning_rate"] in dict(row["trained"]["rates_tried"])
    assert rows["RNN"]["initial"]["factor_interval"][2] < 0.7
    assert rows["LSTM, forget bias 1"]["initial"]["factor_interval"][0] > 0.75
    assert rows["LSTM, dot attention"]["initial"]["factor_interval"][0] > 0.95


# Bottleneck --------------------------------------------------------------------------------------


def test_length_figures_by_hand(monkeypatch):
    task = letters.letters_task("reverse", max_length=6)
    model = build_seq2seq(**task.sizes, score=None, d_encoder=2, d_decoder=4)

    def decode(self, model, sources, *, max_length):  # right, too short, and one letter wrong in turn
        right = [source[::-1] for source in sources]
        wrong = [[4 + (right[2][0] == 4), *right[2][1:]]]
        return SimpleNamespace(ids=[right[0], right[1][:-1], *wrong, right[3]])

    monkeypatch.setattr(type(task), "decode", decode)
    figures = bottleneck.length_figures(model, task, kind="reverse", lengths=[5], n=4)
    assert figures == {"exact_match": [0.5], "edits_per_token": [2 / 4 / 5], "right_length": [0.75]}


def test_bottleneck_record(tmp_path, monkeypatch):
    keep(monkeypatch, bottleneck, "variants", ["none, 32", "dot, 32"])
    monkeypatch.setitem(bottleneck.CONFIG, "lengths", [5, 7])
    monkeypatch.setitem(bottleneck.CONFIG, "n_per_length", 4)
    summary = run(bottleneck, tmp_path)
    assert summary["lengths"] == [5, 7]
    assert list(summary["rows"]) == ["none, 32", "dot, 32"]
    for row in summary["rows"].values():
        assert row["state_size"] == 32
        assert row["learning_rate"] in dict(row["rates_tried"])
        for name in ("exact_match", "edits_per_token", "right_length"):
            assert [len(values) for values in row["seeds"][name]] == [2, 2]
        assert len(row["seeds"]["train_loss"]) == len(row["seeds"]["valid_loss"]) == 2


# Remedies ----------------------------------------------------------------------------------------


def test_reversing_changes_one_side_only():
    task = letters.letters_task("copy", max_length=6)
    for name in ("train", "valid", "test"):
        pairs = getattr(task, name)
        assert getattr(remedies.reverse_source(task), name) == [(source[::-1], target) for source, target in pairs]
        assert getattr(remedies.reverse_target(task), name) == [(source, target[::-1]) for source, target in pairs]
    assert remedies.reverse_source(task).sizes == task.sizes


def test_remedies_record(tmp_path, monkeypatch):
    monkeypatch.setitem(
        remedies.CONFIG, "tasks", {"copy": {"steps": 2, "max_length": 6}, "dates": {"steps": 1, "n_train": 300}}
    )
    monkeypatch.setitem(
        remedies.CONFIG, "shown", {"copy": {"one": list(remedies.REMEDIES)}, "dates": {"both": ["plain"]}}
    )
    rows = run(remedies, tmp_path)["rows"]
    assert [row["remedy"] for row in rows] == [*remedies.REMEDIES, "plain"]
    assert [row["task"] for row in rows] == ["copy"] * 6 + ["dates"]
    plain, deeper = rows[0], rows[5]
    assert rows[4]["parameters"] > 2 * plain["parameters"]  # twice the width
    assert deeper["parameters"] > plain["parameters"]
    assert rows[1]["parameters"] == rows[2]["parameters"] == plain["parameters"]
    for metric in ("test_loss", "exact_match", "edits_per_token"):
        assert "minus_plain" not in plain[metric]
        values, others = deeper[metric]["seeds"], plain[metric]["seeds"]
        assert deeper[metric]["minus_plain"][0] == pytest.approx((sum(values) - sum(others)) / 2)
        assert deeper[metric]["interval"][0] == pytest.approx(sum(values) / 2)


# Mistakes and dates ------------------------------------------------------------------------------


def test_the_two_mistakes_are_the_ones_named():
    task = letters.letters_task("reverse", max_length=8)
    model = build_seq2seq(**task.sizes, score=None, d_encoder=2, d_decoder=4)
    mixed = task.collate(
        [pair for length in (2, 8) for pair in letters.letters_of_length(task, "reverse", length, n=2)]
    )
    even = task.collate(letters.letters_of_length(task, "reverse", 6, n=4))
    assert torch.equal(mistakes.without_shift(mixed).target_inputs, mixed.targets)
    assert torch.equal(mistakes.without_shift(mixed).source, mixed.source)
    torch.testing.assert_close(mistakes.loss_with_padding(model, even), task.loss(model, even))  # nothing is padded
    log_p = model(mixed.source, mixed.source_lengths, mixed.target_inputs).logits.log_softmax(-1)
    every_place = -log_p.gather(-1, mixed.targets[..., None]).mean()
    torch.testing.assert_close(mistakes.loss_with_padding(model, mixed), every_place)
    assert mistakes.loss_with_padding(model, mixed).item() != task.loss(model, mixed).item()


def test_mistakes_record(tmp_path, monkeypatch):
    monkeypatch.setitem(mistakes.CONFIG, "n_sequences", 4)
    rows = run(mistakes, tmp_path)["rows"]
    assert list(rows) == ["right", "padding counted", "no shift"]
    for way in ("padding counted", "no shift"):
        for name in ("reported_loss", "true_loss", "exact_match"):
            assert len(rows[way][name]) == 2
            difference = (sum(rows[way][name]) - sum(rows["right"][name])) / 2
            assert rows[way][f"{name}_minus_right"][0] == pytest.approx(difference)


def test_free_running_accuracy_by_hand(monkeypatch):
    # Written 4 5 <end> for 4 6 <end>: two of three. Written 4 <end> for 4 6 <end>: one of three.
    task = letters.letters_task("reverse", max_length=6)
    model = build_seq2seq(**task.sizes, score=None, d_encoder=2, d_decoder=4)
    monkeypatch.setattr(type(task), "decode", lambda self, model, sources: SimpleNamespace(ids=[[4, 5], [4]]))
    assert dates.free_running_accuracy(model, task, [([9], [4, 6]), ([9], [4, 6])]) == pytest.approx(3 / 6)


def test_dates_record(tmp_path, monkeypatch):
    monkeypatch.setitem(dates.CONFIG, "n_train", 300)
    monkeypatch.setitem(dates.CONFIG, "steps", 1)
    rows = run(dates, tmp_path)["rows"]
    assert list(rows) == ["plain", "context at every step"]
    for row in rows.values():
        for name in ("exact_match", "year", "month", "day", "teacher_forced_accuracy", "free_running_accuracy"):
            assert len(row[name]) == 2
            assert all(0 <= value <= 1 for value in row[name])
        assert all(
            m <= min(row[name][i] for name in ("year", "month", "day")) for i, m in enumerate(row["exact_match"])
        )


def test_the_command_knows_them():
    names = {"bottleneck", "gradient-distance", "remedies", "training-mistakes", "dates-without-attention"}
    assert names <= set(find_experiments())
