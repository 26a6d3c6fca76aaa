"""L09's experiments on tiny grids: what they measure is right, and their records have every field."""

import datetime
import json
import math

import pytest
import torch
from torch.testing import assert_close

from seq2bert.data.dates import write_date
from seq2bert.data.pocket import PocketPair, Tree
from seq2bert.experiments import Record, date_fields, head_kinds, layer_cost, position_schemes, record, run_experiment
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.tagging import Tagger, TaggingTask
from seq2bert.positions import POSITION_NAMES
from seq2bert.transformer import TransformerConfig

TINY = {"d_model": 8, "n_heads": 4, "d_ff": 8, "n_encoder_layers": 1, "dropout": 0.0, "norm": "pre"}


def sentence(text, *governors):
    """Make a pair of which only the English half and its tree matter: one constituent a word, with what it governs."""
    words = tuple(text.split())

    def constituent(word, label="S"):
        below = [constituent(other) for other, governor in enumerate(governors) if governor == word]
        leaf = Tree("N", (word, word + 1), None, word, None)
        return Tree(label, (0, len(words)), None, word, None, (leaf, *below))

    root = constituent(governors.index(-1), "ROOT")
    assert root.heads("english") == governors
    return PocketPair(words, (), frozenset(), frozenset(), root, frozenset())


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Run jobs in this process, on little data and with few steps."""

    def run_jobs(experiment, jobs, *_):
        return (Record(settings, experiment.run_job(settings)) for settings in jobs)

    monkeypatch.setattr(record, "_run_jobs", run_jobs)
    for module in (date_fields, position_schemes, head_kinds):
        for name, value in {"first_rates": [1e-3, 2e-3], "seeds": [0, 1], "batch_size": 4}.items():
            monkeypatch.setitem(module.CONFIG, name, value)
    monkeypatch.setitem(date_fields.CONFIG, "sizes", TINY)
    monkeypatch.setitem(date_fields.CONFIG, "n_train", 300)
    monkeypatch.setitem(date_fields.CONFIG, "steps", 3)
    monkeypatch.setitem(position_schemes.CONFIG, "n_train", 50)
    monkeypatch.setitem(head_kinds.CONFIG, "steps", 3)
    caches = (
        date_fields._pairs,
        date_fields.date_vocabulary,
        date_fields.fields_task,
        position_schemes.letters_tagging,
        head_kinds._sentences,
        head_kinds._vocabulary,
        head_kinds.words_task,
    )
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def run(module, folder):
    path = run_experiment(module.EXPERIMENT, folder=folder, output=folder / "out.json", progress=False)
    return json.loads(path.read_text(encoding="utf-8"))["summary"]


# Labels for every token --------------------------------------------------------------------------


def tagging_task():
    pairs = [([4, 5, 6], [0, 5, 6]), ([6, 4, 4, 5, 6], [4, 4, 0, 5, 6])]
    return TaggingTask(n_tokens=7, n_labels=8, pad_id=0, train=pairs, valid=pairs, test=pairs)


@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_no_logit(causal):
    task = tagging_task()
    model = task.model(TransformerConfig(**TINY, n_decoder_layers=1, positions="rotary"), causal=causal)
    batch, alone = task.collate(task.train), task.collate(task.train[:1])
    assert batch.labels.tolist()[0] == [0, 5, 6, 0, 0]
    logits = model(batch.tokens, batch.lengths)
    assert_close(logits[:1, :3], model(alone.tokens, alone.lengths))
    again, weights = model.forward_with_weights(batch.tokens, batch.lengths)
    assert_close(again[1], logits[1])
    assert weights.shape == (2, 1, 4, 5, 5)
    assert bool((weights[1].triu(1) == 0).all()) is causal


def test_tokens_without_label_do_not_count():
    task = tagging_task()
    model = task.model(TransformerConfig(**TINY, positions="none"))
    batch = task.collate(task.train)
    log_p = model(batch.tokens, batch.lengths).log_softmax(-1)
    labelled = [(row, place) for row in range(2) for place in range(5) if batch.labels[row, place]]
    by_hand = [log_p[row, place, batch.labels[row, place]].item() for row, place in labelled]
    hits = [log_p[row, place].argmax().item() == batch.labels[row, place].item() for row, place in labelled]
    assert len(labelled) == 6
    assert task.mean_loss(model, task.valid) == pytest.approx(-sum(by_hand) / 6)
    assert task.loss(model, batch).item() == pytest.approx(-sum(by_hand) / 6)
    assert task.accuracy(model, task.valid) == pytest.approx(sum(hits) / 6)
    assert model.training


@pytest.mark.error_messages
def test_one_label_a_token():
    with pytest.raises(ValueError, match="3 tokens, 2 labels"):
        tagging_task().collate([([4, 5, 6], [4, 5])])


# Dates -------------------------------------------------------------------------------------------


def test_fields_by_hand():
    pair = write_date(datetime.date(1968, 4, 17), "fr", "long")
    assert pair.source == "17 avril 1968"
    day, month, year = ["day"] * 2, ["month"] * 5, ["year"] * 4
    assert date_fields.field_labels(pair) == [*day, "other", *month, "other", *year]


def test_equal_heads_stay_equal_and_different_ones_different():
    equal, _ = date_fields.train_variant("positions, equal heads", learning_rate=1e-2, seed=0)
    attention = equal.stack.layers[0].attention
    before = date_fields.build_variant("positions, equal heads", seed=0).stack.layers[0].attention
    assert date_fields.head_difference(attention) < 1e-6
    assert not torch.equal(attention.output.weight, before.output.weight)  # they have learned
    different, _ = date_fields.train_variant("positions, different heads", learning_rate=1e-2, seed=0)
    assert date_fields.head_difference(different.stack.layers[0].attention) > 0.1
    batch = date_fields.fields_task().collate(date_fields.fields_task().test[:5])
    weights = equal.forward_with_weights(batch.tokens, batch.lengths)[1]
    assert_close(weights, weights[:, :, :1].expand_as(weights))


@pytest.mark.parametrize("place", ["query", "key", "value", "bias", "output"])
def test_head_difference_sees_every_weight_of_a_head(place):
    attention = date_fields.build_variant("positions, equal heads", seed=0).stack.layers[0].attention
    assert date_fields.head_difference(attention) == 0
    with torch.no_grad():
        if place == "output":
            attention.output.weight[3, 5] += 0.5  # column 5 belongs to the third head of width 2
        elif place == "bias":
            attention.query_key_value.bias[13] += 0.5
        else:
            attention.query_key_value.weight[{"query": 5, "key": 13, "value": 21}[place], 2] += 0.5
    assert date_fields.head_difference(attention) == pytest.approx(0.5, abs=1e-6)


def test_date_fields_record(tmp_path):
    rows = run(date_fields, tmp_path)["rows"]
    assert list(rows) == list(date_fields.VARIANTS)
    first, equal, without = rows.values()
    for row in rows.values():
        assert len(row["seeds"]["test_accuracy"]) == 2
        assert row["learning_rate"] in dict(row["rates_tried"])
    assert max(equal["seeds"]["head_difference"]) < 1e-6 < min(without["seeds"]["head_difference"])
    a, b = first["seeds"]["test_accuracy"], equal["seeds"]["test_accuracy"]
    assert equal["first_minus_this"][0] == pytest.approx((sum(a) - sum(b)) / 2)


# Positions ---------------------------------------------------------------------------------------


def test_letters_are_labelled_with_their_mirror_image_or_their_past():
    a, b, c, d, e = position_schemes._VOCABULARY.encode("abcde")
    assert position_schemes.label_reversed("abc") == ([1, a, b, c, 2], [0, c, b, a, 0])
    assert position_schemes.label_back("abcde") == ([a, b, c, d, e], [0, 0, 0, a, b])


def test_accuracy_by_length_by_hand():
    """A model that answers with the letter itself is right where the mirror image is the same letter."""

    class Echo(Tagger):
        def forward(self, tokens, lengths):
            return torch.nn.functional.one_hot(tokens, self.output.out_features).float()

    size = len(position_schemes._VOCABULARY)
    echo = Echo(TransformerConfig(**TINY), n_tokens=size, n_labels=size, pad_id=0)
    found = position_schemes.accuracy_by_length(echo, "reverse", lengths=[1, 4], n=50)
    pairs = position_schemes.letter_pairs("reverse", 50, min_length=4, max_length=4, seed=1004)
    same = [x == y for tokens, mirrored in pairs for x, y in zip(tokens, mirrored, strict=True) if y]
    assert len(same) == 200
    assert found == pytest.approx([1.0, sum(same) / 200])


def test_positions_record(tmp_path, monkeypatch):
    tasks = {
        "reverse": {"causal": False, "steps": 2, "seeds": [0, 1]},
        "three back": {"causal": True, "steps": 2, "seeds": [0, 1]},
    }
    sizes = TINY | {"n_decoder_layers": 1, "max_length": 30, "largest_distance": 8}
    for name, value in {"tasks": tasks, "sizes": sizes, "lengths": [5, 20, 25], "n_per_length": 3}.items():
        monkeypatch.setitem(position_schemes.CONFIG, name, value)
    limits = {"task": "reverse", "scheme": "relative", "largest_distance": [2, 9]}
    monkeypatch.setitem(position_schemes.CONFIG, "limits", limits)
    monkeypatch.setitem(position_schemes.CONFIG, "largest_rate", 4e-3)
    summary = run(position_schemes, tmp_path)
    for task in tasks:
        rows = summary["rows"][task]
        assert list(rows) == list(POSITION_NAMES)
        for row in rows.values():
            assert [len(values) for values in row["accuracy"]] == [3, 3]
            means = [sum(column) / 2 for column in zip(*row["accuracy"], strict=True)]
            assert [mean for mean, _, _ in row["interval"]] == pytest.approx(means)
        assert [mean for mean, _, _ in rows["none"]["minus_none"]] == [0, 0, 0]
        assert max(rate for row in rows.values() for rate, _ in row["rates_tried"]) == 4e-3  # where the search ends
    for row, largest in zip(summary["limits"], (2, 9), strict=True):
        assert row["largest_distance"] == largest
        assert [len(values) for values in row["accuracy"]] == [3, 3]
    assert rows["learned"]["parameters"] - rows["none"]["parameters"] == 30 * 8


def test_the_limit_of_relative_positions_is_the_one_asked_for():
    options = {"learning_rate": 1e-3, "seed": 0}
    for largest, rows in ((None, 27), (5, 11)):
        model, _ = position_schemes.train_variant("three back", "relative", largest_distance=largest, **options)
        assert model.stack.positions.table.shape[1] == rows


# Heads -------------------------------------------------------------------------------------------


def test_hiding_by_hand():
    ids = {"hidden_id": 9, "pad_id": 0}
    assert head_kinds.hide([4, 5, 6], [0, 2], **ids) == ([9, 5, 9], [4, 0, 6])
    assert head_kinds.hide_each([4, 5], **ids) == [([9, 5], [4, 0]), ([4, 9], [0, 5])]


def test_divergence_by_hand():  # heads on two different words: ln 2; equal heads: 0
    apart = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])  # (word, layer, head, word)
    assert head_kinds.divergence(apart).tolist() == pytest.approx([math.log(2)])
    assert head_kinds.divergence(apart[:, :, :1].expand(1, 1, 2, 2)).tolist() == [0]


def test_surplus_by_hand():
    """One head looks .6 at what the tree ties and .1 at what lies as far away; one looks at distances only."""
    governors = (-1, 0, 0, 0)  # tied, two apart or more: 0-2, 0-3
    pair = sentence("a b c d", *governors)
    weights = torch.full((4, 1, 2, 4), 0.1)
    for word, other in ((0, 2), (2, 0), (0, 3), (3, 0)):
        weights[word, 0, 0, other] = 0.6
    weights[:, 0, 0, 1] += 0.3  # pairs (3, 1) and neighbours: of them only (3, 1) counts
    free = {2: 0.1, -2: 0.4}  # (1, 3) and (3, 1); at distance 3 there is no free pair to compare with
    expected = ((0.6 - free[2]) + (0.6 - free[-2])) / 2
    assert_close(head_kinds.tree_surplus([(pair, weights)]), torch.tensor([[expected, 0.0]]))


def test_row_figures_by_hand():
    weights = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.0, 0.8, 0.2]])[:, None, None]
    long = sentence("a b c d", -1, 0, 0, 0)
    figures = head_kinds.row_figures([(sentence("a b c", 1, -1, 1), weights), (long, torch.zeros(4, 1, 1, 4))])
    assert figures["itself"][0] == pytest.approx([(0.2 + 0.3 + 0.2) / 7])
    assert figures["previous"][0] == pytest.approx([(0.6 + 0.8) / 5])
    assert figures["next"][0] == pytest.approx([(0.3 + 0.1) / 5])


def test_heads_record(tmp_path, monkeypatch):
    pairs = [
        sentence("the cat sees a dog .", 1, 2, -1, 4, 2, 2),
        sentence("a dog sees the old cat .", 1, 2, -1, 5, 5, 2, 2),
        sentence("the old dog sees a cat .", 2, 2, 3, -1, 5, 3, 3),
    ] * 2
    monkeypatch.setattr(head_kinds, "_sentences", lambda: dict.fromkeys(("train", "valid", "test"), pairs))
    sizes = {name: value for name, value in TINY.items() if name != "n_heads"} | {"positions": "rotary"}
    for name, value in {"sizes": sizes, "n_chosen": 4, "n_judged": 4}.items():
        monkeypatch.setitem(head_kinds.CONFIG, name, value)
    rows = run(head_kinds, tmp_path)["rows"]
    assert list(rows) == ["untrained", *head_kinds.VARIANTS]
    for name, row in rows.items():
        assert len(row["heads"]) == len(row["best_surplus"]) == 2
        assert len(row["heads"][0]["surplus"][0]) == (1 if name == "one head" else 4)
    assert max(rows["four equal heads"]["seeds"]["head_difference"]) < 1e-6
    assert rows["four equal heads"]["heads"][0]["divergence"][0] == pytest.approx(0, abs=1e-6)
    assert rows["four heads"]["heads"][0]["divergence"][0] > 1e-4
    a, b = rows["one head"]["seeds"]["test_loss"], rows["four heads"]["seeds"]["test_loss"]
    assert rows["one head"]["loss_minus_first"][0] == pytest.approx((sum(a) - sum(b)) / 2)


# Costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "per_token", "per_pair"), [("attention", 4, 2), ("recurrent", 6, 0)])
def test_operations_by_formula(name, per_token, per_pair):
    for n, d in ((5, 8), (12, 4)):
        products = per_token * n * d * d + per_pair * n * n * d
        assert layer_cost.count_operations(layer_cost.make_layer(name, d), n, d) == 2 * products


def test_operations_of_a_convolution():
    assert layer_cost.count_operations(layer_cost.make_layer("convolution", 8), 5, 8) == 2 * 3 * 5 * 8 * 8


def test_attention_keeps_five_vectors_a_token_and_a_weight_a_pair():
    for n in (6, 11):  # input, query, key, value, context; and the weights of four heads
        layer = layer_cost.make_layer("attention", 8)
        assert layer_cost.saved_bytes(layer, n, 8) == 4 * (5 * n * 8 + 4 * n * n)


def test_layers_keep_the_shape():
    for name in layer_cost.LAYER_NAMES:
        layer = layer_cost.make_layer(name, 8)
        assert layer(torch.zeros(2, 5, 8)).shape == (2, 5, 8)
        (time,) = layer_cost.time_layer(layer, [5], 8, repeats=1)
        assert time > 0


@pytest.mark.error_messages
def test_the_wrong_name_is_named():
    with pytest.raises(ValueError, match="got 'pooling'"):
        layer_cost.make_layer("pooling", 8)


def test_convolutions_until_the_first_position_is_seen():
    # Each layer of width 3 looks back 2 places: 8 places need 4 layers, 9 need 5. Dilated: 2 + 6 = 8, 2 + 6 + 18 = 26.
    for length, plain, dilated in ((3, 1, 1), (9, 4, 2), (10, 5, 3), (27, 13, 3)):
        assert layer_cost.convolutions_needed(length, 2, dilated=False) == plain
        assert layer_cost.convolutions_needed(length, 2, dilated=True) == dilated


def test_what_is_never_seen_is_an_error():
    with pytest.raises(ValueError, match="after 2 layers"):
        layer_cost.first_influence(lambda number: torch.nn.Linear(4, 4), 3, 4, most=2)
    for name in ("attention", "recurrent"):
        assert layer_cost.first_influence(lambda number, name=name: layer_cost.make_layer(name, 4), 6, 4, most=2) == 1


def test_the_command_knows_them():
    assert {"date-fields", "positions", "heads"} <= set(find_experiments())
