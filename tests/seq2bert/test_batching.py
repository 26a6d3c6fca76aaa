from collections import Counter
from itertools import chain, pairwise

import pytest
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.testing import assert_close

from seq2bert.data.batching import PooledBatches, SeqBatch, make_batch, pad

LENGTHS = [length % 17 + 1 for length in range(0, 7 * 500, 7)]  # 500 examples of 1 to 17 tokens


def test_by_hand():
    # pad 9, start 7, end 8; targets [5] and [5, 6]:
    # inputs  7 5 9 | 7 5 6      targets  5 8 9 | 5 6 8
    batch = make_batch([([1, 2, 3], [5]), ([4], [5, 6])], pad_id=9, start_id=7, end_id=8)
    assert batch.source.tolist() == [[1, 2, 3], [4, 9, 9]]
    assert batch.source_lengths.tolist() == [3, 1]
    assert batch.target_inputs.tolist() == [[7, 5, 9], [7, 5, 6]]
    assert batch.targets.tolist() == [[5, 8, 9], [5, 6, 8]]
    assert len(batch) == 2


def test_an_empty_target_is_start_and_end():
    batch = make_batch([([1], [])], pad_id=9, start_id=7, end_id=8)
    assert batch.target_inputs.tolist() == [[7]]
    assert batch.targets.tolist() == [[8]]


def test_padding_agrees_with_torch():
    generator = torch.Generator().manual_seed(0)
    sequences = [torch.randint(4, 50, (length,), generator=generator) for length in (3, 11, 1, 7)]
    ids, lengths = pad([sequence.tolist() for sequence in sequences], pad_id=2)
    assert_close(ids, pad_sequence(sequences, batch_first=True, padding_value=2))
    assert lengths.tolist() == [3, 11, 1, 7]
    assert ids.dtype == lengths.dtype == torch.int64


def test_padding_leaves_its_argument_alone():
    sequences = [[1, 2], [3]]
    pad(sequences, pad_id=0)
    assert sequences == [[1, 2], [3]]


def test_inputs_are_targets_one_step_later():
    pairs = [([4, 4], [5, 6, 7]), ([4], [6, 5, 7])]
    batch = make_batch(pairs, pad_id=0, start_id=1, end_id=2)
    assert_close(batch.target_inputs[:, 1:], batch.targets[:, :-1])


def test_moving_a_batch_moves_every_tensor():
    batch = make_batch([([4], [5])], pad_id=0, start_id=1, end_id=2)
    moved = batch.to("meta")
    assert isinstance(moved, SeqBatch)
    assert {tensor.device.type for tensor in vars(moved).values()} == {"meta"}
    assert batch.source.device.type == "cpu"


def test_a_batch_depends_on_seed_and_step_alone():
    forwards = PooledBatches(LENGTHS, batch_size=8, seed=3, pool_batches=5)
    backwards = PooledBatches(LENGTHS, batch_size=8, seed=3, pool_batches=5)
    assert [forwards(step) for step in range(20)] == [backwards(step) for step in reversed(range(20))][::-1]


def test_editing_a_batch_does_not_change_the_next_call():
    sampler = PooledBatches(LENGTHS, batch_size=8, seed=3)
    before = tuple(sampler(2))
    sampler(2).clear()
    assert tuple(sampler(2)) == before


def test_seeds_and_steps_differ():
    sampler = PooledBatches(LENGTHS, batch_size=8, seed=0, pool_batches=5)
    other = PooledBatches(LENGTHS, batch_size=8, seed=1, pool_batches=5)
    pools = [sorted(chain.from_iterable(map(sampler, range(start, start + 5)))) for start in (0, 5, 10)]
    assert sampler(0) != other(0)
    assert pools[0] != pools[1] != pools[2]


def test_no_pool_of_a_seed_is_one_of_the_next_seed():
    batches = [
        tuple(PooledBatches(LENGTHS, batch_size=8, seed=seed, pool_batches=1)(step))
        for seed in range(6)
        for step in range(6)
    ]
    assert len(set(batches)) == 36


def test_a_pool_repeats_no_example_and_every_batch_is_full():
    sampler = PooledBatches(LENGTHS, batch_size=16, seed=0, pool_batches=10)
    batches = [sampler(step) for step in range(10)]
    assert {len(batch) for batch in batches} == {16}
    assert len(set(chain.from_iterable(batches))) == 160


def test_a_pool_is_cut_by_length():
    sampler = PooledBatches(LENGTHS, batch_size=16, seed=0, pool_batches=10)
    spans = sorted((min(lengths), max(lengths)) for lengths in ([LENGTHS[i] for i in sampler(s)] for s in range(10)))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_batches_of_a_pool_are_not_in_order_of_length():
    sampler = PooledBatches(LENGTHS, batch_size=16, seed=0, pool_batches=10)
    longest = [max(LENGTHS[i] for i in sampler(step)) for step in range(10)]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


def test_every_example_comes_equally_often():
    # 2,000 pools of 5 x 4 examples out of 50: each is expected 800 times, with a standard deviation of
    # sqrt(2000 * 0.4 * 0.6) = 22
    sampler = PooledBatches(LENGTHS[:50], batch_size=4, seed=0, pool_batches=5)
    counts = Counter(index for step in range(10_000) for index in sampler(step))
    assert set(counts) == set(range(50))
    assert all(abs(count - 800) < 5 * 22 for count in counts.values())


def test_fewer_examples_than_a_pool_come_in_turns():
    sampler = PooledBatches([3, 1, 2], batch_size=2, seed=0, pool_batches=4)  # 8 places, 3 examples
    counts = Counter(index for step in range(4) for index in sampler(step))
    assert sorted(counts.values()) == [2, 3, 3]


def test_whose_turn_is_last_is_random():
    sampler = PooledBatches([3, 1, 2], batch_size=2, seed=0, pool_batches=2)  # 4 places: one example comes twice
    twice = {Counter(sampler(step) + sampler(step + 1)).most_common(1)[0][0] for step in range(0, 80, 2)}
    assert twice == {0, 1, 2}


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pad([], pad_id=0), "sequences must not be empty: a batch needs at least one sequence; got 0"),
        (lambda: pad([[1], []], pad_id=0), "number 1 of 2 is empty"),
        (lambda: make_batch([], pad_id=0, start_id=1, end_id=2), "pairs must not be empty"),
        (lambda: make_batch([([], [4])], pad_id=0, start_id=1, end_id=2), "number 0 of 1 is empty"),
        (lambda: PooledBatches([], batch_size=1, seed=0), "no example to draw from"),
        (lambda: PooledBatches([1], batch_size=0, seed=0), "batch_size must be at least 1; got 0"),
        (lambda: PooledBatches([1], batch_size=1, seed=0, pool_batches=0), "pool_batches must be at least 1; got 0"),
        (lambda: PooledBatches([1], batch_size=1, seed=-1), "seed must be at least 0; got -1"),
        (lambda: PooledBatches([1], batch_size=1, seed=0)(-2), "step must not be negative; got -2"),
    ],
)
def test_errors_name_the_problem(call, message):
    with pytest.raises(ValueError, match=message):
        call()
