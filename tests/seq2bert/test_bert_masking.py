"""Masking: which tokens are hidden, behind what, and that nothing but the generator decides."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2bert.bert import Masking, choose_words, mask_tokens

PAD, UNK, CLS, SEP, MASK = range(5)
N_TOKENS = 40
MASKING = Masking(n_tokens=N_TOKENS, mask_id=MASK, special_ids=(PAD, UNK, CLS, SEP, MASK))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def ordinary(*shape, seed=1):
    return torch.randint(5, N_TOKENS, shape, generator=generator(seed))


@st.composite
def batches(draw):
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    seed = draw(st.integers(0, 1000))
    tokens = torch.randint(0, 12, shape, generator=generator(seed))
    starts = torch.rand(shape, generator=generator(seed + 1)) < draw(st.floats(0, 1))
    return tokens, draw(st.sampled_from([None, starts])), draw(st.floats(0.01, 1.0)), seed


@settings(deadline=None)
@given(batches())
def test_laws_of_every_batch(batch):
    tokens, starts, rate, seed = batch
    original = tokens.clone()
    masking = dataclasses.replace(MASKING, rate=rate)
    masked, chosen = mask_tokens(tokens, masking, generator=generator(seed), word_starts=starts)
    assert torch.equal(tokens, original)
    assert not chosen[tokens < 5].any()  # special tokens are never chosen
    assert torch.equal(masked[~chosen], tokens[~chosen])  # what is not chosen stays
    assert torch.all((masked[chosen] == MASK) | (masked[chosen] >= 5))  # no special token in a token's place
    assert torch.all(masked < N_TOKENS)
    free = (tokens >= 5).sum(1)
    wanted = (rate * free).round().clamp(min=1).minimum(free)
    if starts is None:
        assert torch.equal(chosen.sum(1), wanted)
    else:
        assert torch.all(chosen.sum(1) >= wanted)
    again = mask_tokens(tokens, masking, generator=generator(seed), word_starts=starts)
    assert torch.equal(again.tokens, masked)
    assert torch.equal(again.chosen, chosen)


def words_of(starts, tokens):
    """Split each row into lists of places, a special token alone; by a loop."""
    for row in range(len(tokens)):
        words = []
        for place in range(tokens.shape[1]):
            special = tokens[row, place] < 5
            after_special = place > 0 and tokens[row, place - 1] < 5
            if place == 0 or special or after_special or starts[row, place]:
                words.append([])
            words[-1].append(place)
        yield row, [word for word in words if tokens[row, word[0]] >= 5]


@settings(deadline=None)
@given(batches())
def test_whole_words_are_chosen_whole(batch):
    tokens, starts, rate, seed = batch
    starts = torch.ones_like(tokens, dtype=torch.bool) if starts is None else starts
    masking = dataclasses.replace(MASKING, rate=rate)
    chosen = mask_tokens(tokens, masking, generator=generator(seed), word_starts=starts).chosen
    for row, words in words_of(starts, tokens):
        sizes = [len(word) for word in words if chosen[row, word].any()]
        assert all(chosen[row, word].all() or not chosen[row, word].any() for word in words)
        wanted = max(1, round(rate * sum(map(len, words))))
        # No word too many: without the largest of those chosen, the number would not be reached.
        assert not sizes or sum(sizes) - max(sizes) < wanted


def test_choosing_words_by_hand():
    # Words: 0 | 1 2 | 3 | 4 5 6 | 7, draws .5 .1 .9 .3 .2 by the first token of each. Token 0 may not be chosen.
    starts = torch.tensor([[1, 1, 0, 1, 1, 0, 0, 1]]).bool()
    eligible = torch.tensor([[0, 1, 1, 1, 1, 1, 1, 1]]).bool()
    draws = torch.tensor([[0.5, 0.1, 0.0, 0.9, 0.3, 0.0, 0.0, 0.2]])

    def chosen(rate):
        return choose_words(starts, eligible, rate=rate, draws=draws)[0].int().tolist()

    assert chosen(0.01) == [0, 1, 1, 0, 0, 0, 0, 0]  # at least one token, so the first word in order: 1 2
    assert chosen(2 / 7) == [0, 1, 1, 0, 0, 0, 0, 0]  # two tokens: the same
    assert chosen(3 / 7) == [0, 1, 1, 0, 0, 0, 0, 1]  # three: the word of draw .2 as well
    assert chosen(4 / 7) == [0, 1, 1, 0, 1, 1, 1, 1]  # four: the word of draw .3, which brings three
    assert chosen(1.0) == [0, 1, 1, 1, 1, 1, 1, 1]


def test_a_row_of_special_tokens_has_nothing_to_predict():
    tokens = torch.tensor([[CLS, SEP, PAD], [CLS, 9, SEP]])
    masked, chosen = mask_tokens(tokens, MASKING, generator=generator())
    assert chosen.tolist() == [[False] * 3, [False, True, False]]
    assert torch.equal(masked[0], tokens[0])


def test_a_special_token_ends_a_word_whatever_the_starts_say():
    tokens = torch.tensor([[CLS, 9, 9, SEP, 9, 9, SEP]]).repeat(200, 1)
    no_starts = torch.zeros_like(tokens, dtype=torch.bool)
    chosen = mask_tokens(tokens, MASKING, generator=generator(), word_starts=no_starts).chosen
    pieces = {tuple(row) for row in chosen[:, [1, 2, 4, 5]].int().tolist()}
    assert pieces == {(1, 1, 0, 0), (0, 0, 1, 1)}  # each word is whole, and both are chosen in their turn


# Shares. Of 40,000 tokens each observed share lies within five deviations of the expected one, or the seed is unlucky
# once in a million times.


def near(observed, expected, n):
    return abs(observed - expected) < 5 * (expected * (1 - expected) / n) ** 0.5


def test_eighty_ten_ten():
    tokens = ordinary(400, 100)
    masked, chosen = mask_tokens(tokens, MASKING, generator=generator())
    assert chosen.sum().item() == 400 * 15
    before, after = tokens[chosen], masked[chosen]
    n = len(before)
    assert near((after == MASK).double().mean().item(), 0.8, n)
    # A random token is the same as before once in 35.
    kept, changed = 0.1 + 0.1 / 35, 0.1 * 34 / 35
    assert near((after == before).double().mean().item(), kept, n)
    assert near(((after != MASK) & (after != before)).double().mean().item(), changed, n)


@pytest.mark.parametrize(
    ("masked", "random", "after"), [(1.0, 0.0, "mask"), (0.0, 0.0, "same"), (0.0, 1.0, "other"), (0.5, 0.5, "changed")]
)
def test_the_shares_are_arguments(masked, random, after):
    masking = dataclasses.replace(MASKING, rate=0.5, masked=masked, random=random)
    tokens = torch.full((200, 50), 7)
    hidden, chosen = mask_tokens(tokens, masking, generator=generator())
    values = hidden[chosen]
    shares = {"mask": (values == MASK), "same": (values == 7), "other": (values != MASK)}
    if after != "changed":
        assert shares[after].all()
    else:
        assert near(shares["mask"].double().mean().item(), 0.5, len(values))
    if after == "other":  # every ordinary token turns up, evenly
        counts = torch.bincount(values, minlength=N_TOKENS)
        assert counts[:5].sum() == 0
        assert all(near(count / len(values), 1 / 35, len(values)) for count in counts[5:].tolist())


@pytest.mark.parametrize("whole_words", [False, True])
def test_every_place_is_chosen_as_often(whole_words):
    tokens = ordinary(20_000, 10)
    starts = torch.ones_like(tokens, dtype=torch.bool) if whole_words else None
    masking = dataclasses.replace(MASKING, rate=0.3)
    chosen = mask_tokens(tokens, masking, generator=generator(), word_starts=starts).chosen
    assert all(near(share, 0.3, 20_000) for share in chosen.double().mean(0).tolist())


def test_what_is_chosen_does_not_depend_on_which_ordinary_tokens_stand_there():
    one, other = (mask_tokens(ordinary(3, 20, seed=s), MASKING, generator=generator()).chosen for s in (1, 2))
    assert torch.equal(one, other)


def test_another_seed_chooses_otherwise():
    tokens = ordinary(3, 20)
    one, other = (mask_tokens(tokens, MASKING, generator=generator(s)).chosen for s in (1, 2))
    assert not torch.equal(one, other)


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    mask_tokens(ordinary(3, 20), MASKING, generator=generator())
    assert torch.equal(before, torch.get_rng_state())


def test_the_defaults_are_the_paper_s():
    assert (MASKING.rate, MASKING.masked, MASKING.random) == (0.15, 0.8, 0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "rate must be above 0 and at most 1; got 0.0"),
        ({"rate": 1.1}, "rate must be above 0 and at most 1; got 1.1"),
        ({"rate": float("nan")}, "rate must be above 0 and at most 1; got nan"),
        ({"masked": 0.95}, "masked and random must be at least 0 and at most 1 together; got 0.95 and 0.1"),
        ({"masked": -0.1}, "masked and random must be at least 0 and at most 1 together; got -0.1 and 0.1"),
        ({"random": -0.1}, "masked and random must be at least 0 and at most 1 together; got 0.8 and -0.1"),
        ({"mask_id": 40}, "mask_id and special_ids must lie between 0 and 39; got [40]"),
        ({"special_ids": (4, -1, 41)}, "mask_id and special_ids must lie between 0 and 39; got [-1, 41]"),
        ({"special_ids": (0, 1)}, "special_ids must hold mask_id, 4; got (0, 1)"),
        ({"special_ids": tuple(range(40))}, "special_ids must leave a token to predict; got all 40"),
    ],
)
def test_a_setting_out_of_range_is_named(options, message):
    with pytest.raises(ValueError) as caught:
        dataclasses.replace(MASKING, **options)
    assert str(caught.value) == message


@pytest.mark.error_messages
def test_starts_of_another_shape_are_named():
    starts = torch.ones(2, 4, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"word_starts needs the shape of tokens, \(2, 5\); got \(2, 4\)"):
        mask_tokens(ordinary(2, 5), MASKING, generator=generator(), word_starts=starts)
