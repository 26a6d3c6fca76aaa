"""Loading and saving: what fits, what is refused with its names, and what starts anew."""

import dataclasses
import json

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
from seq2bert.checkpoints import CheckpointError, load_bert, read_tensors, save_bert, write_tensors
from seq2bert.tokenization import PieceVocabulary, WordPiece

CONFIG = BertConfig(
    n_tokens=13, d_model=12, n_heads=3, d_ff=20, n_layers=2, max_length=9, dropout=0.0, attention_dropout=0.0
)
PIECES = [*PieceVocabulary.SPECIAL_TOKENS, "the", "cat", "sat", "##s", "on", "a", "mat", "."]
TOKENS = torch.tensor([[2, 5, 6, 7, 3], [2, 5, 3, 0, 0]])
INPUTS = {"segments": torch.tensor([[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]), "lengths": torch.tensor([5, 3])}
MAKERS = {
    "bert": Bert,
    "masked tokens": BertForMaskedTokens,
    "pretraining": BertForPretraining,
    "classes": lambda config: BertForClassification(config, n_classes=4),
    "classes from the mean": lambda config: BertForClassification(config, n_classes=4, pooling="mean"),
    "tags": lambda config: BertForTagging(config, n_tags=4),
    "spans": BertForSpans,
}


def make(name, **options):
    model = MAKERS[name](dataclasses.replace(CONFIG, **options))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model.eval()


def edit(folder, change):
    path = folder / "model.safetensors"
    tensors = read_tensors(path)
    change(tensors)
    write_tensors(path, tensors)


# There and back


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_saved_is_loaded(name, tmp_path):
    model = make(name)
    save_bert(model, tmp_path)
    loaded = load_bert(tmp_path, MAKERS[name])
    assert type(loaded.model) is type(model)
    assert loaded.config == CONFIG
    assert loaded.folder == tmp_path
    assert loaded.initialised == loaded.unused == ()
    assert not loaded.model.training
    state = loaded.model.state_dict()
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())
    assert all(parameter.requires_grad and parameter.device.type == "cpu" for parameter in loaded.model.parameters())


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "classes from the mean"])
def test_the_configuration_says_what_to_build(name, tmp_path):
    model = make(name)
    save_bert(model, tmp_path)
    loaded = load_bert(tmp_path).model
    assert type(loaded) is type(model)
    assert loaded.state_dict().keys() == model.state_dict().keys()


@pytest.mark.parametrize(
    ("precision", "digits"), [("float32", 0), ("float64", 0), ("float16", 1e-3), ("bfloat16", 1e-2)]
)
def test_precisions(precision, digits, tmp_path):
    model = make("pretraining")
    save_bert(model, tmp_path, precision=precision)
    stored = read_tensors(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {getattr(torch, precision)}
    loaded = load_bert(tmp_path).model
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    for key, tensor in model.state_dict().items():
        assert_close(loaded.state_dict()[key], tensor, atol=0.0, rtol=digits)
    again = load_bert(tmp_path, precision=precision).model
    assert {parameter.dtype for parameter in again.parameters()} == {getattr(torch, precision)}


def test_a_saved_file_holds_each_tensor_once(tmp_path):
    model = make("pretraining")
    save_bert(model, tmp_path, precision="float16")
    stored = read_tensors(tmp_path / "model.safetensors")
    n = sum(parameter.numel() for parameter in model.parameters())
    assert sum(tensor.numel() for tensor in stored.values()) == n
    assert (tmp_path / "model.safetensors").stat().st_size < 2 * n + 200 * len(stored)
    assert not any("decoder" in name for name in stored)
    with torch.no_grad():
        model.pooler.dense.bias += 1  # the file is no view of the model
    assert not torch.equal(load_bert(tmp_path).model.pooler.dense.bias, model.pooler.dense.bias)


def test_a_pickle_is_loaded_like_safetensors(tmp_path):
    model = make("pretraining")
    save_bert(model, tmp_path)
    torch.save(read_tensors(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    state = load_bert(tmp_path).model.state_dict()
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())


OLD_FORMS = {
    "gamma": lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
        "LayerNorm.bias", "LayerNorm.beta"
    ),
    "no prefix": lambda name: name.removeprefix("bert."),
    "decoder bias alone": lambda name: name.replace("predictions.bias", "predictions.decoder.bias"),
}


@settings(deadline=None, max_examples=25)
@given(
    forms=st.sets(st.sampled_from(list(OLD_FORMS))),
    extras=st.sets(st.sampled_from(["position_ids", "decoder.weight", "decoder.bias"])),
)
def test_every_mixture_of_published_forms(tmp_path_factory, forms, extras):
    folder, model = tmp_path_factory.mktemp("old"), make("pretraining")
    save_bert(model, folder)

    def make_old(tensors):
        if "position_ids" in extras:
            tensors["bert.embeddings.position_ids"] = torch.arange(9)[None]
        if "decoder.weight" in extras:
            tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"].clone()
        if "decoder.bias" in extras and "decoder bias alone" not in forms:
            tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"].clone()
        for form in forms:
            for name in list(tensors):
                tensors[OLD_FORMS[form](name)] = tensors.pop(name)

    edit(folder, make_old)
    loaded = load_bert(folder)
    assert loaded.initialised == loaded.unused == ()
    state = loaded.model.state_dict()
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())


