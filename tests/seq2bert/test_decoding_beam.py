"""Beam search against going through every output of a toy vocabulary."""

import itertools
import math

import pytest
import torch
from torch.testing import assert_close

from seq2bert.decoding import beam_decode, greedy_decode, length_normalised, select_rows
from seq2bert.recurrent import build_seq2seq

A, B, END, START = range(4)
VOCAB = 3  # a, b and the end


def table_step(table):
    """A model whose next token depends on the sentence and on the two tokens before; its state is the older one."""

    def step(tokens, state):
        sentence, previous = state
        logits = table[sentence, previous, tokens]
        return logits, logits[:, :0], (sentence, tokens)

    return step


def random_table(n, seed):
    return 1.5 * torch.randn(n, 4, 4, VOCAB, generator=torch.Generator().manual_seed(seed))


def state_of(n):
    return torch.arange(n), torch.full((n,), START)


def beam(step, state, n, **options):
    return beam_decode(step, state, batch_size=n, start_id=START, end_id=END, **options)


def log_probability(table, ids):
    log_probabilities, previous, last, total = table.log_softmax(-1), START, START, 0.0
    for token in ids:
        total += log_probabilities[previous, last, token].item()
        previous, last = last, token
    return total


def every_output(table, max_length, alpha):
    """All outputs with their scores, best first: those that end, and those cut at the greatest length."""
    found = []
    for length in range(max_length):
        for ids in itertools.product((A, B), repeat=length):
            found.append((length_normalised(log_probability(table, (*ids, END)), length + 1, alpha=alpha), list(ids)))
    for ids in itertools.product((A, B), repeat=max_length):
        found.append((length_normalised(log_probability(table, ids), max_length, alpha=alpha), list(ids)))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_as_wide_as_all_outputs_is_exhaustive_search(alpha, seed):
    table = random_table(3, seed)
    found = beam(table_step(table), state_of(3), 3, max_length=4, beam_size=40, alpha=alpha)
    for row in range(3):
        expected = every_output(table[row], 4, alpha)
        assert [hypothesis.ids for hypothesis in found[row]] == [ids for _, ids in expected]
        assert_close(
            torch.tensor([hypothesis.score for hypothesis in found[row]]),
            torch.tensor([score for score, _ in expected]),
        )
        for hypothesis in found[row]:
            ended = [END] if hypothesis.finished else []
            assert hypothesis.log_probability == pytest.approx(
                log_probability(table[row], hypothesis.ids + ended), abs=1e-5
            )
            assert hypothesis.finished is not (len(hypothesis.ids) == 4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_beam_of_one_is_greedy(seed, alpha):
    step = table_step(random_table(6, seed))
    greedy = greedy_decode(step, state_of(6), batch_size=6, start_id=START, end_id=END, max_length=7)
    found = beam(step, state_of(6), 6, max_length=7, beam_size=1, alpha=alpha)
    assert [[hypothesis.ids for hypothesis in row] for row in found] == [[ids] for ids in greedy.ids]
    assert [row[0].finished for row in found] == greedy.finished


def test_beam_search_by_hand():
    # Greedy takes a (.6) and then ends with .4: .24. Behind b (.4) the end is sure: .4 in all.
    p = torch.full((1, 4, 4, VOCAB), 1e-9)
    p[0, START, START] = torch.tensor([0.6, 0.4, 1e-9])
    p[0, START, A] = torch.tensor([0.3, 0.3, 0.4])
    p[0, START, B] = torch.tensor([1e-9, 1e-9, 1.0])
    p[0, A] = p[0, B] = torch.tensor([1e-9, 1e-9, 1.0])
    [[one]] = beam(table_step(p.log()), state_of(1), 1, max_length=5, beam_size=1)
    [[best, second]] = beam(table_step(p.log()), state_of(1), 1, max_length=5, beam_size=2)
    assert (one.ids, one.log_probability) == ([A], pytest.approx(math.log(0.24), abs=1e-5))
    assert (best.ids, best.log_probability) == ([B], pytest.approx(math.log(0.4), abs=1e-5))
    assert best.score == pytest.approx(math.log(0.4) / 2, abs=1e-5)  # two tokens, the end among them
    assert second.ids == [A]


def test_a_larger_exponent_favours_longer_outputs():
    # log P: −1 with one token, −1.5 with two. By hand: α = 0 ranks −1 first; α = 1 gives −1 and −0.75.
    assert length_normalised(-1.0, 1, alpha=0.0) > length_normalised(-1.5, 2, alpha=0.0)
    assert length_normalised(-1.0, 1, alpha=1.0) < length_normalised(-1.5, 2, alpha=1.0)
    assert length_normalised(-1.5, 2, alpha=1.0) == -0.75
    lengths = []
    for alpha in (0.0, 0.5, 1.0, 2.0):
        found = beam(table_step(random_table(40, 1)), state_of(40), 40, max_length=6, beam_size=20, alpha=alpha)
        lengths.append(sum(len(row[0].ids) for row in found))
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


@pytest.mark.parametrize("beam_size", [1, 2, 5])
def test_sentences_of_a_batch_do_not_mix(beam_size):
    table = random_table(4, 2)
    together = beam(table_step(table), state_of(4), 4, max_length=5, beam_size=beam_size)
    for row in range(4):
        [alone] = beam(table_step(table[row : row + 1]), state_of(1), 1, max_length=5, beam_size=beam_size)
        assert [hypothesis.ids for hypothesis in alone] == [hypothesis.ids for hypothesis in together[row]]


def test_outputs_are_different_and_in_falling_order():
    found = beam(table_step(random_table(5, 3)), state_of(5), 5, max_length=6, beam_size=6)
    for row in found:
        assert 1 <= len(row) <= 6
        assert len({(tuple(hypothesis.ids), hypothesis.finished) for hypothesis in row}) == len(row)
        assert [hypothesis.score for hypothesis in row] == sorted((h.score for h in row), reverse=True)


def test_the_search_stops_when_every_hypothesis_has_ended():
    calls = []
    logits = torch.tensor([-50.0, -50.0, 0.0])

    def step(tokens, state):
        calls.append(len(tokens))
        return logits.expand(len(tokens), -1), torch.zeros(len(tokens), 0), state

    beam(step, None, 2, max_length=50, beam_size=1)
    assert calls == [2]


@pytest.mark.parametrize("options", [{"score": None}, {"score": "dot"}, {"score": "additive", "order": "bahdanau"}])
def test_a_recurrent_model_s_hypotheses_have_the_probabilities_of_teacher_forcing(options):
    torch.manual_seed(1)
    model = build_seq2seq(n_source=9, n_target=6, pad_id=0, d_embedding=4, d_encoder=5, d_decoder=10, **options)
    source, lengths = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]]), torch.tensor([4, 2])
    with torch.no_grad():
        found = beam_decode(
            model.step, model.encode(source, lengths), batch_size=2, start_id=1, end_id=2, max_length=5, beam_size=6
        )
        for row, hypotheses in enumerate(found):
            assert len(hypotheses) == 6
            for hypothesis in hypotheses:
                ids = [*hypothesis.ids, *([2] if hypothesis.finished else [])]
                one = slice(row, row + 1)
                logits = model(source[one], lengths[one], torch.tensor([[1, *ids[:-1]]])).logits.log_softmax(-1)
                expected = logits[0, torch.arange(len(ids)), ids].sum().item()
                assert hypothesis.log_probability == pytest.approx(expected, abs=1e-4)


