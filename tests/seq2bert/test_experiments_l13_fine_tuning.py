"""Fine-tuning beside its baselines: tasks of clean splits, a bag of words, a small classifier, and the grid."""

import json
import math
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seq2bert.bert import BertConfig, BertEncoder
from seq2bert.data.prose import Document, Paragraph, Prose, load_prose
from seq2bert.experiments import Record, record, run_experiment
from seq2bert.experiments import bag_of_words as bags
from seq2bert.experiments import fine_tuning as experiment
from seq2bert.experiments import labelled_prose as prose_tasks
from seq2bert.experiments import sentence_classifier as classifiers
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.choosing import Cell, cell_jobs
from seq2bert.experiments.labelled_prose import LabelledSentence, SentenceTask
from seq2bert.tokenization import WordPiece


def document(package, module, **sections):
    paragraphs = (Paragraph(section, tuple(sentences)) for section, sentences in sections.items())
    return Document(package, module, tuple(paragraphs))


def numbered(word, count):
    return [f"The {word} has number {number} here." for number in range(count)]


# Tasks -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_prose():
    def part(name, count):
        return (
            document("large", f"{name}.a", summary=numbered(f"{name} cat", count), notes=numbered(f"{name} ape", 3)),
            document("middle", f"{name}.b", parameters=numbered(f"{name} dog", count)),
            document("small", f"{name}.c", returns=numbered(f"{name} fox", count - 2), raises=["It may go wrong."]),
        )

    return Prose(part("train", 9), part("valid", 5), part("test", 6))


def test_packages_are_the_largest_and_labels_are_theirs(small_prose):
    task = prose_tasks.package_task(small_prose, n_classes=2, validation=4, test=5)
    assert task.classes == ("large", "middle")
    assert Counter(label for _, label in task.train) == {0: 12, 1: 9}
    for sentence in (*task.train, *task.validation, *task.test):
        assert ("dog" in sentence.text) == (sentence.label == 1)


def test_sections_without_enough_sentences_are_left_out(small_prose):
    task = prose_tasks.section_task(small_prose, validation=3, test=3)
    word = {"summary": "cat", "parameters": "dog", "returns": "fox", "notes": "ape"}
    for sentence in (*task.train, *task.validation, *task.test):
        assert word[task.classes[sentence.label]] in sentence.text  # and nothing of "raises"


@pytest.mark.parametrize("name", prose_tasks.TASKS)
def test_held_out_sentences_come_from_held_out_documents_and_classes_are_even(name):
    prose = load_prose()
    task = prose_tasks.TASKS[name](prose)
    train = {(document.package, document.module) for document in prose.train}
    for part, documents in {"validation": prose.validation, "test": prose.test}.items():
        assert train.isdisjoint((document.package, document.module) for document in documents)
        words = {tuple(sorted(text.split())) for document in documents for text in document.sentences}
        chosen = getattr(task, part)
        assert all(tuple(sorted(sentence.text.split())) in words for sentence in chosen)
        assert len(set(Counter(sentence.label for sentence in chosen).values())) == 1
        assert len(set(chosen)) == len(chosen) >= 800
    assert set(range(len(task.classes))) == {sentence.label for sentence in task.test}
    assert len(task.draw(7000, seed=0)) == 7000


def test_a_draw_is_even_and_begins_with_the_smaller_draw(small_prose):
    task = prose_tasks.package_task(small_prose, n_classes=3, validation=4, test=4)
    many = task.draw(20, seed=3)
    assert sorted(Counter(sentence.label for sentence in many).values()) == [6, 7, 7]
    assert len(set(many)) == 20
    assert task.draw(8, seed=3) == many[:8]
    assert task.draw(20, seed=4) != many
    short = {min(range(3), key=Counter(one.label for one in task.draw(20, seed=seed)).get) for seed in range(20)}
    assert short == {0, 1, 2}  # no class is always the one that gets fewer


@pytest.mark.error_messages
def test_a_draw_names_what_is_missing(small_prose):
    task = prose_tasks.package_task(small_prose, n_classes=3, validation=4, test=4)
    with pytest.raises(ValueError, match="got 28, and a class has 8"):
        task.draw(28, seed=0)


def test_only_words_in_small_letters_are_shuffled():
    sentence = "Return a value, if it is of NumPy, to be."
    found = {prose_tasks.shuffle_words(sentence, np.random.default_rng(seed)) for seed in range(50)}
    for words in (text.split() for text in found):
        assert sorted(words) == sorted(sentence.split())
        assert [words[place] for place in (0, 2, 7, 9)] == ["Return", "value,", "NumPy,", "be."]
    assert len(found) > 40  # of 720 orders
    assert sentence not in found


