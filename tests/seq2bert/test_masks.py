"""Masks: boolean, True = may attend, made from the data."""

import pytest
import torch
from torch.testing import assert_close

from seq2bert.masks import causal_mask, check_mask, key_mask, length_mask, padding_mask

F, T = False, True


def test_length_mask_by_hand():
    mask = length_mask(torch.tensor([2, 0, 4]), 4)
    assert mask.dtype == torch.bool
    assert mask.tolist() == [[T, T, F, F], [F, F, F, F], [T, T, T, T]]


def test_length_mask_may_be_longer_than_every_sequence():
    assert length_mask(torch.tensor([1]), 3).tolist() == [[T, F, F]]


def test_length_mask_of_no_sequence_has_no_row():
    assert length_mask(torch.tensor([], dtype=torch.long), 5).shape == (0, 5)


@pytest.mark.parametrize("lengths", [[2, 5], [5, 1], [-1, 4]])
def test_length_mask_refuses_lengths_that_do_not_fit(lengths):
    with pytest.raises(ValueError, match=rf"between 0 and length=4; got {min(lengths)} to {max(lengths)}"):
        length_mask(torch.tensor(lengths), 4)


@pytest.mark.parametrize("pad_id", [0, 3])
def test_padding_mask_by_hand(pad_id):
    ids = torch.tensor([[7, pad_id, 9], [5, 6, 8]])
    mask = padding_mask(ids, pad_id=pad_id)
    assert mask.dtype == torch.bool
    assert mask.tolist() == [[T, F, T], [T, T, T]]


def test_lengths_and_padding_ids_say_the_same():
    lengths = torch.tensor([3, 1, 5])
    ids = torch.randint(1, 9, (3, 5)).masked_fill(torch.arange(5) >= lengths[:, None], 0)
    assert torch.equal(length_mask(lengths, 5), padding_mask(ids, pad_id=0))


def test_key_mask_gives_every_query_the_same_keys():
    valid = torch.tensor([[T, F, T], [F, F, T]])
    mask = key_mask(valid)
    assert mask.shape == (2, 1, 3)
    for query in range(4):
        assert torch.equal(mask.expand(2, 4, 3)[:, query], valid)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_causal_mask_is_earlier_or_now(length):
    expected = [[key <= query for key in range(length)] for query in range(length)]
    mask = causal_mask(length)
    assert mask.dtype == torch.bool
    assert mask.tolist() == expected


@pytest.mark.parametrize("length", [0, -1])
def test_causal_mask_needs_a_position(length):
    with pytest.raises(ValueError, match=f"length must be at least 1; got {length}"):
        causal_mask(length)


META = torch.device("meta")  # shapes without numbers: a second device that every machine has


def test_the_causal_mask_is_made_where_it_is_asked_for():
    assert causal_mask(2, device=META).device == META
    assert causal_mask(2).device.type == "cpu"


def test_masks_of_data_are_made_where_the_data_are():
    ids = torch.empty(2, 3, dtype=torch.long, device=META)
    assert padding_mask(ids, pad_id=0).device == META
    assert key_mask(padding_mask(ids, pad_id=0)).device == META
    assert length_mask(ids[:0, 0], 3).device == META  # no sentence: there is no length to check


SCORES = (2, 3, 4)


@pytest.mark.parametrize(
    "shape", [(2, 3, 4), (1, 3, 4), (2, 1, 4), (2, 3, 1), (1, 1, 1), (3, 4), (1, 4), (4,), (1,), ()]
)
def test_a_mask_that_broadcasts_is_accepted(shape):
    mask = torch.ones(shape, dtype=torch.bool)
    check_mask(mask, torch.zeros(SCORES))
    assert_close(mask.expand(SCORES), torch.ones(SCORES, dtype=torch.bool))  # torch agrees


def test_no_mask_is_accepted():
    check_mask(None, torch.zeros(SCORES))


@pytest.mark.parametrize("shape", [(3, 3, 4), (2, 2, 4), (2, 3, 3), (2, 3), (2,), (3,), (5, 2, 3, 4), (1, 2, 3, 4)])
def test_a_mask_that_does_not_broadcast_is_refused(shape):
    message = f"mask must broadcast to the scores; got mask {shape} and scores {SCORES}"
    with pytest.raises(ValueError) as caught:
        check_mask(torch.ones(shape, dtype=torch.bool), torch.zeros(SCORES))
    assert str(caught.value) == message


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.uint8])
def test_a_mask_that_is_not_boolean_is_refused(dtype):
    with pytest.raises(TypeError, match=f"mask must be boolean, True = may attend; got {dtype}"):
        check_mask(torch.ones(SCORES, dtype=dtype), torch.zeros(SCORES))
