"""config.json: what is read, what is written, what is refused by name."""

import dataclasses
import json

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2bert.bert import SIZES, BertConfig
from seq2bert.checkpoints import parse_config, published_config, read_config

TINY = {
    "vocab_size": 11,
    "hidden_size": 6,
    "num_attention_heads": 2,
    "intermediate_size": 10,
    "num_hidden_layers": 3,
}

# As published with bert-base-cased.
BASE_CASED = {
    "architectures": ["BertForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "transformers_version": "4.6.0.dev0",
    "type_vocab_size": 2,
    "use_cache": True,
    "vocab_size": 28996,
}


def test_a_published_configuration():
    assert parse_config(BASE_CASED) == SIZES["base-cased"]


def test_what_is_left_out_has_the_published_default():
    assert parse_config(TINY) == BertConfig(n_tokens=11, d_model=6, n_heads=2, d_ff=10, n_layers=3)
    nothing = {"model_type": None, "is_decoder": None, "classifier_dropout": None, "quantization_config": None}
    assert parse_config(TINY | nothing) == parse_config(TINY)


@settings(deadline=None)
@given(
    st.builds(
        BertConfig,
        n_tokens=st.integers(5, 99),
        d_model=st.just(12),
        n_heads=st.sampled_from([1, 2, 3, 4]),
        d_ff=st.integers(1, 99),
        n_layers=st.integers(1, 9),
        max_length=st.integers(1, 99),
        n_segments=st.integers(1, 3),
        dropout=st.floats(0, 0.9),
        attention_dropout=st.floats(0, 0.9),
        head_dropout=st.none() | st.floats(0, 0.9),
        activation=st.sampled_from(["gelu", "relu"]),
        norm_epsilon=st.floats(1e-12, 1e-3),
        pad_id=st.integers(0, 4),
        initial_deviation=st.floats(0.001, 1.0),
    )
)
def test_what_is_written_is_read_back(config):
    content = json.loads(json.dumps(published_config(config)))
    assert parse_config(content) == config


def test_transformers_reads_every_value(tmp_path):
    config = BertConfig(
        n_tokens=11,
        d_model=6,
        n_heads=2,
        d_ff=10,
        n_layers=3,
        max_length=7,
        n_segments=4,
        dropout=0.2,
        attention_dropout=0.3,
        head_dropout=0.4,
        activation="relu",
        norm_epsilon=1e-6,
        pad_id=5,
        initial_deviation=0.5,
    )
    (tmp_path / "config.json").write_text(json.dumps(published_config(config)))
    theirs = transformers.AutoConfig.from_pretrained(tmp_path)
    assert isinstance(theirs, transformers.BertConfig)
    assert (theirs.vocab_size, theirs.hidden_size, theirs.num_attention_heads) == (11, 6, 2)
    assert (theirs.intermediate_size, theirs.num_hidden_layers) == (10, 3)
    assert (theirs.max_position_embeddings, theirs.type_vocab_size, theirs.pad_token_id) == (7, 4, 5)
    assert (theirs.hidden_dropout_prob, theirs.attention_probs_dropout_prob) == (0.2, 0.3)
    assert (theirs.classifier_dropout, theirs.hidden_act) == (0.4, "relu")
    assert (theirs.layer_norm_eps, theirs.initializer_range) == (1e-6, 0.5)
    theirs.save_pretrained(tmp_path)
    assert read_config(tmp_path) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "roberta"}, "model_type must be 'bert'; got 'roberta', which is another model"),
        ({"model_type": "distilbert"}, "model_type must be 'bert'; got 'distilbert', which is another model"),
        (
            {"position_embedding_type": "relative_key"},
            "position_embedding_type must be 'absolute'; got 'relative_key', which is another model",
        ),
        ({"is_decoder": True}, "is_decoder must be False; got True, which is another model"),
        ({"add_cross_attention": True}, "add_cross_attention must be False; got True, which is another model"),
        ({"is_encoder_decoder": True}, "is_encoder_decoder must be False; got True, which is another model"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings must be True; got False, which is another model"),
        ({"pruned_heads": {"0": [1]}}, "pruned_heads must be {}; got {'0': [1]}, which is another model"),
        (
            {"quantization_config": {"bits": 8}},
            "quantization_config must be left out; got {'bits': 8}, which is another model",
        ),
        ({"embedding_size": 3}, "embedding_size must be left out; got 3, which is another model"),
        ({"rope_theta": 1e4}, "rope_theta must be left out; got 10000.0, which is another model"),
        ({"rope_parameters": {}}, "rope_parameters must be left out; got {}, which is another model"),
        ({"hidden_act": "gelu_new"}, "activation must be one of relu, gelu; got 'gelu_new'"),
        ({"num_attention_heads": 4}, "n_heads must divide d_model; got 4 and 6"),
        ({"hidden_size": "6"}, "hidden_size must be int; got '6'"),
        ({"hidden_size": True}, "hidden_size must be int; got True"),
        ({"num_hidden_layers": 2.0}, "num_hidden_layers must be int; got 2.0"),
        ({"hidden_dropout_prob": "0.1"}, "hidden_dropout_prob must be int or float; got '0.1'"),
        ({"hidden_act": 3}, "hidden_act must be str; got 3"),
    ],
)
def test_another_model_is_refused_by_name(changes, message, tmp_path):
    with pytest.raises(ValueError) as caught:
        parse_config(TINY | changes)
    assert str(caught.value) == message
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TINY | changes))
    with pytest.raises(ValueError) as caught:
        read_config(tmp_path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize("key", TINY)
def test_a_size_that_is_missing_is_named(key):
    content = {name: value for name, value in TINY.items() if name != key}
    with pytest.raises(ValueError, match=f"^{key} must be given$"):
        parse_config(content)
    with pytest.raises(ValueError, match="vocab_size, hidden_size, num_attention_heads, "):
        parse_config({})


def test_integers_may_stand_for_numbers():
    assert parse_config(TINY | {"hidden_dropout_prob": 0}).dropout == 0


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[1]", "not a JSON object but a list")])
def test_a_file_that_is_no_configuration_is_named(text, message, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_config(tmp_path)
    assert str(path) in str(caught.value)


def test_a_folder_without_a_configuration_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json is not there: a published BERT is a folder with"):
        read_config(tmp_path)


def test_every_field_is_written_under_a_key_of_its_own():
    content = published_config(BertConfig())
    assert len(content) == len(dataclasses.fields(BertConfig)) + 3  # and the architecture, positions, tying