# Heads that are there, that are not, and that are not wanted


def test_heads_that_are_not_wanted_are_named(tmp_path):
    model = make("pretraining")
    save_bert(model, tmp_path)
    loaded = load_bert(tmp_path, BertForMaskedTokens)
    assert set(loaded.unused) == {
        "pooler.dense.weight",
        "pooler.dense.bias",
        "cls.seq_relationship.weight",
        "cls.seq_relationship.bias",
    }
    assert_close(loaded.model.logits(TOKENS, **INPUTS), model.logits(TOKENS, **INPUTS).tokens)
    loaded = load_bert(tmp_path, Bert)
    assert {name.rpartition(".")[0] for name in loaded.unused} == {
        "cls.seq_relationship",
        "cls.predictions",
        "cls.predictions.transform.dense",
        "cls.predictions.transform.LayerNorm",
    }


@pytest.mark.parametrize(
    ("name", "missing", "fresh"),
    [
        ("bert", ["pooler.dense.weight", "pooler.dense.bias"], ["pooler"]),
        (
            "classes",
            ["pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias"],
            ["pooler", "output"],
        ),
        ("classes from the mean", ["classifier.weight", "classifier.bias"], ["output"]),
        ("tags", ["classifier.weight", "classifier.bias"], ["output"]),
        ("spans", ["qa_outputs.weight", "qa_outputs.bias"], ["output"]),
    ],
)
def test_a_head_that_is_not_there_is_refused_or_starts_anew(name, missing, fresh, tmp_path):
    save_bert(make("masked tokens"), tmp_path)
    message = r"the checkpoint does not fit the model; .* missing: .*\. A head that the checkpoint lacks can start anew"
    with pytest.raises(CheckpointError, match=message) as caught:
        load_bert(tmp_path, MAKERS[name])
    assert sorted(caught.value.missing) == sorted(missing)
    assert caught.value.unexpected == caught.value.misshapen == ()
    loaded = load_bert(tmp_path, MAKERS[name], fresh=fresh)
    assert {initialised.split(".")[0] for initialised in loaded.initialised} == set(fresh)
    assert len(loaded.initialised) == len(missing)
    for initialised in loaded.initialised:
        tensor = loaded.model.state_dict()[initialised]
        if tensor.dim() == 1:
            assert torch.all(tensor == 0)
        else:
            assert 0 < tensor.abs().max() <= 0.04  # normal with deviation .02, cut at two
    assert all(name.startswith("cls.predictions.") for name in loaded.unused)


def test_a_fresh_masked_token_head_is_whole(tmp_path):
    save_bert(make("bert"), tmp_path)
    loaded = load_bert(tmp_path, BertForMaskedTokens, fresh=["masked_tokens"])
    head = loaded.model.masked_tokens
    assert torch.all(head.bias == 0)
    assert torch.all(head.norm.weight == 1)
    assert torch.all(head.norm.bias == 0)
    assert set(loaded.initialised) == {f"masked_tokens.{name}" for name in head.state_dict()}


def test_a_fresh_head_takes_nothing_though_it_is_there(tmp_path):
    save_bert(make("tags"), tmp_path)
    loaded = load_bert(tmp_path, lambda config: BertForTagging(config, n_tags=7), fresh=["output"])
    assert loaded.model.output.weight.shape == (7, 12)
    assert loaded.initialised == ("output.weight", "output.bias")
    assert loaded.unused == ("classifier.bias", "classifier.weight")


