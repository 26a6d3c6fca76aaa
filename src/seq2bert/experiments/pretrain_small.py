"""The same pretraining at a size that a reader's browser can load: three layers, 128 wide, 2.3 MB.

Text, subwords and rates are those of `seq2bert.experiments.pretrain`, with a third of the steps; the live
figures run these weights.
"""

from pathlib import Path

from seq2bert.experiments import pretrain
from seq2bert.experiments.record import Experiment, Figures, Record, Settings

__all__ = ["CONFIG", "EXPERIMENT", "SMALL", "pretrain_small"]

SMALL = "bert-prose-small"
CONFIG: Settings = {**pretrain.CONFIG, "n_layers": 3, "d_model": 128, "steps": 8_000}


def pretrain_small(settings: Settings, folder: Path) -> Figures:
    """Train, save and score, as `pretrain.pretrain` does."""
    return pretrain.pretrain(settings, folder, made=SMALL, experiment="pretrain-small")


def _plan(records: list[Record]) -> list[Settings]:
    return [{**CONFIG, "seed": 0}]


EXPERIMENT = Experiment(
    name="pretrain-small",
    description="the same pretraining at a size that a browser loads: the weights of the live figures",
    plan=_plan,
    run_job=pretrain_small,
    config=CONFIG,
    summarise=pretrain.EXPERIMENT.summarise,
    makes=SMALL,
)
