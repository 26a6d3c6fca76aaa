"""Live figures: the model runs in the reader's browser, on the course's page and in a notebook.

Each function takes a model and returns a `LiveFigure`, which a notebook shows as it is. Nothing is sent anywhere and
nothing is loaded: picture, script and weights are one piece. The same figures of the course's own models stand on its
page. The scripts know what the course trains: one recurrent layer, attention to the whole source, and Transformers
with absolute or rotary positions.
"""

from seq2bert.figures.figure import LiveFigure
from seq2bert.figures.heads import bert_heads_figure, heads_figure
from seq2bert.figures.reading import attention_figure, score_figure
from seq2bert.figures.softmax import softmax_figure
from seq2bert.figures.words import words_figure

__all__ = [
    "LiveFigure",
    "attention_figure",
    "bert_heads_figure",
    "heads_figure",
    "score_figure",
    "softmax_figure",
    "words_figure",
]
