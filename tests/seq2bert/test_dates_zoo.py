"""The experiment behind L04's table."""

from functools import cache

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seq2bert.attention import SCORE_NAMES
from seq2bert.data.dates import TARGET_FIELDS, load_dates
from seq2bert.experiments import Record, SequenceTask, dates_zoo
from seq2bert.experiments.dates_zoo import CONFIG, ONE_BY_ONE, VARIANTS, attention_figures
from seq2bert.experiments.step_time import OneByOne
from seq2bert.recurrent import Decoded, Seq2Seq, build_seq2seq


@pytest.fixture
def _few_dates(monkeypatch):
    data = load_dates(n_train=300, n_valid=4, n_test=6)
    monkeypatch.setattr(dates_zoo, "_data", lambda: data)
    monkeypatch.setattr(dates_zoo, "_task", cache(lambda: SequenceTask.from_dates(data)))


def test_everything_the_course_names_is_compared():
    scores = {options["score"] for options in VARIANTS.values()}
    assert scores == {None, *SCORE_NAMES}
    assert {options.get("order") for options in VARIANTS.values()} == {None, "bahdanau"}
    assert {options.get("window") for options in VARIANTS.values()} == {None, "local-m", "local-p"}


@pytest.mark.usefixtures("_few_dates")
def test_windows_are_as_wide_as_the_config_says(monkeypatch):
    monkeypatch.setitem(CONFIG, "window_width", 3)
    for variant in ("dot, local-m", "dot, local-p"):
        assert dates_zoo._build(variant, dates_zoo._task()).decoder.attention.window.width == 3


def pretend(settings):
    """Make the figures of a job whose losses are best at a rate of 0.01, and for dot."""
    if settings["part"] == "timing":
        names = dict.fromkeys([*VARIANTS, ONE_BY_ONE], 1.0)
        return {"milliseconds": names, "relative_quartiles": {name: [0.9, 1.0, 1.1] for name in names}}
    loss = abs(settings["learning_rate"] - 0.01) + (0.1 if settings["variant"] == "dot" else 0.2) + settings["seed"]
    names = ("valid_loss", "test_loss", "test_exact_match", "steps_to_99", "parameters")
    exact = {"valid_exact_match": 1 - loss / 1e3, "in_field": 0.5 + 0.1 * (settings["variant"] == "dot")}
    return {"loss_curve": [1.0]} | dict.fromkeys(names, loss) | exact


def run_all():
    records = []
    while jobs := [job for job in dates_zoo._plan(records) if job not in [record.settings for record in records]]:
        records += [Record(job, pretend(job)) for job in jobs]
    return records


def test_the_plan_chooses_each_rate_and_then_runs_every_seed():
    parts = [record.settings["part"] for record in run_all()]
    assert parts.count("timing") == 1
    assert parts.count("rate") == 3 * len(VARIANTS)
    assert parts.count("table") == len(CONFIG["seeds"]) * len(VARIANTS)
    assert parts.count("longer") == len(CONFIG["longer_steps"]) * len(CONFIG["longer_seeds"])
    table = [record.settings for record in run_all() if record.settings["part"] == "table"]
    assert {settings["learning_rate"] for settings in table} == {0.01}
    assert {settings["steps"] for settings in table} == {CONFIG["steps"]}
    assert CONFIG["rate_seed"] not in CONFIG["seeds"]


def rows_of(**variants):
    return {
        name: {"seeds": {"valid_exact_match": exact, "in_field": [field] * 3}}
        for name, (exact, field) in variants.items()
    }


def test_the_best_is_the_clearest_of_those_that_are_equally_right():
    rows = rows_of(a=([0.99, 1.0, 0.98], 0.5), b=([0.98, 0.99, 0.99], 0.9), c=([0.90, 0.91, 0.89], 1.0))
    assert dates_zoo._best(rows) == "b"  # c looks at the right place more often, but reads worse
    rows["none"] = {"seeds": {"valid_exact_match": [1.0, 1.0, 1.0]}}
    assert dates_zoo._best(rows) == "b"  # without attention there is nothing to look at


