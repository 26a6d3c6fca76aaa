"""The comparison with transformers that lecture 15 shows, and the test of sentence similarity."""

import json

import pytest
import torch
from torch.testing import assert_close

from seq2bert.bert import BertConfig, BertForMaskedTokens
from seq2bert.checkpoints import save_bert, shipped_folder, shipped_sha256
from seq2bert.data.prose import Document, Paragraph, load_prose
from seq2bert.experiments import checkpoint_agreement, load_result
from seq2bert.experiments.bag_of_words import inverse_frequencies
from seq2bert.experiments.checkpoint_agreement import CONFIG, SENTENCE, compare_with_transformers, first_values
from seq2bert.experiments.sentence_retrieval import (
    bag_vectors,
    mean_vectors,
    neighbours_of,
    retrieval_scores,
)
from seq2bert.tokenization import WordPiece


@pytest.fixture(scope="module")
def tokenizer():
    return WordPiece.train([*load_prose().test[0].sentences, "Some more sentences, and one of them is short."], 120)


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.manual_seed(0)
    config = BertConfig(
        n_tokens=len(tokenizer.vocabulary), d_model=16, n_heads=2, d_ff=32, n_layers=2, max_length=128, dropout=0.0
    )
    return BertForMaskedTokens(config).eval()


def test_neighbours_by_hand():
    alone, three = Paragraph("summary", ("One.",)), Paragraph("notes", ("Two.", "Three.", "Four."))
    documents = [Document("p", "m", (alone, three)), Document("p", "n", (alone,))]
    assert neighbours_of(documents) == [("Two.", "Three.")]


def test_scores_by_hand():  # the second row finds the first one's partner
    first = torch.tensor([[1.0, 0.0], [1.0, 0.1]])
    second = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    scores = retrieval_scores(first, second)
    assert scores["found"] == 0.5
    assert scores["mean_cosine"] == pytest.approx((0 + 1 / 1.01**0.5) / 2)


def test_centring_takes_out_what_all_share():
    torch.manual_seed(0)
    first, shared = torch.randn(20, 8), torch.randn(8) * 50
    assert retrieval_scores(first + shared, first + shared)["mean_cosine"] > 0.9
    centred = retrieval_scores(first + shared, first + shared, centre=True)
    assert abs(centred["mean_cosine"]) < 0.2
    assert centred["found"] == 1.0


def test_a_mean_vector_does_not_depend_on_its_batch(model, tokenizer):
    sentences = ["A short one.", "Some more sentences, and one of them is short.", "A short one."]
    together = mean_vectors(model.encoder, tokenizer, sentences)
    alone = mean_vectors(model.encoder, tokenizer, sentences[:1])
    assert_close(together[0], alone[0], atol=1e-5, rtol=0)
    assert_close(together[0], together[2])
    states = model.encoder(torch.tensor([tokenizer.encode(sentences[0]).ids])).states
    assert_close(alone[0], states[0].mean(0), atol=1e-5, rtol=0)


def test_a_long_sentence_is_cut_to_what_the_encoder_can_read(model, tokenizer):
    long, cut = "short " * 200, tokenizer.encode("short " * 200, max_length=128)
    assert len(cut) == model.encoder.config.max_length
    assert cut.tokens[-1] == "[SEP]"
    states = model.encoder(torch.tensor([cut.ids])).states
    assert_close(mean_vectors(model.encoder, tokenizer, [long])[0], states[0].mean(0), atol=1e-5, rtol=0)


def test_bags_by_hand():
    weights = inverse_frequencies(["a b", "a"])  # a: ln 1 = 0, b: ln 2
    assert_close(bag_vectors(["b b c", "a"], weights), torch.tensor([[0.0, 2 * torch.log(torch.tensor(2.0))], [0, 0]]))


@pytest.mark.error_messages
def test_shapes_are_named():
    with pytest.raises(ValueError, match=r"first and second must have the same shape; got \(2, 3\) and \(3, 3\)"):
        retrieval_scores(torch.zeros(2, 3), torch.zeros(3, 3))


def test_both_compute_the_same(model, tokenizer, tmp_path, monkeypatch):
    save_bert(model, tmp_path, tokenizer=tokenizer)
    monkeypatch.setattr(checkpoint_agreement, "shipped_folder", lambda: tmp_path)
    figures = compare_with_transformers({"model": "shipped", "seed": 0, "sentences": 5, "shown": 3})
    assert figures["float32"]["largest_difference"] < 1e-5 < 1e-3 < figures["float32"]["largest_value"]
    assert figures["float64"]["largest_difference"] < 1e-12
    tokens = torch.tensor([tokenizer.encode(SENTENCE).ids])
    with torch.no_grad():
        ours = first_values(model.logits(tokens)[0], 3)
    assert ours == pytest.approx(figures["float32"]["last_sentence"], abs=1e-5)


def test_the_record_agrees_to_the_promised_digits():
    for name, figures in load_result("checkpoint-agreement")["summary"].items():
        assert figures["float32"]["largest_difference"] < 1e-5 * max(1.0, figures["float32"]["largest_value"]), name
        assert figures["float64"]["largest_difference"] < 1e-12 * max(1.0, figures["float64"]["largest_value"]), name
        assert figures["sentences"] == CONFIG["sentences"] + 1


def test_the_shipped_folder_is_whole():
    names = {path.name for path in shipped_folder().iterdir()}
    assert {"config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors", "card.json"} <= names
    assert sum(path.stat().st_size for path in shipped_folder().iterdir()) < 10e6


def test_the_shipped_weights_are_those_of_the_card():
    card = json.loads((shipped_folder() / "card.json").read_text(encoding="utf-8"))
    assert shipped_sha256() == card["sha256"]
