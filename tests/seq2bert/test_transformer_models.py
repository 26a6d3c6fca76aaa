"""Whole Transformers: what they share, what they see, how large they are, what they refuse."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.testing import assert_close

from seq2bert.positions import POSITION_NAMES
from seq2bert.transformer import SIZES, TransformerConfig, TransformerLanguageModel, TransformerSeq2Seq

PAD, N_SOURCE, N_TARGET = 0, 11, 9
TINY = TransformerConfig(
    d_model=8, n_heads=2, d_ff=12, n_encoder_layers=2, n_decoder_layers=3, dropout=0.0, tie="target", max_length=30
)
SOURCE = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 8, 0, 0], [9, 10, 1, 2, 0]])
LENGTHS = torch.tensor([5, 3, 4])
TARGET = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 8, 1, 0]])


def make(**options):
    return TransformerSeq2Seq(dataclasses.replace(TINY, **options), n_source=N_SOURCE, n_target=N_TARGET, pad_id=PAD)


def make_language_model(**options):
    return TransformerLanguageModel(dataclasses.replace(TINY, **options), n_tokens=N_SOURCE, pad_id=PAD)


# The two forms


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("positions", POSITION_NAMES)
def test_logits_do_not_depend_on_whether_weights_are_asked_for(positions, norm, training):
    model = make(positions=positions, norm=norm, n_kv_heads=1).train(training)
    maps = model.forward_with_weights(SOURCE, LENGTHS, TARGET)
    assert_close(model(SOURCE, LENGTHS, TARGET).logits, maps.logits, atol=1e-5, rtol=1e-5)
    assert maps.encoder.shape == (3, 2, 2, 5, 5)
    assert maps.decoder.shape == (3, 3, 2, 4, 4)
    assert maps.cross.shape == (3, 3, 2, 4, 5)
    assert torch.all(maps.encoder[1, ..., 3:] == 0)
    assert torch.all(maps.cross[1, ..., 3:] == 0)
    assert torch.all(maps.decoder.triu(1) == 0)
    for weights in (maps.encoder, maps.decoder, maps.cross):
        assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
    language_model = make_language_model(positions=positions, norm=norm).train(training)
    maps = language_model.forward_with_weights(SOURCE)
    assert_close(language_model(SOURCE).logits, maps.logits, atol=1e-5, rtol=1e-5)
    assert maps.weights.shape == (3, 3, 2, 5, 5)


def test_a_step_with_weights_is_the_same_step():
    model = make(positions="rotary")
    state = model.encode(SOURCE, LENGTHS)
    maps = model.forward_with_weights(SOURCE, LENGTHS, TARGET)
    for place in range(4):
        logits, nothing, after = model.step(TARGET[:, place], state)
        same, weights, state = model.step_with_weights(TARGET[:, place], state)
        assert_close(logits, same, atol=1e-5, rtol=1e-5)
        assert_close(after, state, atol=1e-5, rtol=1e-5)
        assert nothing.shape == (3, 0)
        assert_close(weights, maps.cross[:, -1, :, place].mean(1), atol=1e-5, rtol=1e-5)


# What is seen


@pytest.mark.parametrize("positions", POSITION_NAMES)
def test_padding_changes_nothing(positions):
    model = make(positions=positions)
    together = model(SOURCE, LENGTHS, TARGET).logits
    for row, (length, n) in enumerate(zip(LENGTHS.tolist(), [4, 2, 3], strict=True)):
        alone = model(SOURCE[row : row + 1, :length], LENGTHS[row : row + 1], TARGET[row : row + 1, :n]).logits
        assert_close(together[row : row + 1, :n], alone, atol=1e-5, rtol=1e-5)


def test_what_stands_at_padding_does_not_matter():
    model = make()
    edited = SOURCE.masked_fill(SOURCE == PAD, 7)
    assert_close(model(SOURCE, LENGTHS, TARGET).logits, model(edited, LENGTHS, TARGET).logits)


@pytest.mark.parametrize("positions", POSITION_NAMES)
def test_only_a_model_with_positions_sees_the_order_of_the_source(positions):
    model = make(positions=positions)
    source, lengths = SOURCE[:1], LENGTHS[:1]
    one, other = (model(s, lengths, TARGET[:1]).logits for s in (source, source.flip(1)))
    assert torch.allclose(one, other, atol=1e-5) is (positions == "none")


def test_a_decoder_without_positions_still_sees_order():
    logits = make_language_model(positions="none")(torch.tensor([[1, 2, 3], [2, 1, 3]])).logits[:, -1]
    assert not torch.allclose(logits[0], logits[1], atol=1e-4)


def test_without_the_causal_mask_the_future_is_seen():
    edited = TARGET.clone()
    edited[:, -1] = 3
    for causal in (True, False):
        model = make(causal=causal)
        before, after = (model(SOURCE, LENGTHS, target).logits[:, 0] for target in (TARGET, edited))
        assert torch.allclose(before, after, atol=1e-6) is causal


# What is shared


@pytest.mark.parametrize(("tie", "n_tables"), [("none", 3), ("target", 2), ("all", 1)])
def test_embeddings_that_are_tied_are_one_matrix(tie, n_tables):
    model = TransformerSeq2Seq(dataclasses.replace(TINY, tie=tie), n_source=N_TARGET, n_target=N_TARGET, pad_id=PAD)
    tables = [model.encoder.embeddings.table.weight, model.decoder.embeddings.table.weight, model.output.weight]
    assert len({table.data_ptr() for table in tables}) == n_tables
    assert len({name for name, _ in model.named_parameters() if "table" in name or name == "output.weight"}) == n_tables
    language_model = make_language_model(tie=tie)
    assert (language_model.output.weight is language_model.decoder.embeddings.table.weight) is (tie != "none")


def test_scaled_embeddings_start_with_unit_variance():
    model = TransformerLanguageModel(dataclasses.replace(TINY, d_model=64), n_tokens=2000, pad_id=3)
    table = model.decoder.embeddings.table
    assert_close((table.weight[4:] * model.decoder.embeddings.scale).var(), torch.tensor(1.0), atol=0.02, rtol=0)
    assert torch.all(table.weight[3] == 0)


def test_the_base_model_has_the_paper_s_parameters():
    # Worked out from table 3's row "base", with biases in the projections and a vocabulary of 37,000 that all share:
    # attention 4 (512² + 512), feed-forward 2 · 512 · 2048 + 2048 + 512, each normalisation 2 · 512.
    attention, feed_forward, norm = 4 * (512**2 + 512), 2 * 512 * 2048 + 2048 + 512, 2 * 512
    encoder = 6 * (attention + feed_forward + 2 * norm)
    decoder = 6 * (2 * attention + feed_forward + 3 * norm)
    with torch.device("meta"):
        model = TransformerSeq2Seq(SIZES["base"], n_source=37_000, n_target=37_000, pad_id=0)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == encoder + decoder + 37_000 * 512
    assert round(count / 1e6) == 63  # the paper writes 65, for a vocabulary of "about 37000"


def test_fewer_key_heads_have_fewer_parameters():
    # Per head less and per attention: 2 projections of 8 · 4 weights and 4 biases; 8 attentions in 2 + 3 layers.
    sizes = [sum(p.numel() for p in make(n_kv_heads=n).parameters()) for n in (2, 1)]
    assert sizes[0] - sizes[1] == 8 * 2 * (8 * 4 + 4)
    assert make(n_kv_heads=2).state_dict().keys() == make(n_kv_heads=None).state_dict().keys()


def test_dropout_is_where_the_paper_has_it(monkeypatch):
    # Section 5.4: after each sub-layer (2 · 2 in the encoder, 3 · 3 in the decoder), and at the two embeddings.
    calls = []
    monkeypatch.setattr(nn.Dropout, "forward", lambda self, x: calls.append(self.p) or x)
    make(dropout=0.3)(SOURCE, LENGTHS, TARGET)
    assert calls == [0.3] * (2 * 2 + 3 * 3 + 2)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_dropout_works_in_training_only(norm):
    model = make(dropout=0.5, norm=norm)
    one, other = (model.train()(SOURCE, LENGTHS, TARGET).logits for _ in range(2))
    assert not torch.allclose(one, other)
    one, other = (model.eval()(SOURCE, LENGTHS, TARGET).logits for _ in range(2))
    assert torch.equal(one, other)


@pytest.mark.parametrize("positions", POSITION_NAMES)
def test_every_parameter_gets_a_gradient(positions):
    model = make(positions=positions, tie="none")
    model(SOURCE, LENGTHS, TARGET).logits.sin().sum().backward()
    without = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("positions", ["relative", "rotary", "alibi"])
def test_gradients_against_finite_differences(positions):
    model = make(positions=positions, n_kv_heads=1, n_decoder_layers=1, n_encoder_layers=1).double()
    weight = model.encoder.embeddings.table.weight.detach().clone().requires_grad_()

    def loss(weight):
        parameters = {"encoder.embeddings.table.weight": weight}
        logits = torch.func.functional_call(model, parameters, (SOURCE[1:2], LENGTHS[1:2], TARGET[:1])).logits
        return logits.sin().sum()

    assert gradcheck(loss, weight)


# The configuration


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"d_model": 0}, "d_model must be at least 1; got 0"),
        ({"n_heads": -1}, "n_heads must be at least 1; got -1"),
        ({"d_ff": 0}, "d_ff must be at least 1; got 0"),
        ({"max_length": 0}, "max_length must be at least 1; got 0"),
        ({"largest_distance": 0}, "largest_distance must be at least 1; got 0"),
        ({"n_encoder_layers": -1}, "n_encoder_layers must not be negative; got -1"),
        ({"n_heads": 3}, "n_heads must divide d_model; got 3 and 8"),
        ({"n_kv_heads": 0}, "n_kv_heads must be at least 1 and divide n_heads; got 0 and 2"),
        ({"n_kv_heads": 4}, "n_kv_heads must be at least 1 and divide n_heads; got 4 and 2"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
        ({"dropout": float("nan")}, "dropout must be at least 0 and below 1; got nan"),
        ({"attention_dropout": -0.1}, "attention_dropout must be at least 0 and below 1; got -0.1"),
        ({"norm_epsilon": 0.0}, "norm_epsilon must be positive; got 0.0"),
        ({"norm": "both"}, "norm must be one of post, pre; got 'both'"),
        ({"tie": "source"}, "tie must be one of none, target, all; got 'source'"),
        ({"activation": "tanh"}, "activation must be one of relu, gelu; got 'tanh'"),
        (
            {"positions": "rope"},
            "positions must be one of none, sinusoidal, learned, relative, rotary, alibi; got 'rope'",
        ),
        ({"d_model": 9, "n_heads": 3}, "sinusoidal positions need an even d_model; got 9"),
        ({"d_model": 9, "n_heads": 3, "positions": "rotary"}, "rotary positions need an even d_model / n_heads; got 3"),
    ],
)
def test_a_setting_out_of_range_is_named(options, message):
    with pytest.raises(ValueError) as caught:
        dataclasses.replace(TINY, **options)
    assert str(caught.value) == message


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TINY.d_model = 3


def test_the_named_sizes():
    base, big = SIZES["base"], SIZES["big"]
    assert base == TransformerConfig()
    assert (base.d_model, base.n_heads, base.d_ff, base.n_encoder_layers, base.n_decoder_layers) == (512, 8, 2048, 6, 6)
    assert (base.dropout, base.norm, base.positions, base.tie) == (0.1, "post", "sinusoidal", "all")
    assert (big.d_model, big.n_heads, big.d_ff, big.dropout) == (1024, 16, 4096, 0.3)
    assert (base.d_head, base.key_heads) == (64, 8)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("source", "lengths", "target", "message"),
    [
        (
            SOURCE[:0],
            LENGTHS[:0],
            TARGET[:0],
            r"source must hold at least one sentence of one token; got shape \(0, 5\)",
        ),
        (SOURCE[:, :0], LENGTHS, TARGET, r"source must hold at least one sentence of one token; got shape \(3, 0\)"),
        (SOURCE, LENGTHS[:2], TARGET, r"lengths needs shape \(3,\), one per sentence; got \(2,\)"),
        (SOURCE, LENGTHS - 3, TARGET, "every sentence needs at least one token; got a length of 0"),
        (SOURCE, LENGTHS + 1, TARGET, "lengths must lie between 0 and length=5; got 4 to 6"),
        (
            SOURCE,
            LENGTHS,
            TARGET[:2],
            r"tokens need shape \(batch, target\), with 3 sentences as in the state .* \(2, 4\)",
        ),
        (SOURCE, LENGTHS, TARGET[:, :0], r"at least one step; got \(3, 0\)"),
    ],
)
def test_a_batch_that_does_not_fit_is_named(source, lengths, target, message):
    with pytest.raises(ValueError, match=message):
        make()(source, lengths, target)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([0, 2, 3], "lengths must lie between 1 and 5; got 0 to 3"),
        ([6, 2, 3], "lengths must lie between 1 and 5; got 2 to 6"),
    ],
)
def test_a_prompt_that_does_not_fit_is_named(lengths, message):
    with pytest.raises(ValueError, match=message):
        make_language_model().read(SOURCE, torch.tensor(lengths))


def test_two_vocabularies_cannot_share_one_matrix():
    message = "tie='all' needs one vocabulary for source and target; got 11 and 9 tokens: use tie='target'"
    with pytest.raises(ValueError, match=message):
        make(tie="all")


@pytest.mark.parametrize("options", [{"n_encoder_layers": 0}, {"n_decoder_layers": 0}])
def test_a_stack_without_a_layer_is_named(options):
    with pytest.raises(ValueError, match="an encoder–decoder needs a layer in each stack; got "):
        make(**options)


def test_a_language_model_without_a_layer_is_named():
    make_language_model(n_encoder_layers=0)
    with pytest.raises(ValueError, match="n_decoder_layers must be at least 1; got 0"):
        make_language_model(n_decoder_layers=0)


@pytest.mark.parametrize("pad_id", [-1, 9])
def test_a_padding_id_outside_the_vocabulary_is_named(pad_id):
    with pytest.raises(ValueError, match=f"pad_id must lie between 0 and 8; got {pad_id}"):
        TransformerLanguageModel(TINY, n_tokens=9, pad_id=pad_id)
