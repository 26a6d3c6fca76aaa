"""The same numbers as transformers: every head, both directions, single and double precision, random sizes."""

import dataclasses

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from seq2bert.bert import (
    Bert,
    BertConfig,
    BertForClassification,
    BertForMaskedTokens,
    BertForPretraining,
    BertForSpans,
    BertForTagging,
)
from seq2bert.checkpoints import load_bert, read_tensors, save_bert

N_OUTPUTS = 5
MAKERS = {
    "BertModel": Bert,
    "BertForMaskedLM": BertForMaskedTokens,
    "BertForPreTraining": BertForPretraining,
    "BertForSequenceClassification": lambda config: BertForClassification(config, n_classes=N_OUTPUTS),
    "BertForTokenClassification": lambda config: BertForTagging(config, n_tags=N_OUTPUTS),
    "BertForQuestionAnswering": BertForSpans,
}
PER_TOKEN = {"last_hidden_state", "logits", "prediction_logits", "start_logits", "end_logits"}
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}

configs = st.builds(
    lambda heads, width, **sizes: BertConfig(
        d_model=heads * width, n_heads=heads, dropout=0.0, attention_dropout=0.0, **sizes
    ),
    heads=st.integers(1, 3),
    width=st.integers(2, 5),
    n_tokens=st.integers(20, 40),
    d_ff=st.integers(3, 24),
    n_layers=st.integers(1, 3),
    max_length=st.integers(11, 19),
    n_segments=st.integers(2, 3),
    activation=st.sampled_from(["gelu", "relu"]),
    norm_epsilon=st.sampled_from([1e-12, 1e-5]),
    pad_id=st.integers(0, 3),
)
CONFIG = BertConfig(
    n_tokens=31,
    d_model=12,
    n_heads=3,
    d_ff=20,
    n_layers=2,
    max_length=13,
    n_segments=3,
    dropout=0.0,
    attention_dropout=0.0,
)


def theirs_of(architecture, config):
    published = transformers.BertConfig(
        vocab_size=config.n_tokens,
        hidden_size=config.d_model,
        num_attention_heads=config.n_heads,
        intermediate_size=config.d_ff,
        num_hidden_layers=config.n_layers,
        max_position_embeddings=config.max_length,
        type_vocab_size=config.n_segments,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.attention_dropout,
        hidden_act=config.activation,
        layer_norm_eps=config.norm_epsilon,
        pad_token_id=config.pad_id,
        num_labels=2 if architecture == "BertForQuestionAnswering" else N_OUTPUTS,
    )
    return getattr(transformers, architecture)(published)


def fill(model):
    """Give every parameter a random value, so that none that is 0 or 1 at the start hides a fault."""
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def batch_of(config):
    """Return pairs of sentences of lengths 11, 4 and 7, padded on the right."""
    lengths = torch.tensor([11, 4, 7])
    real = torch.arange(11) < lengths[:, None]
    tokens = torch.randint(0, config.n_tokens, (3, 11)).masked_fill(~real, config.pad_id)
    segments = torch.randint(0, config.n_segments, (3, 11)).masked_fill(~real, 0)
    return tokens, segments, lengths, real


def outputs_of(ours, tokens, segments, lengths):
    forward = getattr(ours, "logits", ours)
    result = forward(tokens, segments=segments, lengths=lengths)
    if isinstance(ours, Bert):
        return [result.states, result.pooled]
    return [result] if isinstance(result, torch.Tensor) else list(result)


def assert_the_same(ours, theirs, config, precision):
    tokens, segments, lengths, real = batch_of(config)
    for padded in (True, False):
        with torch.no_grad():
            mask = real.long() if padded else torch.ones_like(tokens)
            expected = theirs(tokens, attention_mask=mask, token_type_ids=segments)
            found = outputs_of(ours, tokens, segments, lengths if padded else None)
        assert len(found) == len(expected)
        for mine, (name, theirs_) in zip(found, expected.items(), strict=True):
            assert mine.dtype == getattr(torch, precision)
            assert mine.shape == theirs_.shape
            if padded and name in PER_TOKEN and mine.shape[:2] == real.shape:
                mine, theirs_ = mine[real], theirs_[real]
            assert_close(mine, theirs_, atol=TOLERANCE[precision], rtol=TOLERANCE[precision], msg=name)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("architecture", MAKERS)
@settings(deadline=None, max_examples=3)
@given(config=configs)
def test_their_models_loaded_by_us(tmp_path_factory, architecture, precision, config):
    folder = tmp_path_factory.mktemp("theirs")
    theirs = fill(theirs_of(architecture, config)).to(getattr(torch, precision))
    theirs.tie_weights()
    theirs.save_pretrained(folder)
    loaded = load_bert(folder, precision=precision)
    assert loaded.config == config
    assert type(loaded.model) is type(MAKERS[architecture](CONFIG))
    assert loaded.initialised == loaded.unused == ()
    for training in (False, True):
        assert_the_same(loaded.model.train(training), theirs.train(training), config, precision)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("architecture", MAKERS)