@pytest.mark.parametrize("sentence", ["Return a value, if it is, Now.", "Return the the the the Now."])
def test_a_sentence_that_cannot_be_shuffled(sentence):  # three words that may move; four that are the same
    assert prose_tasks.shuffle_words(sentence, np.random.default_rng(0)) is None


def test_word_order_shows_each_sentence_once_and_labels_the_shuffled():
    texts = [f"Every word of {name} is in order here." for name in "abcdefghijklmnopqrst"]
    part = (document("one", "m", summary=texts),)
    task = prose_tasks.order_task(Prose(part, part, part), validation=2, test=2)
    assert len(task.train) == len(texts)
    assert {label for _, label in task.train} == {0, 1}
    for (text, label), original in zip(task.train, texts, strict=True):
        assert sorted(text.split()) == sorted(original.split())
        assert (text == original) == (label == 0)


# Bag of words ------------------------------------------------------------------------------------


def test_inverse_frequencies_by_hand():  # of four sentences two have "a", one has "b" (twice)
    found = bags.inverse_frequencies(["A!", "a, c", "b b", "c"])
    assert found == {"a": math.log(2), "b": math.log(4), "c": math.log(2)}


def test_features_by_hand():  # weights 1 and 2, counts 3 and 2: (3, 4), scaled to length 1
    bag = bags.BagOfWords(["x", "y"], [0, 1], weights={"x": 1.0, "y": 2.0, "z": 1.0}, n_classes=2, penalty=1.0)
    rows = bag.features(["x y X y, x", "z", ""]).toarray()
    assert_close(torch.tensor(rows), torch.tensor([[0.6, 0.8], [0, 0], [0, 0]], dtype=torch.float64))


def test_a_word_of_no_weight_is_no_error():
    bag = bags.BagOfWords(
        ["the x", "the y"], [0, 1], weights={"the": 0.0, "x": 1.0, "y": 1.0}, n_classes=2, penalty=0.1
    )
    assert bag.predict(["x", "y", "the the x"]).tolist() == [0, 1, 0]
    assert bag.features(["the"]).toarray().tolist() == [[0, 0, 0]]


def test_order_does_not_matter_to_a_bag():
    texts = ["one two three", "two four", "five one"]
    bag = bags.BagOfWords(texts, [0, 1, 2], weights=bags.inverse_frequencies(texts), n_classes=3, penalty=0.01)
    assert_close(*(torch.tensor(bag.features([text]).toarray()) for text in ("one two four", "four one two")))
    assert bag.predict(texts).tolist() == [0, 1, 2]


def test_the_regression_is_at_the_minimum():
    generator = np.random.default_rng(0)
    features, labels = generator.normal(size=(30, 4)), generator.integers(3, size=30)
    matrix, bias = bags.fit_logistic_regression(features, labels, n_classes=3, penalty=0.05)
    parameters = [torch.tensor(values, requires_grad=True) for values in (matrix, bias)]
    scores = torch.from_numpy(features) @ parameters[0] + parameters[1]
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels)) + 0.025 * (parameters[0] ** 2).sum()
    loss.backward()
    assert matrix.shape == (4, 3)
    assert np.abs(matrix).max() > 0.1
    for parameter in parameters:
        assert_close(parameter.grad, torch.zeros_like(parameter), atol=2e-5, rtol=0)


@pytest.mark.error_messages
def test_errors_of_the_bag():
    with pytest.raises(ValueError, match="as many; got 1 and 2"):
        bags.BagOfWords(["a"], [0, 1], weights={"a": 1.0}, n_classes=2, penalty=1.0)
    with pytest.raises(ValueError, match="a word that has a weight; got 2 without"):
        bags.BagOfWords(["a", "b"], [0, 1], weights={"c": 1.0}, n_classes=2, penalty=1.0)
    with pytest.raises(ValueError, match="penalty must be positive; got 0"):
        bags.BagOfWords(["a", "b"], [0, 1], weights={"a": 1.0}, n_classes=2, penalty=0.0)
    with pytest.raises(ValueError, match="between 0 and 1; got 0 to 2"):
        bags.BagOfWords(["a", "b"], [0, 2], weights={"a": 1.0}, n_classes=2, penalty=1.0)


