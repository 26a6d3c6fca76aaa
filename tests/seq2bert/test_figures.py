"""Live figures as pieces of a page: what they hold, what they say, and which models they refuse."""

import base64
import json
import re
import struct

import numpy as np
import pytest
import torch

from seq2bert.bert import BertConfig, BertForMaskedTokens
from seq2bert.checkpoints import shipped_folder, shipped_sha256
from seq2bert.checkpoints.four_bits import LEVELS, in_four_bits, to_four_bits
from seq2bert.data.dates import date_vocabularies, load_dates
from seq2bert.experiments import four_bits, load_result
from seq2bert.experiments.prose_task import ProseTask, prose_task
from seq2bert.figures import attention_figure, heads_figure, softmax_figure, words_figure
from seq2bert.figures.answers import answer_reader
from seq2bert.figures.bundle import bundle, module_sources
from seq2bert.figures.pictures import beside, heat_map
from seq2bert.figures.weights import ModelData, describe_bert, pack
from seq2bert.recurrent import build_seq2seq
from seq2bert.tokenization import Cleaning, PieceVocabulary, WordPiece
from seq2bert.transformer import TransformerConfig, TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary

SOURCE, TARGET = Vocabulary("abc "), Vocabulary("012")
SIZES = {"n_source": len(SOURCE), "n_target": len(TARGET), "pad_id": SOURCE.pad_id}
NAMES = {"source": SOURCE, "target": TARGET, "max_length": 5, "text": "ab <c"}


def reader(score="dot", **options):
    return build_seq2seq(**SIZES, d_embedding=3, d_encoder=2, d_decoder=4, score=score, **options).eval()


@pytest.fixture
def figure():
    return attention_figure(reader(), **NAMES)


def test_a_piece_of_page_holds_everything_and_loads_nothing(figure):
    page = figure.html()
    assert not re.findall(r"""(?:src|href)=["']|fetch\(|import\(|https?://(?!www\.w3\.org)""", page)
    assert page.count("<script>") == page.count("</script>") == 1
    weights = re.search(r'fromBase64\("([^"]+)"\)', page)[1]
    assert base64.b64decode(weights) == figure.weights()
    assert figure.still in page
    assert figure.look_for in page
    assert len(figure._repr_html_()) == len(page)  # what a notebook asks for


def test_the_same_figure_may_stand_twice(figure):
    places = [re.search(r'id="(live-\w+)"', figure.html())[1] for _ in range(2)]
    assert places[0] != places[1]


def test_what_is_typed_cannot_end_the_script():
    page = attention_figure(reader(), **(NAMES | {"text": "</script><b>"})).html()
    assert page.count("</script>") == 1
    assert "<b>" not in page.replace("<\\/script><b>", "")