@pytest.mark.parametrize("fresh", ["encoder", "head", "dropout"])
def test_only_heads_start_anew(fresh, tmp_path):
    save_bert(make("classes"), tmp_path)
    with pytest.raises(ValueError, match=f"fresh must name heads of the model, of pooler, output; got {fresh}"):
        load_bert(tmp_path, fresh=[fresh])


# What does not fit


def test_all_that_does_not_fit_is_named_at_once(tmp_path):
    save_bert(make("pretraining"), tmp_path)

    def spoil(tensors):
        del tensors["bert.encoder.layer.1.attention.self.key.bias"]
        del tensors["cls.predictions.bias"]
        tensors["bert.encoder.layer.2.output.dense.bias"] = torch.zeros(12)
        tensors["bert.encoder.layer.0.crossattention.self.key.bias"] = torch.zeros(12)
        tensors["bert.embeddings.position_embeddings.weight"] = torch.zeros(8, 12)
        tensors["bert.encoder.layer.0.attention.self.query.weight"] = torch.zeros(12, 11)
        tensors["bert.pooler.dense.bias"] = torch.zeros(12, dtype=torch.int8)

    edit(tmp_path, spoil)
    with pytest.raises(CheckpointError) as caught:
        load_bert(tmp_path)
    error = caught.value
    assert sorted(error.missing) == ["cls.predictions.bias", "encoder.layer.1.attention.self.key.bias"]
    assert sorted(error.unexpected) == [
        "encoder.layer.0.crossattention.self.key.bias",
        "encoder.layer.2.output.dense.bias",
    ]
    assert sorted(error.misshapen) == [
        "embeddings.position_embeddings.weight is (8, 12) in the checkpoint and (9, 12) in the model",
        "encoder.layer.0.attention.self.query.weight is (12, 11) in the checkpoint and (12, 12) in the model",
        "pooler.dense.bias holds torch.int8, which is no floating-point type",
    ]
    text = str(error)
    assert str(tmp_path / "model.safetensors") in text
    assert all(name in text for name in (*error.missing, *error.unexpected, *error.misshapen))
    assert "2 missing: " in text
    assert "2 unexpected: " in text
    assert "3 of another shape: " in text


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        ("missing", "pooler.dense.bias", lambda tensors, name: tensors.pop(name)),
        ("unexpected", "encoder.layer.9.x", lambda tensors, name: tensors.update({name: torch.zeros(1)})),
        ("misshapen", "pooler.dense.bias", lambda tensors, name: tensors.update({name: torch.zeros(11)})),
        ("misshapen", "pooler.dense.bias", lambda tensors, name: tensors.update({name: torch.zeros(12).int()})),
    ],
)
def test_one_fault_is_enough(kind, name, change, tmp_path):
    save_bert(make("bert"), tmp_path)
    edit(tmp_path, lambda tensors: change(tensors, name))
    with pytest.raises(CheckpointError) as caught:
        load_bert(tmp_path)
    faults = {key: getattr(caught.value, key) for key in ("missing", "unexpected", "misshapen")}
    assert len(faults.pop(kind)) == 1
    assert list(faults.values()) == [(), ()]
    assert name in str(caught.value)


def test_a_message_ends_though_the_list_does_not(tmp_path):
    save_bert(make("bert"), tmp_path)
    edit(tmp_path, lambda tensors: tensors.clear())
    with pytest.raises(CheckpointError, match=r"39 missing: .* and 27 more") as caught:
        load_bert(tmp_path)
    assert len(caught.value.missing) == 39


