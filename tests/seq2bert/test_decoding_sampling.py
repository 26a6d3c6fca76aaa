"""The likelier part of a distribution: top k and nucleus."""

import pytest
import torch
from torch.testing import assert_close
from transformers import TopKLogitsWarper, TopPLogitsWarper

from seq2bert.decoding import keep_nucleus, keep_top_k, sample_decode


def sample(logits, n=2000, seed=0, **options):
    """Draw one token for each of n sentences; return how often each came."""
    decoding = sample_decode(
        lambda tokens, state: (logits.expand(n, -1), torch.zeros(n, 0), state),
        None,
        batch_size=n,
        start_id=0,
        end_id=-1,
        max_length=1,
        generator=torch.Generator().manual_seed(seed),
        **options,
    )
    return torch.bincount(torch.tensor([ids[0] for ids in decoding.ids]), minlength=logits.shape[-1])


# By hand: probabilities .4, .3, .2, .1, in another order
PROBABILITIES = torch.tensor([0.2, 0.4, 0.1, 0.3])
LOGITS = PROBABILITIES.log()


@pytest.mark.parametrize(("k", "kept"), [(1, [1]), (2, [1, 3]), (3, [0, 1, 3]), (4, [0, 1, 2, 3]), (9, [0, 1, 2, 3])])
def test_top_k_by_hand(k, kept):
    assert keep_top_k(LOGITS, k).isfinite().nonzero().flatten().tolist() == kept
    assert torch.equal(keep_top_k(LOGITS, k)[kept], LOGITS[kept])


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.01, [1]),
        (0.39, [1]),
        (0.41, [1, 3]),
        (0.69, [1, 3]),
        (0.71, [0, 1, 3]),
        (0.95, [0, 1, 2, 3]),
        (1.0, [0, 1, 2, 3]),
    ],
)
def test_the_nucleus_by_hand(p, kept):
    assert keep_nucleus(LOGITS, p).isfinite().nonzero().flatten().tolist() == kept
    assert torch.equal(keep_nucleus(LOGITS, p)[kept], LOGITS[kept])


@pytest.mark.parametrize("k", [1, 3, 7])
def test_top_k_agrees_with_transformers(k):
    logits = torch.randn(5, 7)
    assert torch.equal(keep_top_k(logits, k), TopKLogitsWarper(k)(None, logits))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 0.99])
def test_the_nucleus_agrees_with_transformers(p):
    logits = 3 * torch.randn(50, 7)
    assert torch.equal(keep_nucleus(logits, p), TopPLogitsWarper(p)(None, logits))


def test_arguments_are_left_alone():
    before = LOGITS.clone()
    keep_top_k(LOGITS, 1), keep_nucleus(LOGITS, 0.1)
    assert torch.equal(LOGITS, before)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7]),
        ({"nucleus": 0.8}, [2 / 9, 4 / 9, 0, 3 / 9]),
        ({"top_k": 3, "nucleus": 0.7}, [0, 4 / 7, 0, 3 / 7]),  # of .44, .33, .22 two sum to .77
        ({"temperature": 0.5, "nucleus": 0.8}, [0, 16 / 25, 0, 9 / 25]),  # squares: 16, 9, 4, 1 of 30; two sum to .83
    ],
)
def test_samples_are_as_frequent_as_they_should_be(options, expected):
    n = 2000
    counts, expected = sample(LOGITS, n, **options), n * torch.tensor(expected)
    assert torch.all(counts[expected == 0] == 0)
    kept = expected > 0
    assert (
        (counts - expected)[kept] ** 2 / expected[kept]
    ).sum() < 13.8  # 2 degrees of freedom: 999 of 1000 stay below


def test_one_token_kept_is_greedy():
    assert_close(sample(LOGITS, 50, top_k=1), sample(LOGITS, 50, nucleus=1e-6))
    assert sample(LOGITS, 50, top_k=1)[1] == 50


@pytest.mark.parametrize("k", [0, -1])
def test_a_top_k_below_one_is_named(k):
    with pytest.raises(ValueError, match=f"top_k must be at least 1; got {k}"):
        sample(LOGITS, 1, top_k=k)


@pytest.mark.parametrize("p", [0.0, 1.1, float("nan")])
def test_a_nucleus_out_of_range_is_named(p):
    with pytest.raises(ValueError, match=f"nucleus must be above 0 and at most 1; got {p}"):
        sample(LOGITS, 1, nucleus=p)
