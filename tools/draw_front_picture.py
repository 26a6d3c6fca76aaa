"""Draw the picture of the README and the landing page: where a trained model looks while it reads a date.

`python -m tools.draw_front_picture` trains the model that lecture 4 trains for the best row of its table (about ten
seconds), lets it read one date of a day that it has never seen, and writes `_static/attention-dates.png`. Run it again
when that model changes; nothing else does.
"""

import datetime
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from seq2bert.data.dates import load_dates, write_date
from seq2bert.experiments import SequenceTask, load_result
from seq2bert.experiments.dates_zoo import train_variant
from seq2bert.plots import attention_heatmap, new_axes, use_course_style

ROOT = Path(__file__).resolve().parent.parent
PICTURE = "_static/attention-dates.png"
DATE = write_date(datetime.date(1968, 4, 17), "fr", "full")  # the course's running example, with its weekday


def train_best():
    """Train the best row of the recorded table with its first seed; return the task and the model."""
    record = load_result("dates-zoo")
    best = record["summary"]["best"]
    rate = record["summary"]["rows"][best]["learning_rate"]
    model, _ = train_variant(best, learning_rate=rate, seed=0, steps=record["config"]["steps"])
    return SequenceTask.from_dates(load_dates()), model


def draw(task, model, path):
    """Decode the date and write the heat map; a wrong answer is an error and leaves no picture."""
    decoding = task.decode(model, [task.source_vocabulary.encode(DATE.source)])
    written = "".join(task.target_vocabulary.decode(decoding.ids[0]))
    if written != DATE.target:
        raise ValueError(f"the model reads {DATE.source!r} as {written!r}, not as {DATE.target!r}: no picture of that")
    weights = decoding.weights[0][: len(written)]  # without the row of the end token
    ax = new_axes(height=3.3)
    attention_heatmap(weights, list(DATE.source), list(written), title=f"{DATE.source} → {written}", ax=ax)
    ax.figure.savefig(path, dpi=200)
    plt.close(ax.figure)


if __name__ == "__main__":
    torch.set_num_threads(1)
    use_course_style()
    draw(*train_best(), ROOT / PICTURE)
    print(f"{PICTURE}: {(ROOT / PICTURE).stat().st_size / 1024:.0f} KB")
