"""L10's experiments on tiny grids: what they measure is right, and their records have every field."""

import json
from types import SimpleNamespace

import pytest
import torch

from seq2bert.data.dates import load_dates
from seq2bert.data.pocket import PocketData, load_pocket
from seq2bert.experiments import Record, SequenceTask, record, run_experiment
from seq2bert.experiments import pocket_models as pocket
from seq2bert.experiments import transformer_dates as dates
from seq2bert.experiments import transformer_depth as depth
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.training import TrainingConfig, learning_rate_at, seed_everything
from seq2bert.transformer import SIZES, TransformerSeq2Seq


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
    assert {"pocket-models", "transformer-dates", "transformer-depth"} <= set(find_experiments())


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
    assert all(rows[name]["parameters"] == base["parameters"] for name in ("1 head", "2 heads", "8 heads", "ALiBi"))
    target = len(dates._task().target_vocabulary)
    assert rows["untied"]["parameters"] == base["parameters"] + target * 64  # one matrix more
    searched = [run for run in record["runs"] if run["settings"]["part"] == "rate"]
    assert all("exact_match" not in run["figures"] and "test_loss" not in run["figures"] for run in searched)


def test_only_the_named_part_differs():
    models = {name: dates.train_variant(name, learning_rate=1e-3, seed=0, steps=1)[0].config for name in dates.VARIANTS}
    base = vars(models[dates.BASE])
    changed = {
        name: {key: value for key, value in vars(config).items() if value != base[key]}
        for name, config in models.items()
    }
    assert changed == dates.VARIANTS | {"label smoothing": {}}  # that is a part of the loss


def test_smoothing_is_trained_with_and_not_measured_with():
    """One step from the same weights: the loss is the smoothed one of the weights before it."""
    smoothed, plain = (
        dates.train_variant(name, learning_rate=1e-3, seed=0, steps=1)[2]["train_loss"]
        for name in ("label smoothing", dates.BASE)
    )
    seed_everything(0)
    untrained = TransformerSeq2Seq(SIZES["lecture"], **dates._task().sizes)
    task = dates._task()
    batch = task.batches(batch_size=dates.CONFIG["batch_size"], seed=0)(0)
    assert plain == pytest.approx(task.loss(untrained, batch).item())
    assert smoothed == pytest.approx(task.smoothed_loss(0.1)(untrained, batch).item())
    assert smoothed != pytest.approx(plain)


# Depth -------------------------------------------------------------------------------------------


def test_depth_record(tmp_path):
    summary = run(depth, tmp_path)["summary"]
    rows = summary["rows"]
    assert [(row["layers"], row["norm"], row["schedule"]) for row in rows] == [
        (layers, norm, schedule) for layers in (4, 2) for schedule in depth.SCHEDULES for norm in ("post", "pre")
    ]
    for row in rows:
        for figure in ("exact_match", "test_loss", "processor_seconds"):
            assert len(row[figure]) == 2
        assert [len(curve) for curve in row["loss_curve"]] == [1, 1]
    assert len({row["test_loss"][0] for row in rows}) == len(rows)  # no two combinations are the same
    gaps = summary["exact_match_pre_minus_post"]
    assert [(gap["layers"], gap["schedule"]) for gap in gaps] == [(n, name) for n in (4, 2) for name in depth.SCHEDULES]
    for gap, post, pre in zip(gaps, rows[::2], rows[1::2], strict=True):
        difference = (sum(pre["exact_match"]) - sum(post["exact_match"])) / 2
        assert gap["interval"][0] == pytest.approx(difference)


def test_both_stacks_have_the_depth_asked_for():
    config = depth.train_variant("post", "constant", layers=2, learning_rate=1e-3, seed=0, steps=1)[0].config
    assert (config.n_encoder_layers, config.n_decoder_layers, config.norm) == (2, 2, "post")


def test_the_schedules_are_those_they_are_called():
    rates = {}
    for name, options in depth.SCHEDULES.items():
        config = TrainingConfig(steps=400, learning_rate=1.0, **options)
        rates[name] = [
            learning_rate_at(step, schedule=config.schedule, peak=1.0, steps=400, warmup=config.warmup)
            for step in range(400)
        ]
    assert set(rates["constant"]) == {1.0}
    warm = rates["warm-up, then a fall"]
    assert warm.index(1.0) == 199
    assert warm[0] == pytest.approx(1 / 200)
    assert warm[399] == pytest.approx((200 / 400) ** 0.5)


# Pocket ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few_pairs():
    whole = load_pocket("easy")
    return PocketData(whole.train[:4000], whole.valid[:5], whole.test[:7])


