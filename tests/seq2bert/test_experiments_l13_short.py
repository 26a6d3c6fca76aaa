"""The half-minute of pretraining: its parts, and a whole run at a tiny size."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from seq2bert.bert import TokenStream
from seq2bert.data.prose import load_prose
from seq2bert.experiments import prose_task, short_pretraining
from seq2bert.experiments.prose_task import ProseTask, score_baselines, score_masked_tokens
from seq2bert.experiments.short_pretraining import CONFIG, pretrain_shortly, short_config, short_windows
from seq2bert.tokenization import WordPiece

TINY = {**CONFIG, "d_model": 16, "n_heads": 2, "n_layers": 1, "batch_size": 4, "steps": 6, "evaluate_every": 3}


@pytest.fixture(scope="module")
def tiny_task():
    documents = load_prose().train[:40]
    tokenizer = WordPiece.train((sentence for document in documents for sentence in document.sentences), 300)
    streams = [prose_task.token_stream(tokenizer, part) for part in (documents[:30], documents[30:35], documents[35:])]
    return ProseTask(tokenizer, *streams)


def test_the_sizes_are_those_of_the_settings():
    config = short_config(CONFIG, n_tokens=77, pad_id=3)
    assert (config.n_tokens, config.pad_id) == (77, 3)
    assert (config.n_layers, config.d_model, config.n_heads, config.d_ff) == (2, 128, 4, 512)
    assert config.max_length == CONFIG["window"]
    assert config.dropout == config.attention_dropout == 0.0
    assert config.initial_deviation == CONFIG["initial_deviation"]


def test_held_out_windows_are_short_and_hide_fifteen_per_cent(tiny_task):
    batches = short_windows(tiny_task, "test", window=20)
    tokens = torch.cat([batch.tokens for batch in batches])
    assert tokens.shape == (len(tiny_task.test.consecutive_starts(20)), 20)
    assert all(batch.chosen.sum(1).min() >= 1 for batch in batches)
    hidden = sum(len(batch.targets) for batch in batches)
    assert 0.1 < hidden / tokens.numel() < 0.2
    again = short_windows(tiny_task, "test", window=20)
    assert all(torch.equal(one.tokens, other.tokens) for one, other in zip(batches, again, strict=True))
    other = short_windows(tiny_task, "validation", window=20)
    assert len(torch.cat([batch.tokens for batch in other])) == len(tiny_task.validation.consecutive_starts(20))


def test_a_run_is_the_same_again_and_another_with_another_seed(tiny_task):
    model, history = pretrain_shortly(tiny_task, seed=0, settings=TINY)
    assert not model.training
    assert [steps for steps, _ in history.evaluations] == [3, 6]
    again, _ = pretrain_shortly(tiny_task, seed=0, settings=TINY)
    assert_close(again.state_dict(), model.state_dict())
    other, _ = pretrain_shortly(tiny_task, seed=1, settings=TINY)
    name = "encoder.embeddings.tokens.weight"
    assert not torch.equal(other.state_dict()[name], model.state_dict()[name])


def test_the_windows_and_the_rate_of_training_are_those_of_the_settings(tiny_task, monkeypatch):
    seen = []
    monkeypatch.setattr(
        short_pretraining,
        "masked_token_loss",
        lambda model, batch: seen.append(batch) or prose_task.masked_token_loss(model, batch),
    )
    pretrain_shortly(tiny_task, seed=0, settings=TINY)
    assert [batch.tokens.shape for batch in seen] == [(4, 32)] * 6
    for batch in seen:
        assert batch.chosen.sum() / batch.chosen.numel() == pytest.approx(TINY["rate"], abs=0.06)
    assert len({tuple(batch.tokens.flatten().tolist()) for batch in seen}) == 6


def test_it_trains_on_the_training_documents_and_evaluates_on_validation(tiny_task):
    vocabulary = tiny_task.tokenizer.vocabulary
    nothing = TokenStream([[[7] * 200]], cls_id=vocabulary.cls_id, sep_id=vocabulary.sep_id)
    one_word = replace(tiny_task, train=nothing)
    _, history = pretrain_shortly(one_word, seed=0, settings=TINY)
    assert history.loss[-1] < 1  # one token is all there is
    model, history = pretrain_shortly(replace(tiny_task, validation=nothing, test=nothing), seed=0, settings=TINY)
    assert history.loss[-1] > 2
    expected = score_masked_tokens(model, short_windows(replace(tiny_task, validation=nothing), "validation"))
    assert history.evaluations[-1][1] == expected["accuracy"]


def test_the_record(tiny_task, monkeypatch):
    monkeypatch.setattr(short_pretraining, "prose_task", lambda size: tiny_task)
    figures = short_pretraining.EXPERIMENT.run_job({**TINY, "seed": 0})
    test = short_windows(tiny_task, "test")
    baselines = {name: round(value, 4) for name, value in score_baselines(tiny_task, test).items()}
    model, _ = pretrain_shortly(tiny_task, seed=0, settings=TINY)
    assert figures["test"] == baselines | {k: round(v, 4) for k, v in score_masked_tokens(model, test).items()}
    jobs = short_pretraining.EXPERIMENT.plan([])
    assert [job["seed"] for job in jobs] == [0, 1, 2, 3, 4]
    summary = short_pretraining.EXPERIMENT.summarise([short_pretraining.Record(job, figures) for job in jobs])
    assert summary["baselines"] == baselines
    assert summary["accuracy"] == [figures["test"]["accuracy"]] * 5
    assert summary["loss"] == [figures["test"]["loss"]] * 5
    assert summary["validation_accuracy"] == [figures["validation_accuracy"]] * 5
