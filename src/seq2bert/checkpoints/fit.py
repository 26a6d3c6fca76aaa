"""Does a checkpoint fit a model? Every tensor is accounted for, or the checkpoint is refused."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2bert.checkpoints.architectures import output_name
from seq2bert.checkpoints.names import HEADS, published_names

_SHOWN = 12  # names of each kind in a message


class CheckpointError(ValueError):
    """A checkpoint that does not fit.

    Attributes
    ----------
    missing : tuple of str
        What the model needs and the checkpoint lacks, by published name.
    unexpected : tuple of str
        What the checkpoint has and no BERT of ours knows.
    misshapen : tuple of str
        Name and both shapes, or the type where it is not a floating-point one.
    """

    def __init__(self, missing: Collection[str], unexpected: Collection[str], misshapen: Collection[str]) -> None:
        self.missing, self.unexpected = tuple(missing), tuple(unexpected)
        self.misshapen = tuple(misshapen)
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "of another shape": self.misshapen}
        said = [f"{len(names)} {kind}: {_some(names)}" for kind, names in kinds.items() if names]
        hint = ""
        if any(name.startswith(HEADS) for name in self.missing):
            hint = ". A head that the checkpoint lacks can start anew: name its module, as in fresh=('pooler',)"
        super().__init__(f"the checkpoint does not fit the model; {'; '.join(said)}{hint}")

    def add_place(self, path: Path) -> None:
        """Say in the message where the checkpoint is."""
        self.args = (f"{path}: {self}",)


def _some(names: tuple[str, ...]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


class Fitted(NamedTuple):
    """What a model takes from a checkpoint.

    ``state`` holds tensors by our names, ``unused`` the published names of heads that the model does not
    have or starts anew.
    """

    state: dict[str, Tensor]
    unused: tuple[str, ...]


def fit(model: nn.Module, tensors: Mapping[str, Tensor], *, fresh: Collection[str]) -> Fitted:
    """Choose a model's tensors from a checkpoint.

    Parameters
    ----------
    model : nn.Module
        Its shapes alone count; it may be on the meta device.
    tensors : mapping
        As `present_names` returns them.
    fresh : collection of str
        Heads of the model that take nothing.

    Raises
    ------
    CheckpointError
        If a tensor is missing, unexpected, or of another shape.
    """
    state: dict[str, Tensor] = {}
    missing: list[str] = []
    misshapen: list[str] = []
    used: set[str] = set()
    for name, wanted in model.state_dict().items():
        if name.split(".")[0] in fresh:
            continue
        parts = published_names(name, output=output_name(model))
        used.update(parts)
        shape = (wanted.shape[0] // len(parts), *wanted.shape[1:])
        absent = [part for part in parts if part not in tensors]
        wrong = [_fault(part, tensors[part], shape) for part in parts if part in tensors]
        missing += absent
        misshapen += [fault for fault in wrong if fault]
        if not absent and not any(wrong):
            state[name] = tensors[parts[0]] if len(parts) == 1 else torch.cat([tensors[part] for part in parts])
    others = [name for name in tensors if name not in used]
    unexpected = [name for name in others if not name.startswith(HEADS)]
    if missing or unexpected or misshapen:
        raise CheckpointError(missing, unexpected, misshapen)
    return Fitted(state, tuple(others))


def check_fresh(model: nn.Module, fresh: Collection[str]) -> None:
    """Raise unless every name is that of a head of the model.

    Raises
    ------
    ValueError
        With the names that are not.
    """
    heads = [name for name, part in model.named_children() if name != "encoder" and list(part.parameters())]
    unknown = [name for name in fresh if name not in heads]
    if unknown:
        known = ", ".join(heads) or "which it has none"
        raise ValueError(f"fresh must name heads of the model, of {known}; got {', '.join(unknown)}")


def _fault(name: str, tensor: Tensor, shape: tuple[int, ...]) -> str:
    if not tensor.is_floating_point():
        return f"{name} holds {tensor.dtype}, which is no floating-point type"
    if tuple(tensor.shape) != shape:
        return f"{name} is {tuple(tensor.shape)} in the checkpoint and {shape} in the model"
    return ""
