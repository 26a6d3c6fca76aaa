"""Pretraining on the prose: the baselines, the task, and a whole run at a tiny size."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seq2bert.bert import BertConfig
from seq2bert.checkpoints import SHIPPED
from seq2bert.data.prose import load_prose
from seq2bert.experiments import pretrain, prose_task
from seq2bert.experiments.neighbour_counts import BASELINES, count_neighbours
from seq2bert.experiments.prose_task import ProseTask, masked_token_loss, score_masked_tokens, start_model
from seq2bert.tokenization import WordPiece

N_TOKENS = 12
IDS = np.array([5, 6, 7, 5, 6, 8, 5, 6, 7, 9, 7])  # after 6: 7 twice, 8 once; between 6 and 5: 7 or 8, once each


def guess(windows, place):
    chosen = torch.zeros(1, len(windows), dtype=torch.bool)
    chosen[0, place] = True
    guesses = count_neighbours(IDS, N_TOKENS).guess(torch.tensor([windows]), chosen)
    return [int(guesses[name]) for name in BASELINES]


def test_guesses_by_hand():
    assert guess([2, 6, 0, 9, 3], 2) == [5, 7, 7]  # 5, 6 and 7 stand three times each: the smallest wins
    assert guess([2, 6, 0, 5, 3], 2) == [5, 7, 7]  # a tie again, 7 and 8
    assert guess([2, 9, 0, 10, 3], 2) == [5, 7, 7]  # a pair never seen: the left neighbour decides
    assert guess([2, 10, 0, 6, 3], 2) == [5, 5, 5]  # a left neighbour never seen: the most frequent token


def test_two_neighbours_may_know_better_than_one():
    ids = np.array([5, 6, 9, 5, 6, 9, 5, 7, 8])
    guesses = count_neighbours(ids, N_TOKENS).guess(
        torch.tensor([[2, 5, 0, 8, 3]]), torch.tensor([[0, 0, 1, 0, 0]]) > 0
    )
    assert int(guesses["bigram"]) == 6
    assert int(guesses["two-sided trigram"]) == 7


@pytest.mark.error_messages
def test_a_place_without_two_neighbours_is_refused():
    counts = count_neighbours(np.array([1, 2, 3]), 5)
    for place in (0, 2):
        chosen = torch.zeros(1, 3, dtype=torch.bool)
        chosen[0, place] = True
        with pytest.raises(ValueError, match="chosen must leave out the first and the last token of every row"):
            counts.guess(torch.tensor([[1, 2, 3]]), chosen)
    with pytest.raises(ValueError, match="ids must hold at least three tokens; got 2"):
        count_neighbours(np.array([1, 2]), 5)


def test_counting_agrees_with_counters():
    random = np.random.default_rng(0)
    ids = random.integers(0, N_TOKENS, 500)
    counts = count_neighbours(ids, N_TOKENS)
    between: dict[tuple, Counter] = {}
    for left, middle, right in zip(ids, ids[1:], ids[2:], strict=False):
        between.setdefault((left, right), Counter())[middle] += 1
    assert len(counts.pairs) == len(between)
    for key, best in zip(counts.pairs, counts.between, strict=True):
        counter = between[divmod(key, N_TOKENS)]
        assert best == min(counter, key=lambda token: (-counter[token], token))


@pytest.fixture(scope="module")
def tiny_task():
    documents = load_prose().train[:40]
    tokenizer = WordPiece.train((sentence for document in documents for sentence in document.sentences), 300)
    streams = [prose_task.token_stream(tokenizer, part) for part in (documents[:30], documents[30:35], documents[35:])]
    return ProseTask(tokenizer, *streams)


def tiny_config(task):
    vocabulary = task.tokenizer.vocabulary
    return BertConfig(
        n_tokens=len(vocabulary), d_model=16, n_heads=2, d_ff=32, n_layers=1, max_length=128, pad_id=vocabulary.pad_id
    )


def test_a_started_model_knows_the_frequencies(tiny_task):
    model = start_model(tiny_config(tiny_task), tiny_task, seed=0)
    counts = np.bincount(tiny_task.train.ids, minlength=len(tiny_task.tokenizer.vocabulary))
    assert int(model.masked_tokens.bias.argmax()) == int(counts.argmax())
    again = start_model(tiny_config(tiny_task), tiny_task, seed=0)
    assert_close(again.state_dict(), model.state_dict())


def test_the_score_is_the_mean_over_all_hidden_tokens(tiny_task):
    model = start_model(tiny_config(tiny_task), tiny_task, seed=0).eval()
    many, one = tiny_task.held_out("test", batch_size=3), tiny_task.held_out("test", batch_size=10**6)
    assert len(many) > 1
    assert len(one) == 1
    score = score_masked_tokens(model, one)
    assert score["loss"] == pytest.approx(masked_token_loss(model, one[0]).item(), rel=1e-5)
    predicted = model(one[0].tokens, chosen=one[0].chosen).argmax(-1)
    assert score["accuracy"] == pytest.approx((predicted == one[0].targets).float().mean().item())


def test_baselines_stand_in_their_order(tiny_task):
    figures = prose_task.score_baselines(tiny_task, tiny_task.held_out("validation"))
    assert list(figures) == list(BASELINES)
    assert 0 < figures["unigram"] < figures["bigram"] < 1


def test_held_out_parts_are_the_documents_of_their_name(tiny_task):
    for part in ("validation", "test"):
        expected = len(getattr(tiny_task, part).consecutive_starts(prose_task.WINDOW))
        assert sum(map(len, tiny_task.held_out(part))) == expected


def test_unknown_and_special_tokens_are_never_hidden(tiny_task):
    special = torch.tensor(sorted(tiny_task.tokenizer.vocabulary.special_ids))
    assert all(not torch.isin(batch.targets, special).any() for batch in tiny_task.held_out("test"))
    assert tiny_task.masking(0.4).rate == 0.4


@pytest.fixture
def tiny_run(tiny_task, monkeypatch):
    monkeypatch.setattr(pretrain, "prose_task", lambda size: tiny_task)
    small = {"n_layers": 1, "d_model": 16, "n_heads": 2, "batch_size": 4, "steps": 6, "warmup": 2, "evaluate_every": 3}
    return {**pretrain.CONFIG, **small, "precision": "float32", "checkpoint_every": 2, "seed": 0}


def test_a_run_trains_saves_and_scores_what_it_saved(tiny_run, tiny_task, tmp_path):
    figures = pretrain.pretrain(tiny_run, tmp_path)
    assert [steps for steps, _ in figures["validation_accuracy"]] == [3, 6]
    assert figures["tokens_seen"] == 6 * 4 * 128
    assert set(figures["test"]) == {"loss", "accuracy", *BASELINES, "hidden tokens"}
    folder = tmp_path / SHIPPED
    assert {path.name for path in folder.iterdir()} >= {"card.json", "config.json", "vocab.txt", "model.safetensors"}
    assert pretrain.score_shipped(tiny_task, folder)["test"] == figures["test"]


def test_a_finished_run_is_not_trained_again(tiny_run, tmp_path):
    first = pretrain.pretrain(tiny_run, tmp_path)
    assert pretrain.pretrain(tiny_run, tmp_path) == first
