"""What became of a test. Apart from what runs it, which needs PyTorch: the grader reads outcomes and does not."""

from dataclasses import dataclass

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What became of a test cell.

    Parameters
    ----------
    task : str
    points, reached : float
    message : str
        What failed, for the instructor: it may hold inputs of hidden tests, and text that the student's code made.
    shown : str
        What the student may read of it. Of a hidden test that is only what its author wrote.
    """

    task: str
    points: float
    reached: float
    message: str
    shown: str = ""
