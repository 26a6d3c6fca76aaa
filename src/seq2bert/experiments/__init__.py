"""Long experiments: what takes more than a lecture's minute.

``python -m seq2bert.experiments NAME`` runs the lecture's own code on a grid of settings and
seeds, resumes where it stopped, and writes ``assets/results/NAME.json``. Lectures show that
table and train one row of it live.
"""

from .compare import interval, live_sentence, paired_interval
from .record import Experiment, Record, load_result, run_experiment
from .sequence_task import SequenceTask

__all__ = [
    "Experiment",
    "Record",
    "SequenceTask",
    "interval",
    "live_sentence",
    "load_result",
    "paired_interval",
    "run_experiment",
]
