"""The whole model against Marian of transformers: same weights, same logits, same gradients, same tokens."""

import pytest
import torch
from torch.testing import assert_close

from benchmarks import decoding
from benchmarks.contenders import CONTENDERS, Marian, Ours, Sizes, copy_marian, make_batch

CPU = torch.device("cpu")
SMALL = Sizes(d_model=12, n_heads=2, d_ff=20, n_layers=2, n_tokens=30, longest=20)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_logits_and_gradients_agree_with_marian(padded, training):
    theirs, ours = Marian(SMALL).train(training), Ours(SMALL).train(training)
    for parameter in theirs.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.3)
    copy_marian(theirs.model, ours.model)
    batch = make_batch(SMALL, batch=3, time=7, padded=padded, seed=0, device=CPU)
    expected, logits = theirs(batch)[batch.valid], ours(batch)[batch.valid]
    assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    expected.sin().sum().backward()
    logits.sin().sum().backward()
    shared = ours.model.encoder.embeddings.table.weight.grad
    assert_close(shared[1:], theirs.model.model.shared.weight.grad[1:], atol=1e-4, rtol=1e-4)
    for one, other in zip(ours.model.encoder.layers, theirs.model.model.encoder.layers, strict=True):
        assert_close(one.feed_forward.inner.weight.grad, other.fc1.weight.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("padded", [True, False])
def test_all_ways_of_decoding_write_the_same(padded, monkeypatch):
    monkeypatch.setattr(decoding, "Sizes", lambda: SMALL)
    written = [decoding.make_task(name, CPU, batch=3, time=7, padded=padded)() for name in decoding.NAMES]
    assert all(tokens == written[0] for tokens in written)
    assert [len(row) for row in written[0]] == [7, 7, 7]


def test_contenders_are_of_equal_size():
    counts = {
        name: sum(p.numel() for p in make(SMALL).parameters() if p.requires_grad) for name, make in CONTENDERS.items()
    }
    bart = counts.pop("Bart, SDPA")  # learned positions (two more than it needs), and two more normalisations
    assert set(counts.values()) == {counts["ours"]}
    assert bart == counts["ours"] + 2 * (SMALL.longest + 2) * SMALL.d_model + 2 * 2 * SMALL.d_model
