"""Reduced precision: matrix products in 16 bits where the device can, everything else in 32."""

from contextlib import AbstractContextManager, nullcontext

import torch

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
PRECISION_NAMES = tuple(_TYPES)


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Return the context in which torch computes what is safe in the given precision.

    Raises
    ------
    ValueError
        If the name is not one of `PRECISION_NAMES`, or the device cannot compute in that precision.

    References
    ----------
    Micikevicius et al. (2018), arXiv:1710.03740, section 3.
    """
    if precision not in _TYPES:
        raise ValueError(f"precision must be one of {', '.join(PRECISION_NAMES)}; got {precision!r}")
    if precision == "float32":
        return nullcontext()
    if device.type == "cuda" and precision == "bfloat16" and not torch.cuda.is_bf16_supported():
        raise ValueError(f"the device {device} cannot compute in bfloat16; use float16 or float32")
    return torch.autocast(device.type, dtype=_TYPES[precision])


def precision_of_this_processor(precision: str) -> str:
    """Return a precision for products on the CPU: the given one, or "float32" where bfloat16 would be slower.

    A processor without instructions for bfloat16 imitates them, which takes several times as long as single precision.
    """
    has: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not tell
    quick = any(has.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "float32" if precision == "bfloat16" and not quick else precision


def loss_scaler(precision: str, device: torch.device) -> torch.amp.GradScaler:
    """Return what keeps small gradients of half precision from becoming 0; for other precisions it does nothing.

    References
    ----------
    Micikevicius et al. (2018), arXiv:1710.03740, section 3.2.
    """
    return torch.amp.GradScaler(device.type, enabled=precision == "float16")
