"""Published BERT weights: reading them, writing ours in the same form.

Leaves out weights in several files, files of quantised ones, and every architecture but BERT's.
"""

from .architectures import architecture, output_name
from .config_file import CONFIG_FILE, parse_config, published_config, read_config
from .files import PICKLE_FILE, SAFETENSORS_FILE, file_sha256, read_tensors, weights_file, write_tensors
from .fit import CheckpointError, Fitted, fit
from .hub import hub_folder
from .load import LoadedBert, load_bert
from .names import published_names
from .packaged import minilm_folder
from .redundant import present_names
from .save import save_bert
from .shipped import SHIPPED, shipped_folder, shipped_sha256

__all__ = [
    "CONFIG_FILE",
    "PICKLE_FILE",
    "SAFETENSORS_FILE",
    "SHIPPED",
    "CheckpointError",
    "Fitted",
    "LoadedBert",
    "architecture",
    "file_sha256",
    "fit",
    "hub_folder",
    "load_bert",
    "minilm_folder",
    "output_name",
    "parse_config",
    "present_names",
    "published_config",
    "published_names",
    "read_config",
    "read_tensors",
    "save_bert",
    "shipped_folder",
    "shipped_sha256",
    "weights_file",
    "write_tensors",
]
