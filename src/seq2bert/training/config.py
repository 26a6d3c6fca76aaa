"""How to train, and what happened: the two records of a run."""

from dataclasses import dataclass, field

from seq2bert.training.precision import PRECISION_NAMES
from seq2bert.training.schedule import check_schedule


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. Adam with decoupled weight decay, clipped gradients.

    Attributes
    ----------
    steps : int
        Number of updates.
    learning_rate : float
        The largest one of the schedule.
    schedule : str
        One of `SCHEDULE_NAMES`.
    warmup : int, optional
        Steps until the largest learning rate; for "linear" and "inverse-square-root", and only for them.
    precision : str
        One of `PRECISION_NAMES`: what matrix products are computed in. Weights stay in single precision.
    betas, weight_decay : float
        Of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101).
    clip : float
        Largest norm of the gradient of all parameters together (Pascanu et al. 2013, arXiv:1211.5063, section 3.2).
    seed : int
        For what is random while training (dropout, say). The weights were drawn before.
    evaluate_every : int
        Steps between evaluations; 0 for one at the end only.
    checkpoint_every : int
        Steps between checkpoints, if a path is given to `train`.

    Raises
    ------
    ValueError
        If a number is out of its range, a name is unknown, or ``warmup`` does not go with the schedule.
    """

    steps: int
    learning_rate: float
    schedule: str = "one-cycle"
    warmup: int | None = None
    precision: str = "float32"
    betas: tuple[float, float] = (0.9, 0.98)  # Vaswani et al. 2017, section 5.3
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 0
    evaluate_every: int = 0
    checkpoint_every: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:  # so written, it catches NaN too
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if not self.weight_decay >= 0 or self.evaluate_every < 0:
            raise ValueError(
                "weight_decay and evaluate_every must not be negative; "
                f"got {self.weight_decay} and {self.evaluate_every}"
            )
        check_schedule(self.schedule, self.warmup)
        if self.precision not in PRECISION_NAMES:
            raise ValueError(f"precision must be one of {', '.join(PRECISION_NAMES)}; got {self.precision!r}")


@dataclass
class History:
    """What happened while training.

    Attributes
    ----------
    loss, learning_rate, gradient_norm : list of float
        One entry per step; the norm is the one before clipping. In half precision it may be infinite:
        such a step changes no weight.
    evaluations : list of (int, float)
        Number of steps done, and what ``evaluate`` returned.
    seconds, processor_seconds : float
        Spent on training steps; evaluation is not counted.
    interrupted : bool
        True if the user stopped the run before its end.
    """

    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0
    interrupted: bool = False

    @property
    def steps_done(self) -> int:
        """Number of updates made."""
        return len(self.loss)
