"""Next-sentence prediction: the pairs, the baseline of shared pieces, and a whole run at a tiny size."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

from seq2bert.bert import BertConfig, BertForClassification, BertForMaskedTokens, SentencePair
from seq2bert.checkpoints import save_bert
from seq2bert.data.prose import Prose, load_prose
from seq2bert.experiments import next_sentence, sentence_pair_task
from seq2bert.experiments.sentence_pair_task import (
    PairTask,
    pair_loss,
    phrase_book_pairs,
    phrase_book_task,
    piece_links,
)
from seq2bert.tokenization import PieceVocabulary, WordPiece

WORDS = ["a", "b", "c", "d", "e", "f"]
TOKENIZER = WordPiece(PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, *WORDS]))


def task_of(train, test=()):
    return PairTask(TOKENIZER, list(train), [], list(test), 64)


def test_a_packed_pair_by_hand():
    batch = task_of([]).collate([SentencePair("a b", "c", 1), SentencePair("a", "b c d", 0)])
    ids = TOKENIZER.vocabulary.encode
    assert batch.tokens.tolist() == [
        ids(["[CLS]", "a", "b", "[SEP]", "c", "[SEP]", "[PAD]"]),
        ids(["[CLS]", "a", "[SEP]", "b", "c", "d", "[SEP]"]),
    ]
    assert batch.segments.tolist() == [[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1, 1]]
    assert batch.lengths.tolist() == [6, 7]
    assert batch.labels.tolist() == [1, 0]
    assert len(batch) == 2
    moved = batch.to("meta")
    assert all(getattr(moved, name).is_meta for name in ("tokens", "segments", "lengths", "labels"))


def test_a_long_pair_is_cut():
    short = replace(task_of([]), longest=6)
    assert short.collate([SentencePair("a b c d", "e", 0)]).tokens.shape == (1, 6)


def test_a_batch_depends_on_seed_and_step_alone():
    task = task_of([SentencePair(first, second, 0) for first in WORDS for second in WORDS])
    here = task.batch(3, batch_size=8, seed=1).tokens
    assert torch.equal(task.batch(3, batch_size=8, seed=1).tokens, here)
    assert not torch.equal(task.batch(4, batch_size=8, seed=1).tokens, here)
    assert not torch.equal(task.batch(3, batch_size=8, seed=2).tokens, here)
    assert len({tuple(row) for row in task.batch(0, batch_size=36, seed=0).tokens.tolist()}) == 36


def test_overlap_by_hand():
    # {a, b} and {b, c} share one of three.
    assert task_of([]).overlap(SentencePair("a b a", "b c", 0)) == pytest.approx(1 / 3)
    assert task_of([]).overlap(SentencePair("a", "", 0)) == 0.0
    assert task_of([]).overlap(SentencePair("", "", 0)) == 0.0


def test_the_threshold_is_learned_from_the_training_pairs():
    # Next from 1/3 on: all four training pairs are right; the test pairs have 1/2, 1/5 and 1.
    train = [SentencePair("a b", "b c", 0), SentencePair("a b", "a b", 0)]
    train += [SentencePair("a b c", "c d e", 1), SentencePair("a", "b", 1)]
    test = [SentencePair("a", "a b", 0), SentencePair("a b c", "c d e", 1), SentencePair("a", "a", 1)]
    assert task_of(train).overlap_accuracy(test) == pytest.approx(2 / 3)
    lower = [SentencePair("a", "b", 0), *train]  # alone it would say "next" to all
    assert task_of(lower).overlap_accuracy(test, learn_from=1) == pytest.approx(1 / 3)
    assert task_of(lower).overlap_accuracy(test) == pytest.approx(2 / 3)


def test_links_by_hand():
    # a stands in two first sentences, d in two second ones, both together in one pair: 2 * 1 / (2 + 2) = 1/2.
    pairs = [SentencePair("a a b", "d", 0), SentencePair("a", "e", 0), SentencePair("c", "d f", 0)]
    ids = {word: number for number, word in enumerate(WORDS)}
    links = piece_links(pairs, lambda text: sorted({ids[word] for word in str(text).split()}), 6)
    assert links.shape == (6, 6)
    expected = {("a", "d"): 1 / 2, ("b", "d"): 2 / 3, ("a", "e"): 2 / 3, ("c", "d"): 2 / 3, ("c", "f"): 1.0}
    for first in WORDS:
        for second in WORDS:
            assert links[ids[first], ids[second]] == pytest.approx(expected.get((first, second), 0.0))


def test_links_find_translations_that_share_nothing():
    # d, e and f translate a, b and c. Overlap sees nothing; links are counted on true pairs only.
    partner = dict(zip("abc", "def", strict=True))
    true = [SentencePair(f"{one} {two}", f"{partner[one]} {partner[two]}", 0) for one in "abc" for two in "abc"]
    false = [SentencePair("a b", "f f", 1), SentencePair("c c", "d e", 1), SentencePair("a a", "e f", 1)]
    task = PairTask(TOKENIZER, true + 50 * false, true + false, true + false, 64)
    assert task.linked_accuracy(task.test) == 1.0
    assert task.overlap_accuracy(task.test) == pytest.approx(9 / 12)


def test_the_threshold_of_links_is_chosen_on_the_validation_pairs():
    # a is linked to d (1) and not to e (0). Where both follow in the validation pairs, 0 is enough, and so for all.
    train = [SentencePair("a", "d", 0)] * 3
    strict = PairTask(TOKENIZER, train, [SentencePair("a", "d", 0), SentencePair("a", "e", 1)], [], 64)
    loose = replace(strict, validation=[SentencePair("a", "d", 0), SentencePair("a", "e", 0)])
    asked = [SentencePair("a", "d", 0), SentencePair("a", "e", 1), SentencePair("", "d", 1), SentencePair("a", "", 1)]
    assert strict.linked_accuracy(asked) == 1.0
    assert loose.linked_accuracy(asked) == 1 / 4


def test_each_piece_of_the_second_sentence_takes_its_best_link():
    # Links: a-d 1, b-e 1. "a b", "d e" has the mean of 1 and 1; "a", "d e e" that of 1 and 0; "a", "d e f" 1, 0 and 0.
    train = [SentencePair("a", "d", 0), SentencePair("b", "e", 0)]
    whole, half, third = SentencePair("a b", "d e", 0), SentencePair("a", "d e e", 0), SentencePair("a", "d e f", 1)
    assert (
        PairTask(TOKENIZER, train, [whole, half._replace(label=1)], [], 64).linked_accuracy(
            [whole, half._replace(label=1), third]
        )
        == 1.0
    )
    assert PairTask(TOKENIZER, train, [half, third], [], 64).linked_accuracy([whole, half, third]) == 1.0


def test_half_of_the_phrase_book_is_translated_and_strangers_are_french():
    book = [(f"english {number}", f"french {number}") for number in range(2000)]
    pairs = phrase_book_pairs(book, generator=torch.Generator().manual_seed(0))
    assert [pair.first for pair in pairs] == [english for english, _ in book]
    follows = [pair.second == french for pair, (_, french) in zip(pairs, book, strict=True)]
    assert follows == [pair.label == 0 for pair in pairs]  # a stranger is never the translation
    assert 900 < sum(follows) < 1100  # 1000 ± 4.5 standard deviations of 22
    strangers = [int(str(pair.second).split()[1]) for pair in pairs if pair.label == 1]
    assert all(str(pair.second).startswith("french") for pair in pairs)
    assert 0.4 < sum(number < 1000 for number in strangers) / len(strangers) < 0.6
    two = phrase_book_pairs(book[:2], generator=torch.Generator().manual_seed(1))
    assert all(pair.label == 0 or pair.second == book[1 - number][1] for number, pair in enumerate(two))


@pytest.mark.error_messages
def test_a_book_of_one_phrase_is_refused():
    with pytest.raises(ValueError, match="book must hold two sentences, to draw strangers from; got 1"):
        phrase_book_pairs([("a", "b")], generator=torch.Generator())


@pytest.mark.without_shapes
def test_held_out_pairs_are_the_same_for_every_seed():
    one, other = (phrase_book_task(pieces=300, seed=seed, rounds=2, held_out=50) for seed in (0, 1))
    assert one.test == other.test
    assert one.validation == other.validation
    assert len(one.test) == len(one.validation) == 50
    assert len(one.train) == 24_000
    assert one.train != other.train
    assert one.train[:12_000] != one.train[12_000:]  # other strangers in each round
    seen = {pair.first for pair in one.train}
    assert not seen & {pair.first for pair in [*one.test, *one.validation]}


@pytest.fixture
def short_prose(monkeypatch):
    prose = load_prose()
    short = Prose(prose.train[:30], prose.validation[:8], prose.test[:8])
    for module in (next_sentence, sentence_pair_task):
        monkeypatch.setattr(module, "load_prose", lambda: short)
    return short


def test_pairs_of_prose_stay_in_their_part(short_prose):
    task = sentence_pair_task.prose_pair_task(TOKENIZER, seed=3, held_out=20)
    for pairs, documents in ((task.train, short_prose.train), (task.test, short_prose.test)):
        where = {text: document.module for document in documents for text in document.sentences}
        assert all((where[pair.first] == where[pair.second]) == (pair.label == 0) for pair in pairs)
    assert len(task.test) == len(task.validation) == 20
    again = sentence_pair_task.prose_pair_task(TOKENIZER, seed=4, held_out=20)
    assert again.test == task.test
    assert again.train != task.train


def model_of(config=None):
    config = config or BertConfig(
        n_tokens=len(TOKENIZER.vocabulary), d_model=8, n_heads=2, d_ff=16, n_layers=1, max_length=16
    )
    return BertForClassification(config, n_classes=2)


def test_loss_and_accuracy_by_hand():
    model = model_of().eval()
    pairs = [SentencePair("a b", "c", 1), SentencePair("a", "b c d", 0), SentencePair("f", "e", 0)]
    batch = task_of(pairs).collate(pairs)
    logits = model(batch.tokens, segments=batch.segments, lengths=batch.lengths)
    assert_close(pair_loss(model, batch), F.cross_entropy(logits, torch.tensor([1, 0, 0])))
    right = (logits.argmax(1) == torch.tensor([1, 0, 0])).float().mean().item()
    assert task_of(pairs).accuracy(model.train(), pairs) == pytest.approx(right)
    assert model.training
    with torch.no_grad():
        model.output.weight.zero_()
        model.output.bias.copy_(torch.tensor([1.0, 0.0]))  # always "next"
    assert task_of(pairs).accuracy(model, pairs * 50) == pytest.approx(2 / 3)


SIZES = {"d_model": 16, "n_heads": 2, "d_ff": 32, "n_layers": 1, "max_length": 48, "initial_deviation": 0.08}
TINY = {"sizes": SIZES, "longest": 48, "held_out": 40, "steps": 6, "batch_size": 4, "learning_rate": 1e-3, "seed": 0}
TINY |= {"part": "table", "pieces": 300}


@pytest.mark.without_shapes
@pytest.mark.parametrize("text", ["phrase book", "prose"])
def test_a_whole_run_at_a_tiny_size(short_prose, text):
    settings = {**TINY, "text": text, "start": "scratch"}
    figures = next_sentence.predict_next(settings)
    assert 0 <= figures["accuracy"] <= 1
    assert 0.5 < figures["overlap"] <= 1
    assert 0.5 < figures["linked"] <= 1
    assert [steps for steps, _ in figures["curve"]] == [1, 2, 3, 4, 5, 6]
    choice = next_sentence.predict_next({**settings, "part": "choice"})
    assert choice["validation"] == figures["validation"]
    assert set(figures) - set(choice) == {"accuracy", "overlap", "linked"}  # the choice never sees the test


def test_a_run_may_start_from_a_checkpoint(short_prose, monkeypatch, tmp_path):
    tokenizer = WordPiece.train((text for document in short_prose.train for text in document.sentences), 300)
    config = BertConfig(n_tokens=len(tokenizer.vocabulary), d_model=16, n_heads=2, d_ff=32, n_layers=1, max_length=48)
    trained = BertForMaskedTokens(config)
    nn.init.normal_(trained.encoder.embeddings.tokens.weight)
    save_bert(trained, tmp_path, tokenizer=tokenizer)
    monkeypatch.setattr(next_sentence, "shipped_folder", lambda: tmp_path)
    task, model = next_sentence.prepare({**TINY, "text": "prose", "start": "checkpoint"})
    assert task.tokenizer.vocabulary.pieces == tokenizer.vocabulary.pieces
    expected = trained.encoder.state_dict()
    segments = expected["embeddings.segments.weight"]
    assert_close(model.encoder.state_dict(), expected | {"embeddings.segments.weight": segments[[0, 0]]})
    assert 0 < model.pooler.dense.weight.abs().max() <= 2 * config.initial_deviation


def test_the_plan_chooses_a_rate_for_each_row_and_the_summary_groups_the_seeds():
    Record, config = next_sentence.Record, next_sentence.CONFIG
    jobs = next_sentence.EXPERIMENT.plan([])
    rates = config["rates"]
    starts = [("phrase book", "scratch"), ("prose", "scratch"), ("prose", "checkpoint")]
    assert [(job["part"], job["text"], job["start"], job["learning_rate"], job["seed"]) for job in jobs] == [
        ("choice", text, start, rate, seed)
        for text, start in starts
        for rate in rates[start]
        for seed in config["choice_seeds"][start]
    ]
    assert {job["pieces"] for job in jobs} == {config["pieces"]}  # the same model on both texts
    scratch = [job for job in jobs if job["start"] == "scratch"]
    assert len({(job["steps"], job["batch_size"]) for job in scratch}) == 1

    best = {start: rates[start][1] for start in rates}
    records = [Record(job, {"validation": 0.5 + (job["learning_rate"] == best[job["start"]]) / 10}) for job in jobs]
    tables = [job for job in next_sentence.EXPERIMENT.plan(records) if job["part"] == "table"]
    assert [(job["text"], job["start"], job["learning_rate"], job["seed"]) for job in tables] == [
        (text, start, best[start], seed) for text, start in starts for seed in config["seeds"][start]
    ]
    figures = {"accuracy": 0.5, "overlap": 0.6, "linked": 0.7, "train_loss": 0.1, "processor_seconds": 1.0}
    records += [Record(job, figures | {"curve": [[1, 0.5]], "validation": 0.9}) for job in tables]
    rows = next_sentence.EXPERIMENT.summarise(records)["rows"]
    assert list(rows) == ["phrase book, scratch", "prose, scratch", "prose, checkpoint"]
    assert rows["phrase book, scratch"]["accuracy"] == [0.5] * 5
    assert rows["prose, checkpoint"]["linked"] == [0.7] * 3
    assert rows["prose, checkpoint"]["pairs seen"] == 240 * 32
    assert rows["prose, scratch"]["chosen"] == {"learning_rate": best["scratch"]}
    assert rows["prose, scratch"]["tried"] == [
        [{"learning_rate": rate}, pytest.approx(0.5 + (rate == best["scratch"]) / 10)] for rate in rates["scratch"]
    ]


def test_a_small_bert_learns_which_word_follows():
    # The second word follows if it comes next in the alphabet.
    partner = dict(zip("ace", "bdf", strict=True))
    pairs = [SentencePair(first, second, int(partner[first] != second)) for first in "ace" for second in "bdf"]
    task = task_of(pairs * 8)
    torch.manual_seed(0)
    sizes = {"d_model": 32, "n_heads": 2, "d_ff": 64, "n_layers": 2, "max_length": 8, "initial_deviation": 0.2}
    model = model_of(BertConfig(n_tokens=11, dropout=0.0, attention_dropout=0.0, **sizes))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(150):
        loss = pair_loss(model, task.batch(step, batch_size=32, seed=0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert task.accuracy(model, pairs) == 1.0