@pytest.fixture
def little_pocket(monkeypatch, few_pairs):
    task = SequenceTask.from_pocket(few_pairs)
    monkeypatch.setattr(pocket, "_task", lambda size: task)
    monkeypatch.setattr(pocket, "load_pocket", lambda size: few_pairs)
    for name, value in {"steps": 3, "rate_steps": 1, "batch_size": 8, "seeds": [0, 1]}.items():
        monkeypatch.setitem(pocket.CONFIG, name, value)
    return task


@pytest.mark.usefixtures("little_pocket")
def test_pocket_record(tmp_path):
    record = run(pocket, tmp_path)
    for size, models in pocket.CONFIG["sizes"].items():
        rows = record["summary"][size]["rows"]
        assert list(rows) == [*models, "dot, as much time"]
        for name, row in rows.items():
            for figure in ("exact_match", "bleu", "test_loss", "processor_seconds"):
                assert len(row[figure]) == 2
            assert ("alignment_error" in row) == (name != "none")
            if name != pocket.TRANSFORMER:
                mean = (sum(rows[pocket.TRANSFORMER]["bleu"]) - sum(row["bleu"])) / 2
                assert row["transformer_minus_bleu"][0] == pytest.approx(mean)
        seconds = [sum(rows[name]["processor_seconds"]) for name in (pocket.TRANSFORMER, "dot")]
        assert rows["dot, as much time"]["steps"] == round(3 * seconds[0] / seconds[1])
        assert rows["dot"]["parameters"] == rows["dot, as much time"]["parameters"]
    hard = record["summary"]["hard"]["rows"]
    wanted = hard[pocket.TRANSFORMER]["parameters"]
    assert abs(hard[pocket.NARROWER]["parameters"] - wanted) < 0.03 * wanted
    searched = [run for run in record["runs"] if run["settings"]["part"] == "rate"]
    assert all("exact_match" not in run["figures"] and "test_loss" not in run["figures"] for run in searched)


def test_weights_depend_on_the_seed_alone(little_pocket):
    for name in (pocket.TRANSFORMER, pocket.NARROWER):
        first, again, other = (pocket.build_model(name, little_pocket, seed=seed).state_dict() for seed in (3, 3, 4))
        assert all(torch.equal(first[key], again[key]) for key in first)
        assert not all(torch.equal(first[key], other[key]) for key in first)


def test_a_matrix_with_two_uses_counts_once():
    layer = torch.nn.Linear(3, 2, bias=False)
    other = torch.nn.Linear(3, 2, bias=False)
    other.weight = layer.weight
    assert pocket.count_parameters(torch.nn.ModuleList([layer, other])) == 6


@pytest.mark.without_shapes  # what stands in for a task and a model is of another type
def test_translations_by_length_by_hand(little_pocket):
    task = little_pocket
    pairs = sorted(task.test, key=lambda pair: len(pair[0]))[:6]
    right = [target for _, target in pairs]
    written = [right[0], right[1], right[2], right[3][:-1], right[4][:-1], right[5][:-1]]  # the longer ones are cut

    class Cut:
        target_vocabulary = task.target_vocabulary

        def decode(self, model, sources):
            return SimpleNamespace(ids=written)

    figures = pocket.translation_figures(None, Cut(), pairs)
    assert figures["exact_match"] == pytest.approx(3 / 6)
    lengths = [len(pairs[i][0]) for i in (1, 3, 5)]
    assert figures["by_length"] == [[lengths[0], 1.0], [lengths[1], 0.5], [lengths[2], 0.0]]
    assert 0 < figures["bleu"] < 100


def test_alignment_of_a_layer_that_knows_the_links(little_pocket, few_pairs, monkeypatch):
    """A layer that looks at a sure link of each French word makes no error among words that have one."""
    pairs = few_pairs.test

    def layers(model, batch):
        gold, always_first = torch.zeros(2, *batch.target_inputs.shape, batch.source.shape[1])
        always_first[:, :, 0] = 1.0
        for row, pair in zip(gold, pairs, strict=True):
            for english, french in pair.sure:
                row[french, english] = 1.0
        return [gold, always_first]

    monkeypatch.setattr(pocket, "_layers", layers)
    model = pocket.build_model("dot", little_pocket, seed=0)
    perfect, first = pocket.alignment_errors(model, little_pocket, pairs)
    assert perfect == pytest.approx(0.0)
    assert first > 0.5
    assert model.training


def test_layers_are_the_models_own_weights(little_pocket):
    batch = little_pocket.collate(little_pocket.test)
    shape = (*batch.target_inputs.shape, batch.source.shape[1])
    for name, count in ((pocket.TRANSFORMER, 2), ("dot", 1)):
        layers = pocket._layers(pocket.build_model(name, little_pocket, seed=0), batch)
        assert [tuple(layer.shape) for layer in layers] == [shape] * count
        for layer in layers:
            torch.testing.assert_close(layer.sum(-1), torch.ones(shape[:2]))