def test_a_page_of_its_own(figure, tmp_path):
    figure.save(str(tmp_path / "figure.html"))
    text = (tmp_path / "figure.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert '<meta charset="utf-8">' in text


def test_weights_as_the_format_says():
    tensors = {"a": torch.tensor([[1.0, -2.0], [0.5, 65504.0]]), "b": torch.tensor(3.0)}
    packed = pack(
        {"one": ModelData({"kind": "x", "names": ["ü"]}, tensors), "two": ModelData({}, {"c": torch.ones(1)})}
    )
    (length,) = struct.unpack("<I", packed[:4])
    header = json.loads(packed[4 : 4 + length])
    assert length % 2 == 0
    assert header == {
        "one": {"kind": "x", "names": ["ü"], "tensors": {"a": [2, 2], "b": []}},
        "two": {"tensors": {"c": [1]}},
    }
    assert np.frombuffer(packed[4 + length :], "<f2").tolist() == [1.0, -2.0, 0.5, 65504.0, 3.0, 1.0]


@pytest.mark.error_messages
def test_weights_too_large_for_16_bits():
    with pytest.raises(ValueError, match="beyond 16 bits: 70000"):
        pack({"one": ModelData({}, {"a": torch.tensor([7e4])})})


def test_forced_rows_change_weights_context_and_nothing_in_the_model():
    model = reader("additive", order="bahdanau")
    arguments = {"source": SOURCE, "target": TARGET, "max_length": 4, "text": "abc"}
    free = answer_reader(model, **arguments)
    forced = answer_reader(model, **arguments, forced={0: 2, 1: "none"})
    assert forced["weights"][0] == [0, 0, 1]
    assert forced["weights"][1] == [0, 0, 0]
    assert forced["logits"][0] != free["logits"][0]
    assert answer_reader(model, **arguments) == free


def test_one_script_out_of_the_modules():
    text = bundle()
    assert not re.findall(r"^(?:import|export) ", text, flags=re.MULTILINE)
    assert len(re.findall(r"^modules\.\w+ = ", text, flags=re.MULTILINE)) == len(module_sources())
    assert list(re.findall(r"^modules\.(\w+) = ", bundle("scores"), flags=re.MULTILINE)) == ["tensors", "scores"]


@pytest.mark.error_messages
def test_a_script_that_is_not_there():
    with pytest.raises(ValueError, match=r"there is no script tensor\.mjs; there are .*tensors"):
        bundle("tensor")


def test_a_picture_has_a_shade_for_each_weight_and_says_what_it_shows():
    group, width, height = heat_map([[0.0, 1.0], [0.5, 0.51]], rows=["x", " "], columns=["a", "<"], cell=10)
    assert (width, height) == (30, 30)
    assert re.findall(r'opacity="([\d.]+)" d="([^"]*)"', group) == [
        ("0.5", "M0 1h1v1h-1zM1 1h1v1h-1z"),
        ("1", "M1 0h1v1h-1z"),
    ]
    assert "&lt;" in group
    assert "␣" in group
    assert heat_map([[1.0]], rows=["x"], columns=["y"], title="a long title")[1] > 100  # not cut off
    picture = beside([(group, width, height)] * 3, alt='three "maps"', columns=2, gap=5)
    assert 'viewBox="0 0 65 65"' in picture
    assert 'aria-label="three &quot;maps&quot;"' in picture


def test_first_views_say_what_they_show():
    data = load_dates(n_train=200, n_valid=1, n_test=1)
    source, target = date_vocabularies(data)
    model = build_seq2seq(n_source=len(source), n_target=len(target), pad_id=source.pad_id, score="dot")
    figure = attention_figure(model, source=source, target=target)
    assert "5 de mayo de 2021" in figure.alt
    assert 'role="img"' in figure.still
    assert "not divided by √d" in softmax_figure().alt


def refused(model, **changes):
    show = heads_figure if isinstance(model, TransformerSeq2Seq) else attention_figure
    return show(model, **(NAMES | changes))


def transformer(**changes):
    sizes = {"d_model": 8, "n_heads": 2, "d_ff": 4, "n_encoder_layers": 1, "n_decoder_layers": 1, "tie": "none"}
    return TransformerSeq2Seq(TransformerConfig(**(sizes | changes)), **SIZES)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: refused(reader(None)), "with attention; this one has none"),
        (lambda: refused(reader(None, n_layers=2)), "one recurrent layer; the model has 2"),
        (lambda: refused(reader(window="local-m")), "the model has a window"),
        (lambda: refused(transformer(positions="alibi")), "got positions='alibi'"),
        (lambda: refused(transformer(n_kv_heads=1)), "1 heads of keys for 2"),
        (lambda: refused(transformer(causal=False)), "the causal mask"),
        (lambda: refused(reader(), source=Vocabulary(["ab", "c"])), "character by character"),
        (lambda: softmax_figure([1.0], temperature=0), "a positive temperature"),
    ],
)
def test_models_that_the_scripts_do_not_know(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.fixture
def bert():
    pieces = [*PieceVocabulary.SPECIAL_TOKENS, "a", "b"]
    config = BertConfig(n_tokens=len(pieces), d_model=4, n_heads=2, d_ff=4, n_layers=1, max_length=8)
    return BertForMaskedTokens(config), PieceVocabulary(pieces)


@pytest.mark.error_messages
def test_bert_needs_something_hidden_and_one_rule_of_accents(bert):
    model, pieces = bert
    with pytest.raises(ValueError, match=r"hidden must name a piece of the text; got \[9\] and 4 pieces"):
        words_figure(model, WordPiece(pieces), text="a b", hidden=[9])
    with pytest.raises(ValueError, match="strip accents exactly if they lower-case"):
        describe_bert(model, WordPiece(pieces, Cleaning(strip_accents=False)))


def test_four_bits_by_hand():
    """Weights that lie on levels times a scale stay as they are; a lone large one does not flatten the others."""
    exact = torch.tensor(LEVELS).repeat(4) * 0.5
    coarse = to_four_bits(torch.stack([exact, -2 * exact.abs()]))
    assert coarse.scales.tolist() == [0.5, 1.0]
    torch.testing.assert_close(coarse.values()[0], exact)
    assert coarse.codes[0, :16].tolist() == list(range(16))
    assert coarse.pack()[4:6] == bytes([0x10, 0x32])  # two scales, then codes 0 and 1, 2 and 3


def test_four_bits_are_close_and_only_large_matrices_have_them():
    model = torch.nn.Sequential(torch.nn.Linear(256, 128), torch.nn.Linear(128, 8))
    rounded, coarse = in_four_bits(model)
    assert list(coarse) == ["0.weight"]
    assert torch.equal(rounded[0].weight, coarse["0.weight"].values())
    assert torch.equal(rounded[1].weight, model[1].weight)
    error = (rounded[0].weight - model[0].weight).std() / model[0].weight.std()
    assert 0 < error < 0.12  # sixteen levels spread evenly over ±√3 deviations would give 0.0625 at best
    assert len(coarse["0.weight"].pack()) == 256 * 128 // 2 + 256 * 128 // 64 * 2


def test_four_bits_of_zeros():
    assert torch.equal(to_four_bits(torch.zeros(64)).values(), torch.zeros(64))


@pytest.mark.error_messages
def test_four_bits_need_whole_runs(bert):
    with pytest.raises(ValueError, match="a multiple of 64 weights; got 65"):
        to_four_bits(torch.ones(65))
    with pytest.raises(ValueError, match="bits must be 16 or 4; got 8"):
        words_figure(bert[0], WordPiece(bert[1]), text="a b", hidden=[1], bits=8)


@pytest.mark.without_shapes
def test_the_cost_of_four_bits_is_recorded_for_these_weights(monkeypatch):
    record = load_result("four-bits")
    assert record["config"]["checkpoint"] == shipped_sha256()
    assert four_bits.EXPERIMENT.plan([]) == [four_bits.CONFIG]
    scores = record["summary"]
    assert scores["16 bits"]["accuracy"] == load_result("pretrain")["summary"]["test"]["accuracy"]
    assert 0 < scores["16 bits"]["accuracy"] - scores["4 bits"]["accuracy"] < 0.02
    few = prose_task(WordPiece.load(shipped_folder())).held_out("test")[:1]
    monkeypatch.setattr(ProseTask, "held_out", lambda task, part: few)
    found = four_bits.score_both(four_bits.CONFIG)
    assert found["4 bits"]["loss"] > found["16 bits"]["loss"]
