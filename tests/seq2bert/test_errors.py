"""The table of errors: what goes wrong often, and what the message says about it.

Each row is a mistake, the type of the error, and the words without which a reader would not find it:
the argument, the rule, the sizes or values seen. The modules' own tests hold the rarer ones.
"""

import datetime
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from seq2bert import numpy_attention
from seq2bert.attention import (
    Attention,
    MultiHeadAttention,
    make_score,
    masked_softmax,
    scaled_dot_product_attention,
    weighted_average,
)
from seq2bert.data.batching import PooledBatches, make_batch, pad
from seq2bert.data.dates import load_dates, write_date
from seq2bert.data.download import CACHE_VARIABLE, fetch
from seq2bert.decoding import greedy_decode
from seq2bert.losses import sequence_cross_entropy
from seq2bert.masks import check_mask, length_mask
from seq2bert.metrics import exact_match, token_accuracy
from seq2bert.recurrent import build_seq2seq
from seq2bert.training import load_checkpoint, save_checkpoint
from seq2bert.vocabulary import Vocabulary

pytestmark = pytest.mark.error_messages


@dataclass
class Mistake:
    what: str
    make: object  # called without arguments, or with a folder for files
    error: type[Exception]
    words: tuple[str, ...]


def ones(*shape):
    return torch.ones(shape)


def ids(*shape):
    return torch.ones(shape, dtype=torch.long)


def model(**options):
    defaults = {"n_source": 9, "n_target": 7, "pad_id": 0, "d_encoder": 4, "d_decoder": 8, "score": "dot"}
    return build_seq2seq(**defaults | options)


def attend(query, key, mask):
    return scaled_dot_product_attention(query, key, key, mask)


WRONG_SHAPES = [
    Mistake(
        "queries and keys of different width",
        lambda: scaled_dot_product_attention(ones(2, 3, 4), ones(2, 5, 6), ones(2, 5, 4)),
        ValueError,
        ("query and key", "same last axis", "(2, 3, 4)", "(2, 5, 6)"),
    ),
    Mistake(
        "queries and keys of different batches",
        lambda: scaled_dot_product_attention(ones(2, 3, 4), ones(1, 5, 4), ones(1, 5, 4)),
        ValueError,
        ("query and key", "same batch axes", "(2, 3, 4)", "(1, 5, 4)"),
    ),
    Mistake(
        "fewer values than keys",
        lambda: weighted_average(ones(2, 3, 5), ones(2, 4, 6)),
        ValueError,
        ("weights and value", "same number of keys", "(2, 3, 5)", "(2, 4, 6)"),
    ),
    Mistake(
        "a mask of other keys",
        lambda: attend(ones(2, 3, 4), ones(2, 5, 4), torch.ones(2, 3, 4, dtype=torch.bool)),
        ValueError,
        ("mask must broadcast to the scores", "mask (2, 3, 4)", "scores (2, 3, 5)"),
    ),
    Mistake(
        "an input that is not as wide as the model",
        lambda: MultiHeadAttention(8, 2)(ones(2, 3, 6), ones(2, 5, 8), ones(2, 5, 8)),
        ValueError,
        ("query needs shape (batch, time, d_model=8)", "(2, 3, 6)"),
    ),
    Mistake(
        "a dot score between vectors of different width",
        lambda: model(d_decoder=10),
        ValueError,
        ("score 'dot'", "d_query equal to d_key", "10 and 8"),
    ),
    Mistake(
        "keys of another width than the score was made for",
        lambda: Attention(make_score("additive", d_query=4, d_key=6)).prepare(
            key=ones(2, 5, 4), value=ones(2, 5, 4), valid=torch.ones(2, 5, dtype=torch.bool)
        ),
        ValueError,
        ("key needs a last axis of 6", "weight_key", "(2, 5, 4)"),
    ),
    Mistake(
        "a source longer than the location score knows",
        lambda: model(score="location", max_source=4)(ids(1, 5), torch.tensor([5]), ids(1, 2)),
        ValueError,
        ("location", "4 source positions", "n_keys=5"),
    ),
    Mistake(
        "lengths of another batch",
        lambda: model()(ids(2, 3), torch.tensor([3]), ids(2, 4)),
        ValueError,
        ("lengths needs shape (2,)", "one per source", "(1,)"),
    ),
    Mistake(
        "lengths beyond the source",
        lambda: model()(ids(2, 3), torch.tensor([3, 5]), ids(2, 4)),
        ValueError,
        ("lengths", "between 0 and length=3", "3 to 5"),
    ),
    Mistake(
        "a negative length",
        lambda: length_mask(torch.tensor([2, -1]), 3),
        ValueError,
        ("lengths", "between 0 and length=3", "-1 to 2"),
    ),
    Mistake(
        "targets of another batch than the sources",
        lambda: model()(ids(2, 3), torch.tensor([3, 2]), ids(4, 5)),
        ValueError,
        ("tokens need shape (batch, target)", "2 sentences", "(4, 5)"),
    ),
    Mistake(
        "logits and targets of different length",
        lambda: sequence_cross_entropy(ones(2, 3, 7), ids(2, 4), pad_id=0),
        ValueError,
        ("logits and targets", "batch and target axes", "(2, 3, 7)", "(2, 4)"),
    ),
    Mistake(
        "accuracy of logits and targets of different length",
        lambda: token_accuracy(ones(2, 3, 7), ids(2, 4), pad_id=0),
        ValueError,
        ("logits", "targets", "(2, 3, 7)", "(2, 4)"),
    ),
    Mistake(
        "a NumPy weight that does not fit the states",
        lambda: numpy_attention.multiplicative_attention(np.ones((3, 1)), np.ones((4, 5)), np.ones((4, 3))),
        ValueError,
        ("W needs the shape (d_decoder, d_encoder) = (3, 4)", "(4, 3)"),
    ),
]