def test_the_summary_keeps_the_seeds_in_order():
    summary = dates_zoo._summarise(list(reversed(run_all())))
    assert list(summary["rows"]) == list(VARIANTS)
    dot = summary["rows"]["dot"]
    assert dot["seeds"]["valid_loss"] == pytest.approx([0.1, 1.1, 2.1, 3.1, 4.1])
    assert "loss_curve" not in dot["seeds"]  # curves stay with their runs
    assert dot["rates_tried"] == [[0.005, pytest.approx(100.105)], [0.01, pytest.approx(100.1)], [0.02, 100.11]]
    assert dot["time_relative_to_none"] == {"low": 0.9, "median": 1.0, "high": 1.1}
    assert summary["one_by_one_time_relative_to_none"] == {"low": 0.9, "median": 1.0, "high": 1.1}
    assert summary["best"] == "dot"
    assert [row["steps"] for row in summary["none_for_longer"]] == CONFIG["longer_steps"]


@pytest.mark.usefixtures("_few_dates")
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_trains_and_is_measured(variant):
    settings = {"variant": variant, "learning_rate": 0.01, "steps": 2, "seed": 0}
    figures = dates_zoo._run_job({"part": "table", **settings})
    assert ("in_field" in figures) == (variant != "none")
    assert len(figures["loss_curve"]) == 1
    assert figures["exact_match_curve"] == [[2, 0.0]]
    assert figures["steps_to_99"] is None


@pytest.mark.usefixtures("_few_dates")
def test_the_same_seed_gives_the_same_numbers():
    settings = {"part": "table", "variant": "dot", "learning_rate": 0.01, "steps": 2, "seed": 3}
    first, again = (dates_zoo._run_job(settings) | {"processor_seconds": 0} for _ in range(2))
    assert first == again
    assert first != dates_zoo._run_job(settings | {"seed": 4}) | {"processor_seconds": 0}


@pytest.mark.usefixtures("_few_dates")
def test_a_rate_is_chosen_without_looking_at_test_days():
    settings = {"part": "rate", "variant": "dot", "learning_rate": 0.01, "steps": 1, "seed": 0}
    figures = dates_zoo._run_job(settings)
    assert "valid_loss" in figures
    assert not [name for name in figures if name.startswith("test") or name == "in_field"]


@pytest.mark.usefixtures("_few_dates")
def test_timing_compares_every_variant_with_none(monkeypatch):
    monkeypatch.setitem(CONFIG, "timing_rounds", 2)
    figures = dates_zoo._run_job({"part": "timing", "seed": 0})
    assert set(figures["milliseconds"]) == {*VARIANTS, ONE_BY_ONE}
    assert all(value > 0 for value in figures["milliseconds"].values())
    assert figures["relative_quartiles"]["none"] == [1.0, 1.0, 1.0]


@pytest.mark.usefixtures("_few_dates")
def test_one_token_at_a_time_gives_the_same_numbers():
    task = dates_zoo._task()
    model = build_seq2seq(score=None, **task.sizes)
    slow = OneByOne(model.encoder, model.decoder)
    batch = task.collate(task.valid)
    assert_close(task.loss(slow, batch), task.loss(model, batch))


class LooksAtTheYear(Seq2Seq):
    """Puts half of every row's attention on the first character of the year, half on the second; sums to 1/2."""

    def __init__(self, pairs):
        nn.Module.__init__(self)
        self.pairs = iter(pairs)

    def forward(self, source, lengths, target_inputs):
        weights = torch.zeros(*target_inputs.shape, source.shape[1])
        for row in weights:
            year = next(self.pairs).fields["year"][0]
            row[:, year : year + 2] = 0.25
        return Decoded(torch.zeros(*target_inputs.shape, 3), weights, None)


def test_attention_in_the_right_field_by_hand():
    # 4 of the 8 digits of a date are its year: all of their attention is right, none of the others'.
    # Two equal weights a row, once the row is divided by its sum: an entropy of ln 2.
    data = load_dates(n_train=400, n_valid=1, n_test=7)
    task = SequenceTask.from_dates(data)
    figures = attention_figures(LooksAtTheYear(data.test), task, data.test)
    assert sum(stop - start for start, stop in TARGET_FIELDS.values()) == 8
    assert figures == {"in_field": pytest.approx(0.5), "entropy": pytest.approx(torch.tensor(2.0).log().item())}