def test_no_tensor_may_be_missing(tmp_path):
    model = make("pretraining")
    save_bert(model, tmp_path / "whole")
    whole = read_tensors(tmp_path / "whole/model.safetensors")
    (tmp_path / "config.json").write_bytes((tmp_path / "whole/config.json").read_bytes())
    for left_out in whole:
        write_tensors(tmp_path / "model.safetensors", {name: whole[name] for name in whole if name != left_out})
        with pytest.raises(CheckpointError) as caught:
            load_bert(tmp_path)
        assert caught.value.missing == (left_out.removeprefix("bert."),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.update({"pooler.dense.bias": torch.zeros(12)}), "has pooler.dense.bias twice"),
        (
            lambda tensors: tensors.update({"cls.predictions.decoder.weight": torch.zeros(13, 12)}),
            "cls.predictions.decoder.weight must be equal to",
        ),
    ],
)
def test_other_faults_name_the_file(change, message, tmp_path):
    save_bert(make("pretraining"), tmp_path)
    edit(tmp_path, change)
    with pytest.raises(ValueError, match=message) as caught:
        load_bert(tmp_path)
    assert str(tmp_path / "model.safetensors") in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "electra"}, "model_type must be 'bert'; got 'electra'"),
        ({"architectures": ["BertGenerationDecoder"]}, "architectures must name one of BertModel, .*; got \\['BertGen"),
        ({"architectures": None}, r"architectures must name one of .*; got None: say what to build, as in build=Bert"),
        ({"architectures": ["BertModel", "BertForMaskedLM"]}, "architectures must name one of BertModel"),
        ({"architectures": "BertModel"}, "architectures must name one of .*; got 'B"),
        ({"id2label": 3}, "id2label must be an object, with a name for each number of a class or tag; got 3"),
        ({"id2label": "ab"}, "id2label must be an object, .*; got 'ab'"),
    ],
)
def test_another_architecture_is_refused(changes, message, tmp_path):
    save_bert(make("bert"), tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(ValueError, match=message) as caught:
        load_bert(tmp_path)
    assert str(path) in str(caught.value)


def test_an_unknown_precision_is_named(tmp_path):
    message = "precision must be one of float32, float64, bfloat16, float16; got 'int8'"
    with pytest.raises(ValueError, match=message):
        save_bert(make("bert"), tmp_path, precision="int8")
    with pytest.raises(ValueError, match=message):
        load_bert(tmp_path, precision="int8")


@pytest.mark.parametrize(("value", "precision"), [(1e5, "float16"), (float("nan"), "float32"), (1e39, "float32")])
def test_a_value_that_cannot_be_saved_is_named(value, precision, tmp_path):
    model = make("tags").double()
    with torch.no_grad():
        model.output.bias[0] = value
    with pytest.raises(ValueError, match=f"classifier.bias must be finite in torch.{precision}; its largest value is"):
        save_bert(model, tmp_path / "model", precision=precision)
    assert not (tmp_path / "model").exists()


def test_a_model_that_is_no_bert_is_refused(tmp_path):
    with pytest.raises(TypeError, match="model must be a BERT of this package; got Linear"):
        save_bert(nn.Linear(2, 2), tmp_path)


# The tokenizer


def test_the_tokenizer_travels_with_the_model(tmp_path):
    tokenizer = WordPiece(PieceVocabulary(PIECES))
    save_bert(make("masked tokens"), tmp_path, tokenizer=tokenizer)
    loaded = load_bert(tmp_path)
    assert loaded.tokenizer.vocabulary.pieces == tuple(PIECES)
    assert loaded.tokenizer.tokenize("The cats sat.") == ["the", "cat", "##s", "sat", "."]
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert theirs.tokenize("The cats sat.") == ["the", "cat", "##s", "sat", "."]
    assert len(theirs) == len(PIECES)


def test_without_a_vocabulary_there_is_no_tokenizer(tmp_path):
    save_bert(make("bert"), tmp_path)
    with pytest.raises(FileNotFoundError):
        _ = load_bert(tmp_path).tokenizer


@pytest.mark.parametrize(("n_tokens", "fits"), [(13, True), (16, True), (76, True), (77, False), (12, False)])
def test_a_vocabulary_of_another_size_is_refused(n_tokens, fits, tmp_path):
    save_bert(make("bert", n_tokens=n_tokens), tmp_path)
    WordPiece(PieceVocabulary(PIECES)).save(tmp_path)
    if fits:
        assert len(load_bert(tmp_path).tokenizer.vocabulary) == 13
    else:
        message = f"the vocabulary in .* must have {n_tokens} pieces, as the model; got 13"
        with pytest.raises(ValueError, match=message):
            _ = load_bert(tmp_path).tokenizer


def test_padding_elsewhere_is_refused(tmp_path):
    save_bert(make("bert", pad_id=1), tmp_path)
    WordPiece(PieceVocabulary(PIECES)).save(tmp_path)
    with pytest.raises(ValueError, match=r"must have \[PAD\] at 1, as the model; got 0"):
        _ = load_bert(tmp_path).tokenizer


def test_more_pieces_than_embeddings_cannot_be_saved(tmp_path):
    tokenizer = WordPiece(PieceVocabulary(PIECES))
    with pytest.raises(ValueError, match="tokenizer must have at most 12 pieces, as the model; got 13"):
        save_bert(make("bert", n_tokens=12), tmp_path, tokenizer=tokenizer)
