"""A scheme of positions by its name."""

from collections.abc import Callable

from seq2bert.positions.absolute import LearnedPositions, SinusoidalPositions
from seq2bert.positions.alibi import AlibiPositions
from seq2bert.positions.interface import Positions
from seq2bert.positions.relative import RelativePositions
from seq2bert.positions.rotary import RotaryPositions

POSITION_NAMES = ("none", "sinusoidal", "learned", "relative", "rotary", "alibi")


def make_positions(
    name: str, *, d_model: int, n_heads: int, n_layers: int, max_length: int, largest_distance: int = 16
) -> Positions:
    """Build the positions of one stack of layers.

    Parameters
    ----------
    name : str
        One of `POSITION_NAMES`.
    d_model, n_heads, n_layers : int
        Of the stack.
    max_length : int
        Number of learned positions; the other schemes know no longest length.
    largest_distance : int
        For "relative": longer distances count as this one.

    Raises
    ------
    ValueError
        If the name is unknown, ``n_heads`` does not divide ``d_model``, or a width that comes in
        pairs is odd.
    """
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"n_heads must be at least 1 and divide d_model; got {n_heads} and {d_model}")
    d_head = d_model // n_heads
    makers: dict[str, Callable[[], Positions]] = {
        "none": Positions,
        "sinusoidal": lambda: SinusoidalPositions(d_model),
        "learned": lambda: LearnedPositions(d_model, max_length),
        "relative": lambda: RelativePositions(d_head, n_layers=n_layers, largest=largest_distance),
        "rotary": lambda: RotaryPositions(d_head),
        "alibi": lambda: AlibiPositions(n_heads),
    }
    if name not in makers:
        raise ValueError(f"positions must be one of {', '.join(POSITION_NAMES)}; got {name!r}")
    return makers[name]()