@settings(deadline=None, max_examples=3)
@given(config=configs)
def test_our_models_loaded_by_them(tmp_path_factory, architecture, precision, config):
    folder = tmp_path_factory.mktemp("ours")
    ours = fill(MAKERS[architecture](config)).to(getattr(torch, precision))
    save_bert(ours, folder, precision=precision)
    cls = getattr(transformers, architecture)
    theirs, report = cls.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values()), report
    for training in (False, True):
        assert_the_same(ours.train(training), theirs.train(training), config, precision)


@pytest.mark.parametrize(
    ("automatic", "architecture"),
    [
        ("AutoModel", "BertModel"),
        ("AutoModelForMaskedLM", "BertForMaskedLM"),
        ("AutoModelForPreTraining", "BertForPreTraining"),
        ("AutoModelForSequenceClassification", "BertForSequenceClassification"),
        ("AutoModelForTokenClassification", "BertForTokenClassification"),
        ("AutoModelForQuestionAnswering", "BertForQuestionAnswering"),
    ],
)
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_automatic_classes_load_ours(automatic, architecture, precision, tmp_path):
    ours = fill(MAKERS[architecture](CONFIG)).eval()
    save_bert(ours, tmp_path, precision=precision)
    cls = getattr(transformers, automatic)
    theirs, report = cls.from_pretrained(tmp_path, dtype=torch.float32, output_loading_info=True)
    assert type(theirs).__name__ == architecture
    assert not any(report.values()), report
    if precision == "float16":
        ours = load_bert(tmp_path).model  # the same rounded weights
    assert_the_same(ours, theirs, CONFIG, "float32")
    stored = cls.from_pretrained(tmp_path)
    assert next(stored.parameters()).dtype == getattr(torch, precision)


@pytest.mark.parametrize("architecture", MAKERS)
def test_a_file_of_ours_has_the_names_of_theirs(architecture, tmp_path):
    save_bert(MAKERS[architecture](CONFIG), tmp_path / "ours")
    theirs_of(architecture, CONFIG).save_pretrained(tmp_path / "theirs")
    ours, theirs = (read_tensors(tmp_path / which / "model.safetensors") for which in ("ours", "theirs"))
    assert {name: tensor.shape for name, tensor in ours.items()} == {name: t.shape for name, t in theirs.items()}


def test_states_and_weights_of_every_layer(tmp_path):
    theirs = fill(theirs_of("BertModel", CONFIG)).eval()
    theirs.set_attn_implementation("eager")
    theirs.save_pretrained(tmp_path)
    tokens, segments, lengths, real = batch_of(CONFIG)
    options = {"output_hidden_states": True, "output_attentions": True}
    with torch.no_grad():
        expected = theirs(tokens, attention_mask=real.long(), token_type_ids=segments, **options)
        maps = load_bert(tmp_path).model.encoder.forward_with_weights(tokens, segments=segments, lengths=lengths)
    hidden, weights = torch.stack(expected.hidden_states, 1), torch.stack(expected.attentions, 1)
    assert_close(maps.hidden.transpose(1, 2)[real], hidden.transpose(1, 2)[real], atol=1e-5, rtol=1e-5)
    per_query = [x.permute(0, 3, 1, 2, 4)[real] for x in (maps.weights, weights)]  # (token, layer, head, key)
    assert_close(*per_query, atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", MAKERS)
def test_gradients_are_the_same(architecture, tmp_path):
    ours = fill(MAKERS[architecture](CONFIG)).double()
    save_bert(ours, tmp_path, precision="float64")
    theirs = getattr(transformers, architecture).from_pretrained(tmp_path).train()
    tokens, segments, lengths, real = batch_of(CONFIG)
    expected = theirs(tokens, attention_mask=real.long(), token_type_ids=segments)
    found = outputs_of(ours.train(), tokens, segments, lengths)
    total = expected_total = 0.0
    for mine, theirs_ in zip(found, expected.values(), strict=True):
        if mine.shape[:2] == real.shape:
            mine, theirs_ = mine[real], theirs_[real]
        total, expected_total = total + mine.sin().sum(), expected_total + theirs_.sin().sum()
    total.backward(), expected_total.backward()
    table = theirs.get_input_embeddings().weight.grad
    assert_close(ours.encoder.embeddings.tokens.weight.grad, table, atol=1e-12, rtol=1e-10)
    base = theirs if architecture == "BertModel" else theirs.bert
    key = base.encoder.layer[1].attention.self.key.weight.grad
    fused = ours.encoder.layers[1].attention.query_key_value.weight.grad
    assert_close(fused[12:24], key, atol=1e-12, rtol=1e-10)


def test_dropout_is_what_theirs_is(tmp_path):
    config = dataclasses.replace(CONFIG, dropout=0.2, attention_dropout=0.3, head_dropout=0.4)
    save_bert(BertForClassification(config, n_classes=3), tmp_path)
    theirs = transformers.BertForSequenceClassification.from_pretrained(tmp_path)
    assert theirs.dropout.p == 0.4
    assert theirs.bert.embeddings.dropout.p == 0.2
    assert theirs.bert.encoder.layer[0].attention.self.dropout.p == 0.3
    assert theirs.bert.encoder.layer[0].output.dropout.p == 0.2
    assert load_bert(tmp_path).config == config
