"""Names of tensors: ours against those of transformers, old forms, and what says the same twice."""

import pytest
import torch
import transformers

from seq2bert.bert import (
    Bert,
    BertConfig,
    BertForClassification,
    BertForMaskedTokens,
    BertForPretraining,
    BertForSpans,
    BertForTagging,
)
from seq2bert.checkpoints import architecture, output_name, present_names, published_names

CONFIG = BertConfig(n_tokens=7, d_model=4, n_heads=2, d_ff=6, n_layers=2, max_length=5, n_segments=2)
MODELS = {
    "BertModel": Bert(CONFIG),
    "BertForMaskedLM": BertForMaskedTokens(CONFIG),
    "BertForPreTraining": BertForPretraining(CONFIG),
    "BertForSequenceClassification": BertForClassification(CONFIG, n_classes=3),
    "BertForTokenClassification": BertForTagging(CONFIG, n_tags=3),
    "BertForQuestionAnswering": BertForSpans(CONFIG),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_tensor_of_theirs_has_one_of_ours(name):
    published = transformers.BertConfig(
        vocab_size=7,
        hidden_size=4,
        num_attention_heads=2,
        intermediate_size=6,
        num_hidden_layers=2,
        max_position_embeddings=5,
        num_labels=2 if name == "BertForQuestionAnswering" else 3,
    )
    theirs = getattr(transformers, name)(published)
    wanted = {name: tensor.shape for name, tensor in present_names(theirs.state_dict()).items()}
    model = MODELS[name]
    found = {}
    for ours, tensor in model.state_dict().items():
        parts = published_names(ours, output=output_name(model))
        for part, piece in zip(parts, tensor.chunk(len(parts)), strict=True):
            assert part not in found
            found[part] = piece.shape
    assert found == wanted
    assert architecture(model) == name


def test_a_classifier_of_the_mean_is_no_class_of_theirs():
    assert architecture(BertForClassification(CONFIG, n_classes=3, pooling="mean")) == "BertModel"


@pytest.mark.parametrize(
    "name",
    [
        "encoder.layers.0.attention.weight",
        "encoder.layers.0.cross_attention.output.weight",
        "encoder.layers.x.attention.output.weight",
        "encoder.embeddings.tokens.bias",
        "masked_tokens.dense",
        "output",
        "",
    ],
)
def test_a_name_that_is_not_ours_is_refused(name):
    with pytest.raises(ValueError, match="name must be that of a tensor of a BERT of this package; got "):
        published_names(name)


def test_a_model_that_is_not_ours_is_refused():
    with pytest.raises(TypeError, match="model must be a BERT of this package; got Linear"):
        architecture(torch.nn.Linear(1, 1))


# Old and redundant names


def some(*shape, value=1.0):
    return torch.full(shape, value)


def test_the_prefix_and_old_names_of_normalisation():
    old = {
        "bert.embeddings.LayerNorm.gamma": some(4),
        "bert.embeddings.LayerNorm.beta": some(4, value=2.0),
        "cls.predictions.transform.LayerNorm.gamma": some(4, value=3.0),
        "bert.pooler.dense.weight": some(4, 4),
    }
    new = present_names(old)
    assert {name: tensor.flatten()[0].item() for name, tensor in new.items()} == {
        "embeddings.LayerNorm.weight": 1.0,
        "embeddings.LayerNorm.bias": 2.0,
        "cls.predictions.transform.LayerNorm.weight": 3.0,
        "pooler.dense.weight": 1.0,
    }
    assert list(old) == [name for name in old if name.startswith(("bert.", "cls."))]  # not changed


def test_only_normalisation_has_old_names():
    assert list(present_names({"encoder.gamma": some(1), "LayerNorm.gamma.x": some(1)})) == [
        "encoder.gamma",
        "LayerNorm.gamma.x",
    ]


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_positions_that_count_from_0_go(prefix):
    for places in (torch.arange(5)[None], torch.arange(5.0)):
        assert present_names({f"{prefix}embeddings.position_ids": places}) == {}
    message = r"embeddings.position_ids must count from 0; got \[1, 2, 3\] and so on"
    with pytest.raises(ValueError, match=message):
        present_names({f"{prefix}embeddings.position_ids": torch.tensor([[1, 2, 3]])})


def test_a_tied_decoder_goes_and_another_is_refused():
    table = torch.randn(7, 4)
    tensors = {"bert.embeddings.word_embeddings.weight": table, "cls.predictions.decoder.weight": table.clone()}
    assert list(present_names(tensors)) == ["embeddings.word_embeddings.weight"]
    tensors["cls.predictions.decoder.weight"] = table + 1
    message = (
        "cls.predictions.decoder.weight must be equal to embeddings.word_embeddings.weight, since output and input"
    )
    with pytest.raises(ValueError, match=message):
        present_names(tensors)


@pytest.mark.parametrize("names", [["bias"], ["decoder.bias"], ["bias", "decoder.bias"]])
def test_one_bias_under_either_name_or_both(names):
    tensors = {f"cls.predictions.{name}": torch.arange(7.0) for name in names}
    (found,) = present_names(tensors).items()
    assert found[0] == "cls.predictions.bias"
    assert torch.equal(found[1], torch.arange(7.0))


def test_two_different_biases_are_refused():
    tensors = {"cls.predictions.bias": some(7), "cls.predictions.decoder.bias": some(7, value=2.0)}
    with pytest.raises(ValueError, match=r"cls.predictions.decoder.bias and cls.predictions.bias must be equal"):
        present_names(tensors)


@pytest.mark.parametrize(
    "pair",
    [
        ("pooler.dense.bias", "bert.pooler.dense.bias"),
        ("embeddings.LayerNorm.gamma", "embeddings.LayerNorm.weight"),
        ("bert.embeddings.LayerNorm.beta", "embeddings.LayerNorm.bias"),
    ],
)
def test_two_names_for_one_tensor_are_refused(pair):
    with pytest.raises(ValueError, match=f"twice: as {pair[0]} and as {pair[1]}"):
        present_names({name: some(4) for name in pair})