# Classifier --------------------------------------------------------------------------------------

ANIMALS = ("cat", "dog")


def sentences_of(count, start=0):
    places = range(start, start + count)
    return [LabelledSentence(f"The {ANIMALS[i % 2]} sat on {'very ' * (i % 5)}old mat {i}.", i % 2) for i in places]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPiece.train([text for text, _ in sentences_of(40)] * 2, 80)


@pytest.fixture
def encoder(tokenizer):
    torch.manual_seed(7)
    sizes = {"d_model": 16, "n_heads": 2, "d_ff": 32, "n_layers": 1, "max_length": 32}
    return BertEncoder(BertConfig(n_tokens=len(tokenizer.vocabulary), dropout=0.0, attention_dropout=0.0, **sizes))


def test_sentences_are_framed_and_cut(tokenizer):
    vocabulary = tokenizer.vocabulary
    reader = classifiers.SentenceClassification(tokenizer, longest=5)
    ((ids, label),) = reader.encode([LabelledSentence("the cat sat on mat", 1)])
    assert ids == (vocabulary.cls_id, *tokenizer.ids("the cat sat"), vocabulary.sep_id)
    assert label == 1


def test_a_classifier_starts_from_the_encoder_and_leaves_it_alone(tokenizer, encoder):
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    model = classifiers.classifier_from(encoder, n_classes=2, seed=0)
    assert_close(dict(model.encoder.state_dict()), before, rtol=0, atol=0)
    assert model.encoder.config.dropout == classifiers.DROPOUT
    reader = classifiers.SentenceClassification(tokenizer)
    reader.train(model, reader.encode(sentences_of(8)), steps=2, learning_rate=1e-2, batch_size=4, seed=0)
    assert_close(dict(encoder.state_dict()), before, rtol=0, atol=0)
    for name, value in model.encoder.named_parameters():
        if "positions" not in name and "segments" not in name:
            assert not torch.equal(value, before[name]), name  # all layers learn


