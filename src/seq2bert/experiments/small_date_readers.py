"""Readers of dates small enough to be loaded all at once: a figure that compares score functions runs seven of them.

Half as wide as those of `seq2bert.experiments.date_readers` and trained twice as long; the rest is the same.
"""

from pathlib import Path

from seq2bert.attention import SCORE_NAMES
from seq2bert.experiments import date_readers
from seq2bert.experiments.record import Experiment, Figures, Record, Settings, load_result

__all__ = ["CONFIG", "EXPERIMENT", "FOLDER", "small_reader_folder", "train_small_reader"]

FOLDER = "date-readers-small"

CONFIG: Settings = {
    "readers": SCORE_NAMES,
    "widths": {"d_embedding": 12, "d_encoder": 24, "d_decoder": 48},  # all seven together in half a megabyte
    "steps": 2 * date_readers.CONFIG["steps"],
    "seed": 0,
}


def small_reader_folder() -> Path:
    """Return where the package has them, for `date_readers.load_date_reader`."""
    return date_readers.reader_files(SCORE_NAMES[0])[0].parent.with_name(FOLDER)


def train_small_reader(settings: Settings, folder: Path) -> Figures:
    """Train one reader, save it in 16 bits, and test what was saved."""
    return date_readers.train_reader(settings, folder, made=FOLDER)


def _plan(records: list[Record]) -> list[Settings]:
    rows = load_result("dates-zoo")["summary"]["rows"]
    shared = {name: CONFIG[name] for name in ("widths", "steps", "seed")}
    return [{"reader": name, "learning_rate": rows[name]["learning_rate"], **shared} for name in SCORE_NAMES]


EXPERIMENT = Experiment(
    name=FOLDER,
    description="seven small readers of dates, one a score function, for the figure that compares them",
    plan=_plan,
    run_job=train_small_reader,
    config=CONFIG,
    summarise=date_readers.EXPERIMENT.summarise,
    makes=FOLDER,
)
