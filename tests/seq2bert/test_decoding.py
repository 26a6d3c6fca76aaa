"""Decoding against models written as tables."""

import math

import pytest
import torch
from torch.testing import assert_close

from seq2bert.decoding import greedy_decode, sample_decode
from seq2bert.recurrent import build_seq2seq

A, B, END, START = range(4)
N_SOURCE = 2

# The token after each token: the largest of a row. a -> b -> b ... depends on the state below.
AFTER = torch.tensor(
    [
        [0.0, 2.0, 1.0, -1.0],  # after a: b
        [1.0, 0.0, 2.0, -1.0],  # after b: end
        [9.0, 0.0, 0.0, 0.0],  # after end: a; nobody may ask
        [3.0, 1.0, 2.0, -1.0],  # after start: a
    ]
)


def table_step(tokens, state):
    """A model whose logits depend on the last token only; its state counts steps, its weights show them."""
    weights = torch.full((len(tokens), N_SOURCE), float(state))
    return AFTER[tokens], weights, state + 1


def script_step(scripts):
    """A model that says what is written for each sentence, one token a step."""

    def step(tokens, state):
        chosen = torch.tensor([script[min(state, len(script) - 1)] for script in scripts])
        weights = torch.stack([torch.arange(len(scripts)), torch.full((len(scripts),), state)], dim=1).float()
        return torch.nn.functional.one_hot(chosen, 4).float(), weights, state + 1

    return step


def greedy(step, batch_size=1, max_length=10):
    return greedy_decode(step, 0, batch_size=batch_size, start_id=START, end_id=END, max_length=max_length)


def sample(step, *, seed=0, batch_size=1, max_length=10, **options):
    generator = torch.Generator().manual_seed(seed)
    ids = {"start_id": START, "end_id": END}
    return sample_decode(step, 0, batch_size=batch_size, max_length=max_length, generator=generator, **ids, **options)


# Greedy


def test_greedy_by_hand():  # start -> a -> b -> end
    decoding = greedy(table_step)
    assert decoding.ids == [[A, B]]
    assert decoding.finished == [True]
    assert_close(decoding.weights[0], torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]))  # one more row: the end token


@pytest.mark.parametrize(("max_length", "ids", "finished"), [(1, [A], False), (2, [A, B], False), (3, [A, B], True)])
def test_a_sentence_is_cut_at_the_greatest_length(max_length, ids, finished):
    decoding = greedy(table_step, max_length=max_length)
    assert decoding.ids == [ids]
    assert decoding.finished == [finished]
    assert len(decoding.weights[0]) == max_length


def test_sentences_of_a_batch_end_each_at_its_own_end_token():
    scripts = [[A, END], [B, A, B, END], [END], [A, A, A, A, A, A]]
    decoding = greedy(script_step(scripts), batch_size=4, max_length=5)
    assert decoding.ids == [[A], [B, A, B], [], [A, A, A, A, A]]
    assert decoding.finished == [True, True, True, False]
    assert [len(rows) for rows in decoding.weights] == [2, 4, 1, 5]
    for sentence, rows in enumerate(decoding.weights):  # the rows belong to the sentence and come in order
        assert rows[:, 0].tolist() == [sentence] * len(rows)
        assert rows[:, 1].tolist() == list(range(len(rows)))


def test_what_comes_after_the_end_token_is_not_kept():
    decoding = greedy(script_step([[A, END, B, END, A], [A, A, A, A, END]]), batch_size=2)
    assert decoding.ids == [[A], [A, A, A, A]]


@pytest.mark.parametrize("after", [END, A])  # what a model writes after its end token is of no account
def test_decoding_stops_when_every_sentence_has_ended(after):
    calls = []

    def step(tokens, state):
        calls.append(state)
        return script_step([[A, END, after], [END, after, after]])(tokens, state)

    greedy(step, batch_size=2, max_length=100)
    assert calls == [0, 1]


def test_the_first_token_is_start_and_each_next_the_one_chosen():
    read = []

    def step(tokens, state):
        read.append(tokens.tolist())
        return script_step([[A, B, END], [B, B, END]])(tokens, state)

    greedy(step, batch_size=2)
    assert read == [[START, START], [A, B], [B, B]]


def test_decoding_makes_no_graph():
    bias = torch.zeros(4, requires_grad=True)

    def step(tokens, state):
        logits = AFTER[tokens] + bias
        assert not torch.is_grad_enabled()
        return logits, logits[:, :1] * 0, state

    assert not greedy(step).weights[0].requires_grad
    assert torch.is_grad_enabled()