def test_seeds_decide_the_head_and_the_scratch_start(encoder):
    heads = [classifiers.classifier_from(encoder, n_classes=3, seed=seed).output.weight for seed in (0, 0, 1)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    fresh = [classifiers.untrained_classifier(encoder.config, n_classes=3, seed=seed) for seed in (0, 0, 1)]
    tokens = [model.encoder.embeddings.tokens.weight for model in fresh]
    assert torch.equal(tokens[0], tokens[1])
    assert not torch.equal(tokens[0], tokens[2])
    assert not torch.equal(tokens[0], encoder.embeddings.tokens.weight)


def test_predictions_stand_in_the_order_of_the_examples(tokenizer, encoder):
    reader = classifiers.SentenceClassification(tokenizer)
    model = classifiers.classifier_from(encoder, n_classes=2, seed=0).train()
    torch.nn.init.normal_(model.output.weight)
    torch.nn.init.normal_(model.encoder.embeddings.tokens.weight)
    examples = reader.encode(sentences_of(70))
    together = reader.predict(model, examples)
    assert together == [reader.predict(model, [example])[0] for example in examples]
    assert set(together) == {0, 1}
    assert model.training
    right = sum(guess == label for guess, (_, label) in zip(together, examples, strict=True))
    assert reader.accuracy(model, examples) == right / 70


def test_a_fitted_head_is_the_regression_on_the_encoder_as_it_is(tokenizer, encoder):
    reader = classifiers.SentenceClassification(tokenizer)
    model = classifiers.classifier_from(encoder, n_classes=2, seed=0)
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    examples = reader.encode(sentences_of(12))
    reader.fit_head(model, examples, penalty=0.1)
    assert_close(dict(model.encoder.state_dict()), before, rtol=0, atol=0)
    batch = reader.collate(examples)
    model.eval()
    pooled = model.pooler(model.encoder(batch.tokens, lengths=batch.lengths)).detach().double()
    scaled = (pooled - pooled.mean(0)) / pooled.std(0, correction=0)
    labels = np.array([label for _, label in examples])
    matrix, bias = bags.fit_logistic_regression(scaled.numpy(), labels, n_classes=2, penalty=0.1)
    wanted = scaled @ torch.from_numpy(matrix) + torch.from_numpy(bias)
    assert_close(model(batch.tokens, lengths=batch.lengths).double(), wanted, atol=1e-3, rtol=1e-3)
    assert reader.accuracy(model, examples) == 1.0


def test_a_classifier_learns(tokenizer, encoder):
    reader = classifiers.SentenceClassification(tokenizer)
    model = classifiers.classifier_from(encoder, n_classes=2, seed=0)
    train, test = (reader.encode(sentences_of(20, start)) for start in (0, 20))
    history = reader.train(model, train, steps=60, learning_rate=1e-2, batch_size=10, seed=0)
    assert np.argmax(history.learning_rate) == 5  # a tenth of the steps up
    assert np.mean(history.loss[-5:]) < 0.3 < np.log(2) - 0.1 < np.mean(history.loss[:2])
    assert reader.accuracy(model, test) >= 0.9


# The grid ----------------------------------------------------------------------------------------


@pytest.fixture
def tiny(monkeypatch, tokenizer, encoder):
    """Two tasks, two numbers of labels, three steps, in this process."""
    monkeypatch.setattr(
        record, "_run_jobs", lambda grid, jobs, *_: (Record(settings, grid.run_job(settings)) for settings in jobs)
    )
    parts = (tuple(sentences_of(40)), tuple(sentences_of(6, 40)), tuple(sentences_of(10, 50)))
    monkeypatch.setattr(experiment, "sentence_task", lambda name: SentenceTask(name, ANIMALS, *parts))
    monkeypatch.setattr(experiment, "pretrained", lambda: (encoder, classifiers.SentenceClassification(tokenizer)))
    weights = bags.inverse_frequencies(text for text, _ in sentences_of(40))
    monkeypatch.setattr(experiment, "_word_weights", lambda: weights)
    sha = SimpleNamespace(value="a" * 64)
    monkeypatch.setattr(experiment, "shipped_sha256", lambda: sha.value)
    labels = {
        "8": {"batch_size": 4, "steps": 3, "choice_seeds": [100, 101], "seeds": [0, 1]},
        "16": {"batch_size": 4, "steps": 2, "rate_of": 8, "choice_seeds": [100], "seeds": [0, 1]},
    }
    values = {"tasks": {"first": [8, 16], "second": [8]}, "labels": labels, "penalties": [1e-2, 1e-3]}
    values["rates"] = {"checkpoint": [1e-3, 2e-3], "scratch": [3e-3, 4e-3]}
    for name, value in values.items():
        monkeypatch.setitem(experiment.CONFIG, name, value)
    experiment._examples.cache_clear()
    yield sha
    experiment._examples.cache_clear()


def with_accuracies(monkeypatch, accuracy_of):
    """Replace training by a formula, and keep what was asked for."""
    asked = []

    def run_job(settings):
        asked.append(settings)
        part = "test" if settings["part"] == "table" else "validation"
        return {part: accuracy_of(settings), "test frozen": 0.25, "processor_seconds": 1.0}

    grid = experiment.EXPERIMENT
    return record.Experiment(grid.name, grid.description, grid.plan, run_job, grid.config, grid.summarise), asked


def test_the_command_knows_it():
    assert find_experiments()["fine-tuning"] is experiment.EXPERIMENT


def test_the_record_of_a_tiny_grid(tiny, tmp_path):
    path = run_experiment(experiment.EXPERIMENT, folder=tmp_path, output=tmp_path / "out.json", progress=False)
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = found["summary"]["rows"]
    assert [(row["task"], row["labels"], row["arm"]) for row in rows] == [
        (*cell, arm) for cell in (("first", 8), ("first", 16), ("second", 8)) for arm in experiment.ARMS
    ]
    for row in rows:
        assert row["chance"] == 0.5
        assert len(row["test"]["seeds"]) == 2
        assert all(0 <= value <= 1 for value in row["test"]["seeds"])
        assert ("frozen" in row) == (row["arm"] != "bag of words")
    for run in found["runs"]:
        assert ("test" in run["figures"]) == (run["settings"]["part"] == "table")  # the choice never sees the test
        assert ("validation" in run["figures"]) == (run["settings"]["part"] == "choice")
    assert found["summary"]["weights_sha256"] == tiny.value


def test_every_arm_tries_as_many_settings(tiny, tmp_path, monkeypatch):
    grid, asked = with_accuracies(monkeypatch, lambda settings: 0.5)
    run_experiment(grid, folder=tmp_path, output=tmp_path / "out.json", progress=False)
    chosen = [s for s in asked if s["part"] == "choice" and s["task"] == "first"]
    assert Counter((s["labels"], s["arm"]) for s in chosen) == {
        (8, "checkpoint"): 4,  # two rates, two seeds
        (8, "scratch"): 4,
        (8, "bag of words"): 4,  # two penalties, two seeds
        (16, "bag of words"): 2,
    }
    assert {s["seed"] for s in chosen}.isdisjoint(s["seed"] for s in asked if s["part"] == "table")


def test_the_best_on_validation_is_kept_and_its_rate_for_more_labels(tiny, tmp_path, monkeypatch):
    def accuracy(settings):  # the second of two is better on average, though one seed of the first is the best
        if settings["part"] == "table":
            return 0.5
        first = settings.get("learning_rate") in (1e-3, 3e-3) or settings.get("penalty") == 1e-2
        return {True: 0.8, False: 0.3}[settings["seed"] == 100] if first else 0.6

    grid, _ = with_accuracies(monkeypatch, accuracy)
    path = run_experiment(grid, folder=tmp_path, output=tmp_path / "out.json", progress=False)
    rows = json.loads(path.read_text(encoding="utf-8"))["summary"]["rows"]
    assert [row["chosen"] for row in rows[:6]] == [
        {"learning_rate": 2e-3, "steps": 3},
        {"learning_rate": 4e-3, "steps": 3},
        {"penalty": 1e-3},
        {"learning_rate": 2e-3, "steps": 2},
        {"learning_rate": 4e-3, "steps": 2},
        {"penalty": 1e-2},  # chosen anew, on the one seed
    ]
    assert rows[0]["tried"] == [[{"learning_rate": 1e-3, "steps": 3}, 0.55], [{"learning_rate": 2e-3, "steps": 3}, 0.6]]


def test_nothing_is_chosen_before_every_candidate_has_run():
    cell = Cell({"arm": "one"}, ({"rate": 1}, {"rate": 2}), choice_seeds=(8, 9), seeds=(0, 1))
    choice = cell_jobs(cell, [])
    assert [(job["rate"], job["seed"]) for job in choice] == [(1, 8), (1, 9), (2, 8), (2, 9)]
    done = [Record(job, {"validation": job["rate"] / 4}) for job in choice]
    for missing in range(4):
        assert cell_jobs(cell, done[:missing] + done[missing + 1 :]) == choice
    table = [{"part": "table", "arm": "one", "rate": 2, "seed": seed} for seed in (0, 1)]
    assert cell_jobs(cell, done) == choice + table
    assert cell_jobs(replace(cell, candidates=({"rate": 2},)), []) == table  # one candidate needs no run
    assert cell_jobs(replace(cell, candidates=()), []) == []


def test_differences_are_of_the_same_seeds(tiny, tmp_path, monkeypatch):
    level = {"checkpoint": 0.6, "scratch": 0.4, "bag of words": 0.1}
    grid, _ = with_accuracies(monkeypatch, lambda s: level[s["arm"]] + 0.2 * (s["seed"] == 1))
    path = run_experiment(grid, folder=tmp_path, output=tmp_path / "out.json", progress=False)
    first = json.loads(path.read_text(encoding="utf-8"))["summary"]["rows"][0]
    assert first["test"]["seeds"] == pytest.approx([0.6, 0.8])
    assert first["minus scratch"] == pytest.approx([0.2] * 3)  # the seeds differ by .2, the differences by nothing
    assert first["minus bag of words"] == pytest.approx([0.5] * 3)


def test_other_weights_are_another_run(tiny, tmp_path, monkeypatch):
    grid, asked = with_accuracies(monkeypatch, lambda settings: 0.5)
    for _ in range(2):
        run_experiment(grid, folder=tmp_path, output=tmp_path / "out.json", progress=False)
    before = len(asked)
    tiny.value = "b" * 64
    path = run_experiment(grid, folder=tmp_path, output=tmp_path / "out.json", progress=False)
    again = asked[before:]
    assert {s["arm"] for s in again} == {"checkpoint", "scratch"}
    assert len(again) == sum(s["arm"] != "bag of words" for s in asked[:before])
    found = json.loads(path.read_text(encoding="utf-8"))
    assert {run["settings"].get("weights") for run in found["runs"]} == {None, "b" * 12}
    assert len(found["summary"]["rows"][0]["test"]["seeds"]) == 2  # not those of the old weights


@pytest.mark.error_messages
def test_an_unknown_arm_is_named(tiny):
    with pytest.raises(ValueError, match="arm must be 'checkpoint' or 'scratch'; got 'bag'"):
        experiment.start_classifier("first", "bag", labels=8, seed=0)
