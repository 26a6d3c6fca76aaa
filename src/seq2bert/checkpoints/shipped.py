"""The checkpoint that comes with the package: BERT's encoder and masked-token head, pretrained on the prose."""

from importlib.resources import files
from pathlib import Path

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
