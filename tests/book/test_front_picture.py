"""The picture of the README and the landing page."""

import matplotlib.pyplot as plt
import pytest
import torch

from seq2bert.decoding import Decoding
from tools import draw_front_picture
from tools.draw_front_picture import DATE, PICTURE, draw


class Reader:
    """Plays the task and its vocabularies: a model that always writes the same text."""

    def __init__(self, text):
        self.text = text
        self.source_vocabulary = self.target_vocabulary = self

    def encode(self, tokens):
        return list(tokens)

    def decode(self, first, sources=None):
        if sources is None:
            return first  # a vocabulary's decode
        return Decoding([list(self.text)], [torch.full((len(self.text) + 1, len(DATE.source)), 0.5)], [True])


def test_the_picture_is_there_small_and_shown(root):
    picture = root / PICTURE
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 150 * 1024
    for page in ("README.md", "index.md"):
        assert PICTURE in (root / page).read_text(encoding="utf-8")


def test_a_row_for_each_character_written(tmp_path, monkeypatch):
    drawn = []

    def keep(weights, source, target, *, title, ax):
        drawn.append((tuple(weights.shape), len(target), len(source)))

    monkeypatch.setattr(draw_front_picture, "attention_heatmap", keep)
    draw(Reader(DATE.target), None, tmp_path / "picture.png")
    sizes = len(DATE.target), len(DATE.source)
    assert drawn == [(sizes, *sizes)]
    assert (tmp_path / "picture.png").stat().st_size > 0
    assert plt.get_fignums() == []


def test_a_wrong_answer_is_not_drawn(tmp_path):
    with pytest.raises(ValueError, match=r"reads 'mercredi 17 avril 1968' as '1968-04-71', not as '1968-04-17'"):
        draw(Reader("1968-04-71"), None, tmp_path / "picture.png")
    assert list(tmp_path.iterdir()) == []
