"""The checkpoint that comes with the package: BERT's encoder and masked-token head, pretrained on the prose."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from seq2bert.checkpoints.files import file_sha256, weights_file

SHIPPED = "bert-prose"


def shipped_folder() -> Path:
    """Return its folder, in the form that `load_bert` reads; ``card.json`` there says how it was made.

    Raises
    ------
    FileNotFoundError
        If the package was installed without its files.
    """
    folder = Path(str(files("seq2bert") / "assets/checkpoints" / SHIPPED))
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"the package's checkpoint is not in {folder}: install the package again")
    return folder


@cache
def shipped_sha256() -> str:
    """Return the SHA-256 of its weights: with others, what was measured holds no longer.

    Raises
    ------
    FileNotFoundError
        If the package was installed without its files.
    """
    return file_sha256(weights_file(shipped_folder()))
