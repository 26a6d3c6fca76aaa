"""The values a BERT starts from, and two starts that make short pretraining faster."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seq2bert.positions import LearnedPositions, sinusoids


def initialise(module: nn.Module, deviation: float) -> None:
    """Draw every matrix from a normal distribution cut at two deviations; biases 0, normalisation the identity.

    Parameters
    ----------
    module : nn.Module
        Changed in place, with all it contains.
    deviation : float
        Of the normal distribution before it is cut; what remains has 0.88 of it.

    References
    ----------
    Devlin et al. (2019), the paper's code (modeling.py, ``create_initializer``).
    """
    for part in module.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if parameter.dim() == 2:
                nn.init.trunc_normal_(parameter, std=deviation, a=-2 * deviation, b=2 * deviation)
            else:
                nn.init.constant_(parameter, 1.0 if isinstance(part, nn.LayerNorm) and name == "weight" else 0.0)


@torch.no_grad()
def start_from_sinusoids(positions: LearnedPositions, deviation: float) -> None:
    """Set learned positions to sinusoids of the given deviation, so that order is there from the first step.

    References
    ----------
    Not in the paper, whose positions start as noise; the sinusoids are those of Vaswani et al. (2017), section 3.5.
    """
    places, width = positions.table.weight.shape
    waves = sinusoids(torch.arange(places), width)
    positions.table.weight.copy_(waves * (deviation / waves.std(correction=0)))


@torch.no_grad()
def start_from_frequencies(bias: Float[Tensor, " vocab"], counts: Float[Tensor, " vocab"]) -> None:
    """Set an output bias to the logarithm of the tokens' frequencies, so that nothing is to be learned about those.

    Parameters
    ----------
    bias : Tensor
        Changed in place.
    counts : Tensor
        How often each token stands in the training text. One is added to each, so that none is impossible.

    Raises
    ------
    ValueError
        If bias and counts differ in shape, or a count is negative.
    """
    if bias.shape != counts.shape or bool((counts < 0).any()):
        raise ValueError(
            f"counts must be one number from 0 up for each of {tuple(bias.shape)} tokens; "
            f"got shape {tuple(counts.shape)}, the least {counts.min().item():g}"
        )
    frequencies = (counts + 1) / (counts + 1).sum()
    bias.copy_(frequencies.log())