def test_rows_of_any_state():
    state = {"a": [torch.arange(3), None], "b": (torch.arange(6).view(3, 2), 7)}
    chosen = select_rows(state, torch.tensor([2, 0, 0, 1]))
    assert chosen["a"][0].tolist() == [2, 0, 0, 1]
    assert chosen["a"][1] is None
    assert chosen["b"][0].tolist() == [[4, 5], [0, 1], [0, 1], [2, 3]]
    assert chosen["b"][1] == 7
    assert state["a"][0].tolist() == [0, 1, 2]


def test_a_first_token_for_each_sentence():
    table = torch.zeros(2, 4, 4, VOCAB)
    table[:, :, A, B] = table[:, :, B, END] = 9.0  # after a comes b, after b the end
    options = {"batch_size": 2, "start_id": torch.tensor([A, B]), "end_id": END, "max_length": 4}
    assert greedy_decode(table_step(table), state_of(2), **options).ids == [[B], []]
    found = beam_decode(table_step(table), state_of(2), beam_size=1, **options)
    assert [row[0].ids for row in found] == [[B], []]


@pytest.mark.parametrize("options", [{"beam_size": 0, "max_length": 3}, {"beam_size": -2, "max_length": 3}])
def test_a_beam_without_a_place_is_named(options):
    with pytest.raises(ValueError, match=f"beam_size must be at least 1; got {options['beam_size']}"):
        beam(table_step(random_table(1, 0)), state_of(1), 1, **options)


def test_nothing_to_decode_is_named():
    with pytest.raises(ValueError, match="batch_size and max_length must be at least 1; got 1 and 0"):
        beam(table_step(random_table(1, 0)), state_of(1), 1, beam_size=2, max_length=0)


@pytest.mark.error_messages
def test_first_tokens_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"start_id needs shape \(3,\), one token per sentence; got \(2,\)"):
        greedy_decode(
            table_step(random_table(3, 0)),
            state_of(3),
            batch_size=3,
            start_id=torch.tensor([A, B]),
            end_id=END,
            max_length=4,
        )
