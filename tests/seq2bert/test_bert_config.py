"""Sizes of BERT: the published ones, their parameters by formula and in the built model, and what is refused."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2bert.bert import (
    SIZES,
    Bert,
    BertConfig,
    BertForClassification,
    BertForMaskedTokens,
    BertForPretraining,
    BertForSpans,
    BertForTagging,
    parameter_count,
)

TINY = BertConfig(n_tokens=11, d_model=6, n_heads=2, d_ff=10, n_layers=3, max_length=7, n_segments=2)


def built(make):
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make().parameters())


# The counts are those of transformers' BertModel on the published configurations.
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("base-uncased", 109_482_240),
        ("base-cased", 108_310_272),
        ("large-uncased", 335_141_888),
        ("large-cased", 333_579_264),
        ("base-multilingual-uncased", 167_356_416),
        ("base-multilingual-cased", 177_853_440),
        ("base-chinese", 102_267_648),
    ],
)
def test_the_published_models_have_their_parameters(name, count):
    assert parameter_count(SIZES[name]) == count
    assert built(lambda: Bert(SIZES[name])) == count


# Millions in the release of Turc et al. 2019 (google-research/bert, README), which count the heads of pretraining.
@pytest.mark.parametrize(
    ("name", "millions"), [("tiny", 4.4), ("mini", 11.3), ("small", 29.1), ("medium", 41.7), ("L-12_H-768", 110.1)]
)
def test_the_small_models_have_their_parameters(name, millions):
    count = parameter_count(SIZES[name], masked_tokens=True, next_sentence=True)
    assert round(count / 1e6, 1) == millions
    assert built(lambda: BertForPretraining(SIZES[name])) == count


def test_the_24_small_models():
    grid = {name: config for name, config in SIZES.items() if name.startswith("L-")}
    assert len(grid) == 24
    for name, config in grid.items():
        assert name == f"L-{config.n_layers}_H-{config.d_model}"
        assert (config.d_model // config.n_heads, config.d_ff) == (64, 4 * config.d_model)
    assert SIZES["tiny"] == grid["L-2_H-128"]
    assert SIZES["mini"] == grid["L-4_H-256"]
    assert SIZES["small"] == grid["L-4_H-512"]
    assert SIZES["medium"] == grid["L-8_H-512"]
    assert SIZES["base-uncased"] == grid["L-12_H-768"]


@settings(deadline=None, max_examples=20)
@given(
    st.builds(
        lambda heads, width, **rest: dataclasses.replace(TINY, n_heads=heads, d_model=heads * width, **rest),
        heads=st.integers(1, 3),
        width=st.integers(1, 4),
        n_tokens=st.integers(2, 9),
        d_ff=st.integers(1, 5),
        n_layers=st.integers(1, 3),
        max_length=st.integers(1, 5),
        n_segments=st.integers(1, 3),
    ),
    st.integers(1, 4),
)
def test_the_formula_counts_every_model(config, n):
    assert parameter_count(config) == built(lambda: Bert(config))
    without = {"pooler": False}
    assert parameter_count(config, masked_tokens=True, **without) == built(lambda: BertForMaskedTokens(config))
    both = parameter_count(config, masked_tokens=True, next_sentence=True)
    assert both == built(lambda: BertForPretraining(config))
    assert parameter_count(config, n_outputs=n) == built(lambda: BertForClassification(config, n_classes=n))
    by_mean = built(lambda: BertForClassification(config, n_classes=n, pooling="mean"))
    assert parameter_count(config, n_outputs=n, **without) == by_mean
    assert parameter_count(config, n_outputs=n, **without) == built(lambda: BertForTagging(config, n_tags=n))
    assert parameter_count(config, n_outputs=2, **without) == built(lambda: BertForSpans(config))


def test_a_negative_number_of_outputs_is_named():
    with pytest.raises(ValueError, match="n_outputs must not be negative; got -1"):
        parameter_count(TINY, n_outputs=-1)


def test_the_defaults_are_the_paper_s():
    base = BertConfig()
    assert (base.n_layers, base.d_model, base.n_heads, base.d_ff) == (12, 768, 12, 3072)
    assert (base.n_tokens, base.max_length, base.n_segments, base.pad_id) == (30_522, 512, 2, 0)
    assert (base.dropout, base.attention_dropout, base.dropout_of_heads) == (0.1, 0.1, 0.1)
    assert (base.activation, base.norm_epsilon, base.initial_deviation) == ("gelu", 1e-12, 0.02)
    large = SIZES["large-uncased"]
    assert (large.n_layers, large.d_model, large.n_heads, large.d_ff) == (24, 1024, 16, 4096)


def test_layers_are_built_from_every_choice():
    config = dataclasses.replace(TINY, dropout=0.2, attention_dropout=0.3, activation="relu", norm_epsilon=1e-6)
    layers = config.layer_config()
    assert (layers.d_model, layers.n_heads, layers.d_ff, layers.n_encoder_layers) == (6, 2, 10, 3)
    assert (layers.dropout, layers.attention_dropout, layers.activation, layers.norm_epsilon) == (
        0.2,
        0.3,
        "relu",
        1e-6,
    )
    assert layers.norm == "post"


def test_a_head_may_drop_more_than_the_encoder():
    assert dataclasses.replace(TINY, head_dropout=0.4).dropout_of_heads == 0.4
    assert dataclasses.replace(TINY, head_dropout=0.0).dropout_of_heads == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_tokens": 0}, "n_tokens must be at least 1; got 0"),
        ({"d_model": 0}, "d_model must be at least 1; got 0"),
        ({"n_heads": -1}, "n_heads must be at least 1; got -1"),
        ({"d_ff": 0}, "d_ff must be at least 1; got 0"),
        ({"n_layers": 0}, "n_layers must be at least 1; got 0"),
        ({"max_length": 0}, "max_length must be at least 1; got 0"),
        ({"n_segments": 0}, "n_segments must be at least 1; got 0"),
        ({"n_heads": 4}, "n_heads must divide d_model; got 4 and 6"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
        ({"attention_dropout": -0.1}, "attention_dropout must be at least 0 and below 1; got -0.1"),
        ({"head_dropout": float("nan")}, "head_dropout must be at least 0 and below 1; got nan"),
        ({"norm_epsilon": 0.0}, "norm_epsilon must be positive; got 0.0"),
        ({"initial_deviation": 0.0}, "initial_deviation must be positive; got 0.0"),
        ({"activation": "gelu_new"}, "activation must be one of relu, gelu; got 'gelu_new'"),
        ({"pad_id": 11}, "pad_id must lie between 0 and 10; got 11"),
        ({"pad_id": -1}, "pad_id must lie between 0 and 10; got -1"),
    ],
)
def test_a_setting_out_of_range_is_named(options, message):
    with pytest.raises(ValueError) as caught:
        dataclasses.replace(TINY, **options)
    assert str(caught.value) == message


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TINY.d_model = 3