MASKS_THAT_ARE_NOT_BOOLEAN = [
    Mistake(
        f"a mask of {kind}",
        lambda mask=mask: masked_softmax(ones(2, 3), mask),
        TypeError,
        ("mask must be boolean", "True = may attend", str(mask.dtype)),
    )
    for kind, mask in (
        ("zeros and ones", torch.ones(2, 3, dtype=torch.int64)),
        ("floats, as some add to the scores", torch.zeros(2, 3)),
        ("bytes", torch.ones(2, 3, dtype=torch.uint8)),
    )
] + [
    Mistake(
        "a float mask for several heads",
        lambda: MultiHeadAttention(8, 2)(ones(2, 3, 8), ones(2, 3, 8), ones(2, 3, 8), ones(3, 3)),
        TypeError,
        ("mask must be boolean", "torch.float32"),
    ),
    Mistake(
        "a mask of integers, checked on its own",
        lambda: check_mask(ids(2, 3), ones(2, 3)),
        TypeError,
        ("mask must be boolean", "torch.int64"),
    ),
]

EMPTY_BATCHES = [
    Mistake(
        "no sequence to pad",
        lambda: pad([], pad_id=0),
        ValueError,
        ("sequences must not be empty", "at least one", "got 0"),
    ),
    Mistake(
        "an empty sequence",
        lambda: pad([[1, 2], []], pad_id=0),
        ValueError,
        ("sequences must hold at least one id", "number 1 of 2 is empty"),
    ),
    Mistake(
        "no pair to batch",
        lambda: make_batch([], pad_id=0, start_id=1, end_id=2),
        ValueError,
        ("pairs must not be empty", "at least one pair", "got 0"),
    ),
    Mistake(
        "no example to draw from",
        lambda: PooledBatches([], batch_size=2, seed=0),
        ValueError,
        ("lengths must not be empty", "got 0"),
    ),
    Mistake(
        "no sentence to encode",
        lambda: model()(ids(0, 3), ids(0), ids(0, 2)),
        ValueError,
        ("source must hold at least one sentence", "(0, 3)"),
    ),
    Mistake(
        "a sentence without a token",
        lambda: model()(ids(2, 3), torch.tensor([3, 0]), ids(2, 2)),
        ValueError,
        ("every source needs at least one token", "length of 0"),
    ),
    Mistake(
        "no target token",
        lambda: model()(ids(2, 3), torch.tensor([3, 1]), ids(2, 0)),
        ValueError,
        ("tokens need shape (batch, target)", "at least one step", "(2, 0)"),
    ),
    Mistake(
        "targets that are all padding",
        lambda: sequence_cross_entropy(ones(2, 3, 7), ids(2, 3), pad_id=1),
        ValueError,
        ("targets must hold a token that is not padding", "(2, 3)"),
    ),
    Mistake(
        "no sentence to decode",
        lambda: greedy_decode(model().step, None, batch_size=0, start_id=1, end_id=2, max_length=3),
        ValueError,
        ("batch_size and max_length must be at least 1", "0 and 3"),
    ),
    Mistake(
        "no prediction to score",
        lambda: exact_match([], []),
        ValueError,
        ("predictions and references", "at least one", "0 and 0"),
    ),
]

UNKNOWN_CHARACTERS = [
    Mistake(
        "a character that the vocabulary lacks",
        lambda: Vocabulary("abc").encode("abXc"),
        ValueError,
        ("unknown token 'X'", "position 2 of 4", "vocabulary"),
    ),
    Mistake(
        "an id that the vocabulary lacks",
        lambda: Vocabulary("abc").decode([4, 99]),
        ValueError,
        ("ids must be between 0 and 6", "got 99"),
    ),
    Mistake(
        "a special token among the regular ones",
        lambda: Vocabulary(["a", "<pad>"]),
        ValueError,
        ("<pad>", "position 1"),
    ),
]