# Sampling


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_are_as_frequent_as_the_softmax_says(temperature):
    n, logits = 4000, torch.tensor([1.0, 0.0, -1.0, 0.5])
    decoding = sample(
        lambda tokens, state: (logits.expand(n, 4), torch.zeros(n, 0), state),
        batch_size=n,
        max_length=1,
        temperature=temperature,
    )
    drawn = [END if finished else ids[0] for ids, finished in zip(decoding.ids, decoding.finished, strict=True)]
    observed = torch.bincount(torch.tensor(drawn), minlength=4)
    expected = n * torch.softmax(logits / temperature, dim=-1)
    chi_square = ((observed - expected) ** 2 / expected).sum().item()
    assert chi_square < 16.27  # 3 degrees of freedom: 999 of 1000 right samplers stay below


def test_the_next_token_depends_on_the_one_drawn():
    # After a comes end, after b comes b: every sentence is (a) or (b, b, b, …), never mixed.
    big = 50.0
    after = torch.tensor([[0, 0, big, 0], [0, big, 0, 0], [0, 0, big, 0], [big, big, 0, 0]])
    decoding = sample(
        lambda tokens, state: (after[tokens], torch.zeros(len(tokens), 0), state), batch_size=200, max_length=4
    )
    assert {tuple(ids) for ids in decoding.ids} == {(A,), (B, B, B, B)}


def test_a_low_temperature_is_greedy():
    decoding = sample(table_step, batch_size=50, temperature=1e-3)
    assert decoding.ids == greedy(table_step, batch_size=50).ids


def test_a_high_temperature_is_uniform():
    n = 4000
    decoding = sample(
        lambda tokens, state: (AFTER[tokens], torch.zeros(n, 0), state), batch_size=n, max_length=1, temperature=1e6
    )
    assert abs(sum(decoding.finished) / n - 0.25) < 3.3 * math.sqrt(0.25 * 0.75 / n)


def test_temperature_one_is_the_default():
    assert sample(table_step, batch_size=20).ids == sample(table_step, batch_size=20, temperature=1.0).ids


def test_the_generator_is_the_only_source_of_randomness():
    before = torch.get_rng_state()
    one, same, other = (sample(table_step, batch_size=20, seed=seed) for seed in (1, 1, 2))
    assert one.ids == same.ids
    assert one.ids != other.ids
    assert torch.equal(torch.get_rng_state(), before)


# With a real model


@pytest.mark.parametrize("score", [None, "additive"])
def test_a_padded_batch_decodes_as_each_sentence_alone(score):
    model = build_seq2seq(n_source=9, n_target=6, pad_id=0, score=score, d_embedding=4, d_encoder=5, d_decoder=10)
    source, lengths = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]]), torch.tensor([4, 2])
    options = {"start_id": 1, "end_id": 2, "max_length": 7}
    both = greedy_decode(model.step, model.encode(source, lengths), batch_size=2, **options)
    for row, length in enumerate([4, 2]):
        state = model.encode(source[row : row + 1, :length], lengths[row : row + 1])
        alone = greedy_decode(model.step, state, batch_size=1, **options)
        assert alone.ids == both.ids[row : row + 1]
        if score is None:
            assert both.weights[row].shape[1] == 0
        else:
            assert_close(both.weights[row][:, :length], alone.weights[0])


def test_greedy_tokens_are_the_best_under_teacher_forcing():
    model = build_seq2seq(n_source=9, n_target=6, pad_id=0, score="dot", d_embedding=4, d_encoder=5, d_decoder=10)
    source, lengths = torch.tensor([[1, 2, 3, 4]]), torch.tensor([4])
    decoding = greedy_decode(
        model.step, model.encode(source, lengths), batch_size=1, start_id=1, end_id=2, max_length=8
    )
    [ids], [weights], [finished] = decoding.ids, decoding.weights, decoding.finished
    decoded = model(source, lengths, torch.tensor([[1, *ids]])[:, : len(weights)])
    assert decoded.logits[0].argmax(-1).tolist() == [*ids, 2][: len(weights)]
    assert finished is (len(weights) == len(ids) + 1)
    assert_close(decoded.weights[0], weights)


# Errors


@pytest.mark.parametrize(("batch_size", "max_length"), [(0, 5), (2, 0), (-1, 5)])
@pytest.mark.parametrize("decode", [greedy, sample])
def test_nothing_to_decode_is_named(decode, batch_size, max_length):
    message = f"batch_size and max_length must be at least 1; got {batch_size} and {max_length}"
    with pytest.raises(ValueError, match=message):
        decode(table_step, batch_size=batch_size, max_length=max_length)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_that_is_not_positive_is_named(temperature):
    with pytest.raises(ValueError, match=f"temperature must be positive; got {temperature}"):
        sample(table_step, temperature=temperature)
