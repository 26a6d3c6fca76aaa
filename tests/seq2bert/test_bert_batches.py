"""Windows of text for pretraining: where they begin, what frames them, what is hidden."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from seq2bert.bert import Masking, PretrainingBatches, TokenStream, held_out_batches

CLS, SEP, MASK = 2, 3, 4
MASKING = Masking(n_tokens=100, mask_id=MASK, special_ids=(0, 1, CLS, SEP, MASK), rate=0.3)


def stream(documents):
    return TokenStream(documents, cls_id=CLS, sep_id=SEP)


def small_stream():  # two documents: 10 11 12 | 13 14 and 15 16 17
    return stream([[[10, 11, 12], [13, 14]], [[15, 16, 17]]])


def long_stream(seed=0):
    random = np.random.default_rng(seed)
    return stream([[random.integers(5, 100, random.integers(1, 9)).tolist() for _ in range(30)] for _ in range(7)])


def test_documents_end_in_a_separator_by_hand():
    text = small_stream()
    assert text.ids.tolist() == [10, 11, 12, 13, 14, SEP, 15, 16, 17, SEP]
    assert text.starts.tolist() == [0, 3, 6]
    assert len(text) == 10


def test_an_empty_document_leaves_no_trace():
    assert stream([[], [[10, 11]], []]).ids.tolist() == [10, 11, SEP]


def test_windows_by_hand():
    windows = small_stream().windows([0, 3], 6)
    assert windows.tolist() == [[CLS, 10, 11, 12, 13, SEP], [CLS, 13, 14, SEP, 15, SEP]]


def test_only_starts_that_a_whole_window_follows():  # 10 tokens: after place 6 only four are left
    assert small_stream().full_starts(6).tolist() == [0, 3, 6]
    assert small_stream().full_starts(7).tolist() == [0, 3]
    assert small_stream().full_starts(12).tolist() == [0]


def test_consecutive_windows_by_hand():  # the window at 0 ends before 4; the next sentence begins at 6
    assert small_stream().consecutive_starts(6).tolist() == [0, 6]
    assert small_stream().consecutive_starts(5).tolist() == [0, 3, 6]


@given(length=st.integers(3, 60), seed=st.integers(0, 3))
def test_consecutive_windows_do_not_overlap_and_begin_sentences(length, seed):
    text = long_stream(seed)
    starts = text.consecutive_starts(length)
    assert np.all(np.diff(starts) >= length - 2)
    assert set(starts) <= set(text.starts)
    assert starts[-1] + length - 2 <= len(text)


def test_a_batch_depends_on_seed_and_step_alone():
    first, again = (PretrainingBatches(long_stream(), MASKING, length=16, batch_size=4, seed=5) for _ in range(2))
    first(0), first(1)
    assert_close(first(7).tokens, again(7).tokens)
    assert_close(first(7).targets, again(7).targets)
    assert not torch.equal(first(7).tokens, first(8).tokens)
    other = PretrainingBatches(long_stream(), MASKING, length=16, batch_size=4, seed=6)
    assert not torch.equal(other(7).tokens, first(7).tokens)


def test_the_batch_with_its_targets_is_the_text():
    text = long_stream()
    batch = PretrainingBatches(text, MASKING, length=16, batch_size=8, seed=0)(3)
    windows = batch.tokens.clone()
    windows[batch.chosen] = batch.targets
    known = {tuple(row) for row in text.windows(text.full_starts(16), 16).tolist()}
    assert {tuple(row) for row in windows.tolist()} <= known
    assert 0.15 < batch.chosen.float().mean() < 0.35
    assert batch.tokens[batch.chosen].eq(MASK).float().mean() > 0.5
    assert not torch.isin(batch.targets, torch.tensor(MASKING.special_ids)).any()
    assert len(batch) == 8


def test_every_start_is_drawn():
    text = long_stream()
    batches = PretrainingBatches(text, MASKING, length=16, batch_size=64, seed=0)
    firsts = {int(row[1]) for step in range(40) for row in _whole(batches(step))}
    assert firsts == {int(text.ids[start]) for start in text.full_starts(16)}


def test_held_out_text_is_hidden_the_same_way_each_time():
    first, again = (held_out_batches(long_stream(), MASKING, length=16, batch_size=5, seed=2) for _ in range(2))
    assert [batch.tokens.tolist() for batch in first] == [batch.tokens.tolist() for batch in again]
    assert sum(map(len, first)) == len(long_stream().consecutive_starts(16))
    assert {len(batch) for batch in first[:-1]} == {5}


def test_a_batch_moves_to_a_device():
    batch = PretrainingBatches(long_stream(), MASKING, length=16, batch_size=2, seed=0)(0)
    moved = batch.to("meta")
    assert all(part.is_meta for part in (moved.tokens, moved.chosen, moved.targets))


@pytest.mark.error_messages
def test_bad_input_is_named():
    with pytest.raises(ValueError, match="sentences must hold at least one id; document 1 has an empty one"):
        stream([[[10]], [[11], []]])
    with pytest.raises(ValueError, match="documents must hold at least one sentence; got none"):
        stream([[], []])
    with pytest.raises(ValueError, match="length must be at least 3 and at most 12, the text's; got 13"):
        small_stream().full_starts(13)
    with pytest.raises(ValueError, match="length must be at least 3 and at most 12, the text's; got 2"):
        small_stream().full_starts(2)
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        PretrainingBatches(small_stream(), MASKING, length=6, batch_size=0, seed=0)
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        held_out_batches(small_stream(), MASKING, length=6, batch_size=0, seed=0)


def _whole(batch):
    windows = batch.tokens.clone()
    windows[batch.chosen] = batch.targets
    return windows
