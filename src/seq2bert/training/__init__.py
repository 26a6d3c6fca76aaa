"""One training loop for every lecture. It knows no model: it takes batches and a loss.

Several devices and reduced precision are left out here.
"""

from .checkpoint import load_checkpoint, save_checkpoint
from .device import choose_device, seed_everything
from .loop import History, TrainingConfig, train
from .schedule import SCHEDULE_NAMES, learning_rate_at

__all__ = [
    "SCHEDULE_NAMES",
    "History",
    "TrainingConfig",
    "choose_device",
    "learning_rate_at",
    "load_checkpoint",
    "save_checkpoint",
    "seed_everything",
    "train",
]
