"""A task: pairs, vocabularies, batches, loss and decoding in one place."""

import pytest
import torch
from torch.testing import assert_close

from seq2bert.data.dates import load_dates
from seq2bert.data.keyed import reverse_sequences
from seq2bert.experiments import SequenceTask
from seq2bert.recurrent import build_seq2seq
from seq2bert.training import TrainingConfig, train
from seq2bert.transformer import TransformerConfig, TransformerSeq2Seq

ab = [("ab", "ba"), ("b", "b")]
TINY = TransformerConfig(
    d_model=16, n_heads=2, d_ff=32, n_encoder_layers=1, n_decoder_layers=1, dropout=0.0, norm="pre", tie="target"
)


def small_model(task, **options):
    return build_seq2seq(score="dot", d_embedding=8, d_encoder=8, d_decoder=16, **task.sizes, **options)


def small_transformer(task):
    return TransformerSeq2Seq(TINY, **task.sizes)


def test_vocabularies_come_from_the_training_pairs():
    task = SequenceTask.from_tokens(ab, [("a", "a")], [("b", "b")])
    assert task.source_vocabulary.tokens[-2:] == ("a", "b")
    a, b = task.source_vocabulary.encode("ab")
    assert list(task.train) == [([a, b], [b, a]), ([b], [b])]
    assert list(task.valid) == [([a], [a])]
    assert task.sizes == {"n_source": 6, "n_target": 6, "pad_id": task.source_vocabulary.pad_id}


@pytest.mark.error_messages
def test_a_token_that_training_lacks_is_an_error():
    with pytest.raises(ValueError, match="'c'"):
        SequenceTask.from_tokens(ab, [("c", "a")], [("b", "b")])


def test_dates_are_read_character_by_character():
    data = load_dates(n_train=400, n_valid=3, n_test=5)
    task = SequenceTask.from_dates(data)
    assert (len(task.train), len(task.valid), len(task.test)) == (400, 3, 5)
    source, target = task.test[2]
    assert len(source) == len(data.test[2].source)
    assert "".join(task.target_vocabulary.decode(target)) == data.test[2].target


def test_a_batch_is_a_function_of_seed_and_step():
    pairs = reverse_sequences(100, min_length=5, max_length=5, alphabet="abc", seed=0)
    task = SequenceTask.from_tokens(pairs, pairs[:1], pairs[:1])
    first, again, other = (task.batches(batch_size=4, seed=seed)(3) for seed in (0, 0, 1))
    assert_close(first.source, again.source)
    assert len(first) == 4
    assert not torch.equal(first.source, other.source)


def test_the_loss_by_hand():
    # Logits of 0 give every one of the 6 target tokens the probability 1/6: a loss of ln 6 per token.
    task = SequenceTask.from_tokens(ab, ab, ab)
    model = small_model(task)
    with torch.no_grad():
        model.decoder.output.weight.zero_()
        model.decoder.output.bias.zero_()
    assert_close(task.loss(model, task.collate(task.train)), torch.tensor(6.0).log())
    assert task.mean_loss(model, task.valid) == pytest.approx(torch.tensor(6.0).log().item())


@pytest.mark.parametrize("make", [small_model, small_transformer])
def test_a_smoothed_loss_by_the_formula(make):
    task = SequenceTask.from_tokens(ab, ab, ab)
    model, batch = make(task).eval(), task.collate(task.train)
    probabilities = model(batch.source, batch.source_lengths, batch.target_inputs).logits.log_softmax(-1)
    rows = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]  # "ba" and "b", each with its end
    losses = [-0.9 * probabilities[b, t, batch.targets[b, t]] - 0.1 * probabilities[b, t].mean() for b, t in rows]
    assert_close(task.smoothed_loss(0.1)(model, batch), sum(losses) / 5)
    assert_close(task.smoothed_loss(0.0)(model, batch), task.loss(model, batch))
    assert task.n_targets(batch) == 5.0


@pytest.mark.parametrize("make", [small_model, small_transformer])
def test_a_beam_of_one_is_greedy_and_a_wider_one_no_less_likely(make):
    task = SequenceTask.from_tokens(ab, ab, ab)
    torch.manual_seed(3)
    model, sources = make(task), [source for source, _ in task.train]
    greedy = task.decode(model, sources)
    narrow = task.search(model, sources, beam_size=1, alpha=0.0)
    wide = task.search(model, sources, beam_size=6**3, alpha=0.0)
    assert [row[0].ids for row in narrow] == greedy.ids
    assert all(one[0].score <= other[0].score + 1e-6 for one, other in zip(narrow, wide, strict=True))
    assert all(len(row) > 50 for row in wide)
    assert len(task.search(model, sources, beam_size=2, max_length=1)[0][0].ids) <= 1


@pytest.mark.parametrize("make", [small_model, small_transformer])
@pytest.mark.parametrize("training", [True, False])
def test_measuring_leaves_the_model_as_it_was(training, make):
    task = SequenceTask.from_tokens(ab, ab, ab)
    model = make(task).train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    task.exact_match(model, task.test)
    task.mean_loss(model, task.test)
    task.search(model, [task.test[0][0]], beam_size=2)
    assert model.training == training
    for name, value in model.state_dict().items():
        assert_close(value, before[name], rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("training", [True, False])
def test_a_measurement_that_fails_leaves_the_model_in_its_mode(training, monkeypatch):
    task = SequenceTask.from_tokens(ab, ab, ab)
    model = small_model(task).train(training)
    modes = []

    def fail(*_):
        modes.append((model.training, torch.is_grad_enabled()))
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "forward", fail)
    with pytest.raises(KeyboardInterrupt):
        task.mean_loss(model, task.test)
    assert modes == [(False, False)]
    assert model.training == training
    assert torch.is_grad_enabled()


def test_decoding_stops_at_the_longest_target():
    task = SequenceTask.from_tokens(ab, ab, ab)
    model = small_model(task)
    with torch.no_grad():  # a model that always writes "a" and never ends
        model.decoder.output.weight.zero_()
        model.decoder.output.bias.zero_()
        model.decoder.output.bias[task.target_vocabulary.encode("a")[0]] = 1.0
    a = task.target_vocabulary.encode("a")
    assert task.decode(model, [task.test[1][0]]).ids == [a * 3]  # two tokens and an end
    assert task.decode(model, [task.test[1][0]], max_length=7).ids == [a * 7]
    assert task.exact_match(model, task.test) == 0.0


@pytest.mark.parametrize(("make", "steps"), [(small_model, 150), (small_transformer, 400)])
def test_a_model_learns_to_reverse(make, steps):
    pairs = reverse_sequences(400, min_length=1, max_length=4, alphabet="abc", seed=0)
    task = SequenceTask.from_tokens(pairs[:300], pairs[300:350], pairs[350:])
    torch.manual_seed(0)
    model = make(task)
    before = task.mean_loss(model, task.valid)
    train(
        model,
        task.batches(batch_size=32, seed=0),
        task.loss,
        TrainingConfig(steps=steps, learning_rate=2e-2),
        progress=False,
        device=torch.device("cpu"),
    )
    assert task.mean_loss(model, task.valid) < before / 4
    assert task.exact_match(model, task.test) > 0.8
