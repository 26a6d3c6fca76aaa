"""One training loop for every lecture. It knows no model: it takes batches and a loss.

The same loop runs on several processes (`process_group`) and in reduced precision. Models that do
not fit one device are left out.
"""

from .checkpoint import load_checkpoint, save_checkpoint
from .config import History, TrainingConfig
from .device import choose_device, seed_everything
from .distributed import process_group
from .loop import train
from .precision import PRECISION_NAMES
from .schedule import SCHEDULE_NAMES, learning_rate_at, vaswani_peak

__all__ = [
    "PRECISION_NAMES",
    "SCHEDULE_NAMES",
    "History",
    "TrainingConfig",
    "choose_device",
    "learning_rate_at",
    "load_checkpoint",
    "process_group",
    "save_checkpoint",
    "seed_everything",
    "train",
    "vaswani_peak",
]
