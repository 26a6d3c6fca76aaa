"""L10's experiments on tiny grids: what they measure is right, and their records have every field."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from seq2bert.data.dates import load_dates
from seq2bert.data.pocket import load_pocket
from seq2bert.data.pocket.profiles import PROFILES
from seq2bert.experiments import Record, SequenceTask, record, run_experiment
from seq2bert.experiments import pocket_models as pocket
from seq2bert.experiments import transformer_dates as dates
from seq2bert.experiments import transformer_depth as depth
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.translation_figures import LATER, alignment_errors, source_maps, translation_figures
from seq2bert.training import TrainingConfig, learning_rate_at, seed_everything
from seq2bert.transformer import SIZES, TransformerSeq2Seq


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Run jobs in this process, on little data and with few steps."""

    def run_jobs(experiment, jobs, *_):
        return (Record(settings, experiment.run_job(settings)) for settings in jobs)

    monkeypatch.setattr(record, "_run_jobs", run_jobs)
    task = SequenceTask.from_dates(load_dates(n_train=300, n_valid=4, n_test=6))
    monkeypatch.setitem(dates.CONFIG, "evaluate_every", 1)
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
    assert base["steps_to_99"] == [None] * 3
    assert [[step for step, _ in curve] for curve in base["exact_match_curve"]] == [[1, 2, 3]] * 3
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


def test_steps_to_99_is_the_first_point_that_reaches_it(monkeypatch):
    values = iter([0.5, 0.99, 0.2])
    monkeypatch.setattr(dates.SequenceTask, "exact_match", lambda *_: next(values))
    figures = dates.train_variant(dates.BASE, learning_rate=1e-3, seed=0, steps=3)[2]
    assert figures["exact_match_curve"] == [[1, 0.5], [2, 0.99], [3, 0.2]]
    assert figures["steps_to_99"] == 2
    assert len(figures["loss_curve"]) == 1


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
    assert [(row["layers"], row["norm"], row["schedule"]) for row in summary["large"]] == [
        (4, norm, schedule) for schedule in depth.SCHEDULES for norm in ("post", "pre")
    ]
    assert all(len(row["exact_match"]) == len(row["test_loss"]) == 2 for row in summary["large"])
    gaps = summary["exact_match_pre_minus_post"]
    assert [(gap["layers"], gap["schedule"]) for gap in gaps] == [(n, name) for n in (4, 2) for name in depth.SCHEDULES]
    for gap, post, pre in zip(gaps, rows[::2], rows[1::2], strict=True):
        difference = (sum(pre["exact_match"]) - sum(post["exact_match"])) / 2
        assert gap["interval"][0] == pytest.approx(difference)


def test_both_stacks_have_the_depth_asked_for():
    config = depth.train_variant("post", "warm-up", layers=2, learning_rate=1e-3, seed=0, steps=1)[0].config
    assert (config.n_encoder_layers, config.n_decoder_layers, config.norm) == (2, 2, "post")


def test_the_schedules_differ_in_the_warm_up():
    rates = {}
    for name, options in depth.SCHEDULES.items():
        config = TrainingConfig(steps=400, learning_rate=1.0, **options)
        rates[name] = [
            learning_rate_at(step, schedule=config.schedule, peak=1.0, steps=400, warmup=config.warmup)
            for step in range(400)
        ]
    warm, other = rates["warm-up"], rates["no warm-up"]
    assert warm[0] == pytest.approx(1 / 100)
    assert warm.index(1.0) == 99
    assert other[0] == 1.0
    for falling in (warm[99:], other):  # to 0 one step after the last
        assert falling == pytest.approx([1 - step / len(falling) for step in range(len(falling))])


