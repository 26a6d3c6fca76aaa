"""Tensors from files and into them. Nothing is unpickled but tensors and plain containers."""

import hashlib
import os
import pickle
import stat
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

SAFETENSORS_FILE, PICKLE_FILE = "model.safetensors", "pytorch_model.bin"

_PRECISIONS = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def named_precision(name: str) -> torch.dtype:
    """Return torch's type of a precision.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in _PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(_PRECISIONS)}; got {name!r}")
    return _PRECISIONS[name]


def weights_file(folder: Path | str) -> Path:
    """Return the file of a folder that holds the weights, safetensors before pickles.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    """
    folder = Path(folder)
    for name in (SAFETENSORS_FILE, PICKLE_FILE):
        if (folder / name).is_file():
            return folder / name
    parts = sorted(path.name for path in folder.glob("*.index.json"))
    why = f"; weights in parts are not read, and {', '.join(parts)} lists some" if parts else ""
    raise FileNotFoundError(f"{folder} has neither {SAFETENSORS_FILE} nor {PICKLE_FILE}{why}")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a file of weights, by its ending.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is damaged, or a pickle that holds more than tensors: such a file may run code, and is not opened.
    """
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles of other makers, which are refused below or fine
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} holds more than tensors, or is damaged, and was not opened; look for {SAFETENSORS_FILE} of the "
            f"same model. ({str(error).splitlines()[0]})"
        ) from error
    except Exception as error:  # broad: on damaged bytes the reader raises a dozen types
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise ValueError(f"{path} must hold tensors by name; got {_kinds(content)}")
    return content


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file, all of it or nothing: beside its place, then moved there.

    Others may read it as they may any new file of the user.
    """
    beside = path.with_name(path.name + ".part")
    beside.unlink(missing_ok=True)
    beside.touch()
    mode = stat.S_IMODE(beside.stat().st_mode)
    save_file(dict(tensors), beside, metadata={"format": "pt"})
    beside.chmod(mode)  # safetensors makes files for the user alone
    os.replace(beside, path)


def _kinds(content: object) -> str:
    if not isinstance(content, dict):
        return type(content).__name__
    return "a dict of " + ", ".join(sorted({type(value).__name__ for value in content.values()}))