DATES_OUT_OF_RANGE = [
    Mistake(
        f"a day {when}",
        lambda day=day: write_date(day, "en", "long"),
        ValueError,
        ("day must be from 1950-01-01 to 2049-12-31", f"got {day}"),
    )
    for when, day in (("too early", datetime.date(1949, 12, 31)), ("too late", datetime.date(2050, 1, 1)))
] + [
    Mistake(
        "a language that is not in the data",
        lambda: write_date(datetime.date(2000, 1, 1), "hr", "long"),
        ValueError,
        ("locale must be one of", "'hr'"),
    ),
    Mistake("no date to draw", lambda: load_dates(n_train=0), ValueError, ("n_train must be from 1 to", "got 0")),
]


def optimised():
    linear = torch.nn.Linear(3, 4)
    return linear, torch.optim.AdamW(linear.parameters())


def load_after(spoil):
    def make(folder):
        path = folder / "run.pt"
        save_checkpoint(path, *optimised(), {})
        spoil(path)
        load_checkpoint(path, *optimised())

    return make


def flip_a_bit_of_the_weights(path):
    content = bytearray(path.read_bytes())
    weight = torch.load(path, weights_only=True)["model"]["weight"]
    content[content.index(weight.numpy().tobytes())] ^= 1
    path.write_bytes(content)


CORRUPT_CHECKPOINTS = [
    Mistake(
        "half a checkpoint",
        load_after(lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])),
        ValueError,
        ("run.pt", "damaged"),
    ),
    Mistake(
        "one wrong bit in the weights",
        load_after(flip_a_bit_of_the_weights),
        ValueError,
        ("run.pt", "damaged", "check sum"),
    ),
    Mistake("an empty file", load_after(lambda path: path.write_bytes(b"")), ValueError, ("run.pt", "damaged")),
    Mistake("a text", load_after(lambda path: path.write_text("hello")), ValueError, ("run.pt", "not a checkpoint")),
    Mistake(
        "the weights of something else",
        load_after(lambda path: torch.save({"weight": ones(3)}, path)),
        ValueError,
        ("run.pt", "not a training checkpoint"),
    ),
    Mistake(
        "a checkpoint of another model",
        load_after(lambda path: save_checkpoint(path, torch.nn.Linear(5, 4), optimised()[1], {})),
        ValueError,
        ("run.pt", "another model", "(4, 5)", "(4, 3)"),
    ),
]


def file_in_the_way(folder):
    (folder / "occupied").write_text("a file, so no folder can be made here")
    return folder / "occupied"


PLACES_THAT_CANNOT_BE_WRITTEN = [
    Mistake(
        "an unwritable cache folder",
        lambda folder: fetch(
            "http://127.0.0.1:9/x", sha256="0" * 64, file_name="x", folder=file_in_the_way(folder) / "cache"
        ),
        OSError,
        ("cache folder", "occupied", "cannot be written", CACHE_VARIABLE),
    ),
    Mistake(
        "an unwritable checkpoint",
        lambda folder: save_checkpoint(file_in_the_way(folder) / "run.pt", *optimised(), {}),
        OSError,
        ("cannot write the checkpoint", "run.pt"),
    ),
]

TABLE = {
    "wrong shapes": WRONG_SHAPES,
    "masks that are not boolean": MASKS_THAT_ARE_NOT_BOOLEAN,
    "empty batches": EMPTY_BATCHES,
    "unknown characters": UNKNOWN_CHARACTERS,
    "dates out of range": DATES_OUT_OF_RANGE,
    "corrupt checkpoints": CORRUPT_CHECKPOINTS,
    "places that cannot be written": PLACES_THAT_CANNOT_BE_WRITTEN,
}
NEEDS_A_FOLDER = (*CORRUPT_CHECKPOINTS, *PLACES_THAT_CANNOT_BE_WRITTEN)


@pytest.mark.parametrize(
    "mistake",
    [pytest.param(mistake, id=f"{kind}: {mistake.what}") for kind, mistakes in TABLE.items() for mistake in mistakes],
)
def test_the_message_names_the_problem(mistake, tmp_path):
    with pytest.raises(mistake.error) as caught:
        mistake.make(tmp_path) if mistake in NEEDS_A_FOLDER else mistake.make()
    message = str(caught.value)
    missing = [word for word in mistake.words if word not in message]
    assert not missing, f"{missing} missing in: {message}"