# Pocket ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few_pairs():
    """A corpus of the same grammar: drawing all of the easy one takes minutes where types are checked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "easy", replace(PROFILES["easy"], n_train=1500, n_valid=5, n_test=7))
        return load_pocket("easy")


@pytest.fixture
def little_pocket(monkeypatch, few_pairs):
    task = SequenceTask.from_pocket(few_pairs)
    monkeypatch.setattr(pocket, "_task", lambda size: task)
    monkeypatch.setattr(pocket, "load_pocket", lambda size: few_pairs)
    for name, value in {"steps": 3, "rate_steps": 1, "batch_size": 8, "seeds": [0, 1]}.items():
        monkeypatch.setitem(pocket.CONFIG, name, value)
    return task


@pytest.mark.usefixtures("little_pocket")
def test_pocket_record(tmp_path, monkeypatch, few_pairs):
    for name, value in {"n_written": 2, "mapped": 1}.items():
        monkeypatch.setitem(pocket.CONFIG, name, value)
    record = run(pocket, tmp_path)
    for size, models in pocket.CONFIG["sizes"].items():
        rows = record["summary"][size]["rows"]
        assert list(rows) == [*models, "dot, as much time"]
        for name, row in rows.items():
            for figure in ("exact_match", "bleu", "test_loss", "processor_seconds"):
                assert len(row[figure]) == 2
            assert ("alignment_error" in row) == (name != "none")
            assert ("best_alignment_error" in row) == (name != "none")
            shown = name != "dot, as much time"
            assert ("written" in row, "maps" in row) == (shown, shown and name != "none")
            if shown:
                assert len(row["written"]) == 2
            if "maps" in row:
                assert list(row["maps"]) == (["layer 1", "layer 2"] if name == pocket.TRANSFORMER else ["layer 1"])
                sentence = few_pairs.test[1]
                for weights in row["maps"].values():
                    assert [len(line) for line in weights] == [len(sentence.english)] * (len(sentence.french) + 1)
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

    figures = translation_figures(None, Cut(), pairs)
    assert figures["exact_match"] == pytest.approx(3 / 6)
    lengths = [len(pairs[i][0]) for i in (1, 3, 5)]
    assert figures["by_length"] == [[lengths[0], 1.0], [lengths[1], 0.5], [lengths[2], 0.0]]
    assert 0 < figures["bleu"] < 100


def test_alignment_of_a_layer_that_knows_the_links(little_pocket, few_pairs, monkeypatch):
    """A layer that looks at a sure link of each French word makes no error among words that have one."""
    pairs = few_pairs.test

    def maps(model, task, pairs):
        longest = max(len(pair.french) + 1 for pair in pairs), max(len(pair.english) for pair in pairs)
        gold, late, always_first = torch.zeros(3, len(pairs), *longest)
        always_first[:, :, 0] = 1.0
        for row, later, pair in zip(gold, late, pairs, strict=True):
            for english, french in pair.sure:
                row[french, english] = later[french + 1, english] = 1.0
        return {"gold": gold, "late": late, "first": always_first}

    monkeypatch.setattr("seq2bert.experiments.translation_figures.source_maps", maps)
    model = pocket.build_model("dot", little_pocket, seed=0)
    errors = alignment_errors(model, little_pocket, pairs)
    assert errors["gold"] == pytest.approx(0.0)
    assert errors["first"] > 0.5
    assert errors["gold" + LATER] > 0.5  # the row of the word after it
    assert errors["late" + LATER] == pytest.approx(0.0)


LABELS = ["layer 1", "layer 2", "layer 2, head 1", "layer 1" + LATER]


def test_maps_are_chosen_on_validation_sentences():
    errors = [
        ([0.5, 0.2, 0.1, 0.9], [0.3, 0.4, 0.6, 0.0]),  # valid, test
        ([0.1, 0.3, 0.8, 0.0], [0.2, 0.7, 0.0, 0.5]),
    ]
    runs = [
        Record(
            {},
            {
                "valid_alignment_errors": dict(zip(LABELS, valid, strict=True)),
                "alignment_errors": dict(zip(LABELS, test, strict=True)),
            },
        )
        for valid, test in errors
    ]
    assert pocket._alignment(runs) == {
        "layer": "layer 2",  # 0.2 + 0.3 is less than 0.5 + 0.1
        "alignment_error": [0.4, 0.7],
        "best_map": ["layer 2, head 1", "layer 1" + LATER],
        "best_alignment_error": [0.6, 0.5],
    }


def test_source_maps_are_the_models_own_weights(little_pocket, few_pairs):
    shape = (len(few_pairs.test), max(len(p.french) + 1 for p in few_pairs.test))
    heads = [f"layer {i}, head {j}" for i in (1, 2) for j in (1, 2, 3, 4)]
    for name, labels in ((pocket.TRANSFORMER, ["layer 1", "layer 2", *heads]), ("dot", ["layer 1"])):
        model = pocket.build_model(name, little_pocket, seed=0)
        maps = source_maps(model, little_pocket, few_pairs.test)
        assert list(maps) == labels
        for weights in maps.values():
            assert tuple(weights.shape[:2]) == shape
            torch.testing.assert_close(weights.sum(-1), torch.ones(shape))
        assert model.training
    maps = source_maps(pocket.build_model(pocket.TRANSFORMER, little_pocket, seed=0), little_pocket, few_pairs.test)
    mean = torch.stack([maps[f"layer 2, head {j}"] for j in (1, 2, 3, 4)]).mean(0)
    torch.testing.assert_close(maps["layer 2"], mean)
