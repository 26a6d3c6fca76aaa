"""The scripts of live figures compute what the models compute, whatever the model is made of. Runs in Node."""

import random

import pytest
import torch

from seq2bert.attention import SCORE_NAMES
from seq2bert.bert import BertConfig, BertForMaskedTokens
from seq2bert.figures import (
    attention_figure,
    bert_heads_figure,
    heads_figure,
    score_figure,
    softmax_figure,
    words_figure,
)
from seq2bert.recurrent import CELL_NAMES, build_seq2seq
from seq2bert.tokenization import PieceVocabulary, WordPiece
from seq2bert.transformer import TransformerConfig, TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary
from tests.live.compare import SCRIPTS, compare

CLOSE = 1e-4  # weights fit in 16 bits here, so that only the order of sums differs

SOURCE, TARGET = Vocabulary("abcdefgh ü"), Vocabulary("0123-")
SIZES = {"n_source": len(SOURCE), "n_target": len(TARGET), "pad_id": SOURCE.pad_id}
NAMES = {"source": SOURCE, "target": TARGET, "max_length": 7, "text": "abc", "examples": ()}
TEXTS = [{"text": text} for text in ("abc", "a", "fünf ahfg", "gh?c")]
FORCED = [{"text": "bad cafe", "forced": forced} for forced in ({}, {"0": 3}, {"2": "none"}, {"1": 0, "3": "none"})]


def rounded(model):
    """The model with larger weights, so that no answer is the same for all inputs, as 16 bits store them."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((parameter * (2 if parameter.dim() > 1 else 1)).half().float())
    return model.eval()


def agree(figures, inputs):
    results = compare(figures, dict.fromkeys(figures, inputs))
    assert set(results) == set(figures)
    for name, result in results.items():
        assert result["numbers"] > 10 * len(inputs), name
        assert result["different"] == 0, name
        assert result["logits"] < CLOSE, name
        assert result["weights"] < CLOSE, name


def recurrent(**options):
    sizes = {"d_embedding": 6, "d_encoder": 5, "d_decoder": 10, "max_source": 12}
    return rounded(build_seq2seq(**SIZES, **sizes, **options))


def test_every_cell_order_and_score():
    models = {f"{score}, luong": recurrent(score=score) for score in SCORE_NAMES}
    models |= {f"{score}, bahdanau": recurrent(score=score, order="bahdanau") for score in SCORE_NAMES}
    models |= {cell: recurrent(score="additive", cell=cell) for cell in CELL_NAMES}
    models |= {
        "one direction": recurrent(score="general", bidirectional=False),
        "input feeding": recurrent(score="dot", input_feeding=True),
    }
    agree({name: attention_figure(model, **NAMES) for name, model in models.items()}, TEXTS + FORCED)


def test_side_by_side_and_without_attention():
    models = {"none": recurrent(score=None), "none, every step": recurrent(score=None, context_every_step=True)}
    agree({"zoo": score_figure(models | {"dot": recurrent(score="dot")}, **NAMES)}, TEXTS)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_transformers_with_every_kind_of_position(norm):
    figures = {}
    for positions in ("none", "sinusoidal", "learned", "rotary"):
        for tie, activation in (("none", "relu"), ("target", "gelu")):
            config = TransformerConfig(
                d_model=12, n_heads=3, d_ff=20, n_encoder_layers=2, n_decoder_layers=1, dropout=0.0, max_length=20,
                norm=norm, positions=positions, tie=tie, activation=activation,
            )  # fmt: skip
            model = rounded(TransformerSeq2Seq(config, **SIZES))
            figures[f"{positions} {tie}"] = heads_figure(model, **NAMES)
    agree(figures, TEXTS)


def test_one_vocabulary_for_source_and_target():
    config = TransformerConfig(d_model=8, n_heads=2, d_ff=9, n_encoder_layers=1, n_decoder_layers=2, tie="all")
    model = rounded(TransformerSeq2Seq(config, n_source=len(SOURCE), n_target=len(SOURCE), pad_id=SOURCE.pad_id))
    agree({"all": heads_figure(model, **(NAMES | {"target": SOURCE}))}, TEXTS)


@pytest.fixture(scope="module")
def bert():
    pieces = [*PieceVocabulary.SPECIAL_TOKENS, *"abcdef.,!", "##a", "##b", "##c", "##de", "cab", "東"]
    config = BertConfig(n_tokens=len(pieces), d_model=12, n_heads=3, d_ff=20, n_layers=2, max_length=16, dropout=0.0)
    return rounded(BertForMaskedTokens(config)), WordPiece(PieceVocabulary(pieces))


SENTENCES = (
    "Cab abde, fé!", "a [MASK] c", "xyz cab.", "A\u00a0b\u200bc", "東ab", "ÀÉ ça",
    "a " * 30, "a" * 101, "[SEP]a[MASK][MASK]",
)  # fmt: skip


def test_bert_and_its_pieces(bert):
    agree({"heads": bert_heads_figure(*bert, text="cab a")}, [{"text": text} for text in SENTENCES])
    hidden = [{"text": text, "hidden": [1]} for text in SENTENCES] + [{"text": "[MASK] a b"}]
    agree({"words": words_figure(*bert, text="cab a", hidden=[1])}, hidden)


def test_softmax_and_what_is_said_of_it():
    generator = random.Random(5)
    inputs = [
        {"scores": [generator.gauss(0, 2) for _ in range(4)], "temperature": t, "d": d, "scaled": scaled}
        for t in (0.3, 1.0, 4.0)
        for d in (1, 64, 512)
        for scaled in (True, False)
    ]
    results = compare({"softmax": softmax_figure()}, {"softmax": inputs})["softmax"]
    assert results["different"] == 0
    assert max(results["logits"], results["weights"]) < 1e-5


@pytest.mark.parametrize(
    ("script", "right", "wrong"),
    [
        ("recurrent", "sigmoid(gates[size + i]) * state.cell[i]", "sigmoid(gates[i]) * state.cell[i]"),
        ("scores", "Math.tanh(query[j] + key[j])", "Math.tanh(query[j] - key[j])"),
        ("recurrent", 'if (suffix) order.reverse();', ""),
        ("tensors", "Math.exp(scores[i] - largest)", "Math.exp(0.9 * (scores[i] - largest))"),
    ],
)  # fmt: skip
def test_a_broken_script_is_noticed(script, right, wrong, tmp_path):
    for path in SCRIPTS.glob("*.mjs"):
        text = path.read_text(encoding="utf-8")
        assert path.stem != script or text.count(right) == 1
        (tmp_path / path.name).write_text(text.replace(right, wrong) if path.stem == script else text, encoding="utf-8")
    figure = attention_figure(recurrent(score="additive"), **NAMES)
    result = compare({"broken": figure}, {"broken": TEXTS}, tmp_path)["broken"]
    assert result["different"] or result["logits"] > CLOSE or result["weights"] > CLOSE
