"""The comparison with `tokenizers` and `transformers` that lecture 12 shows."""

import hashlib

import pytest

from seq2bert.experiments import load_result
from seq2bert.experiments.__main__ import find_experiments
from seq2bert.experiments.record import Record
from seq2bert.experiments.subword_agreement import (
    CASES,
    CONFIG,
    EXPERIMENT,
    compare_with_libraries,
    digest_of_ids,
)
from seq2bert.tokenization import WordPiece

SMALL = {"every": 100, "pieces": 800, "min_count": 2, "seed": 0}


def test_digest_by_hand():
    assert digest_of_ids([[3, 14], [], [1]]) == hashlib.sha256(b"3 14\n\n1\n").hexdigest()


@pytest.mark.parametrize("other", [[[3], [14]], [[31, 4]], [[14, 3]], [[3, 14], []], []])
def test_digest_tells_other_ids_and_other_sentences_apart(other):
    assert digest_of_ids([[3, 14]]) != digest_of_ids(other)


@pytest.fixture(scope="module", params=CASES)
def compared(request):
    return compare_with_libraries(SMALL | {"case": request.param})


def test_both_libraries_give_our_ids(compared):
    assert compared["different"] == {"tokenizers": 0, "transformers": 0}
    assert len(set(compared["sha256"].values())) == 1
    assert compared["ids"] > compared["sentences"] > 1000


def test_the_library_learns_nearly_the_same_pieces(compared):
    """It counts as we do; where two pairs are equally frequent it may choose the other."""
    assert compared["shared_pieces"] > 0.95 * SMALL["pieces"]
    assert 1 < compared["pieces_per_word"] < 2


def test_one_other_id_is_seen(monkeypatch):
    honest = WordPiece.ids
    calls = []

    def ids(self, text):
        calls.append(text)
        found = honest(self, text)
        return [found[0] + 1, *found[1:]] if len(calls) == 7 else found

    monkeypatch.setattr(WordPiece, "ids", ids)
    assert compare_with_libraries(SMALL | {"case": "uncased"})["different"] == {"tokenizers": 1, "transformers": 1}


def test_plan_and_summary_name_both_cases():
    jobs = EXPERIMENT.plan([])
    assert [job["case"] for job in jobs] == ["uncased", "cased"]
    assert all(CONFIG.items() <= job.items() and job["every"] == 1 for job in jobs)
    records = [Record(job, {"ids": number}) for number, job in enumerate(jobs)]
    assert EXPERIMENT.summarise(records) == {"uncased": {"ids": 0}, "cased": {"ids": 1}}
    assert "subword-agreement" in find_experiments()


def test_the_record_says_what_the_lecture_says():
    rows = load_result("subword-agreement")["summary"]
    assert set(rows) == set(CASES)
    for row in rows.values():
        assert row["different"] == {"tokenizers": 0, "transformers": 0}
        assert len(set(row["sha256"].values())) == 1
